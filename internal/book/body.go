package book

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/id"
	"beside/internal/mutant"
)

// Section is a part of a book that can be given as a whole. Its code stands in the clear beside the sealed words, so it
// says nothing that a stranger should not read.
type Section string

// The sections there are.
const (
	SectionName      Section = "name"      // what others call me; part of every grant
	SectionWords     Section = "words"     // what matters to me
	SectionStrengths Section = "strengths" // what is strong in and around me
	SectionGoals     Section = "goals"     // what I want, and small steps
	SectionMade      Section = "made"      // things I made: mine alone for now
	SectionDays      Section = "days"      // good news, hard days, setbacks, worries: mine alone for now
	SectionCircle    Section = "circle"    // who and what is around me
	SectionPaths     Section = "paths"     // the ways I go, and what it is about
	SectionAbout     Section = "about"     // age, and how to reach me: never given
	SectionSharing   Section = "sharing"   // what I gave to whom: never given
	SectionTies      Section = "ties"      // whom I know from my own life: never given
)

var givable = []Section{SectionName, SectionWords, SectionStrengths, SectionGoals, SectionCircle, SectionPaths}

// Givable returns the sections that can be given to another, in the order they are named on screen.
func Givable() []Section { return slices.Clone(givable) }

// Usual returns the sections that a person gives to who walks with them when they say no more than yes. All others are given only
// where they are named.
func Usual() []Section { return []Section{SectionName, SectionWords, SectionStrengths, SectionGoals} }

// Kind is what an item is. Where that would reveal something, the code is neutral and the real kind is in the body: a
// setback, a hard day and good news are all a [KindMoment].
type Kind string

// The kinds there are.
const (
	KindName     Kind = "name"
	KindWords    Kind = "words"
	KindStrength Kind = "strength"
	KindGoal     Kind = "goal"
	KindStep     Kind = "step"
	KindMoment   Kind = "moment"
	KindMade     Kind = "made"
	KindNote     Kind = "note"
	KindAbout    Kind = "about"
	KindAddress  Kind = "address"
	KindSharing  Kind = "sharing"
	KindTie      Kind = "tie"
	KindErasing  Kind = "erasing"
	KindCircle   Kind = "circle"
	KindPath     Kind = "path"
)

type kindLaw struct {
	section     Section
	only        bool // at most one item of this kind in a book, see [Only]
	each        bool // at most one item of this kind for each other person, see [TieWith]
	suggestable bool // others may suggest it
	actable     bool // another may write it for the owner, who gave them that: see [Actable]
	stays       bool // it goes with the whole book only
	blank       func() Body
}

var kinds = map[Kind]kindLaw{
	KindName:     {section: SectionName, only: true, stays: true, blank: func() Body { return &Name{} }},
	KindWords:    {section: SectionWords, only: true, blank: func() Body { return &Words{} }},
	KindStrength: {section: SectionStrengths, suggestable: true, blank: func() Body { return &Strength{} }},
	KindGoal:     {section: SectionGoals, suggestable: true, actable: true, blank: func() Body { return &Goal{} }},
	KindStep:     {section: SectionGoals, suggestable: true, actable: true, blank: func() Body { return &Step{} }},
	KindCircle:   {section: SectionCircle, suggestable: true, blank: func() Body { return &Circle{} }},
	KindPath:     {section: SectionPaths, blank: func() Body { return &Path{} }},
	KindMoment:   {section: SectionDays, blank: func() Body { return &Moment{} }},
	KindMade:     {section: SectionMade, blank: func() Body { return &Made{} }},
	KindNote:     {section: SectionDays, blank: func() Body { return &Note{} }},
	KindAbout:    {section: SectionAbout, only: true, stays: true, blank: func() Body { return &About{} }},
	KindAddress:  {section: SectionAbout, blank: func() Body { return &Address{} }},
	KindSharing:  {section: SectionSharing, blank: func() Body { return &Sharing{} }},
	KindTie:      {section: SectionTies, each: true, stays: true, blank: func() Body { return &Tie{} }},
	KindErasing:  {section: SectionAbout, stays: true, blank: func() Body { return &Erasing{} }},
}

// SectionOf returns the section a kind stands in, "" for a kind that does not exist.
func SectionOf(k Kind) Section { return kinds[k].section }

// KindsIn returns the kinds that stand in a section, in the order of their codes.
func KindsIn(s Section) []Kind {
	var in []Kind
	for k, law := range kinds {
		if law.section == s {
			in = append(in, k)
		}
	}
	slices.Sort(in)
	return in
}

// Suggestable reports whether others may suggest items of kind k.
func Suggestable(k Kind) bool { return kinds[k].suggestable }

// Actable reports whether another may write items of kind k for the owner, where the owner gave them that. What matters to me is
// in the person's own words (mission.md S0.2), and a strength that another found is one when the person confirms it (S0.4):
// these can be suggested or nothing.
func Actable(k Kind) bool { return kinds[k].actable }

// ActableIn reports whether anything in a section can be written for the owner.
func ActableIn(s Section) bool { return slices.ContainsFunc(KindsIn(s), Actable) }

// Body is the sealed content of an entry: the words and what belongs to them.
type Body interface {
	// Kind is the kind of item the body belongs to.
	Kind() Kind
	put(object)
	get(object) error
	check(*errs.Check)
	keep() *kept
}

// kept holds the fields of a body that this program does not know.
type kept struct{ rest object }

func (k *kept) keep() *kept { return k }

// CurrentVersion is the version of every body written today. A second version will bring upcasters that run on read.
const CurrentVersion = 1

// Encode writes a body as deterministic JSON, unknown fields included.
func Encode(b Body) []byte {
	o := object{}
	for k, v := range b.keep().rest {
		o[k] = v
	}
	b.put(o)
	return o.encode()
}

// Decode reads what Encode wrote, now or by a later version. It returns an error for bytes that are not a body of kind
// k; the error quotes none of them.
func Decode(k Kind, version int, data []byte) (Body, error) {
	law, ok := kinds[k]
	if !ok || version < 1 {
		return nil, fmt.Errorf("book: no body of kind %q version %d", k, version)
	}
	o, err := parseObject(data)
	if err != nil {
		return nil, err
	}
	b := law.blank()
	if err := b.get(o); err != nil {
		return nil, err
	}
	b.keep().rest = o
	return b, nil
}

// CheckBody returns an Invalid error naming every field of b that cannot be kept.
func CheckBody(b Body) error {
	var c errs.Check
	b.check(&c)
	return c.Err("book: check")
}

// WordsOf returns what a body says, blank for one that has no words.
func WordsOf(b Body) Text {
	switch b := b.(type) {
	case *Name:
		return b.Words
	case *Words:
		return b.Words
	case *Strength:
		return b.Words
	case *Goal:
		return b.Words
	case *Step:
		return b.Words
	case *Moment:
		return b.Words
	case *Note:
		return b.Words
	case *Tie:
		return b.Words
	case *Made:
		return b.Words
	case *Circle:
		return b.Words
	case *Path:
		return b.Words
	}
	return Text{}
}

func checkWords(c *errs.Check, t Text, required string) {
	if p := t.problem(); p != "" {
		c.Add("words", p)
	} else if t.Blank() && required != "" {
		c.Add("words", required)
	}
}

// Name is what others call the person: any name they like (mission.md S2.S2).
type Name struct {
	kept
	Words Text
}

// MaxName is the longest name, in bytes.
const MaxName = 200

// Kind is [KindName].
func (*Name) Kind() Kind { return KindName }

func (n *Name) put(o object) { o.putText("words", n.Words) }

func (n *Name) get(o object) (err error) {
	n.Words, err = o.text("words")
	return err
}

func (n *Name) check(c *errs.Check) {
	checkWords(c, n.Words, "errors.name_blank")
	if len(n.Words.s) > MaxName {
		c.Add("words", "errors.name_too_long")
	}
}

// Words is "what matters to me" (mission.md S0.2). It may be blank: a person may take their words away.
type Words struct {
	kept
	Words Text
}

// Kind is [KindWords].
func (*Words) Kind() Kind { return KindWords }

func (w *Words) put(o object) { o.putText("words", w.Words) }

func (w *Words) get(o object) (err error) {
	w.Words, err = o.text("words")
	return err
}

func (w *Words) check(c *errs.Check) { checkWords(c, w.Words, "") }

// Domain is a part of life (mission.md S2.S6). None is required, and a blank is never a deficit.
type Domain string

// The life domains, in the order they are named on screen.
const (
	DomainHome     Domain = "home"
	DomainMoney    Domain = "money"
	DomainWork     Domain = "work" // work and learning
	DomainPeople   Domain = "people"
	DomainWellness Domain = "wellness"
	DomainPlay     Domain = "play"
	DomainSpirit   Domain = "spirit" // spirit and culture
	DomainPlace    Domain = "place"  // surroundings
)

// Domains returns the life domains in the order they are named on screen.
func Domains() []Domain {
	return []Domain{DomainHome, DomainMoney, DomainWork, DomainPeople, DomainWellness, DomainPlay, DomainSpirit, DomainPlace}
}

func checkDomain(c *errs.Check, d Domain) {
	if d != "" && !slices.Contains(Domains(), d) {
		c.Add("domain", "errors.choose_listed")
	}
}

// When says whether a strength is here now, hoped for, or worked before (mission.md S0.4).
type When string

// The three columns of the strengths map.
const (
	WhenNow    When = "now"
	WhenHoped  When = "hoped"
	WhenBefore When = "before"
)

// Whens returns the three columns of the strengths map.
func Whens() []When { return []When{WhenNow, WhenHoped, WhenBefore} }

// Strength is something strong in or around a person. Only the words are required.
type Strength struct {
	kept
	Words  Text
	Domain Domain // "" when not said
	When   When
}

// Kind is [KindStrength].
func (*Strength) Kind() Kind { return KindStrength }

func (s *Strength) put(o object) {
	o.putText("words", s.Words)
	o.putString("domain", string(s.Domain))
	o.putString("when", string(s.When))
}

func (s *Strength) get(o object) (err error) {
	if s.Words, err = o.text("words"); err != nil {
		return err
	}
	if s.Domain, err = read[Domain](o, "domain"); err != nil {
		return err
	}
	s.When, err = read[When](o, "when")
	return err
}

func (s *Strength) check(c *errs.Check) {
	checkWords(c, s.Words, "errors.strength_blank")
	checkDomain(c, s.Domain)
	if s.When != "" && !slices.Contains(Whens(), s.When) {
		c.Add("when", "errors.choose_listed")
	}
}

// Goal is something a person wants, in their own words. Only the words are required. A goal that another suggests
// builds on confirmed strengths (mission.md S0.4); the person's own goal needs nothing.
type Goal struct {
	kept
	Words    Text
	BuildsOn []id.Item
	Reached  bool   // the person says so
	Domain   Domain // "" when not said
	Helps    Text   // who helps, or what; may be blank
	Learned  Text   // what the person learned on the way; may be blank
	Aside    Text   // why it is not what they want now, of one that was put away; may be blank
}

// Kind is [KindGoal].
func (*Goal) Kind() Kind { return KindGoal }

func (g *Goal) put(o object) {
	o.putText("words", g.Words)
	list := make([]string, len(g.BuildsOn))
	for i, it := range g.BuildsOn {
		list[i] = it.String()
	}
	o.putStrings("builds_on", list)
	o.putBool("reached", g.Reached)
	o.putString("domain", string(g.Domain))
	for name, t := range g.more() {
		o.putText(name, *t)
	}
}

// more are the words of a goal beside what is wanted. None is required.
func (g *Goal) more() map[string]*Text {
	return map[string]*Text{"helps": &g.Helps, "learned": &g.Learned, "aside": &g.Aside}
}

func (g *Goal) get(o object) (err error) {
	if g.Words, err = o.text("words"); err != nil {
		return err
	}
	if g.BuildsOn, err = o.items("builds_on"); err != nil {
		return err
	}
	for name, t := range g.more() {
		if *t, err = o.text(name); err != nil {
			return err
		}
	}
	if g.Domain, err = read[Domain](o, "domain"); err != nil {
		return err
	}
	g.Reached, err = read[bool](o, "reached")
	return err
}

func (g *Goal) check(c *errs.Check) {
	checkWords(c, g.Words, "errors.goal_blank")
	if len(g.BuildsOn) > 50 {
		c.Add("builds_on", "errors.too_many")
	}
	checkDomain(c, g.Domain)
	for _, name := range []string{"helps", "learned", "aside"} {
		if p := g.more()[name].problem(); p != "" {
			c.Add(name, p)
		}
	}
}

// Step is a small step towards a goal.
type Step struct {
	kept
	Goal  id.Item
	Words Text
	Done  bool // the person says so
}

// Kind is [KindStep].
func (*Step) Kind() Kind { return KindStep }

func (s *Step) put(o object) {
	o.putString("goal", s.Goal.String())
	o.putText("words", s.Words)
	o.putBool("done", s.Done)
}

func (s *Step) get(o object) (err error) {
	if s.Goal, err = o.item("goal"); err != nil {
		return err
	}
	if s.Words, err = o.text("words"); err != nil {
		return err
	}
	s.Done, err = read[bool](o, "done")
	return err
}

func (s *Step) check(c *errs.Check) {
	checkWords(c, s.Words, "errors.step_blank")
	if s.Goal.IsZero() {
		c.Add("goal", "errors.step_without_goal")
	}
}

// What is the real kind of a [Moment], sealed because the times of hard days are sensitive (design.md, "Clear lists").
type What string

// The kinds of moments.
const (
	WhatGood    What = "good"    // good news
	WhatHard    What = "hard"    // a hard day
	WhatSlipped What = "slipped" // things slipped: a setback, which changes nothing that was reached before (S0.12)
	WhatBack    What = "back"    // I'm back
	WhatLearned What = "learned" // what I learned
)

// Whats returns the kinds of moments in the order they are named on screen.
func Whats() []What { return []What{WhatGood, WhatHard, WhatSlipped, WhatBack, WhatLearned} }

// Moment is something that happened, on the person's own timeline.
type Moment struct {
	kept
	What  What
	Words Text // may be blank: "a hard day" can be all one wants to say
}

// Kind is [KindMoment].
func (*Moment) Kind() Kind { return KindMoment }

func (m *Moment) put(o object) {
	o.putString("what", string(m.What))
	o.putText("words", m.Words)
}

func (m *Moment) get(o object) (err error) {
	if m.What, err = read[What](o, "what"); err != nil {
		return err
	}
	m.Words, err = o.text("words")
	return err
}

func (m *Moment) check(c *errs.Check) {
	checkWords(c, m.Words, "")
	if !slices.Contains(Whats(), m.What) {
		c.Add("what", "errors.choose_listed")
	}
}

// Note is a worry of the person's in a part of life, or in none: theirs alone, and there only because they wrote it (mission.md S2.AG4).
// Nobody can suggest one, and nothing is ever worked out from it.
type Note struct {
	kept
	Words  Text
	Domain Domain // "" when not said
}

// Kind is [KindNote].
func (*Note) Kind() Kind { return KindNote }

func (n *Note) put(o object) {
	o.putText("words", n.Words)
	o.putString("domain", string(n.Domain))
}

func (n *Note) get(o object) (err error) {
	if n.Words, err = o.text("words"); err != nil {
		return err
	}
	n.Domain, err = read[Domain](o, "domain")
	return err
}

func (n *Note) check(c *errs.Check) {
	checkWords(c, n.Words, "errors.note_blank")
	checkDomain(c, n.Domain)
}

// Contact says whether and how a person may be written to, as it was asked when they joined (mission.md U7).
type Contact string

// The answers to "is it safe to contact you here?". What a person says of each address since then is an [Address].
const (
	ContactNo    Contact = "no"    // never
	ContactQuiet Contact = "quiet" // only "you have a message"
)

// About is what a person said of themselves when joining and may change at any time. It is never given to anybody.
type About struct {
	kept
	Under18 bool
	// AfterDays is how many days after their death the book is erased for good; 0 when they did not say. Until then it stays
	// closed.
	AfterDays int
	// Contact and Address stand only in what was written before there were kinds for each address: an e-mail address or
	// telephone number, blank unless Contact is ContactQuiet. Nothing is sent there until it is kept as an [Address].
	Contact Contact
	Address Text
}

// Kind is [KindAbout].
func (*About) Kind() Kind { return KindAbout }

func (a *About) put(o object) {
	o.putBool("under_18", a.Under18)
	o.putInt("after_days", int64(a.AfterDays))
	o.putString("contact", string(a.Contact))
	o.putText("address", a.Address)
}

func (a *About) get(o object) (err error) {
	if a.Under18, err = read[bool](o, "under_18"); err != nil {
		return err
	}
	if a.AfterDays, err = read[int](o, "after_days"); err != nil {
		return err
	}
	if a.Contact, err = read[Contact](o, "contact"); err != nil {
		return err
	}
	a.Address, err = o.text("address")
	return err
}

// The fewest and the most days that [About.AfterDays] can be: ten years.
const (
	LeastAfter = 7
	MostAfter  = 3653
)

func (a *About) check(c *errs.Check) {
	if a.AfterDays != 0 && (a.AfterDays < LeastAfter || a.AfterDays > MostAfter) {
		c.Add("after_days", "errors.choose_listed")
	}
	if p := a.Address.problem(); p != "" || len(a.Address.s) > 320 {
		c.Add("address", "errors.address_unreadable")
	}
	switch a.Contact {
	case ContactNo, "":
		if !a.Address.Blank() {
			c.Add("contact", "errors.contact_unanswered")
		}
	case ContactQuiet:
		if a.Address.Blank() {
			c.Add("address", "errors.address_blank")
		}
	default:
		c.Add("contact", "errors.choose_listed")
	}
}

// Channel is how an address is reached. There is no address for calling alone: a number is written to and called.
type Channel string

// The channels there are.
const (
	ChannelEmail Channel = "email"
	ChannelText  Channel = "text" // text messages to a telephone number
)

// Address is one address of a person's, with what they say of it: what is safe there, and how whoever writes or calls
// names themselves (mission.md U7). It is never given to anybody.
type Address struct {
	kept
	Channel Channel
	Address Text // as it was given; a telephone number in its international form, E.164
	// May we write here, call, leave words with who answers or what answers.
	Write, Call, Leave bool
	Opens              bool // a one-time code sent here may open the book
	// Name is what the sender calls itself, such as "Library"; blank when it says nothing but that there is a message.
	Name Text
	// From and Until are minutes of the local day between which writing is fine, over midnight when From is the later;
	// both 0 for any time.
	From, Until int
	Lang        string     // tag of the language the person read when they kept it
	AskedAt     clock.Time // when the person last said that it is safe
}

// MaxDiscreetName is the longest name a sender can be given, in bytes: it stands in front of a text message.
const MaxDiscreetName = 40

// Kind is [KindAddress].
func (*Address) Kind() Kind { return KindAddress }

func (a *Address) put(o object) {
	o.putString("channel", string(a.Channel))
	o.putText("address", a.Address)
	o.putBool("write", a.Write)
	o.putBool("call", a.Call)
	o.putBool("leave", a.Leave)
	o.putBool("opens", a.Opens)
	o.putText("name", a.Name)
	o.putInt("from", int64(a.From))
	o.putInt("until", int64(a.Until))
	o.putString("lang", a.Lang)
	o.putInt("asked_at", int64(a.AskedAt))
}

func (a *Address) get(o object) (err error) {
	if a.Channel, err = read[Channel](o, "channel"); err != nil {
		return err
	}
	if a.Address, err = o.text("address"); err != nil {
		return err
	}
	for name, b := range map[string]*bool{"write": &a.Write, "call": &a.Call, "leave": &a.Leave, "opens": &a.Opens} {
		if *b, err = read[bool](o, name); err != nil {
			return err
		}
	}
	if a.Name, err = o.text("name"); err != nil {
		return err
	}
	for name, n := range map[string]*int{"from": &a.From, "until": &a.Until} {
		if *n, err = read[int](o, name); err != nil {
			return err
		}
	}
	if a.Lang, err = read[string](o, "lang"); err != nil {
		return err
	}
	a.AskedAt, err = read[clock.Time](o, "asked_at")
	return err
}

// minutesOfDay are how many minutes a day has.
const minutesOfDay = 24 * 60

func (a *Address) check(c *errs.Check) {
	switch p := a.Address.problem(); {
	case a.Address.Blank():
		c.Add("address", "errors.address_blank")
	case p != "" || len(a.Address.s) > 320 || a.Channel != ChannelEmail && a.Channel != ChannelText:
		c.Add("address", "errors.address_unreadable")
	}
	if a.Name.problem() != "" || len(a.Name.s) > MaxDiscreetName || !plainName(a.Name.s) {
		c.Add("name", "errors.discreet_name")
	}
	if a.From < 0 || a.From >= minutesOfDay {
		c.Add("from", "errors.time_of_day")
	}
	if a.Until < 0 || a.Until >= minutesOfDay {
		c.Add("until", "errors.time_of_day")
	}
	if len(a.Lang) > 35 { // RFC 5646 §4.4.1
		c.Add("lang", "errors.choose_listed")
	}
}

// plainName reports whether a sender's name is letters, numbers, spaces and what stands in names: no link, no mark that a
// message could not carry.
func plainName(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsMark(r) && !unicode.IsNumber(r) && !strings.ContainsRune(" '’&-", r)
	})
}

// Purpose is why somebody was given a section. A look inside a grant takes the grant's purpose.
type Purpose string

// Why something is given. A worker is given it to walk with a person, whom a person knows from their own life to be near
// them or to look after their health, and a reviewer to review it.
const (
	PurposeWalking Purpose = "walking" // to walk with me: what a chosen worker is given
	PurposeNear    Purpose = "near"    // to be near me: family and friends
	PurposeHealth  Purpose = "health"  // to look after my health: a doctor, a nurse, a therapist
	PurposeReview  Purpose = "review"  // to have it reviewed, by somebody outside the line of management

	// Who does something here, whoever that is, is given it to be there for a person when they call or come. The purpose says by itself,
	// on every look, that the reader was not chosen by name.
	PurposeRole    Purpose = "role"    // as one who holds a role here
	PurposeWorkers Purpose = "workers" // as one of all workers here
)

// PurposesFor returns the purposes for which something can be given to somebody who reads it in a hat, in the order of the
// screen; none for a hat nobody can give to.
func PurposesFor(h Hat) []Purpose {
	switch h {
	case HatWorker:
		return []Purpose{PurposeWalking}
	case HatSelf:
		return []Purpose{PurposeNear, PurposeHealth}
	case HatReviewer:
		return []Purpose{PurposeReview}
	}
	return nil
}

// ByName reports whether who looked for a purpose can have been chosen by name. It is false for looks by a role or as one of all workers.
func (p Purpose) ByName() bool { return p != PurposeRole && p != PurposeWorkers }

// PurposeDesk is "to help me back in": how the centre team finds somebody who stands at the desk. It stands on looks alone;
// nobody can give a section for it.
const PurposeDesk Purpose = "desk"

// PurposeDied is "somebody said that I have died": how the centre team finds whom they mean. It stands on looks alone.
const PurposeDied Purpose = "died"

// PurposeOrder is "by order of a court": how two of the centre team find whom an order is about, and put together what it names. It
// stands on looks alone.
const PurposeOrder Purpose = "order"

// MaxGrant is the longest time a grant runs: a year, then it is asked anew.
const MaxGrant = 366 * clock.Day

// MaxReview is the longest time a grant to a reviewer runs. An organisation may come to set it otherwise.
const MaxReview = 90 * clock.Day

// Longest is the longest time a grant runs to somebody who reads in a hat.
func Longest(h Hat) clock.Time {
	if h == HatReviewer {
		return MaxReview
	}
	return MaxGrant
}

// MostSingles is how many single items one grant can give.
const MostSingles = 200

// Single is one item that is given by itself, with the section it stands in.
type Single struct {
	Section Section
	Item    id.Item
}

// String is the section and the item with a stroke between.
func (s Single) String() string { return string(s.Section) + "/" + s.Item.String() }

// ParseSingle reads what [Single.String] wrote. Whether there is such an item it does not know.
func ParseSingle(text string) (s Single, err error) {
	section, item, ok := strings.Cut(text, "/")
	if !ok {
		return s, errors.New("book: not a single item")
	}
	s.Section = Section(section)
	s.Item, err = id.Parse[id.Item](item)
	return s, err
}

// Sharing is a grant as its owner gave it: recipient, what, how, purpose, expiry (design.md, "Grant"; 42 CFR 2.31).
type Sharing struct {
	kept
	Recipient id.Person
	// As is the hat in which the recipient reads: [HatWorker] for a worker whom the person chose, [HatSelf] for somebody they
	// know from their own life, [HatReviewer] for a reviewer, who reads and does nothing else.
	As       Hat
	Sections []Section
	Singles  []Single // single items, whatever else stands in their section
	ReadOnly bool     // they may read and not suggest
	// Acts are the sections, of those given, in which they may also write for the owner. A program that does not know of it
	// reads a grant to suggest.
	Acts    []Section
	Purpose Purpose
	Until   clock.Time
	// Label is what the owner calls the recipient, and names them; blank for a worker, whose profile does. Of a role it is the name, as it
	// was read aloud.
	Label Text
	// To is whether one person is given it, or whoever holds a role here, or all workers here: see [Whom].
	To Whom
	Whoever
	// Signed is who saw the owner sign it on paper; nil for what they gave with their own hand here. It says so of the entry that
	// came in as [ViaPaper] alone: a program that does not know of it carries it on when a grant is changed.
	Signed *Signed
	// Event is in the owner's own words what ends it before [Sharing.Until]; blank for nothing. Came says that it has come: nothing is open by it
	// any more.
	Event Text
	Came  bool
}

// Kind is [KindSharing].
func (*Sharing) Kind() Kind { return KindSharing }

func (s *Sharing) put(o object) {
	o.putString("recipient", s.Recipient.String())
	if o.putString("as", string(s.As)); s.As == HatWorker {
		delete(o, "as") // it is what was meant before there was another
	}
	list := make([]string, len(s.Sections))
	for i, sec := range s.Sections {
		list[i] = string(sec)
	}
	o.putStrings("sections", list)
	singles := make([]string, len(s.Singles))
	for i, x := range s.Singles {
		singles[i] = x.String()
	}
	o.putStrings("singles", singles)
	acts := make([]string, len(s.Acts))
	for i, sec := range s.Acts {
		acts[i] = string(sec)
	}
	o.putStrings("acts", acts)
	o.putBool("read_only", s.ReadOnly)
	o.putString("purpose", string(s.Purpose))
	o.putInt("until", int64(s.Until))
	o.putText("label", s.Label)
	o.putText("event", s.Event)
	o.putBool("came", s.Came)
	s.putWhoever(o)
	s.Signed.put(o)
}

func (s *Sharing) get(o object) (err error) {
	r, err := read[string](o, "recipient")
	if err != nil {
		return err
	}
	if r != "" {
		if s.Recipient, err = id.Parse[id.Person](r); err != nil {
			return err
		}
	}
	if s.As, err = read[Hat](o, "as"); err != nil {
		return err
	}
	if s.As == "" {
		s.As = HatWorker
	}
	if s.Sections, err = read[[]Section](o, "sections"); err != nil {
		return err
	}
	singles, err := read[[]string](o, "singles")
	if err != nil {
		return err
	}
	for _, text := range singles {
		x, err := ParseSingle(text)
		if err != nil {
			return err
		}
		s.Singles = append(s.Singles, x)
	}
	if s.Acts, err = read[[]Section](o, "acts"); err != nil {
		return err
	}
	if s.ReadOnly, err = read[bool](o, "read_only"); err != nil {
		return err
	}
	if s.Purpose, err = read[Purpose](o, "purpose"); err != nil {
		return err
	}
	if s.Until, err = read[clock.Time](o, "until"); err != nil {
		return err
	}
	if s.Label, err = o.text("label"); err != nil {
		return err
	}
	if s.Event, err = o.text("event"); err != nil {
		return err
	}
	if s.Came, err = read[bool](o, "came"); err != nil {
		return err
	}
	if err = s.getWhoever(o); err != nil {
		return err
	}
	s.Signed, err = signedOf(o)
	return err
}

func (s *Sharing) check(c *errs.Check) {
	s.checkSigned(c)
	s.checkWhoever(c)
	if !slices.Contains(s.purposes(), s.Purpose) {
		c.Add("purpose", "errors.choose_listed")
	}
	if s.Event.problem() != "" || len(s.Event.s) > MaxEvent || s.Came && s.Event.Blank() {
		c.Add("event", "errors.text_too_long")
	}
	if s.Until <= 0 {
		c.Add("until", "errors.choose_listed")
	}
	if s.As == HatReviewer && !s.ReadOnly && !mutant.On("review-writes") {
		c.Add("acts", "errors.choose_listed")
	}
	if s.Label.problem() != "" || len(s.Label.s) > MaxName || (s.As == HatSelf || s.To == ToRole) && s.Label.Blank() {
		c.Add("label", "errors.name_blank")
	}
	switch {
	case !slices.Contains(s.Sections, SectionName), !eachOnce(s.Sections), !eachOnce(s.Singles):
		c.Add("sections", "errors.choose_listed")
	case slices.ContainsFunc(s.Sections, func(sec Section) bool { return !slices.Contains(givable, sec) }):
		c.Add("sections", "errors.choose_listed")
	case slices.ContainsFunc(s.Singles, func(x Single) bool { return !slices.Contains(givable, x.Section) }):
		c.Add("singles", "errors.choose_listed")
	case len(s.Singles) > MostSingles:
		c.Add("singles", "errors.too_many")
	}
	if !eachOnce(s.Acts) || s.ReadOnly && len(s.Acts) > 0 ||
		slices.ContainsFunc(s.Acts, func(sec Section) bool { return !ActableIn(sec) || !slices.Contains(s.Sections, sec) }) {
		c.Add("acts", "errors.choose_listed")
	}
}

// eachOnce reports whether nothing stands in a list twice.
func eachOnce[T comparable](list []T) bool {
	seen := map[T]bool{}
	for _, x := range list {
		if seen[x] {
			return false
		}
		seen[x] = true
	}
	return true
}
