package peer_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/keeper"
	"beside/internal/peer"
	"beside/internal/store"
	"beside/internal/testkit/kin"
)

// sister makes somebody whom a person named and knew again.
func (w *world) sister(of owner) grant.Subject {
	w.Helper()
	s := w.person("Ana")
	w.must(w.db.Update(ctx, func(tx *store.Tx) error { return kin.Know(tx, w.ids, of.Person, of.book, s.Person, 1) }))
	w.peers.Knows = func(_ *store.Tx, person, other id.Person) (bool, error) {
		return person == of.Person && other == s.Person, nil
	}
	return s.Subject
}

func (w *world) giving(to grant.Subject, sections ...book.Section) peer.Giving {
	return peer.Giving{Entry: w.entry(), To: to.Person, Label: book.NewText("my sister"), Sections: sections, ReadOnly: true, Purpose: book.PurposeNear, Until: w.clock.Now() + 30*clock.Day}
}

// strengthOf is the strength that a person of this world has.
func (w *world) strengthOf(o owner) book.Single {
	w.Helper()
	r, err := w.k.Mine(ctx, o.Subject, o.book, keeper.Want{Kind: book.KindStrength})
	w.must(err)
	return book.Single{Section: book.SectionStrengths, Item: r.Items[0][0].ID}
}

// TestGivingToSomebodyNear: only somebody whom the person named and knew again is given anything; they see just that, in their own
// hat, may not suggest where it is for reading, and nothing from the moment it is taken back or over.
func TestGivingToSomebodyNear(t *testing.T) {
	onBoth(t, func(w *world) {
		mira, stranger := w.person("Mira"), w.person("Ben")
		ana := w.sister(mira)
		w.kind(w.peers.GiveNear(ctx, mira.Subject, mira.book, w.giving(stranger.Subject, book.SectionWords), id.Entry{}), errs.NotOpen)
		w.kind(w.peers.GiveNear(ctx, mira.Subject, mira.book, w.giving(mira.Subject, book.SectionWords), id.Entry{}), errs.NotOpen)
		w.kind(w.peers.GiveNear(ctx, ana, mira.book, w.giving(ana, book.SectionWords), id.Entry{}), errs.NotOpen)

		g := w.giving(ana, book.SectionWords)
		g.Singles = []book.Single{w.strengthOf(mira)}
		w.must(w.peers.GiveNear(ctx, mira.Subject, mira.book, g, id.Entry{}))
		w.must(w.peers.GiveNear(ctx, mira.Subject, mira.book, g, id.Entry{})) // sent twice
		w.write(mira, &book.Strength{Words: book.NewText("bakes")})           // beside the single one
		s, err := w.peers.Person(ctx, ana, mira.book)
		w.must(err)
		if s.Name.Show() != "Mira" || s.Words.Show() != "Mira's words" || len(s.Strengths) != 1 || len(s.Goals) != 0 || len(s.Suggests) != 0 {
			w.Fatalf("Ana sees %+v", s)
		}
		if !slices.Equal(s.Sections, []book.Section{book.SectionName, book.SectionWords}) || !slices.Equal(s.Single, []book.Section{book.SectionStrengths}) {
			w.Fatalf("Ana is told that she sees %v, and some of %v", s.Sections, s.Single)
		}
		for _, hat := range []book.Hat{book.HatWorker, book.HatTeam} {
			_, err := w.peers.Person(ctx, grant.Subject{Person: ana.Person, Hat: hat}, mira.book)
			w.kind(err, errs.NotOpen)
		}
		w.kind(w.peers.Suggest(ctx, ana, mira.book, w.entry(), &book.Strength{Words: book.NewText("x")}), errs.NotOpen)

		near, err := w.peers.Near(ctx, mira.Subject, mira.book)
		w.must(err)
		if len(near) != 1 || near[0].To != ana.Person || near[0].Label.Show() != "my sister" || !near[0].ReadOnly {
			w.Fatalf("Mira gave %+v", near)
		}
		_, err = w.peers.Near(ctx, ana, mira.book)
		w.kind(err, errs.NotOpen)

		more := w.giving(ana, book.SectionStrengths)
		more.ReadOnly = false
		w.kind(w.peers.GiveNear(ctx, mira.Subject, mira.book, more, id.Entry{}), errs.Changed) // what stands was not looked at
		w.must(w.peers.GiveNear(ctx, mira.Subject, mira.book, more, near[0].Head))
		w.must(w.peers.Suggest(ctx, ana, mira.book, w.entry(), &book.Strength{Words: book.NewText("listens")}))
		if s, err = w.peers.Person(ctx, ana, mira.book); err != nil || len(s.Strengths) != 2 || !s.Words.Blank() || len(s.Told) != 1 {
			w.Fatalf("after the change Ana sees %+v, %v", s, err)
		}

		sam := w.worker("Sam")
		w.choose(mira, sam) // nothing of Ana's ends with it
		_, err = w.peers.Person(ctx, ana, mira.book)
		w.must(err)
		w.must(w.peers.TakeBack(ctx, mira.Subject, mira.book, w.entry(), near[0].Item, more.Entry))
		_, err = w.peers.Person(ctx, ana, mira.book)
		w.kind(err, errs.NotOpen)
		w.kind(w.peers.Suggest(ctx, ana, mira.book, w.entry(), &book.Strength{Words: book.NewText("x")}), errs.NotOpen)
		w.sees(sam, mira, true)
		labels, err := w.peers.Labels(ctx, mira.Subject, mira.book)
		w.must(err)
		if labels[ana.Person].Show() != "my sister" {
			w.Fatalf("what Mira called them is %v", labels)
		}

		w.must(w.peers.GiveNear(ctx, mira.Subject, mira.book, w.giving(ana, book.SectionGoals), id.Entry{}))
		w.clock.Step(30 * clock.Day)
		_, err = w.peers.Person(ctx, ana, mira.book)
		w.kind(err, errs.NotOpen)
	})
}

// TestWhatTheyWouldSee: what is shown beforehand is what is read after, word for word; nothing of it is kept, and nobody looked.
func TestWhatTheyWouldSee(t *testing.T) {
	onBoth(t, func(w *world) {
		mira := w.person("Mira")
		ana := w.sister(mira)
		rows := func() [3]int {
			return [3]int{w.count(`SELECT count(*) FROM entry`), w.count(`SELECT count(*) FROM look`), w.count(`SELECT count(*) FROM given`)}
		}
		g := w.giving(ana, book.SectionGoals)
		g.Singles, g.ReadOnly = []book.Single{w.strengthOf(mira)}, false
		before := rows()
		would, err := w.peers.WouldSee(ctx, mira.Subject, mira.book, g, id.Entry{})
		w.must(err)
		if after := rows(); after != before {
			w.Fatalf("a look beforehand left something: %v, %v", before, after)
		}
		_, err = w.peers.Person(ctx, ana, mira.book)
		w.kind(err, errs.NotOpen)
		_, err = w.peers.WouldSee(ctx, ana, mira.book, g, id.Entry{})
		w.kind(err, errs.NotOpen)

		w.must(w.peers.GiveNear(ctx, mira.Subject, mira.book, g, id.Entry{}))
		near, err := w.peers.Near(ctx, mira.Subject, mira.book)
		w.must(err)
		before = rows()
		to, sees, err := w.peers.Sees(ctx, mira.Subject, mira.book, near[0].Item)
		w.must(err)
		if after := rows(); after != before || to.Recipient != ana.Person {
			w.Fatalf("a look at what %v sees left something: %v, %v", to.Recipient, before, after)
		}
		read, err := w.peers.Person(ctx, ana, mira.book)
		w.must(err)
		texts := cmp.Transformer("text", func(t book.Text) string { return t.Show() })
		for what, shown := range map[string]peer.Shared{"beforehand": would, "meanwhile": sees} {
			if d := cmp.Diff(read, shown, texts, cmpopts.EquateComparable(id.Item{}, id.Book{}, id.Entry{})); d != "" {
				w.Errorf("%s something else is shown than Ana reads (-read +shown):\n%s", what, d)
			}
		}
		_, _, err = w.peers.Sees(ctx, ana, mira.book, near[0].Item)
		w.kind(err, errs.NotOpen)
		_, _, err = w.peers.Sees(ctx, mira.Subject, mira.book, id.New[id.Item](w.ids))
		w.kind(err, errs.NotOpen)
		w.must(w.peers.TakeBack(ctx, mira.Subject, mira.book, w.entry(), near[0].Item, near[0].Head))
		_, _, err = w.peers.Sees(ctx, mira.Subject, mira.book, near[0].Item)
		w.kind(err, errs.NotOpen)
	})
}

func TestTwoDevicesGiveAtOnce(t *testing.T) {
	onBoth(t, func(w *world) {
		mira := w.person("Mira")
		ana := w.sister(mira)
		gifts := []peer.Giving{w.giving(ana, book.SectionWords), w.giving(ana, book.SectionGoals), w.giving(ana, book.SectionStrengths)}
		gifts = append(gifts, gifts[0]) // a double tap
		for _, err := range atOnce(len(gifts), func(i int) error { return w.peers.GiveNear(ctx, mira.Subject, mira.book, gifts[i], id.Entry{}) }) {
			if err != nil {
				w.kind(err, errs.Changed)
			}
		}
		if n := w.count(`SELECT count(*) FROM given WHERE taken_back = 0`); n != 1 {
			w.Fatalf("%d grants stand", n)
		}
	})
}

// TestAYesIsToWhatWasReadAloud: a form that was sent and changed and sent again does not pass for the yes that stands, and after it
// was taken back it gives nothing anew.
func TestAYesIsToWhatWasReadAloud(t *testing.T) {
	onBoth(t, func(w *world) {
		mira, stranger := w.person("Mira"), w.person("Ben")
		ana := w.sister(mira)
		g := w.giving(ana, book.SectionWords, book.SectionStrengths)
		w.must(w.peers.GiveNear(ctx, mira.Subject, mira.book, g, id.Entry{}))
		less := g
		less.Sections = []book.Section{book.SectionWords}
		w.kind(w.peers.GiveNear(ctx, mira.Subject, mira.book, less, id.Entry{}), errs.AlreadyKept)
		w.must(w.peers.GiveNear(ctx, mira.Subject, mira.book, g, id.Entry{}))

		near, err := w.peers.Near(ctx, mira.Subject, mira.book)
		w.must(err)
		w.must(w.peers.TakeBack(ctx, mira.Subject, mira.book, w.entry(), near[0].Item, near[0].Head))
		for _, again := range []peer.Giving{g, less} {
			if err := w.peers.GiveNear(ctx, mira.Subject, mira.book, again, id.Entry{}); err == nil {
				w.Fatalf("what was taken back is given again")
			}
		}
		_, err = w.peers.Person(ctx, ana, mira.book)
		w.kind(err, errs.NotOpen)
		_, err = w.peers.WouldSee(ctx, mira.Subject, mira.book, w.giving(stranger.Subject, book.SectionWords), id.Entry{})
		w.kind(err, errs.NotOpen)
	})
}

// TestWhatWasPutAwayIsNotGiven: of a single thing that was put away the page before the yes could show nothing.
func TestWhatWasPutAwayIsNotGiven(t *testing.T) {
	onBoth(t, func(w *world) {
		mira, ben := w.person("Mira"), w.person("Ben")
		ana := w.sister(mira)
		away := w.write(mira, &book.Strength{Words: book.NewText("bakes")})
		_, err := w.k.Write(ctx, mira.Subject, mira.book, keeper.Draft{ID: w.entry(), Kind: book.KindStrength, Act: book.ActPutAway, Item: away.Item, Base: away.ID, Via: book.ViaWeb})
		w.must(err)
		for _, single := range []book.Single{{Section: book.SectionStrengths, Item: away.Item}, w.strengthOf(ben), {Section: book.SectionGoals, Item: w.strengthOf(mira).Item}} {
			g := w.giving(ana, book.SectionWords)
			g.Singles = []book.Single{single}
			_, err = w.peers.WouldSee(ctx, mira.Subject, mira.book, g, id.Entry{})
			w.kind(err, errs.Invalid)
			w.kind(w.peers.GiveNear(ctx, mira.Subject, mira.book, g, id.Entry{}), errs.Invalid)
		}
	})
}

// TestLookingBeforehandAmongWrites: who looks at what another would see, while the book is written to, hinders nobody, is shown what
// is there, and leaves no gap where it wrote and undid.
func TestLookingBeforehandAmongWrites(t *testing.T) {
	onBoth(t, func(w *world) {
		mira, ben := w.person("Mira"), w.person("Ben")
		ana := w.sister(mira)
		const n = 24
		for i, err := range atOnce(n, func(i int) error {
			if i%3 == 0 {
				_, err := w.k.Write(ctx, mira.Subject, mira.book, keeper.Draft{ID: w.entry(), Kind: book.KindStrength, Act: book.ActWrite, Body: &book.Strength{Words: book.NewText("bakes")}, Via: book.ViaWeb})
				return err
			}
			if i%3 == 1 {
				_, err := w.k.Write(ctx, ben.Subject, ben.book, keeper.Draft{ID: w.entry(), Kind: book.KindStrength, Act: book.ActWrite, Body: &book.Strength{Words: book.NewText("bakes")}, Via: book.ViaWeb})
				return err
			}
			s, err := w.peers.WouldSee(ctx, mira.Subject, mira.book, w.giving(ana, book.SectionStrengths), id.Entry{})
			if err == nil && (len(s.Strengths) == 0 || len(s.Strengths) > 1+n/3) {
				err = errs.New("test: strengths", errs.Internal, "")
			}
			return err
		}) {
			if err != nil {
				w.Errorf("%d: %v", i, err)
			}
		}
		if gaps := w.count(`SELECT COALESCE(SUM(b.seq - (SELECT COUNT(*) FROM entry AS e WHERE e.book = b.id)), 0) FROM book AS b`); gaps != 0 {
			w.Errorf("%d places in a book stay empty", gaps)
		}
		if left := w.count(`SELECT COUNT(*) FROM given`) + w.count(`SELECT COUNT(*) FROM look`) + w.count(`SELECT COUNT(*) FROM promise`); left != 0 {
			w.Errorf("looking left %d rows", left)
		}
	})
}

// TestAStepGivenAloneGoesWithItsGoal: what was put away with its goal is not shown either to who was given the step alone.
func TestAStepGivenAloneGoesWithItsGoal(t *testing.T) {
	onBoth(t, func(w *world) {
		mira := w.person("Mira")
		ana := w.sister(mira)
		goal := w.write(mira, &book.Goal{Words: book.NewText("sell a loaf")})
		step := w.write(mira, &book.Step{Words: book.NewText("buy flour"), Goal: goal.Item})
		g := w.giving(ana)
		g.Singles = []book.Single{{Section: book.SectionGoals, Item: step.Item}}
		w.must(w.peers.GiveNear(ctx, mira.Subject, mira.book, g, id.Entry{}))
		shows := func(want int) {
			w.Helper()
			s, err := w.peers.Person(ctx, ana, mira.book)
			w.must(err)
			_, sees, err := w.peers.Sees(ctx, mira.Subject, mira.book, keeper.NewItem(g.Entry))
			w.must(err)
			if len(s.Steps) != want || len(sees.Steps) != want || len(s.Goals) != 0 {
				w.Fatalf("Ana sees %+v, and Mira is shown %+v", s, sees)
			}
		}
		shows(1)
		away := keeper.Draft{ID: w.entry(), Kind: book.KindGoal, Act: book.ActPutAway, Item: goal.Item, Base: goal.ID, Via: book.ViaWeb}
		_, err := w.k.Write(ctx, mira.Subject, mira.book, away)
		w.must(err)
		shows(0)
		_, err = w.k.Write(ctx, mira.Subject, mira.book, keeper.Draft{ID: w.entry(), Kind: book.KindGoal, Act: book.ActWrite, Item: goal.Item, Base: away.ID, Body: goal.Body, Via: book.ViaWeb})
		w.must(err)
		shows(1)
	})
}

// TestMostSingles: as many single things can be given as the law of the book says, each once, and shown beforehand.
func TestMostSingles(t *testing.T) {
	onBoth(t, func(w *world) {
		mira := w.person("Mira")
		ana := w.sister(mira)
		g := w.giving(ana)
		for range book.MostSingles + 1 {
			g.Singles = append(g.Singles, book.Single{Section: book.SectionStrengths, Item: w.write(mira, &book.Strength{Words: book.NewText("bakes")}).Item})
		}
		w.kind(w.peers.GiveNear(ctx, mira.Subject, mira.book, g, id.Entry{}), errs.Invalid)
		g.Singles = g.Singles[1:]
		twice := g
		twice.Singles = append(slices.Clone(g.Singles[1:]), g.Singles[1])
		w.kind(w.peers.GiveNear(ctx, mira.Subject, mira.book, twice, id.Entry{}), errs.Invalid)
		s, err := w.peers.WouldSee(ctx, mira.Subject, mira.book, g, id.Entry{})
		w.must(err)
		w.must(w.peers.GiveNear(ctx, mira.Subject, mira.book, g, id.Entry{}))
		read, err := w.peers.Person(ctx, ana, mira.book)
		w.must(err)
		if len(s.Strengths) != book.MostSingles || len(read.Strengths) != book.MostSingles {
			w.Fatalf("%d are shown beforehand, and %d after", len(s.Strengths), len(read.Strengths))
		}
	})
}
