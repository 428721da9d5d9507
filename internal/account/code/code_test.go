package code_test

import (
	"strings"
	"testing"

	"beside/internal/account"
	"beside/internal/account/code"
	"beside/internal/account/post"
	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/id"
)

func TestACodeByEmailOpensTheBook(t *testing.T) {
	onBoth(t, func(w *world) {
		ana := w.join("Ana")
		w.has(ana.Person, post.Email, "ana@example.org")
		c := w.ask(" ANA@example.org ")
		digits := w.settle()
		if len(digits) != 9 {
			w.t.Fatalf("the code is %q", digits)
		}
		w.kind(w.enter(c, "0000 0000", "", account.Where{}), errs.Invalid)
		w.kind(w.enter(id.New[id.Code](w.ids), digits, "", account.Where{}), errs.Invalid) // another browser
		in, err := w.Enter(w.t.Context(), code.Entering{Code: c, Digits: "  " + strings.ReplaceAll(digits, " ", "-"), Where: account.Where{Own: true}})
		w.must(err)
		if in.Person != ana.Person || in.Way != account.WayCode || in.Device == "" {
			w.t.Errorf("it opened %+v", in.Session)
		}
		w.kind(w.enter(c, digits, "", account.Where{}), errs.Invalid) // once
	})
}

// TestATextAloneOpensNoNewDevice is the law of docs/decisions/0010.
func TestATextAloneOpensNoNewDevice(t *testing.T) {
	onBoth(t, func(w *world) {
		ana, ben := w.join("Ana"), w.join("Ben")
		w.has(ana.Person, post.Text, "+493012345")
		fresh := func() (id.Code, string) {
			w.clock.Step(clock.Hour)
			return w.ask("+49 30 12345"), w.settle()
		}
		for name, t := range map[string]struct {
			second string
			where  account.Where
			opens  bool
		}{
			"new device":                   {"", account.Where{}, false},
			"new device, called her own":   {"", account.Where{Own: true}, false},
			"somebody else's device":       {"", account.Where{Device: ben.Device, Own: true}, false},
			"wrong passphrase":             {"something else that is long", account.Where{}, false},
			"her device":                   {"", account.Where{Device: ana.Device, Own: true}, true},
			"her device, wrong passphrase": {"something else that is long", account.Where{Device: ana.Device, Own: true}, true},
			"new device and passphrase":    {phrase, account.Where{}, true},
		} {
			c, digits := fresh()
			err := w.enter(c, digits, t.second, t.where)
			if (err == nil) != t.opens {
				w.t.Errorf("%s: %v, want %v", name, err, t.opens)
			}
			if err != nil {
				w.kind(err, errs.Invalid)
			}
		}
		w.must(w.accounts.SignOutEverywhere(w.t.Context(), ana.Person))
		c, digits := fresh()
		w.kind(w.enter(c, digits, "", account.Where{Device: ana.Device, Own: true}), errs.Invalid) // ended: new again
	})
}

// TestACodeWorksOnce lets a thousand type the right code at once.
func TestACodeWorksOnce(t *testing.T) {
	onBoth(t, func(w *world) {
		ana := w.join("Ana")
		w.has(ana.Person, post.Email, "ana@example.org")
		c := w.ask("ana@example.org")
		digits := w.settle()
		opened := 0
		for i, err := range atOnce(1000, func(i int) error {
			return w.enter(c, digits, "", account.Where{From: "net " + string(rune('a'+i%20))})
		}) {
			switch {
			case err == nil:
				opened++
			case !errs.Is(err, errs.Invalid) && !errs.Is(err, errs.Busy) && !errs.Is(err, errs.TooOften):
				w.t.Fatalf("try %d: %v", i, err)
			}
		}
		if opened != 1 {
			w.t.Errorf("%d sessions were opened", opened)
		}
	})
}

func TestGuessingIsBounded(t *testing.T) {
	onBoth(t, func(w *world) {
		ana := w.join("Ana")
		w.has(ana.Person, post.Email, "ana@example.org")
		c := w.ask("ana@example.org")
		digits := w.settle()
		for range code.Tries {
			w.kind(w.enter(c, "1234 5678", "", account.Where{}), errs.Invalid)
		}
		w.kind(w.enter(c, digits, "", account.Where{}), errs.Invalid)
		older, first := w.ask("ana@example.org"), w.settle()
		newer := w.ask("ana@example.org")
		w.kind(w.enter(older, first, "", account.Where{}), errs.Invalid) // a new one ends the older
		second := w.settle()
		w.clock.Step(-clock.Hour) // a clock set back makes nothing work longer
		w.kind(w.enter(newer, second, "", account.Where{}), errs.Invalid)
		w.clock.Step(clock.Hour + code.Lasts - 1)
		w.must(w.enter(newer, second, "", account.Where{}))
		w.clock.Step(clock.Hour)
		last := w.ask("ana@example.org")
		digits = w.settle()
		w.clock.Step(code.Lasts)
		w.kind(w.enter(last, digits, "", account.Where{}), errs.Invalid)
	})
}

// TestMailBombingIsBounded: however somebody types an address, and from wherever, few letters go there.
func TestMailBombingIsBounded(t *testing.T) {
	onBoth(t, func(w *world) {
		ana := w.join("Ana")
		w.has(ana.Person, post.Email, "ana@example.org")
		often := map[string]int{}
		for _, to := range []string{"ana@example.org", "nobody@example.org"} { // both look the same
			for i := range 60 {
				spelt := []string{to, strings.ToUpper(to), " " + to}[i%3]
				_, err := w.Ask(w.t.Context(), code.Asking{Address: spelt, Where: account.Where{From: "net " + string(rune('a'+i))}})
				if err != nil {
					w.kind(err, errs.TooOften)
					often[to]++
				}
				w.settle()
				w.clock.Step(clock.Minute)
			}
		}
		if n := len(w.sent.all); n > 8 || n < 7 {
			w.t.Errorf("%d letters in an hour", n)
		}
		if often["ana@example.org"] != often["nobody@example.org"] {
			w.t.Errorf("refused: %v", often)
		}
		// From one network alone nobody uses up what others have.
		w.clock.Step(2 * clock.Hour)
		for range 5 * 60 {
			_, _ = w.Ask(w.t.Context(), code.Asking{Address: "ana@example.org", Where: account.Where{From: "net a"}})
			w.clock.Step(20 * clock.Second)
		}
		_, err := w.Ask(w.t.Context(), code.Asking{Address: "ana@example.org", Where: account.Where{From: "net b"}})
		w.must(err)
		// On her own device she has an allowance of her own.
		_, err = w.Ask(w.t.Context(), code.Asking{Address: "ana@example.org", Where: account.Where{Device: ana.Device}})
		w.must(err)
	})
}

// TestOneAddressOfSeveral: a family's telephone opens a book only with the sign-in words of whose it is.
func TestOneAddressOfSeveral(t *testing.T) {
	onBoth(t, func(w *world) {
		ana, ben, zoe := w.join("Ana"), w.join("Ben"), w.join("Zoe")
		w.has(ana.Person, post.Email, "home@example.org")
		w.has(ben.Person, post.Email, "home@example.org")
		asked := func(words, device string) string {
			w.clock.Step(clock.Hour)
			c, err := w.Ask(w.t.Context(), code.Asking{Address: "home@example.org", Words: words, Where: account.Where{Device: device}})
			w.must(err)
			digits := w.settle()
			if digits == "" {
				return ""
			}
			in, err := w.Enter(w.t.Context(), code.Entering{Code: c, Digits: digits})
			w.must(err)
			return in.Person.String()
		}
		for words, want := range map[string]id.Person{"": {}, "nobody lantern": {}, zoe.Words: {}, strings.ToUpper(ana.Words): ana.Person, ben.Words: ben.Person} {
			if got := asked(words, ""); got != want.String() {
				w.t.Errorf("%q opened %q, want %q", words, got, want)
			}
		}
		for device, want := range map[string]id.Person{ana.Device: ana.Person, ben.Device: ben.Person, zoe.Device: {}} {
			if got := asked("", device); got != want.String() {
				w.t.Errorf("on a device of their own %q was opened, want %q", got, want)
			}
		}
	})
}

// TestAnAddressOfASecondBook: the words lead to whichever of the two books has the address; where both have it, to the first.
func TestAnAddressOfASecondBook(t *testing.T) {
	onBoth(t, func(w *world) {
		ana := w.join("Ana")
		w.must(w.accounts.MakeSecond(w.t.Context(), ana.Session, account.MakingSecond{Entry: id.New[id.Entry](w.ids), Passphrase: "a kettle sings by the old window", Via: book.ViaWeb}))
		second, err := w.accounts.AsSecond(w.t.Context(), ana.Session)
		w.must(err)
		opens := func(words string, want id.Person) {
			w.t.Helper()
			w.clock.Step(clock.Hour)
			c, err := w.Ask(w.t.Context(), code.Asking{Address: "ana@example.org", Words: words})
			w.must(err)
			var got id.Person
			if digits := w.settle(); digits != "" {
				in, err := w.Enter(w.t.Context(), code.Entering{Code: c, Digits: digits})
				w.must(err)
				got = in.Person
			}
			if got != want {
				w.t.Errorf("%q opened %s, want %s", words, got, want)
			}
		}
		w.has(second.Person, post.Email, "ana@example.org")
		opens(ana.Words, second.Person)
		opens("", second.Person)
		opens("nobody lantern", id.Person{})
		w.has(ana.Person, post.Email, "ana@example.org")
		opens(ana.Words, ana.Person)
		opens("", id.Person{})
	})
}

func TestWhatIsNoAddress(t *testing.T) {
	onBoth(t, func(w *world) {
		for _, typed := range []string{"", "  ", "ana", strings.Repeat("x", 300) + "@example.org"} {
			_, err := w.Ask(w.t.Context(), code.Asking{Address: typed})
			w.kind(err, errs.Invalid)
		}
		w.Post = post.New(post.Config{DB: w.db, Clock: w.clock, IDs: w.ids, Carriers: map[post.Channel]post.Carrier{post.Email: w.sent}})
		_, err := w.Ask(w.t.Context(), code.Asking{Address: "+493012345"})
		w.kind(err, errs.Invalid)
		if !w.Carries() || w.Carried(post.Text) {
			w.t.Error("what is carried")
		}
	})
}

func TestAnAddressIsConfirmed(t *testing.T) {
	onBoth(t, func(w *world) {
		ctx := w.t.Context()
		ana, ben := w.join("Ana"), w.join("Ben")
		at := w.has(ana.Person, post.Text, "+493012345")
		at.Confirmed, at.Opens, at.Safe = false, false, false
		w.kind(w.AskToConfirm(ctx, ben.Person, at.Item, account.Where{}), errs.NotOpen)
		w.kind(w.Confirm(ctx, ana.Person, at.Item, "1234 5678"), errs.Invalid)
		w.must(w.AskToConfirm(ctx, ana.Person, at.Item, account.Where{}))
		if waits, err := w.Waits(ctx, ana.Person, at.Item); err != nil || !waits {
			w.t.Errorf("waits %v, %v", waits, err)
		}
		digits := w.settle()
		w.kind(w.Confirm(ctx, ben.Person, at.Item, digits), errs.Invalid)
		w.kind(w.Confirm(ctx, ana.Person, at.Item, "1234 5678"), errs.Invalid)
		w.must(w.Confirm(ctx, ana.Person, at.Item, digits))
		if !at.Confirmed {
			w.t.Error("it is not confirmed")
		}
		w.kind(w.Confirm(ctx, ana.Person, at.Item, digits), errs.Invalid)
		// A code that confirms opens nothing.
		w.must(w.AskToConfirm(ctx, ana.Person, at.Item, account.Where{}))
		digits = w.settle()
		var c id.Code
		w.must(w.db.View(ctx, latest(&c)))
		w.kind(w.enter(c, digits, phrase, account.Where{}), errs.Invalid)
		w.clock.Step(3 * clock.Day)
		w.must(w.Sweep(ctx))
		w.kind(w.Confirm(ctx, ana.Person, at.Item, digits), errs.Invalid)
	})
}

// TestACodeEndsWithItsAddress: one that was on its way opens nothing once a code may not open the book from there.
func TestACodeEndsWithItsAddress(t *testing.T) {
	onBoth(t, func(w *world) {
		at := w.has(w.join("Ana").Person, post.Email, "ana@example.org")
		c, digits := w.ask(at.To), w.settle()
		at.Opens = false
		w.kind(w.enter(c, digits, "", account.Where{}), errs.Invalid)
	})
}
