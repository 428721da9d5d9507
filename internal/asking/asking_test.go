package asking_test

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"beside/internal/asking"
	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/keeper"
	"beside/internal/store"
	"beside/internal/testkit/books"
	"beside/internal/testkit/ready"
	"beside/internal/witness"
)

// TestWhatWasPromisedHappensByItself runs a runner inside a bubble: after three days the reader is reminded, after seven the
// rest of the team and the owner are told; and of a question that was answered, nothing more.
func TestWhatWasPromisedHappensByItself(t *testing.T) {
	ready.Both(t, func(t *testing.T, where string) {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(books.NewBy(t, where, clock.System()), clock.System())
			mira := w.person(t, "Mira")
			sam, toni := w.role(t, id.New[id.Person](w.IDs), book.HatWorker), w.role(t, id.New[id.Person](w.IDs), book.HatTeam)
			w.Walks(t, mira, sam, book.SectionWords)
			ask := func() id.Look {
				time.Sleep(time.Second) // no two looks at one moment
				look := w.looks(t, sam, mira)
				must(t, w.Ask(ctx, mira.Subject, mira.Book, asking.Query{Entry: w.Entry(), Look: look}))
				return look
			}
			answered, open := ask(), ask()
			running, stop := context.WithCancel(t.Context())
			ended := make(chan error)
			go func() { ended <- w.Runner.Run(running) }()
			day := func(n float64, nudges, teamNudges, late int) {
				t.Helper()
				synctest.Wait()
				if a, b, c := w.told(t, sam.Person, "nudge"), w.told(t, toni.Person, "nudge"), w.told(t, mira.Person, "late"); a != nudges || b != teamNudges || c != late {
					t.Errorf("on day %v the reader was told %d times, the team %d, the owner %d", n, a, b, c)
				}
			}
			time.Sleep(2*24*time.Hour + 23*time.Hour)
			day(2.9, 2, 0, 0)
			must(t, w.Answer(ctx, sam, w.question(t, mira, answered).ID, w.Entry(), book.NewText("to see how you are")))
			time.Sleep(2 * time.Hour)
			day(3, 3, 0, 0)
			time.Sleep(3*24*time.Hour + 22*time.Hour)
			day(6.9, 3, 0, 0)
			time.Sleep(2 * time.Hour)
			day(7, 3, 1, 1)
			time.Sleep(60 * 24 * time.Hour)
			day(67, 3, 1, 1)
			stop()
			if err := <-ended; err != nil {
				t.Error(err)
			}
			if q := w.question(t, mira, open); q.LateAt == 0 || !q.Told {
				t.Errorf("the owner reads %+v", q)
			}
			must(t, w.DB.Close())
		})
	})
}

// TestOneOfTheTeamIsAsked: the line goes to the others of the team; where there is nobody else the owner reads so.
func TestOneOfTheTeamIsAsked(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		mira := w.person(t, "Mira")
		toni := w.role(t, id.New[id.Person](w.IDs), book.HatTeam)
		alone := w.looks(t, toni, mira)
		must(t, w.Ask(ctx, mira.Subject, mira.Book, asking.Query{Entry: w.Entry(), Look: alone}))
		w.Clock.Step(asking.TeamAfter)
		w.Settles(t)
		if q := w.question(t, mira, alone); q.LateAt == 0 || q.Told {
			t.Errorf("where nobody else is in the team the owner reads %+v", q)
		}
		tara := w.role(t, id.New[id.Person](w.IDs), book.HatTeam)
		for who, want := range map[grant.Subject]int{toni: 0, tara: 1, {Person: tara.Person, Hat: book.HatSelf}: 0, {Person: tara.Person, Hat: book.HatWorker}: 0} {
			all, err := w.Unanswered(ctx, who)
			must(t, err)
			if len(all) != want || want == 1 && (all[0].Reader != toni.Person || all[0].Count != 1) {
				t.Errorf("%s reads %+v", who.Hat, all)
			}
		}
	})
}

// TestWhoHasNoRoleOwesNoAnswer: a look in somebody's own hat is not asked about here.
func TestWhoHasNoRoleOwesNoAnswer(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		mira := w.person(t, "Mira")
		look := id.New[id.Look](w.IDs)
		w.Exec(t, `INSERT INTO look (id, book, section, reader, hat, given, purpose, items, at, batch) VALUES ($1, $2, 'name', $3, 'self', $1, 'near', 1, $4, $1)`,
			look, mira.Book, id.New[id.Person](w.IDs), w.clock.Now())
		wantKind(t, w.Ask(ctx, mira.Subject, mira.Book, asking.Query{Entry: w.Entry(), Look: look}), errs.NotOpen)
	})
}

// TestALineIsTheLooksOfADay: what is asked about is what stood in the line, not what was seen another day or by others.
func TestALineIsTheLooksOfADay(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		mira := w.person(t, "Mira")
		sam := w.role(t, id.New[id.Person](w.IDs), book.HatWorker)
		w.Walks(t, mira, sam, book.SectionWords)
		w.looks(t, sam, mira)
		since := w.clock.Now()
		w.Clock.Step(clock.Hour)
		_, err := w.Keeper.Names(ctx, sam)
		must(t, err)
		all, err := w.Keeper.Looks(ctx, mira.Subject, mira.Book, 0, 1)
		must(t, err)
		for from, want := range map[clock.Time]int{0: 1, since: 2, since - 2*clock.Day: 1, since + clock.Day: 1} {
			l, err := w.Line(ctx, mira.Subject, mira.Book, all[0].ID, from)
			must(t, err)
			if len(l.Sections) != want {
				t.Errorf("since %d the line is of %v, want %d", from-since, l.Sections, want)
			}
		}
	})
}

// TestWordsAreSealedAndGo: neither words stand in the clear, both stand in the owner's copy, and with the whole book they and
// what was promised go.
func TestWordsAreSealedAndGo(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		mira := w.person(t, "Mira")
		sam := w.role(t, id.New[id.Person](w.IDs), book.HatWorker)
		w.Walks(t, mira, sam, book.SectionWords)
		look := w.looks(t, sam, mira)
		w.Clock.Step(clock.Second)
		second := w.looks(t, sam, mira)
		must(t, w.Ask(ctx, mira.Subject, mira.Book, asking.Query{Entry: w.Entry(), Look: look, Words: book.NewText("the wallaby")}))
		must(t, w.Ask(ctx, mira.Subject, mira.Book, asking.Query{Entry: w.Entry(), Look: second}))
		q := w.question(t, mira, look).ID
		wantKind(t, w.Answer(ctx, sam, q, w.Entry(), book.NewText(" ")), errs.Invalid)
		wantKind(t, w.Answer(ctx, sam, q, w.Entry(), book.NewText(strings.Repeat("a", book.MaxText+1))), errs.Invalid)
		must(t, w.Answer(ctx, sam, q, w.Entry(), book.NewText("the potoroo")))
		must(t, w.DB.View(ctx, func(tx *store.Tx) error {
			var words, answer []byte
			err := tx.Row(`SELECT words, answer FROM why WHERE id = $1`, q).Scan(&words, &answer)
			if bytes.Contains(words, []byte("wallaby")) || bytes.Contains(answer, []byte("potoroo")) {
				t.Error("words stand in the clear")
			}
			return err
		}))
		var out bytes.Buffer
		must(t, w.Keeper.Copy(ctx, mira.Subject, mira.Book, witness.Key{}, &out))
		before := []byte(strings.Replace(out.String(), "a book 4", "a book 1", 1)) // as it was without the list
		before = append(before[:bytes.Index(before, []byte(",\n\"asked\""))], '}')
		for _, text := range [][]byte{out.Bytes(), before} {
			if c, err := keeper.CheckCopy(bytes.NewReader(text), nil, nil, func(witness.Problem) {}); err != nil || c.Looks != 4 {
				t.Errorf("a copy with %d looks is not read: %v", c.Looks, err)
			}
		}
		for _, word := range []string{`"the wallaby"`, `"the potoroo"`} {
			if !strings.Contains(out.String(), word) {
				t.Errorf("the copy does not say %s", word)
			}
		}
		w.Writes(t, mira, keeper.Draft{Kind: book.KindErasing, Act: book.ActErase, Body: &book.Erasing{Whole: true}})
		must(t, w.DB.View(ctx, func(tx *store.Tx) error {
			var rows, promises int
			err := tx.Row(`SELECT (SELECT COUNT(*) FROM why), (SELECT COUNT(*) FROM promise WHERE state = 'open' AND kind IN ('why remind', 'why late'))`).Scan(&rows, &promises)
			if rows+promises > 0 {
				t.Errorf("%d questions and %d promises stand after the book was erased", rows, promises)
			}
			return err
		}))
		if all, err := w.Waiting(ctx, sam); err != nil || len(all) > 0 {
			t.Errorf("%d questions wait, %v", len(all), err)
		}
		wantKind(t, w.Answer(ctx, sam, q, w.Entry(), book.NewText("late")), errs.NotOpen)
	})
}
