package recovery_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"beside/internal/account/recovery"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/id"
	"beside/internal/testkit/histories"
)

// life is a random life of two people who may lose their login, beside a model kept by the simplest rules one can write.
type life struct {
	*world
	people   []somebody // the first two ask; all may be holders
	holders  []*leave
	requests []*plea
	accepted [5]int // how often each said yes to being a holder
}

// leave is a holder's leave to help.
type leave struct {
	id     id.Holder
	person int
	holder int
	from   clock.Time
}

// plea is a request.
type plea struct {
	secret, code  string
	person        int // -1: nobody
	asked, until  clock.Time
	stopped, used bool
	yes           []said
}

type said struct {
	by *leave
	at clock.Time
}

func newLife(t *rapid.T, w *world) *life {
	l := &life{world: w}
	for _, name := range []string{"Mira", "Yusuf", "Ben", "Ada", "Cleo"} {
		l.people = append(l.people, w.join(t, name))
	}
	// So that a short life can go far.
	l.begins(t, 0, 2, recovery.Friend)
	l.begins(t, 0, 3, rapid.SampledFrom([]recovery.Relation{recovery.Friend, recovery.Partner}).Draw(t, "are"))
	l.asks(t, 0)
	return l
}

func (l *life) begins(t *rapid.T, asker, holder int, are recovery.Relation) {
	now := l.clock.Now()
	if l.accepted[holder]++; l.accepted[holder] > 10 { // the allowance, which fills again only with time
		return
	}
	l.makesHolder(t, l.people[asker], l.people[holder], are)
	mine, err := l.Helps(ctx, l.in(t, l.people[holder]))
	must(t, err)
	from := now
	if are == recovery.Partner {
		from += recovery.PartnerPause
	}
	for _, h := range mine {
		if !slices.ContainsFunc(l.holders, func(x *leave) bool { return x.id == h.ID }) {
			l.holders = append(l.holders, &leave{h.ID, asker, holder, from})
		}
	}
}

// stands returns the leave by which one person may help another now.
func (l *life) stands(person, holder int) *leave {
	for _, h := range l.holders {
		if h.person == person && h.holder == holder && l.clock.Now() >= h.from {
			return h
		}
	}
	return nil
}

func (l *life) nameHolder(t *rapid.T) {
	asker, holder := rapid.IntRange(0, 1).Draw(t, "asker"), rapid.IntRange(0, 4).Draw(t, "holder")
	are := rapid.SampledFrom([]recovery.Relation{recovery.Friend, recovery.Partner}).Draw(t, "are")
	count := 0
	for _, h := range l.holders {
		if h.person == asker {
			count++
		}
		if h.person == asker && h.holder == holder {
			return
		}
	}
	if count == recovery.MostHolders || asker == holder {
		return
	}
	l.begins(t, asker, holder, are)
}

func (l *life) endHolder(t *rapid.T) {
	if len(l.holders) == 0 {
		return
	}
	i := rapid.IntRange(0, len(l.holders)-1).Draw(t, "holder")
	h := l.holders[i]
	by := rapid.SampledFrom([]int{h.person, h.holder, 4}).Draw(t, "by")
	err := l.EndHolder(ctx, l.in(t, l.people[by]), h.id)
	if by != h.person && by != h.holder {
		wantKind(t, err, errs.NotOpen)
		return
	}
	must(t, err)
	l.holders = slices.Delete(l.holders, i, i+1)
}

func (l *life) ask(t *rapid.T) { l.asks(t, rapid.IntRange(-1, 1).Draw(t, "whose")) }

func (l *life) asks(t *rapid.T, who int) {
	words := "nobody lantern"
	if who >= 0 {
		words = l.people[who].words
	}
	now := l.clock.Now()
	secret, err := l.Ask(ctx, recovery.Asking{Entry: l.entry(), Kind: recovery.ByHolders, Words: words, From: l.where()})
	if errs.Is(err, errs.TooOften) {
		return
	}
	must(t, err)
	s, err := l.State(ctx, secret)
	must(t, err)
	l.requests = append(l.requests, &plea{secret: secret, code: s.Code, person: who, asked: now, until: now + recovery.RequestLasts})
}

func (l *life) plea(t *rapid.T) *plea {
	return l.requests[rapid.IntRange(0, len(l.requests)-1).Draw(t, "request")]
}

func (p *plea) open(now clock.Time) bool { return !p.stopped && !p.used && now < p.until }

func (l *life) confirm(t *rapid.T) {
	p, by := l.plea(t), rapid.IntRange(0, 4).Draw(t, "by")
	now := l.clock.Now()
	err := l.Confirm(ctx, l.in(t, l.people[by]), p.code, recovery.Voice)
	if errs.Is(err, errs.TooOften) {
		return
	}
	h := l.stands(p.person, by)
	if h == nil || !p.open(now) {
		wantKind(t, err, errs.Invalid)
		return
	}
	must(t, err)
	at := max(now, p.asked)
	again := false
	for i, y := range p.yes {
		at = max(at, y.at)
		if y.by.holder == by {
			again = y.by == h
			if !again {
				p.yes[i].by = nil // said by a leave that is gone
			}
		}
	}
	if !again {
		p.yes = slices.DeleteFunc(p.yes, func(y said) bool { return y.by == nil })
		p.yes = append(p.yes, said{h, at})
	}
}

func (l *life) stop(t *rapid.T) {
	if rapid.IntRange(0, 2).Draw(t, "rarely") > 0 {
		return
	}
	p, by := l.plea(t), rapid.IntRange(0, 4).Draw(t, "by")
	mine, err := l.Pendings(ctx, l.in(t, l.people[by]))
	must(t, err)
	if p.person != by || !p.open(l.clock.Now()) {
		return
	}
	if len(mine) == 0 {
		t.Fatalf("the open request of person %d is not shown to them", by)
	}
	for _, m := range mine {
		if m.AskedAt == p.asked { // the newest of several asked at one moment
			must(t, l.Stop(ctx, l.in(t, l.people[by]), m.ID))
			for _, q := range l.requests {
				if s, err := l.State(ctx, q.secret); err == nil && s.Stopped {
					q.stopped = true
				}
			}
			return
		}
	}
}

// standing counts the yeses that stand, and says when the second of them lets the request open.
func (l *life) standing(p *plea) (n int, opens clock.Time) {
	var at []clock.Time
	for _, y := range p.yes {
		if slices.Contains(l.holders, y.by) && l.clock.Now() >= y.by.from {
			at = append(at, y.at)
		}
	}
	slices.Sort(at)
	if len(at) < 2 {
		return len(at), 0
	}
	return len(at), at[1] + recovery.WaitHolders
}

func (l *life) use(t *rapid.T) {
	p := l.plea(t)
	now := l.clock.Now()
	_, opens := l.standing(p)
	in, err := l.giveBack(p.secret)
	if errs.Is(err, errs.TooOften) {
		return
	}
	if !p.open(now) || opens == 0 || now < opens {
		if err == nil {
			t.Fatalf("a login was given back at %d: %+v opens at %d", now, p, opens)
		}
		wantKind(t, err, errs.NotOpen)
		return
	}
	must(t, err)
	if in.Person != l.people[p.person].id {
		t.Fatal("somebody else's login was given back")
	}
	if n := l.count(t, `SELECT COUNT(*) FROM session WHERE person = $1`, in.Person); n != 1 {
		t.Fatalf("%d sessions are open after a login was given back", n)
	}
	for _, q := range l.requests {
		if q.person == p.person {
			q.used = true
		}
	}
	l.holders = slices.DeleteFunc(l.holders, func(h *leave) bool {
		return h.person == p.person && !slices.ContainsFunc(p.yes, func(y said) bool { return y.by == h })
	})
}

func (l *life) passes(t *rapid.T) {
	l.clock.Step(rapid.SampledFrom([]clock.Time{clock.Second, 30 * clock.Minute, clock.Hour, 25 * clock.Hour, 72 * clock.Hour}).Draw(t, "time"))
}

func (l *life) backwards(t *rapid.T) {
	l.clock.Step(-rapid.SampledFrom([]clock.Time{clock.Second, 59 * clock.Minute, 3 * clock.Hour}).Draw(t, "back"))
}

func (l *life) check(t *rapid.T) {
	now := l.clock.Now()
	for _, p := range l.requests {
		s, err := l.State(ctx, p.secret)
		if p.used || now >= p.until {
			wantKind(t, err, errs.NotOpen)
			continue
		}
		must(t, err)
		n, opens := l.standing(p)
		if ready := !p.stopped && opens != 0 && now >= opens; s.Yes != n || s.Opens != opens || s.Ready != ready || s.Stopped != p.stopped {
			t.Fatalf("a request stands %v, want %d yes, opens %d, ready %v, stopped %v at %d", s, n, opens, ready, p.stopped, now)
		}
	}
}

// TestALoginIsGivenBackByTwo: in random lives a login is given back only after two different people who may had said yes
// and the wait was over, never after a stop, and once.
func TestALoginIsGivenBackByTwo(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		histories.Check(t, 25, func(t *rapid.T) {
			l := newLife(t, w)
			t.Repeat(map[string]func(*rapid.T){
				"": l.check, "name": l.nameHolder, "end": l.endHolder, "ask": l.ask, "confirm": l.confirm, "confirm too": l.confirm, "confirm three": l.confirm,
				"stop": l.stop, "use": l.use, "use too": l.use, "passes": l.passes, "back": l.backwards,
			})
		})
	})
}
