package erase_test

import (
	"strings"
	"testing"

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
