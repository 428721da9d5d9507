package journey

import (
	"context"
	"slices"

	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/id"
	"beside/internal/keeper"
)

// Suggestion is what somebody else suggested, with where it stands (package book draws the states).
type Suggestion struct {
	Entry      id.Entry
	Kind       book.Kind
	From       id.Person
	State      book.SuggestionState
	At         clock.Time
	AnsweredAt clock.Time // 0 while it is not answered
	Tomorrow   bool       // of one that stands [book.Later]: it rests until tomorrow only
	RestedBy   id.Person  // who let it rest until tomorrow, where it was not the person
	Words      book.Text
	Item       id.Item  // what it would begin or change
	Head       id.Entry // that item's head now: the Base of an answer; none when it would begin one
	Body       book.Body
}

// Open reports whether it can still be answered.
func (s Suggestion) Open() bool { return s.State != book.Accepted && s.State != book.Changed }

func (me Me) suggestion(t keeper.Told) Suggestion {
	s := Suggestion{Entry: t.Entry, Kind: t.Kind, From: t.Author, State: t.State, At: t.RecordedAt, AnsweredAt: t.AnsweredAt,
		Tomorrow: t.Tomorrow(), Words: book.WordsOf(t.Body), Item: t.Item, Body: t.Body}
	if t.RestsBy != me.Person {
		s.RestedBy = t.RestsBy
	}
	return s
}

// Waiting are the suggestions that can still be answered, the newest first.
type Waiting struct {
	Around
	Now      []Suggestion // never answered
	Again    []Suggestion // answered "not now", and that has rested for [keeper.AgainAfter]; or asked again since yesterday
	Later    []Suggestion // answered "not now" since, or asked again tomorrow
	Declined []Suggestion // answered "no thanks"; the owner may still change their mind
}

// Waiting reads the suggestions that can still be answered.
func (j *Journey) Waiting(ctx context.Context, me Me) (Waiting, error) {
	a, err := j.Around(ctx, me)
	if err != nil {
		return Waiting{}, err
	}
	told, err := j.keeper.Suggestions(ctx, me.Subject, me.Book, book.Waiting, book.Later, book.Declined)
	if err != nil {
		return Waiting{}, errs.Wrap("journey: waiting", err)
	}
	w := Waiting{Around: a}
	lists := map[book.SuggestionState]*[]Suggestion{book.Waiting: &w.Now, book.Later: &w.Later, book.Declined: &w.Declined}
	slices.Reverse(told)
	now := j.clock.Now()
	for _, t := range told {
		list := lists[t.State]
		if t.Rested(now) {
			list = &w.Again
		}
		*list = append(*list, me.suggestion(t))
	}
	return w, nil
}

// Asked is one suggestion with what it stands on.
type Asked struct {
	Around
	Suggestion
	Strengths []book.Text // that a suggested goal builds on
	Goal      book.Text   // that a suggested step belongs to
	Now       *Mine       // the item it would change as it is now; none when it would begin one
	// Moved says that the item has changed since the suggestion was made, so that a plain yes is not possible: the owner
	// sees both and chooses words (design.md, "Order").
	Moved bool
}

// Suggestion reads one suggestion, whatever its state. It returns NotOpen.
func (j *Journey) Suggestion(ctx context.Context, me Me, e id.Entry) (Asked, error) {
	t, err := j.told(ctx, me, e)
	if err != nil {
		return Asked{}, errs.Wrap("journey: suggestion", err)
	}
	a := Asked{Suggestion: me.suggestion(t)}
	err = j.standsOn(ctx, me, &a)
	a.Moved = a.Head != t.Base
	return a, errs.Wrap("journey: suggestion", err)
}

// told finds one suggestion among all of the book.
func (j *Journey) told(ctx context.Context, me Me, e id.Entry) (keeper.Told, error) {
	all, err := j.keeper.Suggestions(ctx, me.Subject, me.Book)
	if err != nil {
		return keeper.Told{}, err
	}
	i := slices.IndexFunc(all, func(t keeper.Told) bool { return t.Entry == e })
	if i < 0 {
		return keeper.Told{}, errs.New("journey: told", errs.NotOpen, "")
	}
	return all[i], nil
}

// standsOn fills in what a suggestion stands on in the owner's book.
func (j *Journey) standsOn(ctx context.Context, me Me, a *Asked) error {
	g, err := j.Goals(ctx, me)
	if err != nil {
		return err
	}
	a.Around = g.Around
	switch b := a.Body.(type) {
	case *book.Goal:
		for _, it := range b.BuildsOn {
			if s, err := g.Strengths.Find(it); err == nil {
				a.Strengths = append(a.Strengths, s.Words)
			}
		}
	case *book.Step:
		if x, err := g.Goal(b.Goal); err == nil {
			a.Goal = x.Words
		}
	}
	a.Now = g.mine(a.Item)
	if a.Now != nil {
		a.Head = a.Now.Head
	}
	return nil
}

// mine finds what any goal, step or strength tells of itself.
func (g Goals) mine(it id.Item) *Mine {
	if x, err := g.Goal(it); err == nil {
		return &x.Mine
	}
	if x, err := g.Step(it); err == nil {
		return &x.Mine
	}
	if x, err := g.Strengths.Find(it); err == nil {
		return &x.Mine
	}
	return nil
}

// Answer answers a suggestion with one of the four answers (mission.md S0.7). w.Item is not looked at; w.Base is the
// head of the item as the form showed it. Words are taken for [book.ActChange] only: they become the item's, and what
// else the suggestion says stays. It returns Changed when the suggestion was answered with a yes before, and, for a yes,
// when the item has changed since the suggestion was made.
func (j *Journey) Answer(ctx context.Context, me Me, w Writing, suggestion id.Entry, answer book.Act, words book.Text) error {
	t, err := j.told(ctx, me, suggestion)
	if err != nil {
		return errs.Wrap("journey: answer", err)
	}
	d := keeper.Draft{ID: w.Entry, Kind: t.Kind, Act: answer, Item: t.Item, Base: w.Base, Answers: suggestion}
	if answer == book.ActChange {
		d.Body = withWords(t.Body, words)
	}
	_, err = j.write(ctx, me, d)
	return errs.Wrap("journey: answer", err)
}

// Tomorrow has a suggestion asked again tomorrow: it rests until then, and nobody asks why. It returns Changed when it was
// answered with a yes before.
func (j *Journey) Tomorrow(ctx context.Context, me Me, entry, suggestion id.Entry) error {
	_, err := j.write(ctx, me, keeper.Draft{ID: entry, Act: book.ActTomorrow, Answers: suggestion})
	return errs.Wrap("journey: tomorrow", err)
}

// withWords says what was suggested in other words. All else stays, also what this program does not know of it.
func withWords(b book.Body, words book.Text) book.Body {
	switch b := b.(type) {
	case *book.Strength:
		b.Words = words
	case *book.Goal:
		b.Words = words
	case *book.Step:
		b.Words = words
	case *book.Circle:
		b.Words = words
	}
	return b
}
