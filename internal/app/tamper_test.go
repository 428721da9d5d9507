package app_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"image"
	"image/jpeg"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"beside/internal/account"
	"beside/internal/account/ending"
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
	"beside/internal/keeper"
	"beside/internal/legal"
	"beside/internal/outside"
	"beside/internal/peer/signed"
	"beside/internal/store"
	"beside/internal/testkit/histories"
	"beside/internal/testkit/pgtest"
	"beside/internal/testkit/world"
	"beside/internal/witness"
)

// inTx is a database as it would be if a transaction were committed.
type inTx struct{ tx *store.Tx }

func (v inTx) View(_ context.Context, fn func(*store.Tx) error) error { return fn(v.tx) }

// errUndo ends a transaction whose changes are not to stay.
var errUndo = errors.New("undo")

// tampered is a community whose database somebody changes behind its back, and who keeps heads outside.
type tampered struct {
	*world.World
	owners []grant.Subject
	books  []id.Book
	worker grant.Subject
	kept   []witness.Kept
}

func newTampered(t testing.TB, where string) *tampered {
	w := world.New(t, where)
	d := &tampered{World: w}
	for _, name := range []string{"Mira", "Ana"} {
		s := session(t, w, w.Join(t, name))
		d.owners, d.books = append(d.owners, grant.Subject{Person: s.Person, Hat: book.HatSelf}), append(d.books, s.Book)
	}
	d.worker = grant.Subject{Person: session(t, w, w.Worker(t, "Sam")).Person, Hat: book.HatWorker}
	for i := range d.books {
		d.write(t, i, keeper.Draft{Kind: book.KindStrength, Act: book.ActWrite, Body: &book.Strength{Words: book.NewText("I sing")}})
		d.write(t, i, keeper.Draft{Kind: book.KindSharing, Act: book.ActWrite, Body: &book.Sharing{As: book.HatWorker,
			Recipient: d.worker.Person, Sections: book.Givable(), Acts: []book.Section{book.SectionGoals}, Purpose: book.PurposeWalking, Until: w.Clock.Now() + 30*clock.Day,
		}})
		d.writeFor(t, i)
		d.suggest(t, i)
		d.look(t, i)
		d.erase(t, i)
	}
	update(t, w, func(tx *store.Tx) error {
		for _, who := range d.owners {
			if err := w.App.Accounts.Happens(tx, who.Person, account.HappenedPIN, id.Device{}); err != nil {
				return err
			}
		}
		return nil
	})
	d.ask(t)
	d.outside(t)
	d.last(t)
	d.attend(t)
	d.sign(t)
	d.suggest(t, 1) // the last of Ana's book, which a forger can take out without touching a list
	d.settle(t, session(t, w, w.Team(t)), session(t, w, w.Team(t)))
	d.keep(t)
	return d
}

// settle has something settled about the end of books: a hold that is over, an end that was taken back, a closing that was
// stopped, and one of the team saying that Mira has died.
func (d *tampered) settle(t testing.TB, member, second account.Session) {
	t.Helper()
	team := grant.Subject{Person: member.Person, Hat: book.HatTeam}
	update(t, d.World, func(tx *store.Tx) error {
		if err := d.App.Keeper.Hold(tx, d.books[0], team.Person, "court"); err != nil {
			return err
		}
		if err := d.App.Keeper.EndHold(tx, d.books[0]); err != nil {
			return err
		}
		return d.App.Keeper.SetEnding(tx, keeper.Ending{ID: d.entry(), Book: d.books[1], Why: book.WhyAsked, MadeAt: d.Clock.Now(), DueAt: d.Clock.Now() + ending.Pause})
	})
	ctx := context.Background()
	found, _, err := d.App.Endings.Find(ctx, team, "Mira")
	if err == nil && len(found) != 1 {
		err = fmt.Errorf("%d are called Mira", len(found))
	}
	if err == nil {
		_, err = d.App.Endings.Say(ctx, team, found[0].Book)
	}
	if err == nil {
		err = d.rule(ctx, team)
	}
	if err == nil {
		err = d.review(t, team, grant.Subject{Person: second.Person, Hat: book.HatTeam})
	}
	if err == nil {
		err = d.ordered(team, grant.Subject{Person: second.Person, Hat: book.HatTeam})
	}
	if err = errors.Join(err, d.App.Endings.Close(ctx, d.Clock.Now()+40*clock.Day), d.App.Endings.Stop(ctx)); err != nil {
		t.Fatal(err)
	}
}

// rule has one of the team make a rule of the centre that is not for Sam, and say that it shall end.
func (d *tampered) rule(ctx context.Context, team grant.Subject) error {
	e := d.entry()
	err := d.App.Rules.Say(ctx, team, e, narrowing.Rule{AllBut: true, Workers: []id.Person{d.worker.Person}, Section: book.SectionGoals, Closes: grant.ClosesWriting, Words: "we talk first"})
	if err == nil {
		_, err = d.App.Rules.End(ctx, team, narrowing.Of(e))
	}
	role := d.entry()
	if err == nil {
		err = d.App.Roles.Make(ctx, team, role, "the evening line")
	}
	if err == nil {
		err = d.App.Roles.PutIn(ctx, team, d.entry(), roles.Of(role), d.worker.Person, 0, 0)
	}
	return err
}

// review has two of the team ask somebody, who counts and finds something; one answers, and says that it shall end.
func (d *tampered) review(t testing.TB, first, second grant.Subject) error {
	ctx, e, found := context.Background(), d.entry(), d.entry()
	r, err := id.FromBytes[id.Reviewer](e.Bytes())
	if err == nil {
		err = d.App.Review.Ask(ctx, first, e, "Ruth")
	}
	var token string
	if err == nil {
		token, err = d.App.Review.Second(ctx, second, r)
	}
	if err != nil {
		return err
	}
	s := session(t, d.World, d.Join(t, "Ruth"))
	if _, _, err = d.App.Accounts.Accept(ctx, s, token); err != nil {
		return err
	}
	ruth := grant.Subject{Person: s.Person, Hat: book.HatReviewer}
	_, _, err = d.App.Review.Count(ctx, ruth, d.App.Review.Spans()[0])
	return errors.Join(err, d.App.Review.Find(ctx, ruth, found, reviewing.Found{Words: "it is late"}), d.App.Review.Answer(ctx, first, d.entry(), reviewing.FindingOf(found), "we hurry"),
		d.App.Review.SayEnd(ctx, first, d.entry(), r, "a year is over"))
}

// ordered has an order of a court come about Mira, and what it names handed over and taken.
func (d *tampered) ordered(first, second grant.Subject) error {
	ctx, words, today := context.Background(), book.NewText("the court"), attending.DayOf(d.Clock.Now(), time.UTC)
	x, err := d.App.Legal.Keep(ctx, first, legal.Paper{Entry: d.entry(), Kind: legal.Order, From: words, Reference: words, Asks: words, Came: today})
	if err == nil {
		_, _, err = d.App.Legal.Find(ctx, first, x, "Mira")
	}
	if err == nil {
		err = d.App.Legal.Name(ctx, first, x, legal.Named{Book: d.books[0], Parts: []string{"strengths"}, From: today, To: today})
	}
	if err == nil {
		_, _, err = d.App.Legal.Find(ctx, second, x, "Mira")
	}
	if err == nil {
		err = d.App.Legal.Confirm(ctx, second, x, d.books[0], func(legal.Sheet) ([]legal.Part, error) {
			return []legal.Part{{Bytes: []byte("I sing")}}, nil
		})
	}
	if err == nil {
		_, err = d.App.Legal.Take(ctx, second, x, d.entry())
	}
	return err
}

// TestARuleThatIsGoneIsFound: who takes a rule of the centre away with all that holds on to it opens what it closed, and is found.
func TestARuleThatIsGoneIsFound(t *testing.T) {
	pgtest.Both(t, func(t *testing.T, where string) {
		d := newTampered(t, where)
		err := d.App.DB.Update(t.Context(), func(tx *store.Tx) error {
			for _, from := range []string{"narrowing_end", "narrowing_worker", "narrowing"} {
				if n, err := tx.Exec(`DELETE FROM ` + from); err != nil || n != 1 {
					t.Errorf("%d rows of %s are gone", n, from)
					return err
				}
			}
			for _, keys := range []bool{false, true} {
				if found := d.verify(t, inTx{tx}, keys); !names(found, "narrowing") {
					t.Errorf("keys: %v: %v", keys, found)
				}
			}
			return errUndo
		})
		if !errors.Is(err, errUndo) {
			t.Fatal(err)
		}
	})
}

// TestWhomARuleIsForIsFound: who changes for whom a rule of the centre is, beside its row, changes what the log holds of it.
func TestWhomARuleIsForIsFound(t *testing.T) {
	pgtest.Both(t, func(t *testing.T, where string) {
		d := newTampered(t, where)
		for _, change := range []string{
			`DELETE FROM narrowing_worker`, `INSERT INTO narrowing_worker (narrowing, person) SELECT id, said_by FROM narrowing`,
			`UPDATE narrowing_worker SET person = (SELECT said_by FROM narrowing)`,
		} {
			err := d.App.DB.Update(t.Context(), func(tx *store.Tx) error {
				if n, err := tx.Exec(change); err != nil || n != 1 {
					t.Errorf("%s: %d rows were changed", change, n)
					return err
				}
				if found := d.verify(t, inTx{tx}, true); len(found) != 1 || !names(found, "narrowing") {
					t.Errorf("%s: %v", change, found)
				}
				return errUndo
			})
			if !errors.Is(err, errUndo) {
				t.Fatal(err)
			}
		}
	})
}

// ask has everybody ask Sam why he looked, and Mira answered.
func (d *tampered) ask(t testing.TB) {
	t.Helper()
	ctx := context.Background()
	for i := range d.owners {
		looks, err := d.App.Keeper.Looks(ctx, d.owners[i], d.books[i], 0, 1)
		if err == nil {
			err = d.App.Asking.Ask(ctx, d.owners[i], d.books[i], asking.Query{Entry: d.entry(), Look: looks[0].ID, Words: book.NewText("why?")})
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	waiting, err := d.App.Asking.Waiting(ctx, d.worker)
	if err == nil {
		err = d.App.Asking.Answer(ctx, d.worker, waiting[0].ID, d.entry(), book.NewText("to see how you are"))
	}
	if err != nil {
		t.Fatal(err)
	}
}

// outside has everybody give something to somebody outside Beside, and Mira takes her yes back.
func (d *tampered) outside(t testing.TB) {
	t.Helper()
	ctx := context.Background()
	for i := range d.owners {
		words := book.NewText("the court")
		x := outside.Asked{Entry: d.entry(), Way: outside.Page, Name: words, To: words, Why: words, Letter: words, Parts: []outside.Part{{Bytes: []byte("I am well")}}}
		p, err := d.App.Outside.Give(ctx, d.owners[i], d.books[i], x, outside.See(x.Parts))
		if err == nil && i == 0 {
			err = d.App.Outside.TakeBack(ctx, d.owners[i], d.books[i], p)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// last has everybody say a yes that lasts, and Mira take hers back.
func (d *tampered) last(t testing.TB) {
	t.Helper()
	ctx := context.Background()
	for i := range d.owners {
		words, e := book.NewText("the court"), d.entry()
		err := d.App.Outside.Last(ctx, d.owners[i], d.books[i], e, outside.Lasting{Name: words, To: words, Why: words, Until: d.Clock.Now() + 30*clock.Day})
		if err == nil && i == 0 {
			err = d.App.Outside.EndLasting(ctx, d.owners[i], d.books[i], outside.LastingOf(e))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// sign has everybody give what they give anew, on a sheet that they sign in front of one of the team.
func (d *tampered) sign(t testing.TB) {
	t.Helper()
	ctx := context.Background()
	var photo bytes.Buffer
	err := jpeg.Encode(&photo, image.NewGray(image.Rect(0, 0, 30, 20)), nil)
	if err != nil {
		t.Fatal(err)
	}
	member := session(t, d.World, d.World.Team(t))
	team := grant.Subject{Person: member.Person, Hat: book.HatTeam}
	for i := range d.owners {
		a := signed.Ask{Entry: d.entry(), Worker: d.worker.Person, Sections: []book.Section{book.SectionGoals, book.SectionStrengths}, Until: d.Clock.Now() + 300*clock.Day}
		s, err := d.App.Papers.Make(ctx, d.owners[i], d.books[i], a)
		if err != nil {
			t.Fatal(err)
		}
		p, err := d.App.Papers.One(ctx, d.owners[i], d.books[i], s)
		if err == nil {
			err = d.App.Papers.Enter(ctx, team, signed.Entering{Number: p.Number, Name: p.Name, Day: attending.DayOf(d.Clock.Now(), time.UTC), Photo: photo.Bytes()})
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// attend has Sam write down that he met everybody and had to report it, and Mira say that it is wrong.
func (d *tampered) attend(t testing.TB) {
	t.Helper()
	ctx := context.Background()
	for i := range d.owners {
		m := attending.Meeting{Entry: d.entry(), Day: attending.DayOf(d.Clock.Now(), time.UTC), Units: 2, Code: attending.Call}
		words := book.NewText("an office")
		err := d.App.Legal.Report(ctx, d.worker, d.books[i], legal.Report{Entry: d.entry(), Duty: words, To: words, Words: words, Day: m.Day})
		if err == nil {
			err = d.App.Attending.Write(ctx, d.worker, d.books[i], m)
		}
		if err == nil && i == 0 {
			err = d.App.Attending.Wrong(ctx, d.owners[i], d.books[i], attending.AttendedOf(m.Entry), true)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

func (d *tampered) entry() id.Entry { return id.New[id.Entry](d.App.IDs) }

type fatal interface {
	Helper()
	Fatalf(string, ...any)
}

func (d *tampered) write(t fatal, i int, draft keeper.Draft) {
	t.Helper()
	draft.ID, draft.Via = d.entry(), book.ViaWeb
	if _, err := d.App.Keeper.Write(context.Background(), d.owners[i], d.books[i], draft); err != nil {
		t.Fatalf("write: %v", err)
	}
}

// writeFor has the worker write a goal for somebody.
func (d *tampered) writeFor(t fatal, i int) {
	t.Helper()
	draft := keeper.Draft{ID: d.entry(), Kind: book.KindGoal, Act: book.ActWriteFor, Via: book.ViaWeb, Body: &book.Goal{Words: book.NewText("a room of my own")}}
	if _, err := d.App.Keeper.Write(context.Background(), d.worker, d.books[i], draft); err != nil {
		t.Fatalf("write for: %v", err)
	}
}

func (d *tampered) suggest(t fatal, i int) {
	t.Helper()
	draft := keeper.Draft{ID: d.entry(), Kind: book.KindStrength, Act: book.ActSuggest, Via: book.ViaWeb, Body: &book.Strength{Words: book.NewText("you listen")}}
	if _, err := d.App.Keeper.Write(context.Background(), d.worker, d.books[i], draft); err != nil {
		t.Fatalf("suggest: %v", err)
	}
}

// erase writes something and erases it for good.
func (d *tampered) erase(t fatal, i int) {
	t.Helper()
	gone := d.entry()
	for _, draft := range []keeper.Draft{
		{ID: gone, Kind: book.KindMoment, Act: book.ActWrite, Body: &book.Moment{What: book.WhatHard, Words: book.NewText("rain")}},
		{ID: d.entry(), Kind: book.KindErasing, Act: book.ActErase, Body: &book.Erasing{Items: []id.Item{keeper.NewItem(gone)}}},
	} {
		draft.Via = book.ViaWeb
		if _, err := d.App.Keeper.Write(context.Background(), d.owners[i], d.books[i], draft); err != nil {
			t.Fatalf("erase: %v", err)
		}
	}
}

func (d *tampered) look(t fatal, i int) {
	t.Helper()
	if _, err := d.App.Keeper.Read(context.Background(), d.worker, d.books[i], keeper.Want{}); err != nil {
		t.Fatalf("look: %v", err)
	}
}

// keep signs what is queued, and has somebody outside keep the head.
func (d *tampered) keep(t fatal) {
	t.Helper()
	if _, err := d.App.Log.Sequence(context.Background()); err != nil {
		t.Fatalf("sequence: %v", err)
	}
	h, err := d.App.Log.Latest(context.Background())
	if err != nil {
		t.Fatalf("latest: %v", err)
	}
	d.kept = append(d.kept, witness.Kept{Checkpoint: h.Checkpoint, From: "Elm Street"})
}

// live lets some more happen.
func (d *tampered) live(t *rapid.T) {
	for range rapid.IntRange(1, 6).Draw(t, "acts") {
		d.Clock.Step(clock.Time(rapid.IntRange(-2, 60).Draw(t, "seconds")) * clock.Second)
		i := rapid.IntRange(0, 1).Draw(t, "book")
		switch rapid.SampledFrom([]string{"moment", "suggest", "look", "look", "sign", "answer", "profile", "erase"}).Draw(t, "act") {
		case "moment":
			d.write(t, i, keeper.Draft{Kind: book.KindMoment, Act: book.ActWrite, Body: &book.Moment{What: book.WhatGood, Words: book.NewText("sun")}})
		case "suggest":
			d.suggest(t, i)
		case "look":
			d.look(t, i)
		case "sign":
			d.keep(t)
		case "answer":
			d.answer(t, i)
		case "profile":
			d.profile(t)
		case "erase":
			d.erase(t, i)
		}
	}
}

func (d *tampered) answer(t *rapid.T, i int) {
	r, err := d.App.Keeper.Read(context.Background(), d.owners[i], d.books[i], keeper.Want{Suggested: true, States: []book.SuggestionState{book.Waiting}})
	if err != nil {
		t.Fatalf("read: %v", err)
	}
	if len(r.Told) > 0 {
		s := r.Told[0]
		d.write(t, i, keeper.Draft{Kind: s.Kind, Act: rapid.SampledFrom([]book.Act{book.ActAccept, book.ActNotNow, book.ActDecline}).Draw(t, "answer"), Item: s.Item, Base: s.Base, Answers: s.Entry})
	}
}

func (d *tampered) profile(t *rapid.T) {
	pr, err := d.App.Peers.OwnProfile(context.Background(), d.worker)
	if err != nil {
		t.Fatalf("profile: %v", err)
	}
	if pr.Title += "x"; len(pr.Title) > 40 {
		pr.Title = "x"
	}
	if err := d.App.Peers.KeepProfile(context.Background(), d.worker, pr); err != nil {
		t.Fatalf("profile: %v", err)
	}
}

// verify says what is wrong in the database as tx would leave it.
func (d *tampered) verify(t fatal, v witness.Viewer, keys bool, kept ...witness.Kept) (found []witness.Problem) {
	t.Helper()
	key := d.App.Log.Key()
	c := app.VerifyConfig{View: v, Key: &key, Keys: keys, Kept: kept, Report: func(p witness.Problem) { found = append(found, p) }}
	if _, err := d.App.Verify(context.Background(), c); err != nil {
		t.Fatalf("verify: %v", err)
	}
	return found
}

// row is a row of a table with its columns by name.
type row map[string]any

// witnessed are the columns that the log holds of each table, its key first.
var witnessed = map[string][]string{
	"entry":          {"book", "seq", "id", "section", "kind", "version", "item", "act", "author", "hat", "via", "base", "answers", "recorded_at", "sealed", "commitment", "leaf", "chain"},
	"look":           {"book", "id", "section", "reader", "hat", "given", "purpose", "items", "at", "batch"},
	"community":      {"id", "name", "made_at"},
	"membership":     {"id", "community", "person", "hat", "since", "until", "invited_by", "ended_at"},
	"happening":      {"person", "id", "kind", "device", "at"},
	"tombstone":      {"book", "seq", "entry", "item", "leaf", "erased_at"},
	"worker_profile": {"person", "community", "name", "title", "story", "languages", "training", "certificate_until", "taking_more", "changed_at"},
	"erasing":        {"id", "book", "owner", "whole", "items", "entries", "erased_at", "settled_at", "sure_at", "why"},
	"hold":           {"book", "since", "why", "set_by", "ended_at", "until", "reference"},
	"ending":         {"id", "book", "why", "made_at", "due_at", "over_at"},
	"closing":        {"id", "said_at", "on_at", "stopped_at"},
	"death":          {"id", "book", "person", "said_at", "since", "reads_until", "over_at"},
	"death_yes":      {"death", "member", "through", "at"},
	"why":            {"id", "book", "look", "reader", "hat", "purpose", "since", "looked_at", "words", "asked_by", "asked_at", "answer", "answered_by", "answered_at", "late_at", "told"},
	"outside":        {"id", "book", "facts", "items", "parts", "hash", "given_at", "back_at", "worker", "lasting"},
	"lasting":        {"id", "book", "facts", "given_at", "until", "back_at"},
	"media":          {"id", "book", "item", "picture", "pos", "sealed"},
	"signing":        {"id", "book", "recipient", "facts", "number", "made_by", "made_at", "ends_at", "over_at", "witness", "hat", "entered_at", "back_by", "back_at"},
	"narrowing":      {"id", "community", "all_but", "section", "closes", "words", "since", "until", "said_by", "through", "said_at", "ended_at"},
	"narrowing_end":  {"narrowing", "member", "through", "at"},
	"reviewer":       {"id", "community", "words", "asked_by", "asked_through", "asked_at", "second_by", "second_through", "second_at", "invitation"},
	"reviewer_end":   {"id", "reviewer", "membership", "words", "by_self", "said_by", "said_through", "said_at", "second_by", "second_through", "over_at"},
	"finding":        {"id", "community", "reviewer", "through", "span", "words", "adds_to", "log_size", "at"},
	"finding_answer": {"id", "finding", "member", "through", "words", "at"},
	"counted":        {"community", "span", "figures", "at"},
	"role":           {"id", "community", "name", "made_by", "through", "made_at"},
	"role_holder":    {"id", "role", "community", "person", "since", "until", "put_by", "through", "put_at", "ended_by", "ended_at"},
	"demand":         {"id", "community", "kind", "facts", "came", "quiet_until", "member", "made_at", "over_at"},
	"ordered":        {"id", "book", "facts", "from_day", "to_day", "from_at", "to_at", "entered_by", "entered_at", "confirmed_by", "confirmed_at", "hash", "told_at", "over_at"},
	"ordered_taken":  {"id", "ordered", "member", "at"},
	"reported":       {"id", "book", "facts", "member", "hat", "at", "adds_to", "quiet_until", "told_at"},
	"attended":       {"id", "community", "book", "worker", "day", "units", "code", "made_at", "wrong_at", "withdrawn_at", "printed_at"},
	"log":            {"number", "origin", "previous", "size"},
	"log_tile":       {"log", "level", "n", "hashes"},
	"log_checkpoint": {"log", "size", "note"},
	"log_record":     {"log", "n", "kind", "id", "sum", "once"},
}

// keys are how many of the first columns are the key of a table.
var keysOf = map[string]int{"entry": 2, "look": 3, "community": 1, "membership": 1, "happening": 2, "tombstone": 2, "worker_profile": 1, "erasing": 1, "hold": 2, "ending": 1, "closing": 1, "death": 1, "death_yes": 2, "why": 1, "outside": 1, "lasting": 1, "attended": 1, "narrowing": 1, "narrowing_end": 2, "reviewer": 1, "reviewer_end": 1, "finding": 1, "finding_answer": 1, "counted": 2, "role": 1, "role_holder": 1, "demand": 1, "ordered": 1, "ordered_taken": 1, "reported": 1, "media": 1, "signing": 1, "log": 1, "log_tile": 3, "log_checkpoint": 2, "log_record": 2}

func rowsOf(tx *store.Tx, table string) (rows []row, err error) {
	columns := witnessed[table]
	err = store.Each(tx, `SELECT `+strings.Join(columns, ", ")+` FROM `+table+` ORDER BY `+strings.Join(columns[:keysOf[table]], ", "), nil, func(scan func(...any) error) error {
		values := make([]any, len(columns))
		into := make([]any, len(columns))
		for i := range values {
			into[i] = &values[i]
		}
		err := scan(into...)
		r := row{}
		for i, c := range columns {
			r[c] = values[i]
		}
		rows = append(rows, r)
		return err
	})
	return rows, err
}

// where is the condition that finds a row by its key, with arguments from $n on.
func (r row) where(table string, n int) (condition string, args []any) {
	for i, c := range witnessed[table][:keysOf[table]] {
		condition += fmt.Sprintf(" AND %s = $%d", c, n+i)
		args = append(args, r[c])
	}
	return strings.TrimPrefix(condition, " AND "), args
}

// other is another value that could stand in a column.
func (d *tampered) other(t *rapid.T, table, column string, value any) any {
	switch {
	case column == "book":
		return d.books[rapid.IntRange(0, 1).Draw(t, "other book")]
	case table == "happening" && column == "person":
		return rapid.SampledFrom(append(d.owners, d.worker)).Draw(t, "other person").Person
	}
	switch v := value.(type) {
	case nil:
		return d.entry()
	case []byte:
		if len(v) == 0 { // of a row that was erased
			return []byte{1}
		}
		v = slices.Clone(v)
		v[rapid.IntRange(0, len(v)-1).Draw(t, "byte")] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
		return v
	case int64:
		if table == "worker_profile" && column == "taking_more" {
			return 1 - v
		}
		return v + rapid.SampledFrom([]int64{-1, 1, 1000}).Draw(t, "more")
	case string:
		return v + "x"
	}
	t.Fatalf("a column %s.%s holds a %T", table, column, value)
	return nil
}

// names reports whether one of the problems names a table and something of a row.
func names(found []witness.Problem, table string, any ...string) bool {
	return slices.ContainsFunc(found, func(p witness.Problem) bool {
		return p.Table == table && (len(any) == 0 || slices.ContainsFunc(any, func(s string) bool { return strings.Contains(p.Row, s) }))
	})
}

// called is how a report names a row of a table.
func (r row) called(table string) []string {
	of := func(v any) string {
		i, _ := id.FromBytes[id.Entry](v.([]byte))
		return i.String()
	}
	switch table {
	case "entry":
		return []string{of(r["id"]), fmt.Sprintf("entry %d", r["seq"])}
	case "hold":
		return []string{of(r["book"]), fmt.Sprintf("%x", r["book"])}
	case "death_yes":
		return []string{of(r["death"]), fmt.Sprintf("%x", r["death"])}
	case "narrowing_end":
		return []string{of(r["narrowing"]), fmt.Sprintf("%x", r["narrowing"])}
	case "community", "membership", "erasing", "ending", "closing", "death", "why", "outside", "lasting", "attended", "media", "signing", "narrowing", "reviewer", "reviewer_end", "finding", "finding_answer", "demand", "ordered", "ordered_taken", "reported":
		return []string{of(r["id"]), fmt.Sprintf("%x", r["id"])}
	case "happening":
		return []string{of(r["id"]), fmt.Sprintf("%x", r["id"])}
	case "tombstone":
		return []string{of(r["entry"]), fmt.Sprintf("%x", r["entry"])}
	case "counted":
		return []string{fmt.Sprint(r["span"]), fmt.Sprintf("%x", r["span"])}
	case "worker_profile":
		return []string{of(r["person"]), fmt.Sprintf("%x", r["person"])}
	}
	return nil
}

// TestTamperingIsFound lets people live, then changes, drops, adds or moves one row of any table that the log holds, and
// has everything verified, with keys and without: the row is named. What was done is undone, and life goes on.
//
// What cannot be found, and is asserted so below: that a whole database is older than what it was, or was cut off and made
// to fit, by somebody who has no head from outside to compare with ([TestWhatOnlyAKeptHeadFinds]); and what somebody with
// database and keys rewrites before it was signed and seen outside.
func TestTamperingIsFound(t *testing.T) {
	pgtest.Both(t, func(t *testing.T, where string) {
		d := newTampered(t, where)
		defer set(t, "rapid.shrinktime", "0s")() // one world lives through all, so a history cannot be told shorter
		histories.Check(t, 5, func(t *rapid.T) {
			d.live(t)
			for _, keys := range []bool{false, true} {
				if found := d.verify(t, d.App.DB, keys, d.kept...); len(found) > 0 {
					t.Fatalf("nothing was done, and it is said (keys: %v): %v", keys, found)
				}
			}
			for range 6 {
				d.tamper(t)
			}
		})
		for table, columns := range witnessed { // each column in turn
			rapidOnce(t, func(t *rapid.T) {
				for _, c := range columns {
					d.change(t, table, c)
				}
			})
		}
	})
}

// rapidOnce draws for one run.
func rapidOnce(t *testing.T, fn func(*rapid.T)) {
	t.Helper()
	defer set(t, "rapid.checks", "1")()
	rapid.Check(t, fn)
}

// set sets a flag, and returns what takes that back.
func set(t *testing.T, name, value string) func() {
	t.Helper()
	before := flag.Lookup(name).Value.String()
	if err := flag.Set(name, value); err != nil {
		t.Fatal(err)
	}
	return func() { _ = flag.Set(name, before) }
}

// undone runs fn in a transaction that is undone; an error of the store, such as of a row that cannot be, is no matter.
func (d *tampered) undone(t *rapid.T, fn func(tx *store.Tx) error) {
	t.Helper()
	err := d.App.DB.Update(context.Background(), func(tx *store.Tx) error {
		if err := fn(tx); err != nil {
			return err
		}
		return errUndo
	})
	if !errors.Is(err, errUndo) && !errors.Is(err, store.ErrTaken) {
		t.Fatalf("tampering: %v", err)
	}
}

func (d *tampered) tamper(t *rapid.T) {
	var tables []string
	for table := range witnessed {
		tables = append(tables, table)
	}
	slices.Sort(tables)
	table := rapid.SampledFrom(tables).Draw(t, "table")
	switch rapid.SampledFrom([]string{"change", "drop", "add", "move"}).Draw(t, "how") {
	case "change":
		d.change(t, table, rapid.SampledFrom(witnessed[table]).Draw(t, "column"))
	case "drop":
		d.drop(t, table)
	case "add":
		d.add(t, rapid.SampledFrom([]string{"entry", "look", "membership", "happening"}).Draw(t, "to"))
	case "move":
		d.move(t)
	}
}

// found checks that what was done to a row is named, with keys and without.
func (d *tampered) found(t *rapid.T, tx *store.Tx, how, table string, r row) {
	t.Helper()
	for _, keys := range []bool{false, true} {
		found := d.verify(t, inTx{tx}, keys)
		if len(found) == 0 || !strings.HasPrefix(table, "log") && !names(found, table, r.called(table)...) {
			t.Fatalf("%s (keys: %v) of %v is told as: %v", how, keys, r.called(table), found)
		}
	}
}

func (d *tampered) change(t *rapid.T, table, column string) {
	if held := map[string]string{"reviewer": "id", "reviewer_end": "reviewer", "finding": "id reviewer", "finding_answer": "finding"}[table]; slices.Contains(strings.Fields(held), column) {
		return // as below
	}
	if table == "demand" && column == "id" || table == "ordered" && column == "id" || table == "ordered_taken" && column == "ordered" || table == "death" && column == "id" || table == "death_yes" && column == "death" || table == "narrowing" && column == "id" || table == "narrowing_end" && column == "narrowing" {
		return // the database itself refuses it: one holds on to the other
	}
	d.undone(t, func(tx *store.Tx) error {
		rows, err := rowsOf(tx, table)
		if err != nil {
			return err
		}
		r := rapid.SampledFrom(rows).Draw(t, "row")
		to := d.other(t, table, column, r[column])
		if b, ok := to.(id.Book); ok && string(b.Bytes()) == string(r[column].([]byte)) {
			return nil
		}
		if p, ok := to.(id.Person); ok && string(p.Bytes()) == string(r[column].([]byte)) {
			return nil
		}
		where, args := r.where(table, 2)
		n, err := tx.Exec(`UPDATE `+table+` SET `+column+` = $1 WHERE `+where, append([]any{to}, args...)...)
		if err != nil || n != 1 {
			return errors.Join(err, fmt.Errorf("%d rows", n))
		}
		d.found(t, tx, fmt.Sprintf("a change of %s.%s from %v to %v", table, column, r[column], to), table, r)
		return nil
	})
}

func (d *tampered) drop(t *rapid.T, table string) {
	if table == "reviewer" || table == "finding" || table == "death" || table == "narrowing" || table == "demand" || table == "ordered" {
		return // who said so holds on to it
	}
	d.undone(t, func(tx *store.Tx) error {
		rows, err := rowsOf(tx, table)
		if err != nil {
			return err
		}
		r := rapid.SampledFrom(rows).Draw(t, "row")
		where, args := r.where(table, 1)
		if _, err := tx.Exec(`DELETE FROM `+table+` WHERE `+where, args...); err != nil {
			return err
		}
		if table == "look" { // a batch that is gone as a whole has only its leaf left
			for _, keys := range []bool{false, true} {
				if found := d.verify(t, inTx{tx}, keys); !names(found, "look") && !names(found, "log") {
					t.Fatalf("a look is gone, and is told as %v", found)
				}
			}
			return nil
		}
		if table == "log_checkpoint" && len(rows) > 0 && fmt.Sprint(r) != fmt.Sprint(rows[len(rows)-1]) {
			return nil // older heads may go, see witness.Log.Sweep
		}
		d.found(t, tx, "a row dropped from "+table, table, r)
		return nil
	})
}

// add copies a row under another id.
func (d *tampered) add(t *rapid.T, table string) {
	d.undone(t, func(tx *store.Tx) error {
		rows, err := rowsOf(tx, table)
		if err != nil {
			return err
		}
		r := rapid.SampledFrom(rows).Draw(t, "row")
		r["id"] = d.entry().Bytes()
		columns := slices.Clone(witnessed[table])
		if table == "entry" {
			var last int64
			if err := tx.Row(`SELECT seq FROM book WHERE id = $1`, r["book"]).Scan(&last); err != nil {
				return err
			}
			r["seq"] = last + 1
			for _, c := range []string{"sealed", "commitment"} { // of one that was erased an engine may give back nil
				if b, _ := r[c].([]byte); len(b) == 0 {
					r[c] = []byte{}
				}
			}
			if _, err := tx.Exec(`UPDATE book SET seq = seq + 1 WHERE id = $1`, r["book"]); err != nil {
				return err
			}
		}
		if table == "happening" {
			columns, r["seen_at"] = append(columns, "seen_at"), int64(0)
		}
		var values []any
		var marks []string
		for i, c := range columns {
			values, marks = append(values, r[c]), append(marks, fmt.Sprintf("$%d", i+1))
		}
		if _, err := tx.Exec(`INSERT INTO `+table+` (`+strings.Join(columns, ", ")+`) VALUES (`+strings.Join(marks, ", ")+`)`, values...); err != nil {
			return err
		}
		d.found(t, tx, "a row added to "+table, table, r)
		return nil
	})
}

// move changes the order of two entries of a book.
func (d *tampered) move(t *rapid.T) {
	d.undone(t, func(tx *store.Tx) error {
		b := rapid.SampledFrom(d.books).Draw(t, "in")
		var last int64
		if err := tx.Row(`SELECT seq FROM book WHERE id = $1`, b).Scan(&last); err != nil {
			return err
		}
		one := rapid.Int64Range(1, last-1).Draw(t, "one")
		two := rapid.Int64Range(one+1, last).Draw(t, "two")
		for _, s := range [][2]int64{{one, 1 << 40}, {two, one}, {1 << 40, two}} {
			if _, err := tx.Exec(`UPDATE entry SET seq = $1 WHERE book = $2 AND seq = $3`, s[1], b, s[0]); err != nil {
				return err
			}
		}
		for _, seq := range []int64{one, two} {
			for _, keys := range []bool{false, true} {
				if found := d.verify(t, inTx{tx}, keys); !names(found, "entry", fmt.Sprintf("entry %d ", seq)) {
					t.Fatalf("entries %d and %d changed places, and it is said: %v", one, two, found)
				}
			}
		}
		return nil
	})
}

// The clear lists follow from the entries: whoever changes who was given what is found with the keys.
func TestTamperedListsAreFound(t *testing.T) {
	pgtest.Both(t, func(t *testing.T, where string) {
		d := newTampered(t, where)
		r, err := d.App.Keeper.Mine(t.Context(), d.owners[0], d.books[0], keeper.Want{Kind: book.KindStrength})
		if err != nil || len(r.Items[0]) == 0 {
			t.Fatal(r.Items, err)
		}
		d.write(t, 0, keeper.Draft{Kind: book.KindSharing, Act: book.ActWrite, Body: &book.Sharing{
			As: book.HatSelf, Recipient: d.owners[1].Person, Label: book.NewText("Ana"), Sections: []book.Section{book.SectionName},
			Singles: []book.Single{{Section: book.SectionStrengths, Item: r.Items[0][0].ID}}, ReadOnly: true, Purpose: book.PurposeNear, Until: d.Clock.Now() + 30*clock.Day,
		}})
		d.write(t, 0, keeper.Draft{Kind: book.KindSharing, Act: book.ActWrite, Body: &book.Sharing{
			As: book.HatWorker, To: book.ToRole, Whoever: book.Whoever{Role: id.New[id.Role](d.App.IDs), Said: []book.Said{{Person: d.worker.Person}}}, Label: book.NewText("the evening line"),
			Sections: []book.Section{book.SectionName}, Purpose: book.PurposeRole, Until: d.Clock.Now() + 30*clock.Day,
		}})
		for table, change := range map[string]string{
			"given_said":       `UPDATE given_said SET may = 1 WHERE book = $1`,
			"given_said less":  `DELETE FROM given_said WHERE book = $1`,
			"given whom":       `UPDATE given SET whom = 'workers' WHERE book = $1 AND whom = 'role'`,
			"given":            `UPDATE given SET until = until + 1 WHERE book = $1`,
			"given hat":        `UPDATE given SET hat = 'self' WHERE book = $1 AND hat = 'worker'`,
			"given suggests":   `UPDATE given SET suggests = 1 WHERE book = $1 AND suggests = 0`,
			"given_section":    `INSERT INTO given_section (book, given, section) SELECT book, id, 'days' FROM given WHERE book = $1`,
			"given_item":       `INSERT INTO given_item (book, given, item, section) SELECT g.book, g.id, i.item, i.section FROM given AS g JOIN item AS i ON i.book = g.book WHERE g.book = $1 AND g.hat = 'worker' AND i.kind = 'strength'`,
			"given_item less":  `DELETE FROM given_item WHERE book = $1`,
			"given_item other": `UPDATE given_item SET item = (SELECT i.item FROM item AS i WHERE i.book = $1 AND i.kind = 'name') WHERE book = $1`,
			"given_act":        `INSERT INTO given_act (book, given, section) SELECT book, given, section FROM given_section WHERE book = $1 AND section = 'words'`,
			"given_act less":   `DELETE FROM given_act WHERE book = $1`,
			"item":             `UPDATE item SET state = 'away' WHERE book = $1 AND kind = 'strength'`,
			"suggestion":       `DELETE FROM suggestion WHERE book = $1`,
			"tie":              `INSERT INTO tie (one, other, item, since, ended_at) SELECT owner, id, id, 0, 0 FROM book WHERE id = $1`,
			"book":             `UPDATE book SET owner = id WHERE id = $1`,
		} {
			err := d.App.DB.Update(t.Context(), func(tx *store.Tx) error {
				if n, err := tx.Exec(change, d.books[0]); err != nil || n == 0 {
					t.Errorf("%s: %d rows were changed", table, n)
					return err
				}
				found := d.verify(t, inTx{tx}, true)
				named := slices.ContainsFunc(found, func(p witness.Problem) bool {
					return strings.Contains(p.Row, d.books[0].String()) && (strings.HasPrefix(table, p.Table) || table == "book")
				})
				if !named {
					t.Errorf("%s: %v", table, found)
				}
				return errUndo
			})
			if !errors.Is(err, errUndo) {
				t.Fatal(err)
			}
		}
	})
}

// TestWhatWasWrittenForThemOutlivesTheGrant: a book in which somebody wrote for its owner can be checked after that was taken back,
// and after the grant was erased for good.
func TestWhatWasWrittenForThemOutlivesTheGrant(t *testing.T) {
	pgtest.Both(t, func(t *testing.T, where string) {
		d := newTampered(t, where)
		r, err := d.App.Keeper.Mine(t.Context(), d.owners[0], d.books[0], keeper.Want{Kind: book.KindSharing})
		if err != nil || len(r.Items[0]) != 1 {
			t.Fatal(r.Items, err)
		}
		g := r.Items[0][0]
		d.write(t, 0, keeper.Draft{Kind: book.KindSharing, Act: book.ActPutAway, Item: g.ID, Base: g.Head})
		d.write(t, 0, keeper.Draft{Kind: book.KindErasing, Act: book.ActErase, Body: &book.Erasing{Items: []id.Item{g.ID}}})
		d.keep(t)
		if found := d.verify(t, d.App.DB, true); len(found) > 0 {
			t.Errorf("%v", found)
		}
	})
}

// header is that of an entry, made anew from the description in docs/export.md.
func (r row) header(seq int64) witness.Header {
	eight := func(v any) []byte { return binary.BigEndian.AppendUint64(nil, uint64(v.(int64))) }
	text := func(c string) []byte { return []byte(r[c].(string)) }
	bytes := func(c string) []byte { b, _ := r[c].([]byte); return b }
	return witness.NewHeader("entry", bytes("book"), eight(seq), bytes("id"), text("section"), text("kind"), eight(r["version"]),
		bytes("item"), text("act"), bytes("author"), text("hat"), text("via"), bytes("base"), bytes("answers"), eight(r["recorded_at"]))
}

// rechain makes the leaves and the chain of a book fit what stands in it, as who holds the database can.
func rechain(tx *store.Tx, b id.Book) (leaves []witness.Hash, err error) {
	rows, err := rowsOf(tx, "entry")
	var chain witness.Hash
	for _, r := range rows {
		if err != nil || string(r["book"].([]byte)) != string(b.Bytes()) {
			continue
		}
		var commitment, leaf witness.Hash
		if err := leaf.Scan(r["leaf"]); err != nil {
			return nil, err
		}
		if commitment.Scan(r["commitment"]) == nil { // else it was erased
			leaf = witness.Leaf(r.header(r["seq"].(int64)), commitment, witness.Cipher(r["sealed"].([]byte)))
		}
		chain = witness.Chain(chain, leaf)
		leaves = append(leaves, leaf)
		_, err = tx.Exec(`UPDATE entry SET leaf = $1, chain = $2 WHERE book = $3 AND seq = $4`, leaf, chain, b, r["seq"])
	}
	return leaves, err
}

// swap gives two people each other's sealed words, with commitments.
func (d *tampered) swap(tx *store.Tx) error {
	type sealed struct{ words, commitment []byte }
	var of [2]sealed
	for i, b := range d.books {
		if err := tx.Row(`SELECT sealed, commitment FROM entry WHERE book = $1 AND kind = 'strength' ORDER BY seq LIMIT 1`, b).Scan(&of[i].words, &of[i].commitment); err != nil {
			return err
		}
	}
	for i, b := range d.books {
		if _, err := tx.Exec(`UPDATE entry SET sealed = $1, commitment = $2 WHERE book = $3 AND seq = (SELECT MIN(seq) FROM entry WHERE book = $3 AND kind = 'strength')`,
			of[1-i].words, of[1-i].commitment, b); err != nil {
			return err
		}
	}
	return nil
}

// Two people's words change places, and whoever did it makes leaves and chains fit, and even has the new leaves signed.
func TestSwappedWordsAreFound(t *testing.T) {
	pgtest.Both(t, func(t *testing.T, where string) {
		d := newTampered(t, where)
		for _, how := range []string{"swapped", "chained again", "queued again"} {
			err := d.App.DB.Update(t.Context(), func(tx *store.Tx) error {
				if err := d.swap(tx); err != nil {
					return err
				}
				for _, b := range d.books {
					if how == "swapped" {
						break
					}
					leaves, err := rechain(tx, b)
					for _, leaf := range leaves {
						if err == nil && how == "queued again" {
							err = d.App.Keeper.Queue().Enqueue(tx, leaf, "entry", d.Clock.Now())
						}
					}
					if err != nil {
						return err
					}
				}
				for _, keys := range []bool{false, true} {
					found := d.verify(t, inTx{tx}, keys)
					table := "entry"
					if how == "queued again" && !keys {
						table = "log" // the leaves of what stood there
					}
					if !names(found, table) {
						t.Errorf("%s (keys: %v): %v", how, keys, found)
					}
				}
				return errUndo
			})
			if !errors.Is(err, errUndo) {
				t.Fatal(err)
			}
		}
	})
}

// Somebody who holds database and keys makes another history from the beginning and signs it: only who kept a head
// outside can tell. So it is with a database that is older than what was shown.
func TestWhatOnlyAKeptHeadFinds(t *testing.T) {
	pgtest.Both(t, func(t *testing.T, where string) {
		d := newTampered(t, where)
		if found := d.verify(t, d.App.DB, true, d.kept...); len(found) > 0 {
			t.Fatalf("nothing was done, and it is said: %v", found)
		}
		seen := d.kept
		later := witness.Kept{Checkpoint: seen[0].Checkpoint, From: "Elm Street"}
		later.Size += 5
		if found := d.verify(t, d.App.DB, true, later); !names(found, "log") {
			t.Errorf("the data is older than a head that was kept, and it is said: %v", found)
		}
		d.forge(t)
		if found := d.verify(t, d.App.DB, true); len(found) > 0 {
			t.Errorf("the forger was not careful: %v", found)
		}
		if found := d.verify(t, d.App.DB, true, seen...); !names(found, "log") {
			t.Errorf("another history was signed, and with a kept head it is said: %v", found)
		}
	})
}

// forge takes the last entry and all later looks out of a book without a trace, and signs the log anew.
func (d *tampered) forge(t *testing.T) {
	t.Helper()
	b := d.books[1]
	update(t, d.World, func(tx *store.Tx) error {
		for _, q := range []string{
			`DELETE FROM suggestion WHERE book = $1 AND seq = (SELECT seq FROM book WHERE id = $1)`,
			`DELETE FROM entry WHERE book = $1 AND seq = (SELECT seq FROM book WHERE id = $1)`,
			`UPDATE book SET seq = seq - 1 WHERE id = $1`,
		} {
			if _, err := tx.Exec(q, b); err != nil {
				return err
			}
		}
		rows, err := rowsOf(tx, "log_record")
		if err != nil {
			return err
		}
		for _, q := range []string{`DELETE FROM log_tile`, `DELETE FROM log_checkpoint`, `DELETE FROM log_record`, `UPDATE log SET size = 0`} {
			if _, err := tx.Exec(q); err != nil {
				return err
			}
		}
		for _, r := range rows {
			if r["kind"] == "log" {
				continue
			}
			if err := d.requeue(tx, r); err != nil {
				return err
			}
		}
		for kind, query := range map[string]string{"entry": `SELECT leaf, recorded_at FROM entry`, "look": `SELECT batch, MAX(at) FROM look GROUP BY batch`} {
			var again []func() error
			err := store.Each(tx, query, nil, func(scan func(...any) error) error {
				var leaf witness.Hash
				var at clock.Time
				err := scan(&leaf, &at)
				again = append(again, func() error { return d.App.Keeper.Queue().Enqueue(tx, leaf, kind, at) })
				return err
			})
			for _, enqueue := range again {
				err = errors.Join(err, enqueue())
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
	l, err := witness.New(witness.Config{DB: d.App.DB, Seed: d.App.Vault.Key(witness.SignerKey), Queue: d.App.Keeper.Queue(), Clock: d.Clock})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.Sequence(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// requeue seals a record as Beside does: the forger has the keys.
func (d *tampered) requeue(tx *store.Tx, r row) error {
	now := d.Clock.Now()
	kind, rowID, sum := r["kind"].(string), r["id"].([]byte), r["sum"].([]byte)
	text := func(b []byte) []byte { return append(binary.BigEndian.AppendUint32(nil, uint32(len(b))), b...) }
	once := r["once"].([]byte)
	leaf := recordHash(slices.Concat([]byte{0x01, 'R'}, text([]byte(kind)), text(rowID), sum, once))
	mac := hmac.New(sha256.New, d.App.Vault.Key(witness.QueueKey))
	mac.Write(slices.Concat(text([]byte("queued")), leaf[:], text([]byte(kind)), binary.BigEndian.AppendUint64(nil, uint64(now)), text(rowID), text(sum), text(once), []byte{1}))
	_, err := tx.Exec(`INSERT INTO log_queue (leaf, kind, queued_at, id, sum, once, seal) VALUES ($1, $2, $3, $4, $5, $6, $7)`, leaf, kind, now, rowID, sum, once, mac.Sum(nil))
	return err
}

// recordHash is that of RFC 6962.
func recordHash(in []byte) witness.Hash { return sha256.Sum256(append([]byte{0}, in...)) }

// BenchmarkVerify verifies an installation of ten thousand entries in two books, with keys and without.
func BenchmarkVerify(b *testing.B) {
	for engine, where := range map[string]string{"sqlite": b.TempDir(), "postgres": pgtest.URL(b)} {
		d := newTampered(b, where)
		for range 100 {
			for i := range d.books {
				drafts := make([]keeper.Draft, 50)
				for j := range drafts {
					drafts[j] = keeper.Draft{ID: d.entry(), Kind: book.KindMoment, Act: book.ActWrite, Via: book.ViaWeb, Body: &book.Moment{What: book.WhatGood, Words: book.NewText("a long day by the river, and then rain")}}
				}
				if _, err := d.App.Keeper.Write(b.Context(), d.owners[i], d.books[i], drafts...); err != nil {
					b.Fatal(err)
				}
				d.look(b, i)
			}
		}
		d.keep(b)
		for _, keys := range []bool{false, true} {
			b.Run(fmt.Sprintf("%s/keys=%v", engine, keys), func(b *testing.B) {
				for b.Loop() {
					if found := d.verify(b, d.App.DB, keys, d.kept...); len(found) > 0 {
						b.Fatal(found)
					}
				}
				b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/10_000, "µs/entry")
			})
		}
	}
}
