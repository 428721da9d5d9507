package asking_test

import (
	"cmp"
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"beside/internal/asking"
	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/testkit/histories"
)

// A life is two people whose books others look into: a worker to whom both may give, and two of the team. They look, ask,
// answer, forms are sent twice, grants are taken back, roles end, somebody is said to have died, days pass. Beside it stands a
// model, kept by the rules in words.
type life struct {
	*world
	owners  [2]owner
	given   [2]*book.Entry
	dead    [2]bool
	readers [3]grant.Subject // Sam the worker, Toni and Tara of the team
	role    [3]int           // how often their role was given
	here    [3]bool
	seen    []*seen
	news    map[id.Person]map[string]int
}

// seen is a look, and what was asked about it.
type seen struct {
	look          id.Look
	owner, reader int

	form, answerForm id.Entry // none before
	words, answer    string
	asked            clock.Time
	role             int
	remind, late     clock.Time // when it is due, 0 when it is over
	lateAt           clock.Time
	told, gone       bool
}

func newLife(t *rapid.T, w *world) *life {
	l := &life{world: w, news: map[id.Person]map[string]int{}}
	w.Exec(t, `UPDATE membership SET until = 0`) // the team of another life is not told of this one
	for i, name := range []string{"Mira", "Ana"} {
		l.owners[i] = w.person(t, name+" "+w.Entry().String()[24:])
	}
	for i, hat := range []book.Hat{book.HatWorker, book.HatTeam, book.HatTeam} {
		l.readers[i] = w.role(t, id.New[id.Person](w.IDs), hat)
		l.here[i] = true
	}
	l.gives(t)
	return l
}

func (l *life) tell(who id.Person, what string) {
	if l.news[who] == nil {
		l.news[who] = map[string]int{}
	}
	l.news[who][what]++
}

// stands reports whether the reader who was asked still has the role they had then.
func (l *life) stands(s *seen) bool { return l.here[s.reader] && l.role[s.reader] == s.role }

// waits is the rule in words: a question waits for its reader while it is not answered, they have the role, and its owner is
// not said to have died.
func (l *life) waits(s *seen) bool {
	return !s.form.IsZero() && s.answerForm.IsZero() && l.stands(s) && !l.dead[s.owner]
}

func (l *life) some(t *rapid.T) *seen {
	if len(l.seen) == 0 {
		t.Skip("nobody looked yet")
	}
	return l.seen[rapid.IntRange(0, len(l.seen)-1).Draw(t, "look")]
}

func (l *life) looked(t *rapid.T) {
	o, r := rapid.IntRange(0, 1).Draw(t, "owner"), rapid.IntRange(0, 2).Draw(t, "reader")
	if !l.here[r] || r == 0 && l.given[o] == nil {
		t.Skip("it is not open to them")
	}
	l.Clock.Step(clock.Second)
	l.seen = append(l.seen, &seen{look: l.looks(t, l.readers[r], l.owners[o]), owner: o, reader: r})
}

// anybody is whoever may try something.
func (l *life) anybody(t *rapid.T) grant.Subject {
	who := []grant.Subject{l.owners[0].Subject, l.owners[1].Subject}
	for _, r := range l.readers {
		who = append(who, r, grant.Subject{Person: r.Person, Hat: book.HatSelf})
	}
	for _, hat := range []book.Hat{book.HatWorker, book.HatTeam} {
		who = append(who, grant.Subject{Person: l.owners[0].Person, Hat: hat}, grant.Subject{Person: l.readers[0].Person, Hat: hat})
	}
	return rapid.SampledFrom(who).Draw(t, "who")
}

// ask has the owner ask.
func (l *life) ask(t *rapid.T) {
	s := l.some(t)
	l.asks(t, s, l.owners[s.owner].Subject, s.owner, l.Entry())
}

// askAsAnybody has anybody ask about a look in anybody's book, also where there is no such look.
func (l *life) askAsAnybody(t *rapid.T) {
	l.asks(t, l.some(t), l.anybody(t), rapid.IntRange(0, 1).Draw(t, "book"), l.Entry())
}

// askAgain sends a form again.
func (l *life) askAgain(t *rapid.T) {
	s := l.some(t)
	if s.form.IsZero() {
		t.Skip("not asked yet")
	}
	must(t, l.Ask(ctx, l.owners[s.owner].Subject, l.owners[s.owner].Book, asking.Query{Entry: s.form, Look: s.look, Words: book.NewText("again")}))
}

func (l *life) asks(t *rapid.T, s *seen, who grant.Subject, in int, form id.Entry) {
	words := rapid.SampledFrom([]string{"", "I was not well that day"}).Draw(t, "words")
	err := l.Ask(ctx, who, l.owners[in].Book, asking.Query{Entry: form, Look: s.look, Words: book.NewText(words)})
	switch {
	case who != l.owners[in].Subject, in != s.owner:
		wantKind(t, err, errs.NotOpen)
		return
	case !s.form.IsZero() || !l.here[s.reader]:
		wantKind(t, err, errs.Changed)
		return
	}
	must(t, err)
	now := l.clock.Now()
	s.form, s.words, s.asked, s.role = form, words, now, l.role[s.reader]
	s.remind, s.late = now+asking.RemindAfter, now+asking.TeamAfter
	l.tell(l.readers[s.reader].Person, "nudge")
}

// id is the id of the question about a look.
func (l *life) id(t *rapid.T, s *seen) id.Question {
	if s.form.IsZero() {
		t.Skip("not asked yet")
	}
	return l.question(t, l.owners[s.owner], s.look).ID
}

func (l *life) answers(t *rapid.T) { s := l.some(t); l.answerAs(t, s, l.readers[s.reader]) }

func (l *life) answerAsAnybody(t *rapid.T) { l.answerAs(t, l.some(t), l.anybody(t)) }

func (l *life) answerAs(t *rapid.T, s *seen, who grant.Subject) {
	q, form := l.id(t, s), l.Entry()
	words := fmt.Sprintf("because of %s", form)
	_, err := l.Question(ctx, who, q)
	open := who == l.readers[s.reader] && l.waits(s)
	if open != (err == nil) {
		t.Fatalf("the question is shown: %v, want %v", err, open)
	}
	err = l.Answer(ctx, who, q, form, book.NewText(words))
	switch {
	case open:
		must(t, err)
		s.answerForm, s.answer, s.remind, s.late = form, words, 0, 0
		l.tell(l.owners[s.owner].Person, string(asking.NewsAnswered))
	case who == l.readers[s.reader] && !s.answerForm.IsZero():
		wantKind(t, err, errs.Changed)
	default:
		wantKind(t, err, errs.NotOpen)
	}
}

func (l *life) answerAgain(t *rapid.T) {
	s := l.some(t)
	q := l.id(t, s)
	if s.answerForm.IsZero() {
		t.Skip("not answered yet")
	}
	must(t, l.Answer(ctx, l.readers[s.reader], q, s.answerForm, book.NewText("again")))
}

func (l *life) gives(t *rapid.T) {
	o := rapid.IntRange(0, 1).Draw(t, "owner")
	if l.given[o] == nil && l.here[0] {
		e := l.Walks(t, l.owners[o], l.readers[0], book.SectionWords)
		l.given[o] = &e
	}
}

func (l *life) takesBack(t *rapid.T) {
	if o := rapid.IntRange(0, 1).Draw(t, "owner"); l.given[o] != nil {
		l.TakesBack(t, l.owners[o], *l.given[o])
		l.given[o] = nil
	}
}

// leaves ends somebody's role, or gives it again; with it goes what was given under it.
func (l *life) leaves(t *rapid.T) {
	r := rapid.IntRange(0, 2).Draw(t, "reader")
	l.Clock.Step(clock.Second)
	if l.here[r] {
		l.ends(t, l.readers[r].Person)
		if r == 0 {
			l.given = [2]*book.Entry{}
		}
	} else {
		l.world.role(t, l.readers[r].Person, l.readers[r].Hat)
		l.role[r]++
	}
	l.here[r] = !l.here[r]
}

func (l *life) death(t *rapid.T) {
	o := rapid.IntRange(0, 1).Draw(t, "owner")
	if l.dead[o] {
		l.lives(t, l.owners[o])
	} else {
		l.dies(t, l.owners[o])
	}
	l.dead[o] = !l.dead[o]
}

func (l *life) passes(t *rapid.T) {
	l.Clock.Step(clock.Time(rapid.IntRange(1, 60).Draw(t, "hours")) * clock.Hour)
	l.Settles(t)
	now := l.clock.Now()
	for _, s := range l.seen {
		for _, due := range []*clock.Time{&s.remind, &s.late} {
			if *due != 0 && *due <= now {
				l.due(s, due, now)
			}
		}
	}
}

// due is what happens at the time that was promised, in words.
func (l *life) due(s *seen, due *clock.Time, now clock.Time) {
	owner := l.owners[s.owner].Person
	if l.dead[s.owner] {
		*due = now + clock.Day
		return
	}
	*due = 0
	switch {
	case !l.stands(s):
		if !s.gone {
			l.tell(owner, string(asking.NewsGone))
		}
		s.gone = true
	case due == &s.remind:
		l.tell(l.readers[s.reader].Person, "nudge")
	default:
		s.lateAt = now
		for r := 1; r < 3; r++ {
			if l.here[r] && r != s.reader {
				s.told = true
				l.tell(l.readers[r].Person, "nudge")
			}
		}
		l.tell(owner, string(asking.NewsLate))
	}
}

func (l *life) check(t *rapid.T) {
	for i, o := range l.owners {
		l.checkOwner(t, i, o)
	}
	for i, r := range l.readers {
		l.checkReader(t, i, r)
	}
	for who, all := range l.news {
		for what, n := range all {
			if got := l.world.told(t, who, what); got != n {
				t.Fatalf("somebody was told %q %d times, want %d", what, got, n)
			}
		}
	}
}

// checkOwner: the owner reads all that they asked, and what came of it; nobody else does.
func (l *life) checkOwner(t *rapid.T, i int, o owner) {
	all, err := l.Questions(ctx, o.Subject, o.Book)
	must(t, err)
	n := 0
	for _, s := range l.seen {
		if s.owner != i || s.form.IsZero() {
			continue
		}
		n++
		q := all[s.look]
		if q.Words.Show() != s.words || q.Answer.Show() != s.answer || (q.AnsweredAt != 0) == s.answerForm.IsZero() ||
			q.Line.Here != l.stands(s) || q.LateAt != s.lateAt || q.Told != s.told {
			t.Fatalf("the owner reads %+v (%q, %q), want %+v", q, q.Words.Show(), q.Answer.Show(), s)
		}
	}
	if len(all) != n {
		t.Fatalf("the owner reads %d questions, want %d", len(all), n)
	}
	for _, who := range append([]grant.Subject{l.owners[1-i].Subject, {Person: o.Person, Hat: book.HatWorker}, {Person: o.Person, Hat: book.HatTeam}}, l.readers[:]...) {
		if all, err := l.Questions(ctx, who, o.Book); len(all) > 0 {
			t.Fatalf("somebody else reads %d questions, %v", len(all), err)
		}
	}
}

// checkReader: the reader finds what waits for them, with whose book it is only while its name is given; and in the team, who
// else did not answer in time.
func (l *life) checkReader(t *rapid.T, r int, who grant.Subject) {
	waiting, err := l.Waiting(ctx, who)
	must(t, err)
	var want []*seen
	late := 0
	for _, s := range l.seen {
		if s.reader == r && l.waits(s) {
			want = append(want, s)
		}
		if s.reader != r && l.waits(s) && s.lateAt != 0 && who.Hat == book.HatTeam && l.here[r] {
			late++
		}
	}
	slices.SortStableFunc(want, func(a, b *seen) int { return cmp.Compare(a.asked, b.asked) })
	if len(waiting) != len(want) {
		t.Fatalf("%d questions wait, want %d", len(waiting), len(want))
	}
	for _, s := range want {
		i := slices.IndexFunc(waiting, func(q asking.Asked) bool { return q.ID == l.question(t, l.owners[s.owner], s.look).ID })
		if i < 0 || waiting[i].Words.Show() != s.words {
			t.Fatalf("a question does not wait, or says something else")
		}
		if named := r == 0 && l.given[s.owner] != nil; named != (waiting[i].Book == l.owners[s.owner].Book) || !named && !waiting[i].Book.IsZero() {
			t.Fatalf("whose book it is: %v, and it is given: %v", waiting[i].Book, named)
		}
	}
	for _, hat := range []book.Hat{book.HatSelf, book.HatTeam, book.HatWorker} {
		if all, err := l.Waiting(ctx, grant.Subject{Person: who.Person, Hat: hat}); hat != who.Hat && len(all)+len(fmt.Sprint(err)) > len("<nil>") {
			t.Fatalf("in another hat %d questions wait, %v", len(all), err)
		}
	}
	found, err := l.Unanswered(ctx, who)
	must(t, err)
	n := 0
	for _, u := range found {
		n += u.Count
	}
	if n != late {
		t.Fatalf("the team reads of %d late questions, want %d", n, late)
	}
}

// TestWhyIsAskedAndAnswered lives random histories: only the owner asks, about looks into their own book; only who looked
// answers, in the hat in which they did, once; a form that is sent again changes nothing; what was taken back stops no answer,
// and shows no name; and what was promised is told to whom it was promised, once.
func TestWhyIsAskedAndAnswered(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		histories.Check(t, 8, func(rt *rapid.T) {
			l := newLife(rt, w)
			rt.Repeat(map[string]func(*rapid.T){
				"look": l.looked, "look too": l.looked, "ask": l.ask, "ask too": l.ask, "ask as anybody": l.askAsAnybody, "ask again": l.askAgain,
				"answer": l.answers, "answer as anybody": l.answerAsAnybody, "answer again": l.answerAgain,
				"give": l.gives, "take back": l.takesBack, "leave": l.leaves, "death": l.death, "pass": l.passes, "": l.check,
			})
		})
	})
}
