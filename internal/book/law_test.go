package book_test

import (
	"errors"
	"testing"

	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/id"
)

// story is one book in which line after line is written.
type story struct {
	*testing.T
	ids           *id.Maker
	owner, sister id.Person
	b             id.Book
	now           *book.Now
}

func newStory(t *testing.T) *story {
	ids := id.NewMaker(clock.NewManual(1_790_000_000_000_000), nil)
	owner := id.New[id.Person](ids)
	return &story{t, ids, owner, id.New[id.Person](ids), id.New[id.Book](ids), book.NewNow(owner)}
}

func (s *story) entry(author id.Person, act book.Act, it id.Item, base, answers id.Entry, k book.Kind, body book.Body) book.Entry {
	hat := book.HatSelf
	if author != s.owner {
		hat = book.HatWorker
	}
	return book.Entry{ID: id.New[id.Entry](s.ids), Book: s.b, Seq: s.now.Seq + 1, Section: book.SectionOf(k), Kind: k, Version: 1, Item: it, Act: act,
		Author: author, Hat: hat, Base: base, Answers: answers, Body: body, RecordedAt: 10}
}

// says applies an entry, which must be kept.
func (s *story) says(e book.Entry) id.Entry {
	s.Helper()
	if err := s.now.Apply(e); err != nil {
		s.Fatal(err)
	}
	return e.ID
}

// refuses wants that an entry is refused, with these words (catalogue key).
func (s *story) refuses(what string, e book.Entry, k errs.Kind, words string) {
	s.Helper()
	err := s.now.Apply(e)
	if x, ok := errors.AsType[*errs.Error](err); !ok || x.Kind != k || x.Words != words {
		s.Errorf("%s: %v", what, err)
	}
}

func (s *story) item() id.Item { return id.New[id.Item](s.ids) }

var swim = &book.Strength{Words: book.NewText("I swim")}

// TestNoAnswerToSomethingElse: an answer is to what was suggested, of that kind and about that thing.
func TestNoAnswerToSomethingElse(t *testing.T) {
	s := newStory(t)
	one, other := s.item(), s.item()
	goal := &book.Goal{Words: book.NewText("the sea")}
	on := s.item()
	s.says(s.entry(s.owner, book.ActWrite, on, id.Entry{}, id.Entry{}, book.KindStrength, swim))
	goal.BuildsOn = []id.Item{on}
	asked := s.says(s.entry(s.sister, book.ActSuggest, one, id.Entry{}, id.Entry{}, book.KindGoal, goal))
	s.refuses("for another thing", s.entry(s.owner, book.ActAccept, other, id.Entry{}, asked, book.KindGoal, goal), errs.NotOpen, "")
	s.refuses("as another kind", s.entry(s.owner, book.ActDecline, one, id.Entry{}, asked, book.KindStep, nil), errs.NotOpen, "")
	s.says(s.entry(s.owner, book.ActNotNow, one, id.Entry{}, asked, book.KindGoal, nil))
	if got := s.now.Suggestions[asked].State; got != book.Later {
		t.Errorf("after not now it stands %s", got)
	}
	s.says(s.entry(s.owner, book.ActDecline, one, id.Entry{}, asked, book.KindGoal, nil))
	if got := s.now.Suggestions[asked].State; got != book.Declined {
		t.Errorf("after no thanks it stands %s", got)
	}
	s.says(s.entry(s.owner, book.ActAccept, one, id.Entry{}, asked, book.KindGoal, goal))
	s.refuses("another kind in its place", s.entry(s.owner, book.ActWrite, one, s.now.Items[one].Head, id.Entry{}, book.KindStep, &book.Step{Words: goal.Words, Goal: one}), errs.Invalid, "")
}

// TestOfWhatIsErased: the owner is told that it is gone, somebody else that it has changed, and who may not do it at all learns nothing.
func TestOfWhatIsErased(t *testing.T) {
	s := newStory(t)
	strength, stays := s.item(), s.item()
	head := s.says(s.entry(s.owner, book.ActWrite, strength, id.Entry{}, id.Entry{}, book.KindStrength, swim))
	s.says(s.entry(s.owner, book.ActWrite, stays, id.Entry{}, id.Entry{}, book.KindStrength, swim))
	s.says(s.entry(s.owner, book.ActErase, s.item(), id.Entry{}, id.Entry{}, book.KindErasing, &book.Erasing{Items: []id.Item{strength}}))
	s.refuses("its owner writes", s.entry(s.owner, book.ActWrite, strength, head, id.Entry{}, book.KindStrength, swim), errs.Changed, "errors.erased")
	s.refuses("somebody suggests", s.entry(s.sister, book.ActSuggest, strength, head, id.Entry{}, book.KindStrength, swim), errs.Changed, "errors.item_changed")
	s.refuses("somebody writes for the owner", s.entry(s.sister, book.ActWriteFor, strength, head, head, book.KindStrength, swim), errs.NotOpen, "")
	s.refuses("the owner writes for themselves", s.entry(s.owner, book.ActWriteFor, strength, head, head, book.KindGoal, &book.Goal{Words: swim.Words, BuildsOn: []id.Item{stays}}), errs.NotOpen, "")
	s.refuses("the owner suggests", s.entry(s.owner, book.ActSuggest, strength, head, id.Entry{}, book.KindStrength, swim), errs.NotOpen, "")
	s.says(s.entry(s.owner, book.ActWrite, stays, s.now.Items[stays].Head, id.Entry{}, book.KindStrength, swim))
}

// TestATieStandsInItsPlace: under the id that follows from the other, and under no other's.
func TestATieStandsInItsPlace(t *testing.T) {
	s := newStory(t)
	tie := &book.Tie{Other: s.sister, Bond: book.BondSponsor}
	s.refuses("another's place", s.entry(s.owner, book.ActWrite, book.TieWith(s.b, s.owner), id.Entry{}, id.Entry{}, book.KindTie, tie), errs.Invalid, "")
	s.says(s.entry(s.owner, book.ActWrite, book.TieWith(s.b, s.sister), id.Entry{}, id.Entry{}, book.KindTie, tie))
}

// dark cannot find anything.
type dark struct {
	book.Lookup
	erased, item, suggestion, giving error
	suggested                        error
	of                               id.Item // for erased: of this alone, if it is one
}

var errDark = errors.New("the light went out")

func (d dark) Erased(it id.Item) (bool, error) {
	if d.erased != nil && (d.of.IsZero() || d.of == it) {
		return false, d.erased
	}
	return d.Lookup.Erased(it)
}

func (d dark) Item(it id.Item) (book.Item, bool, error) {
	if d.item != nil {
		return book.Item{}, false, d.item
	}
	return d.Lookup.Item(it)
}

func (d dark) Suggested(it id.Item) (bool, error) {
	if d.suggested != nil {
		return false, d.suggested
	}
	return d.Lookup.Suggested(it)
}

func (d dark) Suggestion(e id.Entry) (book.Suggestion, bool, error) {
	if d.suggestion != nil {
		return book.Suggestion{}, false, d.suggestion
	}
	return d.Lookup.Suggestion(e)
}

func (d dark) Giving(e id.Entry) (book.Giving, bool, error) {
	if d.giving != nil {
		return book.Giving{}, false, d.giving
	}
	return d.Lookup.Giving(e)
}

// TestWhoCannotLookDecidesNothing: what cannot be found out is an error, and never a yes or a no.
func TestWhoCannotLookDecidesNothing(t *testing.T) {
	s := newStory(t)
	on, goal := s.item(), s.item()
	s.says(s.entry(s.owner, book.ActWrite, on, id.Entry{}, id.Entry{}, book.KindStrength, swim))
	g := &book.Goal{Words: swim.Words, BuildsOn: []id.Item{on}}
	asked := s.says(s.entry(s.sister, book.ActSuggest, goal, id.Entry{}, id.Entry{}, book.KindGoal, g))
	writes := s.entry(s.owner, book.ActWrite, s.item(), id.Entry{}, id.Entry{}, book.KindGoal, g)
	for name, c := range map[string]struct {
		now book.Lookup
		e   book.Entry
	}{
		"whether it was erased":        {dark{Lookup: s.now, erased: errDark}, writes},
		"what it is":                   {dark{Lookup: s.now, item: errDark}, writes},
		"what was suggested":           {dark{Lookup: s.now, suggestion: errDark}, s.entry(s.owner, book.ActDecline, goal, id.Entry{}, asked, book.KindGoal, nil)},
		"what is to rest":              {dark{Lookup: s.now, suggestion: errDark}, s.entry(s.sister, book.ActTomorrow, goal, id.Entry{}, asked, book.KindGoal, nil)},
		"what is said yes to":          {dark{Lookup: s.now, suggestion: errDark}, s.entry(s.owner, book.ActAccept, goal, id.Entry{}, asked, book.KindGoal, g)},
		"what was given to who writes": {dark{Lookup: s.now, giving: errDark}, s.entry(s.sister, book.ActWriteFor, s.item(), id.Entry{}, asked, book.KindGoal, g)},
	} {
		if _, err := book.Next(c.now, s.owner, c.e); !errors.Is(err, errDark) {
			t.Errorf("%s cannot be found out: %v", name, err)
		}
	}
}
