package recovery_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"beside/internal/account"
	"beside/internal/account/recovery"
	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/keeper"
	"beside/internal/store"
	"beside/internal/testkit/histories"
)

// desk is a random life at the desk: people who lost everything, three of the team, beside a model in plain words.
type desk struct {
	*world
	people  []somebody // the last is in the team too
	books   []id.Book
	team    []somebody
	inTeam  []bool
	came    clock.Time // when the second of the team did: not long ago
	pleas   []*deskPlea
	lookFor string // a part of everybody's name in this life
}

type deskPlea struct {
	secret, code  string
	person        int // -1 until somebody said who it is
	asked, until  clock.Time
	stopped, used bool
	yes           map[int]clock.Time // by member
	claims        map[int]clock.Time
}

func newDesk(t *rapid.T, w *world) *desk {
	w.from++
	d := &desk{world: w, lookFor: fmt.Sprintf("life%d", w.from)}
	d.came = w.clock.Now() - rapid.SampledFrom([]clock.Time{0, grant.TwoAfter - clock.Day, grant.TwoAfter}).Draw(t, "in the team for")
	for i := range 3 {
		since := w.clock.Now() - grant.TwoAfter - clock.Day
		if i == 1 {
			since = d.came
		}
		d.team, d.inTeam = append(d.team, w.memberSince(t, book.HatTeam, since)), append(d.inTeam, true)
	}
	for _, name := range []string{"Mira", "Yusuf"} {
		d.people = append(d.people, w.join(t, name+" "+d.lookFor))
	}
	must(t, d.rename(t, d.team[2], "Toni "+d.lookFor))
	d.people = append(d.people, d.team[2])
	for _, p := range d.people {
		d.books = append(d.books, d.in(t, p).Book)
	}
	d.ask(t)
	return d
}

func (w *world) rename(t tester, s somebody, name string) error {
	in := w.in(t, s)
	versions, err := w.keeper.Versions(ctx, subject(s), in.Book, book.Only(in.Book, book.KindName))
	must(t, err)
	_, err = w.keeper.Write(ctx, subject(s), in.Book, keeper.Draft{
		ID: w.entry(), Kind: book.KindName, Act: book.ActWrite, Item: book.Only(in.Book, book.KindName), Base: versions[len(versions)-1].ID,
		Body: &book.Name{Words: book.NewText(name)}, Via: book.ViaWeb,
	})
	return err
}

func (d *desk) ask(t *rapid.T) {
	now := d.clock.Now()
	secret, code := d.world.ask(t, recovery.AtDesk, "")
	d.pleas = append(d.pleas, &deskPlea{secret: secret, code: code, person: -1, asked: now, until: now + recovery.RequestLasts, yes: map[int]clock.Time{}, claims: map[int]clock.Time{}})
}

func (d *desk) draw(t *rapid.T) (*deskPlea, int) {
	return d.pleas[rapid.IntRange(0, len(d.pleas)-1).Draw(t, "request")], rapid.IntRange(0, 2).Draw(t, "member")
}

// mayTouch reports whether a member may look at a request, and fails when the answer was another.
func (d *desk) mayTouch(t *rapid.T, p *deskPlea, m int, err error) bool {
	if errs.Is(err, errs.TooOften) {
		return false
	}
	if !d.inTeam[m] {
		wantKind(t, err, errs.NotOpen)
		return false
	}
	if p.stopped || p.used || d.clock.Now() >= p.until || p.person == 2 && m == 2 {
		wantKind(t, err, errs.Invalid)
		return false
	}
	return true
}

func (d *desk) claim(t *rapid.T) {
	p, m := d.draw(t)
	_, err := d.Claim(ctx, team(d.team[m]), p.code)
	if !d.mayTouch(t, p, m, err) {
		return
	}
	must(t, err)
	if n, _ := d.standing(p); n < 2 {
		p.claims[m] = min(p.until, d.clock.Now()+recovery.ClaimLasts)
	}
}

// mayFind is the law in words: who is in the team and was told the code of somebody at the desk, for others who are not.
func (d *desk) mayFind(m, person int) bool {
	return d.inTeam[m] && (person != 2 || m != 2 && !d.inTeam[2]) && slices.ContainsFunc(d.pleas, func(p *deskPlea) bool { return p.claims[m] > d.clock.Now() })
}

func (d *desk) find(t *rapid.T) {
	_, m := d.draw(t)
	found, _, err := d.keeper.FindByName(ctx, team(d.team[m]), id.New[id.Request](d.ids), book.PurposeDesk, "  "+d.lookFor+" ")
	must(t, err)
	for i, b := range d.books {
		has := slices.ContainsFunc(found, func(f keeper.FoundName) bool { return f.Book == b })
		if has != d.mayFind(m, i) {
			t.Fatalf("member %d found person %d: %v", m, i, has)
		}
	}
	if as, _, err := d.keeper.FindByName(ctx, subject(d.team[m]), id.New[id.Request](d.ids), book.PurposeDesk, d.lookFor); err != nil || len(as) > 0 {
		t.Fatalf("in their own hat a member found %d names, %v", len(as), err)
	}
}

func (d *desk) met(t *rapid.T) {
	p, m := d.draw(t)
	person := rapid.SampledFrom([]int{0, 0, 0, 1, 2}).Draw(t, "person")
	err := d.Met(ctx, team(d.team[m]), p.code, d.books[person])
	if !errs.Is(err, errs.TooOften) && d.inTeam[m] && m == 1 && d.clock.Now() < d.came+grant.TwoAfter {
		wantKind(t, err, errs.Changed)
		return
	}
	if !d.mayTouch(t, p, m, err) {
		return
	}
	switch {
	case !d.mayFind(m, person):
		wantKind(t, err, errs.NotOpen)
		return
	case p.person >= 0 && p.person != person:
		wantKind(t, err, errs.Invalid)
		return
	}
	must(t, err)
	p.person = person
	if _, said := p.yes[m]; !said {
		at := max(d.clock.Now(), p.asked)
		for _, y := range p.yes {
			at = max(at, y)
		}
		p.yes[m] = at
	}
	if n, _ := d.standing(p); n >= 2 {
		clear(p.claims)
	}
}

func (d *desk) standing(p *deskPlea) (int, clock.Time) {
	var at []clock.Time
	for m, y := range p.yes {
		if d.inTeam[m] {
			at = append(at, y)
		}
	}
	slices.Sort(at)
	if len(at) < 2 {
		return len(at), 0
	}
	return len(at), at[1] + recovery.WaitDesk
}

func (d *desk) doubt(t *rapid.T) {
	p, m := d.draw(t)
	if rapid.IntRange(0, 3).Draw(t, "rarely") > 0 {
		return
	}
	err := d.Doubt(ctx, team(d.team[m]), p.code)
	if !d.mayTouch(t, p, m, err) {
		return
	}
	must(t, err)
	p.stopped = true
	clear(p.claims)
}

func (d *desk) leave(t *rapid.T) {
	if m := rapid.IntRange(0, 8).Draw(t, "member"); m < 3 {
		d.leaves(t, d.team[m])
		d.inTeam[m] = false
	}
}

func (d *desk) stop(t *rapid.T) {
	p, _ := d.draw(t)
	if p.person < 0 || p.stopped || p.used || d.clock.Now() >= p.until || rapid.IntRange(0, 3).Draw(t, "rarely") > 0 {
		return
	}
	s := d.in(t, d.people[p.person])
	mine, err := d.Pendings(ctx, s)
	must(t, err)
	for _, q := range mine {
		must(t, d.Stop(ctx, s, q.ID))
	}
	for _, q := range d.pleas {
		if q.person == p.person && !q.used && d.clock.Now() < q.until {
			q.stopped = true
			clear(q.claims)
		}
	}
}

func (d *desk) use(t *rapid.T) {
	p, _ := d.draw(t)
	now := d.clock.Now()
	_, opens := d.standing(p)
	in, err := d.giveBack(p.secret)
	if errs.Is(err, errs.TooOften) {
		return
	}
	if p.stopped || p.used || now >= p.until || opens == 0 || now < opens {
		wantKind(t, err, errs.NotOpen)
		return
	}
	must(t, err)
	if in.Person != d.people[p.person].id || in.Way != account.WayGivenBack {
		t.Fatalf("a login was given back to %v by %s", in.Person, in.Way)
	}
	for _, q := range d.pleas {
		if q.person == p.person && !q.stopped {
			q.used = true
		}
	}
	p.used = true
	clear(p.claims)
}

func (d *desk) passes(t *rapid.T) {
	d.clock.Step(rapid.SampledFrom([]clock.Time{-clock.Hour, clock.Second, 29 * clock.Minute, 23 * clock.Hour, 25 * clock.Hour}).Draw(t, "time"))
}

func (d *desk) check(t *rapid.T) {
	now := d.clock.Now()
	for _, p := range d.pleas {
		s, err := d.State(ctx, p.secret)
		if p.used || now >= p.until {
			wantKind(t, err, errs.NotOpen)
			continue
		}
		must(t, err)
		if n, opens := d.standing(p); s.Yes != n || s.Opens != opens || s.Stopped != p.stopped {
			t.Fatalf("a request stands %v, want %d yes %v, opens %d, stopped %v", s, n, slices.Collect(maps.Values(p.yes)), opens, p.stopped)
		}
	}
}

// TestTheDeskTakesTwo: in random lives names are found only by who holds a request, and a login is given back only after two
// different members said that it is the same person, a day passed, and nobody stopped it.
func TestTheDeskTakesTwo(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.clock.Step(60 * clock.Day) // those who came when the place began are over
		histories.Check(t, 25, func(t *rapid.T) {
			d := newDesk(t, w)
			t.Repeat(map[string]func(*rapid.T){
				"": d.check, "ask": d.ask, "claim": d.claim, "claim too": d.claim, "claim three": d.claim, "find": d.find, "met": d.met, "met too": d.met, "met three": d.met,
				"doubt": d.doubt, "leave": d.leave, "stop": d.stop, "use": d.use, "use too": d.use, "passes": d.passes,
			})
		})
	})
}

// claims has a member be told the code of somebody at the desk.
func (w *world) claims(t tester) (member somebody, code string) {
	member = w.member(t, book.HatTeam)
	_, code = w.ask(t, recovery.AtDesk, "")
	_, err := w.Claim(ctx, team(member), code)
	must(t, err)
	return member, code
}

func (w *world) finds(t tester, member somebody, code, typed string) []string {
	list, _, err := w.Find(ctx, team(member), code, typed)
	must(t, err)
	var names []string
	for _, f := range list {
		names = append(names, f.Name.Show())
	}
	return names
}

func TestANameIsFoundAsItIsNow(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		ana, yusuf := w.join(t, "Ana María O'Neil"), w.join(t, "Yusuf")
		for range 7 {
			w.join(t, "Katherine")
		}
		w.join(t, "Catherine")
		member, code := w.claims(t)
		for typed, want := range map[string][]string{
			"ANA": {"Ana María O'Neil"}, "oneil maria": {"Ana María O'Neil"}, "youssef": {"Yusuf"}, "ana yusuf": nil, "Zoltan": nil,
		} {
			if got := w.finds(t, member, code, typed); !slices.Equal(got, want) {
				t.Errorf("%q finds %q, want %q", typed, got, want)
			}
		}
		list, more, err := w.Find(ctx, team(member), code, "catherine")
		must(t, err)
		if len(list) != keeper.MostFound || !more || list[0].Name.Show() != "Catherine" {
			t.Errorf("%d found, more %v, %q first", len(list), more, list[0].Name.Show())
		}
		must(t, w.rename(t, yusuf, "Jo"))
		if got := w.finds(t, member, code, "yusuf"); got != nil {
			t.Errorf("an old name finds %q", got)
		}
		if got := w.finds(t, member, code, "jo"); !slices.Equal(got, []string{"Jo"}) {
			t.Errorf("the new name finds %q", got)
		}
		in := w.in(t, ana)
		looks, err := w.keeper.Looks(ctx, subject(ana), in.Book, 0, 10)
		must(t, err)
		if len(looks) != 2 || looks[0].Reader != member.id || looks[0].Hat != book.HatTeam || looks[0].Purpose != book.PurposeDesk || looks[0].Section != book.SectionName {
			t.Errorf("two findings are the looks %+v", looks)
		}
		_, _, err = w.Find(ctx, team(member), code, " 🐝 ")
		wantKind(t, err, errs.Invalid)
	})
}

func TestNamesFromBeforeTheIndexAreFound(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.join(t, "Mira")
		w.join(t, "🐝")
		must(t, w.db.Update(ctx, func(tx *store.Tx) error {
			_, err := tx.Exec(`DELETE FROM name_part`)
			return err
		}))
		member, code := w.claims(t)
		if got := w.finds(t, member, code, "mira"); !slices.Equal(got, []string{"Mira"}) {
			t.Errorf("found %q", got)
		}
	})
}

func TestWhoKnowsAPersonDoesNotFindThem(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		mira := w.join(t, "Mira")
		member, code := w.claims(t)
		in := w.in(t, mira)
		_, err := w.keeper.Write(ctx, subject(mira), in.Book, keeper.Draft{
			ID: w.entry(), Kind: book.KindTie, Act: book.ActWrite, Item: book.TieWith(in.Book, member.id), Body: &book.Tie{Other: member.id, Bond: book.BondFamily}, Via: book.ViaWeb,
		})
		must(t, err)
		if got := w.finds(t, member, code, "mira"); got != nil {
			t.Errorf("found %q", got)
		}
		wantKind(t, w.Met(ctx, team(member), code, in.Book), errs.NotOpen)
	})
}
