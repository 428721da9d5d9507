package legal_test

import (
	"testing"
	"time"

	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/keeper"
	"beside/internal/legal"
	"beside/internal/promise"
	"beside/internal/store"
)

// TestAFormTakesOnce: no form that was sent before takes the file of another order, or the same file later, past what is written down.
func TestAFormTakesOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		p := newPlain(t, w)
		one, two, e := p.order(t), p.order(t), p.Entry()
		for range 2 { // a double tap
			_, err := p.Take(ctx, p.team[1], one, e)
			must(t, err)
		}
		_, err := p.Take(ctx, p.team[1], two, e)
		wantKind(t, err, errs.AlreadyKept)
		_, err = p.Take(ctx, p.team[0], one, e)
		wantKind(t, err, errs.AlreadyKept)
		w.Clock.Step(clock.Hour)
		_, err = p.Take(ctx, p.team[1], one, e)
		wantKind(t, err, errs.AlreadyKept)
		o, _, err := p.State(ctx, p.team[0], one)
		must(t, err)
		if len(o.Taken) != 2 { // one of them in the making of the order
			t.Errorf("it was taken %d times, as it is written down", len(o.Taken))
		}
	})
}

// day is the day on which it is now.
func (w *world) day() string { return w.Clock.Now().Std().UTC().Format(time.DateOnly) }

// TestAFormSaysOneThing: a form that is sent again with other words, as from a page further back, is not answered as if they were kept.
func TestAFormSaysOneThing(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		p := newPlain(t, w)
		words, others := book.NewText("the court"), book.NewText("another court")
		x := legal.Paper{Entry: p.Entry(), Kind: legal.Order, From: words, Reference: words, Asks: words, Came: w.day()}
		for range 2 {
			_, err := p.Keep(ctx, p.team[0], x)
			must(t, err)
		}
		x.Asks = others
		_, err := p.Keep(ctx, p.team[0], x)
		wantKind(t, err, errs.AlreadyKept)

		worker := p.walks(t)
		y := legal.Report{Entry: p.Entry(), Duty: words, To: words, Words: words, Day: w.day()}
		for range 2 {
			must(t, p.Report(ctx, worker, p.owner.Book, y))
		}
		y.Words = others
		wantKind(t, p.Report(ctx, worker, p.owner.Book, y), errs.AlreadyKept)
	})
}

// TestAReportHasAnIDOfItsOwn: a worker who sends the id of a thing of the book's with a report has nothing written down; else its words
// would go when the owner erases that thing.
func TestAReportHasAnIDOfItsOwn(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		p := newPlain(t, w)
		made := p.Writes(t, p.owner, keeper.Draft{Kind: book.KindStrength, Act: book.ActWrite, Body: &book.Strength{Words: book.NewText("I sing")}})
		words, worker := book.NewText("a law"), p.walks(t)
		e, err := id.FromBytes[id.Entry](made.Item.Bytes())
		must(t, err)
		err = p.Report(ctx, worker, p.owner.Book, legal.Report{Entry: e, Duty: words, To: words, Words: words, Day: w.day()})
		p.Erases(t, p.owner, made.Item)
		if _, err := p.ReportsOfMe(ctx, p.owner.Subject, p.owner.Book); err != nil {
			t.Errorf("the owner cannot read what was reported: %v", err)
		}
		wantKind(t, err, errs.AlreadyKept)
	})
}

// walks returns a worker who walks with the owner.
func (p plain) walks(t tester) grant.Subject {
	t.Helper()
	worker := p.Works(t, book.HatWorker)
	p.Writes(t, p.owner, keeper.Draft{Kind: book.KindSharing, Act: book.ActWrite, Body: &book.Sharing{
		As: book.HatWorker, Recipient: worker.Person, Sections: []book.Section{book.SectionName}, Purpose: book.PurposeWalking, Until: p.Clock.Now() + 300*clock.Day,
	}})
	return worker
}

// TestTheFileGoesWhilePromisesRest: also at a place that was restored nothing stays longer than the short time.
func TestTheFileGoesWhilePromisesRest(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		p := newPlain(t, w)
		p.order(t)
		must(t, w.DB.Update(ctx, func(tx *store.Tx) error { return promise.Rest(tx, w.Clock.Now()) }))
		w.Clock.Step(legal.SheetFor)
		w.Settles(t)
		var here int
		must(t, w.DB.View(ctx, func(tx *store.Tx) error { return tx.Row(`SELECT COUNT(*) FROM ordered_bytes`).Scan(&here) }))
		if here != 0 || w.told[p.owner.Person] != 0 {
			t.Errorf("%d parts are here, and the owner was told %d times", here, w.told[p.owner.Person])
		}
	})
}

// TestAnIDThatWasErased: an order with the id of one that went with its book is told as any other, and its file goes.
func TestAnIDThatWasErased(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		p, e := newPlain(t, w), w.Entry()
		p.orderAs(t, e)
		w.Erases(t, p.owner)
		q := plain{w, w.Person(t, "Aroha"), p.team}
		q.orderAs(t, e)
		w.Clock.Step(30 * clock.Day)
		w.Settles(t)
		var here int
		must(t, w.DB.View(ctx, func(tx *store.Tx) error { return tx.Row(`SELECT COUNT(*) FROM ordered_bytes`).Scan(&here) }))
		if here != 0 || w.told[q.owner.Person] != 1 {
			t.Errorf("%d parts are here, and the owner was told %d times", here, w.told[q.owner.Person])
		}
	})
}

// TestTheFirstIsGone: who entered what an order names and is not in the team any more is no second voice; the paper is written down anew.
func TestTheFirstIsGone(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		p, words := newPlain(t, w), book.NewText("the court")
		d, err := p.Keep(ctx, p.team[0], legal.Paper{Entry: p.Entry(), Kind: legal.Order, From: words, Reference: words, Asks: words, Came: w.day()})
		must(t, err)
		for _, who := range p.team {
			_, _, err := p.Find(ctx, who, d, p.owner.Name)
			must(t, err)
			if who == p.team[0] {
				must(t, p.Name(ctx, who, d, legal.Named{Book: p.owner.Book, Parts: []string{"name"}, From: w.day(), To: w.day()}))
			}
		}
		ends := func(until clock.Time) {
			must(t, w.DB.Update(ctx, func(tx *store.Tx) error {
				_, err := tx.Exec(`UPDATE membership SET until = $1 WHERE person = $2`, until, p.team[0].Person)
				return err
			}))
		}
		ends(0)
		wantKind(t, p.Confirm(ctx, p.team[1], d, p.owner.Book, render), errs.Invalid)
		ends(w.Clock.Now() + clock.Day)
		err = p.Confirm(ctx, p.team[1], d, p.owner.Book, func(s legal.Sheet) ([]legal.Part, error) { ends(0); return render(s) })
		wantKind(t, err, errs.NotOpen)
		ends(w.Clock.Now() + clock.Day)
		must(t, p.Confirm(ctx, p.team[1], d, p.owner.Book, render))
	})
}
