package book

import (
	"slices"
	"strings"

	"beside/internal/errs"
)

// Sort is what somebody or something in a circle is. It stands sealed only.
type Sort string

// The sorts there are.
const (
	SortPerson Sort = "person"
	SortPlace  Sort = "place"
	SortGroup  Sort = "group"
	SortAnimal Sort = "animal"
)

// Sorts returns the sorts in the order they are named on screen.
func Sorts() []Sort { return []Sort{SortPerson, SortPlace, SortGroup, SortAnimal} }

// Closeness is how near something in a circle is, as the person says.
type Closeness string

// The three rings of a circle.
const (
	NearClose   Closeness = "close"
	NearAround  Closeness = "around"
	NearFurther Closeness = "further"
)

// Rings returns the rings of a circle, the innermost first.
func Rings() []Closeness { return []Closeness{NearClose, NearAround, NearFurther} }

// Turn is whether, and in which order, the person would call somebody when times are hard. One answer, so that nobody is to be
// called and not to be called at once.
type Turn string

// The answers there are.
const (
	TurnFirst  Turn = "first"
	TurnSecond Turn = "second"
	TurnThird  Turn = "third"
	TurnLater  Turn = "later" // yes, after these
	TurnNot    Turn = "not"   // not when times are hard
)

// Turns returns the answers in the order they are named on screen.
func Turns() []Turn { return []Turn{TurnFirst, TurnSecond, TurnThird, TurnLater, TurnNot} }

// Circle is a person, place, group or animal in the life of the book's owner. Only the words are required. Nobody is given anything by
// standing in a circle.
type Circle struct {
	kept
	Words Text      // a name, or "the bench by the river"
	Sort  Sort      // "" when not said
	Near  Closeness // "" when not said
	Gives Text      // what they give me, may be blank
	Given Text      // what I give them, may be blank
	Turn  Turn      // "" when not said
	Phone Text      // as the person wrote it, may be blank
}

// The longest name in a circle and telephone number, in bytes.
const (
	MaxCircleWords = 200
	MaxPhone       = 40
)

// The fewest and the most digits of a telephone number: three for a short one, fifteen by ITU-T E.164.
const (
	leastDigits = 3
	mostDigits  = 15
)

// Kind is [KindCircle].
func (*Circle) Kind() Kind { return KindCircle }

func (x *Circle) put(o object) {
	o.putText("words", x.Words)
	o.putString("sort", string(x.Sort))
	o.putString("near", string(x.Near))
	o.putText("gives", x.Gives)
	o.putText("given", x.Given)
	o.putString("turn", string(x.Turn))
	o.putText("phone", x.Phone)
}

func (x *Circle) get(o object) (err error) {
	if x.Words, err = o.text("words"); err != nil {
		return err
	}
	if x.Sort, err = read[Sort](o, "sort"); err != nil {
		return err
	}
	if x.Near, err = read[Closeness](o, "near"); err != nil {
		return err
	}
	if x.Gives, err = o.text("gives"); err != nil {
		return err
	}
	if x.Given, err = o.text("given"); err != nil {
		return err
	}
	if x.Turn, err = read[Turn](o, "turn"); err != nil {
		return err
	}
	x.Phone, err = o.text("phone")
	return err
}

func (x *Circle) check(c *errs.Check) {
	checkWords(c, x.Words, "errors.circle_blank")
	if len(x.Words.s) > MaxCircleWords {
		c.Add("words", "errors.line_too_long")
	}
	if x.Sort != "" && !slices.Contains(Sorts(), x.Sort) {
		c.Add("sort", "errors.choose_listed")
	}
	if x.Near != "" && !slices.Contains(Rings(), x.Near) {
		c.Add("near", "errors.choose_listed")
	}
	if p := x.Gives.problem(); p != "" {
		c.Add("gives", p)
	}
	if p := x.Given.problem(); p != "" {
		c.Add("given", p)
	}
	if x.Turn != "" && !slices.Contains(Turns(), x.Turn) {
		c.Add("turn", "errors.choose_listed")
	}
	if !x.Phone.Blank() && Dial(x.Phone) == "" || x.Phone.problem() != "" || len(x.Phone.s) > MaxPhone {
		c.Add("phone", "errors.phone_unreadable")
	}
}

// Dial returns a telephone number as it is dialled: its digits, with a plus in front where it had one. It is "" for what is none.
func Dial(phone Text) string {
	var b strings.Builder
	for _, r := range strings.TrimSpace(phone.s) {
		switch {
		case r >= '0' && r <= '9', r == '+' && b.Len() == 0:
			b.WriteRune(r)
		case !strings.ContainsRune(" -().\u00a0/", r):
			return ""
		}
	}
	d := b.String()
	if n := len(strings.TrimPrefix(d, "+")); n < leastDigits || n > mostDigits {
		return ""
	}
	return d
}

// proposable reports whether another may suggest what a body says: of a circle a place or a group, in words alone. Who is near a
// person, and whom they would call, is theirs to say.
func proposable(b Body) bool {
	x, ok := b.(*Circle)
	return !ok || (x.Sort == SortPlace || x.Sort == SortGroup) && x.Near == "" && x.Gives.Blank() && x.Given.Blank() && x.Turn == "" && x.Phone.Blank()
}
