package outside_test

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/keeper"
	"beside/internal/outside"
	"beside/internal/store"
	"beside/internal/testkit/histories"
	"beside/internal/witness"
)

// A life is two people who write into their books and give out of them: what they saw, something else, twice, with things that
// are another's or not there any more; they take back, and erase. Somebody else tries all of it too. Beside it stands a model.
type life struct {
	*world
	owners [2]owner
	things [2][]*something
	papers []*paper
	before int // rows of other lives
}

// something is a thing of a book.
type something struct {
	item   id.Item
	words  string
	erased bool
}

// paper is something that left.
type paper struct {
	asked  outside.Asked
	owner  int
	things []*something
	at     clock.Time
	back   clock.Time
}

func (p *paper) id() id.Paper { return outside.PaperOf(p.asked.Entry) }

func (p *paper) whole() bool {
	return !slices.ContainsFunc(p.things, func(s *something) bool { return s.erased })
}

func newLife(t *rapid.T, w *world) *life {
	l := &life{world: w, before: w.count(t)}
	for i := range l.owners {
		l.owners[i] = w.Person(t, "")
		l.add(t, i)
	}
	return l
}

func (w *world) count(t tester) (n int) {
	t.Helper()
	must(t, w.DB.View(ctx, func(tx *store.Tx) error { return tx.Row(`SELECT COUNT(*) FROM outside`).Scan(&n) }))
	return n
}

func (l *life) add(t tester, i int) {
	words := fmt.Sprintf("strength %s", l.Entry())
	l.things[i] = append(l.things[i], &something{item: l.strength(t, l.owners[i], words).Item, words: words})
}

func (l *life) someone(t *rapid.T) int { return rapid.IntRange(0, 1).Draw(t, "owner") }

func (l *life) writes(t *rapid.T) { l.add(t, l.someone(t)) }

// choose chooses some things of a book.
func (l *life) choose(t *rapid.T, of int) (a outside.Asked, chosen []*something) {
	var parts []outside.Part
	for _, s := range l.things[of] {
		if rapid.Bool().Draw(t, "chosen") {
			chosen = append(chosen, s)
			parts = append(parts, outside.Part{Item: s.item, Kind: book.KindStrength, Bytes: []byte(s.words)})
		}
	}
	letter := rapid.SampledFrom([]string{"a letter", "two\r\nlines", "ends with \r", "\xff\x00"}).Draw(t, "letter")
	a = l.asked("a letter", parts...)
	a.Parts[0].Bytes = []byte(letter) // bytes are bytes
	return a, chosen
}

// who is anybody who may try something with a book.
func (l *life) who(t *rapid.T) grant.Subject {
	who := []grant.Subject{{Person: id.New[id.Person](l.IDs), Hat: book.HatSelf}}
	for _, o := range l.owners {
		for _, hat := range []book.Hat{book.HatSelf, book.HatWorker, book.HatTeam} {
			who = append(who, grant.Subject{Person: o.Person, Hat: hat})
		}
	}
	return rapid.SampledFrom(who).Draw(t, "who")
}

// gives has the owner say yes to what they saw.
func (l *life) gives(t *rapid.T) {
	i := l.someone(t)
	a, chosen := l.choose(t, i)
	l.manual(t)
	_, err := l.Give(ctx, l.owners[i].Subject, l.owners[i].Book, a, outside.See(a.Parts))
	if slices.ContainsFunc(chosen, func(s *something) bool { return s.erased }) {
		wantKind(t, err, errs.NotOpen)
		return
	}
	must(t, err)
	l.papers = append(l.papers, &paper{asked: a, owner: i, things: chosen, at: l.Clock.Now()})
}

func (l *life) manual(t *rapid.T) {
	l.Clock.Step(clock.Time(rapid.IntRange(1, 1000).Draw(t, "seconds")) * clock.Second)
}

// givesUnseen has the owner say yes to bytes, and others are to leave.
func (l *life) givesUnseen(t *rapid.T) {
	i := l.someone(t)
	a, _ := l.choose(t, i)
	seen := outside.See(a.Parts)
	n := rapid.IntRange(0, len(a.Parts)-1).Draw(t, "part")
	a.Parts[n].Bytes = append(slices.Clone(a.Parts[n].Bytes), 'x')
	_, err := l.Give(ctx, l.owners[i].Subject, l.owners[i].Book, a, seen)
	wantKind(t, err, errs.Changed)
}

// givesAsAnybody has anybody give out of anybody's book.
func (l *life) givesAsAnybody(t *rapid.T) {
	who, i := l.who(t), l.someone(t)
	if who == l.owners[i].Subject {
		t.Skip("it is the owner")
	}
	a, _ := l.choose(t, i)
	_, err := l.Give(ctx, who, l.owners[i].Book, a, outside.See(a.Parts))
	wantKind(t, err, errs.NotOpen)
}

// givesAnothers has somebody give out of their own book what is not in it.
func (l *life) givesAnothers(t *rapid.T) {
	i := l.someone(t)
	s := l.things[1-i][0]
	a := l.asked("a letter", outside.Part{Item: s.item, Kind: book.KindStrength, Bytes: []byte(s.words)})
	_, err := l.Give(ctx, l.owners[i].Subject, l.owners[i].Book, a, outside.See(a.Parts))
	wantKind(t, err, errs.NotOpen)
}

func (l *life) some(t *rapid.T) *paper {
	if len(l.papers) == 0 {
		t.Skip("nothing left yet")
	}
	return l.papers[rapid.IntRange(0, len(l.papers)-1).Draw(t, "paper")]
}

// givesAgain sends a form again, as it was or with other words.
func (l *life) givesAgain(t *rapid.T) {
	p := l.some(t)
	o := l.owners[p.owner]
	if p.whole() {
		_, err := l.Give(ctx, o.Subject, o.Book, p.asked, outside.See(p.asked.Parts))
		must(t, err)
	}
	other := l.asked("another letter")
	other.Entry = p.asked.Entry
	by := l.owners[l.someone(t)]
	_, err := l.Give(ctx, by.Subject, by.Book, other, outside.See(other.Parts))
	wantKind(t, err, errs.AlreadyKept)
}

func (l *life) takesBack(t *rapid.T) {
	p, who := l.some(t), l.who(t)
	b := l.owners[l.someone(t)].Book
	l.manual(t)
	err := l.TakeBack(ctx, who, b, p.id())
	if o := l.owners[p.owner]; who != o.Subject || b != o.Book {
		wantKind(t, err, errs.NotOpen)
		return
	}
	must(t, err)
	if p.back == 0 {
		p.back = l.Clock.Now()
	}
}

func (l *life) erases(t *rapid.T) {
	i := l.someone(t)
	s := rapid.SampledFrom(l.things[i]).Draw(t, "thing")
	if s.erased {
		t.Skip("it is erased already")
	}
	l.Erases(t, l.owners[i], s.item)
	s.erased = true
}

// copies: the owner's copy accounts for all that left, and says of what an erasing left that its bytes are not proved.
func (l *life) copies(t *rapid.T) {
	i := l.someone(t)
	var file bytes.Buffer
	must(t, l.Keeper.Copy(ctx, l.owners[i].Subject, l.owners[i].Book, witness.Key{}, &file))
	asides := map[string]keeper.CheckAside{keeper.CopyLeft: outside.CheckCopied}
	found, err := keeper.CheckCopy(&file, nil, asides, func(p witness.Problem) { t.Errorf("in a copy: %s", p) })
	must(t, err)
	left, partly := 0, 0
	for _, p := range l.papers {
		if p.owner == i {
			left++
			if !p.whole() {
				partly++
			}
		}
	}
	if found.Asides[keeper.CopyLeft] != left || found.Partly != partly {
		t.Fatalf("a copy accounts for %d that left, %d in part, want %d and %d", found.Asides[keeper.CopyLeft], found.Partly, left, partly)
	}
}

func (l *life) check(t *rapid.T) {
	if n := l.count(t); n != l.before+len(l.papers) {
		t.Fatalf("%d rows, want %d", n-l.before, len(l.papers))
	}
	for i, o := range l.owners {
		var want []*paper
		for _, p := range slices.Backward(l.papers) {
			if p.owner == i {
				want = append(want, p)
			}
		}
		list, err := l.List(ctx, o.Subject, o.Book)
		must(t, err)
		if len(list) != len(want) {
			t.Fatalf("the owner reads of %d that left, want %d", len(list), len(want))
		}
		for n, p := range want {
			l.checkOne(t, o, list[n], p)
		}
	}
	who, o := l.who(t), l.owners[l.someone(t)]
	if who == o.Subject {
		return
	}
	if list, err := l.List(ctx, who, o.Book); len(list) > 0 || err != nil {
		t.Fatalf("somebody else reads of %d that left, %v", len(list), err)
	}
	for _, p := range l.papers {
		_, err := l.One(ctx, who, o.Book, p.id())
		wantKind(t, err, errs.NotOpen)
	}
}

// checkOne: what left stays in the list with to whom, why, what and when; what was erased of it cannot be read, and the rest is
// as it left.
func (l *life) checkOne(t *rapid.T, o owner, listed outside.Left, p *paper) {
	got, err := l.One(ctx, o.Subject, o.Book, p.id())
	must(t, err)
	if got.ID != listed.ID || got.To != p.asked.To || listed.To != p.asked.To || got.Why != p.asked.Why || !got.Letter || len(listed.What) != len(p.things) ||
		got.GivenAt != p.at || got.BackAt != p.back || listed.BackAt != p.back || got.Whole != p.whole() {
		t.Fatalf("the owner reads %+v, want %+v", got, p)
	}
	if got.Whole && outside.See(got.Parts) != outside.See(p.asked.Parts) {
		t.Fatal("what is kept is not what left")
	}
	for n, s := range p.things {
		part := got.Parts[n+1]
		if part.Gone != s.erased || s.erased && len(part.Bytes) > 0 || !s.erased && string(part.Bytes) != s.words {
			t.Fatalf("of what was erased (%v) stays %q, %v", s.erased, part.Bytes, part.Gone)
		}
	}
}

// TestWhatLeavesWasSeen lives random histories: nothing leaves without the owner's yes to just these bytes; what left is always in
// the owner's list; nobody else makes one or sees one; and what is erased is erased there too, and nothing beside it.
func TestWhatLeavesWasSeen(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		histories.Check(t, 8, func(rt *rapid.T) {
			l := newLife(rt, w)
			rt.Repeat(map[string]func(*rapid.T){
				"write": l.writes, "give": l.gives, "give too": l.gives, "give unseen": l.givesUnseen, "give as anybody": l.givesAsAnybody,
				"give another's": l.givesAnothers, "give again": l.givesAgain, "take back": l.takesBack, "take back too": l.takesBack, "erase": l.erases, "copy": l.copies, "": l.check,
			})
		})
	})
}
