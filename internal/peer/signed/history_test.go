package signed_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/peer/signed"
	"beside/internal/store"
	"beside/internal/testkit/histories"
)

// A life is two people, two workers and one of the team. Sheets are printed, signed, entered by whoever, again, late, with the wrong name, in front of
// who is given them; people give and take back by their own hand meanwhile; desks take back. Beside it stands a model.
type life struct {
	*world
	owners  [2]owner
	workers [2]grant.Subject
	team    grant.Subject
	given   [2]*standing // by owner
	changes [2]int       // how often what an owner gives was changed
	sheets  []*sheet
}

// standing is what an owner gives, and to whom.
type standing struct {
	worker int
	goals  bool // or what matters to them
	until  clock.Time
	item   id.Item
	head   id.Entry
}

// sheet is one that was printed.
type sheet struct {
	signed.Paper
	owner, worker int
	changes       int // of its owner when it was printed
	over          bool
	entered       bool
	witness       grant.Subject
	enteredAt     clock.Time
}

func newLife(t *rapid.T, w *world) *life {
	l := &life{world: w, team: w.works(t, book.HatTeam)}
	for i, name := range []string{"Mira", "Ben"} {
		l.owners[i], l.workers[i] = w.Person(t, name), w.works(t, book.HatWorker)
	}
	return l
}

func (l *life) two(t *rapid.T, label string) int { return rapid.IntRange(0, 1).Draw(t, label) }

// who is anybody who may try something.
func (l *life) who(t *rapid.T) grant.Subject {
	all := []grant.Subject{l.team, l.workers[0], l.workers[1], {Person: id.New[id.Person](l.IDs), Hat: book.HatTeam}, {Person: l.team.Person, Hat: book.HatWorker}}
	for i := range 2 {
		all = append(all, l.owners[i].Subject, grant.Subject{Person: l.owners[i].Person, Hat: book.HatWorker}, grant.Subject{Person: l.workers[i].Person, Hat: book.HatSelf},
			grant.Subject{Person: l.workers[i].Person, Hat: book.HatTeam})
	}
	return rapid.SampledFrom(all).Draw(t, "who")
}

// here reports whether somebody works here, in the hat they wear.
func (l *life) here(who grant.Subject) bool {
	return who == l.team || slices.Contains(l.workers[:], who)
}

func (l *life) open(o, w int) bool {
	g := l.given[o]
	return g != nil && g.worker == w && l.Clock.Now() < g.until
}

func (l *life) gives(t *rapid.T) {
	o, w := l.two(t, "owner"), l.two(t, "worker")
	l.chooses(t, l.owners[o], l.workers[w])
	l.changes[o]++
	l.given[o] = &standing{worker: w, until: l.Clock.Now() + 300*clock.Day}
	l.heads(t, o)
}

// heads reads by which entry an owner gives.
func (l *life) heads(t *rapid.T, o int) {
	must(t, l.DB.View(ctx, func(tx *store.Tx) error {
		return tx.Row(`SELECT i.item, i.head FROM given AS g JOIN item AS i ON i.book = g.book AND i.item = g.id WHERE g.book = $1 AND g.taken_back = 0`, l.owners[o].Book).
			Scan(&l.given[o].item, &l.given[o].head)
	}))
}

func (l *life) takesBack(t *rapid.T) {
	o := l.two(t, "owner")
	if g := l.given[o]; g != nil {
		l.Clock.Step(clock.Second)
		must(t, l.peers.TakeBack(ctx, l.owners[o].Subject, l.owners[o].Book, l.Entry(), g.item, g.head))
		l.changes[o]++
		l.given[o] = nil
	}
}

func (l *life) passes(t *rapid.T) {
	l.Clock.Step(clock.Time(rapid.IntRange(1, 12).Draw(t, "days")) * clock.Day)
}

func (l *life) printsOne(t *rapid.T) {
	o, w, who := l.two(t, "owner"), l.two(t, "worker"), l.who(t)
	switch rapid.IntRange(0, 2).Draw(t, "who prints") {
	case 0:
		who = l.owners[o].Subject
	case 1:
		who = l.workers[w]
	}
	l.Clock.Step(clock.Second)
	s, err := l.Make(ctx, who, l.owners[o].Book, l.ask(l.workers[w]))
	if who != l.owners[o].Subject && (who != l.workers[w] || !l.open(o, w)) {
		wantKind(t, err, errs.NotOpen)
		return
	}
	must(t, err)
	p, err := l.One(ctx, l.owners[o].Subject, l.owners[o].Book, s)
	must(t, err)
	l.sheets = append(l.sheets, &sheet{Paper: p, owner: o, worker: w, changes: l.changes[o]})
}

func (l *life) some(t *rapid.T) *sheet {
	if len(l.sheets) == 0 {
		t.Skip("nothing was printed yet")
	}
	return rapid.SampledFrom(l.sheets).Draw(t, "sheet")
}

func (l *life) throws(t *rapid.T) {
	s, who := l.some(t), l.who(t)
	if rapid.Bool().Draw(t, "the owner") {
		who = l.owners[s.owner].Subject
	}
	err := l.Throw(ctx, who, l.owners[s.owner].Book, s.ID)
	switch {
	case who != l.owners[s.owner].Subject:
		wantKind(t, err, errs.NotOpen)
	case s.entered:
		wantKind(t, err, errs.Changed)
	default:
		must(t, err)
		s.over = true
	}
}

// enters has somebody enter a sheet, mostly as it should be.
func (l *life) enters(t *rapid.T) {
	s, who := l.some(t), l.who(t)
	if rapid.Bool().Draw(t, "somebody else who works here") {
		who = rapid.SampledFrom([]grant.Subject{l.team, l.workers[1-s.worker]}).Draw(t, "witness")
	}
	e := l.entering(s.Paper)
	named := rapid.IntRange(0, 5).Draw(t, "named") > 0
	if !named {
		e.Name = book.NewText(l.owners[1-s.owner].Name)
	}
	l.Clock.Step(clock.Second)
	now := l.Clock.Now()
	err := l.Enter(ctx, who, e)
	switch {
	case !l.here(who):
		wantKind(t, err, errs.NotOpen)
	case !named:
		wants(t, err, "number", "paper.wrong_number")
	case s.entered && who == s.witness && now < s.enteredAt+clock.Hour:
		must(t, err) // a double tap
	case s.entered:
		wants(t, err, "number", "paper.used")
	case s.over, now >= s.EndsAt:
		wants(t, err, "number", "paper.over")
	case who == l.workers[s.worker]:
		wants(t, err, "number", "paper.own_witness")
	case s.changes != l.changes[s.owner]:
		wantKind(t, err, errs.Changed)
	default:
		must(t, err)
		s.entered, s.witness, s.enteredAt = true, who, now
		l.changes[s.owner]++
		l.given[s.owner] = &standing{worker: s.worker, goals: true, until: s.Until}
		l.heads(t, s.owner)
		if l.given[s.owner].head != s.Entry() {
			t.Fatal("another entry gives than that of the sheet")
		}
	}
}

// backs has somebody enter that a sheet was taken back.
func (l *life) backs(t *rapid.T) {
	s, who := l.some(t), l.who(t)
	l.Clock.Step(clock.Second)
	err := l.Back(ctx, who, s.Number, s.Name)
	g := l.given[s.owner]
	it, _ := id.FromBytes[id.Item](s.ID.Bytes())
	switch {
	case !l.here(who):
		wantKind(t, err, errs.NotOpen)
	case !s.entered && !s.over && l.Clock.Now() < s.EndsAt:
		must(t, err)
		s.over = true
	case !s.entered || g == nil || g.item != it:
		wantKind(t, err, errs.Changed)
	default:
		must(t, err)
		l.changes[s.owner]++
		l.given[s.owner] = nil
	}
}

// check wants just what the model says to be given, and each sheet to say what became of it.
func (l *life) check(t *rapid.T) {
	for o, x := range l.owners {
		for w := range l.workers {
			g := l.given[o]
			if goals := g != nil && g.worker == w && g.goals; l.seesGoals(t, l.workers[w], x.Book) != goals {
				t.Fatalf("goals are given to worker %d: %v, want %v", w, !goals, goals)
			}
			if l.sees(t, l.workers[w], x.Book) != l.open(o, w) {
				t.Fatalf("worker %d sees something: %v", w, !l.open(o, w))
			}
		}
		all, err := l.Mine(ctx, x.Subject, x.Book)
		must(t, err)
		n := 0
		for _, s := range l.sheets {
			if s.owner != o {
				continue
			}
			n++
			i := slices.IndexFunc(all, func(p signed.Paper) bool { return p.ID == s.ID })
			if i < 0 || (all[i].EnteredAt != 0) != s.entered || all[i].Witness != s.witness.Person || (all[i].OverAt != 0) != s.over {
				t.Fatalf("a sheet is not what became of it: %+v", s)
			}
			_, err := l.Photo(ctx, x.Subject, x.Book, s.ID)
			if !s.entered {
				wantKind(t, err, errs.NotOpen)
			} else {
				must(t, err)
			}
			other := l.who(t)
			if _, err := l.Photo(ctx, other, x.Book, s.ID); other != x.Subject && err == nil {
				t.Fatal("somebody else sees the photograph")
			}
		}
		if len(all) != n {
			t.Fatalf("%d sheets, want %d", len(all), n)
		}
	}
}

// TestNothingIsGivenButWhatWasSigned lives random histories: a grant comes of a sheet only when somebody else who works here entered it, by its
// number and name, once, within 30 days, while nothing else was given since; and gives just what stood on it.
func TestNothingIsGivenButWhatWasSigned(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		histories.Check(t, 10, func(rt *rapid.T) {
			l := newLife(rt, w)
			rt.Repeat(map[string]func(*rapid.T){
				"print": l.printsOne, "print too": l.printsOne, "enter": l.enters, "enter too": l.enters, "enter more": l.enters, "back": l.backs, "throw": l.throws,
				"give": l.gives, "take back": l.takesBack, "pass": l.passes, "": l.check,
			})
		})
	})
}
