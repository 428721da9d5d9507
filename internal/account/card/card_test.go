package card_test

import (
	"context"
	"slices"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"beside/internal/account"
	"beside/internal/account/card"
	"beside/internal/account/pin"
	"beside/internal/app"
	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/testkit/histories"
	"beside/internal/testkit/ready"
	"beside/internal/testkit/world"
)

// fataler is a test of either sort.
type fataler interface {
	Helper()
	Fatalf(format string, args ...any)
}

func must(t fataler, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("unexpected error: %v", err)
	}
}

func wantKind(t fataler, err error, k errs.Kind) {
	t.Helper()
	if !errs.Is(err, k) {
		t.Fatalf("error %v, want one of kind %v", err, k)
	}
}

var ctx = context.Background()

// holder is somebody who may have a card, with the simplest model of it.
type holder struct {
	*app.App
	clock *clock.Manual
	who   account.Session

	pin   string
	forms []id.Entry          // that made a card, in their order
	codes map[id.Entry]string // and what was on it
	live  id.Entry            // the form of the card that opens; none when none does
	times map[account.Happened]int
}

func newHolder(t fataler, a *app.App, c *clock.Manual) *holder {
	t.Helper()
	j, err := a.Accounts.Join(ctx, account.Joining{
		Entry: id.New[id.Entry](a.IDs), Name: book.NewText("Ana"), Passphrase: world.Passphrase, Contact: book.ContactNo, Via: book.ViaWeb,
	})
	must(t, err)
	return &holder{App: a, clock: c, who: j.Session, codes: map[id.Entry]string{}, times: map[account.Happened]int{}}
}

// shown is a session in which they have just shown who they are.
func (h *holder) shown(t fataler) account.Session {
	t.Helper()
	in, err := h.Accounts.Open(ctx, account.Opening{Person: h.who.Person, Way: account.WayDemo})
	must(t, err)
	return in.Session
}

func (h *holder) self() grant.Subject {
	return grant.Subject{Person: h.who.Person, Hat: book.HatSelf}
}

var pins = []string{"640275", "918264", "sun key bird boat"}

func (h *holder) setPIN(t *rapid.T) {
	next := rapid.SampledFrom(pins).Draw(t, "pin")
	must(t, h.PINs.Set(ctx, h.shown(t), pin.Setting{Typed: next}))
	if next != h.pin {
		h.times[account.HappenedPIN]++
	}
	h.pin = next
}

// makes sends a form for a card: a new one, or one that was sent before.
func (h *holder) makes(t *rapid.T) {
	form := id.New[id.Entry](h.IDs)
	if len(h.forms) > 0 && rapid.Bool().Draw(t, "again") {
		form = rapid.SampledFrom(h.forms).Draw(t, "form")
	}
	code, err := h.Cards.Make(ctx, h.shown(t), form)
	before, again := h.codes[form]
	switch {
	case again && form != h.live:
		wantKind(t, err, errs.Changed)
		return
	case again:
		must(t, err)
		if code.Show() != before {
			t.Fatalf("the form sent twice makes two codes")
		}
		return
	case h.pin == "":
		wantKind(t, err, errs.Invalid)
		return
	}
	must(t, err)
	h.forms, h.codes[form], h.live = append(h.forms, form), code.Show(), form
	h.times[account.HappenedCardMade]++
}

func (h *holder) ends(t *rapid.T) {
	must(t, h.Cards.End(ctx, h.self()))
	if !h.live.IsZero() {
		h.times[account.HappenedCardEnded]++
	}
	h.live = id.Entry{}
}

// comes tries any card there ever was, with any PIN, at the moment or while the card is ended.
func (h *holder) comes(t *rapid.T) {
	if len(h.forms) == 0 {
		t.Skip("no card yet")
	}
	h.clock.Step(2 * clock.Hour) // so that an allowance is never what refuses
	form, typed := rapid.SampledFrom(h.forms).Draw(t, "card"), rapid.SampledFrom(pins).Draw(t, "typed")
	in, err := h.Cards.ComeIn(ctx, card.ComingIn{Code: h.codes[form], PIN: typed})
	if form != h.live || typed != h.pin {
		wantKind(t, err, errs.Invalid)
		return
	}
	must(t, err)
	if in.Person != h.who.Person || in.Hat != book.HatSelf || in.Way != account.WayCard || in.Kept || in.Device != "" {
		t.Fatalf("came in as %s in the hat %s by %s", in.Person, in.Hat, in.Way)
	}
}

func (h *holder) check(t *rapid.T) {
	now, err := h.Cards.Of(ctx, h.self())
	must(t, err)
	if now.Card == h.live.IsZero() || now.PIN != (h.pin != "") {
		t.Fatalf("there is a card: %v, a PIN: %v", now.Card, now.PIN)
	}
	happened, err := h.Accounts.Happenings(ctx, h.self(), 1000)
	must(t, err)
	for _, kind := range []account.Happened{account.HappenedPIN, account.HappenedCardMade, account.HappenedCardEnded} {
		n := 0
		for _, x := range happened {
			if x.Kind == kind {
				n++
			}
		}
		if n != h.times[kind] {
			t.Fatalf("%s is told %d times, want %d", kind, n, h.times[kind])
		}
	}
}

// TestACardAloneOpensNothing: only the newest card that was not ended opens, and only with the PIN or mark as it is now.
func TestACardAloneOpensNothing(t *testing.T) {
	ready.Both(t, func(t *testing.T, where string) {
		w := world.New(t, where)
		histories.Check(t, 25, func(t *rapid.T) {
			h := newHolder(t, w.App, w.Clock)
			t.Repeat(map[string]func(*rapid.T){
				"set a PIN": h.setPIN, "make": h.makes, "make 2": h.makes, "end": h.ends, "come in": h.comes, "come in 2": h.comes, "": h.check,
			})
		})
	})
}

// carded is somebody with a PIN and a card.
func carded(t fataler, w *world.World) (h *holder, code string) {
	t.Helper()
	h = newHolder(t, w.App, w.Clock)
	must(t, h.PINs.Set(ctx, h.shown(t), pin.Setting{Typed: pins[0]}))
	c, err := h.Cards.Make(ctx, h.shown(t), id.New[id.Entry](h.IDs))
	must(t, err)
	return h, c.Show()
}

// atOnce does something n times side by side and returns the kinds of what came of it; nil is no error.
func atOnce(n int, do func(i int) error) map[errs.Kind]int {
	out := make([]error, n)
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() { out[i] = do(i) })
	}
	all.Wait()
	kinds := map[errs.Kind]int{}
	for _, err := range out {
		if err == nil {
			kinds[-1]++
		} else {
			kinds[errs.KindOf(err)]++
		}
	}
	return kinds
}

// TestAThousandGuessesAtOnce: ten are looked at. A code that nobody has is as good as one with a card behind it, and the
// person on their own known device is kept out by none of it.
func TestAThousandGuessesAtOnce(t *testing.T) {
	ready.Both(t, func(t *testing.T, where string) {
		w := world.New(t, where)
		h, code := carded(t, w)
		home, err := h.Cards.ComeIn(ctx, card.ComingIn{Code: code, PIN: pins[0], Where: account.Where{Own: true}})
		must(t, err)
		_, ended := carded(t, w)
		guess := func(code string, n int) map[errs.Kind]int {
			return atOnce(n, func(i int) error {
				_, err := h.Cards.ComeIn(ctx, card.ComingIn{Code: code, PIN: "918273", Where: account.Where{From: string(rune('a' + i%20))}})
				return err
			})
		}
		for i, c := range []string{code, "000 000 000 000 000 000"} {
			w.Clock.Step(clock.Day)
			kinds := guess(c, 1000)
			if kinds[errs.Invalid] != 10 || kinds[errs.TooOften] != 990 {
				t.Errorf("code %d: %v", i, kinds)
			}
		}
		w.Clock.Step(clock.Day)
		guess(code, 30)
		_, err = h.Cards.ComeIn(ctx, card.ComingIn{Code: code, PIN: pins[0]})
		wantKind(t, err, errs.TooOften)
		_, err = h.Cards.ComeIn(ctx, card.ComingIn{Code: code, PIN: pins[0], Where: account.Where{Device: home.Device}})
		must(t, err)
		_, err = h.Cards.ComeIn(ctx, card.ComingIn{Code: ended, PIN: pins[0]})
		must(t, err) // another's card is another's allowance
	})
}

// TestTwoCardsMadeAtOnce: one of them opens, and the form sent many times at once is one card.
func TestTwoCardsMadeAtOnce(t *testing.T) {
	ready.Both(t, func(t *testing.T, where string) {
		w := world.New(t, where)
		h, _ := carded(t, w)
		s := h.shown(t)
		forms := []id.Entry{id.New[id.Entry](h.IDs), id.New[id.Entry](h.IDs)}
		codes := make([]string, 40)
		kinds := atOnce(len(codes), func(i int) error {
			c, err := h.Cards.Make(ctx, s, forms[i%2])
			codes[i] = c.Show()
			return err
		})
		if kinds[-1] == 0 || kinds[-1]+kinds[errs.Changed] != len(codes) {
			t.Errorf("made at once: %v", kinds)
		}
		slices.Sort(codes)
		opens := 0
		for _, code := range slices.Compact(codes) {
			if code == "" {
				continue
			}
			if _, err := h.Cards.ComeIn(ctx, card.ComingIn{Code: code, PIN: pins[0]}); err == nil {
				opens++
			}
		}
		if opens != 1 {
			t.Errorf("%d cards open", opens)
		}
	})
}

// TestEndedWhileComingIn: whoever comes in while the card is ended has come in before it, or not at all.
func TestEndedWhileComingIn(t *testing.T) {
	ready.Both(t, func(t *testing.T, where string) {
		w := world.New(t, where)
		h, code := carded(t, w)
		kinds := atOnce(9, func(i int) error {
			if i == 4 {
				return h.Cards.End(ctx, h.self())
			}
			_, err := h.Cards.ComeIn(ctx, card.ComingIn{Code: code, PIN: pins[0]})
			return err
		})
		if kinds[-1]+kinds[errs.Invalid] != 9 {
			t.Errorf("at once: %v", kinds)
		}
		_, err := h.Cards.ComeIn(ctx, card.ComingIn{Code: code, PIN: pins[0]})
		wantKind(t, err, errs.Invalid)
	})
}

func TestOnlyInTheirOwnHatAndFreshlyShown(t *testing.T) {
	w := world.New(t, ready.Folder(t))
	h, _ := carded(t, w)
	s := h.shown(t)
	other := s
	other.Hat = book.HatWorker
	_, err := h.Cards.Make(ctx, other, id.New[id.Entry](h.IDs))
	wantKind(t, err, errs.NotOpen)
	wantKind(t, h.PINs.Set(ctx, other, pin.Setting{Typed: pins[1]}), errs.NotOpen)
	wantKind(t, h.Cards.End(ctx, grant.Subject{Person: s.Person, Hat: book.HatWorker}), errs.NotOpen)
	w.Clock.Step(2 * clock.Hour)
	_, err = h.Cards.Make(ctx, s, id.New[id.Entry](h.IDs))
	wantKind(t, err, errs.NotOpen)
	wantKind(t, h.PINs.Set(ctx, s, pin.Setting{Typed: pins[1]}), errs.NotOpen)
	wantKind(t, h.PINs.Together(ctx, s, true), errs.NotOpen)
	must(t, h.PINs.Together(ctx, s, false)) // to take something back nobody has to prove anything
}
