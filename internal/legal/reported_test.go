package legal_test

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/keeper"
	"beside/internal/legal"
	"beside/internal/testkit/histories"
)

// duty is a life in which a worker who walks with one of two people has to report things, and everybody else tries to as well.
type duty struct {
	*world
	owners  [2]owner
	worker  grant.Subject
	others  []grant.Subject
	reports []*report
}

// report is one report, or what was added to one.
type report struct {
	id     id.Entry
	of     id.Entry
	words  string
	untold clock.Time
}

func newDuty(t *rapid.T, w *world) *duty {
	l := &duty{world: w}
	for i := range l.owners {
		l.owners[i] = w.Person(t, "Mirabelle")
	}
	l.worker = w.Works(t, book.HatWorker)
	w.Writes(t, l.owners[0], keeper.Draft{Kind: book.KindSharing, Act: book.ActWrite, Body: &book.Sharing{
		As: book.HatWorker, Recipient: l.worker.Person, Sections: []book.Section{book.SectionName}, Purpose: book.PurposeWalking, Until: w.Clock.Now() + 300*clock.Day,
	}})
	l.others = []grant.Subject{w.Works(t, book.HatWorker), w.Works(t, book.HatTeam), {Person: l.worker.Person, Hat: book.HatSelf}, {Person: l.worker.Person, Hat: book.HatTeam}, l.owners[0].Subject, l.owners[1].Subject}
	return l
}

func (l *duty) draw(t *rapid.T) (x legal.Report, r *report) {
	r = &report{id: l.Entry(), words: "words " + l.Entry().String()}
	x = legal.Report{Entry: r.id, Duty: book.NewText("a law"), To: book.NewText("an office"), Words: book.NewText(r.words), Day: l.Clock.Now().Std().UTC().Format(time.DateOnly)}
	if len(l.reports) > 0 && rapid.Bool().Draw(t, "adds") {
		to := rapid.SampledFrom(l.reports).Draw(t, "to")
		x.Of, r.of = to.id, to.id
	} else if rapid.Bool().Draw(t, "later") {
		x.Untold, x.Why = l.Clock.Now()+clock.Time(rapid.IntRange(1, 30).Draw(t, "days"))*clock.Day, book.NewText("it would put somebody in danger")
		r.untold = x.Untold
	}
	return x, r
}

// writes has the worker write down a report, or add to one; also twice.
func (l *duty) writes(t *rapid.T) {
	x, r := l.draw(t)
	of := slices.IndexFunc(l.reports, func(y *report) bool { return y.id == x.Of })
	for range rapid.IntRange(1, 2).Draw(t, "sent") {
		err := l.Report(ctx, l.worker, l.owners[0].Book, x)
		if of >= 0 && !l.reports[of].of.IsZero() { // one adds to the first alone
			wantKind(t, err, errs.NotOpen)
			return
		}
		must(t, err)
	}
	if of >= 0 && l.reports[of].untold > l.Clock.Now() {
		r.untold = l.reports[of].untold
	}
	l.reports = append(l.reports, r)
}

// writesWrong has the worker put off telling without a reason, or for too long.
func (l *duty) writesWrong(t *rapid.T) {
	x, _ := l.draw(t)
	x.Of = id.Entry{}
	x.Untold, x.Why = l.Clock.Now()+31*clock.Day, book.NewText("why")
	if rapid.Bool().Draw(t, "no reason") {
		x.Untold, x.Why = l.Clock.Now()+clock.Day, book.Text{}
	}
	wantKind(t, l.Report(ctx, l.worker, l.owners[0].Book, x), errs.Invalid)
}

// writesAsAnybody has everybody else try, and the worker about somebody with whom they do not walk.
func (l *duty) writesAsAnybody(t *rapid.T) {
	x, _ := l.draw(t)
	who, i := rapid.SampledFrom(append(slices.Clone(l.others), l.worker)).Draw(t, "who"), rapid.IntRange(0, 1).Draw(t, "owner")
	if who == l.worker {
		i = 1
	}
	wantKind(t, l.Report(ctx, who, l.owners[i].Book, x), errs.NotOpen)
	_, _, err := l.ReportsBy(ctx, who, l.owners[i].Book)
	if who != l.worker || i == 1 {
		wantKind(t, err, errs.NotOpen)
	}
}

func (l *duty) passes(t *rapid.T) {
	l.Clock.Step(clock.Time(rapid.IntRange(1, 10*24).Draw(t, "hours")) * clock.Hour)
}

// check: the owner reads every report as it was written, as soon as they are told, and nobody else does.
func (l *duty) check(t *rapid.T) {
	l.Settles(t)
	now := l.Clock.Now()
	var want []*report
	for _, r := range l.reports {
		if r.untold <= now {
			want = append(want, r)
		}
	}
	got, err := l.ReportsOfMe(ctx, l.owners[0].Subject, l.owners[0].Book)
	must(t, err)
	if len(got) != len(want) {
		t.Fatalf("the owner reads %d reports, want %d", len(got), len(want))
	}
	for _, x := range got {
		n := slices.IndexFunc(want, func(r *report) bool { return r.id == x.ID })
		if n < 0 || x.Words.Show() != want[n].words || x.Of != want[n].of || x.To.Show() != "an office" || x.ToldAt == 0 || x.ToldAt < x.Untold || (x.Why.Blank() != (x.Untold == 0)) && x.Of.IsZero() {
			t.Fatalf("the owner reads %+v", x)
		}
	}
	for _, who := range l.others {
		if list, err := l.ReportsOfMe(ctx, who, l.owners[0].Book); who != l.owners[0].Subject && (len(list) > 0 || err != nil) {
			t.Fatalf("somebody else reads %d reports, %v", len(list), err)
		}
	}
}

// TestADutyToReport lives random histories: who walks with somebody alone writes down what they had to report; it is never changed,
// and its owner is told of all of it, at most thirty days later.
func TestADutyToReport(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		histories.Check(t, 8, func(rt *rapid.T) {
			l := newDuty(rt, w)
			rt.Repeat(map[string]func(*rapid.T){
				"write": l.writes, "write too": l.writes, "write wrong": l.writesWrong, "write as anybody": l.writesAsAnybody, "time": l.passes, "": l.check,
			})
		})
	})
}
