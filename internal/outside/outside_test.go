package outside_test

import (
	"bytes"
	"encoding/base64"
	"strings"
	"sync"
	"testing"

	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/keeper"
	"beside/internal/outside"
	"beside/internal/store"
	"beside/internal/witness"
)

// TestAnOlderCopyOpensNothingErased: with the row as it was before something was erased, its words stay unreadable, and the rest opens.
func TestAnOlderCopyOpensNothingErased(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		mira := w.Person(t, "")
		swims, bakes := w.strength(t, mira, "I swim"), w.strength(t, mira, "I bake")
		a := w.asked("I am well", thing(swims, "I swim"), thing(bakes, "I bake"))
		p, err := w.Give(ctx, mira.Subject, mira.Book, a, outside.See(a.Parts))
		must(t, err)
		var older []byte
		must(t, w.DB.View(ctx, func(tx *store.Tx) error { return tx.Row(`SELECT parts FROM outside WHERE id = $1`, p).Scan(&older) }))
		w.Erases(t, mira, swims.Item)
		must(t, w.DB.Update(ctx, func(tx *store.Tx) error {
			_, err := tx.Exec(`UPDATE outside SET parts = $1 WHERE id = $2`, older, p)
			return err
		}))
		got, err := w.One(ctx, mira.Subject, mira.Book, p)
		must(t, err)
		if got.Whole || !got.Parts[1].Gone || string(outside.Whole(got.Parts)) != "<p>I am wellI bake</p>" {
			t.Errorf("with an older row %q can be read", outside.Whole(got.Parts))
		}
	})
}

// TestItGoesWithTheBook: of a book that is erased as a whole nothing is left that left it.
func TestItGoesWithTheBook(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		mira, ana := w.Person(t, ""), w.Person(t, "")
		for _, o := range []owner{mira, ana} {
			a := w.asked("I am well")
			_, err := w.Give(ctx, o.Subject, o.Book, a, outside.See(a.Parts))
			must(t, err)
		}
		w.Erases(t, mira)
		if n := w.count(t); n != 1 {
			t.Errorf("%d rows are left, want the other person's alone", n)
		}
		a := w.asked("I am well")
		_, err := w.Give(ctx, mira.Subject, mira.Book, a, outside.See(a.Parts))
		wantKind(t, err, errs.NotOpen)
	})
}

// TestItStandsInACopy: with the bytes, and the copy can be checked.
func TestItStandsInACopy(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		mira := w.Person(t, "")
		a := w.asked("I am well")
		_, err := w.Give(ctx, mira.Subject, mira.Book, a, outside.See(a.Parts))
		must(t, err)
		var file bytes.Buffer
		must(t, w.Keeper.Copy(ctx, mira.Subject, mira.Book, witness.Key{}, &file))
		for _, words := range []string{`"left":[`, `"to":"the court"`, `"why":"they asked"`, base64.StdEncoding.EncodeToString(a.Parts[0].Bytes)} {
			if !strings.Contains(file.String(), words) {
				t.Errorf("the copy does not say %s", words)
			}
		}
		before := strings.Replace(file.String(), "a book 4", "a book 2", 1) // as it was without the list
		before = before[:strings.Index(before, ",\n\"left\"")] + "}"
		for _, text := range []string{file.String(), before} {
			_, err = keeper.CheckCopy(strings.NewReader(text), nil, nil, func(witness.Problem) {})
			must(t, err)
		}
	})
}

// TestWhatIsMissingIsToldAtOnce: every element of the yes is needed.
func TestWhatIsMissingIsToldAtOnce(t *testing.T) {
	err := outside.Asked{Letter: book.NewText(strings.Repeat("x", book.MaxText+1))}.Check()
	for _, field := range []string{"to", "why", "name", "letter", "as"} {
		if !strings.Contains(strings.Join(fieldsOf(err), " "), field) {
			t.Errorf("%s is not asked for: %v", field, err)
		}
	}
	if got := fieldsOf((outside.Asked{Way: outside.Page, Name: book.NewText("a"), To: book.NewText("b"), Why: book.NewText("c")}).Check()); len(got) != 1 || got[0] != "things" {
		t.Errorf("with nothing in it %v is asked for", got)
	}
	if got := fieldsOf((outside.Asked{Way: outside.Message, Name: book.NewText("a"), To: book.NewText("b"), Why: book.NewText("c"), Letter: book.NewText("seen\x00and cut off")}).Check()); len(got) != 1 || got[0] != "letter" {
		t.Errorf("a letter that a browser shows otherwise than it is is refused with %v", got)
	}
	big := outside.Asked{Way: outside.Page, Name: book.NewText("a"), To: book.NewText("b"), Why: book.NewText("c"), Letter: book.NewText("d")}
	big.Parts = []outside.Part{{Bytes: make([]byte, outside.MaxBytes+1)}}
	wantKind(t, big.Check(), errs.TooLarge)
}

// TestAYesTappedManyTimes: at the same moment it is one, and everybody is told that it is done.
func TestAYesTappedManyTimes(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		mira, sam := w.Person(t, ""), w.Works(t, book.HatWorker)
		w.Walks(t, mira, sam)
		e := w.Entry()
		words := outside.Lasting{Name: book.NewText("Mira"), To: book.NewText("the court"), Why: book.NewText("they asked"), Until: w.Clock.Now() + clock.Day}
		must(t, w.Last(ctx, mira.Subject, mira.Book, e, words))
		a, under := w.asked("I am well"), w.oneDay(t, mira, sam, words)
		var all sync.WaitGroup
		for range 6 {
			all.Go(func() {
				if _, err := w.Give(ctx, mira.Subject, mira.Book, a, outside.See(a.Parts)); err != nil {
					t.Error(err)
				}
			})
			all.Go(func() {
				if _, err := w.Under(ctx, sam, mira.Book, outside.LastingOf(e), under); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if n := w.count(t); n != 2 {
			t.Errorf("%d rows, want 2", n)
		}
	})
}
