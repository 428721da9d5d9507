package roles_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/community/roles"
	"beside/internal/errs"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/keeper"
	"beside/internal/peer"
	"beside/internal/store"
	"beside/internal/testkit/histories"
)

// A life is a person, four workers, and one of the team, who puts workers into a role and takes them out. The person gives her book to the role, or
// to all workers here, says "not them" and "yes, at once", takes it back, gives the same longer, and what it should end with comes. Beside it
// stands a model. After each act every worker reads her book, and she reads who can.
type life struct {
	*world
	place   id.Community
	owner   owner
	team    grant.Subject
	role    id.Role
	workers [4]*person
	given   map[book.Whom]*gift
}

// person is a worker as the model has them.
type person struct {
	grant.Subject
	works clock.Time // since when they work here, 0 for not
	holds clock.Time // since when they hold the role, 0 for not
	by    id.Holding
	held  bool // they held it before
}

// gift is what she gave to the role, or to all workers.
type gift struct {
	event bool
	came  bool
	since clock.Time
	until clock.Time
	yes   map[id.Person]clock.Time // when she said it, or gave it to who was there
	no    map[id.Person]bool
}

func newLife(t *rapid.T, w *world) *life {
	l := &life{world: w, place: w.Another(t), owner: w.person(t), given: map[book.Whom]*gift{}}
	l.team = w.works(t, book.HatTeam, l.place)
	e := w.Entry()
	must(t, w.Make(ctx, l.team, e, "the evening line"))
	must(t, w.Make(ctx, l.team, e, "the evening line")) // sent twice
	l.role = roles.Of(e)
	for i := range l.workers {
		l.workers[i] = &person{Subject: w.works(t, book.HatWorker, l.place), works: w.Clock.Now()}
	}
	l.Clock.Step(clock.Minute)
	for i := range 2 {
		l.puts(t, l.workers[i])
	}
	l.Clock.Step(clock.Minute)
	return l
}

func (l *life) worker(t *rapid.T) *person {
	return rapid.SampledFrom(l.workers[:]).Draw(t, "worker")
}

func (l *life) of(to book.Whom) peer.Whoever {
	if to == book.ToRole {
		return peer.Whoever{Role: l.role, Name: book.NewText("the evening line")}
	}
	return peer.Whoever{Place: l.place}
}

// one is since when somebody is one of those to whom it is given; 0 for not.
func (l *life) one(p *person, to book.Whom) clock.Time {
	switch {
	case p.works == 0:
		return 0
	case to == book.ToRole && p.holds >= p.works:
		return p.holds
	case to == book.ToWorkers:
		return p.works
	}
	return 0
}

// can is the law in words.
func (l *life) can(p *person, to book.Whom) bool {
	g := l.given[to]
	if g == nil || g.came || l.Clock.Now() >= g.until {
		return false
	}
	since := l.one(p, to)
	if since == 0 || since > l.Clock.Now() || g.no[p.Person] {
		return false
	}
	at, said := g.yes[p.Person]
	return said && at >= since || l.Clock.Now() >= since+grant.ComesAfter
}

func (l *life) puts(t *rapid.T, p *person) {
	e := l.Entry()
	must(t, l.PutIn(ctx, l.team, e, l.role, p.Person, 0, 0))
	must(t, l.PutIn(ctx, l.team, e, l.role, p.Person, 0, 0)) // sent twice
	p.holds, p.by = l.Clock.Now(), holding(e)
	all, err := l.All(ctx, l.team)
	must(t, err)
	for _, h := range all[0].Holders {
		if h.ID == p.by {
			p.holds = h.Since
		}
	}
	if g := l.given[book.ToRole]; g != nil && p.held && g.yes[p.Person] >= p.holds {
		t.Fatal("who comes again comes not later than what was said of them before")
	}
	p.held = true
}

func holding(e id.Entry) id.Holding { h, _ := id.FromBytes[id.Holding](e.Bytes()); return h }

// putIn: one of the team puts a worker in; nobody else can, and nobody who is in or does not work here.
func (l *life) putIn(t *rapid.T) {
	p := l.worker(t)
	wantKind(t, l.PutIn(ctx, p.Subject, l.Entry(), l.role, p.Person, 0, 0), errs.NotOpen)
	wantKind(t, l.PutIn(ctx, l.owner.Subject, l.Entry(), l.role, p.Person, 0, 0), errs.NotOpen)
	if p.works == 0 || p.by != (id.Holding{}) && p.holds >= p.works { // who works here again holds nothing from before
		wantKind(t, l.PutIn(ctx, l.team, l.Entry(), l.role, p.Person, 0, 0), errs.Invalid)
		return
	}
	l.puts(t, p)
}

// takeOut: one of the team takes a worker out.
func (l *life) takeOut(t *rapid.T) {
	p := l.worker(t)
	if p.by == (id.Holding{}) {
		return
	}
	wantKind(t, l.TakeOut(ctx, p.Subject, p.by), errs.NotOpen)
	must(t, l.TakeOut(ctx, l.team, p.by))
	must(t, l.TakeOut(ctx, l.team, p.by))
	p.holds, p.by = 0, id.Holding{}
}

// leaves: a worker does not work here any more, or does again.
func (l *life) leaves(t *rapid.T) {
	p := l.worker(t)
	now := l.Clock.Now()
	must(t, l.DB.Update(ctx, func(tx *store.Tx) error {
		if p.works != 0 {
			_, err := tx.Exec(`UPDATE membership SET until = 0 WHERE person = $1`, p.Person)
			return err
		}
		_, err := tx.Exec(`INSERT INTO membership (id, community, person, hat, since, until) VALUES ($1, $2, $3, 'worker', $4, $5)`, id.New[id.Membership](l.IDs), l.place, p.Person, now, int64(1)<<60)
		return err
	}))
	if p.works != 0 {
		p.works = 0
	} else {
		p.works = now
	}
}

func (l *life) whom(t *rapid.T) book.Whom {
	return rapid.SampledFrom([]book.Whom{book.ToRole, book.ToRole, book.ToWorkers}).Draw(t, "to")
}

// gave is the grant as it stands.
func (l *life) gave(t *rapid.T, to book.Whom) *peer.Several {
	list, err := l.peers.Several(ctx, l.owner.Subject, l.owner.Book)
	must(t, err)
	for i := range list {
		if (list[i].Of.Role.IsZero()) == (to == book.ToWorkers) {
			return &list[i]
		}
	}
	return nil
}

// gives: she gives to those she is shown; when somebody is one of them whom she was not shown, nothing is given.
func (l *life) gives(t *rapid.T) {
	to := l.whom(t)
	g := peer.SeveralGiving{Entry: l.Entry(), Of: l.of(to), Sections: []book.Section{book.SectionWords}, ReadOnly: rapid.Bool().Draw(t, "to read"), Until: l.Clock.Now() + 20*clock.Day}
	if rapid.Bool().Draw(t, "until something") {
		g.Event = book.NewText("until I have moved")
	}
	people, err := l.peers.Holders(ctx, l.owner.Subject, l.owner.Book, g.Of)
	must(t, err)
	for _, o := range people {
		g.Shown = append(g.Shown, o.Seen())
	}
	var base id.Entry
	if was := l.gave(t, to); was != nil {
		base = was.Head
	}
	if len(people) > 0 && rapid.IntRange(0, 3).Draw(t, "somebody comes meanwhile") == 0 {
		g.Shown = g.Shown[1:]
		wantKind(t, l.peers.GiveSeveral(ctx, l.owner.Subject, l.owner.Book, g, base), errs.Changed)
		return
	}
	err = l.peers.GiveSeveral(ctx, l.owner.Subject, l.owner.Book, g, base)
	if len(people) == 0 {
		wantKind(t, err, errs.Changed)
		return
	}
	must(t, err)
	must(t, l.peers.GiveSeveral(ctx, l.owner.Subject, l.owner.Book, g, base)) // sent twice
	now := l.Clock.Now()
	x := &gift{event: !g.Event.Blank(), since: now, until: g.Until, yes: map[id.Person]clock.Time{}, no: map[id.Person]bool{}}
	stands := false
	if was := l.given[to]; was != nil {
		x.no, stands = was.no, !was.came && now < was.until
	}
	for _, p := range l.workers {
		if at := l.one(p, to); at != 0 && at <= now && !x.no[p.Person] && (!stands || l.can(p, to)) { // who waits, waits on
			x.yes[p.Person] = now
		}
	}
	l.given[to] = x
}

// says: she says "not them", or "yes, at once".
func (l *life) says(t *rapid.T) {
	to, p, yes := l.whom(t), l.worker(t), rapid.Bool().Draw(t, "yes")
	s := l.gave(t, to)
	if s == nil {
		return
	}
	g := l.given[to]
	err := l.peers.Answer(ctx, l.owner.Subject, l.owner.Book, l.Entry(), s.Item, s.Head, p.Person, yes)
	_, said := g.yes[p.Person]
	if err == nil { // who left comes anew, were it within the same microsecond
		for _, gone := range l.workers {
			if l.one(gone, to) == 0 {
				delete(g.yes, gone.Person)
			}
		}
	}
	since := l.one(p, to)
	switch {
	case g.came || l.Clock.Now() >= g.until:
		wantKind(t, err, errs.Changed)
		return
	case since == 0 && !g.no[p.Person]:
		if !said { // of somebody of whom nothing is kept any more it may be said or not
			wantKind(t, err, errs.NotOpen)
		}
		if err == nil && !yes {
			g.no[p.Person] = true
		}
		return
	}
	must(t, err)
	delete(g.no, p.Person)
	delete(g.yes, p.Person)
	if yes && since != 0 {
		g.yes[p.Person] = max(since, l.Clock.Now())
	} else if !yes {
		g.no[p.Person] = true
	}
}

// longer: she gives the same once more. Who reads by it is who read by it before.
func (l *life) longer(t *rapid.T) {
	to := l.whom(t)
	if s := l.gave(t, to); s != nil && s.Open(l.Clock.Now()) {
		until := l.Clock.Now() + 20*clock.Day
		must(t, l.peers.Longer(ctx, l.owner.Subject, l.owner.Book, l.Entry(), s.Item, s.Head, until))
		l.given[to].until = until
	}
}

// comes: what it should end with comes.
func (l *life) comes(t *rapid.T) {
	to := l.whom(t)
	s := l.gave(t, to)
	if s == nil || !s.Open(l.Clock.Now()) {
		return
	}
	e := l.Entry()
	err := l.peers.Happened(ctx, l.owner.Subject, l.owner.Book, e, s.Item, s.Head)
	if !l.given[to].event {
		wantKind(t, err, errs.Changed)
		return
	}
	must(t, err)
	must(t, l.peers.Happened(ctx, l.owner.Subject, l.owner.Book, e, s.Item, s.Head))
	l.given[to].came = true
}

func (l *life) takesBack(t *rapid.T) {
	to := l.whom(t)
	if s := l.gave(t, to); s != nil {
		must(t, l.peers.TakeBack(ctx, l.owner.Subject, l.owner.Book, l.Entry(), s.Item, s.Head))
		delete(l.given, to)
	}
}

func (l *life) passes(t *rapid.T) {
	l.Clock.Step(clock.Time(rapid.SampledFrom([]int{1, 12, 30, 71, 73, 100}).Draw(t, "hours")) * clock.Hour)
}

// check has every worker read, and her read who can.
func (l *life) check(t *rapid.T) {
	now := l.Clock.Now()
	for _, p := range l.workers {
		may := l.can(p, book.ToRole) || l.can(p, book.ToWorkers)
		r, err := l.Keeper.Theirs(ctx, p.Subject, l.owner.Book, keeper.Want{})
		if !may {
			wantKind(t, err, errs.NotOpen)
		} else if must(t, err); !slices.Equal(r.Sections, []book.Section{book.SectionName, book.SectionWords}) {
			t.Fatalf("somebody sees %v", r.Sections)
		}
		names, err := l.Keeper.Names(ctx, p.Subject)
		must(t, err)
		if (len(names) == 1) != may {
			t.Fatalf("somebody finds %d names, and may read: %v", len(names), may)
		}
		for _, to := range []book.Whom{book.ToRole, book.ToWorkers} {
			s := l.gave(t, to)
			if (s == nil) != (l.given[to] == nil) {
				t.Fatal("she is not told what is given")
			}
			if s == nil {
				continue
			}
			told := false
			for _, o := range s.People {
				if told = told || o.Person == p.Person; o.Person != p.Person {
					continue
				}
				if reads := s.Open(now) && o.Since != 0 && o.From <= now && !o.Refused && !o.Known; reads != l.can(p, to) {
					t.Fatalf("she is told that they can read it: %v", reads)
				}
				if o.Refused != l.given[to].no[p.Person] {
					t.Fatalf("she is told that she said no: %v", o.Refused)
				}
			}
			if told != (l.one(p, to) != 0 || l.given[to].no[p.Person]) {
				t.Fatalf("she is told of one of them: %v", told)
			}
		}
	}
}

// TestWhoComesLater: for random lives, who reads by a role, or as one of all workers, is who was there when she gave it, whom she said yes to, and who
// has been there for three days without her saying no; nobody who left, or came again, reads by what was before; and she is always told who.
func TestWhoComesLater(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		histories.Check(t, 15, func(t *rapid.T) {
			l := newLife(t, w)
			t.Repeat(map[string]func(*rapid.T){
				"": l.check, "gives": l.gives, "gives 2": l.gives, "puts in": l.putIn, "puts in 2": l.putIn, "takes out": l.takeOut, "leaves": l.leaves, "says": l.says, "says 2": l.says,
				"longer": l.longer, "comes": l.comes, "takes back": l.takesBack, "time passes": l.passes, "time passes 2": l.passes,
			})
		})
	})
}
