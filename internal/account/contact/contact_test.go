package contact_test

import (
	"strings"
	"sync"
	"testing"

	"beside/internal/account"
	"beside/internal/account/contact"
	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/id"
	"beside/internal/store"
)

func TestAnAddressFromTheFormToTheMessage(t *testing.T) {
	onBoth(t, func(w *world) {
		ana := w.join("Ana", "")
		it := w.adds(ana, contact.Marks{
			Address: book.NewText(" (202) 555-0143 "), Write: true, Call: true, Opens: true, Name: book.NewText("Library"), From: 9 * 60, Until: 17 * 60, Lang: "en",
		})
		if len(w.safe(ana.Person)) != 0 || len(w.found("+1 202 555 0143")) != 0 {
			t.Error("an address that was not confirmed is used")
		}
		p, err := w.Open(ctx, ana.Person, it) // for the code that is to come back
		w.must(err)
		if p.Safe || p.Confirmed {
			t.Error("an address that was not confirmed may be written to")
		}
		w.must(w.confirm(ana, it))
		w.must(w.confirm(ana, it))
		p, err = w.Open(ctx, ana.Person, it)
		w.must(err)
		want := contact.Place{
			Person: ana.Person, Book: ana.Book, Item: it, Channel: contact.Text, To: "+12025550143", Name: "Library", Lang: "en",
			Confirmed: true, Write: true, Opens: true, Safe: true, From: 9 * 60, Until: 17 * 60,
		}
		if p != want {
			t.Errorf("opened %+v, want %+v", p, want)
		}
		if !w.safe(ana.Person)[it] {
			t.Error("a safe address is not")
		}
		rows := w.found("202-555-0143")
		if len(rows) != 1 || rows[0] != (contact.Row{Person: ana.Person, Book: ana.Book, Item: it, Channel: contact.Text}) {
			t.Errorf("found %+v", rows)
		}
	})
}

// TestAFamilyTelephone: two people have one number, and nothing that either sees tells of the other.
func TestAFamilyTelephone(t *testing.T) {
	onBoth(t, func(w *world) {
		ana, bea := w.join("Ana", ""), w.join("Bea", "")
		a, b := w.adds(ana, safeMarks("+12025550143")), w.adds(bea, safeMarks("202 555 0143"))
		w.must(w.confirm(ana, a))
		if got := w.found("+12025550143"); len(got) != 1 || got[0].Person != ana.Person {
			t.Errorf("found %+v before the second was confirmed", got)
		}
		w.must(w.confirm(bea, b))
		if got := w.found("+12025550143"); len(got) != 2 {
			t.Errorf("found %+v", got)
		}
		_, err := w.Open(ctx, ana.Person, b)
		w.kind(err, errs.NotOpen)
		w.stop(contact.Text, "+12025550143")
		for s, it := range map[id.Person]id.Item{ana.Person: a, bea.Person: b} {
			if len(w.safe(s)) != 0 {
				t.Error("a number that was stopped is written to")
			}
			_, err := w.Open(ctx, s, it)
			w.kind(err, errs.NotOpen)
		}
		if len(w.found("+12025550143")) != 0 {
			t.Error("a code opens a book from a number that was stopped")
		}
		w.kind(w.confirm(ana, a), errs.NotOpen) // a code that was under way
		if !w.one(ana, a).Stopped || w.happened(ana) != 2 || w.happened(bea) != 2 {
			t.Errorf("stopped %v, told %d and %d times", w.one(ana, a).Stopped, w.happened(ana), w.happened(bea))
		}
		w.stop(contact.Text, "+12025550143")
		w.stop(contact.Text, "+12025550144")
		w.stop(contact.Email, "+12025550143")
		if w.happened(ana) != 2 {
			t.Error("it was told again")
		}
		_, err = w.Keep(ctx, ana, w.form(ana, a), safeMarks("")) // given anew
		w.must(err)
		if m := w.one(ana, a); m.Stopped || m.Confirmed || len(w.safe(ana.Person)) != 0 {
			t.Errorf("given anew it is %+v", m)
		}
		w.must(w.confirm(ana, a))
		if !w.safe(ana.Person)[a] || !w.one(bea, b).Stopped {
			t.Error("given anew by one, it is not hers alone")
		}
	})
}

func TestAskedAgain(t *testing.T) {
	onBoth(t, func(w *world) {
		ana := w.join("Ana", "ana@example.org")
		all, err := w.All(ctx, ana)
		w.must(err)
		it := all.Addresses[0].Item
		w.must(w.confirm(ana, it))
		w.clock.Step(30*clock.Day - contact.AskAhead - 1)
		if m := w.one(ana, it); m.Ask || !m.Safe {
			t.Errorf("before it is time to ask: %+v", m)
		}
		w.clock.Step(1)
		if m := w.one(ana, it); !m.Ask || !m.Safe {
			t.Errorf("when it is time to ask: %+v", m)
		}
		w.clock.Step(contact.AskAhead - 1)
		if !w.safe(ana.Person)[it] {
			t.Error("it rests too early")
		}
		w.clock.Step(1)
		p, err := w.Open(ctx, ana.Person, it)
		w.must(err)
		if m := w.one(ana, it); len(w.safe(ana.Person)) != 0 || p.Safe || m.Safe || !m.Ask {
			t.Errorf("it does not rest: %+v", m)
		}
		if len(w.found("Ana@Example.org")) != 1 {
			t.Error("no code comes in while it rests")
		}
		before := w.happened(ana)
		f := w.form(ana, it)
		for range 2 {
			w.must(w.StillSafe(ctx, ana, f))
		}
		if !w.safe(ana.Person)[it] || w.one(ana, it).Ask {
			t.Error("it is not safe again")
		}
		if w.happened(ana) != before {
			t.Error("a yes was told as a change")
		}
		w.must(w.NotAnyMore(ctx, ana, w.form(ana, it)))
		m := w.one(ana, it)
		if len(w.safe(ana.Person)) != 0 || len(w.found("ana@example.org")) != 0 || m.Write || m.Opens || m.Ask || w.happened(ana) != before+1 {
			t.Errorf("not any more, and it is %+v", m)
		}
	})
}

// TestAClockSetBack: what was asked in a future that did not come counts for a day at most.
func TestAClockSetBack(t *testing.T) {
	onBoth(t, func(w *world) {
		ana := w.join("Ana", "")
		it := w.adds(ana, safeMarks("ana@example.org"))
		w.must(w.confirm(ana, it))
		w.clock.Step(-clock.Day)
		if !w.safe(ana.Person)[it] {
			t.Error("a small step back silences it")
		}
		w.clock.Step(-1)
		if len(w.safe(ana.Person)) != 0 || !w.one(ana, it).Ask {
			t.Error("a clock that went far back keeps it safe")
		}
	})
}

func TestSentTwiceAndFromTwoDevices(t *testing.T) {
	onBoth(t, func(w *world) {
		ana := w.join("Ana", "")
		form := contact.Form{Entry: w.entry()}
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				if _, err := w.Keep(ctx, ana, form, safeMarks("ana@example.org")); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		w.clock.Step(clock.Minute)
		it, err := w.Keep(ctx, ana, form, safeMarks("ana@example.org"))
		w.must(err)
		list, err := w.All(ctx, ana)
		w.must(err)
		if len(list.Addresses) != 1 || w.happened(ana) != 1 {
			t.Fatalf("%d addresses, told %d times", len(list.Addresses), w.happened(ana))
		}
		_, err = w.Keep(ctx, ana, form, safeMarks("bea@example.org"))
		w.kind(err, errs.AlreadyKept)
		one, two := w.form(ana, it), w.form(ana, it)
		w.must(w.NotAnyMore(ctx, ana, one))
		_, err = w.Keep(ctx, ana, two, safeMarks(""))
		w.kind(err, errs.Changed)
		if w.one(ana, it).Write {
			t.Error("a form from before brought an address back that is not safe")
		}
		gone := w.form(ana, it)
		for range 2 {
			w.must(w.TakeAway(ctx, ana, gone))
		}
		w.kind(w.TakeAway(ctx, ana, contact.Form{Entry: w.entry(), Item: it, Base: gone.Entry}), errs.NotOpen)
		_, err = w.Open(ctx, ana.Person, it)
		w.kind(err, errs.NotOpen)
		w.kind(w.confirm(ana, it), errs.NotOpen)
	})
}

func TestWhoseItIs(t *testing.T) {
	onBoth(t, func(w *world) {
		ana, bea := w.join("Ana", "ana@example.org"), w.join("Bea", "")
		list, err := w.All(ctx, ana)
		w.must(err)
		m := list.Addresses[0]
		f := contact.Form{Entry: w.entry(), Item: m.Item, Base: m.Head}
		_, err = w.Keep(ctx, bea, f, safeMarks(""))
		w.kind(err, errs.NotOpen)
		w.kind(w.TakeAway(ctx, bea, f), errs.NotOpen)
		w.kind(w.StillSafe(ctx, bea, f), errs.NotOpen)
		w.kind(w.confirm(bea, m.Item), errs.NotOpen)
		asWorker := ana
		asWorker.Hat = book.HatWorker
		_, err = w.All(ctx, asWorker)
		w.kind(err, errs.NotOpen)
		_, err = w.Keep(ctx, asWorker, contact.Form{Entry: w.entry()}, safeMarks("a@example.org"))
		w.kind(err, errs.NotOpen)
		asWorker.Book, asWorker.Person = ana.Book, bea.Person
		asWorker.Hat = book.HatSelf
		_, err = w.All(ctx, asWorker)
		w.kind(err, errs.NotOpen)
	})
}

func TestWhatIsTakenForAnAddress(t *testing.T) {
	w := newWorld(t, t.TempDir())
	ana := w.join("Ana", "")
	for typed, want := range map[string]string{
		"Ana.B+x@Example.ORG": "Ana.B+x@example.org", "ana@münchen.example": "ana@xn--mnchen-3ya.example", "\u00a0ana@example.org\n": "ana@example.org",
		"+44 20 7946 0018": "+442079460018", "(202) 555-0143": "+12025550143", "1-202-555-0143": "+12025550143",
		"": "", "ana": "", "ana@": "", "ana@home": "", "Ana <ana@example.org>": "", "a@b@example.org": "", "ana@example.org\r\nBcc: x@example.org": "",
		"ana@[127.0.0.1]": "", "ana@example..org": "", strings.Repeat("a", 250) + "@example.org": "", "\"a b\"@example.org": "",
		"12345": "", "1-800-FLOWERS": "", "+1 900 555 0143": "", "+1 800 555 0143": "", "202-555-0143 ext. 7": "", "+999 1234567": "", "0000000000": "",
	} {
		it, err := w.Keep(ctx, ana, contact.Form{Entry: w.entry()}, safeMarks(typed))
		if want == "" {
			if fields(err)["address"] == "" {
				t.Errorf("%q: %v", typed, err)
			}
			if rows := w.found(typed); len(rows) != 0 {
				t.Errorf("%q: found %v", typed, rows)
			}
			continue
		}
		w.must(err)
		p, err := w.Open(ctx, ana.Person, it)
		w.must(err)
		if p.To != want {
			t.Errorf("%q is sent to as %q, want %q", typed, p.To, want)
		}
		w.must(w.confirm(ana, it))
		if len(w.found(strings.ToUpper(typed))) != 1 {
			t.Errorf("%q is not found", typed)
		}
		w.must(w.TakeAway(ctx, ana, w.form(ana, it)))
	}
	_, err := w.Keep(ctx, ana, contact.Form{Entry: w.entry()}, contact.Marks{Address: book.NewText("ana@example.org"), Name: book.NewText("http://x"), From: -1, Until: 1440})
	if f := fields(err); f["name"] == "" || f["from"] == "" || f["until"] == "" {
		t.Errorf("fields are %v", f)
	}
	for i := range contact.MaxAddresses + 1 {
		_, err = w.Keep(ctx, ana, contact.Form{Entry: w.entry()}, safeMarks("ana@example.org"))
		if (err != nil) != (i == contact.MaxAddresses) {
			t.Errorf("address %d: %v", i, err)
		}
	}
}

// TestAnAddressFromBefore: one that stands where it was told when joining, as books of before have it, is nobody's to
// write to until it is kept; then it stands in one place.
func TestAnAddressFromBefore(t *testing.T) {
	onBoth(t, func(w *world) {
		ana := w.join("Ana", "")
		tells := func(address string) {
			r, err := w.All(ctx, ana)
			w.must(err)
			_, err = w.keeper.Write(ctx, subject(ana), ana.Book, aboutDraft(w, ana, r.BeforeHead, address))
			w.must(err)
		}
		tells("ana@example.org")
		w.adds(ana, safeMarks("other@example.org"))
		all, err := w.All(ctx, ana)
		w.must(err)
		if all.Before.Show() != "ana@example.org" {
			t.Fatalf("before is %q", all.Before.Show())
		}
		w.adds(ana, safeMarks("Ana@example.org"))
		all, err = w.All(ctx, ana)
		w.must(err)
		if !all.Before.Blank() {
			t.Error("kept with a capital letter it stands in two places")
		}
		tells("ana@example.org")
		all, err = w.All(ctx, ana)
		w.must(err)
		f := contact.Form{Entry: w.entry(), Base: all.BeforeHead}
		for range 2 {
			w.must(w.Forget(ctx, ana, f))
		}
		if all, err = w.All(ctx, ana); err != nil || !all.Before.Blank() {
			t.Errorf("it stands there yet, %v", err)
		}
	})
}

func TestJoiningWithAnAddress(t *testing.T) {
	onBoth(t, func(w *world) {
		ana := w.join("Ana", "ana@example.org")
		all, err := w.All(ctx, ana)
		w.must(err)
		if len(all.Addresses) != 1 || !all.Before.Blank() {
			t.Fatalf("all is %+v", all)
		}
		m := all.Addresses[0]
		if !m.Write || !m.Opens || m.Confirmed || m.Safe || m.Call || m.Lang != "en" || w.happened(ana) != 0 {
			t.Errorf("the address is %+v", m)
		}
		_, err = w.accounts.Join(ctx, account.Joining{
			Entry: w.entry(), Name: book.NewText("Bea"), Passphrase: phrase, Contact: book.ContactQuiet, Address: book.NewText("bea"), Via: book.ViaWeb,
		})
		if fields(err)["address"] == "" {
			t.Errorf("joining with what is no address: %v", err)
		}
	})
}

// TestTheClearRowSaysNothing: no column of the row holds a word of the address.
func TestTheClearRowSaysNothing(t *testing.T) {
	w := newWorld(t, t.TempDir())
	ana := w.join("Ana", "ana@example.org")
	w.must(w.db.View(ctx, func(tx *store.Tx) error {
		var channel string
		var blind []byte
		err := tx.Row(`SELECT channel, blind FROM address WHERE person = $1`, ana.Person).Scan(&channel, &blind)
		if channel != "email" || len(blind) != 32 || strings.Contains(string(blind), "ana") {
			t.Errorf("the row says %q %x", channel, blind)
		}
		return err
	}))
}

func TestMasked(t *testing.T) {
	for address, want := range map[string]string{"ana@example.org": "a…@e…", "+12025550143": "…143", "ü@x.example": "ü…@x…", "+1": "…", "": "…"} {
		if got := contact.Masked(address); got != want {
			t.Errorf("%q is shown as %q, want %q", address, got, want)
		}
	}
	if got := contact.Shown("+12025550143"); got != "+1 202-555-0143" {
		t.Errorf("shown as %q", got)
	}
}

func TestIsWrongNumber(t *testing.T) {
	for text, want := range map[string]bool{
		"STOP": true, "Stop.": true, " stop!! ": true, "ＳＴＯＰ": true, "stop please": true, "Wrong number": true, "I think you've got the wrong number, sorry": true,
		"WRONG NUMBER!!!": true, "Who's this?": true, "Don’t text me": true, "unsubscribe": true, "Número equivocado": true, "numero equivocado": true,
		"ALTO": true, "Por favor, no me escriban": true, "Se equivocó de persona": true, "baja": true, "This is not my number": true,
		"": false, "👍": false, "yes": false, "I cannot stop crying": false, "please don't stop writing": false, "He told me to stop it and I did not know what to do then at all": false,
		"para mí está bien": false, "I need someone": false, "wrong": true, "end of the road": false, "what went wrong": false, "123456": false,
	} {
		if got := contact.IsWrongNumber(text); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}

// TestStillSafeOpensNothing: after a login was given back, a yes to "is it still safe?" does not have codes open the book.
func TestStillSafeOpensNothing(t *testing.T) {
	onBoth(t, func(w *world) {
		ana := w.join("Ana", "ana@example.org")
		all, err := w.All(ctx, ana)
		w.must(err)
		it := all.Addresses[0].Item
		w.must(w.confirm(ana, it))
		opens := func() (yes bool) {
			w.must(w.DB.Update(ctx, func(tx *store.Tx) (err error) {
				yes, err = w.Opens(tx, ana.Person, it)
				return err
			}))
			return yes
		}
		if !opens() {
			t.Fatal("a code does not open the book")
		}
		w.must(w.DB.Update(ctx, func(tx *store.Tx) error { return w.OpensNothing(tx, ana.Person) }))
		w.must(w.StillSafe(ctx, ana, w.form(ana, it)))
		if opens() || len(w.found("ana@example.org")) != 0 || w.one(ana, it).Opens {
			t.Error("a code opens the book again")
		}
	})
}
