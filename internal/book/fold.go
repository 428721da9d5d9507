package book

import (
	"slices"

	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/id"
	"beside/internal/mutant"
)

// ItemState says whether an item is open or put away.
type ItemState string

// The states of an item. There is no other: nothing is ever failed or closed (mission.md S0.12).
const (
	Live ItemState = "live"
	Away ItemState = "away"
)

// Item is what is true now of one item: which entry holds its words, never the words themselves.
type Item struct {
	ID      id.Item
	Section Section
	Kind    Kind
	State   ItemState
	Head    id.Entry  // the last entry that changed it; the Base of the next
	BodySeq int64     // seq of the entry that holds its words
	NamedBy id.Person // who named it first: the owner, or the author of the suggestion it grew from
	MadeSeq int64     // seq at which it became the owner's
}

// SuggestionState is where a suggestion stands.
type SuggestionState string

// The states of a suggestion.
const (
	Waiting  SuggestionState = "waiting"
	Later    SuggestionState = "later"
	Accepted SuggestionState = "accepted"
	Changed  SuggestionState = "changed"
	Declined SuggestionState = "declined"
)

// Suggestion is where one suggestion stands.
type Suggestion struct {
	Entry       id.Entry
	Seq         int64
	Item        id.Item
	Section     Section
	Kind        Kind
	Author      id.Person
	Base        id.Entry
	State       SuggestionState
	Answer      id.Entry // the owner's last answer, or the last [ActTomorrow]
	AnsweredSeq int64
	RestsBy     id.Person // of one that rests until tomorrow only: who said so, its author or the owner
}

// Tomorrow reports whether a suggestion that stands [Later] rests until tomorrow only.
func (s Suggestion) Tomorrow() bool { return !s.RestsBy.IsZero() }

// Lookup finds what is true before an entry.
type Lookup interface {
	Item(id.Item) (Item, bool, error)
	Suggestion(id.Entry) (Suggestion, bool, error)
	// Erased reports whether an item was erased for good; the zero item asks for the whole book.
	Erased(id.Item) (bool, error)
	// Suggested reports whether anything was ever suggested about an item.
	Suggested(id.Item) (bool, error)
	// Giving finds what was given by an entry, while that stands and was not given anew since.
	Giving(id.Entry) (Giving, bool, error)
}

// Giving is of a grant what the law of an act for the owner asks for.
type Giving struct {
	Recipient id.Person
	As        Hat
	Acts      []Section
	Until     clock.Time
}

// Effect is what an entry changes: the item and the suggestion as they are after it, nil where it changes none.
type Effect struct {
	Item       *Item
	Suggestion *Suggestion
	Erased     *Erasing // what is gone, with all entries about it
}

// Next is the law of the book for one entry e, whose Seq is already given, in a book owned by owner. It returns the
// effect, or an error of kind Invalid (e is not a possible act), NotOpen (an act that is not its author's, or about
// something that is not there) or Changed (the item is no longer what the writer saw, or the suggestion is answered).
func Next(now Lookup, owner id.Person, e Entry) (Effect, error) {
	if err := e.wellFormed(); err != nil {
		return Effect{}, err
	}
	if e.Act == ActSuggest && (e.Author == owner || !Suggestable(e.Kind)) || e.Act == ActWriteFor && (e.Author == owner || !Actable(e.Kind)) {
		return Effect{}, errs.New("book: next", errs.NotOpen, "") // before anything is told of what was erased
	}
	if err := stands(now, owner, e); err != nil {
		return Effect{}, err
	}
	item, exists, err := now.Item(e.Item)
	if err != nil {
		return Effect{}, err
	}
	if exists && (item.Section != e.Section || item.Kind != e.Kind) {
		return Effect{}, errs.New("book: next", errs.Invalid, "")
	}
	if e.Act == ActSuggest {
		return suggest(now, e, item)
	}
	if e.Act == ActTomorrow {
		return tomorrow(now, owner, e)
	}
	if e.Act == ActWriteFor {
		return writeFor(now, owner, e, item, exists)
	}
	if e.Author != owner || e.Hat != HatSelf {
		return Effect{}, errs.New("book: next", errs.NotOpen, "")
	}
	if e.Act == ActNotNow || e.Act == ActDecline {
		return setAside(now, e)
	}
	if e.Act == ActErase {
		return erase(now, e)
	}
	if item.Head != e.Base && !mutant.On("overwrite") {
		return Effect{}, errs.New("book: next", errs.Changed, "errors.item_changed")
	}
	if e.Act == ActPutAway {
		return putAway(e, item, exists)
	}
	return write(now, owner, e, item, exists)
}

// suggest: another's words are kept beside the item and change nothing (mission.md S0.7).
func suggest(now Lookup, e Entry, item Item) (Effect, error) {
	if item.Head != e.Base {
		return Effect{}, errs.New("book: next", errs.Changed, "errors.item_changed")
	}
	if err := standsOn(now, e.Body); err != nil {
		return Effect{}, err
	}
	s := Suggestion{Entry: e.ID, Seq: e.Seq, Item: e.Item, Section: e.Section, Kind: e.Kind, Author: e.Author, Base: e.Base, State: Waiting}
	eff := Effect{Suggestion: &s}
	if mutant.On("unasked") {
		eff.Item = &Item{ID: e.Item, Section: e.Section, Kind: e.Kind, State: Live, Head: e.ID, BodySeq: e.Seq, NamedBy: e.Author, MadeSeq: e.Seq}
	}
	return eff, nil
}

// writeFor: another writes a goal or a step for the owner, by what the owner gave them, which still stands. It is the owner's
// from then on, as their own writing is. That something is reached or done stays the owner's alone to say, and what was put
// away stays away. Of something that is there, package keeper lets through nothing but other words.
func writeFor(now Lookup, owner id.Person, e Entry, item Item, exists bool) (Effect, error) {
	g, ok, err := now.Giving(e.Answers)
	if err != nil {
		return Effect{}, err
	}
	stands := ok && g.Recipient == e.Author && g.As == e.Hat && e.RecordedAt < g.Until && slices.Contains(g.Acts, e.Section)
	if n, folded := now.(*Now); folded && n.ghostGivings[e.Answers] {
		stands = true
	}
	if !stands && !mutant.On("acted-ungiven") {
		return Effect{}, errs.New("book: next", errs.NotOpen, "")
	}
	if item.Head != e.Base || exists && item.State != Live {
		return Effect{}, errs.New("book: next", errs.Changed, "errors.item_changed")
	}
	if !exists {
		if err := begins(e.Body); err != nil {
			return Effect{}, err
		}
		item = Item{ID: e.Item, Section: e.Section, Kind: e.Kind, NamedBy: owner, MadeSeq: e.Seq}
	}
	if s, ok := e.Body.(*Step); ok { // a step is away with its goal
		if err := isLive(now, s.Goal, KindGoal); err != nil {
			return Effect{}, err
		}
	}
	item.State, item.Head, item.BodySeq = Live, e.ID, e.Seq
	return Effect{Item: &item}, nil
}

// begins checks what another begins for the owner: nothing of it is reached or done, and a goal names no strengths, which may not
// have been given.
func begins(b Body) error {
	switch b := b.(type) {
	case *Goal:
		if b.ownersAlone() || len(b.BuildsOn) > 0 {
			return errs.New("book: next", errs.Invalid, "")
		}
	case *Step:
		if b.Done {
			return errs.New("book: next", errs.Invalid, "")
		}
	}
	return nil
}

// Reword says in other words what an item says, and leaves all else of it, also what this program does not know. It reports
// whether another may do that for the owner: what the owner said that they reached or did stays in their own words.
func Reword(b Body, words Text) bool {
	switch b := b.(type) {
	case *Goal:
		b.Words = words
		return !b.Reached
	case *Step:
		b.Words = words
		return !b.Done
	}
	return false
}

// standsOn checks what a suggestion by another must build on: a goal on a confirmed strength (mission.md S0.4), a step
// on a goal of the person's. That something is reached or done is the person's alone to say.
func standsOn(now Lookup, b Body) error {
	switch b := b.(type) {
	case *Goal:
		if b.ownersAlone() {
			return errs.New("book: next", errs.Invalid, "")
		}
		if len(b.BuildsOn) == 0 && !mutant.On("groundless") {
			return &errs.Error{Op: "book: next", Kind: errs.Invalid, Fields: []errs.Field{{Name: "builds_on", Words: "errors.goal_builds_on"}}}
		}
		for _, it := range b.BuildsOn {
			if err := isLive(now, it, KindStrength); err != nil {
				return err
			}
		}
	case *Circle:
		if !proposable(b) && !mutant.On("circle-proposed") {
			return &errs.Error{Op: "book: next", Kind: errs.Invalid, Fields: []errs.Field{{Name: "sort", Words: "errors.circle_proposed"}}}
		}
	case *Step:
		if b.Done {
			return errs.New("book: next", errs.Invalid, "")
		}
		return isLive(now, b.Goal, KindGoal)
	}
	return nil
}

// ownersAlone reports whether a goal says what its owner alone can say.
func (g *Goal) ownersAlone() bool { return g.Reached || !g.Learned.Blank() || !g.Aside.Blank() }

// CarryReached copies from the body of an item to the one that shall follow it what the owner alone can say: that a goal
// is reached, what they learned, why they put it away, that a step is done. Where a goal belongs and who helps stay, too, where
// nothing else is said.
func CarryReached(from, to Body) {
	switch from := from.(type) {
	case *Goal:
		if to, ok := to.(*Goal); ok {
			to.Reached, to.Learned, to.Aside = from.Reached, from.Learned, from.Aside
			if to.Domain == "" {
				to.Domain = from.Domain
			}
			if to.Helps.Blank() {
				to.Helps = from.Helps
			}
		}
	case *Step:
		if to, ok := to.(*Step); ok {
			to.Done = from.Done
		}
	}
}

// GroundOf returns the section, other than its own, in which that stands which a suggestion with this body must build
// on; "" when there is none. Only who was given it may suggest so: else yes or no would tell what stands there.
func GroundOf(b Body) Section {
	if _, ok := b.(*Goal); ok {
		return SectionStrengths
	}
	return ""
}

func isLive(now Lookup, it id.Item, k Kind) error {
	if n, ok := now.(*Now); ok && n.ghosts[it] {
		return nil
	}
	item, ok, err := now.Item(it)
	if err != nil {
		return err
	}
	if !ok || item.State != Live || item.Kind != k {
		return errs.New("book: next", errs.Changed, "errors.ground_gone")
	}
	return nil
}

// answered returns the suggestion e answers, when it can still be answered.
func answered(now Lookup, e Entry) (Suggestion, error) {
	s, ok, err := now.Suggestion(e.Answers)
	if err != nil {
		return s, err
	}
	if !ok || s.Item != e.Item || s.Kind != e.Kind {
		return s, errs.New("book: next", errs.NotOpen, "")
	}
	if s.State == Accepted || s.State == Changed {
		return s, errs.New("book: next", errs.Changed, "errors.already_answered")
	}
	s.Answer, s.AnsweredSeq, s.RestsBy = e.ID, e.Seq, id.Person{}
	return s, nil
}

// tomorrow lets a suggestion rest until tomorrow. Its author may, while the owner has neither answered nor set it aside; the owner
// may as long as they can answer it. Nobody says why, and nothing else is kept of it.
func tomorrow(now Lookup, owner id.Person, e Entry) (Effect, error) {
	before, _, err := now.Suggestion(e.Answers)
	if err != nil {
		return Effect{}, err
	}
	mine, theirs := e.Author == owner && e.Hat == HatSelf, e.Author == before.Author // an owner suggests nothing to themselves
	if !mine && !theirs && !mutant.On("tomorrow-anybody") {
		return Effect{}, errs.New("book: next", errs.NotOpen, "")
	}
	s, err := answered(now, e)
	if err != nil {
		return Effect{}, err
	}
	if theirs && before.State != Waiting && before.RestsBy != e.Author && !mutant.On("tomorrow-answered") {
		return Effect{}, errs.New("book: next", errs.Changed, "errors.already_answered")
	}
	s.State, s.RestsBy = Later, e.Author
	return Effect{Suggestion: &s}, nil
}

func setAside(now Lookup, e Entry) (Effect, error) {
	s, err := answered(now, e)
	if err != nil {
		return Effect{}, err
	}
	s.State = Later
	if e.Act == ActDecline {
		s.State = Declined
	}
	return Effect{Suggestion: &s}, nil
}

func putAway(e Entry, item Item, exists bool) (Effect, error) {
	if !exists || item.State == Away {
		return Effect{}, errs.New("book: next", errs.Changed, "errors.item_changed")
	}
	item.State, item.Head = Away, e.ID
	return Effect{Item: &item}, nil
}

// write makes or changes an item by the owner's own act: their words, or a suggestion they said yes to.
func write(now Lookup, owner id.Person, e Entry, item Item, exists bool) (Effect, error) {
	eff := Effect{}
	namedBy := owner
	if e.Act.IsAnswer() {
		s, err := answered(now, e)
		if err != nil {
			return Effect{}, err
		}
		if e.Act == ActAccept && s.Base != item.Head {
			return Effect{}, errs.New("book: next", errs.Changed, "errors.item_changed")
		}
		s.State = Accepted
		if e.Act == ActChange {
			s.State = Changed
		}
		eff.Suggestion, namedBy = &s, s.Author
	} else if e.Act != ActWrite {
		return Effect{}, errs.New("book: next", errs.Invalid, "")
	}
	if !exists {
		item = Item{ID: e.Item, Section: e.Section, Kind: e.Kind, NamedBy: namedBy, MadeSeq: e.Seq}
	}
	item.State, item.Head, item.BodySeq = Live, e.ID, e.Seq
	eff.Item = &item
	return eff, nil
}

// Now is a book after a number of entries: what is true now.
type Now struct {
	Owner       id.Person
	Seq         int64
	Items       map[id.Item]Item
	Suggestions map[id.Entry]Suggestion
	Gone        map[id.Item]bool // what was erased for good; the zero item stands for the whole book
	ghosts      map[id.Item]bool // of these only that they were erased is known: see [Now.Skip]

	givings      map[id.Item]giving // the grants that stand
	ghostGivings map[id.Entry]bool  // erased entries, which may have been grants
}

// giving is a grant that stands, with the entry by which it was given.
type giving struct {
	by id.Entry
	Giving
}

// NewNow returns the empty book of owner.
func NewNow(owner id.Person) *Now {
	return &Now{Owner: owner, Items: map[id.Item]Item{}, Suggestions: map[id.Entry]Suggestion{}, Gone: map[id.Item]bool{}, ghosts: map[id.Item]bool{},
		givings: map[id.Item]giving{}, ghostGivings: map[id.Entry]bool{}}
}

// Item finds an item.
func (n *Now) Item(it id.Item) (Item, bool, error) {
	v, ok := n.Items[it]
	return v, ok, nil
}

// Suggestion finds a suggestion.
func (n *Now) Suggestion(e id.Entry) (Suggestion, bool, error) {
	v, ok := n.Suggestions[e]
	return v, ok, nil
}

// Erased reports whether an item was erased for good.
func (n *Now) Erased(it id.Item) (bool, error) { return n.Gone[it], nil }

// Suggested reports whether anything was ever suggested about an item.
func (n *Now) Suggested(it id.Item) (bool, error) {
	for _, s := range n.Suggestions {
		if s.Item == it {
			return true, nil
		}
	}
	return false, nil
}

// Giving finds what was given by an entry, while that stands and was not given anew since.
func (n *Now) Giving(e id.Entry) (Giving, bool, error) {
	for _, g := range n.givings {
		if g.by == e {
			return g.Giving, true, nil
		}
	}
	return Giving{}, false, nil
}

// Skip folds in the entry e about an item that was erased for good since: nothing is known of it but that. What others built on
// it while it stood is taken as it is.
func (n *Now) Skip(seq int64, e id.Entry, it id.Item) error {
	if seq != n.Seq+1 {
		return errs.New("book: skip", errs.Invalid, "")
	}
	n.Seq = seq
	n.Gone[it], n.ghosts[it], n.ghostGivings[e] = true, true, true
	return nil
}

// Apply folds one entry in. It returns the errors of [Next], and Invalid when e.Seq does not follow.
func (n *Now) Apply(e Entry) error {
	if e.Seq != n.Seq+1 {
		return errs.New("book: apply", errs.Invalid, "")
	}
	eff, err := Next(n, n.Owner, e)
	if err != nil {
		return err
	}
	n.Seq = e.Seq
	if eff.Item != nil {
		n.Items[eff.Item.ID] = *eff.Item
	}
	if eff.Suggestion != nil {
		n.Suggestions[eff.Suggestion.Entry] = *eff.Suggestion
	}
	n.give(e)
	n.erase(eff.Erased)
	return nil
}

// give follows what is given and taken back.
func (n *Now) give(e Entry) {
	if e.Kind != KindSharing {
		return
	}
	delete(n.givings, e.Item)
	if s, ok := e.Body.(*Sharing); ok {
		n.givings[e.Item] = giving{e.ID, Giving{s.Recipient, s.As, s.Acts, s.Until}}
	}
}
