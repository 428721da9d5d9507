package post_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"beside/internal/account/post"
	"beside/internal/clock"
	"beside/internal/id"
	"beside/internal/promise"
	"beside/internal/store"
)

func TestANoticeSaysNothing(t *testing.T) {
	onBoth(t, func(w *world) {
		mail := w.has(post.Email, "ana@example.org")
		phone := w.has(post.Text, "+493012345")
		phone.Person, phone.Name = mail.Person, "Book club"
		unsafe := w.has(post.Email, "unsafe@example.org")
		unsafe.Person, unsafe.Safe = mail.Person, false
		w.notice(mail.Person)
		w.settle()
		if l := w.got(w.mail, 1); l.To != "ana@example.org" || l.Name != "" || l.Subject != "You have a message" || l.Text != "You have a message." {
			w.t.Errorf("the mail is %+v", l)
		}
		if l := w.got(w.texts, 1); l.To != "+493012345" || l.Subject != "" || l.Text != "Book club: You have a message." {
			w.t.Errorf("the text is %+v", l)
		}
		w.want("sent sent")
	})
}

// TestNoWordsOfSomebodysOwnGoToAStranger: the name that a person chose stands over what they are sent, and not over a code
// that shows whether an address is theirs.
func TestNoWordsOfSomebodysOwnGoToAStranger(t *testing.T) {
	onBoth(t, func(w *world) {
		sent := 0
		for confirms, want := range map[bool]string{false: "Book club: ", true: ""} {
			at := w.has(post.Text, "+493012345")
			at.Name = "Book club"
			to, about := row(at), id.New[id.Code](w.ids)
			w.codes.standing[about] = "1234 5678"
			w.must(w.db.Update(w.t.Context(), func(tx *store.Tx) error { return w.post.SendCode(tx, to, about, confirms) }))
			w.settle()
			sent++
			if l := w.got(w.texts, sent); !strings.HasPrefix(l.Text, want) || confirms && strings.Contains(l.Text+l.Name, "club") {
				w.t.Errorf("to confirm %v: %+v", confirms, l)
			}
		}
	})
}

// TestMuchAtOnceIsOneNotice: however much happens, at most one notice goes to an address in an hour.
func TestMuchAtOnceIsOneNotice(t *testing.T) {
	onBoth(t, func(w *world) {
		ana := w.has(post.Email, "ana@example.org")
		for range 100 {
			w.notice(ana.Person)
		}
		w.settle()
		w.got(w.mail, 1)
		for range 59 {
			w.clock.Step(clock.Minute)
			w.notice(ana.Person)
			w.settle()
		}
		w.got(w.mail, 1)
		w.clock.Step(clock.Minute)
		w.settle()
		w.got(w.mail, 2)
		w.clock.Step(clock.Day)
		w.settle()
		w.got(w.mail, 2)
		w.clock.Step(-10 * clock.Day) // a clock set back holds nothing up for longer than it would have
		w.notice(ana.Person)
		w.clock.Step(post.Bundle)
		w.settle()
		w.got(w.mail, 3)
	})
}

func TestANoticeWaitsForItsHours(t *testing.T) {
	onBoth(t, func(w *world) {
		day, night := w.has(post.Email, "day@example.org"), w.has(post.Email, "night@example.org")
		day.From, day.Until = 8*60, 11*60 // it is noon
		night.From, night.Until = 22*60, 6*60
		w.notice(day.Person)
		w.notice(night.Person)
		w.settle()
		w.got(w.mail, 0)
		w.clock.Step(10*clock.Hour - 1)
		w.settle()
		w.got(w.mail, 0)
		w.clock.Step(1)
		w.settle()
		if l := w.got(w.mail, 1); l.To != "night@example.org" {
			w.t.Errorf("at night it went to %s", l.To)
		}
		w.clock.Step(10 * clock.Hour)
		w.settle()
		if l := w.got(w.mail, 2); l.To != "day@example.org" {
			w.t.Errorf("in the morning it went to %s", l.To)
		}
		w.code(row(day), "1111 1111") // just asked for: at once
		w.clock.Step(5 * clock.Hour)
		w.code(row(day), "2222 2222")
		w.settle()
		w.got(w.mail, 4)
	})
}

func TestACodeSaysHowLongItWorks(t *testing.T) {
	onBoth(t, func(w *world) {
		ana := w.has(post.Text, "+493012345")
		w.code(row(ana), "1234 5678")
		w.code(post.Row{Channel: post.Text}, "8765 4321") // nobody has it: the same is written, nothing is sent
		w.settle()
		if l := w.got(w.texts, 1); l.Text != "Your code is 1234 5678. It works for 10 minutes. Give it to nobody." {
			w.t.Errorf("the text is %q", l.Text)
		}
		w.want("sent stopped")
	})
}

// TestWhatIsTakenBackIsNotSent stops messages at every moment before the carrier is asked.
func TestWhatIsTakenBackIsNotSent(t *testing.T) {
	for name, stop := range map[string]func(*world, *post.Place){
		"not safe":      func(_ *world, p *post.Place) { p.Safe, p.Opens = false, false },
		"not confirmed": func(_ *world, p *post.Place) { p.Confirmed, p.Safe = false, false },
		"taken away":    func(w *world, p *post.Place) { delete(w.all, p.Item) },
	} {
		t.Run(name, func(t *testing.T) {
			onBoth(t, func(w *world) {
				ana := w.has(post.Email, "ana@example.org")
				w.notice(ana.Person)
				w.code(row(ana), "1111 1111")
				stop(w, ana)
				w.settle()
				w.got(w.mail, 0)
				w.want("stopped stopped")
			})
		})
	}
	onBoth(t, func(w *world) {
		ana := w.has(post.Email, "ana@example.org")
		delete(w.codes.standing, w.code(row(ana), "1111 1111"))
		w.settle()
		w.got(w.mail, 0)
		w.want("stopped")
	})
}

// TestStoppedAtTheLastMoment takes an address back after it was opened for sending, and before sending is committed.
func TestStoppedAtTheLastMoment(t *testing.T) {
	onBoth(t, func(w *world) {
		ana, ben := w.has(post.Email, "ana@example.org"), w.has(post.Email, "ben@example.org")
		w.notice(ana.Person)
		c := w.code(row(ben), "1111 1111")
		w.opened = func(p *post.Place) {
			if p.Safe = false; p == ben {
				delete(w.codes.standing, c)
			}
		}
		w.settle()
		w.got(w.mail, 0)
		w.want("stopped stopped")
	})
}

// TestRestingAtTheLastMoment: a place that was restored while a message was on its way to the carrier sends nothing before the
// release, and then sends it once.
func TestRestingAtTheLastMoment(t *testing.T) {
	onBoth(t, func(w *world) {
		ana := w.has(post.Email, "ana@example.org")
		w.notice(ana.Person)
		w.opened = func(*post.Place) {
			w.must(w.db.Update(context.Background(), func(tx *store.Tx) error { return promise.Rest(tx, w.clock.Now()) }))
		}
		w.settle()
		w.got(w.mail, 0)
		w.want("pending")
		w.opened = nil
		w.must(w.db.Update(context.Background(), func(tx *store.Tx) error {
			_, err := promise.Release(tx)
			return err
		}))
		w.clock.Step(clock.Hour)
		w.settle()
		w.got(w.mail, 1)
		w.want("sent")
	})
}

// TestWhatTheCarrierSays is one try for each answer.
func TestWhatTheCarrierSays(t *testing.T) {
	for _, c := range []struct {
		name   string
		answer error
		after  string
		later  string // when the carrier takes it the next time
		got    int
	}{
		{"taken", nil, "sent", "sent", 1},
		{"refused", post.ErrRefused, "failed", "failed", 0},
		{"not taken", post.ErrNotTaken, "pending", "sent", 1},
		{"no answer", errSomething, "unknown", "sent", 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			onBoth(t, func(w *world) {
				ana := w.has(post.Text, "+493012345")
				w.texts.does = func(post.Letter) error { return c.answer }
				w.notice(ana.Person)
				w.settle()
				w.want(c.after)
				w.texts.does = nil
				w.clock.Step(clock.Minute)
				w.settle()
				w.want(c.later)
				w.got(w.texts, c.got)
				for _, l := range w.texts.asked {
					if l.Key != w.texts.asked[0].Key {
						w.t.Error("another key for another try")
					}
				}
			})
		})
	}
}

// TestDoubtsAreBounded: what may have been taken is tried a few times under its key, and then stays unknown.
func TestDoubtsAreBounded(t *testing.T) {
	for name, doubt := range map[string]func(*carrier){
		"no answer":          func(c *carrier) { c.after = errSomething },
		"died after":         func(c *carrier) { c.dies = true },
		"died before":        func(c *carrier) { c.does = func(post.Letter) error { panic("dies") } },
		"no answer, no more": func(c *carrier) { c.does = func(post.Letter) error { return errSomething } },
	} {
		t.Run(name, func(t *testing.T) {
			onBoth(t, func(w *world) {
				ana := w.has(post.Text, "+493012345")
				doubt(w.texts)
				w.notice(ana.Person)
				for range 60 {
					w.settle()
					w.clock.Step(clock.Minute)
				}
				w.want("unknown")
				if n := len(w.texts.asked); n != 3 {
					w.t.Errorf("the carrier was asked %d times", n)
				}
				if len(w.texts.got) > 1 {
					w.t.Error("it arrived twice, by a carrier that knows keys")
				}
			})
		})
	}
}

// TestGivenUp: a carrier that takes nothing is not asked for ever.
func TestGivenUp(t *testing.T) {
	onBoth(t, func(w *world) {
		ana := w.has(post.Email, "ana@example.org")
		w.mail.does = func(post.Letter) error { return post.ErrNotTaken }
		w.notice(ana.Person)
		w.settle()
		w.want("pending")
		w.clock.Step(3 * clock.Day)
		w.settle()
		w.want("failed")
		w.clock.Step(40 * clock.Day)
		w.must(w.post.Sweep(w.t.Context()))
		w.want("")
	})
}

// TestASlowNodeTakesNothingBack: the lease of a node ran out while its carrier was slow; another took over meanwhile.
func TestASlowNodeTakesNothingBack(t *testing.T) {
	onBoth(t, func(w *world) {
		ana := w.has(post.Text, "+493012345")
		w.notice(ana.Person)
		inside := false
		w.texts.does = func(post.Letter) error {
			if inside {
				return nil
			}
			inside = true
			if n, err := w.run.Once(w.t.Context()); n != 0 || err != nil { // the other node sees the lease
				w.t.Errorf("the other node tried %d: %v", n, err)
			}
			w.clock.Step(2 * clock.Minute)
			if n, err := w.run.Once(w.t.Context()); n != 1 || err != nil {
				w.t.Errorf("the other node tried %d: %v", n, err)
			}
			w.want("sent")
			return errSomething
		}
		if _, err := w.run.Once(w.t.Context()); err != nil {
			w.t.Error(err)
		}
		w.clock.Step(clock.Hour)
		w.settle()
		w.want("sent")
		w.got(w.texts, 1)
	})
}

func TestNothingIsQueuedWithoutACarrier(t *testing.T) {
	onBoth(t, func(w *world) {
		w.post = post.New(post.Config{DB: w.db, Clock: w.clock, IDs: w.ids, Addresses: w.addresses, Codes: w.codes})
		ana := w.has(post.Email, "ana@example.org")
		w.notice(ana.Person)
		w.want("")
		if w.post.Carries(post.Email) {
			w.t.Error("it says that it carries mail")
		}
	})
}

// TestAPromiseOfNothing: what a promise holds may be broken, or about a message that was swept out.
func TestAPromiseOfNothing(t *testing.T) {
	onBoth(t, func(w *world) {
		if err := w.post.Send(w.t.Context(), promise.Promise{Payload: []byte(`[]`)}); err == nil {
			w.t.Error("a promise that cannot be read was kept")
		}
		if err := w.post.Send(w.t.Context(), promise.Promise{Payload: []byte(`{"message":"0195a2b0-0000-7000-8000-000000000001"}`)}); err != nil {
			w.t.Error(err)
		}
		if errors.Is(post.ErrRefused, post.ErrNotTaken) {
			w.t.Error("two errors are one")
		}
	})
}
