package grant_test

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/store"
	"beside/internal/store/schema"
	"beside/internal/testkit/histories"
	"beside/internal/testkit/kin"
	"beside/internal/testkit/ready"
)

// TestOneRuleThreeFaces: for random worlds and every question that can be asked in them, the decision in memory, its
// reason, and the clause in a real database say the same, and the same as the rule said in plain words.
func TestOneRuleThreeFaces(t *testing.T) {
	ready.Both(t, func(t *testing.T, where string) {
		ctx := context.Background()
		db, err := store.Open(ctx, where, store.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = db.Close() }()
		if err := db.Migrate(ctx, schema.Files); err != nil {
			t.Fatal(err)
		}
		ids := id.NewMaker(clock.NewManual(1_790_000_000_000_000), nil)
		err = db.Update(ctx, func(tx *store.Tx) error {
			_, err := tx.Exec(`INSERT INTO community (id, name, made_at) VALUES ($1, 'Elm Street', 0)`, id.New[id.Community](ids))
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		asked := map[string]int{}
		histories.Check(t, 100, func(t *rapid.T) {
			worlds := make([]peopled, worldsAtOnce)
			for i := range worlds {
				worlds[i].World, worlds[i].people = drawWorld(t, ids)
			}
			err := db.Update(ctx, func(tx *store.Tx) error {
				for _, w := range worlds {
					if err := putWorld(tx, ids, w.World); err != nil {
						return err
					}
				}
				return nil
			})
			if err == nil {
				err = db.Update(ctx, func(tx *store.Tx) error { return askSome(t, tx, worlds, asked) })
			}
			if err != nil {
				t.Fatal(err)
			}
		})
		for _, want := range []string{"yes own", "yes given", "yes at the desk", "yes ordered", "yes to act", "no not given", "no rule of the centre", "no to act by a rule", "yes beside a rule", "yes to review", "yes as one of role", "yes as one of workers"} {
			if asked[want] == 0 {
				t.Errorf("no question was answered %q: the worlds are too narrow", want)
			}
		}
		t.Log(asked)
	})
}

// worldsAtOnce stand in the database together: 100 histories, as the quick tier has them, are 5,000 worlds, and the 2,100 of the
// heavy tier 105,000. Of each some questions are asked, of another each time.
const (
	worldsAtOnce = 50
	questions    = 8
)

// peopled is a world, and who lives in it.
type peopled struct {
	grant.World
	people []id.Person
}

// theNow is so that who came at 6 has waited, and who came at 7 has not.
const theNow = grant.ComesAfter + 6

// things are the items that questions are about, in every book the same.
var things = func() (list []id.Item) {
	for range 3 {
		list = append(list, id.New[id.Item](id.NewMaker(clock.NewManual(1), nil)))
	}
	return list
}()

func drawWorld(t *rapid.T, ids *id.Maker) (grant.World, []id.Person) {
	people := make([]id.Person, 4)
	for i := range people {
		people[i] = id.New[id.Person](ids)
	}
	near := rapid.SampledFrom([]clock.Time{theNow - 1, theNow, theNow + 1, theNow + 2})
	since := rapid.SampledFrom([]clock.Time{5, 6, 6, 7})
	w := grant.World{Owners: map[id.Book]id.Person{}}
	role, here, there := id.New[id.Role](ids), id.New[id.Community](ids), id.New[id.Community](ids)
	place := rapid.SampledFrom([]id.Community{here, here, here, there})
	for _, p := range people[:2] {
		w.Owners[id.New[id.Book](ids)] = p
	}
	for b := range w.Owners {
		for range rapid.IntRange(1, 5).Draw(t, "grants") {
			g := grant.Given{ID: id.New[id.Item](ids), Book: b, Recipient: rapid.SampledFrom(people).Draw(t, "to"), Purpose: book.PurposeWalking, Since: since.Draw(t, "since"), Until: near.Draw(t, "until")}
			g.Sections = rapid.SliceOfNDistinct(rapid.SampledFrom(book.Givable()), 0, 3, rapid.ID[book.Section]).Draw(t, "sections")
			g.Hat = rapid.SampledFrom([]book.Hat{book.HatWorker, book.HatWorker, book.HatSelf, book.HatTeam, book.HatReviewer}).Draw(t, "as")
			g.Suggests = rapid.IntRange(0, 2).Draw(t, "suggests") > 0
			for _, s := range g.Sections {
				if rapid.Bool().Draw(t, "acts") {
					g.Acts = append(g.Acts, s)
				}
			}
			for _, it := range rapid.SliceOfNDistinct(rapid.SampledFrom(things), 0, 2, rapid.ID[id.Item]).Draw(t, "things") {
				g.Singles = append(g.Singles, book.Single{Section: book.SectionGoals, Item: it})
			}
			if to := rapid.SampledFrom([]book.Whom{book.ToOne, book.ToOne, book.ToRole, book.ToWorkers}).Draw(t, "to whom"); to != book.ToOne {
				s := book.Sharing{To: to, Whoever: book.Whoever{Role: role, Place: place.Draw(t, "of which place")}}
				g.To, g.Recipient = to, s.Reader()
				for _, p := range rapid.SliceOfNDistinct(rapid.SampledFrom(people), 0, 3, rapid.ID[id.Person]).Draw(t, "said of") {
					g.Said = append(g.Said, book.Said{Person: p, Yes: rapid.Bool().Draw(t, "may"), At: rapid.SampledFrom([]clock.Time{5, 6, 7, 8}).Draw(t, "said at")})
				}
			}
			if rapid.IntRange(0, 3).Draw(t, "taken back") == 0 {
				g.TakenBack = theNow - 1
			}
			w.Given = append(w.Given, g)
		}
	}
	for range rapid.IntRange(3, 8).Draw(t, "members") {
		w.Members = append(w.Members, grant.Member{Community: place.Draw(t, "place"), Person: rapid.SampledFrom(people).Draw(t, "who"),
			Hat: rapid.SampledFrom([]book.Hat{book.HatWorker, book.HatWorker, book.HatTeam, book.HatReviewer, book.HatReviewer}).Draw(t, "hat"), Since: since.Draw(t, "since"), Until: near.Draw(t, "until")})
	}
	for range rapid.IntRange(1, 5).Draw(t, "holders") {
		w.Holders = append(w.Holders, grant.Holder{Role: role, Community: place.Draw(t, "holds where"), Person: rapid.SampledFrom(people).Draw(t, "holds it"),
			Since: rapid.SampledFrom([]clock.Time{5, 6, 7, 7, theNow, theNow + 1}).Draw(t, "holds it since"), Until: near.Draw(t, "holds it until"), EndedAt: clock.Time(rapid.IntRange(0, 3).Draw(t, "taken out") / 3)})
	}
	for range rapid.IntRange(0, 3).Draw(t, "claims") {
		w.Claims = append(w.Claims, grant.Claim{Member: rapid.SampledFrom(people).Draw(t, "claims"), Until: near.Draw(t, "until")})
	}
	for i, p := range people[:2] {
		if rapid.Bool().Draw(t, "died") {
			for b, o := range w.Owners {
				if o == p {
					w.Deaths = append(w.Deaths, grant.Death{Book: b, Since: clock.Time(rapid.IntRange(0, 1).Draw(t, "said by two")), ReadsUntil: near.Draw(t, "read until"), OverAt: clock.Time(rapid.IntRange(0, 3).Draw(t, "over") / 3)})
				}
			}
		}
		if rapid.IntRange(0, 2).Draw(t, "says") == 0 {
			w.Dying = append(w.Dying, grant.Claim{Member: people[i+1], Until: near.Draw(t, "claim until")})
		}
	}
	for range rapid.IntRange(0, 2).Draw(t, "ties") {
		x := grant.Tie{One: rapid.SampledFrom(people).Draw(t, "one"), Other: rapid.SampledFrom(people).Draw(t, "other"), EndedAt: rapid.SampledFrom([]clock.Time{0, 0, 5, 6, 7}).Draw(t, "ended")}
		if !slices.ContainsFunc(w.Ties, func(y grant.Tie) bool { return y.One == x.One && y.Other == x.Other }) {
			w.Ties = append(w.Ties, x)
		}
	}
	for range rapid.IntRange(1, 5).Draw(t, "known") {
		x := grant.Known{Person: rapid.SampledFrom(people[:2]).Draw(t, "names"), Other: rapid.SampledFrom(people).Draw(t, "named"), ConfirmedAt: rapid.SampledFrom([]clock.Time{0, 5, 6}).Draw(t, "known again")}
		if !slices.ContainsFunc(w.Known, func(y grant.Known) bool { return y.Person == x.Person && y.Other == x.Other }) {
			w.Known = append(w.Known, x)
		}
	}
	for range rapid.IntRange(1, 4).Draw(t, "rules") {
		w.Rules = append(w.Rules, grant.Narrowing{ID: id.New[id.Narrowing](ids), AllBut: rapid.IntRange(0, 2).Draw(t, "all but") < 2,
			Workers: rapid.SliceOfNDistinct(rapid.SampledFrom(people), 0, 2, rapid.ID[id.Person]).Draw(t, "these"),
			Section: rapid.SampledFrom([]book.Section{"", book.SectionGoals, book.SectionGoals, book.SectionWords, book.SectionName}).Draw(t, "of"),
			Closes:  rapid.SampledFrom([]grant.Closes{grant.ClosesReading, grant.ClosesSuggesting, grant.ClosesWriting, grant.ClosesWriting}).Draw(t, "closes"),
			Since:   rapid.SampledFrom([]clock.Time{0, 0, theNow - 1, theNow, theNow + 1}).Draw(t, "from"),
			Until:   rapid.SampledFrom([]clock.Time{0, 0, theNow + 1, theNow, theNow - 1}).Draw(t, "till"),
			EndedAt: rapid.SampledFrom([]clock.Time{0, 0, 0, 5}).Draw(t, "two ended it")})
	}
	slices.SortFunc(w.Rules, func(a, b grant.Narrowing) int { return bytes.Compare(a.ID.Bytes(), b.ID.Bytes()) })
	var free []id.Person
	for range rapid.IntRange(0, 3).Draw(t, "orders") {
		r := grant.Ordered{ID: id.New[id.Demand](ids), EnteredBy: rapid.SampledFrom(people).Draw(t, "entered by"), From: 10, To: 20,
			Parts:       rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"name", "goals", "days", grant.PartLooked}), 1, 3, rapid.ID[string]).Draw(t, "parts"),
			ConfirmedAt: clock.Time(rapid.IntRange(0, 3).Draw(t, "confirmed") / 3), OverAt: clock.Time(rapid.IntRange(0, 3).Draw(t, "laid aside") / 3)}
		for b := range w.Owners {
			r.Book = b
			if w.Owners[b] == people[0] {
				break
			}
		}
		if c := rapid.SampledFrom(people).Draw(t, "has it in hand"); !slices.Contains(free, c) {
			r.Claims, free = append(r.Claims, grant.Claim{Member: c, Until: near.Draw(t, "until")}), append(free, c)
		}
		w.Ordered = append(w.Ordered, r)
	}
	return w, people
}

// putRules puts the rules of one world in the place of those of the world before: they hold everywhere.
func putRules(tx *store.Tx, c id.Community, rules []grant.Narrowing) error {
	for _, q := range []string{`DELETE FROM narrowing_worker`, `DELETE FROM narrowing`} {
		if _, err := tx.Exec(q); err != nil {
			return err
		}
	}
	var rows, over [][]any
	for _, r := range rules {
		rows = append(rows, []any{r.ID, c, map[bool]int{true: 1}[r.AllBut], string(r.Section), int64(r.Closes), "", r.Since, r.Until, c, c, 0, r.EndedAt})
		for _, p := range r.Workers {
			over = append(over, []any{r.ID, p})
		}
	}
	err := store.Insert(tx, `INSERT INTO narrowing (id, community, all_but, section, closes, words, since, until, said_by, through, said_at, ended_at)`, rows)
	if err == nil && len(over) > 0 {
		err = store.Insert(tx, `INSERT INTO narrowing_worker (narrowing, person)`, over)
	}
	return err
}

func putWorld(tx *store.Tx, ids *id.Maker, w grant.World) error {
	for b, o := range w.Owners {
		if _, err := tx.Exec(`INSERT INTO book (id, owner, seq, made_at) VALUES ($1, $2, 0, 0)`, b, o); err != nil {
			return err
		}
		var items [][]any
		for _, it := range things {
			items = append(items, []any{b, it, "goals", "goal", "live", it.Bytes(), 0, o, 0})
		}
		if err := store.Insert(tx, `INSERT INTO item (book, item, section, kind, state, head, body_seq, named_by, made_seq)`, items); err != nil {
			return err
		}
	}
	for _, g := range w.Given {
		if _, err := tx.Exec(`INSERT INTO given (book, id, recipient, whom, hat, suggests, purpose, since, until, taken_back) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`, g.Book, g.ID, g.Recipient, g.To.Code(), string(g.Hat), map[bool]int{true: 1}[g.Suggests], string(g.Purpose), g.Since, g.Until, g.TakenBack); err != nil {
			return err
		}
		for _, s := range g.Sections {
			if _, err := tx.Exec(`INSERT INTO given_section (book, given, section) VALUES ($1, $2, $3)`, g.Book, g.ID, string(s)); err != nil {
				return err
			}
		}
	}
	if err := putHolders(tx, ids, w); err != nil {
		return err
	}
	for _, g := range w.Given {
		for _, s := range g.Acts {
			if _, err := tx.Exec(`INSERT INTO given_act (book, given, section) VALUES ($1, $2, $3)`, g.Book, g.ID, string(s)); err != nil {
				return err
			}
		}
		for _, x := range g.Singles {
			if _, err := tx.Exec(`INSERT INTO given_item (book, given, item, section) VALUES ($1, $2, $3, $4)`, g.Book, g.ID, x.Item, string(x.Section)); err != nil {
				return err
			}
		}
	}
	for _, m := range w.Members {
		if _, err := tx.Exec(`INSERT INTO membership (id, community, person, hat, since, until) VALUES ($1, $2, $3, $4, $5, $6)`, id.New[id.Membership](ids), m.Community, m.Person, string(m.Hat), m.Since, m.Until); err != nil {
			return err
		}
	}
	for _, c := range w.Claims {
		q := id.New[id.Request](ids)
		if _, err := tx.Exec(`INSERT INTO login_request (id, kind, person, secret_hash, code_hash, asked_at, until, stopped_at, used_at) VALUES ($1, 'desk', NULL, $2, $2, 0, 0, 0, 0)`, q, q.Bytes()); err != nil {
			return err
		}
		if _, err := tx.Exec(`INSERT INTO desk_claim (request, member, until) VALUES ($1, $2, $3)`, q, c.Member, c.Until); err != nil {
			return err
		}
	}
	for _, c := range w.Dying {
		if _, err := tx.Exec(`INSERT INTO death_claim (member, until) VALUES ($1, $2)`, c.Member, c.Until); err != nil {
			return err
		}
	}
	for _, x := range w.Deaths {
		if _, err := tx.Exec(`INSERT INTO death (id, book, person, said_at, since, reads_until, over_at) VALUES ($1, $2, $3, 1, $4, $5, $6)`, id.New[id.Entry](ids), x.Book, w.Owners[x.Book], x.Since, x.ReadsUntil, x.OverAt); err != nil {
			return err
		}
	}
	for _, r := range w.Ordered {
		if err := putOrdered(tx, ids, r); err != nil {
			return err
		}
	}
	for _, x := range w.Known {
		for b, o := range w.Owners {
			if o == x.Person {
				if err := kin.Know(tx, ids, o, b, x.Other, x.ConfirmedAt); err != nil {
					return err
				}
			}
		}
	}
	for _, x := range w.Ties {
		if _, err := tx.Exec(`INSERT INTO tie (one, other, item, since, ended_at) VALUES ($1, $2, $3, 0, $4)`, x.One, x.Other, id.New[id.Item](ids), x.EndedAt); err != nil {
			return err
		}
	}
	return nil
}

// putHolders puts who holds a role, and what owners said of them.
func putHolders(tx *store.Tx, ids *id.Maker, w grant.World) error {
	by := id.New[id.Person](ids)
	for i, h := range w.Holders {
		if i == 0 {
			if _, err := tx.Exec(`INSERT INTO role (id, community, name, made_by, through, made_at) VALUES ($1, $2, 'the evening line', $3, $3, 0)`, h.Role, h.Community, by); err != nil {
				return err
			}
		}
		if _, err := tx.Exec(`INSERT INTO role_holder (id, role, community, person, since, until, put_by, through, put_at, ended_by, ended_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $7, 0, NULL, $8)`,
			id.New[id.Holding](ids), h.Role, h.Community, h.Person, h.Since, h.Until, by, h.EndedAt); err != nil {
			return err
		}
	}
	for _, g := range w.Given {
		for _, x := range g.Said {
			if _, err := tx.Exec(`INSERT INTO given_said (book, given, person, may, at) VALUES ($1, $2, $3, $4, $5)`, g.Book, g.ID, x.Person, map[bool]int{true: 1}[x.Yes], x.At); err != nil {
				return err
			}
		}
	}
	return nil
}

func putOrdered(tx *store.Tx, ids *id.Maker, r grant.Ordered) error {
	_, err := tx.Exec(`INSERT INTO demand (id, community, kind, facts, came, quiet_until, member, made_at, over_at) VALUES ($1, $2, 'order', $1, '', 0, $3, 0, 0)`, r.ID, id.New[id.Community](ids), r.EnteredBy)
	if err == nil {
		_, err = tx.Exec(`INSERT INTO ordered (id, book, facts, from_day, to_day, from_at, to_at, entered_by, entered_at, confirmed_by, confirmed_at, hash, told_at, over_at) VALUES ($1, $2, $1, '', '', $3, $4, $5, 0, NULL, $6, $1, 0, $7)`,
			r.ID, r.Book, r.From, r.To, r.EnteredBy, r.ConfirmedAt, r.OverAt)
	}
	for _, p := range r.Parts {
		if err == nil {
			_, err = tx.Exec(`INSERT INTO ordered_part (ordered, part) VALUES ($1, $2)`, r.ID, p)
		}
	}
	for _, c := range r.Claims {
		if err == nil {
			_, err = tx.Exec(`INSERT INTO legal_claim (member, demand, until) VALUES ($1, $2, $3)`, c.Member, r.ID, c.Until)
		}
	}
	return err
}

func askSome(t *rapid.T, tx *store.Tx, worlds []peopled, asked map[string]int) error {
	hats := rapid.SampledFrom([]book.Hat{book.HatSelf, book.HatWorker, book.HatTeam, book.HatReviewer})
	sections := rapid.SampledFrom([]book.Section{book.SectionName, book.SectionGoals, book.SectionDays})
	doings := rapid.SampledFrom([]grant.Doing{grant.Own, grant.Read, grant.Read, grant.Suggest, grant.Act, grant.Act, grant.ReadSuggestion, grant.FindName, grant.Handover, grant.Handover})
	var c id.Community
	if err := tx.Row(`SELECT id FROM community ORDER BY id LIMIT 1`).Scan(&c); err != nil {
		return err
	}
	for _, w := range worlds {
		if err := putRules(tx, c, w.Rules); err != nil {
			return err
		}
		books := slices.SortedFunc(maps.Keys(w.Owners), func(a, b id.Book) int { return bytes.Compare(a.Bytes(), b.Bytes()) })
		gifts := w.opening()
		for range questions {
			person := rapid.SampledFrom(w.people)
			thing := grant.Thing{Book: rapid.SampledFrom(books).Draw(t, "book"), Section: sections.Draw(t, "section"),
				Item: rapid.SampledFrom(things).Draw(t, "item"), Author: person.Draw(t, "author"), At: rapid.SampledFrom([]clock.Time{9, 10, 19, 20}).Draw(t, "at")}
			who, d := grant.Subject{Person: person.Draw(t, "who asks"), Hat: hats.Draw(t, "hat")}, doings.Draw(t, "doing")
			switch g := rapid.SampledFrom(gifts).Draw(t, "grant"); {
			case d == grant.Handover && len(w.Ordered) > 0:
				who.Hat = book.HatTeam
				if r := w.Ordered[0]; len(r.Claims) > 0 && rapid.Bool().Draw(t, "in hand") {
					who.Person, thing.Book, thing.At = r.Claims[0].Member, r.Book, 10
				}
			case d == grant.FindName:
				thing.Section, who.Hat = book.SectionName, book.HatTeam
			case d != grant.Own && rapid.Bool().Draw(t, "by the grant"): // else hardly anybody asks for what they were given
				who, thing.Book = grant.Subject{Person: g.Recipient, Hat: g.Hat}, g.Book
				if g.To != book.ToOne {
					who.Person = person.Draw(t, "one of several")
				}
				thing.Author = who.Person
				if len(g.Sections) > 0 {
					thing.Section = rapid.SampledFrom(g.Sections).Draw(t, "of its sections")
				}
			}
			if err := ask(t, tx, w.World, d, who, thing, asked); err != nil {
				return err
			}
		}
	}
	return nil
}

// opening are the grants that open something, or would if there were no rule of the centre; all where none does. Most questions are of
// no account without them.
func (w peopled) opening() []grant.Given {
	bare := w.World
	bare.Rules = nil
	facts := bare.Facts()
	list := slices.DeleteFunc(slices.Clone(w.Given), func(g grant.Given) bool {
		return !slices.ContainsFunc(g.Sections, func(s book.Section) bool {
			return slices.ContainsFunc(append([]id.Person{g.Recipient}, w.people...), func(who id.Person) bool {
				return (who == g.Recipient || g.To != book.ToOne) && grant.Read.Decide(facts, grant.Subject{Person: who, Hat: g.Hat}, theNow, grant.Thing{Book: g.Book, Section: s}).Yes
			})
		})
	})
	if len(list) == 0 {
		return w.Given
	}
	return list
}

// columns name a thing that stands in no table, as a row made of parameters.
const thingRow = `SELECT count(*) FROM (SELECT CAST($1 AS %[1]s) AS book, CAST($2 AS TEXT) AS section, CAST($3 AS %[1]s) AS item, CAST($4 AS %[1]s) AS author, CAST($5 AS BIGINT) AS at) AS x WHERE `

func ask(t *rapid.T, tx *store.Tx, w grant.World, d grant.Doing, who grant.Subject, thing grant.Thing, asked map[string]int) error {
	bytes := map[store.Engine]string{store.SQLite: "BLOB", store.Postgres: "bytea"}[tx.Engine()]
	c := d.Clause(grant.Columns{Book: "x.book", Section: "x.section", Item: "x.item", Author: "x.author", At: "x.at"}, 6)
	if asked["all"]%2 == 0 { // as it is for who wears a hat, in a statement about one book
		c = d.Worn(who.Hat, grant.Columns{Book: "$1", Section: "x.section", Item: "x.item", Author: "x.author", At: "x.at"}, 6)
	}
	var n int
	if err := tx.Row(c.With+fmt.Sprintf(thingRow, bytes)+c.SQL, c.Args(who, theNow, thing.Book, string(thing.Section), thing.Item, thing.Author, thing.At)...).Scan(&n); err != nil {
		return err
	}
	got := d.Decide(w.Facts(), who, theNow, thing)
	want := inWords(w, d, who, thing)
	if got != want || (n == 1) != want.Yes {
		t.Fatalf("doing %d by %v of %v: decision %v, clause %d, in words %v\nworld %+v", d, who, thing, got, n, want, w)
	}
	if asked["all"]++; asked["all"]%4 == 0 || want.Reason == grant.ReasonRule { // that no rule is named where nothing was given is asked of some
		if err := askWhich(t, tx, w, d, who, thing, want); err != nil {
			return err
		}
	}
	if got.Yes && slices.ContainsFunc(w.Rules, func(r grant.Narrowing) bool {
		return got.Reason == grant.ReasonGiven && closesInWords(r, grant.Act, who, thing.Section)
	}) {
		asked["yes beside a rule"]++
	}
	if d == grant.Act && got.Reason == grant.ReasonRule {
		asked["no to act by a rule"]++
	}
	if got.Yes {
		for _, g := range w.Given {
			if g.To != book.ToOne && g.Book == thing.Book && got.Reason == grant.ReasonGiven && !slices.ContainsFunc(w.Given, func(o grant.Given) bool { return o.To == book.ToOne && o.Book == thing.Book }) {
				asked["yes as one of "+g.To.Code()]++
			}
		}
		asked["yes "+string(got.Reason)]++
		if who.Hat == book.HatReviewer && got.Reason == grant.ReasonGiven {
			asked["yes to review"]++
		}
		if d == grant.Act {
			asked["yes to act"]++
		}
	} else {
		asked["no "+string(got.Reason)]++
	}
	return nil
}

// askWhich holds the reason against the clause by which pages learn of it: it finds the rule that closes what was given, and no rule
// where nothing was given.
func askWhich(t *rapid.T, tx *store.Tx, w grant.World, d grant.Doing, who grant.Subject, thing grant.Thing, want grant.Decision) error {
	if d == grant.Own || d == grant.FindName || d == grant.Handover { // which no rule of the centre closes
		return nil
	}
	bytes := map[store.Engine]string{store.SQLite: "BLOB", store.Postgres: "bytea"}[tx.Engine()]
	c := d.Denying(grant.Columns{Book: "x.book", Section: "x.section", Item: "x.item", Author: "x.author"}, 5)
	var which id.Narrowing
	err := tx.Row(fmt.Sprintf(`SELECT r.id FROM narrowing AS r, (SELECT CAST($1 AS %[1]s) AS book, CAST($2 AS TEXT) AS section, CAST($3 AS %[1]s) AS item, CAST($4 AS %[1]s) AS author) AS x WHERE `, bytes)+c.SQL+` ORDER BY r.id LIMIT 1`,
		c.Args(who, theNow, thing.Book, string(thing.Section), thing.Item, thing.Author)...).Scan(&which)
	if err = store.NotNone(err); err == nil && which != want.Rule && !want.Yes {
		t.Fatalf("doing %d by %v of %v: the rule %v is named, want %v\nworld %+v", d, who, thing, which, want.Rule, w)
	}
	return err
}

// closesInWords says in words that a rule of the centre closes something to somebody now.
func closesInWords(r grant.Narrowing, d grant.Doing, who grant.Subject, s book.Section) bool {
	most := map[grant.Doing]grant.Closes{grant.Read: grant.ClosesReading, grant.ReadSuggestion: grant.ClosesReading, grant.Suggest: grant.ClosesSuggesting, grant.Act: grant.ClosesWriting}[d]
	holds := r.EndedAt == 0 && r.Since <= theNow && (r.Until == 0 || theNow < r.Until)
	there := r.Section == s || r.Section == "" && s != book.SectionName
	return who.Hat == book.HatWorker && holds && there && r.Closes <= most && r.AllBut != slices.Contains(r.Workers, who.Person)
}

// foundInWords is when the name of somebody may be found, as a person would say it.
func foundInWords(w grant.World, who grant.Subject, thing grant.Thing) grant.Decision {
	owner := w.Owners[thing.Book]
	inTeam := slices.ContainsFunc(w.Members, func(m grant.Member) bool { return m.Person == who.Person && m.Hat == book.HatTeam && m.Until > theNow })
	claims := slices.ContainsFunc(append(slices.Clone(w.Claims), w.Dying...), func(c grant.Claim) bool { return c.Member == who.Person && c.Until > theNow })
	for _, r := range w.Ordered {
		claims = claims || slices.ContainsFunc(r.Claims, func(c grant.Claim) bool { return c.Member == who.Person && c.Until > theNow })
	}
	works := slices.ContainsFunc(w.Members, func(m grant.Member) bool { return m.Person == owner && m.Until > theNow })
	known := slices.ContainsFunc(w.Ties, func(x grant.Tie) bool {
		return x.EndedAt == 0 && (x.One == owner && x.Other == who.Person || x.One == who.Person && x.Other == owner)
	})
	if who.Hat == book.HatTeam && inTeam && claims && !known && !works && owner != who.Person && thing.Section == book.SectionName {
		return grant.Decision{Yes: true, Reason: grant.ReasonDesk}
	}
	return grant.Decision{Reason: grant.ReasonNotGiven}
}

// orderedInWords is what may be put together by an order of a court, as a person would say it.
func orderedInWords(w grant.World, who grant.Subject, thing grant.Thing) grant.Decision {
	owner := w.Owners[thing.Book]
	inTeam := slices.ContainsFunc(w.Members, func(m grant.Member) bool { return m.Person == who.Person && m.Hat == book.HatTeam && m.Until > theNow })
	known := slices.ContainsFunc(w.Ties, func(x grant.Tie) bool {
		return x.EndedAt == 0 && (x.One == owner && x.Other == who.Person || x.One == who.Person && x.Other == owner)
	})
	for _, r := range w.Ordered {
		inHand := slices.ContainsFunc(r.Claims, func(c grant.Claim) bool { return c.Member == who.Person && c.Until > theNow })
		if r.Book == thing.Book && r.ConfirmedAt == 0 && r.OverAt == 0 && r.EnteredBy != who.Person && inHand && slices.Contains(r.Parts, string(thing.Section)) &&
			thing.At >= r.From && thing.At < r.To && who.Hat == book.HatTeam && inTeam && !known && owner != who.Person {
			return grant.Decision{Yes: true, Reason: grant.ReasonOrder}
		}
	}
	return grant.Decision{Reason: grant.ReasonNotGiven}
}

// inWords is the floor of the rule as a person would say it.
func inWords(w grant.World, d grant.Doing, who grant.Subject, thing grant.Thing) grant.Decision {
	if d == grant.FindName {
		return foundInWords(w, who, thing)
	}
	if d == grant.Handover {
		return orderedInWords(w, who, thing)
	}
	mine := w.Owners[thing.Book] == who.Person
	if mine && who.Hat == book.HatSelf && d != grant.Suggest && d != grant.Act {
		return grant.Decision{Yes: true, Reason: grant.ReasonOwn}
	}
	no := grant.Decision{Reason: grant.ReasonNotGiven}
	if d == grant.Own || mine || who.Hat == book.HatTeam || d == grant.ReadSuggestion && thing.Author != who.Person {
		return no
	}
	for _, x := range w.Deaths {
		if x.Book == thing.Book && x.Since > 0 && x.OverAt == 0 && (d == grant.Suggest || d == grant.Act || theNow >= x.ReadsUntil) {
			return no
		}
	}
	for _, g := range w.Given {
		stands := g.Book == thing.Book && (g.Recipient == who.Person || g.To != book.ToOne) && g.Hat == who.Hat && g.TakenBack == 0 && g.Until > theNow
		gives := slices.Contains(g.Sections, thing.Section) || d == grant.Read && slices.ContainsFunc(g.Singles, func(x book.Single) bool { return x.Item == thing.Item })
		if !stands || !gives || d == grant.Suggest && !g.Suggests || d == grant.Act && (!g.Suggests || !slices.Contains(g.Acts, thing.Section)) {
			continue
		}
		if g.To != book.ToOne {
			if g.Hat == book.HatWorker && oneOfInWords(w, g, who.Person) && !tied(w, w.Owners[thing.Book], who.Person, g.Since) {
				return narrowedInWords(w, d, who, thing)
			}
			continue
		}
		works := slices.ContainsFunc(w.Members, func(m grant.Member) bool {
			return m.Person == who.Person && m.Hat == book.HatWorker && m.Until > theNow && m.Since <= g.Since
		})
		again := slices.ContainsFunc(w.Known, func(x grant.Known) bool {
			return x.Person == w.Owners[thing.Book] && x.Other == who.Person && x.ConfirmedAt > 0
		})
		if g.Hat == book.HatReviewer && reviewsInWords(w, who, g) && d != grant.Suggest && d != grant.Act && !tied(w, w.Owners[thing.Book], who.Person, g.Since) ||
			g.Hat == book.HatSelf && again || g.Hat == book.HatWorker && works && !tied(w, w.Owners[thing.Book], who.Person, g.Since) {
			return narrowedInWords(w, d, who, thing)
		}
	}
	return no
}

// reviewsInWords says in words that somebody is a reviewer and nothing else here now, and was one when something was given.
func reviewsInWords(w grant.World, who grant.Subject, g grant.Given) bool {
	reviews := false
	for _, m := range w.Members {
		if m.Person != who.Person || m.Until <= theNow {
			continue
		}
		if m.Hat != book.HatReviewer {
			return false
		}
		reviews = reviews || m.Since <= g.Since
	}
	return reviews
}

// oneOfInWords says in words that somebody is one of those to whom something was given by a role or as workers, and may read by it already.
func oneOfInWords(w grant.World, g grant.Given, who id.Person) bool {
	for _, x := range g.Said {
		if x.Person == who && !x.Yes {
			return false
		}
	}
	may := func(since clock.Time) bool {
		return theNow >= since+grant.ComesAfter || slices.ContainsFunc(g.Said, func(x book.Said) bool { return x.Person == who && x.Yes && x.At >= since })
	}
	for _, m := range w.Members {
		if m.Person != who || m.Hat != book.HatWorker || m.Until <= theNow {
			continue
		}
		if g.To == book.ToWorkers && bytes.Equal(m.Community.Bytes(), g.Recipient.Bytes()) && may(m.Since) {
			return true
		}
		for _, h := range w.Holders {
			here := bytes.Equal(h.Role.Bytes(), g.Recipient.Bytes()) && h.Community == m.Community && h.Person == who && h.Since >= m.Since
			if g.To == book.ToRole && here && h.EndedAt == 0 && h.Since <= theNow && theNow < h.Until && may(h.Since) {
				return true
			}
		}
	}
	return false
}

// narrowedInWords is what is left of something that was given: the first rule that closes it is its reason.
func narrowedInWords(w grant.World, d grant.Doing, who grant.Subject, thing grant.Thing) grant.Decision {
	for _, r := range w.Rules { // in the order of their ids
		if closesInWords(r, d, who, thing.Section) {
			return grant.Decision{Reason: grant.ReasonRule, Rule: r.ID}
		}
	}
	return grant.Decision{Yes: true, Reason: grant.ReasonGiven}
}

// tied says in words that two people know each other from their own life, or did when something was given at since.
func tied(w grant.World, a, b id.Person, since clock.Time) bool {
	return slices.ContainsFunc(w.Ties, func(x grant.Tie) bool {
		between := x.One == a && x.Other == b || x.One == b && x.Other == a
		return between && (x.EndedAt == 0 || x.EndedAt >= since)
	})
}

func BenchmarkDecide(b *testing.B) {
	ids := id.NewMaker(clock.NewManual(1), nil)
	bk, owner, worker := id.New[id.Book](ids), id.New[id.Person](ids), id.New[id.Person](ids)
	w := grant.World{Owners: map[id.Book]id.Person{bk: owner},
		Given:   []grant.Given{{ID: id.New[id.Item](ids), Book: bk, Recipient: worker, Hat: book.HatWorker, Sections: book.Givable(), Until: theNow + 1}},
		Members: []grant.Member{{Person: worker, Hat: book.HatWorker, Until: theNow + 1}}}
	facts := w.Facts()
	b.ReportAllocs()
	for b.Loop() {
		if !grant.Read.Decide(facts, grant.Subject{Person: worker, Hat: book.HatWorker}, theNow, grant.Thing{Book: bk, Section: book.SectionGoals}).Yes {
			b.Fatal("no")
		}
	}
}
