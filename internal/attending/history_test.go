package attending_test

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"beside/internal/attending"
	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/keeper"
	"beside/internal/testkit/histories"
	"beside/internal/witness"
)

// A life is two people and two workers, who may walk with either. Workers write down meetings, send forms twice, take back, print;
// people say that something is wrong, and not; grants are taken back. Everybody tries what is not theirs. Beside it stands a model.
type life struct {
	*world
	owners  [2]owner
	workers [2]grant.Subject
	given   [2][2]*book.Entry // by owner and worker
	days    []*day
}

// day is a meeting that was written down.
type day struct {
	meeting                   attending.Meeting
	owner, worker             int
	wrong, withdrawn, printed clock.Time
}

func (d *day) id() id.Attended { return attending.AttendedOf(d.meeting.Entry) }

func newLife(t *rapid.T, w *world) *life {
	l := &life{world: w}
	for i := range 2 {
		l.owners[i], l.workers[i] = w.Person(t, "Mira"), w.Works(t, book.HatWorker)
	}
	l.gives(t)
	return l
}

func (l *life) two(t *rapid.T, label string) int { return rapid.IntRange(0, 1).Draw(t, label) }

func (l *life) gives(t *rapid.T) {
	o, w := l.two(t, "owner"), l.two(t, "worker")
	if l.given[o][w] == nil {
		e := l.Walks(t, l.owners[o], l.workers[w])
		l.given[o][w] = &e
	}
}

func (l *life) takesBack(t *rapid.T) {
	o, w := l.two(t, "owner"), l.two(t, "worker")
	if l.given[o][w] != nil {
		l.TakesBack(t, l.owners[o], *l.given[o][w])
		l.given[o][w] = nil
	}
}

// who is anybody who may try something.
func (l *life) who(t *rapid.T) grant.Subject {
	all := []grant.Subject{{Person: id.New[id.Person](l.IDs), Hat: book.HatSelf}}
	for i := range 2 {
		for _, hat := range []book.Hat{book.HatSelf, book.HatWorker, book.HatTeam} {
			all = append(all, grant.Subject{Person: l.owners[i].Person, Hat: hat}, grant.Subject{Person: l.workers[i].Person, Hat: hat})
		}
	}
	return rapid.SampledFrom(all).Draw(t, "who")
}

// walks is the rule in words: a worker, in that hat, to whom the owner gave something and did not take it back.
func (l *life) walks(who grant.Subject, o int) (worker int, is bool) {
	i := slices.Index(l.workers[:], who)
	return i, i >= 0 && l.given[o][i] != nil
}

func (l *life) writes(t *rapid.T) {
	l.Clock.Step(clock.Time(rapid.IntRange(1, 100_000).Draw(t, "seconds")) * clock.Second)
	who, o := l.who(t), l.two(t, "owner")
	if rapid.Bool().Draw(t, "a worker") {
		who = l.workers[l.two(t, "worker")]
	}
	m := l.met()
	err := l.Write(ctx, who, l.owners[o].Book, m)
	w, may := l.walks(who, o)
	if !may {
		wantKind(t, err, errs.NotOpen)
		return
	}
	must(t, err)
	l.days = append(l.days, &day{meeting: m, owner: o, worker: w})
}

func (l *life) some(t *rapid.T) *day {
	if len(l.days) == 0 {
		t.Skip("nobody was here yet")
	}
	return rapid.SampledFrom(l.days).Draw(t, "day")
}

// writesAgain sends a form again, as it was or with something else in it.
func (l *life) writesAgain(t *rapid.T) {
	d := l.some(t)
	who, b := l.workers[d.worker], l.owners[d.owner].Book
	if _, may := l.walks(who, d.owner); !may {
		wantKind(t, l.Write(ctx, who, b, d.meeting), errs.NotOpen)
		return
	}
	must(t, l.Write(ctx, who, b, d.meeting))
	other := d.meeting
	other.Units++
	wantKind(t, l.Write(ctx, who, b, other), errs.AlreadyKept)
}

func (l *life) saysWrong(t *rapid.T) {
	d, who, o, wrong := l.some(t), l.who(t), l.two(t, "book"), rapid.Bool().Draw(t, "wrong")
	if rapid.Bool().Draw(t, "the owner") {
		who, o = l.owners[d.owner].Subject, d.owner
	}
	l.Clock.Step(clock.Second)
	err := l.Wrong(ctx, who, l.owners[o].Book, d.id(), wrong)
	switch {
	case who != l.owners[d.owner].Subject || o != d.owner:
		wantKind(t, err, errs.NotOpen)
	case wrong && d.wrong == 0:
		must(t, err)
		d.wrong = l.Clock.Now()
	default:
		must(t, err)
		if !wrong {
			d.wrong = 0
		}
	}
}

// worker draws a day and who may be its worker.
func (l *life) worker(t *rapid.T) (d *day, who grant.Subject, b id.Book, may bool) {
	d, who = l.some(t), l.who(t)
	o := l.two(t, "book")
	if rapid.Bool().Draw(t, "the worker") {
		who, o = l.workers[d.worker], d.owner
	}
	l.Clock.Step(clock.Second)
	w, walks := l.walks(who, o)
	return d, who, l.owners[o].Book, walks && w == d.worker && o == d.owner
}

func (l *life) withdraws(t *rapid.T) {
	d, who, b, may := l.worker(t)
	err := l.Withdraw(ctx, who, b, d.id())
	if !may {
		wantKind(t, err, errs.NotOpen)
		return
	}
	must(t, err)
	if d.withdrawn == 0 {
		d.withdrawn = l.Clock.Now()
	}
}

func (l *life) prints(t *rapid.T) {
	d, who, b, may := l.worker(t)
	err := l.Printed(ctx, who, b, d.id())
	if !may || d.wrong != 0 || d.withdrawn != 0 {
		wantKind(t, err, errs.NotOpen)
		return
	}
	must(t, err)
	d.printed = l.Clock.Now()
}

func (l *life) check(t *rapid.T) {
	for i, o := range l.owners {
		all, err := l.Mine(ctx, o.Subject, o.Book)
		must(t, err)
		l.same(t, all, func(d *day) bool { return d.owner == i })
	}
	who, o := l.who(t), l.two(t, "owner")
	if who != l.owners[o].Subject {
		if all, err := l.Mine(ctx, who, l.owners[o].Book); len(all) > 0 || err != nil {
			t.Fatalf("somebody else reads of %d meetings, %v", len(all), err)
		}
	}
	_, all, err := l.Theirs(ctx, who, l.owners[o].Book)
	w, may := l.walks(who, o)
	if !may {
		wantKind(t, err, errs.NotOpen)
		return
	}
	must(t, err)
	l.same(t, all, func(d *day) bool { return d.owner == o && d.worker == w })
}

// same wants just the days that are meant, as the model has them.
func (l *life) same(t *rapid.T, got []attending.Attended, meant func(*day) bool) {
	n := 0
	for _, d := range l.days {
		if !meant(d) {
			continue
		}
		n++
		i := slices.IndexFunc(got, func(a attending.Attended) bool { return a.ID == d.id() })
		if i < 0 {
			t.Fatal("a meeting is missing")
		}
		a := got[i]
		if a.Worker != l.workers[d.worker].Person || a.Day != d.meeting.Day || a.Units != d.meeting.Units || a.Code != d.meeting.Code ||
			a.WrongAt != d.wrong || a.WithdrawnAt != d.withdrawn || a.PrintedAt != d.printed || a.Stands() != (d.wrong == 0 && d.withdrawn == 0) {
			t.Fatalf("a meeting is %+v, want %+v", a, d)
		}
	}
	if len(got) != n {
		t.Fatalf("%d meetings are read, want %d", len(got), n)
	}
}

// TestWhoWasHere lives random histories: only a worker who walks with a person writes down that they were here, and changes only
// what they wrote; the person always reads all of it and can doubt each; nobody else reads any.
func TestWhoWasHere(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		histories.Check(t, 8, func(rt *rapid.T) {
			l := newLife(rt, w)
			rt.Repeat(map[string]func(*rapid.T){
				"write": l.writes, "write too": l.writes, "write again": l.writesAgain, "wrong": l.saysWrong, "withdraw": l.withdraws, "print": l.prints,
				"give": l.gives, "take back": l.takesBack, "": l.check,
			})
		})
	})
}

// TestOnlyFacts: a day that is none, or far away, no length and another code are refused, all at once.
func TestOnlyFacts(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		mira, sam := w.Person(t, "Mira"), w.Works(t, book.HatWorker)
		w.Walks(t, mira, sam)
		for _, m := range []attending.Meeting{
			{Entry: w.Entry(), Day: "yesterday", Units: 0, Code: "a word"},
			{Entry: w.Entry(), Day: "2024-01-01", Units: attending.MaxUnits + 1, Code: ""},
			{Entry: w.Entry(), Day: "2025-04-01", Units: -1, Code: "Met"},
		} {
			err := w.Write(ctx, sam, mira.Book, m)
			wantKind(t, err, errs.Invalid)
			if e, ok := errors.AsType[*errs.Error](err); !ok || len(e.Fields) != 3 {
				t.Errorf("of %+v is refused %v", m, err)
			}
		}
	})
}

// TestItGoesWithTheBook: it stands in the owner's copy, and of a book that is erased as a whole nothing is left.
func TestItGoesWithTheBook(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		mira, sam := w.Person(t, "Mira"), w.Works(t, book.HatWorker)
		w.Walks(t, mira, sam)
		must(t, w.Write(ctx, sam, mira.Book, w.met()))
		var file bytes.Buffer
		must(t, w.Keeper.Copy(ctx, mira.Subject, mira.Book, witness.Key{}, &file))
		for _, words := range []string{`"days":[`, `"day":"2025-03-12"`, `"minutes":60`, `"code":"met"`} {
			if !strings.Contains(file.String(), words) {
				t.Errorf("the copy does not say %s", words)
			}
		}
		_, err := keeper.CheckCopy(&file, nil, nil, func(witness.Problem) {})
		must(t, err)
		w.Erases(t, mira)
		if all, err := w.Mine(ctx, mira.Subject, mira.Book); len(all) > 0 || err != nil {
			t.Errorf("%d are left, %v", len(all), err)
		}
		wantKind(t, w.Write(ctx, sam, mira.Book, w.met()), errs.NotOpen)
	})
}
