package account_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"beside/internal/account"
	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/store"
	"beside/internal/store/schema"
	"beside/internal/testkit/histories"
)

const phrase2 = "a kettle sings by the old window"

func (w *world) makeSecond(s account.Session, passphrase string) error {
	return w.MakeSecond(w.t.Context(), s, account.MakingSecond{Entry: id.New[id.Entry](w.ids), Passphrase: passphrase, Via: book.ViaWeb})
}

func (w *world) comes(words, passphrase string, from account.Where) (account.Opened, error) {
	return w.SignIn(w.t.Context(), account.SigningIn{Words: words, Passphrase: passphrase, Where: from})
}

// TestTheDatabaseTellsNothing: no row says who has a second book, or that a book is one.
func TestTheDatabaseTellsNothing(t *testing.T) {
	onBoth(t, func(w *world) {
		ana, bea := w.join("Ana"), w.join("Bea")
		w.must(w.makeSecond(ana.Session, phrase2))
		second, err := w.comes(ana.Words, phrase2, account.Where{})
		w.must(err)
		words, err := w.Words(w.t.Context(), grant.Subject{Person: second.Person, Hat: book.HatSelf}, second.Book)
		w.must(err)
		if words != ana.Words || second.Person == ana.Person || second.Book == ana.Book {
			t.Fatalf("the second book is opened by %q", words)
		}
		for table, rows := range w.stored(w.columns()) {
			for _, row := range rows {
				if row.tells(ana.Person.Bytes(), ana.Book.Bytes()) && row.tells(second.Person.Bytes(), second.Book.Bytes()) {
					t.Errorf("a row of %s tells of both: %s", table, row)
				}
			}
		}
		before := w.kept()
		for _, who := range []struct{ words, passphrase string }{{ana.Words, phrase}, {ana.Words, phrase2}, {bea.Words, phrase}} {
			_, err := w.comes(who.words, who.passphrase, account.Where{})
			w.must(err)
		}
		after := w.kept()
		for who, sealed := range after {
			if len(sealed) != len(before[who]) || len(sealed) != len(after[bea.Person]) || bytes.Equal(sealed, before[who]) {
				t.Errorf("what is kept of %s tells whether there is anything: %d bytes, before %d, of others %d", who, len(sealed), len(before[who]), len(after[bea.Person]))
			}
		}
	})
}

func (w *world) kept() map[id.Person][]byte {
	out := map[id.Person][]byte{}
	w.must(w.db.View(w.t.Context(), func(tx *store.Tx) error {
		return store.Each(tx, `SELECT person, kept FROM account`, nil, func(scan func(...any) error) error {
			var who id.Person
			var sealed []byte
			err := scan(&who, &sealed)
			out[who] = sealed
			return err
		})
	}))
	return out
}

// line is a row of a table, whatever its columns are.
type line []any

func (l line) String() string { return fmt.Sprintf("%x", []any(l)) }

func (l line) tells(ids ...[]byte) bool {
	for _, v := range l {
		for _, i := range ids {
			if b, is := v.([]byte); is && bytes.Contains(b, i) {
				return true
			}
			if s, is := v.(string); is && strings.Contains(s, fmt.Sprintf("%x", i)) {
				return true
			}
		}
	}
	return false
}

// columns returns how many columns each table has.
func (w *world) columns() map[string]int {
	w.t.Helper()
	query := `SELECT name FROM pragma_table_info($1)`
	if w.db.Engine() == store.Postgres {
		query = `SELECT CAST(column_name AS TEXT) FROM information_schema.columns WHERE table_schema = 'public' AND table_name = $1`
	}
	all := map[string]int{}
	w.must(w.db.View(w.t.Context(), func(tx *store.Tx) error {
		for _, held := range schema.AllHeld() {
			err := store.Each(tx, query, []any{held.Table}, func(scan func(...any) error) error {
				all[held.Table]++
				return scan(new(string))
			})
			if err != nil {
				return err
			}
		}
		return nil
	}))
	return all
}

// stored returns all rows of every table at one moment.
func (w *world) stored(columns map[string]int) map[string][]line {
	w.t.Helper()
	all := map[string][]line{}
	w.must(w.db.View(w.t.Context(), func(tx *store.Tx) error {
		for table, n := range columns {
			err := store.Each(tx, `SELECT * FROM `+table, nil, func(scan func(...any) error) error {
				l, to := make(line, n), make([]any, n)
				for i := range l {
					to[i] = &l[i]
				}
				err := scan(to...)
				all[table] = append(all[table], l)
				return err
			})
			if err != nil {
				return err
			}
		}
		return nil
	}))
	return all
}

// TestEqualWork: coming in costs the same for whose book it is, for a second one, for a wrong passphrase and for nobody's words.
func TestEqualWork(t *testing.T) {
	onBoth(t, func(w *world) {
		ana := w.join("Ana")
		w.must(w.makeSecond(ana.Session, phrase2))
		var n int
		w.CountHashes(&n)
		costs := map[string]int{}
		for what, in := range map[string][2]string{
			"her own": {ana.Words, phrase}, "the second": {ana.Words, phrase2}, "wrong": {ana.Words, phrase + "x"}, "nobody": {"nobody here", phrase},
		} {
			n = 0
			_, err := w.comes(in[0], in[1], account.Where{})
			if wrong := what == "wrong" || what == "nobody"; (err != nil) != wrong {
				t.Fatalf("%s: %v", what, err)
			}
			costs[what] = n
		}
		for what, cost := range costs {
			if cost != 2 {
				t.Errorf("%s costs %d hashes, want 2: %v", what, cost, costs)
			}
		}
	})
}

// TestGuessingBetraysNothing: when nothing is left of the allowance of the words, each book opens on a device of its own person's and
// on no other, and a wrong passphrase says the same everywhere.
func TestGuessingBetraysNothing(t *testing.T) {
	onBoth(t, func(w *world) {
		ana := w.join("Ana")
		w.must(w.makeSecond(ana.Session, phrase2))
		at := map[string]account.Where{"elsewhere": {}}
		for who, passphrase := range map[string]string{"own": phrase, "second": phrase2} {
			in, err := w.comes(ana.Words, passphrase, account.Where{Own: true})
			w.must(err)
			at[who] = account.Where{Device: in.Device, Own: true}
		}
		for range 20 {
			_, _ = w.comes(ana.Words, "a guess that is not right at all", account.Where{})
		}
		for where, from := range at {
			for who, passphrase := range map[string]string{"own": phrase, "second": phrase2, "wrong": "a guess that is not right at all"} {
				_, err := w.comes(ana.Words, passphrase, from)
				if where == who {
					w.must(err)
				} else if !errs.Is(err, errs.TooOften) {
					t.Errorf("the passphrase of %s, on the device of %s: %v", who, where, err)
				}
			}
		}
	})
}

// phrases are what may be chosen in a random life.
var phrases = []string{phrase, phrase2, "the ferry leaves before the herons", "another way to say that it rains", "one more that nobody says aloud"}

// watched is a random life of somebody with a second book, in which somebody else does what they like.
type watched struct {
	*world
	wide    map[string]int // how many columns each table has
	words   string
	own     *side
	second  *side
	cookies []string
	third   bool // one was made from the second
}

// side is one of the two books, and what opens it.
type side struct {
	person     id.Person
	book       id.Book
	passphrase string
	session    account.Session
}

// TestTheSecondBookReachesNothing lives random histories: whatever is done in the second book changes and shows nothing of the
// first, and whatever is done in the first changes the second by its own acts only. Each passphrase leads to its own book.
func TestTheSecondBookReachesNothing(t *testing.T) {
	onBoth(t, func(w *world) {
		histories.Check(t, 6, func(rt *rapid.T) {
			w.clock.Set(noon)
			h := newWatched(rt, w)
			rt.Repeat(map[string]func(*rapid.T){
				"come in": h.comesIn, "guess": h.guesses, "changes": h.changes, "changes own": h.changesOwn, "changes the second": h.changesSecond,
				"closes all": h.closesAll, "closes others": h.closesOthers, "looks": h.looks, "makes one there": h.makesThere, "says it goes": h.saysGoes,
				"time": h.time, "": h.check,
			})
		})
	})
}

func newWatched(rt *rapid.T, w *world) *watched {
	j := w.join("Ana")
	h := &watched{world: w, wide: w.columns(), words: j.Words, own: &side{person: j.Person, book: j.Book, passphrase: phrase, session: j.Session}}
	w.must(w.makeSecond(j.Session, phrase2))
	in, err := w.comes(j.Words, phrase2, account.Where{Own: true})
	w.must(err)
	h.second = &side{person: in.Person, book: in.Book, passphrase: phrase2, session: in.Session}
	h.cookies = append(h.cookies, in.Device)
	return h
}

// of returns all that is stored about a side, as text.
func (h *watched) of(s *side) string {
	var all []string
	for table, rows := range h.stored(h.wide) {
		if table == "log_queue" || table == "allowance" {
			continue
		}
		for _, row := range rows {
			if row.tells(s.person.Bytes(), s.book.Bytes()) {
				all = append(all, table+" "+row.String())
			}
		}
	}
	slices.Sort(all)
	return strings.Join(all, "\n")
}

// in does something in one book, and sees that nothing stored about the other changed.
func (h *watched) in(rt *rapid.T, other *side, act func()) {
	before := h.of(other)
	act()
	if after := h.of(other); after != before {
		rt.Fatalf("something done in one book changed the other:\n%s\n%s", before, after)
	}
}

func (h *watched) side(rt *rapid.T) (one, other *side) {
	if rapid.Bool().Draw(rt, "second") {
		return h.second, h.own
	}
	return h.own, h.second
}

func (h *watched) where(rt *rapid.T) account.Where {
	from := account.Where{Own: rapid.Bool().Draw(rt, "own")}
	if rapid.Bool().Draw(rt, "been here") {
		from.Device = rapid.SampledFrom(h.cookies).Draw(rt, "cookie")
	}
	return from
}

func (h *watched) comesIn(rt *rapid.T) {
	one, other := h.side(rt)
	if h.own.passphrase == h.second.passphrase {
		rt.Skip("the second was set so, by who knew that of the first")
	}
	from := h.where(rt)
	h.in(rt, other, func() {
		in, err := h.comes(h.words, one.passphrase, from)
		if errs.Is(err, errs.TooOften) {
			return
		}
		h.must(err)
		if in.Person != one.person || in.Book != one.book {
			rt.Fatal("a passphrase opens the other book")
		}
		one.session = in.Session
		if in.Device != "" {
			h.cookies = append(h.cookies, in.Device)
		}
	})
}

func (h *watched) guesses(rt *rapid.T) {
	h.in(rt, h.own, func() {
		_, err := h.comes(h.words, "a guess that is not right at all", h.where(rt))
		if !errs.Is(err, errs.Invalid) && !errs.Is(err, errs.TooOften) {
			rt.Fatal(err)
		}
	})
}

// fresh shows in a book's session once more who one is, after coming in anew where it is over.
func (h *watched) fresh(rt *rapid.T, s *side) bool {
	in, err := h.Open(h.t.Context(), account.Opening{Person: s.person, Way: account.WayPassphrase, Where: account.Where{Own: true}})
	h.must(err)
	s.session = in.Session
	return true
}

// changes is changing the passphrase of the second book in it.
func (h *watched) changes(rt *rapid.T) {
	next := rapid.SampledFrom(phrases).Draw(rt, "passphrase")
	h.in(rt, h.own, func() {
		h.fresh(rt, h.second)
		err := h.ChangePassphrase(h.t.Context(), h.second.session, account.ChangingPassphrase{Passphrase: next, Name: "Ana", EndOthers: rapid.Bool().Draw(rt, "others")})
		if errs.Is(err, errs.Invalid) { // it is that of one made there
			return
		}
		h.must(err)
		h.second.passphrase = next
	})
}

func (h *watched) changesOwn(rt *rapid.T) {
	next := rapid.SampledFrom(phrases).Draw(rt, "passphrase")
	h.in(rt, h.second, func() {
		h.fresh(rt, h.own)
		err := h.ChangePassphrase(h.t.Context(), h.own.session, account.ChangingPassphrase{Passphrase: next, Name: "Ana", EndOthers: rapid.Bool().Draw(rt, "others")})
		if errs.Is(err, errs.Invalid) {
			return
		}
		h.must(err)
		if next == h.second.passphrase {
			rt.Fatal("who knows the second passphrase comes into the first book")
		}
		h.own.passphrase = next
	})
}

// changesSecond is changing the passphrase of the second book from the first.
func (h *watched) changesSecond(rt *rapid.T) {
	next := rapid.SampledFrom(phrases).Draw(rt, "passphrase")
	h.fresh(rt, h.own)
	err := h.ChangeSecond(h.t.Context(), h.own.session, next)
	if errs.Is(err, errs.Invalid) || errs.Is(err, errs.TooOften) {
		return
	}
	h.must(err)
	if next == h.own.passphrase {
		rt.Fatal("the second book has the passphrase of the first")
	}
	h.second.passphrase = next
}

func (h *watched) closesAll(rt *rapid.T) {
	one, other := h.side(rt)
	h.in(rt, other, func() { h.must(h.SignOutEverywhere(h.t.Context(), one.person)) })
}

func (h *watched) closesOthers(rt *rapid.T) {
	one, other := h.side(rt)
	h.in(rt, other, func() {
		h.fresh(rt, one)
		h.must(h.EndOtherDevices(h.t.Context(), one.session))
	})
}

// looks is looking, in the second book, at all there is to see about ways in.
func (h *watched) looks(rt *rapid.T) {
	h.in(rt, h.own, func() {
		h.fresh(rt, h.second)
		words, err := h.Words(h.t.Context(), h.second.subject(), h.second.book)
		h.must(err)
		if words != h.words {
			rt.Fatalf("the second book says that it is opened by %q", words)
		}
		_, err = h.Words(h.t.Context(), h.second.subject(), h.own.book)
		h.kind(err, errs.NotOpen)
		devices, err := h.Devices(h.t.Context(), h.second.session)
		h.must(err)
		for _, d := range devices {
			if n := h.count(`SELECT COUNT(*) FROM device WHERE id = $1 AND person = $2`, d.ID, h.second.person); n != 1 {
				rt.Fatal("the second book shows a device of the first")
			}
		}
		told, err := h.Second(h.t.Context(), h.second.session)
		h.must(err)
		if told.Is != h.third {
			rt.Fatal("the second book tells of another")
		}
		stale := h.second.session
		stale.Shown = h.clock.Now() - 2*account.FreshToSend
		_, err = h.Second(h.t.Context(), stale)
		h.kind(err, errs.NotOpen)
		_, err = h.AsSecond(h.t.Context(), h.second.session)
		if !told.Is {
			h.kind(err, errs.NotOpen)
		}
	})
}

// makesThere is making one more book from the second.
func (h *watched) makesThere(rt *rapid.T) {
	next := rapid.SampledFrom(phrases).Draw(rt, "passphrase")
	h.in(rt, h.own, func() {
		h.fresh(rt, h.second)
		err := h.makeSecond(h.second.session, next)
		if err != nil && !errs.Is(err, errs.Invalid) && !errs.Is(err, errs.AlreadyKept) && !errs.Is(err, errs.TooOften) {
			rt.Fatal(err)
		}
		h.third = h.third || err == nil
	})
}

func (h *watched) saysGoes(rt *rapid.T) {
	one, other := h.side(rt)
	h.in(rt, other, func() {
		h.fresh(rt, one)
		h.must(h.SecondGoes(h.t.Context(), one.session, rapid.Bool().Draw(rt, "also")))
	})
}

func (h *watched) time(rt *rapid.T) {
	h.clock.Step(clock.Time(rapid.IntRange(1, 120).Draw(rt, "minutes")) * clock.Minute)
}

// check: each passphrase leads to its own book, and the first is told of the second.
func (h *watched) check(rt *rapid.T) {
	h.fresh(rt, h.own)
	told, err := h.Second(h.t.Context(), h.own.session)
	h.must(err)
	if !told.Is || told.MadeAt == 0 || told.Opened == 0 {
		rt.Fatalf("the first book is told %+v of the second", told)
	}
	as, err := h.AsSecond(h.t.Context(), h.own.session)
	h.must(err)
	if as.Person != h.second.person || as.Book != h.second.book {
		rt.Fatal("the first book ends another than its second")
	}
	h.clock.Step(clock.Day) // the allowances are whole again
	for _, s := range []*side{h.own, h.second} {
		if s == h.second && s.passphrase == h.own.passphrase {
			continue // it was set so in the second book, by who knew that of the first
		}
		in, err := h.comes(h.words, s.passphrase, account.Where{})
		h.must(err)
		if in.Person != s.person {
			rt.Fatal("a passphrase opens another book")
		}
	}
}

func (s *side) subject() grant.Subject { return grant.Subject{Person: s.person, Hat: book.HatSelf} }

// TestEachShowingSealsAnew: not only who comes in by a passphrase has something else kept from then on. What changes between two
// backups, or is there at all in an account from before, would be that of who made a second book.
func TestEachShowingSealsAnew(t *testing.T) {
	onBoth(t, func(w *world) {
		ana := w.join("Ana")
		before := w.kept()[ana.Person]
		_, err := w.ShowPassphrase(w.t.Context(), ana.Session, phrase)
		w.must(err)
		shown := w.kept()[ana.Person]
		if bytes.Equal(shown, before) || len(shown) != len(before) {
			t.Error("who shows once more who they are has the same kept")
		}
		_, err = w.Open(w.t.Context(), account.Opening{Person: ana.Person, Way: account.WayPasskey})
		w.must(err)
		if bytes.Equal(w.kept()[ana.Person], shown) {
			t.Error("who comes in by a passkey has the same kept")
		}
		w.run(`UPDATE account SET kept = NULL WHERE person = $1`, ana.Person) // an account from before
		_, err = w.Open(w.t.Context(), account.Opening{Person: ana.Person, Way: account.WayPasskey})
		w.must(err)
		if len(w.kept()[ana.Person]) != len(before) {
			t.Error("who comes in by a passkey has nothing kept, as only those without a second book have")
		}
	})
}

// TestWhatCannotBeReadKeepsNobodyOut: who changed what is kept by hand took the link away, and no right.
func TestWhatCannotBeReadKeepsNobodyOut(t *testing.T) {
	onBoth(t, func(w *world) {
		ana := w.join("Ana")
		w.must(w.makeSecond(ana.Session, phrase2))
		w.must(w.SecondGoes(w.t.Context(), ana.Session, true))
		w.run(`UPDATE account SET kept = $1 WHERE person = $2`, bytes.Repeat([]byte{1}, 300), ana.Person)
		in, err := w.comes(ana.Words, phrase, account.Where{})
		w.must(err)
		const next = "another way to say that it rains"
		w.must(w.ChangePassphrase(w.t.Context(), in.Session, account.ChangingPassphrase{Passphrase: next, Name: "Ana"}))
		_, err = w.comes(ana.Words, next, account.Where{})
		w.must(err)
		w.must(w.db.Update(w.t.Context(), func(tx *store.Tx) error {
			_, goes, err := w.GoesToo(tx, ana.Person, id.New[id.Entry](w.ids))
			if goes {
				t.Error("a book goes that nothing leads to")
			}
			return err
		}))
	})
}

// TestWhenBothGoNoIDTellsSo: from the act that erases the first nobody can reckon the id of the row that says when the second goes.
func TestWhenBothGoNoIDTellsSo(t *testing.T) {
	onBoth(t, func(w *world) {
		ana := w.join("Ana")
		w.must(w.makeSecond(ana.Session, phrase2))
		w.must(w.SecondGoes(w.t.Context(), ana.Session, true))
		e := id.New[id.Entry](w.ids)
		w.must(w.db.Update(w.t.Context(), func(tx *store.Tx) error {
			one, goes, err := w.GoesToo(tx, ana.Person, e)
			if err != nil || !goes {
				t.Errorf("the second does not go: %v", err)
			}
			other, _, err := w.GoesToo(tx, ana.Person, e)
			if one.ID == other.ID {
				t.Error("the id follows from the act")
			}
			return err
		}))
	})
}

func (w *world) run(statement string, args ...any) {
	w.t.Helper()
	w.must(w.db.Update(w.t.Context(), func(tx *store.Tx) error {
		_, err := tx.Exec(statement, args...)
		return err
	}))
}

// TestAUsedUpNetworkBetraysNothing: who tried too often from where somebody is does not keep them out on a device of their own, and a
// second book that does not call the device so opens there as little as any other.
func TestAUsedUpNetworkBetraysNothing(t *testing.T) {
	onBoth(t, func(w *world) {
		ana := w.join("Ana")
		w.must(w.makeSecond(ana.Session, phrase2))
		in, err := w.comes(ana.Words, phrase, account.Where{Own: true})
		w.must(err)
		for n := range 110 {
			_, _ = w.comes(fmt.Sprintf("nobody at all %d", n), phrase, account.Where{From: "a street"})
		}
		at := account.Where{Device: in.Device, From: "a street", Own: true}
		for _, passphrase := range []string{phrase2, "a guess that is not right at all"} {
			_, err = w.comes(ana.Words, passphrase, at)
			w.kind(err, errs.TooOften)
		}
		_, err = w.comes(ana.Words, phrase, at)
		w.must(err)
	})
}

// TestChangingIsNoPlaceToGuess: the answer that a passphrase is taken tells of another book, so it is not given without end.
func TestChangingIsNoPlaceToGuess(t *testing.T) {
	onBoth(t, func(w *world) {
		ana := w.join("Ana")
		var err error
		for n := 0; err == nil && n < 20; n++ {
			err = w.ChangePassphrase(w.t.Context(), ana.Session, account.ChangingPassphrase{Passphrase: fmt.Sprintf("a kettle sings by window %d", n), Name: "Ana"})
		}
		w.kind(err, errs.TooOften)
	})
}

// TestTheFirstFormOpensASecondBookToo: the id of the first entry stands in the copy that somebody has of a book. Who sends with it the
// form of joining once more, with the name and the passphrase, comes in, as into any book.
func TestTheFirstFormOpensASecondBookToo(t *testing.T) {
	onBoth(t, func(w *world) {
		ana := w.join("Ana")
		w.must(w.makeSecond(ana.Session, phrase2))
		in, err := w.comes(ana.Words, phrase2, account.Where{})
		w.must(err)
		versions, err := w.keeper.Versions(w.t.Context(), grant.Subject{Person: in.Person, Hat: book.HatSelf}, in.Book, book.Only(in.Book, book.KindName))
		w.must(err)
		j := account.Joining{Entry: versions[0].ID, Name: book.NewText("Ana"), Passphrase: phrase2, Contact: book.ContactNo, Via: book.ViaWeb}
		again, err := w.Join(w.t.Context(), j)
		w.must(err)
		if again.Words != ana.Words || again.Book != in.Book {
			t.Errorf("the form sent again opens %v by %q", again.Book, again.Words)
		}
		j.Name = book.NewText("Bea")
		_, err = w.Join(w.t.Context(), j)
		w.kind(err, errs.AlreadyKept)
	})
}

// TestTheFormSentAgain is one book when the passphrase is the same. Who went back and typed another is told that it does not count:
// they would say one that opens nothing.
func TestTheFormSentAgain(t *testing.T) {
	onBoth(t, func(w *world) {
		ana := w.join("Ana")
		m := account.MakingSecond{Entry: id.New[id.Entry](w.ids), Passphrase: phrase2, Via: book.ViaWeb}
		w.must(w.MakeSecond(w.t.Context(), ana.Session, m))
		w.must(w.MakeSecond(w.t.Context(), ana.Session, m))
		m.Passphrase = "another way to say that it rains"
		w.kind(w.MakeSecond(w.t.Context(), ana.Session, m), errs.AlreadyKept)
	})
}

// TestTwoDevicesAtOnce: while a passphrase is being changed to one, a second book is made with the same from another device. One of
// both is refused: else nobody would ever come into the second, and who says its passphrase would open the first.
func TestTwoDevicesAtOnce(t *testing.T) {
	onBoth(t, func(w *world) {
		ana := w.join("Ana")
		set, err := w.NewPassphrase(w.t.Context(), ana.Person, phrase2, "Ana")
		w.must(err)
		w.must(w.makeSecond(ana.Session, phrase2))
		w.kind(w.db.Update(w.t.Context(), set), errs.Invalid)
		in, err := w.comes(ana.Words, phrase2, account.Where{})
		w.must(err)
		if in.Person == ana.Person {
			t.Error("the passphrase of the second book opens the first")
		}
	})
}
