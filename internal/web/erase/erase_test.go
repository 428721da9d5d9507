package erase_test

import (
	"strings"
	"testing"

	"beside/internal/account/ending"
	"beside/internal/clock"
	"beside/internal/id"
	"beside/internal/notify"
	"beside/internal/store"
	"beside/internal/testkit/pgtest"
	"beside/internal/testkit/world"
)

// TestErasingOneThing: somebody finds it from the timeline, is told what it does, must say that they are sure, and gets a
// certificate. The words are nowhere any more, and the rest stays.
func TestErasingOneThing(t *testing.T) {
	pgtest.Both(t, func(t *testing.T, where string) {
		w := world.New(t, where)
		mira := w.Join(t, "Mira").In(t)
		for _, words := range []string{"what shall go", "what stays"} {
			mira.Get("/me/strengths/new")
			mira.Send(`form[action="/me/strengths/new"]`, "words", words)
		}
		mira.Get("/me/timeline")
		mira.Follow(`main a[href="/me/erase"]`)
		mira.Follow(`main a[href^="/me/erase/"]`)
		page := mira.Send(`main form`)
		if !strings.Contains(page.Text(), "Tick this") || !strings.Contains(page.Text(), "what shall go") {
			t.Fatalf("erased without being sure: %s", page.Text())
		}
		page = mira.Send(`main form`, "sure", "yes")
		if !strings.Contains(page.Text(), "One thing in your book was erased") || !strings.Contains(page.Text(), "Not yet") {
			t.Fatalf("no certificate: %s", page.Text())
		}
		w.Settle(t)
		page = mira.Get("/me/erase")
		if strings.Contains(page.Text(), "what shall go") || !strings.Contains(page.Text(), "what stays") {
			t.Errorf("after erasing: %s", page.Text())
		}
		page = mira.Follow(`main a[href^="/me/erased/"]`)
		if strings.Contains(page.Text(), "Not yet") {
			t.Errorf("the certificate is not whole: %s", page.Text())
		}
		if page = mira.Get("/me/timeline"); strings.Contains(page.Text(), "what shall go") || !strings.Contains(page.Text(), "You erased something for good") {
			t.Errorf("the timeline: %s", page.Text())
		}
	})
}

// TestErasingTheWholeBook: every way in goes with it, what others wrote stays, and a certificate can be read by its address.
func TestErasingTheWholeBook(t *testing.T) {
	pgtest.Both(t, func(t *testing.T, where string) {
		w := world.New(t, where)
		mira := w.Join(t, "Mira").In(t)
		w.Join(t, "Bea")
		mira.Get("/me/strengths/new")
		mira.Send(`form[action="/me/strengths/new"]`, "words", "what shall go")
		mira.Get("/me/erase-book")
		mira.Follow(`main a[href="/me/erase-book/today"]`)
		page := mira.Send(`main form`, "sure", "yes")
		if !strings.Contains(page.Text(), "A whole book was erased") {
			t.Fatalf("no certificate: %s", page.Text())
		}
		w.Settle(t)
		mira.Get("/me")
		for _, q := range []string{
			`SELECT COUNT(*) FROM account`, `SELECT COUNT(*) FROM book WHERE erased_at = 0`,
		} {
			var n int
			err := w.App.DB.View(t.Context(), func(tx *store.Tx) error { return tx.Row(q).Scan(&n) })
			if err != nil || n != 1 {
				t.Errorf("%s: %d, %v, want Bea alone", q, n, err)
			}
		}
		for _, table := range []string{"item", "suggestion", "session", "device", "name_part", "happening"} {
			left := `SELECT COUNT(*) FROM ` + table + ` WHERE ` + map[string]string{
				"item": `book IN (SELECT id FROM book WHERE erased_at <> 0)`, "suggestion": `book IN (SELECT id FROM book WHERE erased_at <> 0)`,
				"name_part": `book IN (SELECT id FROM book WHERE erased_at <> 0)`, "session": `person IN (SELECT owner FROM book WHERE erased_at <> 0)`,
				"device": `person IN (SELECT owner FROM book WHERE erased_at <> 0)`, "happening": `person IN (SELECT owner FROM book WHERE erased_at <> 0)`,
			}[table]
			var n int
			err := w.App.DB.View(t.Context(), func(tx *store.Tx) error { return tx.Row(left).Scan(&n) })
			if err != nil || n != 0 {
				t.Errorf("%d rows of %s are left, %v", n, table, err)
			}
		}
	})
}

// TestThereIsTimeToChangeOnesMind: the whole book goes only after a pause; until then one tap on any device keeps it, and a
// message that says nothing is sent where it is safe. At the end it is the same act as ever.
func TestThereIsTimeToChangeOnesMind(t *testing.T) {
	pgtest.Both(t, func(t *testing.T, where string) {
		var sent *notify.Recorder
		w := world.New(t, where, world.Posted(&sent))
		mira := w.Join(t, "Mira").In(t)
		mira.Reached("mira@example.org")
		w.Settle(t)
		before := len(sent.Sent())
		phone := w.Visitor(t)
		phone.Get("/come-in")
		phone.Send("main form", "words", mira.Words, "secret_passphrase", world.Passphrase, "own_device", "yes")

		mira.Get("/me/erase-book").Says("main", "In 7 days")
		if page := mira.Send("main form"); !strings.Contains(page.Text(), "Tick this") {
			t.Fatalf("asked for without being sure: %s", page.Text())
		}
		form := mira.Filled("main form", "sure", "yes")
		mira.Post("/me/erase-book", form)
		mira.Want(200, "/me/erase-book")
		mira.Page.Says("main", "17 March 2027")
		mira.Page.Has("main form[action='/me/erase-book/keep']")
		w.Clock.Step(clock.Minute)
		w.Settle(t)
		told := sent.Sent()
		if len(told) != before+1 || strings.Contains(strings.ToLower(told[0].Text), "eras") || !strings.Contains(told[0].Text, "message") {
			t.Errorf("told on a safe channel: %+v", told)
		}

		phone.Get("/me").Says("main .ending", "17 March 2027")
		phone.Send("main .ending form")
		phone.Want(200, "/me")
		phone.Page.Says(".said", "Your book stays")
		phone.Page.HasNot("main .ending")
		mira.Get("/me").HasNot("main .ending")
		mira.Post("/me/erase-book", form) // sent once more: it was taken back
		mira.Want(200, "/me/erase-book")
		mira.Get("/me").HasNot("main .ending")
		w.Clock.Step(8 * clock.Day)
		w.Settle(t)
		mira.Get("/me").Says("h1", "What matters")

		mira.Get("/me/erase-book")
		mira.Want(200, "/again")
		mira.Send("main form", "secret_passphrase", world.Passphrase)
		mira.Want(200, "/me/erase-book")
		page := mira.Send("main form", "sure", "yes")
		address := page.One("main .own").Text()
		mira.Get(address)
		mira.Want(404, address)
		w.Clock.Step(7*clock.Day - clock.Minute)
		w.Settle(t)
		mira.Get("/me").Has("main .ending")
		w.Clock.Step(2 * clock.Minute)
		w.Settle(t)
		mira.Get("/me")
		mira.Want(200, "/come-in")
		mira.Get(address).Says("main", "A whole book was erased")
		mira.Page.Says("main", "did not change their mind")
	})
}

// TestTodayAsksWhoOneIs: who comes with a phone that lies open does not erase a book at once.
func TestTodayAsksWhoOneIs(t *testing.T) {
	w := world.New(t, t.TempDir())
	mira := w.Join(t, "Mira")
	w.Clock.Step(ending.FreshToday + clock.Second)
	mira.Get("/me/erase-book")
	mira.Want(200, "/me/erase-book")
	mira.Follow(`main a[href="/me/erase-book/today"]`)
	mira.Want(200, "/again")
	mira.Send("main form", "secret_passphrase", world.Passphrase)
	mira.Want(200, "/me/erase-book/today")
	form := mira.Filled("main form", "sure", "yes")
	w.Clock.Step(ending.FreshToSend + clock.Second)
	mira.Post("/me/erase-book/today", form)
	mira.Want(200, "/again")
	mira.Get("/me").Says("h1", "What matters")
}

// TestAHeldBookWaits: asked for today while the book must be kept, it goes when that ends, unless it was taken back.
func TestAHeldBookWaits(t *testing.T) {
	pgtest.Both(t, func(t *testing.T, where string) {
		w := world.New(t, where)
		mira := w.Join(t, "Mira").In(t)
		s, err := w.App.Accounts.Session(t.Context(), mira.Cookie("beside"))
		if err != nil {
			t.Fatal(err)
		}
		change := func(fn func(*store.Tx) error) {
			t.Helper()
			if err := w.App.DB.Update(t.Context(), fn); err != nil {
				t.Fatal(err)
			}
		}
		change(func(tx *store.Tx) error { return w.App.Keeper.Hold(tx, s.Book, id.New[id.Person](w.App.IDs), "court") })
		mira.Get("/me/strengths/new")
		mira.Send(`form[action="/me/strengths/new"]`, "words", "one thing")
		mira.Get("/me/erase")
		one := mira.Follow(`main ul.rows a[href^="/me/erase/"]`)
		one.Says("main", "cannot be erased while that lasts")
		one.HasNot(`main form`)
		one.HasNot(`main h2`) // nothing goes, so nothing is said of what goes and when
		mira.Get("/me/erase-book/today").Says("main", "must be kept")
		mira.Send("main form", "sure", "yes")
		mira.Want(200, "/me/erase-book")
		w.Settle(t)
		mira.Get("/me").Says("main .ending", "It waits until the law lets it go")
		mira.Send("main .ending form")
		change(func(tx *store.Tx) error { return w.App.Keeper.EndHold(tx, s.Book) })
		w.Settle(t)
		mira.Get("/me").HasNot("main .ending")

		w.Clock.Step(clock.Second)
		change(func(tx *store.Tx) error { return w.App.Keeper.Hold(tx, s.Book, id.New[id.Person](w.App.IDs), "court") })
		mira.Get("/me/erase-book/today")
		mira.Send("main form", "sure", "yes")
		w.Settle(t)
		change(func(tx *store.Tx) error { return w.App.Keeper.EndHold(tx, s.Book) })
		w.Settle(t)
		mira.Get("/me")
		mira.Want(200, "/come-in")
	})
}
