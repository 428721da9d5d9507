package book_test

import (
	"errors"
	"testing"

	"beside/internal/book"
	"beside/internal/errs"
	"beside/internal/id"
)

func (s *story) erases(items ...id.Item) book.Entry {
	return s.entry(s.owner, book.ActErase, s.item(), id.Entry{}, id.Entry{}, book.KindErasing, &book.Erasing{Items: items})
}

// TestWhatCanBeErased: what is there or was suggested, once; not what goes with the whole book only, nor what is given.
func TestWhatCanBeErased(t *testing.T) {
	s := newStory(t)
	name, strength, shared, asked := book.Only(s.b, book.KindName), s.item(), s.item(), s.item()
	s.says(s.entry(s.owner, book.ActWrite, name, id.Entry{}, id.Entry{}, book.KindName, &book.Name{Words: swim.Words}))
	s.says(s.entry(s.owner, book.ActWrite, strength, id.Entry{}, id.Entry{}, book.KindStrength, swim))
	given := s.says(s.entry(s.owner, book.ActWrite, shared, id.Entry{}, id.Entry{}, book.KindSharing,
		&book.Sharing{As: book.HatWorker, Recipient: s.sister, Sections: []book.Section{book.SectionName, book.SectionGoals}, Purpose: book.PurposeWalking, Until: 1_800_000_000_000_000}))
	s.says(s.entry(s.sister, book.ActSuggest, asked, id.Entry{}, id.Entry{}, book.KindStrength, swim))
	s.refuses("a name", s.erases(name), errs.Invalid, "errors.erase_stays")
	s.refuses("what is given", s.erases(shared), errs.Changed, "errors.erase_shared")
	s.refuses("what never was", s.erases(s.item()), errs.NotOpen, "")
	s.says(s.entry(s.owner, book.ActPutAway, shared, given, id.Entry{}, book.KindSharing, nil))
	other := s.says(s.entry(s.sister, book.ActSuggest, s.item(), id.Entry{}, id.Entry{}, book.KindStrength, swim))
	s.says(s.erases(strength, shared, asked))
	if _, kept := s.now.Suggestions[other]; !kept || len(s.now.Suggestions) != 1 {
		t.Errorf("what was suggested is now %v", s.now.Suggestions)
	}
	s.refuses("what is erased", s.erases(strength), errs.Changed, "errors.erased")
	never := s.item()
	for what, c := range map[string]struct {
		now dark
		e   book.Entry
	}{
		"whether it is erased":      {dark{erased: errDark, of: never}, s.erases(never)},
		"what it is":                {dark{item: errDark}, s.erases(never)},
		"whether it was suggested":  {dark{suggested: errDark}, s.erases(never)},
		"whether the place is free": {dark{erased: errDark, of: book.Only(s.b, book.KindWords)}, s.entry(s.owner, book.ActWrite, book.OnlyAfter(s.b, book.KindWords, 1), id.Entry{}, id.Entry{}, book.KindWords, &book.Words{Words: swim.Words})},
	} {
		c.now.Lookup = s.now
		if _, err := book.Next(c.now, s.owner, c.e); !errors.Is(err, errDark) {
			t.Errorf("%s cannot be found out: %v", what, err)
		}
	}
}

// TestAfterTheOneThatIsErased: what there is one of begins anew in the next place, and in no other.
func TestAfterTheOneThatIsErased(t *testing.T) {
	s := newStory(t)
	writes := func(n int) book.Entry {
		return s.entry(s.owner, book.ActWrite, book.OnlyAfter(s.b, book.KindWords, n), id.Entry{}, id.Entry{}, book.KindWords, &book.Words{Words: swim.Words})
	}
	if book.OnlyAfter(s.b, book.KindWords, 0) != book.Only(s.b, book.KindWords) {
		t.Error("after none it is another than the first")
	}
	for n := range 3 {
		s.refuses("too early", writes(n+1), errs.Invalid, "")
		s.refuses("far too early", writes(n+2), errs.Invalid, "")
		s.says(writes(n))
		s.says(s.erases(book.OnlyAfter(s.b, book.KindWords, n)))
		s.refuses("in the place of what is erased", writes(n), errs.Changed, "errors.erased")
	}
}

// TestOfWhatIsSkipped: of what was erased since only its place in the book is known. What was built on it or written by it is taken; what
// is out of turn is not.
func TestOfWhatIsSkipped(t *testing.T) {
	s := newStory(t)
	strength, given := s.item(), id.New[id.Entry](s.ids)
	for _, seq := range []int64{0, 2} {
		if err := s.now.Skip(seq, given, strength); !errs.Is(err, errs.Invalid) {
			t.Errorf("entry %d as the first: %v", seq, err)
		}
	}
	if err := s.now.Skip(1, given, strength); err != nil || s.now.Seq != 1 {
		t.Fatalf("the first: %v, and %d is the last", err, s.now.Seq)
	}
	s.refuses("a version of it", s.entry(s.owner, book.ActWrite, strength, id.Entry{}, id.Entry{}, book.KindStrength, swim), errs.Changed, "errors.erased")
	s.says(s.entry(s.sister, book.ActSuggest, s.item(), id.Entry{}, id.Entry{}, book.KindGoal, &book.Goal{Words: swim.Words, BuildsOn: []id.Item{strength}}))
	s.says(s.entry(s.sister, book.ActWriteFor, s.item(), id.Entry{}, given, book.KindGoal, &book.Goal{Words: swim.Words}))
	s.refuses("by another entry", s.entry(s.sister, book.ActWriteFor, s.item(), id.Entry{}, id.New[id.Entry](s.ids), book.KindGoal, &book.Goal{Words: swim.Words}), errs.NotOpen, "")
}

// TestAStepOfNoGoalIsRead: it is refused beside its field, and not as something that is no step.
func TestAStepOfNoGoalIsRead(t *testing.T) {
	b, err := book.Decode(book.KindStep, book.CurrentVersion, []byte(`{"words":"x"}`))
	if err != nil || len(refused(b)) != 1 || refused(b)[0] != "goal" {
		t.Errorf("%v, %v", b, err)
	}
}
