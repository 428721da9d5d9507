package keeper_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/keeper"
	"beside/internal/promise"
	"beside/internal/store"
	"beside/internal/testkit/ready"
	"beside/internal/vault"
	"beside/internal/witness"
)

// does writes what must be kept.
func (w *world) does(t fatal, who grant.Subject, b id.Book, d keeper.Draft) book.Entry {
	t.Helper()
	d.ID, d.Via = w.entry(), book.ViaWeb
	e, err := w.k.Write(context.Background(), who, b, d)
	must(t, err)
	return e[0]
}

// gives writes a grant to somebody, as change makes it.
func (w *world) gives(t fatal, who grant.Subject, b id.Book, to grant.Subject, change func(*book.Sharing)) book.Entry {
	t.Helper()
	s := &book.Sharing{As: to.Hat, Recipient: to.Person, Sections: book.Givable(), Purpose: book.PurposeWalking, Until: w.clock.Now() + 30*clock.Day}
	change(s)
	return w.does(t, who, b, keeper.Draft{Kind: book.KindSharing, Act: book.ActWrite, Body: s})
}

// promises are the open promises of a kind, in the order of when they are due.
func (w *world) promises(t fatal, kind promise.Kind) (all []promise.Promise) {
	t.Helper()
	must(t, w.db.View(context.Background(), func(tx *store.Tx) error {
		all = nil
		return store.Each(tx, `SELECT id, subject, payload, due_at FROM promise WHERE state = 'open' AND kind = $1 ORDER BY due_at, id`, []any{string(kind)}, func(scan func(...any) error) error {
			p := promise.Promise{Kind: kind}
			err := scan(&p.ID, &p.Subject, &p.Payload, &p.Due)
			all = append(all, p)
			return err
		})
	}))
	return all
}

// tells are who is to be told what, and when, since the last time that this was asked.
func (w *world) tells(t fatal) (all []string) {
	t.Helper()
	for _, p := range w.promises(t, keeper.TellPromise) {
		var x keeper.Tell
		must(t, json.Unmarshal(p.Payload, &x))
		all = append(all, fmt.Sprint(x.Person, " ", x.Kind, " ", x.Book, " ", x.Entry, " ", p.Due))
		must(t, w.db.Update(context.Background(), func(tx *store.Tx) error { return promise.Drop(tx, p.ID) }))
	}
	slices.Sort(all)
	return all
}

func (w *world) wantTells(t *testing.T, after string, want ...string) {
	t.Helper()
	slices.Sort(want)
	if got := w.tells(t); !slices.Equal(got, want) {
		t.Errorf("after %s\n%q is told, want\n%q", after, got, want)
	}
}

// TestWhoIsToldWhat: the owner of what waits for them and of what was written for them, its author of each answer but one of their own,
// and nobody of anything else; what rests is told of again when it has rested.
func TestWhoIsToldWhat(t *testing.T) {
	ready.Both(t, func(t *testing.T, where string) {
		w := newWorld(t, where)
		who, b := w.person(t)
		worker := w.worker(t)
		w.gives(t, who, b, worker, func(s *book.Sharing) { s.Acts = []book.Section{book.SectionGoals} })
		w.tells(t)
		tell := func(to grant.Subject, kind string, e id.Entry, after clock.Time) string {
			return fmt.Sprint(to.Person, " ", kind, " ", b, " ", e, " ", w.clock.Now()+after)
		}
		suggests := func() book.Entry {
			t.Helper()
			e := w.does(t, worker, b, keeper.Draft{Kind: book.KindStrength, Act: book.ActSuggest, Body: bodyOf(book.KindStrength, "x", id.Item{})})
			w.wantTells(t, "a suggestion", tell(who, keeper.TellSuggested, e.ID, 0))
			return e
		}
		answers := func(by grant.Subject, act book.Act, s book.Entry) {
			t.Helper()
			w.does(t, by, b, keeper.Draft{Kind: s.Kind, Act: act, Item: s.Item, Answers: s.ID})
		}
		s := suggests()
		answers(who, book.ActNotNow, s)
		w.wantTells(t, "not now", tell(who, keeper.TellAgain, s.ID, keeper.AgainAfter), tell(worker, keeper.TellAnswered, s.ID, 0))
		answers(who, book.ActTomorrow, s)
		w.wantTells(t, "tomorrow", tell(who, keeper.TellAgain, s.ID, keeper.TomorrowAfter), tell(worker, keeper.TellAnswered, s.ID, 0))
		answers(who, book.ActDecline, s)
		w.wantTells(t, "no thanks", tell(worker, keeper.TellAnswered, s.ID, 0))
		s = suggests()
		w.does(t, worker, b, keeper.Draft{Act: book.ActTomorrow, Answers: s.ID}) // the suggestion says of what
		w.wantTells(t, "its author's tomorrow", tell(who, keeper.TellAgain, s.ID, keeper.TomorrowAfter))
		answers(who, book.ActAccept, s)
		w.wantTells(t, "yes", tell(worker, keeper.TellAnswered, s.ID, 0))
		wrote := w.does(t, worker, b, keeper.Draft{Kind: book.KindGoal, Act: book.ActWriteFor, Body: bodyOf(book.KindGoal, "x", id.Item{})})
		w.wantTells(t, "writing for the owner", tell(who, keeper.TellWrote, wrote.ID, 0))
		w.does(t, who, b, keeper.Draft{Kind: book.KindStrength, Act: book.ActWrite, Body: bodyOf(book.KindStrength, "x", id.Item{})})
		w.wantTells(t, "writing oneself")
		for _, lasts := range []clock.Time{1, keeper.WarnBefore} {
			w.gives(t, who, b, worker, func(s *book.Sharing) { s.Until = w.clock.Now() + lasts })
			w.wantTells(t, "giving for a short time")
		}
		long := w.gives(t, who, b, worker, func(s *book.Sharing) { s.Until = w.clock.Now() + keeper.WarnBefore + 1 })
		w.wantTells(t, "giving for long", tell(who, keeper.TellEnds, long.ID, 1))
	})
}

// TestHowLongSomethingIsGiven: from now on, and for a year at most.
func TestHowLongSomethingIsGiven(t *testing.T) {
	ready.Both(t, func(t *testing.T, where string) {
		w := newWorld(t, where)
		who, b := w.person(t)
		worker := w.worker(t)
		for lasts, kept := range map[clock.Time]bool{-1: false, 0: false, 1: true, book.MaxGrant: true, book.MaxGrant + 1: false} {
			d := keeper.Draft{ID: w.entry(), Kind: book.KindSharing, Act: book.ActWrite, Via: book.ViaWeb,
				Body: &book.Sharing{As: book.HatWorker, Recipient: worker.Person, Sections: book.Givable(), Purpose: book.PurposeWalking, Until: w.clock.Now() + lasts}}
			if _, err := w.k.Write(context.Background(), who, b, d); (err == nil) != kept {
				t.Errorf("given for %d: %v", lasts, err)
			}
		}
	})
}

// TestWhatAReadingSaysMayBeDone: where the whole was given, and no more than that; of single things nothing may be done.
func TestWhatAReadingSaysMayBeDone(t *testing.T) {
	ready.Both(t, func(t *testing.T, where string) {
		w := newWorld(t, where)
		who, b := w.person(t)
		goal := w.does(t, who, b, keeper.Draft{Kind: book.KindGoal, Act: book.ActWrite, Body: bodyOf(book.KindGoal, "swim", id.Item{})})
		name, goals, strengths := book.SectionName, book.SectionGoals, book.SectionStrengths
		only := func(secs ...book.Section) func(*book.Sharing) { return func(s *book.Sharing) { s.Sections = secs } }
		reads := func(s *book.Sharing) { s.Sections, s.ReadOnly = []book.Section{name, goals}, true }
		acts := func(s *book.Sharing) { s.Sections, s.Acts = []book.Section{name, goals}, []book.Section{goals} }
		single := func(s *book.Sharing) {
			s.Sections, s.Singles = []book.Section{name}, []book.Single{{Section: goals, Item: goal.Item}}
		}
		type says struct{ Sections, Single, Suggest, Act []book.Section }
		for what, c := range map[string]struct {
			gifts []func(*book.Sharing)
			want  says
		}{
			"to suggest":                     {[]func(*book.Sharing){only(name, goals)}, says{Sections: []book.Section{name, goals}, Suggest: []book.Section{goals}}},
			"to read":                        {[]func(*book.Sharing){reads}, says{Sections: []book.Section{name, goals}}},
			"to act":                         {[]func(*book.Sharing){acts}, says{Sections: []book.Section{name, goals}, Suggest: []book.Section{goals}, Act: []book.Section{goals}}},
			"a single thing":                 {[]func(*book.Sharing){single}, says{Sections: []book.Section{name}, Single: []book.Section{goals}}},
			"to read, and a single thing":    {[]func(*book.Sharing){reads, single}, says{Sections: []book.Section{name, goals}}},
			"to read, and to act":            {[]func(*book.Sharing){reads, acts}, says{Sections: []book.Section{name, goals}, Suggest: []book.Section{goals}, Act: []book.Section{goals}}},
			"to act, and to read":            {[]func(*book.Sharing){acts, reads}, says{Sections: []book.Section{name, goals}, Suggest: []book.Section{goals}, Act: []book.Section{goals}}},
			"a single thing, and to suggest": {[]func(*book.Sharing){single, only(name, strengths)}, says{Sections: []book.Section{name, strengths}, Single: []book.Section{goals}, Suggest: []book.Section{strengths}}},
		} {
			worker := w.worker(t)
			for _, gift := range c.gifts {
				w.gives(t, who, b, worker, gift)
				w.clock.Step(1)
			}
			r, err := w.k.Read(context.Background(), worker, b)
			must(t, err)
			suggest := slices.DeleteFunc(r.Suggest, func(s book.Section) bool { return s == name }) // nothing can be suggested there
			got := says{r.Sections, r.Single, suggest, r.Act}
			for _, list := range []*[]book.Section{&got.Sections, &got.Single, &got.Suggest, &got.Act, &c.want.Sections, &c.want.Single, &c.want.Suggest, &c.want.Act} {
				slices.Sort(*list)
			}
			if diff := cmp.Diff(c.want, got, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("%s: %s", what, diff)
			}
		}
		if r, err := w.k.Read(context.Background(), who, b); err != nil || !r.Own {
			t.Errorf("the owner reads as another: %v", err)
		}
	})
}

// verified checks everything that the log commits to, and the books with it.
func (w *world) verified(t testing.TB) (found []witness.Problem) {
	t.Helper()
	ctx, l := context.Background(), w.log(t)
	sequenced(t, l)
	key := l.Key()
	c := witness.NewCheck(witness.CheckConfig{DB: w.db, Key: &key, Queue: w.k.Queue(), Report: func(p witness.Problem) { found = append(found, p) }})
	must(t, c.Logs(ctx))
	must(t, w.k.Check(ctx, c, true))
	must(t, c.Rows(ctx, keeper.Witnessed()...))
	must(t, c.Rest(ctx))
	return found
}

// TestAnErasingFromItsActToItsEnd: only what was to be told about it is dropped; its keys go, and the certificate says how far it is. All
// of it is in the log, and kept twice it is kept once.
func TestAnErasingFromItsActToItsEnd(t *testing.T) { erasedToTheEnd(t, false) }

// TestAWholeErasingFromItsActToItsEnd is the same of a whole book.
func TestAWholeErasingFromItsActToItsEnd(t *testing.T) { erasedToTheEnd(t, true) }

func erasedToTheEnd(t *testing.T, whole bool) {
	ready.Both(t, func(t *testing.T, where string) {
		w, ctx := newWorld(t, where), context.Background()
		who, b := w.person(t)
		other, otherBook := w.person(t)
		worker := w.worker(t)
		gift := w.give(t, who, b, worker)
		w.give(t, other, otherBook, worker)
		w.tells(t)
		suggests := func(b id.Book) book.Entry {
			return w.does(t, worker, b, keeper.Draft{Kind: book.KindStrength, Act: book.ActSuggest, Body: bodyOf(book.KindStrength, "x", id.Item{})})
		}
		goes, too, stays, others := suggests(b), suggests(b), suggests(b), suggests(otherBook)
		tell := func(to grant.Subject, e book.Entry) string {
			return fmt.Sprint(to.Person, " ", keeper.TellSuggested, " ", e.Book, " ", e.ID, " ", e.RecordedAt)
		}
		w.does(t, who, b, keeper.Draft{Kind: book.KindName, Act: book.ActWrite, Item: book.Only(b, book.KindName), Body: bodyOf(book.KindName, "Mira", id.Item{})})
		w.does(t, who, b, keeper.Draft{Kind: book.KindTie, Act: book.ActWrite, Item: book.TieWith(b, other.Person), Body: &book.Tie{Other: other.Person, Bond: book.BondFamily}})
		x, left := &book.Erasing{Items: []id.Item{goes.Item, too.Item}}, []string{tell(who, stays), tell(other, others)}
		if whole {
			x, left = &book.Erasing{Whole: true}, []string{tell(other, others)}
		} else {
			w.does(t, who, b, keeper.Draft{Kind: book.KindSharing, Act: book.ActPutAway, Item: gift.Item, Base: gift.ID})
		}
		act := w.does(t, who, b, keeper.Draft{Kind: book.KindErasing, Act: book.ActErase, Body: x})
		w.wantTells(t, fmt.Sprintf("an erasing, whole: %v", whole), left...)
		var ties, names int
		must(t, w.db.View(ctx, func(tx *store.Tx) error {
			if err := tx.Row(`SELECT COUNT(*) FROM tie WHERE one = $1`, who.Person).Scan(&ties); err != nil {
				return err
			}
			return tx.Row(`SELECT COUNT(*) FROM name_part WHERE book = $1`, b).Scan(&names)
		}))
		if (ties > 0) == whole || (names > 0) == whole {
			t.Errorf("whole: %v, and %d ties and %d parts of a name are left", whole, ties, names)
		}
		certificate := func() keeper.Certificate {
			t.Helper()
			if whole {
				c, err := w.k.WholeErased(ctx, act.ID)
				must(t, err)
				return c
			}
			all, err := w.k.Erasings(ctx, who, b)
			must(t, err)
			if len(all) != 1 {
				t.Fatalf("%d certificates", len(all))
			}
			return all[0]
		}
		want := keeper.Certificate{Erasing: act.ID, Whole: whole, Items: len(x.Items), Entries: 2, ErasedAt: act.RecordedAt}
		if whole {
			want.Entries = 7
		}
		for _, stage := range []struct {
			kind promise.Kind
			keep promise.Keep
			at   *clock.Time
		}{{keeper.ErasePromise, w.k.KeepErase(), &want.SettledAt}, {keeper.CertifyPromise, w.k.KeepCertify(), &want.SureAt}} {
			if got := certificate(); got != want {
				t.Fatalf("before %s: %+v, want %+v", stage.kind, got, want)
			}
			all := w.promises(t, stage.kind)
			if len(all) != 1 || string(all[0].Subject) != string(act.ID.Bytes()) {
				t.Fatalf("%s: %d promises", stage.kind, len(all))
			}
			w.clock.Step(clock.Day)
			*stage.at = w.clock.Now()
			must(t, stage.keep.Reach(ctx, all[0]))
			must(t, stage.keep.Reach(ctx, all[0]))
			must(t, w.db.Update(ctx, func(tx *store.Tx) error { return stage.keep.Effect(tx, all[0]) }))
			if found := w.verified(t); len(found) > 0 {
				t.Errorf("after %s the log says otherwise: %v", stage.kind, found)
			}
			for _, it := range []id.Item{goes.Item, too.Item} {
				if _, err := w.vault.Seal(ctx, b, it, w.entry(), nil); !errors.Is(err, vault.ErrErased) {
					t.Errorf("after %s there is a key: %v", stage.kind, err)
				}
			}
			w.clock.Step(1)
			if stage.kind == keeper.CertifyPromise { // once more: the time that stands there stays
				must(t, w.db.Update(ctx, func(tx *store.Tx) error { return stage.keep.Effect(tx, all[0]) }))
			}
			must(t, w.db.Update(ctx, func(tx *store.Tx) error { return promise.Drop(tx, all[0].ID) }))
			broken := promise.Promise{Payload: []byte("[")}
			if stage.keep.Reach(ctx, broken) == nil || w.db.Update(ctx, func(tx *store.Tx) error { return stage.keep.Effect(tx, broken) }) == nil {
				t.Errorf("%s is kept for what cannot be read", stage.kind)
			}
		}
		if got := certificate(); got != want {
			t.Errorf("at the end: %+v, want %+v", got, want)
		}
		wantKind(t, func() error { _, err := w.k.Erasings(ctx, other, b); return err }(), errs.NotOpen)
		_, _, renewed, err := w.vault.Renewed(ctx)
		if must(t, err); renewed < want.SureAt {
			t.Errorf("the root key moved on at %d, before %d", renewed, want.SureAt)
		}
		goes = suggests(otherBook) // the next is sure an hour after the root key moved on
		w.does(t, other, otherBook, keeper.Draft{Kind: book.KindErasing, Act: book.ActErase, Body: &book.Erasing{Items: []id.Item{goes.Item}}})
		next := w.promises(t, keeper.ErasePromise)
		must(t, w.k.KeepErase().Reach(ctx, next[0]))
		must(t, w.db.Update(ctx, func(tx *store.Tx) error { return w.k.KeepErase().Effect(tx, next[0]) }))
		if sure := w.promises(t, keeper.CertifyPromise); len(sure) != 1 || sure[0].Due != renewed+keeper.RenewEvery {
			t.Errorf("the next is promised for %v, and the root key moved on at %d", sure, renewed)
		}
		forged, err := json.Marshal(keeper.Erased{Erasing: w.entry(), Book: otherBook, Owner: other.Person, Whole: true})
		must(t, err)
		for _, keep := range []promise.Keep{w.k.KeepErase(), w.k.KeepCertify()} {
			if keep.Reach(ctx, promise.Promise{Payload: forged}) == nil {
				t.Error("a key is lost though nobody erased it by Beside")
			}
		}
		suggests(otherBook)
	})
}

// TestAHoldByOrder: what is missing or too long is said beside its field; a book is held once, and its owner reads why. It ends when its
// time comes, and one that was set anew stays.
func TestAHoldByOrder(t *testing.T) {
	ready.Both(t, func(t *testing.T, where string) {
		w, ctx := newWorld(t, where), context.Background()
		who, b := w.person(t)
		letters := func(n int) string { return fmt.Sprintf("%*d", n, 1) }
		order := func(change func(*keeper.Hold)) keeper.Hold {
			h := keeper.Hold{Book: b, Reference: "12 B 7", Ground: book.NewText("An order.")}
			change(&h)
			return h
		}
		for what, h := range map[string]keeper.Hold{
			"reference": order(func(h *keeper.Hold) { h.Reference = "" }),
			"ground":    order(func(h *keeper.Hold) { h.Ground = book.Text{} }),
			"until":     order(func(h *keeper.Hold) { h.Until = w.clock.Now() }),
			"longer":    order(func(h *keeper.Hold) { h.Reference = letters(keeper.MaxReference + 1) }),
		} {
			if err := w.k.SetHold(ctx, h, id.Person{}); !errs.Is(err, errs.Invalid) {
				t.Errorf("%s: %v", what, err)
			}
		}
		nobodys := id.New[id.Book](w.ids)
		must(t, w.vault.MakeBook(ctx, nobodys))
		wantKind(t, w.k.SetHold(ctx, order(func(h *keeper.Hold) { h.Book = nobodys }), id.Person{}), errs.NotOpen)
		if h, err := w.k.Held(ctx, who, b); err != nil || h != (keeper.Hold{}) {
			t.Errorf("held before: %+v, %v", h, err)
		}
		h := order(func(h *keeper.Hold) { h.Reference, h.Until = letters(keeper.MaxReference), w.clock.Now()+1 })
		must(t, w.k.SetHold(ctx, h, id.Person{}))
		wantKind(t, w.k.SetHold(ctx, h, id.Person{}), errs.Changed)
		h.Since = w.clock.Now()
		if got, err := w.k.Held(ctx, who, b); err != nil || got != h {
			t.Errorf("held: %+v, %v", got, err)
		}
		all := w.promises(t, keeper.EndHoldPromise)
		if len(all) != 1 || all[0].Due != h.Until {
			t.Fatalf("%d promises to end it", len(all))
		}
		end := func(p promise.Promise) error {
			return w.db.Update(ctx, func(tx *store.Tx) error { return w.k.KeepEndHold().Effect(tx, p) })
		}
		if end(promise.Promise{Payload: []byte("[")}) == nil {
			t.Error("a hold ends by what cannot be read")
		}
		ending := keeper.Ending{ID: w.entry(), Book: b, Why: book.WhyAsked, MadeAt: w.clock.Now(), DueAt: w.clock.Now() + 1}
		unheld := keeper.Ending{ID: w.entry(), Book: b, Why: book.WhyDied, MadeAt: w.clock.Now(), DueAt: w.clock.Now() + 9}
		closing := keeper.Ending{ID: w.entry(), Book: b, Why: book.WhyClosed, MadeAt: w.clock.Now(), DueAt: w.clock.Now() + 2}
		must(t, w.db.Update(ctx, func(tx *store.Tx) error {
			return firstOf(w.k.SetEnding(tx, ending), w.k.SetEnding(tx, unheld), w.k.SetEnding(tx, closing), w.k.SetEnding(tx, ending))
		}))
		w.clock.Step(1)
		due := w.promises(t, keeper.EndPromise)
		if len(due) != 3 || due[0].Due != ending.DueAt || due[1].Due != closing.DueAt || due[2].Due != unheld.DueAt {
			t.Fatalf("promised: %v", due)
		}
		must(t, w.k.KeepEnding().Reach(ctx, due[0]))
		must(t, w.k.KeepEnding().Reach(ctx, due[1]))
		waits := func() (all []keeper.Ending) {
			t.Helper()
			must(t, w.db.View(ctx, func(tx *store.Tx) (err error) { all, err = w.k.Endings(tx, b); return err }))
			return all
		}
		waiting, closes := ending, closing
		waiting.WaitsSince, closes.WaitsSince = w.clock.Now(), w.clock.Now()
		if got := waits(); !slices.Equal(got, []keeper.Ending{waiting, closes, unheld}) {
			t.Errorf("while it is held: %+v", got)
		}
		must(t, end(all[0]))
		if got := waits(); !slices.Equal(got, []keeper.Ending{ending, closing, unheld}) {
			t.Errorf("when it is held no more: %+v", got)
		}
		if again := w.promises(t, keeper.EndPromise); len(again) != 5 {
			t.Errorf("promised: %v", again)
		}
		if found := w.verified(t); len(found) > 0 {
			t.Errorf("the log says otherwise: %v", found)
		}
		w.clock.Step(1)
		must(t, w.k.SetHold(ctx, order(func(*keeper.Hold) {}), id.Person{}))
		if all := w.promises(t, keeper.EndHoldPromise); len(all) != 1 {
			t.Errorf("%d promises to end what does not end by itself", len(all)-1)
		}
		must(t, end(all[0]))
		if got, err := w.k.Held(ctx, who, b); err != nil || got.Since != w.clock.Now() {
			t.Errorf("set anew: %+v, %v", got, err)
		}
		must(t, w.db.Update(ctx, func(tx *store.Tx) error {
			for _, want := range []bool{true, false} {
				if was, err := w.k.TakeBackEnding(tx, b, book.WhyAsked); err != nil || was != want {
					t.Errorf("taken back: %v, %v", was, err)
				}
			}
			return w.k.EndHold(tx, b)
		}))
		if got := waits(); !slices.Equal(got, []keeper.Ending{closing, unheld}) {
			t.Errorf("when it was taken back: %+v", got)
		}
		if left := w.promises(t, keeper.EndPromise); len(left) != 3 || left[2].Due != unheld.DueAt {
			t.Errorf("promised: %v", left)
		}
		w.clock.Set(unheld.DueAt)
		must(t, w.k.KeepEnding().Reach(ctx, due[2]))
		if c, err := w.k.WholeErased(ctx, unheld.ID); err != nil || c.Why != book.WhyDied {
			t.Errorf("when its time came: %+v, %v", c, err)
		}
		must(t, w.k.KeepEnding().Reach(ctx, due[2])) // it is erased
		ending.ID = w.entry()
		must(t, w.db.Update(ctx, func(tx *store.Tx) error { return w.k.SetEnding(tx, ending) }))
		if left := waits(); len(left) > 0 {
			t.Errorf("settled for what is gone: %v", left)
		}
		if found := w.verified(t); len(found) > 0 {
			t.Errorf("the log says otherwise: %v", found)
		}
	})
}

// firstOf is the first of some errors.
func firstOf(all ...error) error {
	for _, err := range all {
		if err != nil {
			return err
		}
	}
	return nil
}
