package outside_test

import (
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
)

// A standing life is two people who say yes to the same each time and take it back, and two workers who walk with them or not, and
// make pages. Everybody tries what is not theirs. Beside it stands a model.
type standingLife struct {
	*world
	owners  [2]owner
	workers [2]grant.Subject
	given   [2][2]*book.Entry // by owner and worker
	yeses   []*yes
	made    []*made
}

type yes struct {
	id    id.Lasting
	owner int
	words outside.Lasting
	over  bool
}

type made struct {
	asked         outside.Asked
	yes           *yes
	owner, worker int
}

func newStandingLife(t *rapid.T, w *world) *standingLife {
	l := &standingLife{world: w}
	for i := range 2 {
		l.owners[i], l.workers[i] = w.Person(t, ""), w.Works(t, book.HatWorker)
	}
	l.gives(t)
	return l
}

func (l *standingLife) two(t *rapid.T, label string) int {
	return rapid.IntRange(0, 1).Draw(t, label)
}

func (l *standingLife) gives(t *rapid.T) {
	o, w := l.two(t, "owner"), l.two(t, "worker")
	if l.given[o][w] == nil {
		e := l.Walks(t, l.owners[o], l.workers[w])
		l.given[o][w] = &e
	}
}

func (l *standingLife) takesBack(t *rapid.T) {
	o, w := l.two(t, "owner"), l.two(t, "worker")
	if given := l.given[o][w]; given != nil {
		l.Writes(t, l.owners[o], keeper.Draft{Kind: book.KindSharing, Act: book.ActPutAway, Item: given.Item, Base: given.ID})
		l.given[o][w] = nil
	}
}

func (l *standingLife) who(t *rapid.T) grant.Subject {
	all := []grant.Subject{{Person: id.New[id.Person](l.IDs), Hat: book.HatSelf}}
	for i := range 2 {
		for _, hat := range []book.Hat{book.HatSelf, book.HatWorker, book.HatTeam} {
			all = append(all, grant.Subject{Person: l.owners[i].Person, Hat: hat}, grant.Subject{Person: l.workers[i].Person, Hat: hat})
		}
	}
	return rapid.SampledFrom(all).Draw(t, "who")
}

func (l *standingLife) saysYes(t *rapid.T) {
	o, who := l.two(t, "owner"), l.who(t)
	if rapid.Bool().Draw(t, "the owner") {
		who = l.owners[o].Subject
	}
	e := l.Entry()
	words := outside.Lasting{Name: book.NewText("Mira"), To: book.NewText("the court"), Why: book.NewText("that I came"), Until: l.Clock.Now() + clock.Time(rapid.IntRange(1, 300).Draw(t, "days"))*clock.Day}
	for range 2 { // a double tap
		err := l.Last(ctx, who, l.owners[o].Book, e, words)
		if who != l.owners[o].Subject {
			wantKind(t, err, errs.NotOpen)
			return
		}
		must(t, err)
	}
	l.yeses = append(l.yeses, &yes{id: outside.LastingOf(e), owner: o, words: words})
}

func (l *standingLife) some(t *rapid.T) *yes {
	if len(l.yeses) == 0 {
		t.Skip("nobody said yes yet")
	}
	return rapid.SampledFrom(l.yeses).Draw(t, "yes")
}

func (l *standingLife) ends(t *rapid.T) {
	y, who, o := l.some(t), l.who(t), l.two(t, "book")
	if rapid.Bool().Draw(t, "the owner") {
		who, o = l.owners[y.owner].Subject, y.owner
	}
	err := l.EndLasting(ctx, who, l.owners[o].Book, y.id)
	if who != l.owners[y.owner].Subject || o != y.owner {
		wantKind(t, err, errs.NotOpen)
		return
	}
	must(t, err)
	y.over = true
}

func (l *standingLife) passes(t *rapid.T) {
	l.Clock.Step(clock.Time(rapid.IntRange(1, 60).Draw(t, "days")) * clock.Day)
	for o := range 2 { // what was given is over after a year at most
		for w := range 2 {
			if e := l.given[o][w]; e != nil && e.RecordedAt+300*clock.Day < l.Clock.Now() {
				l.Writes(t, l.owners[o], keeper.Draft{Kind: book.KindSharing, Act: book.ActPutAway, Item: e.Item, Base: e.ID})
				l.given[o][w] = nil
			}
		}
	}
}

// stands is the rule in words: the yes was not taken back, is not over, and the worker walks with who said it.
func (l *standingLife) stands(y *yes, who grant.Subject, o int) (worker int, is bool) {
	w := slices.Index(l.workers[:], who)
	return w, w >= 0 && y.owner == o && !y.over && l.Clock.Now() < y.words.Until && l.given[o][w] != nil
}

// page is what may be made under a yes, and a page that holds more.
func (l *standingLife) page(t *rapid.T, y *yes, who grant.Subject, o int) (a outside.Asked, more bool) {
	a = l.oneDay(t, l.owners[o], who, y.words)
	switch rapid.IntRange(0, 9).Draw(t, "more") {
	case 0:
		a.Letter, more = book.NewText("and a letter"), true
	case 1:
		a.Days, more = 2, true
	case 2:
		a.To, more = book.NewText("somebody else"), true
	case 3:
		it := l.strength(t, l.owners[y.owner], "I swim")
		a.Parts, more = append(a.Parts, thing(it, "I swim")), true
	case 4:
		a.Of, more = l.oneDay(t, l.owners[o], l.owners[o].Subject, y.words).Of, true // a day that another wrote down
	case 5:
		a.Of, more = l.oneDay(t, l.owners[1-y.owner], who, y.words).Of, true // a day of somebody else
	}
	return a, more
}

func (l *standingLife) makes(t *rapid.T) {
	y, who, o := l.some(t), l.who(t), l.two(t, "book")
	if rapid.IntRange(0, 3).Draw(t, "a worker") > 0 {
		who, o = l.workers[l.two(t, "worker")], y.owner
	}
	a, more := l.page(t, y, who, o)
	_, err := l.Under(ctx, who, l.owners[o].Book, y.id, a)
	w, may := l.stands(y, who, o)
	if !may || more {
		wantKind(t, err, errs.NotOpen)
		return
	}
	must(t, err)
	_, err = l.Under(ctx, who, l.owners[o].Book, y.id, a) // a double tap
	must(t, err)
	l.made = append(l.made, &made{asked: a, yes: y, owner: o, worker: w})
}

func (l *standingLife) check(t *rapid.T) {
	for i, o := range l.owners {
		list, err := l.List(ctx, o.Subject, o.Book)
		must(t, err)
		n := 0
		for _, m := range l.made {
			if m.owner != i {
				continue
			}
			n++
			at := slices.IndexFunc(list, func(x outside.Left) bool { return x.ID == outside.PaperOf(m.asked.Entry) })
			if at < 0 || list[at].Worker != l.workers[m.worker].Person || list[at].Days != 1 || list[at].To != m.asked.To {
				t.Fatalf("what was made under a yes is not in the owner's list, or otherwise: %+v", list)
			}
		}
		if len(list) != n {
			t.Fatalf("the owner reads of %d that left, want %d", len(list), n)
		}
		yeses, err := l.Lastings(ctx, o.Subject, o.Book)
		must(t, err)
		for _, y := range l.yeses {
			at := slices.IndexFunc(yeses, func(x outside.Lasting) bool { return x.ID == y.id })
			if y.owner == i != (at >= 0) || at >= 0 && ((yeses[at].BackAt != 0) != y.over || yeses[at].To != y.words.To || yeses[at].Until != y.words.Until) {
				t.Fatalf("the owner reads %+v", yeses)
			}
		}
	}
	who, o := l.who(t), l.two(t, "owner")
	standing, err := l.Standing(ctx, who, l.owners[o].Book)
	must(t, err)
	n := 0
	for _, y := range l.yeses {
		if _, is := l.stands(y, who, o); is {
			n++
		}
	}
	if len(standing) != n {
		t.Fatalf("%d yeses stand for somebody, want %d", len(standing), n)
	}
	if who != l.owners[o].Subject {
		if all, err := l.Lastings(ctx, who, l.owners[o].Book); len(all) > 0 || err != nil {
			t.Fatalf("somebody else reads %d yeses, %v", len(all), err)
		}
	}
	for _, m := range l.made {
		got, err := l.Made(ctx, who, l.owners[o].Book, outside.PaperOf(m.asked.Entry))
		if w, is := l.stands(m.yes, who, o); !is || w != m.worker {
			wantKind(t, err, errs.NotOpen)
		} else if must(t, err); outside.See(got.Parts) != outside.See(m.asked.Parts) {
			t.Fatal("what was made is not what is read")
		}
	}
}

// TestWhatIsMadeUnderAYes lives random histories: only a worker who walks with a person makes a page under a yes of theirs that
// stands, to whom it names, and with nothing in it but one day; each is in the person's list; from the moment it is taken back nothing is
// made, and nothing that was made is shown to the worker.
func TestWhatIsMadeUnderAYes(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		histories.Check(t, 8, func(rt *rapid.T) {
			l := newStandingLife(rt, w)
			rt.Repeat(map[string]func(*rapid.T){
				"yes": l.saysYes, "end": l.ends, "make": l.makes, "make too": l.makes, "make again": l.makes, "give": l.gives, "take back": l.takesBack, "pass": l.passes, "": l.check,
			})
		})
	})
}

// TestNothingIsMadeForWhoDied: while somebody is said to have died nothing leaves their book under a yes of theirs, and it stands again
// when that is taken back.
func TestNothingIsMadeForWhoDied(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		mira, sam := w.Person(t, ""), w.Works(t, book.HatWorker)
		w.Walks(t, mira, sam)
		words := outside.Lasting{Name: book.NewText("Mira"), To: book.NewText("the court"), Why: book.NewText("they asked"), Until: w.Clock.Now() + clock.Day}
		must(t, w.Last(ctx, mira.Subject, mira.Book, w.Entry(), words))
		stands := func(want int) {
			t.Helper()
			if all, err := w.Standing(ctx, sam, mira.Book); len(all) != want || err != nil {
				t.Errorf("%d yeses stand, want %d, %v", len(all), want, err)
			}
		}
		exec := func(query string, args ...any) {
			t.Helper()
			must(t, w.DB.Update(ctx, func(tx *store.Tx) error {
				_, err := tx.Exec(query, args...)
				return err
			}))
		}
		stands(1)
		exec(`INSERT INTO death (id, book, person, said_at, since, reads_until, over_at) VALUES ($1, $2, $3, $4, $4, $5, 0)`, w.Entry(), mira.Book, mira.Person, w.Clock.Now(), w.Clock.Now()+30*clock.Day)
		stands(0)
		exec(`UPDATE death SET over_at = $1 WHERE book = $2`, w.Clock.Now(), mira.Book)
		stands(1)
	})
}
