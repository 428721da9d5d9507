package peer_test

import (
	"testing"

	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/keeper"
	"beside/internal/peer"
	"beside/internal/store"
)

// noticed are the notices of somebody, which must be n.
func (w *world) noticed(who grant.Subject, n int) []peer.Notice {
	w.Helper()
	list, err := w.peers.Notices(ctx, who)
	w.must(err)
	if len(list) != n {
		w.Fatalf("%d notices, want %d: %+v", len(list), n, list)
	}
	return list
}

// suggested has a worker suggest a goal.
func (w *world) suggested(worker grant.Subject, o owner) id.Entry {
	w.Helper()
	e := w.entry()
	w.must(w.peers.Suggest(ctx, worker, o.book, e, &book.Goal{Words: book.NewText("a walk"), BuildsOn: []id.Item{w.strength(worker, o)}}))
	return e
}

func TestNoticesComeAndGo(t *testing.T) {
	onBoth(t, func(w *world) {
		mira, sam, alex := w.person("Mira"), w.worker("Sam"), w.worker("Alex")
		w.choose(mira, sam)
		e := w.suggested(sam, mira)
		w.tell()
		n := w.noticed(mira.Subject, 1)[0]
		if n.Kind != keeper.TellSuggested || n.Entry != e || n.State != book.Waiting {
			w.Fatalf("the notice is %+v", n)
		}
		w.noticed(sam, 0)
		w.answer(mira, e, book.ActAccept)
		w.tell()
		n = w.noticed(sam, 1)[0]
		if n.Kind != keeper.TellAnswered || n.State != book.Accepted || n.Book != mira.book {
			w.Fatalf("the notice is %+v", n)
		}
		w.noticed(alex, 0)
		w.noticed(grant.Subject{Person: sam.Person, Hat: book.HatSelf}, 0) // not under another hat

		w.must(w.peers.Seen(ctx, alex, n)) // somebody else's mark changes nothing
		w.noticed(sam, 1)
		w.choose(mira, alex) // what is taken back takes its notices along
		w.noticed(sam, 0)
		w.choose(mira, sam)
		w.must(w.peers.Seen(ctx, sam, w.noticed(sam, 1)...))
		w.noticed(sam, 0)
	})
}

func TestWhatIsNoLongerSoIsNotTold(t *testing.T) {
	onBoth(t, func(w *world) {
		mira, sam := w.person("Mira"), w.worker("Sam")
		w.choose(mira, sam)
		w.answer(mira, w.suggested(sam, mira), book.ActDecline) // before anybody was told
		w.tell()
		w.noticed(mira.Subject, 0)
		w.noticed(sam, 1)
	})
}

func TestNotNowComesAgain(t *testing.T) {
	onBoth(t, func(w *world) {
		mira, sam := w.person("Mira"), w.worker("Sam")
		w.choose(mira, sam)
		rests, answered := w.suggested(sam, mira), w.suggested(sam, mira)
		w.answer(mira, rests, book.ActNotNow)
		w.answer(mira, answered, book.ActNotNow)
		w.clock.Step(keeper.AgainAfter - 1)
		w.tell()
		w.noticed(mira.Subject, 0)
		w.answer(mira, answered, book.ActDecline) // a no is not asked again
		w.clock.Step(clock.Minute)
		w.tell()
		if n := w.noticed(mira.Subject, 1)[0]; n.Kind != keeper.TellAgain || n.Entry != rests {
			w.Fatalf("the notice is %+v", n)
		}
	})
}

// TestNotNowIsNotMadeShorter: who suggested something lets it rest until tomorrow; the owner says "not now" before that, and is asked
// again when that has rested, and no sooner. Set aside until tomorrow twice, it is told of once, the day after the second.
func TestNotNowIsNotMadeShorter(t *testing.T) {
	onBoth(t, func(w *world) {
		mira, sam := w.person("Mira"), w.worker("Sam")
		w.choose(mira, sam)
		e, twice := w.suggested(sam, mira), w.suggested(sam, mira)
		w.must(w.peers.Tomorrow(ctx, sam, mira.book, w.entry(), e))
		w.must(w.peers.Tomorrow(ctx, sam, mira.book, w.entry(), twice))
		w.clock.Step(clock.Hour)
		w.answer(mira, e, book.ActNotNow)
		w.must(w.peers.Tomorrow(ctx, sam, mira.book, w.entry(), twice))
		w.clock.Step(keeper.TomorrowAfter - clock.Minute)
		w.tell()
		w.noticed(mira.Subject, 0)
		w.clock.Step(clock.Minute)
		w.tell()
		if n := w.noticed(mira.Subject, 1)[0]; n.Kind != keeper.TellAgain || n.Entry != twice {
			w.Fatalf("the notice is %+v", n)
		}
		w.clock.Step(keeper.AgainAfter)
		w.tell()
		w.noticed(mira.Subject, 2)
	})
}

// TestWarnedBeforeItEnds: who gave something is told a week before it ends, once, and not of what was changed or taken back since.
func TestWarnedBeforeItEnds(t *testing.T) {
	onBoth(t, func(w *world) {
		mira := w.person("Mira")
		ana := w.sister(mira)
		told := 0
		w.peers.Told = func(*store.Tx, id.Person, []byte, clock.Time) error { told++; return nil }
		first := w.giving(ana, book.SectionWords) // for thirty days
		w.must(w.peers.GiveNear(ctx, mira.Subject, mira.book, first, id.Entry{}))
		w.clock.Step(10 * clock.Day)
		longer := w.giving(ana, book.SectionWords)
		w.must(w.peers.GiveNear(ctx, mira.Subject, mira.book, longer, first.Entry))
		w.clock.Step(14 * clock.Day) // the first would have been told of by now
		w.tell()
		if told != 0 {
			t.Fatalf("told %d times of a grant that was changed", told)
		}
		w.clock.Step(9 * clock.Day)
		w.tell()
		w.tell()
		if told != 1 {
			t.Fatalf("told %d times a week before the end", told)
		}
		w.clock.Step(8 * clock.Day)
		again := w.giving(ana, book.SectionGoals)
		w.must(w.peers.GiveNear(ctx, mira.Subject, mira.book, again, longer.Entry))
		near, err := w.peers.Near(ctx, mira.Subject, mira.book)
		w.must(err)
		w.must(w.peers.TakeBack(ctx, mira.Subject, mira.book, w.entry(), near[0].Item, again.Entry))
		w.clock.Step(25 * clock.Day)
		w.tell()
		if told != 1 {
			t.Fatalf("told %d times of what was taken back", told-1)
		}
	})
}
