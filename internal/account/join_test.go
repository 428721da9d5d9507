package account_test

import (
	"strings"
	"testing"

	"beside/internal/account"
	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/grant"
)

func TestJoiningAndComingBack(t *testing.T) {
	onBoth(t, func(w *world) {
		ctx := w.t.Context()
		for _, name := range []string{"Ana", "José María O’Neill", "李小龙", "محمد", "🌱", "Zoë\u0308", "நிலா"} {
			j := w.join(name)
			s := w.session(j.Secret)
			if s.Person != j.Person || s.Book != j.Book || s.Hat != book.HatSelf {
				w.t.Errorf("%q: joining opened %+v", name, s)
			}
			r, err := w.keeper.Versions(ctx, grant.Subject{Person: j.Person, Hat: book.HatSelf}, j.Book, book.Only(j.Book, book.KindName))
			w.must(err)
			if got := r[0].Body.(*book.Name).Words.Show(); got != name {
				w.t.Errorf("the name came back as %q, want %q", got, name)
			}
			back, err := w.SignIn(ctx, account.SigningIn{Words: j.Words, Passphrase: phrase})
			w.must(err)
			if back.Person != j.Person || back.Book != j.Book {
				w.t.Errorf("%q came back as somebody else", name)
			}
			words, err := w.Words(ctx, grant.Subject{Person: j.Person, Hat: book.HatSelf}, j.Book)
			w.must(err)
			if words != j.Words {
				w.t.Errorf("%q: the words are %q, on joining %q", name, words, j.Words)
			}
		}
	})
}

func TestSignInWordsAreForgivingAndThePassphraseIsNot(t *testing.T) {
	w := newWorld(t, t.TempDir(), account.Hashing{MemoryKiB: 64, Times: 1})
	j := w.join("Ána-Lía")
	word := j.Words[strings.LastIndexByte(j.Words, ' ')+1:]
	if !strings.HasPrefix(j.Words, "ána lía ") {
		t.Errorf("sign-in words %q do not begin with the name", j.Words)
	}
	for typed, want := range map[string]bool{
		j.Words: true, "ANA LIA " + strings.ToUpper(word): true, "  analia-" + word + " ": true, "Ana_Lia." + word: true,
		"ａｎａ ｌｉａ " + word: true, "ana " + word: false, "ana lia": false, "": false, word: false,
	} {
		w.clock.Step(clock.Hour)
		_, err := w.SignIn(t.Context(), account.SigningIn{Words: typed, Passphrase: phrase})
		if (err == nil) != want {
			t.Errorf("%q: %v", typed, err)
		}
	}
	for typed, want := range map[string]bool{
		" " + phrase + "\t": true, strings.ToUpper(phrase): false, phrase + "x": false, "": false, strings.Repeat("x", 1<<20): false,
		strings.ReplaceAll(phrase, "o", "ｏ"): true, // a full-width keyboard
	} {
		w.clock.Step(clock.Hour)
		_, err := w.SignIn(t.Context(), account.SigningIn{Words: j.Words, Passphrase: typed})
		if (err == nil) != want {
			t.Errorf("a passphrase of %d bytes: %v", len(typed), err)
		}
	}
}

func TestEveryWrongIsTheSame(t *testing.T) {
	onBoth(t, func(w *world) {
		ctx := w.t.Context()
		j := w.join("Ana")
		_, wrong := w.SignIn(ctx, account.SigningIn{Words: j.Words, Passphrase: "something else that is long"})
		_, nobody := w.SignIn(ctx, account.SigningIn{Words: "nobody lantern", Passphrase: phrase})
		w.kind(wrong, errs.Invalid)
		w.kind(nobody, errs.Invalid)
		if a, b := wrong.Error(), nobody.Error(); a != b {
			w.t.Errorf("a wrong passphrase says %q, unknown words say %q", a, b)
		}
		if a, b := fields(wrong), fields(nobody); len(a) != 1 || a["words"] == "" || a["words"] != b["words"] {
			w.t.Errorf("fields differ: %v and %v", a, b)
		}
	})
}

func TestTheSameNameTwice(t *testing.T) {
	onBoth(t, func(w *world) {
		seen := map[string]bool{}
		for range 40 {
			j := w.join("Ana")
			if seen[j.Words] {
				w.t.Fatalf("%q was given twice", j.Words)
			}
			seen[j.Words] = true
		}
	})
}

func TestJoiningTwiceIsOnePerson(t *testing.T) {
	onBoth(t, func(w *world) {
		ctx := w.t.Context()
		form := w.joining("Ana")
		all := make([]account.Joined, 8)
		for _, err := range atOnce(len(all), func(i int) (err error) {
			all[i], err = w.Join(ctx, form)
			return err
		}) {
			w.must(err)
		}
		for _, j := range all {
			if j.Person != all[0].Person || j.Book != all[0].Book || j.Words != all[0].Words || w.session(j.Secret).Person != j.Person {
				w.t.Fatalf("one form made %+v and %+v", all[0], j)
			}
		}
		if n := w.count(`SELECT COUNT(*) FROM account`); n != 1 {
			w.t.Errorf("%d accounts", n)
		}
		if n := w.count(`SELECT COUNT(*) FROM entry`); n != 2 {
			w.t.Errorf("%d entries, want the name and what was told", n)
		}
		other := form
		other.Passphrase = "quite another phrase here"
		_, err := w.Join(ctx, other)
		w.kind(err, errs.AlreadyKept)
		other = form
		other.Name = book.NewText("Bea")
		_, err = w.Join(ctx, other)
		w.kind(err, errs.AlreadyKept)
	})
}

func TestJoiningTellsAllThatIsMissing(t *testing.T) {
	w := newWorld(t, t.TempDir(), account.Hashing{MemoryKiB: 64, Times: 1})
	form := w.joining(" ")
	form.Passphrase, form.Contact = "short", ""
	_, err := w.Join(t.Context(), form)
	w.kind(err, errs.Invalid)
	got := fields(err)
	for field, words := range map[string]string{"name": "errors.name_blank", "passphrase": "account.passphrase_short", "contact": "account.contact_unanswered"} {
		if got[field] != words {
			t.Errorf("field %q says %q, want %q", field, got[field], words)
		}
	}
	form = w.joining("Ana")
	form.Contact = book.ContactQuiet
	if _, err = w.Join(t.Context(), form); fields(err)["address"] == "" {
		t.Errorf("an address that is missing: %v", err)
	}
	if n := w.count(`SELECT COUNT(*) FROM account`); n != 0 {
		t.Errorf("%d accounts after forms that could not be taken", n)
	}
}

func TestWordsAreTheOwnersAlone(t *testing.T) {
	w := newWorld(t, t.TempDir(), account.Hashing{MemoryKiB: 64, Times: 1})
	ana, bea := w.join("Ana"), w.join("Bea")
	for _, who := range []grant.Subject{{Person: bea.Person, Hat: book.HatSelf}, {Person: ana.Person, Hat: book.HatWorker}, {Person: bea.Person, Hat: book.HatTeam}} {
		_, err := w.Words(t.Context(), who, ana.Book)
		w.kind(err, errs.NotOpen)
	}
}
