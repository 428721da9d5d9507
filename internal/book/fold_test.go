package book_test

import (
	"testing"

	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/id"
)

// told is one line of a small story about one book.
type told struct {
	say  string
	e    book.Entry
	want *errs.Kind
}

// TestLawOfTheBook tells the law line by line; package keeper tries it with random histories.
func TestLawOfTheBook(t *testing.T) {
	ids := id.NewMaker(clock.NewManual(1), nil)
	owner, worker := id.New[id.Person](ids), id.New[id.Person](ids)
	b := id.New[id.Book](ids)
	entry := func() id.Entry { return id.New[id.Entry](ids) }
	strength, goal, hers := id.New[id.Item](ids), id.New[id.Item](ids), id.New[id.Item](ids)
	e := make([]id.Entry, 20)
	for i := range e {
		e[i] = entry()
	}
	mine := func(n int, act book.Act, k book.Kind, it id.Item, base id.Entry, body book.Body) book.Entry {
		return book.Entry{ID: e[n], Book: b, Section: book.SectionOf(k), Kind: k, Version: 1, Item: it, Act: act, Author: owner, Hat: book.HatSelf, Base: base, Body: body}
	}
	theirs := func(n int, k book.Kind, it id.Item, base id.Entry, body book.Body) book.Entry {
		x := mine(n, book.ActSuggest, k, it, base, body)
		x.Author, x.Hat = worker, book.HatWorker
		return x
	}
	answer := func(x book.Entry, to id.Entry) book.Entry {
		x.Answers = to
		return x
	}
	s := &book.Strength{Words: book.NewText("kneads bread")}
	g := &book.Goal{Words: book.NewText("a stall at the market"), BuildsOn: []id.Item{strength}}
	no := func(k errs.Kind) *errs.Kind { return &k }
	now := book.NewNow(owner)
	for _, line := range []told{
		{"another cannot write", func() book.Entry {
			x := mine(0, book.ActWrite, book.KindStrength, strength, id.Entry{}, s)
			x.Author = worker
			return x
		}(), no(errs.NotOpen)},
		{"nor the owner under another hat", func() book.Entry {
			x := mine(0, book.ActWrite, book.KindStrength, strength, id.Entry{}, s)
			x.Hat = book.HatTeam
			return x
		}(), no(errs.NotOpen)},
		{"a goal needs a strength that is there", theirs(0, book.KindGoal, goal, id.Entry{}, g), no(errs.Changed)},
		{"the owner names a strength", mine(1, book.ActWrite, book.KindStrength, strength, id.Entry{}, s), nil},
		{"nobody else says what was learned", theirs(2, book.KindGoal, goal, id.Entry{}, &book.Goal{Words: g.Words, BuildsOn: g.BuildsOn, Learned: g.Words}), no(errs.Invalid)},
		{"nobody else suggests a worry", theirs(2, book.KindNote, id.New[id.Item](ids), id.Entry{}, &book.Note{Words: g.Words}), no(errs.NotOpen)},
		{"nobody else says that a goal is reached", theirs(2, book.KindGoal, goal, id.Entry{}, &book.Goal{Words: g.Words, BuildsOn: g.BuildsOn, Reached: true}), no(errs.Invalid)},
		{"a goal is suggested", theirs(2, book.KindGoal, goal, id.Entry{}, g), nil},
		{"the owner cannot suggest to themselves", func() book.Entry {
			x := theirs(3, book.KindGoal, goal, id.Entry{}, g)
			x.Author = owner
			return x
		}(), no(errs.NotOpen)},
		{"what matters to me is nobody else's to suggest", theirs(3, book.KindWords, book.Only(b, book.KindWords), id.Entry{}, &book.Words{}), no(errs.NotOpen)},
		{"not now", answer(mine(3, book.ActNotNow, book.KindGoal, goal, id.Entry{}, nil), e[2]), nil},
		{"no thanks", answer(mine(4, book.ActDecline, book.KindGoal, goal, id.Entry{}, nil), e[2]), nil},
		{"and yes after all", answer(mine(5, book.ActAccept, book.KindGoal, goal, id.Entry{}, g), e[2]), nil},
		{"but only once", answer(mine(6, book.ActDecline, book.KindGoal, goal, e[5], nil), e[2]), no(errs.Changed)},
		{"nobody else says that a step is done", theirs(6, book.KindStep, hers, id.Entry{}, &book.Step{Words: s.Words, Goal: goal, Done: true}), no(errs.Invalid)},
		{"other words are suggested", theirs(6, book.KindGoal, goal, e[5], g), nil},
		{"meanwhile the owner changes the goal", mine(7, book.ActWrite, book.KindGoal, goal, e[5], g), nil},
		{"a yes to what was suggested for the older words is refused", answer(mine(8, book.ActAccept, book.KindGoal, goal, e[7], g), e[6]), no(errs.Changed)},
		{"the owner merges in their own words", answer(mine(8, book.ActChange, book.KindGoal, goal, e[7], g), e[6]), nil},
		{"the strength is put away", mine(9, book.ActPutAway, book.KindStrength, strength, e[1], nil), nil},
		{"not twice", mine(10, book.ActPutAway, book.KindStrength, strength, e[9], nil), no(errs.Changed)},
		{"it carries no further goal now", theirs(10, book.KindGoal, hers, id.Entry{}, g), no(errs.Changed)},
		{"and is taken up again", mine(10, book.ActWrite, book.KindStrength, strength, e[9], s), nil},
		{"an answer to nothing", answer(mine(11, book.ActDecline, book.KindGoal, goal, id.Entry{}, nil), e[15]), no(errs.NotOpen)},
		{"a kind in another's section", func() book.Entry {
			x := mine(11, book.ActWrite, book.KindGoal, hers, id.Entry{}, g)
			x.Section = book.SectionDays
			return x
		}(), no(errs.Invalid)},
	} {
		line.e.Seq = now.Seq + 1
		err := now.Apply(line.e)
		if (line.want == nil) != (err == nil) || line.want != nil && !errs.Is(err, *line.want) {
			t.Fatalf("%s: error %v", line.say, err)
		}
	}
	if got := now.Items[goal]; got.NamedBy != worker || got.State != book.Live || got.Head != e[8] || got.MadeSeq != 5 {
		t.Errorf("the goal is %+v", got)
	}
	if got := now.Suggestions[e[6]].State; got != book.Changed {
		t.Errorf("the second suggestion is %s, want changed", got)
	}
}

// TestNothingElseStandsUnderTheIdOfTheOneItem: neither another's suggestion nor the owner's own writing of another kind.
func TestNothingElseStandsUnderTheIdOfTheOneItem(t *testing.T) {
	ids := id.NewMaker(clock.NewManual(1_790_000_000_000_000), nil)
	owner, b := id.New[id.Person](ids), id.New[id.Book](ids)
	for _, only := range []book.Kind{book.KindName, book.KindWords, book.KindAbout} {
		e := book.Entry{ID: id.New[id.Entry](ids), Book: b, Seq: 1, Section: book.SectionStrengths, Kind: book.KindStrength, Version: 1, Item: book.Only(b, only),
			Act: book.ActWrite, Author: owner, Hat: book.HatSelf, Body: &book.Strength{Words: book.NewText("x")}}
		if err := book.NewNow(owner).Apply(e); !errs.Is(err, errs.Invalid) {
			t.Errorf("a strength in the place of the %s: %v", only, err)
		}
		e.Act, e.Author, e.Hat = book.ActSuggest, id.New[id.Person](ids), book.HatWorker
		if err := book.NewNow(owner).Apply(e); !errs.Is(err, errs.Invalid) {
			t.Errorf("a strength suggested in the place of the %s: %v", only, err)
		}
	}
}

// TestWritingForTheOwner tells line by line when another's hand writes in the owner's place.
func TestWritingForTheOwner(t *testing.T) {
	ids := id.NewMaker(clock.NewManual(1), nil)
	owner, sister, other := id.New[id.Person](ids), id.New[id.Person](ids), id.New[id.Person](ids)
	b := id.New[id.Book](ids)
	given, goal, step, tip := id.New[id.Item](ids), id.New[id.Item](ids), id.New[id.Item](ids), id.New[id.Item](ids)
	e := make([]id.Entry, 20)
	for i := range e {
		e[i] = id.New[id.Entry](ids)
	}
	at := func(n int, act book.Act, k book.Kind, it id.Item, base id.Entry, body book.Body) book.Entry {
		return book.Entry{ID: e[n], Book: b, Section: book.SectionOf(k), Kind: k, Version: 1, Item: it, Act: act, Author: owner, Hat: book.HatSelf, Base: base, Body: body, RecordedAt: 10}
	}
	hers := func(n int, k book.Kind, it id.Item, base, by id.Entry, body book.Body) book.Entry {
		x := at(n, book.ActWriteFor, k, it, base, body)
		x.Author, x.Answers = sister, by
		return x
	}
	with := func(x book.Entry, change func(*book.Entry)) book.Entry {
		change(&x)
		return x
	}
	gives := func(acts ...book.Section) *book.Sharing {
		return &book.Sharing{As: book.HatSelf, Recipient: sister, Label: book.NewText("Ana"), Sections: []book.Section{book.SectionName, book.SectionGoals}, Acts: acts, Purpose: book.PurposeNear, Until: 100}
	}
	g := &book.Goal{Words: book.NewText("a stall at the market")}
	s := &book.Step{Words: book.NewText("ask for the price"), Goal: goal}
	no := func(k errs.Kind) *errs.Kind { return &k }
	now := book.NewNow(owner)
	for _, line := range []told{
		{"what matters to me is not to be written by another", at(0, book.ActWrite, book.KindSharing, given, id.Entry{}, gives(book.SectionWords)), no(errs.Invalid)},
		{"nor in a section that is not given", at(0, book.ActWrite, book.KindSharing, given, id.Entry{}, &book.Sharing{As: book.HatSelf, Recipient: sister, Label: book.NewText("Ana"),
			Sections: []book.Section{book.SectionName}, Acts: []book.Section{book.SectionGoals}, Purpose: book.PurposeNear, Until: 100}), no(errs.Invalid)},
		{"it is given to suggest", at(0, book.ActWrite, book.KindSharing, given, id.Entry{}, gives()), nil},
		{"which is not to write", hers(1, book.KindGoal, goal, id.Entry{}, e[0], g), no(errs.NotOpen)},
		{"it is given to write", at(2, book.ActWrite, book.KindSharing, given, e[0], gives(book.SectionGoals)), nil},
		{"not by what was given before", hers(3, book.KindGoal, goal, id.Entry{}, e[0], g), no(errs.NotOpen)},
		{"nor by nothing", hers(3, book.KindGoal, goal, id.Entry{}, id.Entry{}, g), no(errs.Invalid)},
		{"nor by somebody else", with(hers(3, book.KindGoal, goal, id.Entry{}, e[2], g), func(x *book.Entry) { x.Author = other }), no(errs.NotOpen)},
		{"nor by the owner", with(hers(3, book.KindGoal, goal, id.Entry{}, e[2], g), func(x *book.Entry) { x.Author = owner }), no(errs.NotOpen)},
		{"nor in another hat", with(hers(3, book.KindGoal, goal, id.Entry{}, e[2], g), func(x *book.Entry) { x.Hat = book.HatWorker }), no(errs.NotOpen)},
		{"nor when its time is over", with(hers(3, book.KindGoal, goal, id.Entry{}, e[2], g), func(x *book.Entry) { x.RecordedAt = 100 }), no(errs.NotOpen)},
		{"nor a strength", hers(3, book.KindStrength, tip, id.Entry{}, e[2], &book.Strength{Words: g.Words}), no(errs.NotOpen)},
		{"nor what is reached", hers(3, book.KindGoal, goal, id.Entry{}, e[2], &book.Goal{Words: g.Words, Reached: true}), no(errs.Invalid)},
		{"nor what was learned", hers(3, book.KindGoal, goal, id.Entry{}, e[2], &book.Goal{Words: g.Words, Learned: g.Words}), no(errs.Invalid)},
		{"nor why it is not wanted now", hers(3, book.KindGoal, goal, id.Entry{}, e[2], &book.Goal{Words: g.Words, Aside: g.Words}), no(errs.Invalid)},
		{"nor a worry", hers(3, book.KindNote, tip, id.Entry{}, e[2], &book.Note{Words: g.Words}), no(errs.NotOpen)},
		{"nor a step to nothing", hers(3, book.KindStep, step, id.Entry{}, e[2], s), no(errs.Changed)},
		{"she writes a goal", hers(3, book.KindGoal, goal, id.Entry{}, e[2], g), nil},
		{"and a step", hers(4, book.KindStep, step, id.Entry{}, e[2], s), nil},
		{"over what she has not seen she writes nothing", hers(5, book.KindStep, step, e[9], e[2], s), no(errs.Changed)},
		{"the owner puts the step away", at(5, book.ActPutAway, book.KindStep, step, e[4], nil), nil},
		{"from where she does not bring it back", hers(6, book.KindStep, step, e[5], e[2], s), no(errs.Changed)},
		{"the owner brings it back", at(6, book.ActWrite, book.KindStep, step, e[5], s), nil},
		{"and puts the goal away", at(7, book.ActPutAway, book.KindGoal, goal, e[3], nil), nil},
		{"with which its steps are away", hers(8, book.KindStep, step, e[6], e[2], s), no(errs.Changed)},
		{"and brings it back", at(8, book.ActWrite, book.KindGoal, goal, e[7], g), nil},
		{"she puts nothing away", with(at(9, book.ActPutAway, book.KindGoal, goal, e[8], nil), func(x *book.Entry) { x.Author = sister }), no(errs.NotOpen)},
		{"the owner takes back what was given", at(9, book.ActPutAway, book.KindSharing, given, e[2], nil), nil},
		{"and she writes no more", hers(10, book.KindGoal, tip, id.Entry{}, e[2], g), no(errs.NotOpen)},
	} {
		line.e.Seq = now.Seq + 1
		err := now.Apply(line.e)
		if (line.want == nil) != (err == nil) || line.want != nil && !errs.Is(err, *line.want) {
			t.Fatalf("%s: error %v", line.say, err)
		}
	}
	if got := now.Items[goal]; got.NamedBy != owner || got.State != book.Live || got.Head != e[8] {
		t.Errorf("the goal is %+v", got)
	}
}

// TestAskedAgainTomorrow tells line by line who may let a suggestion rest until tomorrow, and when.
func TestAskedAgainTomorrow(t *testing.T) {
	ids := id.NewMaker(clock.NewManual(1), nil)
	owner, worker, other := id.New[id.Person](ids), id.New[id.Person](ids), id.New[id.Person](ids)
	b, it := id.New[id.Book](ids), id.New[id.Item](ids)
	e := make([]id.Entry, 12)
	for i := range e {
		e[i] = id.New[id.Entry](ids)
	}
	act := func(n int, act book.Act, who id.Person, hat book.Hat, body book.Body) book.Entry {
		x := book.Entry{ID: e[n], Book: b, Section: book.SectionStrengths, Kind: book.KindStrength, Version: 1, Item: it, Act: act, Author: who, Hat: hat, Body: body}
		if act != book.ActSuggest {
			x.Answers = e[0]
		}
		return x
	}
	no := func(k errs.Kind) *errs.Kind { return &k }
	now := book.NewNow(owner)
	for _, line := range []told{
		{"a strength is suggested", act(0, book.ActSuggest, worker, book.HatWorker, &book.Strength{Words: book.NewText("you listen")}), nil},
		{"nobody else says when it is asked", act(1, book.ActTomorrow, other, book.HatWorker, nil), no(errs.NotOpen)},
		{"nor the owner in another hat", act(1, book.ActTomorrow, owner, book.HatWorker, nil), no(errs.NotOpen)},
		{"today is not a day for it, says who suggested it", act(1, book.ActTomorrow, worker, book.HatWorker, nil), nil},
		{"nor is the next one", act(2, book.ActTomorrow, worker, book.HatWorker, nil), nil},
		{"the owner says so too", act(3, book.ActTomorrow, owner, book.HatSelf, nil), nil},
		{"which nobody else puts off", act(4, book.ActTomorrow, worker, book.HatWorker, nil), no(errs.Changed)},
		{"and then not now", act(4, book.ActNotNow, owner, book.HatSelf, nil), nil},
		{"which nobody else makes shorter", act(5, book.ActTomorrow, worker, book.HatWorker, nil), no(errs.Changed)},
		{"the owner does", act(5, book.ActTomorrow, owner, book.HatSelf, nil), nil},
		{"no thanks", act(6, book.ActDecline, owner, book.HatSelf, nil), nil},
		{"is not asked again by another", act(7, book.ActTomorrow, worker, book.HatWorker, nil), no(errs.Changed)},
		{"and yes", act(7, book.ActAccept, owner, book.HatSelf, &book.Strength{Words: book.NewText("you listen")}), nil},
		{"is an answer", act(8, book.ActTomorrow, owner, book.HatSelf, nil), no(errs.Changed)},
	} {
		line.e.Seq = now.Seq + 1
		err := now.Apply(line.e)
		if (line.want == nil) != (err == nil) || line.want != nil && !errs.Is(err, *line.want) {
			t.Fatalf("%s: error %v", line.say, err)
		}
		if s := now.Suggestions[e[0]]; s.Tomorrow() != (line.want == nil && line.e.Act == book.ActTomorrow || line.want != nil && s.Tomorrow()) {
			t.Fatalf("%s: it stands as %+v", line.say, s)
		}
	}
}

// TestOtherWordsCarryTheRest: a goal that others put into other words keeps what its owner alone says of it, where it belongs and who helps.
func TestOtherWordsCarryTheRest(t *testing.T) {
	from := wholeGoal()
	to := &book.Goal{Words: book.NewText("swim far"), BuildsOn: from.BuildsOn}
	book.CarryReached(from, to)
	from.Words = to.Words
	if got, want := string(book.Encode(to)), string(book.Encode(from)); got != want {
		t.Errorf("it became %s, want %s", got, want)
	}
	to.Domain, to.Helps = book.DomainPlay, book.NewText("Sam")
	book.CarryReached(from, to)
	if to.Domain != book.DomainPlay || to.Helps.Show() != "Sam" {
		t.Errorf("what was said anew became %q, %q", to.Domain, to.Helps.Show())
	}
}
