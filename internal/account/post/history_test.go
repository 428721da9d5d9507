package post_test

import (
	"context"
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"beside/internal/account/post"
	"beside/internal/clock"
	"beside/internal/id"
	"beside/internal/store"
	"beside/internal/testkit/histories"
)

// history is one random life of the outbox: things happen and codes are asked for, addresses and codes are taken back, the
// carriers do what carriers do, nodes die before and after a carrier took a letter, and the clock is set forwards and back.
type history struct {
	*world
	people  []*post.Place
	forward clock.Time // how far the clock went forward in all
	back    int        // how often it was set back
	digits  int
	rt      *rapid.T
}

func TestHistories(t *testing.T) {
	onBoth(t, func(w *world) {
		histories.Check(t, 25, func(rt *rapid.T) {
			w.clock.Set(noon)
			w.must(w.db.Update(context.Background(), func(tx *store.Tx) error {
				_, err := tx.Exec(`DELETE FROM message`)
				if err == nil {
					_, err = tx.Exec(`DELETE FROM promise`)
				}
				return err
			}))
			w.begin()
			h := &history{world: w, rt: rt}
			for i := range 3 {
				h.people = append(h.people, w.has(post.Text, fmt.Sprintf("+4930%d", i)))
			}
			rt.Repeat(map[string]func(*rapid.T){
				"notice": func(rt *rapid.T) { h.rt = rt; w.notice(h.person().Person) },
				"code":   h.code,
				"end":    h.end,
				"mark":   func(rt *rapid.T) { h.rt = rt; p := h.person(); p.Safe = !p.Safe; p.Opens = p.Safe },
				"run":    h.run,
				"time":   h.time,
				"":       h.check,
			})
			h.finish()
		})
	})
}

func (h *history) person() *post.Place { return rapid.SampledFrom(h.people).Draw(h.rt, "person") }

func (h *history) code(rt *rapid.T) {
	h.rt = rt
	h.digits++
	h.world.code(row(h.person()), fmt.Sprintf("code %d", h.digits))
}

func (h *history) end(rt *rapid.T) {
	for _, c := range sorted(h.codes.standing) {
		if rapid.Bool().Draw(rt, "this") {
			delete(h.codes.standing, c)
			return
		}
	}
}

func sorted(m map[id.Code]string) (out []id.Code) {
	for c := range m {
		at := len(out)
		for at > 0 && out[at-1].String() > c.String() {
			at--
		}
		out = append(out[:at], append([]id.Code{c}, out[at:]...)...)
	}
	return out
}

// run lets a node keep what is due, with a carrier in some mood.
func (h *history) run(rt *rapid.T) {
	h.rt = rt
	mood := rapid.SampledFrom([]string{"takes", "takes", "refuses", "not now", "no answer", "taken, no answer", "dies before", "dies after"}).Draw(rt, "mood")
	c := h.texts
	c.after, c.dies = nil, mood == "dies after"
	if mood == "taken, no answer" {
		c.after = errSomething
	}
	c.does = func(l post.Letter) error {
		h.allowed(l)
		switch mood {
		case "refuses":
			return post.ErrRefused
		case "not now":
			return post.ErrNotTaken
		case "no answer":
			return errSomething
		case "dies before":
			panic("the node dies")
		}
		return nil
	}
	_, err := h.world.run.Once(context.Background())
	h.must(err)
}

// allowed holds whenever a carrier is asked: nothing goes where it was taken back, and no code that has ended.
func (h *history) allowed(l post.Letter) {
	for _, p := range h.people {
		if p.To == l.To && !p.Safe {
			h.rt.Fatalf("%q is sent to an address that was taken back", l.Text)
		}
	}
	if l.Text == "You have a message." {
		return
	}
	for _, d := range h.codes.standing {
		if l.Text == "Your code is "+d+". It works for 10 minutes. Give it to nobody." {
			return
		}
	}
	h.rt.Fatalf("%q is sent, and no such code stands", l.Text)
}

func (h *history) time(rt *rapid.T) {
	d := rapid.SampledFrom([]clock.Time{clock.Second, clock.Minute, 20 * clock.Minute, clock.Hour, -clock.Hour, -clock.Day}).Draw(rt, "step")
	if d < 0 {
		h.back++
	} else {
		h.forward += d
	}
	h.clock.Step(d)
}

// check holds after every step: a carrier that knows keys delivers nothing twice, no message is tried without end, and an
// address gets few notices, however much happens.
func (h *history) check(rt *rapid.T) {
	tries := map[id.Promise]int{}
	for _, l := range h.texts.asked {
		tries[l.Key]++
	}
	codes, notices := map[string]int{}, map[string]int{}
	for _, l := range h.texts.got {
		if l.Text == "You have a message." {
			notices[l.To]++
		} else if codes[l.Text]++; codes[l.Text] > 1 {
			rt.Fatalf("%q arrived twice", l.Text)
		}
	}
	for to, n := range notices {
		if most := 1 + int(h.forward/post.Bundle) + h.back; n > most {
			rt.Fatalf("%s got %d notices, at most %d are right", to, n, most)
		}
	}
	var open, wrong int
	h.must(h.db.View(context.Background(), func(tx *store.Tx) error {
		err := tx.Row(`SELECT COUNT(*) FROM message WHERE over_at = 0`).Scan(&open)
		if err == nil {
			err = tx.Row(`SELECT COUNT(*) FROM message WHERE doubts > 3 OR over_at > 0 AND state IN ('pending', 'sending') OR over_at = 0 AND state IN ('sent', 'failed', 'stopped')`).Scan(&wrong)
		}
		return err
	}))
	if wrong > 0 {
		rt.Fatalf("%d messages are in a state that is not drawn; %d are open", wrong, open)
	}
}

// finish holds in the end: once time goes on and the carrier works, nothing is under way any more.
func (h *history) finish() {
	h.texts.does, h.texts.after, h.texts.dies = nil, nil, false
	for range 3 {
		h.clock.Set(h.clock.Now() + 40*clock.Day)
		h.settle()
	}
	var open int
	h.must(h.db.View(context.Background(), func(tx *store.Tx) error { return tx.Row(`SELECT COUNT(*) FROM message WHERE over_at = 0`).Scan(&open) }))
	if open > 0 {
		h.rt.Fatalf("%d messages are under way for ever", open)
	}
}
