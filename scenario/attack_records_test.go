package scenario

import (
	"bytes"
	"encoding/json"
	"image"
	"image/jpeg"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"beside/internal/account"
	"beside/internal/account/contact"
	"beside/internal/account/known"
	"beside/internal/account/recovery"
	"beside/internal/app"
	"beside/internal/asking"
	"beside/internal/attending"
	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/community/narrowing"
	"beside/internal/community/reviewing"
	"beside/internal/community/roles"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/journey"
	"beside/internal/journey/made"
	"beside/internal/keeper"
	"beside/internal/legal"
	"beside/internal/outside"
	"beside/internal/peer"
	"beside/internal/peer/signed"
	"beside/internal/store"
	"beside/internal/testkit/htmlcheck"
	"beside/internal/testkit/world"
)

// What the attack table asks for: a real record of Mira's for everything a path can name, and a form that would be taken if
// it were the owner's. Whoever adds a route with something new in its path, or a form with new fields, says here how they
// are filled.

// record is what a path names, and the same of what never was.
type record struct {
	real, never map[string]string
	base        id.Entry // the head of the item, for its form
	item        id.Item
	reviewer    id.Reviewer // whose role shall end
}

// self is Mira in her own hat.
func (a *attack) self() grant.Subject {
	return grant.Subject{Person: a.person["Mira"].Person, Hat: book.HatSelf}
}

// write is an act of Mira's own, on a new item when none is named.
func (a *attack) write(t *testing.T, d keeper.Draft) book.Entry {
	t.Helper()
	d.ID, d.Via = id.New[id.Entry](a.App.IDs), book.ViaWeb
	if d.Act == "" {
		d.Act, d.Kind = book.ActWrite, d.Body.Kind()
	}
	done, err := a.App.Keeper.Write(t.Context(), a.self(), a.person["Mira"].Book, d)
	if err != nil {
		t.Fatal(err)
	}
	return done[0]
}

func mark(what string) book.Text { return book.NewText("the " + marks[what]) }

// lives fills Mira's book: every part of it has a mark. Kim walked with her once and suggested something; now Sam does, and
// was given her name and what matters to her.
func (a *attack) lives(t *testing.T) {
	t.Helper()
	mira := a.person["Mira"]
	a.write(t, keeper.Draft{Body: &book.Words{Words: mark("words")}, Item: book.Only(mira.Book, book.KindWords)})
	strength := a.write(t, keeper.Draft{Body: &book.Strength{Words: mark("strength")}})
	goal := a.write(t, keeper.Draft{Body: &book.Goal{Words: mark("goal"), BuildsOn: []id.Item{strength.Item}}})
	a.write(t, keeper.Draft{Body: &book.Step{Words: mark("step"), Goal: goal.Item}})
	a.write(t, keeper.Draft{Body: &book.Note{Words: mark("worry"), Domain: book.DomainHome}})
	a.write(t, keeper.Draft{Body: &book.Moment{What: book.WhatHard, Words: mark("day")}})
	a.choose(t, "Kim", book.SectionWords, book.SectionStrengths, book.SectionGoals)
	kim := grant.Subject{Person: a.person["Kim"].Person, Hat: book.HatWorker}
	for range 8 {
		e := id.New[id.Entry](a.App.IDs)
		if err := a.App.Peers.Suggest(t.Context(), kim, mira.Book, e, &book.Strength{Words: mark("suggestion")}); err != nil {
			t.Fatal(err)
		}
		a.suggested = append(a.suggested, e)
	}
	a.choose(t, "Sam", book.SectionWords)
	a.rule(t, grant.ClosesReading, book.SectionStrengths)
	a.ruth = a.reviews(t, a.person["Ruth"].Person)
	a.givesRuth(t)
}

// givesRuth is Mira giving what matters to her to be reviewed.
func (a *attack) givesRuth(t *testing.T) {
	t.Helper()
	g := reviewing.Giving{Entry: id.New[id.Entry](a.App.IDs), Reviewer: a.ruth, Sections: []book.Section{book.SectionWords}, Until: a.Clock.Now() + book.MaxReview}
	if err := a.App.Review.Give(t.Context(), a.self(), a.person["Mira"].Book, g); err != nil {
		t.Fatal(err)
	}
}

// asks is Mira, in the team's hat, asking for somebody to review the place.
func (a *attack) asks(t *testing.T) id.Reviewer {
	t.Helper()
	a.exec(t, `UPDATE membership SET since = 0 WHERE hat = 'team'`)    // they have been here for long
	a.exec(t, `UPDATE reviewer SET asked_at = asked_at - 86400000000`) // there is an end to how many a day
	e := id.New[id.Entry](a.App.IDs)
	if err := a.App.Review.Ask(t.Context(), grant.Subject{Person: a.person["Mira"].Person, Hat: book.HatTeam}, e, "somebody of the county"); err != nil {
		t.Fatal(err)
	}
	r, err := id.FromBytes[id.Reviewer](e.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// reviews is somebody for whom Mira and Toni asked, and who reviews the place.
func (a *attack) reviews(t *testing.T, who id.Person) id.Reviewer {
	t.Helper()
	r := a.asks(t)
	if _, err := a.App.Review.Second(t.Context(), grant.Subject{Person: a.person["Toni"].Person, Hat: book.HatTeam}, r); err != nil {
		t.Fatal(err)
	}
	now := a.Clock.Now()
	a.exec(t, `UPDATE invitation SET used_by = $1, used_at = $2 WHERE id = (SELECT invitation FROM reviewer WHERE id = $3)`, who, now, r)
	a.exec(t, `INSERT INTO membership (id, community, person, hat, since, until) VALUES ($1, $2, $3, 'reviewer', $4, $5)`, id.New[id.Membership](a.App.IDs), a.App.Community, who, now, now+1000*clock.Day)
	return r
}

// rule is a rule of the centre's over all workers, which Toni makes.
func (a *attack) rule(t *testing.T, closes grant.Closes, sec book.Section) id.Narrowing {
	t.Helper()
	e := id.New[id.Entry](a.App.IDs)
	toni := grant.Subject{Person: a.person["Toni"].Person, Hat: book.HatTeam}
	if err := a.App.Rules.Say(t.Context(), toni, e, narrowing.Rule{AllBut: true, Section: sec, Closes: closes, Words: "it is safer so"}); err != nil {
		t.Fatal(err)
	}
	return narrowing.Of(e)
}

// line makes a role that Sam holds.
func (a *attack) line(t *testing.T) (id.Role, id.Holding) {
	t.Helper()
	e, h := id.New[id.Entry](a.App.IDs), id.New[id.Entry](a.App.IDs)
	toni := grant.Subject{Person: a.person["Toni"].Person, Hat: book.HatTeam}
	err := a.App.Roles.Make(t.Context(), toni, e, "the line "+e.String())
	if err == nil {
		a.held = a.Clock.Now()
		err = a.App.Roles.PutIn(t.Context(), toni, h, roles.Of(e), a.person["Sam"].Person, 0, 0)
	}
	if err != nil {
		t.Fatal(err)
	}
	holding, _ := id.FromBytes[id.Holding](h.Bytes())
	return roles.Of(e), holding
}

// fillSeveral is that Mira gave what matters to her to a role that Sam holds, until something comes.
func (r *record) fillSeveral(t *testing.T, a *attack) {
	t.Helper()
	role, _ := a.line(t)
	mira := a.person["Mira"]
	g := peer.SeveralGiving{Entry: id.New[id.Entry](a.App.IDs), Of: peer.Whoever{Role: role, Name: book.NewText("the line")}, Sections: []book.Section{book.SectionWords},
		Until: a.Clock.Now() + 30*clock.Day, Event: book.NewText("until it rains")}
	there, err := a.App.Peers.Holders(t.Context(), a.self(), mira.Book, g.Of)
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range there {
		g.Shown = append(g.Shown, o.Seen())
	}
	if err := a.App.Peers.GiveSeveral(t.Context(), a.self(), mira.Book, g, id.Entry{}); err != nil {
		t.Fatal(err)
	}
	r.item, r.base = keeper.NewItem(g.Entry), g.Entry
}

// organisationsSignIn is a sign-in of the organisation's that says where it is, and lets nobody in. It returns its address.
func organisationsSignIn(t *testing.T) string {
	t.Helper()
	var s *httptest.Server
	s = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(map[string]any{
			"issuer": s.URL, "authorization_endpoint": s.URL + "/in", "token_endpoint": s.URL + "/token", "jwks_uri": s.URL + "/keys",
			"id_token_signing_alg_values_supported": []string{"RS256"}, "keys": []string{},
		})
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// choose is Mira's yes to a worker.
func (a *attack) choose(t *testing.T, worker string, sections ...book.Section) {
	t.Helper()
	a.Clock.Step(clock.Millisecond)
	err := a.App.Peers.Choose(t.Context(), a.self(), a.person["Mira"].Book, peer.Choice{
		Entry: id.New[id.Entry](a.App.IDs), Worker: a.person[worker].Person, Sections: sections, Until: a.Clock.Now() + 300*clock.Day,
	})
	if err != nil {
		t.Fatal(err)
	}
}

// mend puts right what a form that was taken has changed: Sam walks with Mira, was given little, and nobody knows anybody.
func (a *attack) mend(t *testing.T) {
	t.Helper()
	for _, name := range []string{"Mira", "Sam"} {
		s := a.person[name]
		who := grant.Subject{Person: s.Person, Hat: book.HatSelf}
		ties, err := a.App.Peers.Ties(t.Context(), who, s.Book)
		for _, x := range ties {
			if err == nil {
				err = a.App.Peers.Unsay(t.Context(), who, s.Book, id.New[id.Entry](a.App.IDs), x.Item, x.Head)
			}
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	a.choose(t, "Sam", book.SectionWords)
	gave, err := a.App.Review.Gave(t.Context(), a.self(), a.person["Mira"].Book)
	if err != nil {
		t.Fatal(err)
	}
	if len(gave) == 0 { // leaving takes all back
		a.givesRuth(t)
	}
}

// fill makes what a part of a path names, by the part's name.
var fill = map[string]func(a *attack, t *testing.T, pattern string, x *asker, r *record) (is, never string){
	"item": (*attack).fillItem,
	"erasing": func(a *attack, t *testing.T, pattern string, _ *asker, _ *record) (string, string) {
		never := id.New[id.Entry](a.App.IDs).String()
		if strings.Contains(pattern, "/me/") {
			e := a.write(t, keeper.Draft{Body: &book.Strength{Words: mark("strength")}})
			return a.write(t, keeper.Draft{Body: &book.Erasing{Items: []id.Item{e.Item}}, Act: book.ActErase, Kind: book.KindErasing}).ID.String(), never
		}
		return erasedWhole(t, a.App).String(), never
	},
	"entry": func(a *attack, _ *testing.T, pattern string, x *asker, _ *record) (string, string) {
		e := a.suggested[0]
		if x.name == "owner" && strings.HasPrefix(pattern, "POST ") {
			a.suggested = a.suggested[1:]
		}
		return e.String(), id.New[id.Entry](a.App.IDs).String()
	},
	"death": func(a *attack, _ *testing.T, _ string, _ *asker, _ *record) (string, string) {
		return id.New[id.Entry](a.App.IDs).String(), id.New[id.Entry](a.App.IDs).String() // nobody is said to have died
	},
	"book": func(a *attack, _ *testing.T, _ string, _ *asker, _ *record) (string, string) {
		return a.person["Mira"].Book.String(), id.New[id.Book](a.App.IDs).String()
	},
	"person": func(a *attack, t *testing.T, pattern string, _ *asker, r *record) (string, string) {
		if !strings.Contains(pattern, "/of/") {
			r.fillGiven(t, a)
		}
		return a.person["Sam"].Person.String(), id.New[id.Person](a.App.IDs).String()
	},
	"holding": func(a *attack, t *testing.T, _ string, _ *asker, _ *record) (string, string) {
		_, holding := a.line(t)
		return holding.String(), id.New[id.Holding](a.App.IDs).String()
	},
	"kind": func(_ *attack, _ *testing.T, pattern string, _ *asker, _ *record) (string, string) {
		if strings.Contains(pattern, "/gallery/") {
			return "changed", "changed"
		}
		if strings.Contains(pattern, "/write/") {
			return "goal", "goal"
		}
		return "strength", "strength"
	},
	"domain": func(_ *attack, _ *testing.T, _ string, _ *asker, _ *record) (string, string) {
		return string(book.DomainHome), string(book.DomainHome)
	},
	"said": func(_ *attack, _ *testing.T, _ string, _ *asker, _ *record) (string, string) { return "over", "over" },
	"token": func(a *attack, t *testing.T, pattern string, _ *asker, _ *record) (string, string) {
		if strings.Contains(pattern, "/helping/") {
			token := a.nameHolder(t)
			return token, strings.Repeat("2", len(token))
		}
		if strings.Contains(pattern, "/near/") {
			token := a.askNear(t, a.askedNear)
			return token, strings.Repeat("2", len(token))
		}
		token, err := a.App.Accounts.Invite(t.Context(), grant.Subject{Person: a.person["Toni"].Person, Hat: book.HatTeam}, book.HatWorker)
		if err != nil {
			t.Fatal(err)
		}
		return token, strings.Repeat("a", len(token))
	},
	"role": func(a *attack, t *testing.T, pattern string, _ *asker, _ *record) (string, string) {
		if strings.Contains(pattern, "/me/roles/") || strings.Contains(pattern, "/team/duties/") { // elsewhere it is a membership
			role, _ := a.line(t)
			return role.String(), id.New[id.Role](a.App.IDs).String()
		}
		m := id.New[id.Membership](a.App.IDs)
		a.exec(t, `INSERT INTO membership (id, community, person, hat, since, until) VALUES ($1, $2, $3, 'worker', $4, $5)`,
			m, a.App.Community, a.person["Lee"].Person, a.Clock.Now(), a.Clock.Now()+1000*clock.Day)
		a.exec(t, `UPDATE membership SET until = 0 WHERE person = $1 AND id <> $2`, a.person["Lee"].Person, m)
		return m.String(), id.New[id.Membership](a.App.IDs).String()
	},
	"rule": func(a *attack, t *testing.T, _ string, _ *asker, _ *record) (string, string) {
		return a.rule(t, grant.ClosesWriting, book.SectionGoals).String(), id.New[id.Narrowing](a.App.IDs).String()
	},
	"reviewer": func(a *attack, t *testing.T, pattern string, x *asker, r *record) (string, string) {
		never := id.New[id.Reviewer](a.App.IDs).String()
		switch {
		case strings.HasSuffix(pattern, "/yes"):
			return a.asks(t).String(), never
		case !strings.Contains(pattern, "/end"):
			gave, err := a.App.Review.Gave(t.Context(), a.self(), a.person["Mira"].Book)
			if err != nil || len(gave) != 1 {
				t.Fatalf("Mira gave something to %d reviewers, %v", len(gave), err)
			}
			if x.name == "owner" {
				r.base = gave[0].Head
			}
			return a.ruth.String(), never
		}
		r.reviewer = a.reviews(t, id.New[id.Person](a.App.IDs))
		return r.reviewer.String(), never
	},
	"ending": func(a *attack, t *testing.T, _ string, _ *asker, r *record) (string, string) {
		a.exec(t, `UPDATE reviewer_end SET said_at = said_at - 86400000000`)
		e := id.New[id.Entry](a.App.IDs)
		if err := a.App.Review.SayEnd(t.Context(), grant.Subject{Person: a.person["Mira"].Person, Hat: book.HatTeam}, e, r.reviewer, "a year is over"); err != nil {
			t.Fatal(err)
		}
		return e.String(), id.New[id.Entry](a.App.IDs).String()
	},
	"finding": func(a *attack, t *testing.T, _ string, _ *asker, _ *record) (string, string) {
		a.exec(t, `UPDATE finding SET at = at - 86400000000`)
		e := id.New[id.Entry](a.App.IDs)
		if err := a.App.Review.Find(t.Context(), grant.Subject{Person: a.person["Ruth"].Person, Hat: book.HatReviewer}, e, reviewing.Found{Words: "it is late"}); err != nil {
			t.Fatal(err)
		}
		return reviewing.FindingOf(e).String(), id.New[id.Finding](a.App.IDs).String()
	},
	"holder": (*attack).fillHolder,
	"known":  (*attack).fillKnown,
	"look": func(a *attack, t *testing.T, _ string, _ *asker, _ *record) (string, string) {
		return a.lookedAt(t, "Sam", book.HatWorker).String(), id.New[id.Look](a.App.IDs).String()
	},
	"attended": func(a *attack, t *testing.T, pattern string, _ *asker, _ *record) (string, string) {
		return a.metSam(t, strings.HasPrefix(pattern, "GET ")).String(), id.New[id.Attended](a.App.IDs).String()
	},
	"lasting": func(a *attack, t *testing.T, _ string, _ *asker, _ *record) (string, string) {
		return a.lasts(t).String(), id.New[id.Lasting](a.App.IDs).String()
	},
	"paper": func(a *attack, t *testing.T, pattern string, _ *asker, _ *record) (string, string) {
		if strings.Contains(pattern, "/worker/") {
			return a.madeUnder(t).String(), id.New[id.Paper](a.App.IDs).String()
		}
		return a.gaveOutside(t).String(), id.New[id.Paper](a.App.IDs).String()
	},
	"signing": func(a *attack, t *testing.T, pattern string, _ *asker, _ *record) (string, string) {
		return a.sheet(t, pattern).String(), id.New[id.Signing](a.App.IDs).String()
	},
	"demand": func(a *attack, t *testing.T, _ string, _ *asker, _ *record) (string, string) {
		return a.paperCame(t, legal.Request).String(), id.New[id.Demand](a.App.IDs).String()
	},
	"question": func(a *attack, t *testing.T, pattern string, _ *asker, _ *record) (string, string) {
		never := id.New[id.Question](a.App.IDs).String()
		if strings.Contains(pattern, "/team/") {
			return a.askedWhy(t, "Toni", book.HatTeam).String(), never
		}
		if strings.Contains(pattern, "/review/") {
			return a.askedWhy(t, "Ruth", book.HatReviewer).String(), never
		}
		return a.askedWhy(t, "Sam", book.HatWorker).String(), never
	},
	"request": func(a *attack, t *testing.T, _ string, _ *asker, _ *record) (string, string) {
		q := id.New[id.Request](a.App.IDs)
		a.exec(t, `INSERT INTO login_request (id, kind, person, secret_hash, code_hash, asked_at, until, stopped_at, used_at) VALUES ($1, 'holders', $2, $3, $4, $5, $6, 0, 0)`,
			q, a.person["Mira"].Person, []byte("a"+q.String()), []byte("b"+q.String()), a.Clock.Now(), a.Clock.Now()+clock.Day)
		return q.String(), id.New[id.Request](a.App.IDs).String()
	},
	"passkey": func(a *attack, t *testing.T, _ string, _ *asker, _ *record) (string, string) {
		k := id.New[id.Passkey](a.App.IDs)
		a.exec(t, `INSERT INTO passkey (id, person, credential, public_key, flags, sign_count, transports, made_at, seen_at, ended_at) VALUES ($1, $2, $3, $3, 0, 0, '', $4, $4, 0)`,
			k, a.person["Mira"].Person, []byte(k.String()), a.Clock.Now())
		return k.String(), id.New[id.Passkey](a.App.IDs).String()
	},
	"device": func(a *attack, t *testing.T, _ string, _ *asker, _ *record) (string, string) {
		in, err := a.App.Accounts.Open(t.Context(), account.Opening{Person: a.person["Mira"].Person, Way: account.WayDemo, Where: account.Where{Own: true}})
		if err != nil {
			t.Fatal(err)
		}
		return in.Session.Device.String(), id.New[id.Device](a.App.IDs).String()
	},
}

// fillHolder makes somebody whom Mira asked to help her back in, or whom she helps.
func (a *attack) fillHolder(t *testing.T, pattern string, _ *asker, _ *record) (string, string) {
	t.Helper()
	never := id.New[id.Holder](a.App.IDs).String()
	mira := a.fresh(t, "Mira")
	if strings.Contains(pattern, "/holders/") {
		a.nameHolder(t)
		list, err := a.App.Recovery.Holders(t.Context(), mira)
		if err != nil || len(list) == 0 {
			t.Fatalf("Mira asked %d to help her back in, %v", len(list), err)
		}
		return list[0].ID.String(), never
	}
	helps, err := a.App.Recovery.Helps(t.Context(), mira)
	if err == nil && len(helps) == 0 {
		token, again := a.App.Recovery.NameHolder(t.Context(), a.fresh(t, "Lee"), recovery.Naming{Entry: id.New[id.Entry](a.App.IDs), Label: book.NewText("M"), Are: recovery.Friend})
		if err = again; err == nil {
			err = a.App.Recovery.Accept(t.Context(), mira, token, mark("holder"))
		}
		if err == nil {
			helps, err = a.App.Recovery.Helps(t.Context(), mira)
		}
	}
	if err != nil || len(helps) == 0 {
		t.Fatalf("Mira helps %d, %v", len(helps), err)
	}
	return helps[0].ID.String(), never
}

// lookedAt is a look of somebody's at Mira's name. As she has roles here, the team does not find her: its look stands there
// without one.
func (a *attack) lookedAt(t *testing.T, name string, hat book.Hat) id.Look {
	t.Helper()
	a.Clock.Step(clock.Millisecond)
	l, purpose := id.New[id.Look](a.App.IDs), book.PurposeWalking
	if hat == book.HatTeam {
		purpose = book.PurposeDesk
	}
	a.exec(t, `INSERT INTO look (id, book, section, reader, hat, given, purpose, items, at, batch) VALUES ($1, $2, 'name', $3, $4, $1, $5, 1, $6, $7)`,
		l, a.person["Mira"].Book, a.person[name].Person, string(hat), string(purpose), a.Clock.Now(), make([]byte, 32))
	return l
}

// askedWhy is a question of Mira's about a look of somebody's.
func (a *attack) askedWhy(t *testing.T, name string, hat book.Hat) id.Question {
	t.Helper()
	look, mira := a.lookedAt(t, name, hat), a.person["Mira"].Book
	err := a.App.Asking.Ask(t.Context(), a.self(), mira, asking.Query{Entry: id.New[id.Entry](a.App.IDs), Look: look, Words: book.NewText("I was asleep")})
	if err != nil {
		t.Fatal(err)
	}
	all, err := a.App.Asking.Questions(t.Context(), a.self(), mira, look)
	if err != nil {
		t.Fatal(err)
	}
	return all[look].ID
}

// paperCame is a paper that Toni of the team wrote down.
func (a *attack) paperCame(t *testing.T, kind legal.Kind) id.Demand {
	t.Helper()
	d, err := a.App.Legal.Keep(t.Context(), grant.Subject{Person: a.person["Toni"].Person, Hat: book.HatTeam}, legal.Paper{
		Entry: id.New[id.Entry](a.App.IDs), Kind: kind, From: book.NewText("A lawyer"), Reference: book.NewText("12 B 7"), Asks: book.NewText("all records"),
		Came: attending.DayOf(a.Clock.Now(), time.UTC),
	})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// gaveOutside is something that Mira gave to somebody outside Beside.
func (a *attack) gaveOutside(t *testing.T) id.Paper {
	t.Helper()
	x := outside.Asked{
		Entry: id.New[id.Entry](a.App.IDs), Way: outside.Message, Name: mark("name"), To: mark("outside"), Why: mark("outside"), Letter: mark("outside"),
		Parts: []outside.Part{{Bytes: []byte(marks["outside"])}},
	}
	p, err := a.App.Outside.Give(t.Context(), a.self(), a.person["Mira"].Book, x, outside.See(x.Parts))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// lasts is a yes of Mira's that lasts. What a worker reads of it is for a worker to read: it has no mark.
func (a *attack) lasts(t *testing.T) id.Lasting {
	t.Helper()
	e := id.New[id.Entry](a.App.IDs)
	l := outside.Lasting{Name: mark("name"), To: book.NewText("the court"), Why: book.NewText("they asked"), Until: a.Clock.Now() + clock.Day}
	if err := a.App.Outside.Last(t.Context(), a.self(), a.person["Mira"].Book, e, l); err != nil {
		t.Fatal(err)
	}
	return outside.LastingOf(e)
}

// madeUnder is a page that Sam made under such a yes.
func (a *attack) madeUnder(t *testing.T) id.Paper {
	t.Helper()
	sam := grant.Subject{Person: a.person["Sam"].Person, Hat: book.HatWorker}
	x := outside.Asked{
		Entry: id.New[id.Entry](a.App.IDs), Way: outside.Page, Name: mark("name"), To: book.NewText("the court"), Why: book.NewText("they asked"), Days: 1, Of: a.metSam(t, false),
		Parts: []outside.Part{{Bytes: []byte("today")}},
	}
	p, err := a.App.Outside.Under(t.Context(), sam, a.person["Mira"].Book, a.lasts(t), x)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// metSam is that Mira met Sam, who wrote it down, and printed it or did not.
func (a *attack) metSam(t *testing.T, printed bool) id.Attended {
	t.Helper()
	sam := grant.Subject{Person: a.person["Sam"].Person, Hat: book.HatWorker}
	m := attending.Meeting{Entry: id.New[id.Entry](a.App.IDs), Day: attending.DayOf(a.Clock.Now(), time.UTC), Units: 2, Code: attending.Met}
	err := a.App.Attending.Write(t.Context(), sam, a.person["Mira"].Book, m)
	if err == nil && printed {
		err = a.App.Attending.Printed(t.Context(), sam, a.person["Mira"].Book, attending.AttendedOf(m.Entry))
	}
	if err != nil {
		t.Fatal(err)
	}
	return attending.AttendedOf(m.Entry)
}

// sheet is one that Sam printed for Mira to sign, or she herself; where its photograph is asked for, it was signed in front of Toni.
func (a *attack) sheet(t *testing.T, pattern string) id.Signing {
	t.Helper()
	mira, sam, who := a.person["Mira"], a.person["Sam"].Person, a.self()
	if strings.Contains(pattern, "/worker/") {
		who = grant.Subject{Person: sam, Hat: book.HatWorker}
	}
	ask := signed.Ask{Entry: id.New[id.Entry](a.App.IDs), Worker: sam, Sections: []book.Section{book.SectionWords}, Until: a.Clock.Now() + 300*clock.Day}
	s, err := a.App.Papers.Make(t.Context(), who, mira.Book, ask)
	if err != nil || !strings.HasSuffix(pattern, "/photo") {
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	p, err := a.App.Papers.One(t.Context(), who, mira.Book, s)
	var photo bytes.Buffer
	if err == nil {
		err = jpeg.Encode(&photo, image.NewGray(image.Rect(0, 0, 30, 20)), nil)
	}
	if err == nil {
		toni := grant.Subject{Person: a.person["Toni"].Person, Hat: book.HatTeam}
		err = a.App.Papers.Enter(t.Context(), toni, signed.Entering{Number: p.Number, Name: p.Name, Day: attending.DayOf(a.Clock.Now(), time.UTC), Photo: photo.Bytes()})
	}
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// nameHolder asks somebody to help Mira back in, once, and returns the code for it.
func (a *attack) nameHolder(t *testing.T) string {
	t.Helper()
	token, err := a.App.Recovery.NameHolder(t.Context(), a.fresh(t, "Mira"), recovery.Naming{Entry: a.asked, Label: mark("holder"), Are: recovery.Friend})
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(token, " ", "")
}

// fillKnown makes somebody whom Mira asked, who said yes, and whom she has not confirmed yet; or has, where something is given
// to them.
func (a *attack) fillKnown(t *testing.T, pattern string, _ *asker, _ *record) (string, string) {
	t.Helper()
	a.exec(t, `UPDATE known SET confirmed_at = 0, mark = NULL WHERE person = $1`, a.person["Mira"].Person)
	for range 2 {
		list, err := a.App.Known.Mine(t.Context(), a.fresh(t, "Mira"))
		if err != nil {
			t.Fatal(err)
		}
		for _, k := range list {
			if k.AcceptedAt == 0 {
				continue
			}
			if strings.Contains(pattern, "/give/") {
				if err := a.App.Known.Confirm(t.Context(), a.fresh(t, "Mira"), k.ID); err != nil {
					t.Fatal(err)
				}
			}
			return k.ID.String(), id.New[id.Known](a.App.IDs).String()
		}
		token := a.askNear(t, id.New[id.Entry](a.App.IDs))
		err = a.App.Known.Accept(t.Context(), a.fresh(t, "Lee"), token, known.Answer{Note: book.NewText("M"), Self: mark("known")})
		if err != nil {
			t.Fatal(err)
		}
	}
	t.Fatal("nobody whom Mira asked has said yes")
	return "", ""
}

// askNear asks somebody whether they and Mira know each other, and returns the code for it.
func (a *attack) askNear(t *testing.T, e id.Entry) string {
	t.Helper()
	code, err := a.App.Known.Ask(t.Context(), a.fresh(t, "Mira"), known.Naming{Entry: e, Label: mark("known"), Are: known.Friend})
	if err != nil {
		t.Fatal(err)
	}
	return code
}

// fresh is a new session of somebody's, in their own hat.
func (a *attack) fresh(t *testing.T, name string) account.Session {
	t.Helper()
	s, err := a.App.Accounts.Session(t.Context(), a.open(t, a.person[name].Person, book.HatSelf))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// erasedWhole is the erasing of a whole book, of somebody who was here.
func erasedWhole(t *testing.T, in *app.App) id.Entry {
	t.Helper()
	who, b, e := id.New[id.Person](in.IDs), id.New[id.Book](in.IDs), id.New[id.Entry](in.IDs)
	err := in.Vault.MakeBook(t.Context(), b)
	if err == nil {
		err = in.DB.Update(t.Context(), func(tx *store.Tx) error { return in.Keeper.Begin(tx, b, who) })
	}
	if err == nil {
		err = in.Journey.EraseBook(t.Context(), journey.Me{Subject: grant.Subject{Person: who, Hat: book.HatSelf}, Book: b}, e)
	}
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// fillItem makes an item of the sort the path is about, put away where the path brings it back.
func (a *attack) fillItem(t *testing.T, pattern string, _ *asker, r *record) (string, string) {
	t.Helper()
	mira := a.person["Mira"]
	var e book.Entry
	_, path, _ := strings.Cut(pattern, "/me/")
	if strings.Contains(pattern, "/write/") {
		path = "goals/"
	}
	switch sort, _, _ := strings.Cut(path, "/"); sort {
	case "strengths", "erase":
		e = a.write(t, keeper.Draft{Body: &book.Strength{Words: mark("strength")}})
	case "goals":
		e = a.write(t, keeper.Draft{Body: &book.Goal{Words: mark("goal")}})
	case "notes":
		e = a.write(t, keeper.Draft{Body: &book.Note{Words: mark("worry")}})
	case "steps":
		goal := a.write(t, keeper.Draft{Body: &book.Goal{Words: mark("goal")}})
		e = a.write(t, keeper.Draft{Body: &book.Step{Words: mark("step"), Goal: goal.Item}})
	case "circle":
		e = a.write(t, keeper.Draft{Body: &book.Circle{Words: mark("circle")}})
	case "paths":
		e = a.write(t, keeper.Draft{Body: &book.Path{Facet: book.FacetWay, Way: book.WayFaith, Words: mark("path")}})
	case "made":
		var photo bytes.Buffer
		err := jpeg.Encode(&photo, image.NewGray(image.Rect(0, 0, 30, 20)), nil)
		e.ID = id.New[id.Entry](a.App.IDs)
		if err == nil {
			e.Item, err = a.App.Shelf.Keep(t.Context(), a.self(), mira.Book, made.Keeping{Entry: e.ID, Words: mark("made"), Photo: photo.Bytes()})
		}
		if e.Kind = book.KindMade; err != nil {
			t.Fatal(err)
		}
	case "ties":
		alex := a.person["Alex"].Person
		e = book.Entry{Item: book.TieWith(mira.Book, alex), ID: id.New[id.Entry](a.App.IDs)}
		r.item, r.base = e.Item, e.ID
		err := a.App.Peers.Know(t.Context(), a.self(), mira.Book, alex, peer.Knowing{Entry: e.ID, Bond: book.BondFamily, Words: mark("tie")})
		if err != nil {
			t.Fatal(err)
		}
		return e.Item.String(), book.TieWith(id.New[id.Book](a.App.IDs), alex).String()
	case "reach":
		return r.fillAddress(t, a).String(), id.New[id.Item](a.App.IDs).String()
	case "sharing":
		if strings.HasSuffix(pattern, "/came") || strings.Contains(pattern, "/of/") {
			r.fillSeveral(t, a)
			return r.item.String(), id.New[id.Item](a.App.IDs).String()
		}
		r.fillGiven(t, a)
		return r.item.String(), id.New[id.Item](a.App.IDs).String()
	default:
		t.Fatalf("attack_records_test.go does not say which {item} %s is about", pattern)
	}
	if strings.HasSuffix(pattern, "/back") {
		e = a.write(t, keeper.Draft{Act: book.ActPutAway, Kind: e.Kind, Item: e.Item, Base: e.ID})
	}
	r.item, r.base = e.Item, e.ID
	return e.Item.String(), id.New[id.Item](a.App.IDs).String()
}

// fillAddress is about an address of Mira's, the only one she has: nobody keeps as many as are asked about here.
func (r *record) fillAddress(t *testing.T, a *attack) id.Item {
	t.Helper()
	mira := account.Session{Person: a.person["Mira"].Person, Book: a.person["Mira"].Book, Hat: book.HatSelf}
	all, err := a.App.Contacts.All(t.Context(), mira)
	for _, m := range all.Addresses {
		if err == nil {
			err = a.App.Contacts.TakeAway(t.Context(), mira, contact.Form{Entry: id.New[id.Entry](a.App.IDs), Item: m.Item, Base: m.Head})
		}
	}
	r.base = id.New[id.Entry](a.App.IDs)
	if err == nil {
		r.item, err = a.App.Contacts.Keep(t.Context(), mira, contact.Form{Entry: r.base}, contact.Marks{Address: book.NewText(marks["address"] + "@example.org"), Write: true, Lang: "en"})
	}
	if err != nil {
		t.Fatal(err)
	}
	return r.item
}

// fillGiven is about what Mira gave Sam.
func (r *record) fillGiven(t *testing.T, a *attack) {
	t.Helper()
	list, err := a.App.Peers.Companions(t.Context(), a.self(), a.person["Mira"].Book)
	if err != nil || len(list) != 1 {
		t.Fatalf("Mira walks with %d, %v", len(list), err)
	}
	r.item, r.base = list[0].Item, list[0].Head
}

// record makes what the path of a pattern names.
func (a *attack) record(t *testing.T, pattern string, x *asker) record {
	t.Helper()
	r := record{real: map[string]string{}, never: map[string]string{}}
	for part := range strings.SplitSeq(pattern, "/") {
		name, ok := strings.CutPrefix(part, "{")
		if name = strings.TrimSuffix(name, "}"); !ok || name == "$" {
			continue
		}
		make, ok := fill[name]
		if !ok {
			t.Fatalf("attack_records_test.go does not say what {%s} in %s is", name, pattern)
		}
		r.real[name], r.never[name] = make(a, t, pattern, x, &r)
	}
	return r
}

// form is a form that would be taken, from somebody's browser and with a token of theirs.
func (a *attack) form(t *testing.T, pattern string, x *asker, r record) url.Values {
	t.Helper()
	f := url.Values{
		"token": {x.token}, "entry": {id.New[id.Entry](a.App.IDs).String()}, "typed": {"words"},
		"words": {"something small"}, "name": {"Robin"}, "title": {"coach"}, "story": {"I was there."}, "taking_more": {"yes"},
		"contact": {"no"}, "what": {"good"}, "answer": {"yes"}, "bond": {"family"}, "sections": {"words"}, "others": {"leave"},
		"until": {strconv.FormatInt(int64(a.Clock.Now()+30*clock.Day), 10)}, "secret_passphrase": {world.Passphrase},
		"label": {"a friend"}, "are": {"friend"}, "note": {"a friend"}, "how": {"met"}, "code": {"000000"}, "slip": {"0000 0000"}, "secret_pin": {"739104"},
		"as": {a.person["Mira"].Person.String()},
	}
	if !r.item.IsZero() {
		f.Set("item", r.item.String())
	}
	if !r.base.IsZero() && !strings.HasSuffix(pattern, "/steps") {
		f.Set("base", r.base.String())
	}
	if x.hat != "" {
		f.Set("hat", string(x.hat))
	}
	if strings.HasPrefix(pattern, "POST /me/erase/") { // the whole book is not erased here: others want to find it
		f.Set("sure", "yes")
	}
	if strings.HasPrefix(pattern, "POST /me/reach/") {
		f.Set("address", "robin@example.org")
		f.Set("until", "")
		f.Set("may", "write")
	}
	if pattern == "POST /me/ways/phone" {
		f.Set("do", "make")
		f.Set("read", "yes")
		f.Set("secret_passphrase", "a kettle sings by the old window")
	}
	if strings.HasPrefix(pattern, "POST /team/") {
		f.Set("hat", "worker")
	}
	if strings.HasPrefix(pattern, "POST /me/reach/") {
		f.Set("until", "17:30") // there it is a time of the day
		f.Set("address", "robin@example.org")
	}
	if strings.HasPrefix(pattern, "POST /come-in") || strings.HasPrefix(pattern, "POST /prove") { // how often the same words are tried is bounded
		f.Set("words", "robin "+f.Get("entry"))
	}
	if strings.Contains(pattern, "/give/") { // they are asked beforehand what it would show
		for name, value := range map[string]string{"until": "3", "purpose": string(book.PurposeNear), "may": "read", "sections": string(book.SectionWords), "do": "see"} {
			f.Set(name, value)
		}
	}
	if strings.Contains(pattern, "/me/roles/") { // they are asked beforehand what it would show
		for name, value := range map[string]string{"until": "3", "may": "read", "do": "see", "shown": a.person["Sam"].Person.String() + "." + strconv.FormatInt(int64(a.held), 10)} {
			f.Set(name, value)
		}
	}
	if strings.Contains(pattern, "/of/") {
		f.Set("say", "yes")
	}
	if strings.Contains(pattern, "/team/duties") {
		f.Set("name", "the desk "+f.Get("entry"))
		f.Set("person", a.person["Alex"].Person.String())
		f.Set("until", "0")
	}
	if strings.HasSuffix(pattern, "/team/rules") {
		for name, value := range map[string]string{"closes": "3", "section": "goals", "whom": "all", "from": "0", "until": "0"} {
			f.Set(name, value)
		}
	}
	if strings.Contains(pattern, "/me/review/") {
		f.Set("until", "30")
		f.Set("do", "yes")
	}
	if strings.HasSuffix(pattern, "/review/down") {
		f.Set("words", " ")
	}
	if strings.HasSuffix(pattern, "/days") {
		for name, value := range map[string]string{"day": attending.DayOf(a.Clock.Now(), time.UTC), "units": "2", "code": "met"} {
			f.Set(name, value)
		}
	}
	if strings.HasSuffix(pattern, "/paper") {
		f.Set("until", strconv.FormatInt(int64(a.Clock.Now()+60*clock.Day), 10))
		if strings.Contains(pattern, "/worker/") { // there they are months
			f.Set("until", "3")
		}
	}
	if strings.HasSuffix(pattern, "/report") {
		for name, value := range map[string]string{"duty": "a law", "to": "an office", "words": "what I saw", "day": attending.DayOf(a.Clock.Now(), time.UTC)} {
			f.Set(name, value)
		}
	}
	if strings.HasSuffix(pattern, "/papers/new") {
		for name, value := range map[string]string{"kind": "request", "from": "a lawyer", "reference": "12", "asks": "all", "came": attending.DayOf(a.Clock.Now(), time.UTC)} {
			f.Set(name, value)
		}
	}
	if strings.HasSuffix(pattern, "/out/lasting") {
		for name, value := range map[string]string{"to": "a friend", "why": "they asked", "until": "3", "do": "see"} {
			f.Set(name, value)
		}
	}
	if strings.Contains(pattern, "/me/paths/") {
		f.Set("facet", string(book.FacetWay))
		f.Set("way", string(book.WayFaith))
	}
	if strings.Contains(pattern, "/me/made/") {
		f.Set("what", "hands")
	}
	if strings.HasSuffix(pattern, "/out/new") {
		for name, value := range map[string]string{"to": "a friend", "why": "they asked", "letter": "I am well", "as": "page", "do": "see"} {
			f.Set(name, value)
		}
	}
	if x.name == "owner" && strings.HasPrefix(pattern, "POST /me/") && slices.Contains(seen, pattern) { // what she is called and what matters to her keep their marks
		f.Set("words", marks["words"]+" "+f.Get("entry"))
		f.Set("name", marks["name"])
	}
	if slices.Contains(seen, pattern) {
		a.hidden(t, strings.TrimPrefix(pattern, "POST "), x, f)
	}
	return f
}

// seen are forms that say what their sender saw: which version of it stands hidden in the page.
var seen = []string{"POST /me/words", "POST /me/about", "POST /worker/profile"}

// hidden takes from the page of a form what stands hidden in it, if the page is open.
func (a *attack) hidden(t *testing.T, path string, x *asker, f url.Values) {
	t.Helper()
	page := htmlcheck.Parse(t, strings.NewReader(a.ask(t, x, a.comesIn(t, x), "GET "+path, nil, nil).body))
	for _, in := range page.All(`form[action="` + path + `"] input[type="hidden"]`) {
		name, _ := in.Attr("name")
		value, _ := in.Attr("value")
		if f.Get(name) == "" {
			f.Set(name, value)
		}
	}
}
