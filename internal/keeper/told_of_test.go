package keeper_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

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

// TestWhatIsToldOfAList: what was changed, in its own list and in no other, and how much is missing.
func TestWhatIsToldOfAList(t *testing.T) {
	ready.Both(t, func(t *testing.T, where string) {
		w, ctx := newWorld(t, where), context.Background()
		who, b := w.person(t)
		other, _ := w.person(t)
		worker := w.worker(t)
		w.lives(t, who, b, other, worker)
		l := w.log(t)
		sequenced(t, l)
		var ties int
		var batch []byte
		var looks [2]int
		must(t, w.db.View(ctx, func(tx *store.Tx) error {
			return firstOf(tx.Row(`SELECT COUNT(*) FROM tie WHERE one = $1`, who.Person).Scan(&ties), tx.Row(`SELECT COUNT(*) FROM look`).Scan(&looks[1]),
				tx.Row(`SELECT batch, COUNT(*) FROM look GROUP BY batch ORDER BY batch LIMIT 1`).Scan(&batch, &looks[0]))
		}))
		if ties < 2 || looks[0] < 2 {
			t.Fatalf("%d ties and %d looks", ties, looks[0])
		}
		for _, c := range []struct {
			text string
			args []any
			want []string
		}{
			{`DELETE FROM tie WHERE one = $1 AND ended_at <> 0`, []any{who.Person}, []string{"tie: 1 rows are missing that its entries speak of"}},
			{`DELETE FROM given_act WHERE book = $1`, []any{b}, []string{"given_act: it is not what the entries of the book say"}},
			{`INSERT INTO given_said (book, given, person, may, at) SELECT book, given, $1, 1, 1 FROM given_act WHERE book = $2`, []any{who.Person, b},
				[]string{"given_said: it is not what the entries of the book say"}},
			{`DELETE FROM given_item WHERE book = $1 AND given = (SELECT given FROM given_item ORDER BY given DESC LIMIT 1)`, []any{b}, []string{"given_item: it is not what the entries of the book say"}},
		} {
			found, ok := w.left(t, l, true, func(tx *store.Tx) error { _, err := tx.Exec(c.text, c.args...); return err })
			if got := told(found); !ok || !slices.Equal(got, c.want) {
				t.Errorf("%s: it is told %q, want %q", c.text, got, c.want)
			}
		}
		found, _ := w.left(t, l, true, func(tx *store.Tx) error {
			_, err := tx.Exec(`UPDATE look SET items = items + 1 WHERE batch = $1`, batch)
			return err
		})
		if want := fmt.Sprintf("into book %s and %d written with it", b, looks[0]-1); len(found) == 0 || !strings.HasSuffix(found[0].Row, want) {
			t.Errorf("of looks it is told %v, want %s", found, want)
		}
		done := map[string]int64{}
		key := l.Key()
		c := witness.NewCheck(witness.CheckConfig{
			DB: w.db, Key: &key, Queue: w.k.Queue(), Report: func(witness.Problem) {}, Progress: func(what string, n int64) { done[what] = n },
		})
		if must(t, c.Logs(ctx)); w.k.Check(ctx, c, false) != nil || done["looks"] != int64(looks[1]) {
			t.Errorf("%v is done, of %d looks", done, looks[1])
		}
	})
}

// told is what is told of each list, without its rows.
func told(found []witness.Problem) (all []string) {
	for _, p := range found {
		all = append(all, p.Table+": "+p.What)
	}
	return all
}

// TestAForgedEntryIsTold: whoever has the database and can make its leaves has no right yet, and no key.
func TestAForgedEntryIsTold(t *testing.T) {
	ready.Both(t, func(t *testing.T, where string) {
		w, ctx := newWorld(t, where), context.Background()
		who, b := w.person(t)
		gone := w.does(t, who, b, keeper.Draft{Kind: book.KindStrength, Act: book.ActWrite, Body: bodyOf(book.KindStrength, "I sing", id.Item{})})
		act := w.does(t, who, b, keeper.Draft{Kind: book.KindErasing, Act: book.ActErase, Body: &book.Erasing{Items: []id.Item{gone.Item}}})
		l := w.log(t)
		sequenced(t, l)
		short, err := w.vault.Seal(ctx, b, act.Item, act.ID, []byte("short"))
		must(t, err)
		for what, c := range map[string]struct {
			change func(*book.Entry, *[]byte)
			want   string
		}{
			"by another":     {func(e *book.Entry, _ *[]byte) { e.Author = id.New[id.Person](w.ids) }, "it could not follow from what was before it"},
			"in another hat": {func(e *book.Entry, _ *[]byte) { e.Hat = book.HatTeam }, "it could not follow from what was before it"},
			"too short":      {func(_ *book.Entry, sealed *[]byte) { *sealed = short }, "its words cannot be opened with its key"},
		} {
			found, ok := w.left(t, l, true, func(tx *store.Tx) error { return keeper.Forge(tx, act.ID, c.change) })
			if !ok || !slices.ContainsFunc(found, func(p witness.Problem) bool { return strings.HasPrefix(p.What, c.want) }) {
				t.Errorf("%s: it is told %v, want %s", what, found, c.want)
			}
		}
	})
}

// TestNamesFromBefore: all of them come into the index, but one that is another by then; one that cannot be opened is told as an error.
func TestNamesFromBefore(t *testing.T) {
	ready.Both(t, func(t *testing.T, where string) {
		w, ctx := newWorld(t, where), context.Background()
		desk := w.atTheDesk(t)
		ruth, ruths := w.person(t)
		ida, idas := w.person(t)
		first := w.isCalled(t, ruth, ruths, "Ruth", id.Entry{})
		last := w.isCalled(t, ida, idas, "Ida", id.Entry{})
		forget := func() {
			t.Helper()
			must(t, w.db.Update(ctx, func(tx *store.Tx) error { _, err := tx.Exec(`DELETE FROM name_part`); return err }))
		}
		finds := func(typed string, want int) {
			t.Helper()
			got, _, err := w.k.FindByName(bounded(t), desk, id.New[id.Request](w.ids), book.PurposeDied, typed)
			if must(t, err); len(got) != want {
				t.Errorf("%q: %v", typed, got)
			}
		}
		finds("ruth", 1)
		forget() // and this keeper went through them before
		must(t, w.k.IndexNames(bounded(t), []id.Book{ruths, idas}, func() {}))
		finds("ruth", 1)
		finds("ida", 1)
		must(t, w.k.IndexNames(bounded(t), []id.Book{ruths, idas}, func() { w.isCalled(t, ruth, ruths, "Rahel", first.ID) }))
		finds("ruth", 0)
		finds("rahel", 1)
		finds("ida", 1)
		forget()
		must(t, w.db.Update(ctx, func(tx *store.Tx) error {
			_, err := tx.Exec(`UPDATE entry SET sealed = $1 WHERE id = $2`, []byte("nothing that a key opens"), last.ID)
			return err
		}))
		again, at := keeper.New(w.db, w.vault, w.clock, w.ids, nil), bounded(t)
		if _, _, err := again.FindByName(at, desk, id.New[id.Request](w.ids), book.PurposeDied, "rahel"); err == nil || at.Err() != nil {
			t.Errorf("a name that cannot be opened: %v, %v", err, at.Err())
		}
	})
}

// TestWhatIsErasedAgainIsPromised: by each certificate that speaks of it, and where there is none not before the root key may move on.
func TestWhatIsErasedAgainIsPromised(t *testing.T) {
	ready.Both(t, func(t *testing.T, where string) {
		w, ctx := newWorld(t, where), context.Background()
		who, b := w.person(t)
		erases := func() book.Entry {
			t.Helper()
			e := w.does(t, who, b, keeper.Draft{Kind: book.KindStrength, Act: book.ActWrite, Body: bodyOf(book.KindStrength, "x", id.Item{})})
			return w.does(t, who, b, keeper.Draft{Kind: book.KindErasing, Act: book.ActErase, Body: &book.Erasing{Items: []id.Item{e.Item}}})
		}
		var acts []string
		for range 2 {
			acts = append(acts, string(erases().ID.Bytes()))
		}
		forget := func(kind promise.Kind) []promise.Promise {
			t.Helper()
			all := w.promises(t, kind)
			must(t, w.db.Update(ctx, func(tx *store.Tx) error { _, err := tx.Exec(`DELETE FROM promise`); return err }))
			return all
		}
		forget(keeper.ErasePromise)
		if _, err := w.k.Reconcile(ctx); err != nil { // the keyring is older
			t.Fatal(err)
		}
		all := forget(keeper.ErasePromise)
		for _, x := range acts {
			if !slices.ContainsFunc(all, func(p promise.Promise) bool { return string(p.Subject) == x }) {
				t.Errorf("of %d promises none is of %x", len(all), x)
			}
		}
		must(t, w.k.KeepErase().Reach(ctx, all[0]))
		must(t, w.db.Update(ctx, func(tx *store.Tx) error { return w.k.KeepErase().Effect(tx, all[0]) }))
		must(t, w.k.KeepCertify().Reach(ctx, forget(keeper.CertifyPromise)[0]))
		_, _, renewed, err := w.vault.Renewed(ctx)
		if must(t, err); renewed != w.clock.Now() {
			t.Fatalf("the root key moved on at %d", renewed)
		}
		w.clock.Step(clock.Minute)
		third, thirds := w.person(t)
		w.does(t, third, thirds, keeper.Draft{Kind: book.KindErasing, Act: book.ActErase, Body: &book.Erasing{Whole: true}})
		forget(keeper.ErasePromise)
		must(t, w.db.Update(ctx, func(tx *store.Tx) error { _, err := tx.Exec(`DELETE FROM erasing`); return err }))
		if _, err := w.k.Reconcile(ctx); err != nil {
			t.Fatal(err)
		}
		if all = forget(keeper.CertifyPromise); len(all) != 1 || all[0].Due != renewed+keeper.RenewEvery {
			t.Errorf("without a certificate: %v, and the root key moved on at %d", all, renewed)
		}
	})
}

// TestWordsForThemSentAgain: they are one entry; where that cannot be opened any more it is told as a fault, not as something that nobody gave.
func TestWordsForThemSentAgain(t *testing.T) {
	ready.Both(t, func(t *testing.T, where string) {
		w, ctx := newWorld(t, where), context.Background()
		who, b := w.person(t)
		worker := w.worker(t)
		w.gives(t, who, b, worker, func(s *book.Sharing) { s.Acts = []book.Section{book.SectionGoals} })
		goal := w.does(t, who, b, keeper.Draft{Kind: book.KindGoal, Act: book.ActWrite, Body: bodyOf(book.KindGoal, "swim", id.Item{})})
		d := keeper.Draft{ID: w.entry(), Via: book.ViaWeb, Kind: book.KindGoal, Act: book.ActWriteFor, Item: goal.Item, Base: goal.ID, Body: bodyOf(book.KindGoal, "swim far", id.Item{})}
		send := func(by grant.Subject) (id.Entry, error) {
			e, err := w.k.Write(ctx, by, b, d)
			if err != nil {
				return id.Entry{}, err
			}
			return e[0].ID, nil
		}
		for range 2 {
			if e, err := send(worker); err != nil || e != d.ID {
				t.Errorf("sent: %s, %v", e, err)
			}
		}
		_, err := send(w.worker(t)) // of whom nothing is said to them, not even that the goal is another by now
		wantKind(t, err, errs.NotOpen)
		short, err := w.vault.Seal(ctx, b, goal.Item, d.ID, []byte("short"))
		must(t, err)
		for _, sealed := range []vault.Sealed{short, []byte("nothing that a key opens")} {
			must(t, w.db.Update(ctx, func(tx *store.Tx) error {
				_, err := tx.Exec(`UPDATE entry SET sealed = $1 WHERE id = $2`, []byte(sealed), d.ID)
				return err
			}))
			if _, err := send(worker); err == nil || errs.Is(err, errs.NotOpen) {
				t.Errorf("what was sent cannot be opened: %v", err)
			}
		}
	})
}
