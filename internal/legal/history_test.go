package legal_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/keeper"
	"beside/internal/legal"
	"beside/internal/store"
	"beside/internal/testkit/histories"
)

// A life is two people who write and erase, and a team of three whom papers come to: they keep them, name what an order names, confirm,
// take and lay aside, in any order, as anybody. Beside it stands a model.
type life struct {
	*world
	owners [2]owner
	things [2][]*thing
	team   [3]grant.Subject
	others []grant.Subject // who is not in the team, or in another hat
	papers []*paper
	began  clock.Time
}

// thing is something of a book.
type thing struct {
	item   id.Item
	part   string
	words  string
	at     clock.Time
	erased bool
}

// paper is a paper that came.
type paper struct {
	id        id.Demand
	kind      legal.Kind
	quiet     clock.Time
	aside     bool
	named     *legal.Named
	of        int
	first     grant.Subject
	second    grant.Subject
	confirmed clock.Time
	sheet     []*thing
	taken     int
}

func newLife(t *rapid.T, w *world) *life {
	l := &life{world: w, began: w.Clock.Now()}
	for i := range l.owners {
		l.owners[i] = w.Person(t, fmt.Sprintf("Mira%s", strings.ReplaceAll(w.Entry().String()[9:], "-", ""))) // nobody of another life is called so
		l.add(t, i)
		l.add(t, i)
	}
	for i := range l.team {
		l.team[i] = w.Works(t, book.HatTeam)
	}
	l.team[2] = w.WorksSince(t, w.Community, id.New[id.Person](w.IDs), book.HatTeam, l.began) // who came just now
	l.others = []grant.Subject{w.Works(t, book.HatWorker), {Person: l.team[0].Person, Hat: book.HatWorker}, {Person: l.team[1].Person, Hat: book.HatSelf}, l.owners[0].Subject, {Person: l.owners[1].Person, Hat: book.HatTeam}}
	return l
}

// fresh reports whether somebody of the team is not one of two yet.
func (l *life) fresh(who grant.Subject) bool {
	return who == l.team[2] && l.Clock.Now() < l.began+grant.TwoAfter
}

func (l *life) someone(t *rapid.T) int { return rapid.IntRange(0, 1).Draw(t, "owner") }

func (l *life) member(t *rapid.T) grant.Subject {
	return rapid.SampledFrom(l.team[:]).Draw(t, "member")
}

func (l *life) some(t *rapid.T) *paper {
	if len(l.papers) == 0 {
		t.Skip("no paper came")
	}
	return rapid.SampledFrom(l.papers).Draw(t, "paper")
}

func (l *life) add(t tester, i int) {
	words := "words " + l.Entry().String()
	x := &thing{words: words, at: l.Clock.Now()}
	if len(l.things[i])%2 == 0 {
		x.part = "strengths"
		x.item = l.Writes(t, l.owners[i], keeper.Draft{Kind: book.KindStrength, Act: book.ActWrite, Body: &book.Strength{Words: book.NewText(words)}}).Item
	} else {
		x.part = "goals"
		x.item = l.Writes(t, l.owners[i], keeper.Draft{Kind: book.KindGoal, Act: book.ActWrite, Body: &book.Goal{Words: book.NewText(words)}}).Item
	}
	l.things[i] = append(l.things[i], x)
}

func (l *life) writes(t *rapid.T) { l.add(t, l.someone(t)) }

func (l *life) erases(t *rapid.T) {
	i := l.someone(t)
	x := rapid.SampledFrom(l.things[i]).Draw(t, "thing")
	if x.erased {
		t.Skip("it is erased already")
	}
	l.Erases(t, l.owners[i], x.item)
	x.erased = true
}

// passes lets time go by, and what is due be kept.
func (l *life) passes(t *rapid.T) {
	l.Clock.Step(clock.Time(rapid.IntRange(1, 10*24).Draw(t, "hours")) * clock.Hour)
	if rapid.Bool().Draw(t, "settles") {
		l.Settles(t)
	}
}

func (l *life) comes(t *rapid.T) {
	p := &paper{kind: rapid.SampledFrom([]legal.Kind{legal.Order, legal.Order, legal.Order, legal.Request, legal.Other}).Draw(t, "kind")}
	if p.kind == legal.Order && rapid.Bool().Draw(t, "forbids") {
		p.quiet = l.Clock.Now() + clock.Time(rapid.IntRange(1, 40).Draw(t, "days"))*clock.Day
	}
	words := book.NewText("the court")
	x := legal.Paper{Entry: l.Entry(), Kind: p.kind, From: words, Reference: words, Asks: words, Came: l.Clock.Now().Std().UTC().Format(time.DateOnly), QuietUntil: p.quiet}
	_, err := l.Keep(ctx, rapid.SampledFrom(l.others).Draw(t, "who"), x)
	wantKind(t, err, errs.NotOpen)
	p.id, err = l.Keep(ctx, l.member(t), x)
	must(t, err)
	l.papers = append(l.papers, p)
}

// finds has somebody look for the name of an owner, for a paper.
func (l *life) finds(t tester, who grant.Subject, p *paper, i int) error {
	list, _, err := l.Find(ctx, who, p.id, l.owners[i].Name)
	if err == nil && (len(list) != 1 || list[0].Book != l.owners[i].Book) {
		t.Fatalf("found %v", list)
	}
	return err
}

// names has somebody enter what an order names.
func (l *life) names(t *rapid.T) {
	p, i, who := l.some(t), l.someone(t), l.member(t)
	from := rapid.SampledFrom([]int{-3, -1, 0, 0, 0, 1, 5, 15}).Draw(t, "from")
	day := func(n int) string {
		return (l.began + clock.Time(n)*clock.Day).Std().UTC().Format(time.DateOnly)
	}
	n := legal.Named{Book: l.owners[i].Book, Parts: rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"strengths", "goals"}), 1, 2, rapid.ID[string]).Draw(t, "parts"), From: day(from), To: day(from + rapid.IntRange(0, 20).Draw(t, "long"))}
	other := rapid.SampledFrom(l.others).Draw(t, "other")
	_, _, err := l.Find(ctx, other, p.id, l.owners[i].Name)
	wantKind(t, err, errs.NotOpen)
	wantKind(t, l.Name(ctx, other, p.id, n), errs.NotOpen)
	found := l.finds(t, who, p, i)
	err = l.Name(ctx, who, p.id, n)
	if l.fresh(who) {
		wantKind(t, found, errs.Changed)
		if !errs.Is(err, errs.Changed) && !errs.Is(err, errs.NotOpen) { // they found nobody, and so may name nobody
			t.Fatalf("who came just now enters what an order names: %v", err)
		}
		return
	}
	if err == nil && p.named != nil && !p.aside && who == p.first && i == p.of { // the same again, while they have it in hand
		slices.Sort(n.Parts)
		slices.Sort(p.named.Parts)
		if !slices.Equal(n.Parts, p.named.Parts) || n.From != p.named.From || n.To != p.named.To {
			t.Fatalf("%+v is entered after %+v", n, p.named)
		}
		return
	}
	if p.kind != legal.Order || p.aside || p.named != nil {
		wantKind(t, err, errs.NotOpen)
		return
	}
	must(t, found)
	must(t, err)
	p.named, p.of, p.first = &n, i, who
}

// confirms has somebody confirm an order: the second, the first, who found another, or who found nobody.
func (l *life) confirms(t *rapid.T) {
	p, i, who := l.some(t), l.someone(t), l.member(t)
	if p.named != nil && rapid.Bool().Draw(t, "the same") {
		i = p.of
	}
	other := rapid.SampledFrom(l.others).Draw(t, "other")
	wantKind(t, l.Confirm(ctx, other, p.id, l.owners[i].Book, render), errs.NotOpen)
	_ = l.finds(t, who, p, i)
	err := l.Confirm(ctx, who, p.id, l.owners[i].Book, render)
	if l.fresh(who) {
		wantKind(t, err, errs.Changed)
		return
	}
	switch {
	case p.confirmed > 0 && who == p.second:
		must(t, err)
		return
	case p.kind != legal.Order || p.aside || p.named == nil || p.confirmed > 0 || who == p.first:
		wantKind(t, err, errs.NotOpen)
		return
	case i != p.of:
		wantKind(t, err, errs.Invalid)
		return
	}
	must(t, err)
	p.confirmed, p.second = l.Clock.Now(), who
	for _, x := range l.things[i] {
		if day := x.at.Std().UTC().Format(time.DateOnly); !x.erased && slices.Contains(p.named.Parts, x.part) && day >= p.named.From && day <= p.named.To {
			p.sheet = append(p.sheet, x)
		}
	}
}

func (l *life) laysAside(t *rapid.T) {
	p := l.some(t)
	wantKind(t, l.LayAside(ctx, rapid.SampledFrom(l.others).Draw(t, "other"), p.id), errs.NotOpen)
	err := l.LayAside(ctx, l.member(t), p.id)
	if p.kind != legal.Order || p.confirmed > 0 {
		wantKind(t, err, errs.NotOpen)
		return
	}
	must(t, err)
	p.aside = true
}

// takes has everybody try to take the bytes: the two of them alone get just what was named, while it is here.
func (l *life) takes(t *rapid.T) {
	p := l.some(t)
	for _, who := range append(slices.Clone(l.others), l.team[:]...) {
		parts, err := l.Take(ctx, who, p.id, l.Entry())
		if p.confirmed == 0 || who != p.first && who != p.second || l.Clock.Now() >= p.confirmed+legal.SheetFor {
			wantKind(t, err, errs.NotOpen)
			continue
		}
		must(t, err)
		p.taken++
		if len(parts) != len(p.sheet)+1 {
			t.Fatalf("%d parts are handed over, want %d and a mark", len(parts), len(p.sheet))
		}
		for i, x := range p.sheet {
			if got := parts[i+1]; got.Gone != x.erased || x.erased && len(got.Bytes) > 0 || !x.erased && string(got.Bytes) != x.words+"\n" {
				t.Fatalf("of %+v is handed over %q, %v", x, got.Bytes, got.Gone)
			}
		}
	}
}

// check: nothing was put together but by an order, by two; and the owner knows all of it as soon as the order allows, not before.
func (l *life) check(t *rapid.T) {
	now := l.Clock.Now()
	for _, p := range l.papers {
		var here int
		must(t, l.DB.View(ctx, func(tx *store.Tx) error {
			return tx.Row(`SELECT COUNT(*) FROM ordered_bytes WHERE ordered = $1`, p.id).Scan(&here)
		}))
		if here > 0 && p.confirmed == 0 {
			t.Fatalf("%d parts are here of a paper that two did not confirm", here)
		}
	}
	for i, o := range l.owners {
		var want []*paper
		looks := 0
		for _, p := range l.papers {
			if p.confirmed > 0 && p.of == i && p.quiet <= now {
				want = append(want, p)
				looks += len(p.named.Parts)
			}
		}
		got, err := l.Mine(ctx, o.Subject, o.Book)
		must(t, err)
		if len(got) != len(want) {
			t.Fatalf("the owner reads of %d that left, want %d", len(got), len(want))
		}
		for _, h := range got {
			n := slices.IndexFunc(want, func(p *paper) bool { return p.id == h.ID })
			if n < 0 || h.ConfirmedAt != want[n].confirmed || len(h.Taken) != want[n].taken || h.From.Show() != "the court" || len(h.Hash) != 64 || len(h.Parts) != len(want[n].named.Parts) {
				t.Fatalf("the owner reads %+v", h)
			}
		}
		all, err := l.Keeper.Looks(ctx, o.Subject, o.Book, 0, 10000)
		must(t, err)
		all = slices.DeleteFunc(all, func(x keeper.Look) bool { return x.Section == book.SectionName })
		if len(all) != looks {
			t.Fatalf("the owner sees %d looks by order, want %d", len(all), looks)
		}
		for _, who := range l.others {
			if list, err := l.Mine(ctx, who, o.Book); who != o.Subject && (len(list) > 0 || err != nil) {
				t.Fatalf("somebody else reads of %d that left, %v", len(list), err)
			}
		}
	}
}

// settled: what is due was kept. Each was told once of each, in time, and after the short time nothing is here.
func (l *life) settled(t *rapid.T) {
	l.Settles(t)
	now := l.Clock.Now()
	told := [2]int{}
	for _, p := range l.papers {
		if p.confirmed == 0 {
			continue
		}
		if p.quiet <= now {
			told[p.of]++
		}
		var here int
		must(t, l.DB.View(ctx, func(tx *store.Tx) error {
			return tx.Row(`SELECT COUNT(*) FROM ordered_bytes WHERE ordered = $1`, p.id).Scan(&here)
		}))
		if (here > 0) != (now < p.confirmed+legal.SheetFor) {
			t.Fatalf("%d parts are here %d days after", here, (now-p.confirmed)/clock.Day)
		}
	}
	for i, o := range l.owners {
		if l.told[o.Person] != told[i] {
			t.Fatalf("somebody was told %d times, want %d", l.told[o.Person], told[i])
		}
	}
}

// TestWhatACourtGets lives random histories: nothing is put together without an order that names it and two who say so; it is just the
// sections and the days that are named, but for what was erased; those two alone get it, for two weeks; and the owner is told of all of
// it, as soon as the order allows.
func TestWhatACourtGets(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		histories.Check(t, 8, func(rt *rapid.T) {
			l := newLife(rt, w)
			rt.Repeat(map[string]func(*rapid.T){
				"write": l.writes, "write too": l.writes, "erase": l.erases, "time": l.passes, "comes": l.comes, "name": l.names, "name too": l.names, "name three": l.names, "confirm": l.confirms, "confirm too": l.confirms, "confirm three": l.confirms,
				"aside": l.laysAside, "take": l.takes, "settled": l.settled, "": l.check,
			})
		})
	})
}

// TestAWholeBookIsErased: with it goes all that an order named of it, the paper's words and the promises; and a paper that names nobody
// stays.
func TestAWholeBookIsErased(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		p := newPlain(t, w)
		p.order(t)
		w.Erases(t, p.owner)
		w.Settles(t)
		var left int
		must(t, w.DB.View(ctx, func(tx *store.Tx) error {
			return tx.Row(`SELECT (SELECT COUNT(*) FROM ordered) + (SELECT COUNT(*) FROM ordered_part) + (SELECT COUNT(*) FROM ordered_bytes) + (SELECT COUNT(*) FROM ordered_taken) + (SELECT COUNT(*) FROM demand) + (SELECT COUNT(*) FROM reported)
				+ (SELECT COUNT(*) FROM promise WHERE state = 'open' AND (kind LIKE '%court%' OR kind LIKE '%report%'))`).Scan(&left)
		}))
		if left != 0 {
			t.Errorf("%d rows are left", left)
		}
	})
}

// plain is one person, and two of the team.
type plain struct {
	*world
	owner owner
	team  [2]grant.Subject
}

func newPlain(t tester, w *world) plain {
	return plain{w, w.Person(t, "Mirabelle"), [2]grant.Subject{w.Works(t, book.HatTeam), w.Works(t, book.HatTeam)}}
}

// order has what an order names be handed over and taken.
func (p plain) order(t tester) id.Demand {
	t.Helper()
	return p.orderAs(t, p.Entry())
}

// orderAs is order by a form with that id.
func (p plain) orderAs(t tester, e id.Entry) id.Demand {
	t.Helper()
	p.Writes(t, p.owner, keeper.Draft{Kind: book.KindStrength, Act: book.ActWrite, Body: &book.Strength{Words: book.NewText("I sing")}})
	words, today := book.NewText("the court"), p.Clock.Now().Std().UTC().Format(time.DateOnly)
	d, err := p.Keep(ctx, p.team[0], legal.Paper{Entry: e, Kind: legal.Order, From: words, Reference: words, Asks: words, Came: today, QuietUntil: p.Clock.Now() + 20*clock.Day})
	must(t, err)
	for i, who := range p.team {
		_, _, err := p.Find(ctx, who, d, p.owner.Name)
		must(t, err)
		if i == 0 {
			must(t, p.Name(ctx, who, d, legal.Named{Book: p.owner.Book, Parts: []string{"strengths"}, From: today, To: today}))
		} else {
			must(t, p.Confirm(ctx, who, d, p.owner.Book, render))
		}
	}
	_, err = p.Take(ctx, p.team[1], d, p.Entry())
	must(t, err)
	worker := p.walks(t)
	must(t, p.Report(ctx, worker, p.owner.Book, legal.Report{Entry: p.Entry(), Duty: words, To: words, Words: words, Day: today, Untold: p.Clock.Now() + clock.Day, Why: words}))
	return d
}

// TestNoHalfState: what fails on the way from the second's yes to the file leaves nothing, and the same yes can be said again; and what
// changed in the book meanwhile is read anew. After the short time nobody takes it, also while it is still here.
func TestNoHalfState(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		p := newPlain(t, w)
		first := p.Writes(t, p.owner, keeper.Draft{Kind: book.KindStrength, Act: book.ActWrite, Body: &book.Strength{Words: book.NewText("I sing")}})
		words, today := book.NewText("the court"), p.Clock.Now().Std().UTC().Format(time.DateOnly)
		d, err := p.Keep(ctx, p.team[0], legal.Paper{Entry: p.Entry(), Kind: legal.Order, From: words, Reference: words, Asks: words, Came: today})
		must(t, err)
		_, _, err = p.Find(ctx, p.team[0], d, p.owner.Name)
		must(t, err)
		must(t, p.Name(ctx, p.team[0], d, legal.Named{Book: p.owner.Book, Parts: []string{"strengths"}, From: today, To: today}))
		_, _, err = p.Find(ctx, p.team[1], d, p.owner.Name)
		must(t, err)
		nothing := func() {
			t.Helper()
			var n int
			must(t, w.DB.View(ctx, func(tx *store.Tx) error {
				return tx.Row(`SELECT (SELECT COUNT(*) FROM ordered_bytes) + (SELECT COUNT(*) FROM ordered WHERE confirmed_at > 0) + (SELECT COUNT(*) FROM look WHERE section <> 'name') + (SELECT COUNT(*) FROM promise WHERE kind LIKE '%court%')`).Scan(&n)
			}))
			if n != 0 {
				t.Fatalf("%d rows of half a yes", n)
			}
		}
		broken := errors.New("broken")
		if err := p.Confirm(ctx, p.team[1], d, p.owner.Book, func(legal.Sheet) ([]legal.Part, error) { return nil, broken }); !errors.Is(err, broken) {
			t.Fatalf("error %v", err)
		}
		nothing()
		stopped, stop := context.WithCancel(ctx)
		if err := p.Confirm(stopped, p.team[1], d, p.owner.Book, func(s legal.Sheet) ([]legal.Part, error) { stop(); return render(s) }); err == nil {
			t.Fatal("it is confirmed for somebody who is gone")
		}
		nothing()
		rounds := 0
		must(t, p.Confirm(ctx, p.team[1], d, p.owner.Book, func(s legal.Sheet) ([]legal.Part, error) {
			if rounds++; rounds == 1 {
				p.Erases(t, p.owner, first.Item)
				p.Writes(t, p.owner, keeper.Draft{Kind: book.KindStrength, Act: book.ActWrite, Body: &book.Strength{Words: book.NewText("I cook")}})
			}
			return render(s)
		}))
		parts, err := p.Take(ctx, p.team[0], d, p.Entry())
		must(t, err)
		if rounds != 2 || len(parts) != 2 || string(parts[1].Bytes) != "I cook\n" {
			t.Fatalf("after %d rounds %d parts are handed over", rounds, len(parts))
		}
		state, _, err := p.State(ctx, p.team[0], d)
		must(t, err)
		if h := sha256.Sum256(legal.Whole(parts)); state.Hash != hex.EncodeToString(h[:]) {
			t.Fatal("the hash is another's")
		}
		p.Clock.Step(legal.SheetFor) // and nothing that is due was kept yet
		_, err = p.Take(ctx, p.team[0], d, p.Entry())
		wantKind(t, err, errs.NotOpen)
	})
}

// TestOneAloneHidesNothingForLong: one of the team who says that an order forbids telling, and whom no second follows, has looked for a name;
// its owner sees that two weeks later, however long the order is said to forbid it.
func TestOneAloneHidesNothingForLong(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		p := newPlain(t, w)
		words, today := book.NewText("the court"), p.Clock.Now().Std().UTC().Format(time.DateOnly)
		d, err := p.Keep(ctx, p.team[0], legal.Paper{Entry: p.Entry(), Kind: legal.Order, From: words, Reference: words, Asks: words, Came: today, QuietUntil: p.Clock.Now() + 300*clock.Day})
		must(t, err)
		_, _, err = p.Find(ctx, p.team[0], d, p.owner.Name)
		must(t, err)
		for _, want := range []int{0, 1} {
			looks, err := w.Keeper.Looks(ctx, p.owner.Subject, p.owner.Book, 0, 10)
			must(t, err)
			if len(looks) != want {
				t.Fatalf("the owner sees %d looks, want %d", len(looks), want)
			}
			p.Clock.Step(keeper.AloneFor)
		}
	})
}
