package keeper_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
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

// toRole is a grant to whoever holds a role, as change makes it.
func (w *world) toRole(role id.Role, change func(*book.Sharing)) *book.Sharing {
	s := &book.Sharing{
		As: book.HatWorker, To: book.ToRole, Label: book.NewText("the evening line"), Sections: []book.Section{book.SectionName}, Purpose: book.PurposeRole,
		Until: w.clock.Now() + 30*clock.Day, Whoever: book.Whoever{Role: role},
	}
	change(s)
	return s
}

// TestWhoIsToldThatSomebodyComes: everybody who gave something to the role that still stands, of how they gave it last; nobody who gave to
// another role, or to one person.
func TestWhoIsToldThatSomebodyComes(t *testing.T) {
	ready.Both(t, func(t *testing.T, where string) {
		w := newWorld(t, where)
		who, b := w.person(t)
		other, otherBook := w.person(t)
		role := id.New[id.Role](w.ids)
		to, err := id.FromBytes[id.Person](role.Bytes())
		must(t, err)
		writes := func(who grant.Subject, b id.Book, s *book.Sharing) book.Entry {
			t.Helper()
			return w.does(t, who, b, keeper.Draft{Kind: book.KindSharing, Act: book.ActWrite, Body: s})
		}
		same := func(*book.Sharing) {}
		first := writes(who, b, w.toRole(role, same))
		others := writes(other, otherBook, w.toRole(role, same))
		back := writes(other, otherBook, w.toRole(role, same))
		w.does(t, other, otherBook, keeper.Draft{Kind: book.KindSharing, Act: book.ActPutAway, Item: back.Item, Base: back.ID})
		writes(other, otherBook, w.toRole(role, func(s *book.Sharing) { s.Until = w.clock.Now() + 1 }))
		writes(other, otherBook, w.toRole(role, func(s *book.Sharing) { s.Event, s.Came = book.NewText("until I have moved"), true }))
		writes(other, otherBook, w.toRole(id.New[id.Role](w.ids), same))
		w.gives(t, other, otherBook, grant.Subject{Person: to, Hat: book.HatWorker}, same)
		w.clock.Step(1)
		again := w.does(t, who, b, keeper.Draft{Kind: book.KindSharing, Act: book.ActWrite, Item: first.Item, Base: first.ID, Body: w.toRole(role, same)})
		w.tells(t)
		must(t, w.db.Update(context.Background(), func(tx *store.Tx) error { return w.k.Comes(tx, role.Bytes(), w.clock.Now()) }))
		tell := func(to grant.Subject, e book.Entry) string {
			return fmt.Sprint(to.Person, " ", keeper.TellComes, " ", e.Book, " ", e.ID, " ", w.clock.Now())
		}
		w.wantTells(t, "somebody came", tell(who, again), tell(other, others))
	})
}

// TestWhatIsSaidOfWhoHoldsARole: the last that was said stands, from the time that it says, until what it should end with has come; the
// clear lists, the check and the copy say the same. One that says it was given at another time than it was is refused.
func TestWhatIsSaidOfWhoHoldsARole(t *testing.T) {
	ready.Both(t, func(t *testing.T, where string) {
		w, ctx := newWorld(t, where), context.Background()
		who, b := w.person(t)
		role := id.New[id.Role](w.ids)
		later := func() id.Person { w.clock.Step(1_000); return id.New[id.Person](w.ids) } // each id comes after the one before
		ada, ben, cleo := later(), later(), later()
		var last book.Entry
		says := func(change func(*book.Sharing)) (err error) {
			t.Helper()
			e, err := w.k.Write(ctx, who, b, keeper.Draft{ID: w.entry(), Via: book.ViaWeb, Kind: book.KindSharing, Act: book.ActWrite, Item: last.Item, Base: last.ID, Body: w.toRole(role, change)})
			if err == nil {
				last = e[0]
			}
			return err
		}
		begun := w.clock.Now()
		wantKind(t, says(func(s *book.Sharing) { s.Since = begun }), errs.Invalid) // nothing was given yet
		type row struct {
			since, back clock.Time
			said        []string
		}
		stands := func(what string, want row) {
			t.Helper()
			var got row
			must(t, w.db.View(ctx, func(tx *store.Tx) error {
				got.said = nil
				if err := tx.Row(`SELECT since, taken_back FROM given WHERE book = $1`, b).Scan(&got.since, &got.back); err != nil {
					return err
				}
				return store.Each(tx, `SELECT person, may = 1, at FROM given_said WHERE book = $1 ORDER BY person`, []any{b}, func(scan func(...any) error) error {
					var x book.Said
					err := scan(&x.Person, &x.Yes, &x.At)
					got.said = append(got.said, x.String())
					return err
				})
			}))
			if got.since != want.since || got.back != want.back || !slices.Equal(got.said, want.said) {
				t.Errorf("%s: %+v, want %+v", what, got, want)
			}
			if found := w.verified(t); len(found) > 0 {
				t.Errorf("%s: the log says otherwise: %v", what, found)
			}
		}
		said := func(all ...book.Said) (list []string) {
			for _, x := range all {
				list = append(list, x.String())
			}
			return list
		}
		must(t, says(func(s *book.Sharing) { s.Said = []book.Said{{Person: ada, Yes: true}, {Person: ben}} }))
		stands("given", row{begun, 0, said(book.Said{Person: ada, Yes: true, At: begun}, book.Said{Person: ben, At: begun})})
		w.clock.Step(clock.Minute)
		for _, since := range []clock.Time{begun - 1, begun + 1} {
			wantKind(t, says(func(s *book.Sharing) { s.Since = since }), errs.Invalid)
		}
		more := []book.Said{{Person: ada, Yes: true, At: begun}, {Person: cleo}}
		must(t, says(func(s *book.Sharing) { s.Since, s.Said = begun, slices.Clone(more) }))
		more[1].At = w.clock.Now()
		stands("somebody came", row{begun, 0, said(more...)})
		var out bytes.Buffer
		must(t, w.k.Copy(bounded(t), who, b, w.log(t).Key(), &out))
		var f forged
		must(t, json.Unmarshal(out.Bytes(), &f))
		for field, want := range map[string]string{
			"whom": `"role"`, "recipient": fmt.Sprintf("%q", role), "since": fmt.Sprint(int64(begun)), "taken_back": "0",
			"said": fmt.Sprintf(`[{"person":%q,"may":true,"at":%d},{"person":%q,"may":false,"at":%d}]`, ada, begun, cleo, w.clock.Now()),
		} {
			if len(f.Given) != 1 || string(f.Given[0][field]) != want {
				t.Errorf("%s in the copy: %s, want %s", field, f.Given, want)
			}
		}
		w.clock.Step(clock.Minute)
		event := book.NewText("until I have moved")
		must(t, says(func(s *book.Sharing) { s.Since, s.Said, s.Event, s.Came = begun, more, event, true }))
		stands("it came", row{begun, w.clock.Now(), said(more...)})
		w.clock.Step(clock.Minute)
		must(t, says(func(s *book.Sharing) { s.Event = event }))
		stands("given anew", row{w.clock.Now(), 0, nil})
	})
}
