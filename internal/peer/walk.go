package peer

import (
	"context"
	"slices"

	"golang.org/x/text/collate"
	"golang.org/x/text/language"

	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/keeper"
	"beside/internal/store"
)

// People returns who chose the worker who, sorted by name as the language tag sorts. Names are opened for this and
// sorted in memory (design.md, "Clear lists"); each look is written down for its owner. For another hat there are none.
func (p *Peers) People(ctx context.Context, who grant.Subject, tag language.Tag) ([]keeper.Walked, error) {
	people, err := p.keeper.Names(ctx, who)
	if err != nil {
		return nil, errs.Wrap("peer: people", err)
	}
	c := collate.New(tag, collate.IgnoreCase)
	slices.SortStableFunc(people, func(a, b keeper.Walked) int { return c.CompareString(a.Name.Show(), b.Name.Show()) })
	return people, nil
}

// Died tells a worker since when somebody whose name they see is said to have died, by book; the living are not in it. It is
// for the books of [Peers.People] alone.
func (p *Peers) Died(ctx context.Context, people []keeper.Walked) (map[id.Book]clock.Time, error) {
	died := map[id.Book]clock.Time{}
	if len(people) == 0 {
		return died, nil
	}
	books := make([]id.Book, len(people))
	for i, x := range people {
		books[i] = x.Book
	}
	these, args := store.In("book", nil, books)
	err := p.db.View(ctx, func(tx *store.Tx) error {
		return store.Each(tx, `SELECT book, since FROM death WHERE since > 0 AND over_at = 0 AND `+these, args, func(scan func(...any) error) error {
			var b id.Book
			var since clock.Time
			err := scan(&b, &since)
			died[b] = since
			return err
		})
	})
	return died, errs.Wrap("peer: died", err)
}

// Shared is what a person gave somebody to see, and nothing else.
type Shared struct {
	Book      id.Book
	Name      book.Text
	Sections  []book.Section // as given, in the order of the screen
	Single    []book.Section // of which single things were given
	Suggests  []book.Section // where the reader may suggest
	Acts      []book.Section // where the reader may write for the person
	Until     clock.Time     // when the last of it ends
	Died      clock.Time     // since when they are said to have died; 0 for the living
	Words     book.Text
	Strengths []Strength
	Goals     []Goal
	Steps     []Step // those given without their goal
	Circle    []book.Circle
	Paths     []book.Path
	Told      []Told // what this reader suggested, the newest first
}

// Strength is a strength as somebody else sees it.
type Strength struct {
	Item    id.Item
	Words   book.Text
	Domain  book.Domain
	When    book.When
	Noticed bool // this reader noticed it
}

// Goal is a goal as somebody else sees it, with its steps.
type Goal struct {
	Item     id.Item
	Head     id.Entry // for writing it anew for the person
	Mine     bool     // this reader wrote these words for the person
	Words    book.Text
	BuildsOn []book.Text // the strengths that can be seen
	Domain   book.Domain // "" when not said
	Helps    book.Text   // may be blank
	Learned  book.Text   // may be blank
	Reached  bool
	Steps    []Step
}

// Step is a small step of a goal.
type Step struct {
	Item  id.Item
	Head  id.Entry
	Mine  bool // this reader wrote these words for the person
	Words book.Text
	Done  bool
}

// Told is a suggestion of the worker's own, and where it stands.
type Told struct {
	Entry      id.Entry
	Kind       book.Kind
	Words      book.Text
	State      book.SuggestionState
	At         clock.Time
	AnsweredAt clock.Time // 0 while it waits
	Tomorrow   bool       // it was asked again the day after
	ByMe       bool       // because this reader let it rest
	Rests      bool       // and that day has not come yet
	Theirs     book.Text  // for one that was changed: what the person made of it, while it can be seen
}

// Shows reports whether a section was given, or something of it.
func (s Shared) Shows(sec book.Section) bool {
	return slices.Contains(s.Sections, sec) || slices.Contains(s.Single, sec)
}

// Part reports whether single things of a section were given and not the whole.
func (s Shared) Part(sec book.Section) bool { return slices.Contains(s.Single, sec) }

// Takes reports whether the reader may suggest in a section.
func (s Shared) Takes(sec book.Section) bool { return slices.Contains(s.Suggests, sec) }

// Writes reports whether the reader may write for the person in a section.
func (s Shared) Writes(sec book.Section) bool { return slices.Contains(s.Acts, sec) }

// Person opens what the owner of book b gave to who, in the hat for which it was given. The looks are written down before it returns. It returns
// NotOpen when nothing is given, was taken back, has ended, or never was: these are not told apart.
func (p *Peers) Person(ctx context.Context, who grant.Subject, b id.Book) (Shared, error) {
	r, err := p.keeper.Theirs(ctx, who, b, wantsOfReader()...)
	if err != nil {
		return Shared{}, errs.Wrap("peer: person", err)
	}
	s, err := p.sharedIn(ctx, r, who)
	if err != nil {
		return s, errs.Wrap("peer: person", err)
	}
	if s.Until, err = p.until(ctx, who, b); err != nil {
		return s, err
	}
	died, err := p.Died(ctx, []keeper.Walked{{Book: b}})
	if s.Died = died[b]; s.Died != 0 {
		s.Until = min(s.Until, s.Died+p.ReadsFor)
	}
	return s, err
}

// wantsOfReader are what the page of somebody else's book reads.
func wantsOfReader() []keeper.Want {
	return []keeper.Want{{Sections: book.Givable()}, {Suggested: true}}
}

// sharedIn is a reading of [wantsOfReader] by who.
func (p *Peers) sharedIn(ctx context.Context, r keeper.Reading, who grant.Subject) (Shared, error) {
	s := Shared{Book: r.Book, Sections: r.Sections, Single: r.Single, Suggests: r.Suggest, Acts: r.Act}
	goals := s.sort(who.Person, r.Items[0])
	s.tell(who.Person, p.clock.Now(), r.Told, r.Items[0])
	return s, p.withGoals(ctx, &s, goals)
}

// withGoals takes away the steps, given without their goal, that were put away with it. goals are theirs, in the same order.
func (p *Peers) withGoals(ctx context.Context, s *Shared, goals []id.Item) error {
	if len(goals) == 0 {
		return nil
	}
	live := map[id.Item]bool{}
	these, args := store.In("i.item", []any{s.Book}, goals)
	err := p.db.Glance(ctx, func(tx *store.Tx) error {
		clear(live)
		return store.Each(tx, `SELECT i.item FROM item AS i WHERE i.book = $1 AND i.kind = 'goal' AND i.state = 'live' AND `+these, args, func(scan func(...any) error) error {
			var it id.Item
			err := scan(&it)
			live[it] = true
			return err
		})
	})
	var steps []Step
	for i, step := range s.Steps {
		if live[goals[i]] {
			steps = append(steps, step)
		}
	}
	s.Steps = steps
	return err
}

// until returns when the last grant of b to who ends.
func (p *Peers) until(ctx context.Context, who grant.Subject, b id.Book) (t clock.Time, err error) {
	err = p.db.Glance(ctx, func(tx *store.Tx) error {
		return tx.Row(`SELECT COALESCE(MAX(g.until), 0) FROM given AS g WHERE g.book = $1 AND `+p.passes.SQL,
			p.passes.Args(who, p.clock.Now(), b)...).Scan(&t)
	})
	return t, errs.Wrap("peer: until", err)
}

// sort puts the items of a reading where they belong. It returns the goals of the steps that were given without them.
func (s *Shared) sort(worker id.Person, pieces []keeper.Piece) (without []id.Item) {
	strengths := map[id.Item]book.Text{}
	goals := map[id.Item]int{}
	for _, p := range pieces {
		switch b := p.Body.(type) {
		case *book.Name:
			s.Name = b.Words
		case *book.Words:
			s.Words = b.Words
		case *book.Circle:
			s.Circle = append(s.Circle, *b)
		case *book.Path:
			s.Paths = append(s.Paths, *b)
		case *book.Strength:
			strengths[p.ID] = b.Words
			s.Strengths = append(s.Strengths, Strength{Item: p.ID, Words: b.Words, Domain: b.Domain, When: b.When, Noticed: p.NamedBy == worker})
		case *book.Goal:
			goals[p.ID] = len(s.Goals)
			s.Goals = append(s.Goals, Goal{Item: p.ID, Head: p.Head, Mine: p.By == worker, Words: b.Words, Reached: b.Reached, Domain: b.Domain, Helps: b.Helps, Learned: b.Learned})
		}
	}
	for _, p := range pieces {
		switch b := p.Body.(type) {
		case *book.Goal:
			s.ground(goals[p.ID], b.BuildsOn, strengths)
		case *book.Step:
			step := Step{Item: p.ID, Head: p.Head, Mine: p.By == worker, Words: b.Words, Done: b.Done}
			if i, ok := goals[b.Goal]; ok {
				s.Goals[i].Steps = append(s.Goals[i].Steps, step)
			} else if slices.Contains(s.Single, book.SectionGoals) { // else it was put away with its goal
				s.Steps, without = append(s.Steps, step), append(without, b.Goal)
			}
		}
	}
	return without
}

func (s *Shared) ground(goal int, on []id.Item, strengths map[id.Item]book.Text) {
	for _, it := range on {
		if words, ok := strengths[it]; ok {
			s.Goals[goal].BuildsOn = append(s.Goals[goal].BuildsOn, words)
		}
	}
}

// tell lists what the worker suggested, the newest first.
func (s *Shared) tell(reader id.Person, at clock.Time, told []keeper.Told, pieces []keeper.Piece) {
	now := map[id.Item]book.Text{}
	for _, p := range pieces {
		if b, ok := p.Body.(*book.Step); !ok || s.hasGoal(b.Goal) { // a step was put away with its goal
			now[p.ID] = book.WordsOf(p.Body)
		}
	}
	for _, t := range slices.Backward(told) {
		mine := Told{Entry: t.Entry, Kind: t.Kind, Words: book.WordsOf(t.Body), State: t.State, At: t.RecordedAt, AnsweredAt: t.AnsweredAt,
			Tomorrow: t.Tomorrow(), ByMe: t.Tomorrow() && t.RestsBy == reader, Rests: t.Tomorrow() && !t.Rested(at)}
		if t.State == book.Changed {
			mine.Theirs = now[t.Item]
		}
		s.Told = append(s.Told, mine)
	}
}

func (s *Shared) hasGoal(it id.Item) bool {
	return slices.ContainsFunc(s.Goals, func(g Goal) bool { return g.Item == it })
}

// Suggest puts a suggestion beside the book b: a strength, a goal that builds on the person's strengths, or a step to
// one of their goals. It has no effect until the person answers (mission.md S0.7). entry is the form's. It returns the
// errors of [keeper.Keeper.Write]; what it should stand on but is gone meanwhile is Invalid, with the field.
func (p *Peers) Suggest(ctx context.Context, who grant.Subject, b id.Book, entry id.Entry, body book.Body) error {
	_, err := p.keeper.Write(ctx, who, b, keeper.Draft{ID: entry, Kind: body.Kind(), Act: book.ActSuggest, Body: body, Via: p.via})
	if errs.Is(err, errs.Changed) {
		err = groundGone(body)
	}
	return errs.Wrap("peer: suggest", err)
}

// Tomorrow lets a suggestion of who's in book b rest until tomorrow, when it is asked again: for a day that is not a good one.
// Nobody says why, and the owner sees who did it. entry is the form's. Errors are those of [keeper.Keeper.Write]: NotOpen for one
// that is not theirs, or where they may not suggest any more; Changed when the owner has answered it.
func (p *Peers) Tomorrow(ctx context.Context, who grant.Subject, b id.Book, entry, suggestion id.Entry) error {
	const op = "peer: tomorrow"
	err := p.db.Glance(ctx, func(tx *store.Tx) error { // the owner has a way of their own
		var one int
		return orNotOpen(tx.Row(`SELECT 1 FROM suggestion AS s WHERE s.book = $1 AND s.entry = $2 AND s.author = $3 AND `+p.made.SQL,
			p.made.Args(who, p.clock.Now(), b, suggestion, who.Person)...).Scan(&one))
	})
	if err == nil {
		_, err = p.keeper.Write(ctx, who, b, keeper.Draft{ID: entry, Act: book.ActTomorrow, Answers: suggestion, Via: p.via})
	}
	return errs.Wrap(op, err)
}

// WriteFor writes for the owner of book b, who gave that: a goal or a step that is new, where it is none, or other words for one
// of theirs, base being its head as the form showed it. It is the owner's at once; its entry says who wrote it and by what was
// given, and the owner is told. entry is the form's. Errors are those of [keeper.Keeper.Write]: NotOpen when it is not given, or
// not any more; Changed when it is not as the form showed it any more. A goal that is gone meanwhile, to which a new step should
// belong, is Invalid with the field "goal".
func (p *Peers) WriteFor(ctx context.Context, who grant.Subject, b id.Book, entry id.Entry, it id.Item, base id.Entry, body book.Body) error {
	_, err := p.keeper.Write(ctx, who, b, keeper.Draft{ID: entry, Kind: body.Kind(), Act: book.ActWriteFor, Item: it, Base: base, Body: body, Via: p.via})
	if errs.Is(err, errs.Changed) && it.IsZero() {
		err = groundGone(body)
	}
	return errs.Wrap("peer: write for", err)
}

// groundGone says which field of a suggestion names something that is no longer there.
func groundGone(body book.Body) error {
	var c errs.Check
	if body.Kind() == book.KindStep {
		c.Add("goal", "errors.ground_gone")
	} else {
		c.Add("builds_on", "errors.ground_gone")
	}
	return c.Err("peer: suggest")
}
