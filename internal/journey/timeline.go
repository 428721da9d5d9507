package journey

import (
	"context"

	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/id"
	"beside/internal/keeper"
)

// Did is what an act on the owner's own book was, as the timeline tells it.
type Did string

// What an act can have been. There is none for failing (mission.md S0.12).
const (
	DidBegin     Did = "begin"      // wrote, named, set, gave
	DidChange    Did = "change"     // found other words
	DidDo        Did = "do"         // did a step, reached a goal
	DidUndo      Did = "undo"       // took that back
	DidPutAway   Did = "away"       // put away; of a grant: took back
	DidBack      Did = "back"       // brought back
	DidYes       Did = "yes"        // said yes to a suggestion
	DidPaper     Did = "paper"      // gave it by signing on paper
	DidPaperBack Did = "paper_back" // took it back on paper
	DidTogether  Did = "together"   // said yes to it on the worker's device, together
	DidOwnWay    Did = "own way"    // changed a suggestion into their own words
	DidLater     Did = "later"      // said not now
	DidNo        Did = "no"         // said no thanks

	DidFor       Did = "for"        // somebody began it for the person
	DidForChange Did = "for change" // somebody found other words for the person
	DidCome      Did = "came"       // said that what a grant should end with has come
	DidTomorrow  Did = "tomorrow"   // has a suggestion asked again tomorrow
	DidRests     Did = "rests"      // somebody else has
	DidLearn     Did = "learn"      // said what a goal taught them
	DidLetGo     Did = "let go"     // said why a goal is not what they want now
)

// Event is one line of a person's timeline.
type Event struct {
	Kind  book.Kind
	Did   Did
	What  book.What // of a moment
	At    clock.Time
	Words book.Text // the person's own, may be blank
	With  id.Person // who suggested, wrote for the person, or was given something; none for the person alone
	Whom  book.Whom // that it was given to whoever holds a role, or works here; With is then none
	Role  book.Text // and the role's name
}

// Timeline is a page of what the owner did, and what was done in their place, newest first. What others suggested is not on it until it was answered,
// and then without a word of theirs that was not said yes to.
type Timeline struct {
	Around
	Events []Event
	Before int64 // hand this over for the page before; 0 when there is none
}

// page of the timeline: how many entries are looked at, and how many are shown at least while there are more.
const (
	entriesAtOnce = 40
	eventsAtLeast = 20
)

// Timeline reads a page of the timeline, from before a mark that an earlier page gave (0: until now).
func (j *Journey) Timeline(ctx context.Context, me Me, before int64) (Timeline, error) {
	a, err := j.Around(ctx, me)
	if err != nil {
		return Timeline{}, err
	}
	t := Timeline{Around: a, Before: before}
	tell := telling{j: j, me: me, versions: map[id.Item][]book.Entry{}}
	for more := true; more && len(t.Events) < eventsAtLeast; {
		entries, err := j.keeper.Timeline(ctx, me.Subject, me.Book, t.Before, entriesAtOnce)
		if err != nil {
			return t, errs.Wrap("journey: timeline", err)
		}
		for _, e := range entries {
			t.Before = e.Seq
			if !toldOf(me, e) {
				continue
			}
			ev, err := tell.event(ctx, e)
			if err != nil {
				return t, errs.Wrap("journey: timeline", err)
			}
			t.Events = append(t.Events, ev)
		}
		more = len(entries) == entriesAtOnce
		if !more || t.Before == 1 {
			t.Before, more = 0, false
		}
	}
	return t, nil
}

// toldOf reports whether the timeline tells of an entry: what the owner did, and what another did in their place or set aside
// for them.
func toldOf(me Me, e book.Entry) bool {
	return e.Author == me.Person || e.Act == book.ActWriteFor || e.Act == book.ActTomorrow
}

// telling remembers what it looked up while one page is told.
type telling struct {
	j         *Journey
	me        Me
	versions  map[id.Item][]book.Entry
	suggested map[id.Entry]keeper.Told
}

func (t *telling) event(ctx context.Context, e book.Entry) (Event, error) {
	ev := Event{Kind: e.Kind, At: e.RecordedAt, Words: book.WordsOf(e.Body)}
	if e.HappenedAt != 0 {
		ev.At = e.HappenedAt
	}
	switch b := e.Body.(type) {
	case *book.Moment:
		ev.What = b.What
	case *book.Sharing:
		ev.with(b)
		if b.Came {
			ev.Did, ev.Words = DidCome, b.Event
			return ev, nil
		}
	}
	if e.Act.IsAnswer() {
		return t.answer(ctx, e, ev)
	}
	if e.Act == book.ActWriteFor {
		if ev.Did, ev.With = DidFor, e.Author; !e.Base.IsZero() {
			ev.Did = DidForChange
		}
		return ev, nil
	}
	if e.Act == book.ActTomorrow {
		if ev.Did = DidTomorrow; e.Author != t.me.Person {
			ev.Did, ev.With = DidRests, e.Author
		}
		return ev, nil
	}
	if e.Act == book.ActPutAway {
		if ev.Did = DidPutAway; e.Via == book.ViaPaper {
			ev.Did = DidPaperBack
		}
		return t.lastWords(ctx, e, ev)
	}
	if e.Via == book.ViaPaper {
		ev.Did = DidPaper
		return ev, nil
	}
	ev.Did = DidBegin
	if e.Base.IsZero() {
		return ev, nil
	}
	was, err := t.before(ctx, e)
	if err != nil {
		return ev, err
	}
	ev.Did = changeOf(was, e)
	if g, ok := e.Body.(*book.Goal); ok {
		switch ev.Did {
		case DidLearn:
			ev.Words = g.Learned
		case DidLetGo:
			ev.Words = g.Aside
		}
	}
	return ev, nil
}

var answers = map[book.Act]Did{
	book.ActAccept: DidYes, book.ActChange: DidOwnWay, book.ActNotNow: DidLater, book.ActDecline: DidNo,
}

func (t *telling) answer(ctx context.Context, e book.Entry, ev Event) (Event, error) {
	ev.Did = answers[e.Act]
	if t.suggested == nil {
		all, err := t.j.keeper.Suggestions(ctx, t.me.Subject, t.me.Book)
		if err != nil {
			return ev, err
		}
		t.suggested = map[id.Entry]keeper.Told{}
		for _, s := range all {
			t.suggested[s.Entry] = s
		}
	}
	ev.With = t.suggested[e.Answers].Author
	if e.Via == book.ViaTogether {
		ev.Did = DidTogether
	}
	return ev, nil
}

// lastWords tells of a grant that was taken back whom it was with. What was put away is not said again.
func (t *telling) lastWords(ctx context.Context, e book.Entry, ev Event) (Event, error) {
	if e.Kind != book.KindSharing {
		return ev, nil
	}
	was, err := t.before(ctx, e)
	if b, ok := was.Body.(*book.Sharing); ok {
		ev.with(b)
	}
	return ev, err
}

// with says to whom something was given.
func (ev *Event) with(b *book.Sharing) {
	if ev.With, ev.Whom = b.Recipient, b.To; b.To != book.ToOne {
		ev.Role = b.Label
	}
}

// before returns the entry an entry was based on.
func (t *telling) before(ctx context.Context, e book.Entry) (book.Entry, error) {
	all, ok := t.versions[e.Item]
	if !ok {
		var err error
		if all, err = t.j.keeper.Versions(ctx, t.me.Subject, t.me.Book, e.Item); err != nil {
			return book.Entry{}, err
		}
		t.versions[e.Item] = all
	}
	for _, v := range all {
		if v.ID == e.Base {
			return v, nil
		}
	}
	return book.Entry{}, nil
}

// changeOf names what a new version of an item changed.
func changeOf(was, is book.Entry) Did {
	switch {
	case was.Act == book.ActPutAway:
		return DidBack
	case says(is.Body, aside) && !says(was.Body, aside):
		return DidLetGo
	case says(is.Body, learned) && !says(was.Body, learned):
		return DidLearn
	case did(is.Body) && !did(was.Body):
		return DidDo
	case did(was.Body) && !did(is.Body):
		return DidUndo
	}
	return DidChange
}

func aside(g *book.Goal) book.Text   { return g.Aside }
func learned(g *book.Goal) book.Text { return g.Learned }

// says reports whether a goal says something of itself.
func says(b book.Body, what func(*book.Goal) book.Text) bool {
	g, ok := b.(*book.Goal)
	return ok && !what(g).Blank()
}

// did reports whether the person says that a step is done or a goal reached.
func did(b book.Body) bool {
	switch b := b.(type) {
	case *book.Step:
		return b.Done
	case *book.Goal:
		return b.Reached
	}
	return false
}

// Tell puts a moment on the timeline: good news, a hard day, things slipped, I'm back, what I learned. Words may be
// blank. It changes nothing else in the book (mission.md S0.12).
func (j *Journey) Tell(ctx context.Context, me Me, entry id.Entry, what book.What, words book.Text) error {
	_, err := j.write(ctx, me, keeper.Draft{ID: entry, Kind: book.KindMoment, Act: book.ActWrite, Body: &book.Moment{What: what, Words: words}})
	return errs.Wrap("journey: tell", err)
}

// Moment reads the words of one moment and when it was told. It returns NotOpen.
func (j *Journey) Moment(ctx context.Context, me Me, it id.Item) (book.Text, clock.Time, error) {
	p, err := j.piece(ctx, me, book.KindMoment, it)
	return book.WordsOf(p.Body), p.RecordedAt, errs.Wrap("journey: moment", err)
}
