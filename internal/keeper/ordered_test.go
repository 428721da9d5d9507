package keeper_test

import (
	"context"
	"errors"
	"testing"

	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/keeper"
	"beside/internal/store"
	"beside/internal/testkit/ready"
)

// TestWhatAnOrderNamesIsOpened: what it names, also what was put away, and who looked, for who has it in hand; nothing of what it does not
// name. It is a look of each section that it names.
func TestWhatAnOrderNamesIsOpened(t *testing.T) {
	ready.Both(t, func(t *testing.T, where string) {
		w, ctx := newWorld(t, where), context.Background()
		who, b := w.person(t)
		worker, desk := w.worker(t), w.atTheDesk(t)
		w.gives(t, who, b, worker, func(*book.Sharing) {})
		w.does(t, who, b, keeper.Draft{Kind: book.KindStrength, Act: book.ActWrite, Body: bodyOf(book.KindStrength, "not named", id.Item{})})
		var want []id.Item
		for range 2 {
			e := w.does(t, who, b, keeper.Draft{Kind: book.KindGoal, Act: book.ActWrite, Body: bodyOf(book.KindGoal, "named", id.Item{})})
			want = append(want, e.Item)
			w.clock.Step(1)
			if len(want) == 1 {
				w.does(t, who, b, keeper.Draft{Kind: book.KindGoal, Act: book.ActPutAway, Item: e.Item, Base: e.ID})
			}
		}
		_, err := w.k.Read(ctx, worker, b, keeper.Want{Kind: book.KindGoal})
		must(t, err)
		order := id.New[id.Demand](w.ids)
		reads := func(of id.Book, looks int, items ...id.Item) keeper.Ordered {
			t.Helper()
			o, err := w.k.ReadOrdered(ctx, desk, of, nil)
			must(t, err)
			if len(o.Pieces) != len(items) || len(o.Looks) != looks || o.Owner != who.Person || o.Seq == 0 {
				t.Fatalf("%d things, %d looks: %+v", len(o.Pieces), len(o.Looks), o)
			}
			for i, it := range items {
				if o.Pieces[i].ID != it || textOf(o.Pieces[i].Body) != "named" {
					t.Errorf("%+v", o.Pieces[i])
				}
			}
			return o
		}
		reads(b, 0)
		must(t, w.db.Update(ctx, func(tx *store.Tx) error {
			other := id.New[id.Person](w.ids)
			for _, x := range []struct {
				text string
				args []any
			}{
				{`INSERT INTO demand (id, community, kind, facts, came, quiet_until, member, made_at, over_at) VALUES ($1, $2, 'order', $1, '', 0, $3, 0, 0)`, []any{order, id.New[id.Community](w.ids), other}},
				{`INSERT INTO ordered (id, book, facts, from_day, to_day, from_at, to_at, entered_by, entered_at, confirmed_by, confirmed_at, hash, told_at, over_at) VALUES ($1, $2, $1, '', '', 0, $3, $4, 0, NULL, 0, $1, 0, 0)`, []any{order, b, int64(1) << 62, other}},
				{`INSERT INTO ordered_part (ordered, part) VALUES ($1, 'goals')`, []any{order}},
				{`INSERT INTO ordered_part (ordered, part) VALUES ($1, $2)`, []any{order, grant.PartLooked}},
				{`INSERT INTO legal_claim (member, demand, until) VALUES ($1, $2, $3)`, []any{desk.Person, order, int64(1) << 62}},
			} {
				if _, err := tx.Exec(x.text, x.args...); err != nil {
					return err
				}
			}
			return nil
		}))
		o := reads(b, 1, want...)
		_, err = w.k.ReadOrdered(ctx, desk, id.New[id.Book](w.ids), nil)
		wantKind(t, err, errs.NotOpen)
		cannot := errors.New("cannot")
		if _, err := w.k.ReadOrdered(ctx, desk, b, func(*store.Tx) error { return cannot }); !errors.Is(err, cannot) {
			t.Errorf("others could not read theirs: %v", err)
		}
		for _, sections := range [][]book.Section{nil, {book.SectionGoals, book.SectionDays}} {
			must(t, w.db.Update(ctx, func(tx *store.Tx) error { return w.k.LookedOrdered(tx, desk, b, order, sections, o) }))
		}
		counts := map[book.Section]int{}
		must(t, w.db.View(ctx, func(tx *store.Tx) error {
			return store.Each(tx, `SELECT section, items FROM look WHERE book = $1 AND purpose = 'order' AND reader = $2`, []any{b, desk.Person}, func(scan func(...any) error) error {
				var s book.Section
				var n int
				err := scan(&s, &n)
				counts[s] = n
				return err
			})
		}))
		if len(counts) != 2 || counts[book.SectionGoals] != 2 || counts[book.SectionDays] != 0 {
			t.Errorf("the looks: %v", counts)
		}
		must(t, w.db.Update(ctx, func(tx *store.Tx) error {
			_, err := tx.Exec(`UPDATE entry SET sealed = $1 WHERE book = $2`, []byte("not what it was"), b)
			return err
		}))
		if _, err := w.k.ReadOrdered(ctx, desk, b, nil); err == nil {
			t.Error("what cannot be opened was read")
		}
	})
}

// TestWhatSomebodyWouldRead: what they will read when it is given, and nothing of it stays; what they read now, when nothing is to change;
// nothing, when nothing is given. Only its owner is shown that.
func TestWhatSomebodyWouldRead(t *testing.T) {
	ready.Both(t, func(t *testing.T, where string) {
		w, ctx := newWorld(t, where), context.Background()
		who, b := w.person(t)
		worker := w.worker(t)
		w.does(t, who, b, keeper.Draft{Kind: book.KindGoal, Act: book.ActWrite, Body: bodyOf(book.KindGoal, "swim", id.Item{})})
		give := keeper.Draft{ID: w.entry(), Via: book.ViaWeb, Kind: book.KindSharing, Act: book.ActWrite, Body: &book.Sharing{As: book.HatWorker, Recipient: worker.Person,
			Sections: []book.Section{book.SectionName, book.SectionGoals}, Purpose: book.PurposeWalking, Until: w.clock.Now() + 30*clock.Day}}
		would := func(want int, drafts ...keeper.Draft) {
			t.Helper()
			r, err := w.k.WouldRead(ctx, who, b, worker, drafts, keeper.Want{Kind: book.KindGoal})
			must(t, err)
			if len(r.Items) != 1 || len(r.Items[0]) != want || r.Own || r.Book != b {
				t.Errorf("they would read %+v, want %d goals", r, want)
			}
		}
		would(0)
		would(1, give)
		would(0)
		_, err := w.k.Read(ctx, worker, b)
		wantKind(t, err, errs.NotOpen)
		for _, drafts := range [][]keeper.Draft{nil, {give}} {
			_, err = w.k.WouldRead(ctx, worker, b, worker, drafts)
			wantKind(t, err, errs.NotOpen)
		}
		_, err = w.k.WouldRead(ctx, who, b, worker, []keeper.Draft{{ID: w.entry()}})
		wantKind(t, err, errs.Invalid)
		_, err = w.k.Write(ctx, who, b, give)
		must(t, err)
		would(1)
		if looks, err := w.k.Looks(ctx, who, b, 0, 10); err != nil || len(looks) > 0 {
			t.Errorf("looks: %v, %v", looks, err)
		}
	})
}
