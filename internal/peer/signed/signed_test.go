package signed_test

import (
	"bytes"
	"crypto/sha256"
	"strings"
	"testing"
	"time"

	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/keeper"
	"beside/internal/peer/signed"
	"beside/internal/store"
	"beside/internal/witness"
)

// TestSignedInFrontOfSomebody: Sam walks with Mira, who has no phone, and prints a sheet; nothing is given by that. She signs in front of
// Toni, who enters it once; Sam sees what she signed for; she is told, and reads in front of whom; the desk ends it from a slip.
func TestSignedInFrontOfSomebody(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		mira, sam, toni := w.Person(t, "Mira O’Dea"), w.works(t, book.HatWorker), w.works(t, book.HatTeam)
		w.chooses(t, mira, sam)
		p := w.prints(t, sam, mira.Book, w.ask(sam))
		if p.Name.Show() != "Mira O’Dea" || len(p.Number) == 0 || !p.Waits(w.Clock.Now()) {
			t.Fatalf("the sheet says %+v", p)
		}
		if w.seesGoals(t, sam, mira.Book) {
			t.Fatal("printing gave something")
		}
		looked, err := w.Look(ctx, toni, p.Number, book.NewText(" mira  o'dea"))
		must(t, err)
		if looked.ID != p.ID || looked.Worker != sam.Person {
			t.Errorf("Toni sees %+v", looked)
		}
		e := w.entering(p)
		for range 2 { // a double tap
			must(t, w.Enter(ctx, toni, e))
		}
		if !w.seesGoals(t, sam, mira.Book) {
			t.Fatal("what was signed gives nothing")
		}
		if got := w.told[mira.Person]; len(got) != 1 || got[0] {
			t.Errorf("Mira was told %v", got)
		}
		by, err := w.Signed(ctx, mira.Subject, mira.Book, p.ID)
		must(t, err)
		if by == nil || by.Witness != toni.Person || by.Day != today {
			t.Errorf("it was signed %+v", by)
		}
		photo, err := w.Photo(ctx, mira.Subject, mira.Book, p.ID)
		must(t, err)
		if sha256.Sum256(photo) != by.Photo || !bytes.HasPrefix(photo, []byte("\xff\xd8")) {
			t.Error("the photograph is not what the entry says")
		}
		for _, who := range []grant.Subject{sam, toni, {Person: mira.Person, Hat: book.HatWorker}, {Person: toni.Person, Hat: book.HatSelf}} {
			_, err := w.Photo(ctx, who, mira.Book, p.ID)
			wantKind(t, err, errs.NotOpen)
			picture, _ := id.FromBytes[id.Picture](p.ID.Bytes())
			_, err = w.photos.Get(ctx, who, mira.Book, picture, by.Photo)
			wantKind(t, err, errs.NotOpen)
		}

		must(t, w.Back(ctx, toni, p.Number, p.Name))
		if w.sees(t, sam, mira.Book) {
			t.Error("what was taken back on paper is still seen")
		}
		if got := w.told[mira.Person]; len(got) != 2 || !got[1] {
			t.Errorf("Mira was told %v", got)
		}
		wantKind(t, w.Back(ctx, toni, p.Number, p.Name), errs.Changed)
		all, err := w.Mine(ctx, mira.Subject, mira.Book)
		must(t, err)
		if len(all) != 1 || all[0].Witness != toni.Person || all[0].BackBy != toni.Person || all[0].BackAt == 0 {
			t.Errorf("Mira reads %+v", all)
		}
	})
}

// seesGoals reports whether a worker was given goals.
func (w *world) seesGoals(t tester, who grant.Subject, b id.Book) (yes bool) {
	t.Helper()
	must(t, w.DB.View(ctx, func(tx *store.Tx) error {
		return tx.Row(`SELECT COUNT(*) > 0 FROM given AS g JOIN given_section AS x ON x.book = g.book AND x.given = g.id WHERE g.book = $1 AND g.recipient = $2 AND g.taken_back = 0 AND x.section = 'goals'`,
			b, who.Person).Scan(&yes)
	}))
	return yes
}

// TestWhoCannotEnter: each sheet that cannot be entered is refused, and nothing is given.
func TestWhoCannotEnter(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		mira, ben, sam, alex, toni := w.Person(t, "Mira"), w.Person(t, "Ben"), w.works(t, book.HatWorker), w.works(t, book.HatWorker), w.works(t, book.HatTeam)
		w.chooses(t, mira, sam)
		p := w.prints(t, mira.Subject, mira.Book, w.ask(sam))
		e := w.entering(p)

		wants(t, w.Enter(ctx, sam, e), "number", "paper.own_witness")
		other := e
		other.Name = book.NewText("Ben")
		wants(t, w.Enter(ctx, toni, other), "number", "paper.wrong_number")
		other = e
		other.Number = "0000000000"
		wants(t, w.Enter(ctx, toni, other), "number", "paper.wrong_number")
		wantKind(t, w.Enter(ctx, mira.Subject, e), errs.NotOpen)
		wantKind(t, w.Enter(ctx, grant.Subject{Person: ben.Person, Hat: book.HatWorker}, e), errs.NotOpen)
		for _, day := range []string{"", "today", "2025-03-09", "2025-03-14"} {
			other = e
			other.Day = day
			wants(t, w.Enter(ctx, toni, other), "day", "errors.choose_listed")
		}
		other = e
		other.Photo = nil
		wants(t, w.Enter(ctx, toni, other), "photo", "media.empty")
		other.Photo = []byte("<svg/>")
		wants(t, w.Enter(ctx, toni, other), "photo", "media.drawing")

		// A worker makes a sheet for nobody who did not give them something, for nobody else's view, and not in another hat.
		for _, x := range []struct {
			who grant.Subject
			b   id.Book
			to  grant.Subject
		}{{alex, mira.Book, alex}, {sam, mira.Book, alex}, {sam, ben.Book, sam}, {toni, mira.Book, sam}, {ben.Subject, mira.Book, sam}, {sam, id.New[id.Book](w.IDs), sam}, {mira.Subject, mira.Book, toni}, {mira.Subject, mira.Book, mira.Subject}} {
			_, err := w.Make(ctx, x.who, x.b, w.ask(x.to))
			wantKind(t, err, errs.NotOpen)
		}

		w.chooses(t, mira, alex) // since the sheet was printed she gave something else: what she signed would take that from Alex
		wantKind(t, w.Enter(ctx, toni, e), errs.Changed)

		p = w.prints(t, mira.Subject, mira.Book, w.ask(sam))
		must(t, w.Throw(ctx, mira.Subject, mira.Book, p.ID))
		wants(t, w.Enter(ctx, toni, w.entering(p)), "number", "paper.over")
		p = w.prints(t, mira.Subject, mira.Book, w.ask(sam))
		must(t, w.DB.Update(ctx, func(tx *store.Tx) error { return w.EndAll(tx, mira.Person) }))
		wants(t, w.Enter(ctx, toni, w.entering(p)), "number", "paper.over")
		p = w.prints(t, mira.Subject, mira.Book, w.ask(sam))
		w.Clock.Step(30 * clock.Day)
		wants(t, w.Enter(ctx, toni, w.entering(p)), "number", "paper.over")
		if w.seesGoals(t, sam, mira.Book) {
			t.Error("something was given")
		}
	})
}

// TestErasedWithTheGrant: a photograph goes with what was signed, and all of it with the book; it stands in the copy before.
func TestErasedWithTheGrant(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		mira, sam, toni := w.Person(t, "Mira"), w.works(t, book.HatWorker), w.works(t, book.HatTeam)
		p := w.prints(t, mira.Subject, mira.Book, w.ask(sam))
		must(t, w.Enter(ctx, toni, w.entering(p)))
		var file bytes.Buffer
		must(t, w.Keeper.Copy(ctx, mira.Subject, mira.Book, witness.Key{}, &file))
		for _, words := range []string{`"signed":[`, `"photo":"/9j/`, toni.Person.String()} {
			if !strings.Contains(file.String(), words) {
				t.Errorf("the copy does not say %s", words)
			}
		}
		_, err := keeper.CheckCopy(&file, nil, nil, func(witness.Problem) {})
		must(t, err)

		it, _ := id.FromBytes[id.Item](p.ID.Bytes())
		must(t, w.peers.TakeBack(ctx, mira.Subject, mira.Book, w.Entry(), it, p.Entry()))
		again := w.prints(t, mira.Subject, mira.Book, w.ask(sam))
		must(t, w.Enter(ctx, toni, w.entering(again)))
		w.Erases(t, mira, it)
		_, err = w.Photo(ctx, mira.Subject, mira.Book, p.ID)
		wantKind(t, err, errs.NotOpen)
		_, err = w.Photo(ctx, mira.Subject, mira.Book, again.ID)
		must(t, err)
		w.Erases(t, mira)
		must(t, w.DB.View(ctx, func(tx *store.Tx) error {
			for _, table := range []string{"media", "signing"} {
				var n int
				if err := tx.Row(`SELECT COUNT(*) FROM ` + table).Scan(&n); err != nil || n > 0 {
					t.Errorf("%d rows of %s are left, %v", n, table, err)
				}
			}
			return nil
		}))
		wants(t, w.Enter(ctx, toni, w.entering(again)), "number", "paper.wrong_number")
	})
}

// TestTakenBackBeforeItCounts: Mira signed a sheet, and gives the slip to the desk before anybody entered it. Then nobody enters it.
func TestTakenBackBeforeItCounts(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		mira, sam, toni := w.Person(t, "Mira"), w.works(t, book.HatWorker), w.works(t, book.HatTeam)
		p := w.prints(t, mira.Subject, mira.Book, w.ask(sam))
		must(t, w.Back(ctx, sam, p.Number, p.Name)) // also who would be given it
		wants(t, w.Enter(ctx, toni, w.entering(p)), "number", "paper.over")
		wantKind(t, w.Back(ctx, toni, p.Number, p.Name), errs.Changed)
		if got := w.told[mira.Person]; len(got) != 1 || !got[0] || w.seesGoals(t, sam, mira.Book) {
			t.Errorf("Mira was told %v", got)
		}
		all, err := w.Mine(ctx, mira.Subject, mira.Book)
		must(t, err)
		if len(all) != 1 || all[0].BackBy != sam.Person || all[0].BackAt == 0 || all[0].OverAt == 0 {
			t.Errorf("Mira reads %+v", all)
		}
	})
}

// TestEnteredAtTheSameTime: a double tap on a slow line is one act, and a sheet that ends in the same moment, as when a login is given back, gives
// nothing.
func TestEnteredAtTheSameTime(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		mira, sam, toni := w.Person(t, "Mira"), w.works(t, book.HatWorker), w.works(t, book.HatTeam)
		e := w.entering(w.prints(t, mira.Subject, mira.Book, w.ask(sam)))
		done := make(chan error)
		for range 2 {
			go func() { done <- w.Enter(ctx, toni, e) }()
		}
		for range 2 {
			must(t, <-done)
		}
		if got := w.told[mira.Person]; len(got) != 1 {
			t.Errorf("Mira was told %v", got)
		}

		ben := w.Person(t, "Ben")
		e = w.entering(w.prints(t, ben.Subject, ben.Book, w.ask(sam)))
		must(t, w.DB.Update(ctx, func(tx *store.Tx) error {
			if err := w.EndAll(tx, ben.Person); err != nil {
				return err
			}
			go func() { done <- w.Enter(ctx, toni, e) }()
			time.Sleep(time.Second) // it comes as far as it can
			return nil
		}))
		if err := <-done; err == nil {
			t.Error("a sheet was entered that had ended")
		}
		if w.seesGoals(t, sam, ben.Book) {
			t.Error("it gives")
		}
	})
}

// TestWhoLeftIsGivenNothing: Sam does not work here any more when the sheet is brought, and Mira still gives him what she gave before.
func TestWhoLeftIsGivenNothing(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		mira, sam, toni := w.Person(t, "Mira"), w.works(t, book.HatWorker), w.works(t, book.HatTeam)
		w.chooses(t, mira, sam)
		p := w.prints(t, mira.Subject, mira.Book, w.ask(sam))
		must(t, w.DB.Update(ctx, func(tx *store.Tx) error {
			_, err := tx.Exec(`UPDATE membership SET until = $1 WHERE person = $2`, w.Clock.Now(), sam.Person)
			return err
		}))
		wantKind(t, w.Enter(ctx, toni, w.entering(p)), errs.Changed)
		if w.seesGoals(t, sam, mira.Book) {
			t.Error("something was given")
		}
	})
}

// TestTheSheetNamesWhoIsGivenIt: who has the database makes no sheet that was printed for one worker give to another.
func TestTheSheetNamesWhoIsGivenIt(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		mira, sam, alex, toni := w.Person(t, "Mira"), w.works(t, book.HatWorker), w.works(t, book.HatWorker), w.works(t, book.HatTeam)
		p := w.prints(t, mira.Subject, mira.Book, w.ask(sam))
		must(t, w.DB.Update(ctx, func(tx *store.Tx) error {
			_, err := tx.Exec(`UPDATE signing SET recipient = $1 WHERE id = $2`, alex.Person, p.ID)
			return err
		}))
		wants(t, w.Enter(ctx, toni, w.entering(p)), "number", "paper.wrong_number")
	})
}

// TestSheetsWithoutEnd: nobody fills the page of another with sheets, and the owner can print all the same.
func TestSheetsWithoutEnd(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		mira, sam := w.Person(t, "Mira"), w.works(t, book.HatWorker)
		w.chooses(t, mira, sam)
		for range signed.MaxWaiting {
			_, err := w.Make(ctx, sam, mira.Book, w.ask(sam))
			must(t, err)
		}
		_, err := w.Make(ctx, sam, mira.Book, w.ask(sam))
		wantKind(t, err, errs.TooOften)
		w.prints(t, mira.Subject, mira.Book, w.ask(sam))
		w.Clock.Step(signed.Lasts)
		w.prints(t, sam, mira.Book, w.ask(sam))
	})
}
