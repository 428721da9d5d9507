package book

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/id"
)

// Whom is to whom something is given.
type Whom string

// To whom something can be given.
const (
	ToOne     Whom = ""        // one person
	ToRole    Whom = "role"    // whoever holds a role here
	ToWorkers Whom = "workers" // everybody who works here as a worker
)

// Code is how the clear lists hold it.
func (w Whom) Code() string {
	if w == ToOne {
		return "one"
	}
	return string(w)
}

// MostSaid is of how many people one grant says something, at most: more than hold a role, or work in a place.
const MostSaid = 300

// MaxEvent is the longest of an owner's words for what ends a grant, in bytes.
const MaxEvent = 600

// Whoever is what a grant says of people its owner did not choose by name: which role, or which place, and of whom of them the owner
// said something.
type Whoever struct {
	Role  id.Role      // for [ToRole]
	Place id.Community // for [ToWorkers]
	// Said is of whom the owner said something: those they were shown when they gave it, and those who came later and of whom they were told.
	Said []Said
	// Since is when it was given, where this entry gives nothing anew, as one by which something is said of somebody; 0 for now.
	Since clock.Time
}

// Said is what the owner of a book says of one who holds a role, or works here.
type Said struct {
	Person id.Person
	Yes    bool       // they may read at once; else never, by this grant
	At     clock.Time // when; 0 for the time of the entry. A yes is to who held it then, and not to who comes again later
}

// String is the word, the person and the time.
func (s Said) String() string {
	word := "no"
	if s.Yes {
		word = "yes"
	}
	return word + " " + s.Person.String() + " " + strconv.FormatInt(int64(s.At), 10)
}

func parseSaid(text string) (s Said, err error) {
	parts := strings.Split(text, " ")
	if len(parts) != 3 || parts[0] != "yes" && parts[0] != "no" {
		return s, errors.New("book: not said of anybody")
	}
	s.Yes = parts[0] == "yes"
	if s.Person, err = id.Parse[id.Person](parts[1]); err != nil {
		return s, err
	}
	at, err := strconv.ParseInt(parts[2], 10, 64)
	s.At = clock.Time(at)
	return s, err
}

// SaidAt is what is said in an entry that was recorded at a time, with the times in it.
func (s *Sharing) SaidAt(recorded clock.Time) []Said {
	list := slices.Clone(s.Said)
	for i := range list {
		if list[i].At == 0 {
			list[i].At = recorded
		}
	}
	return list
}

// GivenAt is when what an entry says that was recorded at a time was given.
func (s *Sharing) GivenAt(recorded clock.Time) clock.Time {
	if s.Since != 0 {
		return s.Since
	}
	return recorded
}

// Reader is the id under which the clear lists hold to whom it is given: of the person, the role or the place.
func (s *Sharing) Reader() id.Person {
	var to id.Person
	switch s.To {
	case ToRole:
		to, _ = id.FromBytes[id.Person](s.Role.Bytes()) // 16 bytes never fail
	case ToWorkers:
		to, _ = id.FromBytes[id.Person](s.Place.Bytes())
	default:
		to = s.Recipient
	}
	return to
}

func (s *Sharing) putWhoever(o object) {
	o.putString("to", string(s.To))
	o.putString("role", s.Role.String())
	o.putString("place", s.Place.String())
	said := make([]string, len(s.Said))
	for i, x := range s.Said {
		said[i] = x.String()
	}
	o.putStrings("said", said)
	o.putInt("since", int64(s.Since))
}

func (s *Sharing) getWhoever(o object) (err error) {
	if s.To, err = read[Whom](o, "to"); err != nil {
		return err
	}
	role, err := read[string](o, "role")
	if err == nil && role != "" {
		s.Role, err = id.Parse[id.Role](role)
	}
	if err != nil {
		return err
	}
	place, err := read[string](o, "place")
	if err == nil && place != "" {
		s.Place, err = id.Parse[id.Community](place)
	}
	if err != nil {
		return err
	}
	said, err := read[[]string](o, "said")
	if err != nil {
		return err
	}
	for _, text := range said {
		x, err := parseSaid(text)
		if err != nil {
			return err
		}
		s.Said = append(s.Said, x)
	}
	s.Since, err = read[clock.Time](o, "since")
	return err
}

// purposes are those for which it can be given.
func (s *Sharing) purposes() []Purpose {
	switch s.To {
	case ToRole:
		return []Purpose{PurposeRole}
	case ToWorkers:
		return []Purpose{PurposeWorkers}
	}
	return PurposesFor(s.As)
}

// checkWhoever refuses a grant to nobody, to several at once, and to whoever holds a role what only one person can be given: to write for
// the owner, and to read in their own hat.
func (s *Sharing) checkWhoever(c *errs.Check) {
	one, role, place := !s.Recipient.IsZero(), !s.Role.IsZero(), !s.Place.IsZero()
	var fits bool
	switch s.To {
	case ToOne:
		fits = one && !role && !place && len(s.Said) == 0 && s.Since == 0
	case ToRole:
		fits = !one && role && !place
	case ToWorkers:
		fits = !one && !role && place
	}
	if !fits {
		c.Add("recipient", "errors.choose_listed")
	}
	if s.To == ToOne {
		return
	}
	if s.As != HatWorker {
		c.Add("recipient", "errors.choose_listed")
	}
	if len(s.Acts) > 0 {
		c.Add("acts", "errors.choose_listed")
	}
	if s.Signed != nil {
		c.Add("recipient", "paper.not_whoever")
	}
	people := make([]id.Person, len(s.Said))
	for i, x := range s.Said {
		people[i] = x.Person
		if x.At < 0 {
			c.Add("said", "errors.choose_listed")
		}
	}
	if !eachOnce(people) || len(people) > MostSaid || s.Since < 0 {
		c.Add("said", "errors.choose_listed")
	}
}
