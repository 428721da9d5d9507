package passkey_test

import (
	"encoding/base64"
	"errors"
	"strings"
	"testing"

	"beside/internal/account"
	"beside/internal/account/passkey"
	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/store"
	"beside/internal/testkit/phone"
)

// sameWords fails unless an answer was refused as every other is.
func (w *world) sameWords(what string, err error) {
	w.t.Helper()
	e, ok := errors.AsType[*errs.Error](err)
	if !ok || e.Kind != errs.Invalid || len(e.Fields) != 1 || e.Fields[0].Name != "answer" || e.Fields[0].Words != "passkey.refused" {
		w.t.Errorf("%s: %v", what, err)
	}
}

func TestOffered(t *testing.T) {
	for address, host := range map[string]string{
		"https://beside.example": "beside.example", "https://Beside.Example:8443": "beside.example", "http://localhost:8080": "localhost",
		"https://localhost": "localhost", "http://127.0.0.1:8080": "", "https://192.0.2.1": "", "https://[2001:db8::1]": "", "http://beside.example": "",
		"http://[::1]": "", "": "", "https://": "", "://": "",
	} {
		got, ok := passkey.Offered(address)
		if ok != (host != "") || ok && got != host {
			t.Errorf("%q: %q, %v", address, got, ok)
		}
	}
	w := newWorld(t, t.TempDir(), "http://127.0.0.1:8080")
	if w.Passkeys.Offered() {
		t.Error("passkeys are offered at a number")
	}
	s := w.joined("Ana")
	_, err := w.BeginAdd(t.Context(), s, "Beside")
	w.kind(err, errs.NotOpen)
	w.kind(w.Add(t.Context(), s, "{}", book.Text{}), errs.NotOpen)
	_, err = w.BeginComeIn(t.Context(), account.Where{})
	w.kind(err, errs.NotOpen)
	_, err = w.ComeIn(t.Context(), "{}", account.Where{})
	w.kind(err, errs.NotOpen)
	_, err = w.BeginShow(t.Context(), s)
	w.kind(err, errs.NotOpen)
	w.kind(w.shown(t.Context(), s, "{}"), errs.NotOpen)
}

// TestAddComeInShowEnd is the life of a passkey.
func TestAddComeInShowEnd(t *testing.T) {
	onBoth(t, func(w *world) {
		ctx := w.t.Context()
		s, d := w.with("Ana")
		list, err := w.List(ctx, s)
		w.must(err)
		if len(list) != 1 || list[0].Name.Show() != "my phone" || list[0].MadeAt != noon || list[0].SeenAt != noon {
			w.t.Fatalf("passkeys: %+v", list)
		}
		w.clock.Step(clock.Hour)
		in, err := w.comesIn(d)
		w.must(err)
		if in.Person != s.Person || in.Way != account.WayPasskey || in.Hat != book.HatSelf || in.Shown != w.clock.Now() {
			w.t.Errorf("came in as %+v", in.Session)
		}
		s = w.opened(s.Person, account.WayPassphrase)
		w.clock.Step(clock.Hour)
		asking, err := w.BeginShow(ctx, s)
		w.must(err)
		w.must(w.shown(ctx, s, d.Shows(w.t, asking)))
		s = in.Session
		s.Shown = w.clock.Now()
		w.must(w.Rename(ctx, s, list[0].ID, book.NewText("the old phone")))
		list, err = w.List(ctx, s)
		w.must(err)
		if len(list) != 1 || list[0].Name.Show() != "the old phone" || list[0].SeenAt != w.clock.Now() {
			w.t.Fatalf("passkeys: %+v", list)
		}
		w.must(w.End(ctx, s, list[0].ID))
		w.must(w.End(ctx, s, list[0].ID))
		_, err = w.comesIn(d)
		w.sameWords("ended", err)
		if asking, err = w.BeginShow(ctx, s); err != nil || asking != "" {
			w.t.Errorf("somebody without a passkey is asked %q, %v", asking, err)
		}
		happened, err := w.accounts.Happenings(ctx, grant.Subject{Person: s.Person, Hat: book.HatSelf}, 10)
		w.must(err)
		kinds := map[account.Happened]int{}
		for _, h := range happened {
			kinds[h.Kind]++
		}
		if kinds[account.HappenedPasskeyAdded] != 1 || kinds[account.HappenedPasskeyEnded] != 1 {
			w.t.Errorf("happened: %v", kinds)
		}
	})
}

// TestShowingOpensRoles: a session in which a passkey was shown is fresh and opens roles for a while.
func TestShowingOpensRoles(t *testing.T) {
	onBoth(t, func(w *world) {
		ctx := w.t.Context()
		s, d := w.with("Sam")
		team, err := w.accounts.Community(ctx, "Elm House")
		w.must(err)
		token, err := w.accounts.FirstLink(ctx, team)
		w.must(err)
		_, _, err = w.accounts.Accept(ctx, s, token)
		w.must(err)
		in, err := w.accounts.Open(ctx, account.Opening{Person: s.Person, Way: account.WayPassphrase})
		w.must(err)
		if len(in.Later) != 1 {
			w.t.Fatalf("after the passphrase the hats %v are open", in.Hats)
		}

		// A passphrase alone leads to no passkey, which would open what the passphrase does not.
		_, err = w.BeginAdd(ctx, in.Session, "Beside")
		w.kind(err, errs.NotOpen)
		w.kind(w.Add(ctx, in.Session, "{}", book.Text{}), errs.NotOpen)

		w.clock.Step(20 * clock.Minute)
		asking, err := w.BeginShow(ctx, in.Session)
		w.must(err)
		proven, err := w.Show(ctx, in.Session, d.Shows(w.t, asking))
		w.must(err)
		now, err := w.accounts.Session(ctx, proven)
		w.must(err)
		if len(now.Later) != 0 || len(now.Hats) != 2 || now.Shown != w.clock.Now() {
			w.t.Errorf("after the passkey: %+v", now)
		}
		w.add(now, newPhone())
		_, err = w.accounts.Wear(ctx, proven, book.HatTeam)
		w.must(err)
	})
}

// TestWhatDoesNotFitIsRefusedAlike: each answer that does not fit is refused, all with the same words.
func TestWhatDoesNotFitIsRefusedAlike(t *testing.T) {
	onBoth(t, func(w *world) {
		ctx := w.t.Context()
		ana, mine := w.with("Ana")
		bea, other := w.with("Bea")
		comeIn := func(d *phone.Phone) error { _, err := w.comesIn(d); return err }
		odd := func(change func(*phone.Phone)) *phone.Phone {
			d := mine.Copy()
			change(d)
			return d
		}
		for what, d := range map[string]*phone.Phone{
			"another origin":          odd(func(d *phone.Phone) { d.Site.Origin = "https://beside.example.net" }),
			"plain http":              odd(func(d *phone.Phone) { d.Site.Origin = "http://beside.example" }),
			"another site":            odd(func(d *phone.Phone) { d.Site.ID = "example" }),
			"nobody was verified":     odd(func(d *phone.Phone) { d.Is.UserNotVerified = true }),
			"nobody was there":        odd(func(d *phone.Phone) { d.Is.UserNotPresent = true }),
			"another person's handle": odd(func(d *phone.Phone) { d.Is.UserHandle = other.Is.UserHandle }),
			"no handle":               odd(func(d *phone.Phone) { d.Is.UserHandle = nil }),
			"the id as a handle":      odd(func(d *phone.Phone) { d.Is.UserHandle = ana.Person.Bytes() }),
			"not known here":          odd(func(d *phone.Phone) { d.Made = append(d.Made, phone.Key()) }),
			"another key":             odd(func(d *phone.Phone) { k := phone.Key(); k.ID = d.Made[0].ID; d.Made = append(d.Made[:0:0], k) }),
			"kept elsewhere now":      odd(func(d *phone.Phone) { d.Is.BackupEligible = true }),
		} {
			w.sameWords(what, comeIn(d))
		}
		w.must(comeIn(mine))

		answer := mine.Shows(w.t, w.asked())
		_, err := w.ComeIn(ctx, answer, account.Where{})
		w.must(err)
		_, err = w.ComeIn(ctx, answer, account.Where{})
		w.sameWords("the same answer again", err)

		toShow, err := w.BeginShow(ctx, ana)
		w.must(err)
		_, err = w.ComeIn(ctx, mine.Shows(w.t, toShow), account.Where{})
		w.sameWords("an answer to another kind of question", err)
		w.sameWords("another kind again", w.shown(ctx, ana, mine.Shows(w.t, w.asked())))
		w.sameWords("another's passkey", w.shown(ctx, ana, other.Shows(w.t, toShow)))
		w.sameWords("another's question", w.shown(ctx, bea, other.Shows(w.t, toShow)))
		w.must(w.shown(ctx, ana, mine.Shows(w.t, toShow)))
		w.sameWords("shown twice", w.shown(ctx, ana, mine.Shows(w.t, toShow)))

		for what, wait := range map[string]clock.Time{"too late": 5 * clock.Minute, "the clock was set back": -1} {
			asking := w.asked()
			w.clock.Step(wait)
			_, err = w.ComeIn(ctx, mine.Shows(w.t, asking), account.Where{})
			w.sameWords(what, err)
		}
		asking := w.asked()
		w.clock.Step(5*clock.Minute - 1)
		_, err = w.ComeIn(ctx, mine.Shows(w.t, asking), account.Where{})
		w.must(err)

		for what, answer := range map[string]string{
			"nothing": "", "stopped": "{}", "no JSON": "{", "long": strings.Repeat(" ", 17<<10), "null": "null",
			"made": mine.Makes(w.t, mustAsk(w, ana)),
		} {
			_, err := w.ComeIn(ctx, answer, account.Where{})
			w.sameWords(what, err)
			w.sameWords(what, w.shown(ctx, ana, answer))
		}
	})
}

func mustAsk(w *world, s account.Session) string {
	w.t.Helper()
	s.Shown = w.clock.Now()
	asking, err := w.BeginAdd(w.t.Context(), s, "Beside")
	w.must(err)
	return asking
}

// TestWhatIsNotMade: what a device did not make as it was asked is not kept.
func TestWhatIsNotMade(t *testing.T) {
	onBoth(t, func(w *world) {
		ctx := w.t.Context()
		ana, mine := w.with("Ana")
		bea := w.joined("Bea")
		add := func(s account.Session, answer string) error { return w.Add(ctx, s, answer, book.Text{}) }
		for what, change := range map[string]func(*phone.Phone){
			"another origin":      func(d *phone.Phone) { d.Site.Origin = "https://beside.example.net" },
			"another site":        func(d *phone.Phone) { d.Site.ID = "example" },
			"nobody was verified": func(d *phone.Phone) { d.Is.UserNotVerified = true },
		} {
			d := newPhone()
			change(d)
			w.sameWords(what, add(ana, d.Makes(w.t, mustAsk(w, ana))))
		}
		w.sameWords("another's question", add(bea, newPhone().Makes(w.t, mustAsk(w, ana))))
		answer := newPhone().Makes(w.t, mustAsk(w, ana))
		w.must(add(ana, answer))
		w.sameWords("twice", add(ana, answer))
		w.sameWords("signed, not made", add(ana, mine.Shows(w.t, w.asked())))

		asking := mustAsk(w, ana)
		w.clock.Step(5 * clock.Minute)
		w.sameWords("too late", add(ana, newPhone().Makes(w.t, asking)))

		// What is here already is not taken from whom it belongs to.
		copied := newPhone()
		_ = copied.Makes(w.t, mustAsk(w, bea))
		if n := w.count(`SELECT COUNT(*) FROM passkey WHERE person = $1`, bea.Person); n != 0 {
			w.t.Errorf("Bea has %d passkeys", n)
		}

		w.clock.Step(2 * clock.Hour)
		_, err := w.BeginAdd(ctx, ana, "Beside")
		w.kind(err, errs.NotOpen)
		w.kind(add(ana, answer), errs.NotOpen)
		list, err := w.List(ctx, ana)
		w.must(err)
		w.kind(w.End(ctx, ana, list[0].ID), errs.NotOpen)
		w.kind(w.Rename(ctx, ana, list[0].ID, book.Text{}), errs.NotOpen)
	})
}

func TestOnlyOnesOwn(t *testing.T) {
	onBoth(t, func(w *world) {
		ctx := w.t.Context()
		ana, _ := w.with("Ana")
		bea := w.joined("Bea")
		list, err := w.List(ctx, ana)
		w.must(err)
		for what, err := range map[string]error{
			"end": w.End(ctx, bea, list[0].ID), "name": w.Rename(ctx, bea, list[0].ID, book.NewText("mine")),
			"end none": w.End(ctx, ana, id.New[id.Passkey](w.ids)), "name none": w.Rename(ctx, ana, id.New[id.Passkey](w.ids), book.NewText("x")),
		} {
			if !errs.Is(err, errs.NotOpen) {
				w.t.Errorf("%s: %v", what, err)
			}
		}
		if has, err := w.Has(ctx, bea.Person); has || err != nil {
			w.t.Errorf("Bea has a passkey: %v, %v", has, err)
		}
		other := ana
		other.Hat = book.HatWorker
		_, err = w.List(ctx, other)
		w.kind(err, errs.NotOpen)
		w.kind(w.End(ctx, other, list[0].ID), errs.NotOpen)
		err = w.Rename(ctx, ana, list[0].ID, book.NewText(strings.Repeat("x", passkey.MaxName+1)))
		w.kind(err, errs.Invalid)
		w.must(w.Rename(ctx, ana, list[0].ID, book.Text{}))
		if list, err = w.List(ctx, ana); err != nil || !list[0].Name.Blank() {
			w.t.Errorf("the name is %v, %v", list, err)
		}
	})
}

// TestWhatADeviceIsTold: nothing about the person but the name they chose, and no device that is not theirs.
func TestWhatADeviceIsTold(t *testing.T) {
	w := newWorld(t, t.TempDir(), address)
	s, d := w.with("Ana")
	a := w.read(mustAsk(w, s))
	handle, err := base64.RawURLEncoding.DecodeString(a.User.ID)
	if err != nil || len(handle) != 32 || strings.Contains(string(handle), string(s.Person.Bytes())) {
		t.Errorf("the handle is %x, %v", handle, err)
	}
	if a.User.Name != "Beside" || a.User.DisplayName != "Beside" || a.RP.ID != "beside.example" || a.RP.Name != "beside.example" || a.Proof == "direct" {
		t.Errorf("to make one: %+v", a)
	}
	if a.Selection.ResidentKey != "required" || a.Selection.UserVerification != "required" {
		t.Errorf("it wants %+v", a.Selection)
	}
	mine := base64.RawURLEncoding.EncodeToString(d.Made[0].ID)
	if len(a.Excluded) != 1 || a.Excluded[0].ID != mine {
		t.Errorf("not to be made again: %v", a.Excluded)
	}
	if a = w.read(w.asked()); len(a.Allowed) != 0 || a.RPID != "beside.example" || a.Verifies != "required" {
		t.Errorf("to come in: %+v", a)
	}
	asking, err := w.BeginShow(t.Context(), s)
	w.must(err)
	if a = w.read(asking); len(a.Allowed) != 1 || a.Allowed[0].ID != mine || a.Verifies != "required" {
		t.Errorf("to show: %+v", a)
	}
}

// TestCounting: where a device counts its signatures, a count that does not grow is refused, and the next that does is not.
func TestCounting(t *testing.T) {
	onBoth(t, func(w *world) {
		s, d := w.joined("Ana"), newPhone()
		d.Counts = true
		w.add(s, d)
		for range 2 {
			_, err := w.comesIn(d)
			w.must(err)
		}
		copied := d.Copy()
		copied.Made[0].Counter = 0
		_, err := w.comesIn(copied)
		w.sameWords("a copy that is behind", err)
		copied.Counts, copied.Made[0].Counter = false, 0
		_, err = w.comesIn(copied)
		w.sameWords("a copy that does not count", err)
		_, err = w.comesIn(d)
		w.must(err)
	})
}

// TestOneOfAThousand: of a thousand who bring the same answer at once, one comes in.
func TestOneOfAThousand(t *testing.T) {
	onBoth(t, func(w *world) {
		ctx := w.t.Context()
		s, d := w.with("Ana")
		answer := d.Shows(w.t, w.asked())
		before := w.count(`SELECT COUNT(*) FROM session`)
		in := 0
		for i, err := range atOnce(1000, func(i int) error {
			// Each comes from a network of its own: else the allowance of one would be used up first.
			_, err := w.ComeIn(ctx, answer, account.Where{From: string(rune('a' + i))})
			return err
		}) {
			if err == nil {
				in++
			} else if !errs.Is(err, errs.Invalid) && !errs.Is(err, errs.TooOften) {
				w.t.Fatalf("%d: %v", i, err)
			}
		}
		if made := w.count(`SELECT COUNT(*) FROM session`) - before; in != 1 || made != 1 {
			w.t.Errorf("%d came in, with %d sessions", in, made)
		}
		asking, err := w.BeginShow(ctx, s)
		w.must(err)
		show, shown := d.Shows(w.t, asking), 0
		for _, err := range atOnce(20, func(int) error { return w.shown(ctx, s, show) }) {
			if err == nil {
				shown++
			}
		}
		if shown != 1 {
			w.t.Errorf("one answer was shown %d times", shown)
		}
		toAdd := newPhone().Makes(w.t, mustAsk(w, s))
		added := 0
		for _, err := range atOnce(20, func(int) error { return w.Add(ctx, s, toAdd, book.Text{}) }) {
			if err == nil {
				added++
			}
		}
		if n := w.count(`SELECT COUNT(*) FROM passkey`); added != 1 || n != 2 {
			w.t.Errorf("added %d times, there are %d", added, n)
		}
	})
}

func TestNoMoreThanEnough(t *testing.T) {
	onBoth(t, func(w *world) {
		s := w.joined("Ana")
		for range passkey.Most - 1 {
			w.add(s, newPhone())
		}
		first, second := mustAsk(w, s), mustAsk(w, s)
		w.must(w.Add(w.t.Context(), s, newPhone().Makes(w.t, first), book.Text{}))
		w.kind(w.Add(w.t.Context(), s, newPhone().Makes(w.t, second), book.Text{}), errs.Invalid)
		_, err := w.BeginAdd(w.t.Context(), s, "Beside")
		w.kind(err, errs.Invalid)
	})
}

// TestAllAreEnded: as when a login is given back.
func TestAllAreEnded(t *testing.T) {
	onBoth(t, func(w *world) {
		s, mine := w.with("Ana")
		_, other := w.with("Bea")
		w.add(s, newPhone())
		asking := w.asked()
		for range 2 {
			w.must(w.db.Update(w.t.Context(), func(tx *store.Tx) error { return w.EndAll(tx, s.Person) }))
		}
		_, err := w.ComeIn(w.t.Context(), mine.Shows(w.t, asking), account.Where{})
		w.sameWords("ended", err)
		_, err = w.comesIn(other)
		w.must(err)
		if n := w.count(`SELECT COUNT(*) FROM happening WHERE person = $1 AND kind = 'passkey_ended'`, s.Person); n != 1 {
			w.t.Errorf("it happened %d times", n)
		}
	})
}

func TestSweep(t *testing.T) {
	onBoth(t, func(w *world) {
		_, d := w.with("Ana")
		old := w.asked()
		w.clock.Step(3 * clock.Minute)
		asking := w.asked()
		w.clock.Step(2 * clock.Minute)
		w.must(w.Sweep(w.t.Context()))
		if n := w.count(`SELECT COUNT(*) FROM ceremony`); n != 1 {
			w.t.Errorf("%d questions are left", n)
		}
		_, err := w.ComeIn(w.t.Context(), d.Shows(w.t, old), account.Where{})
		w.sameWords("swept", err)
		_, err = w.ComeIn(w.t.Context(), d.Shows(w.t, asking), account.Where{})
		w.must(err)
	})
}

func TestQuestionsAreAnAllowance(t *testing.T) {
	w := newWorld(t, t.TempDir(), address)
	often := 0
	for range 310 {
		if _, err := w.BeginComeIn(t.Context(), account.Where{From: "192.0.2.1"}); errs.Is(err, errs.TooOften) {
			often++
		}
	}
	if often != 10 {
		t.Errorf("%d questions were too many, want 10", often)
	}
}
