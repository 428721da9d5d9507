package me_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"beside/internal/store"
	"beside/internal/store/schema"
)

// rows are how many rows each table has.
func (p *person) rows() map[string]int {
	p.t.Helper()
	n := map[string]int{}
	p.must(p.App.DB.View(ctx, func(tx *store.Tx) error {
		for _, h := range schema.AllHeld() {
			var rows int
			if err := tx.Row("SELECT count(*) FROM " + h.Table).Scan(&rows); err != nil {
				return err
			}
			n[h.Table] = rows
		}
		return nil
	}))
	return n
}

// Good news and a hard day are two equal buttons of one tap each, and each is one line in one's own book and nothing else: nobody is
// told, nothing is promised or sent, and nobody looked. After a hard day those are there whom the person may ask.
func TestGoodNewsAndAHardDay(t *testing.T) {
	onBoth(t, func(t *testing.T, ana *person) {
		ana.get("/me")
		ana.says("What matters to me", "Next, if you like", "How is it today?", "Good news", "A hard day", "My book", "With others", "Keys and papers")
		ana.Page.Count(`form[action="/me/timeline"] .moments button`, 2)
		ana.Page.Count(`form[action="/me/timeline"] .moments button[class=quiet]`, 2)
		grew := map[string]map[string]int{}
		for what, to := range map[string]string{"good": "/me/timeline", "hard": "/me/today"} {
			ana.get("/me")
			tapped := ana.form("/me/timeline", "what", what)
			before := ana.rows()
			tapped.send(200, to)
			tapped.send(200, to) // a double tap
			grew[what] = map[string]int{}
			for table, n := range ana.rows() {
				if n != before[table] {
					grew[what][table] = n - before[table]
				}
			}
		}
		if d := cmp.Diff(grew["good"], grew["hard"]); d != "" {
			t.Errorf("after good news and a hard day not the same grew:\n%s", d)
		}
		for table, n := range grew["hard"] {
			if !strings.Contains(" entry item log_queue ", " "+table+" ") || n != 1 {
				t.Errorf("after a hard day %s has %d more rows", table, n)
			}
		}
		ana.get("/me/today")
		ana.says("You need not be alone with it", "Nobody was told", "People you share with", "Sam", "recovery coach", "What may help", "Beside does not call anybody for you")
		before := ana.rows()
		ana.get("/me/today")
		if d := cmp.Diff(before, ana.rows()); d != "" {
			t.Errorf("to look for people was written down:\n%s", d)
		}
		ana.Follow(`main a[href^="/me/workers/"]`)
		ana.says("Sam")
		ana.get("/me/timeline")
		ana.says("A hard day")

		ana.get("/me")
		ana.form("/me/timeline", "what", "hard", "words", "\x00").send(422, "/me/timeline") // what cannot be kept stays in the form
		ana.get("/me")
		ana.form("/me/timeline", "what", "hard", "words", "rain").send(200, "/me/today")
		ana.get("/me/timeline")
		ana.says("A hard day", "rain")
	})
}

// TestWhomICallOnAHardDay: whom the person would call stands first after a hard day, with a number to tap, and nobody whom they would not.
func TestWhomICallOnAHardDay(t *testing.T) {
	onBoth(t, func(t *testing.T, ana *person) {
		for _, fill := range [][]string{{"words", "Cousin Ravi", "turn", "second", "phone", "+1 (202) 555-0143"}, {"words", "Priya", "turn", "first"}, {"words", "The loud one", "turn", "not", "phone", "202 555 0199"}} {
			ana.get("/me/circle/new")
			ana.Send(`form[action="/me/circle/new"]`, fill...)
		}
		ana.get("/me/today")
		ana.says("Whom I would call", "Priya", "Cousin Ravi", "Sam")
		ana.Page.Has(`a[href="tel:+12025550143"]`)
		ana.hides("The loud one", "5550199")
	})
}
