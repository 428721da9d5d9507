package peer_test

import (
	"testing"

	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/keeper"
	"beside/internal/peer"
	"beside/internal/store"
)

// acting gives somebody near to write in the goals.
func (w *world) acting(mira owner, ana grant.Subject, base id.Entry) peer.Giving {
	w.Helper()
	g := w.giving(ana, book.SectionGoals)
	g.ReadOnly, g.Acts = false, []book.Section{book.SectionGoals}
	w.must(w.peers.GiveNear(ctx, mira.Subject, mira.book, g, base))
	return g
}

// TestWritingForSomebody: what Ana writes is Mira's, once however often it is sent; Mira is told that there is something; nothing of
// it needs a look; and Ana can neither answer, put away, give nor erase.
func TestWritingForSomebody(t *testing.T) {
	onBoth(t, func(w *world) {
		mira := w.person("Mira")
		ana := w.sister(mira)
		var told []id.Person
		w.peers.Told = func(_ *store.Tx, who id.Person, _ []byte, _ clock.Time) error { told = append(told, who); return nil }
		goal := func(words string) *book.Goal { return &book.Goal{Words: book.NewText(words)} }
		w.kind(w.peers.WriteFor(ctx, ana, mira.book, w.entry(), id.Item{}, id.Entry{}, goal("swim")), errs.NotOpen)
		g := w.acting(mira, ana, id.Entry{})
		looks := w.count(`SELECT COUNT(*) FROM look`)
		e := w.entry()
		for range 2 {
			w.must(w.peers.WriteFor(ctx, ana, mira.book, e, id.Item{}, id.Entry{}, goal("swim")))
		}
		w.kind(w.peers.WriteFor(ctx, ana, mira.book, e, id.Item{}, id.Entry{}, goal("run")), errs.AlreadyKept)
		it := keeper.NewItem(e)
		again := w.entry()
		for range 2 {
			w.must(w.peers.WriteFor(ctx, ana, mira.book, again, it, e, goal("swim far")))
		}
		w.kind(w.peers.WriteFor(ctx, ana, mira.book, w.entry(), it, e, goal("swim slowly")), errs.Changed)
		w.kind(w.peers.WriteFor(ctx, ana, mira.book, w.entry(), id.Item{}, id.Entry{}, &book.Step{Words: book.NewText("shoes"), Goal: it, Done: true}), errs.Invalid)
		w.kind(w.peers.WriteFor(ctx, ana, mira.book, w.entry(), id.Item{}, id.Entry{}, &book.Strength{Words: book.NewText("x")}), errs.NotOpen)
		w.kind(w.peers.WriteFor(ctx, mira.Subject, mira.book, w.entry(), id.Item{}, id.Entry{}, goal("x")), errs.NotOpen)
		if now := w.count(`SELECT COUNT(*) FROM look`); now != looks {
			w.Errorf("writing made %d looks", now-looks)
		}
		for _, d := range []keeper.Draft{
			{Kind: book.KindGoal, Act: book.ActPutAway, Item: it, Base: again}, {Kind: book.KindGoal, Act: book.ActWrite, Item: it, Base: again, Body: goal("x")},
			{Kind: book.KindSharing, Act: book.ActPutAway, Item: keeper.NewItem(g.Entry), Base: g.Entry},
			{Kind: book.KindSharing, Act: book.ActWriteFor, Body: &book.Sharing{As: book.HatSelf, Recipient: ana.Person, Label: book.NewText("me"), Sections: book.Givable(), Purpose: book.PurposeNear, Until: w.clock.Now() + clock.Day}},
			{Kind: book.KindErasing, Act: book.ActErase, Body: &book.Erasing{Items: []id.Item{it}}},
		} {
			d.ID = w.entry()
			_, err := w.k.Write(ctx, ana, mira.book, d)
			w.kind(err, errs.NotOpen)
		}
		w.tell()
		if len(told) != 1 || told[0] != mira.Person { // of the first words nothing, as they stand no more
			w.Errorf("told were %v", told)
		}
		s, err := w.peers.Person(ctx, ana, mira.book)
		w.must(err)
		if last := s.Goals[len(s.Goals)-1]; last.Words.Show() != "swim far" || !last.Mine || !s.Writes(book.SectionGoals) || s.Writes(book.SectionStrengths) {
			w.Errorf("Ana sees %+v", last)
		}
		w.exec(`INSERT INTO death (id, book, person, said_at, since, reads_until, over_at) VALUES ($1, $2, $3, 1, 1, $4, 0)`, w.entry(), mira.book, mira.Person, w.clock.Now()+clock.Day)
		w.kind(w.peers.WriteFor(ctx, ana, mira.book, w.entry(), id.Item{}, id.Entry{}, goal("x")), errs.NotOpen)
	})
}

// TestTheVersionBeforeKnowsNoWriting: when a grant is changed by the version before, which writes its sections anew and knows nothing
// of who may write in them, nobody may any more; and Longer gives no more than what stands.
func TestTheVersionBeforeKnowsNoWriting(t *testing.T) {
	onBoth(t, func(w *world) {
		mira := w.person("Mira")
		ana := w.sister(mira)
		g := w.acting(mira, ana, id.Entry{})
		it := keeper.NewItem(g.Entry)
		for _, as := range []string{`DELETE FROM given_section WHERE book = $1 AND given = $2`, `INSERT INTO given_section (book, given, section) VALUES ($1, $2, 'name')`,
			`INSERT INTO given_section (book, given, section) VALUES ($1, $2, 'goals')`} {
			w.exec(as, mira.book, it)
		}
		w.exec(`UPDATE given SET suggests = 1, since = since + 1 WHERE book = $1 AND id = $2`, mira.book, it)
		s, err := w.peers.Person(ctx, ana, mira.book)
		w.must(err)
		if s.Writes(book.SectionGoals) || !s.Takes(book.SectionGoals) {
			w.Errorf("Ana may write in %v and suggest in %v", s.Acts, s.Suggests)
		}
		w.kind(w.peers.WriteFor(ctx, ana, mira.book, w.entry(), id.Item{}, id.Entry{}, &book.Goal{Words: book.NewText("x")}), errs.NotOpen)
	})
}

// TestLonger: the same is given once more while it stands, by its owner alone, and not to whom nothing would be open.
func TestLonger(t *testing.T) {
	onBoth(t, func(w *world) {
		mira, sam := w.person("Mira"), w.worker("Sam")
		ana := w.sister(mira)
		g := w.giving(ana, book.SectionWords)
		single := w.strengthOf(mira)
		g.Singles = []book.Single{single}
		w.must(w.peers.GiveNear(ctx, mira.Subject, mira.book, g, id.Entry{}))
		c := w.choice(sam, all...)
		w.must(w.peers.Choose(ctx, mira.Subject, mira.book, c))
		until := w.clock.Now() + 300*clock.Day
		e := w.entry()
		for range 2 {
			w.must(w.peers.Longer(ctx, mira.Subject, mira.book, e, keeper.NewItem(g.Entry), g.Entry, until))
		}
		near, err := w.peers.Near(ctx, mira.Subject, mira.book)
		w.must(err)
		if len(near) != 1 || near[0].Until != until || !near[0].ReadOnly || len(near[0].Singles) != 1 || near[0].Label.Show() != "my sister" {
			w.Fatalf("given is %+v", near)
		}
		w.kind(w.peers.Longer(ctx, mira.Subject, mira.book, w.entry(), keeper.NewItem(g.Entry), g.Entry, until+1), errs.Changed)
		w.kind(w.peers.Longer(ctx, mira.Subject, mira.book, w.entry(), keeper.NewItem(g.Entry), e, w.clock.Now()+400*clock.Day), errs.Invalid)
		w.kind(w.peers.Longer(ctx, ana, mira.book, w.entry(), keeper.NewItem(g.Entry), e, until), errs.NotOpen)
		w.kind(w.peers.Longer(ctx, mira.Subject, mira.book, w.entry(), id.New[id.Item](w.ids), e, until), errs.NotOpen)
		r, err := w.k.Mine(ctx, mira.Subject, mira.book, keeper.Want{Item: single.Item})
		w.must(err)
		_, err = w.k.Write(ctx, mira.Subject, mira.book, keeper.Draft{ID: w.entry(), Kind: book.KindStrength, Act: book.ActPutAway, Item: single.Item, Base: r.Items[0][0].Head})
		w.must(err)
		w.kind(w.peers.Longer(ctx, mira.Subject, mira.book, w.entry(), keeper.NewItem(g.Entry), e, until), errs.Invalid)

		w.must(w.peers.Longer(ctx, mira.Subject, mira.book, w.entry(), keeper.NewItem(c.Entry), c.Entry, until))
		w.sees(sam, mira, true)
		w.clock.Step(301 * clock.Day)
		with, err := w.peers.Companions(ctx, mira.Subject, mira.book)
		w.must(err)
		w.kind(w.peers.Longer(ctx, mira.Subject, mira.book, w.entry(), with[0].Item, with[0].Head, w.clock.Now()+clock.Day), errs.Changed)
	})
}

// TestAStepThatIsAwayWithItsGoalIsNotWrittenIn: who had the form open before the goal was put away, and its steps with it, is told that
// something has changed; and nothing is.
func TestAStepThatIsAwayWithItsGoalIsNotWrittenIn(t *testing.T) {
	onBoth(t, func(w *world) {
		mira := w.person("Mira")
		ana := w.sister(mira)
		w.acting(mira, ana, id.Entry{})
		goal := w.write(mira, &book.Goal{Words: book.NewText("the sea")})
		step := w.write(mira, &book.Step{Goal: goal.Item, Words: book.NewText("pack")})
		_, err := w.k.Write(ctx, mira.Subject, mira.book, keeper.Draft{ID: w.entry(), Kind: book.KindGoal, Act: book.ActPutAway, Item: goal.Item, Base: goal.ID, Via: book.ViaWeb})
		w.must(err)
		w.kind(w.peers.WriteFor(ctx, ana, mira.book, w.entry(), step.Item, step.ID, &book.Step{Goal: step.Item, Words: book.NewText("x")}), errs.Changed)
		r, err := w.k.Mine(ctx, mira.Subject, mira.book, keeper.Want{Item: step.Item})
		w.must(err)
		if got := r.Items[0][0]; got.Head != step.ID || got.By != mira.Person {
			w.Errorf("the step is %+v", got)
		}
	})
}

// TestLongerOpensNothingAnew: from a page that was open since before, nothing is given once more to a worker who is none any more, or
// became one again since: what was closed by that stays closed.
func TestLongerOpensNothingAnew(t *testing.T) {
	onBoth(t, func(w *world) {
		until := w.clock.Now() + 300*clock.Day
		for name, closes := range map[string]func(owner, grant.Subject){
			"the role ended": func(_ owner, sam grant.Subject) {
				w.exec(`UPDATE membership SET until = $1 WHERE person = $2`, w.clock.Now(), sam.Person)
			},
			"and began again": func(_ owner, sam grant.Subject) {
				w.exec(`UPDATE membership SET since = $1 WHERE person = $2`, w.clock.Now(), sam.Person)
			},
		} {
			mira, sam := w.person("Mira"), w.worker("Sam")
			c := w.choice(sam, all...)
			w.must(w.peers.Choose(ctx, mira.Subject, mira.book, c))
			w.clock.Step(clock.Minute)
			closes(mira, sam)
			w.sees(sam, mira, false)
			if err := w.peers.Longer(ctx, mira.Subject, mira.book, w.entry(), keeper.NewItem(c.Entry), c.Entry, until); !errs.Is(err, errs.NotOpen) {
				w.Errorf("%s: %v", name, err)
			}
			w.sees(sam, mira, false)
		}
	})
}
