package reviewing_test

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"beside/internal/account"
	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/community/reviewing"
	"beside/internal/errs"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/keeper"
	"beside/internal/store"
	"beside/internal/testkit/histories"
)

// A life is three of a team, two workers, three others and somebody with a book, and what they do: ask, say yes, end, invite, leave, find,
// answer, give. After each act the database is held against the law, which is said here in plain words once more.
type life struct {
	*world
	people  []somebody // the first three begin in the team, the next two as workers; the last has the book that is given
	tokens  []string
	asks    []asking
	ends    []ending
	found   map[id.Finding]string // as they were published
	answers map[id.Entry]string
	forms   []id.Entry // by which something was found
	grants  []given
	tied    map[id.Person]bool
	goal    id.Item
	theirs  bool           // who was drawn last had that role then
	seen    map[string]int // how often what happened
}

// asking is that one of the team asked for somebody, and who else said yes.
type asking struct {
	id  id.Reviewer
	by  id.Person
	yes []id.Person
}

// ending is that one of the team said why a role shall end, and who said yes.
type ending struct {
	id       id.Entry
	reviewer id.Reviewer
	by       id.Person
	yes      id.Person
}

// given is what stands of what the owner gave to one reviewer.
type given struct {
	to       id.Person
	item     id.Item
	head     id.Entry
	since    clock.Time
	until    clock.Time
	sections []book.Section
}

func newLife(t *rapid.T, w *world, seen map[string]int) *life {
	l := &life{world: w, seen: seen, found: map[id.Finding]string{}, answers: map[id.Entry]string{}, tied: map[id.Person]bool{}}
	must(t, w.DB.Update(ctx, func(tx *store.Tx) error { // every life begins in an empty place
		for _, q := range []string{`DELETE FROM finding_answer`, `DELETE FROM finding`, `DELETE FROM reviewer_end`, `DELETE FROM reviewer`, `DELETE FROM membership`, `DELETE FROM invitation`} {
			if _, err := tx.Exec(q); err != nil {
				return err
			}
		}
		return nil
	}))
	w.Clock.Step(grant.TwoAfter + clock.Day) // the place is no longer new
	for range 9 {
		l.people = append(l.people, w.join(t))
	}
	w.founds(t, l.people[0])
	for i, hat := range []book.Hat{book.HatTeam, book.HatTeam, book.HatWorker, book.HatWorker} {
		token, err := w.accounts.Invite(ctx, l.people[0].as(book.HatTeam), hat)
		must(t, err)
		must(t, w.accepts(t, l.people[i+1], token))
	}
	w.Clock.Step(grant.TwoAfter) // who comes from now on is not one of two yet
	l.goal = w.write(t, l.owner(), keeper.Draft{Kind: book.KindGoal, Act: book.ActWrite, Body: &book.Goal{Words: book.NewText("swim")}}).Item
	w.write(t, l.owner(), keeper.Draft{Kind: book.KindStrength, Act: book.ActWrite, Body: &book.Strength{Words: book.NewText("patience")}})
	if rapid.IntRange(0, 3).Draw(t, "somebody reviews already") > 0 {
		token := l.twoAsk(t)
		must(t, w.accepts(t, l.people[5], token))
	}
	return l
}

func (l *life) owner() somebody { return l.people[8] }

// twoAsk has two of the team ask for somebody.
func (l *life) twoAsk(t tester) string {
	e := l.Entry()
	must(t, l.Ask(ctx, l.people[0].as(book.HatTeam), e, "Ruth"))
	r, _ := id.FromBytes[id.Reviewer](e.Bytes())
	token, err := l.Second(ctx, l.people[1].as(book.HatTeam), r)
	must(t, err)
	l.asks = append(l.asks, asking{r, l.people[0].id, []id.Person{l.people[1].id}})
	return token
}

// role is a membership as it stands in the database.
type role struct {
	id                  id.Membership
	person              id.Person
	hat                 book.Hat
	since, until, ended clock.Time
}

func (l *life) roles(t tester) (all []role) {
	must(t, l.DB.View(ctx, func(tx *store.Tx) error {
		all = nil
		return store.Each(tx, `SELECT id, person, hat, since, until, ended_at FROM membership ORDER BY since, id`, nil, func(scan func(...any) error) error {
			var r role
			err := scan(&r.id, &r.person, &r.hat, &r.since, &r.until, &r.ended)
			all = append(all, r)
			return err
		})
	}))
	return all
}

// has reports whether somebody has a role now.
func (l *life) has(t tester, who id.Person, hat book.Hat) bool {
	return slices.ContainsFunc(l.roles(t), func(r role) bool { return r.person == who && r.hat == hat && r.until > l.Clock.Now() })
}

var hats = []book.Hat{book.HatTeam, book.HatWorker, book.HatReviewer, book.HatSelf}

// drawn is somebody in a hat, mostly in the one that fits, and mostly in one that is theirs.
func (l *life) drawn(t *rapid.T, fit book.Hat) (somebody, book.Hat) {
	hat := fit
	if rapid.IntRange(0, 3).Draw(t, "another hat") == 0 {
		hat = rapid.SampledFrom(hats).Draw(t, "hat")
	}
	var s somebody
	if fits := slices.DeleteFunc(slices.Clone(l.people), func(s somebody) bool { return !l.has(t, s.id, hat) }); len(fits) > 0 && rapid.IntRange(0, 4).Draw(t, "it is theirs") > 0 {
		s = rapid.SampledFrom(fits).Draw(t, "who")
	} else {
		s = rapid.SampledFrom(l.people).Draw(t, "who")
	}
	l.theirs = l.has(t, s.id, hat)
	return s, hat
}

// may wants NotOpen from who was drawn without the role, and reports whether they had it.
func (l *life) may(t *rapid.T, worn, hat book.Hat, err error) bool {
	if worn == hat && l.theirs {
		return true
	}
	wantKind(t, err, errs.NotOpen)
	return false
}

// fresh wants Changed where one of the team does not count as one of two yet, and reports whether they do not.
func (l *life) fresh(t *rapid.T, who somebody, err error) bool {
	counts := slices.ContainsFunc(l.roles(t), func(r role) bool {
		return r.person == who.id && r.hat == book.HatTeam && r.until > l.Clock.Now() && l.Clock.Now() >= r.since+grant.TwoAfter
	})
	if !counts {
		wantKind(t, err, errs.Changed)
		l.seen["asked of who came just now"]++
	}
	return !counts
}

func (l *life) ask(t *rapid.T) {
	s, hat := l.drawn(t, book.HatTeam)
	e := l.Entry()
	err := l.Ask(ctx, s.as(hat), e, "Ruth, from the county")
	if !l.may(t, hat, book.HatTeam, err) || l.fresh(t, s, err) {
		return
	}
	must(t, err)
	must(t, l.Ask(ctx, s.as(hat), e, "Ruth, from the county"))
	r, _ := id.FromBytes[id.Reviewer](e.Bytes())
	l.asks = append(l.asks, asking{id: r, by: s.id})
}

func (l *life) second(t *rapid.T) {
	if len(l.asks) == 0 {
		t.Skip("nobody was asked for")
	}
	s, hat := l.drawn(t, book.HatTeam)
	x := &l.asks[rapid.IntRange(0, len(l.asks)-1).Draw(t, "asking")]
	token, err := l.Second(ctx, s.as(hat), x.id)
	if !l.may(t, hat, book.HatTeam, err) || l.fresh(t, s, err) {
		return
	}
	if x.by == s.id {
		wantKind(t, err, errs.NotOpen)
		return
	}
	if err == nil {
		l.tokens, x.yes = append(l.tokens, token), append(x.yes, s.id)
	} else {
		wantKind(t, err, errs.NotOpen)
	}
}

// invites: the team invites a worker, or into the team; nobody invites a reviewer so.
func (l *life) invites(t *rapid.T) {
	s, hat := l.drawn(t, book.HatTeam)
	token, err := l.accounts.Invite(ctx, s.as(hat), rapid.SampledFrom([]book.Hat{book.HatWorker, book.HatTeam, book.HatReviewer}).Draw(t, "as"))
	if err == nil {
		l.tokens = append(l.tokens, token)
	}
}

// accept: somebody accepts a link, whatever it gives.
func (l *life) accept(t *rapid.T) {
	if len(l.tokens) == 0 {
		t.Skip("no link")
	}
	l.Clock.Step(1) // who lays a review down and takes up another does not do both in one microsecond
	err := l.accepts(t, rapid.SampledFrom(l.people).Draw(t, "who accepts"), l.last(t, l.tokens))
	if err != nil && !errs.Is(err, errs.NotOpen) && !errs.Is(err, errs.Invalid) {
		t.Fatal(err)
	}
	if err == nil {
		l.seen["accepted"]++
	} else if errs.Is(err, errs.Invalid) {
		l.seen["refused as not apart"]++
	}
}

// last is mostly the last of a list.
func (l *life) last(t *rapid.T, list []string) string {
	if rapid.IntRange(0, 2).Draw(t, "an older one") > 0 {
		return list[len(list)-1]
	}
	return rapid.SampledFrom(list).Draw(t, "which")
}

// endsRole: one of the team ends any role by themselves.
func (l *life) endsRole(t *rapid.T) {
	s, hat := l.drawn(t, book.HatTeam)
	all := l.roles(t)
	r := rapid.SampledFrom(all).Draw(t, "role")
	err := l.accounts.EndMembership(ctx, s.as(hat), r.id)
	if err == nil && r.hat == book.HatReviewer {
		t.Fatal("one of the team ended a review")
	}
}

func (l *life) saysEnd(t *rapid.T) {
	if len(l.asks) == 0 {
		t.Skip("nobody was asked for")
	}
	s, hat := l.drawn(t, book.HatTeam)
	of := slices.DeleteFunc(slices.Clone(l.asks), func(x asking) bool { return l.reviewsAs(t, x.id).IsZero() })
	if len(of) == 0 {
		of = l.asks
	}
	x, e := rapid.SampledFrom(of).Draw(t, "reviewer"), l.Entry()
	if err := l.SayEnd(ctx, s.as(hat), e, x.id, "a year is over"); l.may(t, hat, book.HatTeam, err) && !l.fresh(t, s, err) && err == nil {
		l.ends = append(l.ends, ending{id: e, reviewer: x.id, by: s.id})
	}
}

func (l *life) end(t *rapid.T) {
	if len(l.ends) == 0 {
		t.Skip("nobody said so")
	}
	s, hat := l.drawn(t, book.HatTeam)
	from := 0
	if rapid.IntRange(0, 2).Draw(t, "an older one") > 0 {
		from = len(l.ends) - 1
	}
	x := &l.ends[rapid.IntRange(from, len(l.ends)-1).Draw(t, "ending")]
	err := l.End(ctx, s.as(hat), x.reviewer, x.id)
	if !l.may(t, hat, book.HatTeam, err) || l.fresh(t, s, err) {
		return
	}
	if err == nil {
		if x.by == s.id {
			t.Fatal("one of the team ended a review by saying it twice")
		}
		x.yes = s.id
		l.seen["ended by two"]++
	} else {
		wantKind(t, err, errs.NotOpen)
	}
}

func (l *life) laysDown(t *rapid.T) {
	s, hat := l.drawn(t, book.HatReviewer)
	e := l.Entry()
	err := l.LayDown(ctx, s.as(hat), e, "I move away")
	if l.may(t, hat, book.HatReviewer, err) {
		must(t, err)
		l.ends = append(l.ends, ending{id: e, by: s.id, yes: s.id})
		l.seen["laid down"]++
	}
}

// find: somebody publishes something, or sends a form once more with other words.
func (l *life) find(t *rapid.T) {
	s, hat := l.drawn(t, book.HatReviewer)
	e, f := l.Entry(), reviewing.Found{Words: fmt.Sprint("it is so: ", len(l.found))}
	again := len(l.forms) > 0 && rapid.Bool().Draw(t, "a form once more")
	if again {
		e = rapid.SampledFrom(l.forms).Draw(t, "form")
	}
	if len(l.forms) > 0 && rapid.Bool().Draw(t, "adds") {
		f.AddsTo = reviewing.FindingOf(rapid.SampledFrom(l.forms).Draw(t, "adds to"))
	}
	err := l.Find(ctx, s.as(hat), e, f)
	if !l.may(t, hat, book.HatReviewer, err) {
		return
	}
	if again {
		wantKind(t, err, errs.AlreadyKept)
		return
	}
	must(t, err)
	l.seen["found"]++
	l.found[reviewing.FindingOf(e)], l.forms = f.Words, append(l.forms, e)
}

func (l *life) answer(t *rapid.T) {
	if len(l.forms) == 0 {
		t.Skip("nothing was found")
	}
	s, hat := l.drawn(t, book.HatTeam)
	e := l.Entry()
	err := l.Answer(ctx, s.as(hat), e, reviewing.FindingOf(rapid.SampledFrom(l.forms).Draw(t, "finding")), "we see to it")
	if l.may(t, hat, book.HatTeam, err) {
		must(t, err)
		l.answers[e] = "we see to it"
		l.seen["answered"]++
	}
}

// gives: the owner gives something to somebody who was asked for, or takes it back.
func (l *life) gives(t *rapid.T) {
	if n := len(l.grants); n > 0 && rapid.IntRange(0, 2).Draw(t, "takes back") == 0 {
		g := l.grants[n-1]
		l.write(t, l.owner(), keeper.Draft{Kind: book.KindSharing, Act: book.ActPutAway, Item: g.item, Base: g.head})
		l.grants = l.grants[:n-1]
		return
	}
	if len(l.asks) == 0 {
		t.Skip("nobody was asked for")
	}
	x := rapid.SampledFrom(l.asks).Draw(t, "to")
	all, err := l.Reviewers(ctx, l.owner().as(book.HatSelf))
	must(t, err)
	i := slices.IndexFunc(all, func(r reviewing.Reviewer) bool { return r.ID == x.id })
	now := l.Clock.Now()
	g := reviewing.Giving{Entry: l.Entry(), Reviewer: x.id, Until: now + clock.Time(rapid.SampledFrom([]int{1, 90, 91}).Draw(t, "days"))*clock.Day,
		Sections: rapid.SliceOfNDistinct(rapid.SampledFrom(book.Givable()[1:]), 0, 2, rapid.ID[book.Section]).Draw(t, "sections")}
	gave, err := l.Gave(ctx, l.owner().as(book.HatSelf), l.owner().book)
	must(t, err)
	for _, y := range gave {
		if y.Reviewer == x.id {
			g.Base = y.Head
		}
	}
	err = l.Give(ctx, l.owner().as(book.HatSelf), l.owner().book, g)
	to := l.reviewsAs(t, x.id)
	switch {
	case !all[i].Now() || to == l.owner().id:
		wantKind(t, err, errs.NotOpen)
		return
	case g.Until > now+book.MaxReview:
		wantKind(t, err, errs.Invalid)
		return
	case l.tied[to]:
		wantKind(t, err, errs.Changed)
		l.seen["tied"]++
		return
	}
	if errs.Is(err, errs.Changed) {
		return // they reviewed before as somebody else whom the team asked for, and what was given then stands
	}
	must(t, err)
	l.seen["given"]++
	l.grants = slices.DeleteFunc(l.grants, func(y given) bool { return y.to == to })
	gave, err = l.Gave(ctx, l.owner().as(book.HatSelf), l.owner().book)
	must(t, err)
	for _, y := range gave {
		if y.Head == g.Entry {
			l.grants = append(l.grants, given{to, y.Item, y.Head, now, g.Until, append([]book.Section{book.SectionName}, g.Sections...)})
		}
	}
}

// reviewsAs is who reviews now as whom the team asked.
func (l *life) reviewsAs(t tester, r id.Reviewer) (who id.Person) {
	must(t, l.DB.View(ctx, func(tx *store.Tx) error {
		return store.NotNone(tx.Row(`SELECT m.person FROM reviewer AS q JOIN invitation AS i ON i.id = q.invitation JOIN membership AS m ON m.person = i.used_by AND m.since = i.used_at
			WHERE q.id = $1 AND m.until > $2 AND m.hat = 'reviewer'`, r, l.Clock.Now()).Scan(&who))
	}))
	return who
}

// knows: the owner says that they know somebody from their own life.
func (l *life) knows(t *rapid.T) {
	other := rapid.SampledFrom(l.people[5:8]).Draw(t, "known")
	if l.tied[other.id] {
		t.Skip("said already")
	}
	l.write(t, l.owner(), keeper.Draft{Kind: book.KindTie, Act: book.ActWrite, Item: book.TieWith(l.owner().book, other.id), Body: &book.Tie{Other: other.id, Bond: book.Bonds()[0]}})
	l.tied[other.id] = true
}

func (l *life) passes(t *rapid.T) {
	l.Clock.Step(clock.Time(rapid.SampledFrom([]int{1, 24, 24 * 8, 24 * 80, 24 * 200}).Draw(t, "hours")) * clock.Hour)
}

// forces: the owner writes a grant by which a reviewer would suggest, past every page; it is refused.
func (l *life) forces(t *rapid.T) {
	to := rapid.SampledFrom(l.people[:8]).Draw(t, "to")
	s := &book.Sharing{As: book.HatReviewer, Recipient: to.id, Sections: book.Givable(), Purpose: book.PurposeReview, Until: l.Clock.Now() + clock.Day}
	_, err := l.Keeper.Write(ctx, l.owner().as(book.HatSelf), l.owner().book, keeper.Draft{ID: l.Entry(), Kind: book.KindSharing, Act: book.ActWrite, Via: book.ViaWeb, Body: s})
	wantKind(t, err, errs.Invalid)
}

// check holds what is there against the law.
func (l *life) check(t *rapid.T) {
	l.checkFound(t)
	l.checkRoles(t)
	l.checkRead(t)
}

// checkFound: everything that was found and answered stands as it was published, and nothing else does.
func (l *life) checkFound(t *rapid.T) {
	found, answers := map[id.Finding]string{}, map[id.Entry]string{}
	must(t, l.DB.View(ctx, func(tx *store.Tx) error {
		err := store.Each(tx, `SELECT id, words FROM finding`, nil, func(scan func(...any) error) error {
			var f id.Finding
			var words string
			err := scan(&f, &words)
			found[f] = words
			return err
		})
		if err != nil {
			return err
		}
		return store.Each(tx, `SELECT id, words FROM finding_answer`, nil, func(scan func(...any) error) error {
			var e id.Entry
			var words string
			err := scan(&e, &words)
			answers[e] = words
			return err
		})
	}))
	if fmt.Sprint(found) != fmt.Sprint(l.found) || fmt.Sprint(answers) != fmt.Sprint(l.answers) {
		t.Fatalf("there stands %v and %v, but %v and %v was written", found, answers, l.found, l.answers)
	}
	all, err := l.Findings(ctx)
	must(t, err)
	if len(all) != len(l.found) {
		t.Fatalf("%d findings are read, %d were written", len(all), len(l.found))
	}
}

// checkRoles: nobody reviews who is a worker or in the team, or was within a year; a review begins when two said so, and ends when two did, or
// by the reviewer.
func (l *life) checkRoles(t *rapid.T) {
	all := l.roles(t)
	for _, a := range all {
		if a.hat != book.HatReviewer {
			continue
		}
		for _, b := range all {
			if b.person != a.person || b.hat == book.HatReviewer {
				continue
			}
			first, then := a, b
			if b.since < a.since {
				first, then = b, a
			}
			if first.until != 0 || first.ended > then.since-account.ApartFor {
				t.Fatalf("%v was %s until %d, and %s from %d on", a.person, first.hat, first.ended, then.hat, then.since)
			}
		}
		two := slices.ContainsFunc(l.asks, func(x asking) bool { return slices.ContainsFunc(x.yes, func(p id.Person) bool { return p != x.by }) })
		if !two {
			t.Fatal("somebody reviews for whom no two asked")
		}
		if a.until == 0 && !slices.ContainsFunc(l.ends, func(x ending) bool {
			return !x.yes.IsZero() && (x.reviewer.IsZero() && x.by == a.person || !x.reviewer.IsZero() && x.by != x.yes)
		}) {
			t.Fatal("a review ended, and no two said so")
		}
	}
}

// checkRead: who reviews reads what was given to them, and nothing else; nobody suggests in that hat.
func (l *life) checkRead(t *rapid.T) {
	all, now := l.roles(t), l.Clock.Now()
	for _, s := range l.people[:8] {
		var want []book.Section
		for _, g := range l.grants {
			reviews := slices.ContainsFunc(all, func(r role) bool {
				return r.person == s.id && r.hat == book.HatReviewer && r.until > now && r.since <= g.since
			})
			if g.to == s.id && reviews && g.until > now && !l.tied[s.id] {
				want = g.sections
			}
		}
		r, err := l.Keeper.Theirs(ctx, s.as(book.HatReviewer), l.owner().book, keeper.Want{})
		if want == nil {
			wantKind(t, err, errs.NotOpen)
		} else {
			must(t, err)
			l.seen["read"]++
			for _, p := range r.Items[0] {
				if !slices.Contains(want, p.Section) {
					t.Fatalf("a reviewer reads %s, and was given %v", p.Section, want)
				}
			}
			if slices.Contains(want, book.SectionGoals) != slices.ContainsFunc(r.Items[0], func(p keeper.Piece) bool { return p.ID == l.goal }) {
				t.Fatalf("a reviewer was given %v, and reads %d things", want, len(r.Items[0]))
			}
			if len(r.Suggest)+len(r.Act) > 0 {
				t.Fatalf("a reviewer may suggest in %v, and write in %v", r.Suggest, r.Act)
			}
		}
		_, err = l.Keeper.Write(ctx, s.as(book.HatReviewer), l.owner().book, keeper.Draft{ID: l.Entry(), Kind: book.KindStrength, Act: book.ActSuggest, Via: book.ViaWeb, Body: &book.Strength{Words: book.NewText("you listen")}})
		wantKind(t, err, errs.NotOpen)
	}
}

// TestNoManagerEditsAFinding: in no history of what teams, workers, reviewers and others do is something found changed or gone; does somebody
// review who has or lately had another role here; does a review begin or end by one of the team; or does a reviewer read what was not given.
func TestNoManagerEditsAFinding(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		seen := map[string]int{}
		histories.Check(t, 30, func(t *rapid.T) {
			l := newLife(t, w, seen)
			t.Repeat(map[string]func(*rapid.T){
				"": l.check, "ask": l.ask, "second": l.second, "second 2": l.second, "invites": l.invites, "accept": l.accept, "accept 2": l.accept, "ends a role": l.endsRole, "says end": l.saysEnd, "says end 2": l.saysEnd, "end": l.end, "end 2": l.end,
				"lays down": l.laysDown, "find": l.find, "find 2": l.find, "answer": l.answer, "gives": l.gives, "gives 2": l.gives, "knows": l.knows, "time passes": l.passes, "forces": l.forces,
			})
		})
		for _, want := range []string{"accepted", "refused as not apart", "ended by two", "laid down", "found", "answered", "given", "read"} {
			if seen[want] == 0 {
				t.Errorf("no life had %q: they are too narrow", want)
			}
		}
		t.Log(seen)
	})
}
