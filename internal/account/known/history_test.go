package known_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"beside/internal/account/known"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/id"
	"beside/internal/store"
	"beside/internal/testkit/histories"
)

// life is a random life of four people, beside a model kept by the simplest rules one can write.
type life struct {
	*world
	people []somebody
	asked  []*asking
}

// asking is one row as it should be.
type asking struct {
	id           id.Known
	code         string
	asker, other int // other is -1 while nobody accepted
	until        clock.Time
	confirmed    bool
	gone         bool
}

func newLife(t *rapid.T, w *world) *life {
	l := &life{world: w}
	for _, name := range []string{"Mira", "Ben", "Ada", "Eve"} {
		l.people = append(l.people, w.join(t, name))
	}
	// So that a short life can go far.
	l.asks(t, 0)
	l.accepts(t, l.asked[0], 1)
	l.asks(t, 0)
	return l
}

func (l *life) somebody(t *rapid.T, what string) int { return rapid.IntRange(0, 3).Draw(t, what) }

func (l *life) one(t *rapid.T) *asking { return rapid.SampledFrom(l.asked).Draw(t, "which") }

func (l *life) ask(t *rapid.T) { l.asks(t, l.somebody(t, "asker")) }

func (l *life) asks(t *rapid.T, asker int) {
	s := l.in(t, l.people[asker])
	before, err := l.Mine(ctx, s)
	must(t, err)
	a := &asking{code: l.world.asks(t, l.people[asker], "them"), asker: asker, other: -1, until: l.clock.Now() + known.CodeLasts}
	after, err := l.Mine(ctx, s)
	must(t, err)
	for _, k := range after {
		if !slices.ContainsFunc(before, func(b known.Known) bool { return b.ID == k.ID }) {
			a.id = k.ID
		}
	}
	l.asked = append(l.asked, a)
}

func (l *life) accept(t *rapid.T) { l.accepts(t, l.one(t), l.somebody(t, "who")) }

func (l *life) accepts(t *rapid.T, a *asking, who int) {
	already := slices.ContainsFunc(l.asked, func(o *asking) bool { return !o.gone && o.asker == a.asker && o.other == who })
	err := l.Accept(ctx, l.in(t, l.people[who]), a.code, answer(l.people[who]))
	switch {
	case errs.Is(err, errs.TooOften):
	case !a.gone && a.other == who: // sent twice
		must(t, err)
	case a.gone || a.other >= 0 || l.clock.Now() >= a.until || who == a.asker || already:
		wantKind(t, err, errs.NotOpen)
	default:
		must(t, err)
		a.other = who
	}
}

func (l *life) confirm(t *rapid.T) {
	a, by := l.one(t), l.somebody(t, "by")
	if rapid.Bool().Draw(t, "the asker") {
		by = a.asker
	}
	err := l.Confirm(ctx, l.in(t, l.people[by]), a.id)
	if a.gone || a.other < 0 || by != a.asker {
		if err == nil {
			t.Fatalf("%d confirmed what %d asked and %d accepted", by, a.asker, a.other)
		}
		wantKind(t, err, errs.NotOpen)
		return
	}
	must(t, err)
	a.confirmed = true
}

func (l *life) end(t *rapid.T) {
	a, by := l.one(t), l.somebody(t, "by")
	err := l.End(ctx, l.in(t, l.people[by]), a.id)
	if a.gone || by != a.asker && by != a.other {
		wantKind(t, err, errs.NotOpen)
		return
	}
	must(t, err)
	a.gone = true
}

// givenBack is what follows when a login is given back.
func (l *life) givenBack(t *rapid.T) {
	who := l.somebody(t, "whose")
	must(t, l.db.Update(ctx, func(tx *store.Tx) error { return l.Doubt(tx, l.people[who].id) }))
	for _, a := range l.asked {
		if a.asker == who {
			a.confirmed = false
			a.gone = a.gone || a.other < 0
		}
	}
}

func (l *life) sweep(t *rapid.T) {
	must(t, l.Sweep(ctx))
	for _, a := range l.asked {
		a.gone = a.gone || a.other < 0 && l.clock.Now() >= a.until
	}
}

func (l *life) passes(t *rapid.T) {
	l.clock.Step(rapid.SampledFrom([]clock.Time{clock.Minute, clock.Hour, 5 * clock.Day, -clock.Minute, -clock.Hour}).Draw(t, "time"))
}

func (l *life) check(t *rapid.T) {
	var sees [][]known.Knower
	for _, other := range l.people {
		sees = append(sees, l.knows(t, other))
	}
	for i, asker := range l.people {
		mine := 0
		for _, a := range l.asked {
			if a.asker == i && !a.gone && (a.other >= 0 || l.clock.Now() < a.until) {
				mine++
			}
		}
		list, err := l.Mine(ctx, l.in(t, asker))
		must(t, err)
		if len(list) != mine {
			t.Fatalf("%s asked %d, want %d", asker.name, len(list), mine)
		}
		for j, other := range l.people {
			accepted, confirmed := false, false
			for _, a := range l.asked {
				if a.asker == i && a.other == j && !a.gone {
					accepted, confirmed = true, a.confirmed
				}
			}
			if l.confirmed(t, asker, other) != confirmed {
				t.Fatalf("%s and %s: confirmed should be %v", asker.name, other.name, confirmed)
			}
			k := slices.IndexFunc(list, func(k known.Known) bool { return k.Person == other.id })
			if accepted != (k >= 0) || accepted && (list[k].ConfirmedAt != 0) != confirmed {
				t.Fatalf("%s sees of %s: %+v, accepted should be %v and confirmed %v", asker.name, other.name, list, accepted, confirmed)
			}
			if slices.ContainsFunc(sees[j], func(k known.Knower) bool { return k.Person == asker.id }) != accepted {
				t.Fatalf("%s sees %+v, and should of %s: %v", other.name, sees[j], asker.name, accepted)
			}
		}
	}
}

// TestOnlyWhoWasConfirmedIsKnown: in random lives somebody is known only after the person asked, they accepted, and the person
// said that it is them, and neither has ended it since, nor was the login given back.
func TestOnlyWhoWasConfirmedIsKnown(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		histories.Check(t, 15, func(t *rapid.T) {
			l := newLife(t, w)
			t.Repeat(map[string]func(*rapid.T){
				"": l.check, "ask": l.ask, "accept": l.accept, "accept too": l.accept, "confirm": l.confirm, "confirm too": l.confirm,
				"end": l.end, "given back": l.givenBack, "sweep": l.sweep, "passes": l.passes,
			})
		})
	})
}
