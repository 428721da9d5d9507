package journey

import (
	"cmp"
	"context"
	"slices"

	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/id"
	"beside/internal/keeper"
)

// Past is one line of a whole history: an event, and what the person wrote in that entry besides its words, as an address
// or what they call somebody. The pages of the timeline leave that out, as others may look over a shoulder there.
type Past struct {
	Event
	Also []book.Text
}

// pastAtOnce is how many entries [Journey.History] reads at once.
const pastAtOnce = 200

// History tells all that the owner did, and what was done in their place, oldest first and some at a time, for what they take with them. Of what it told already
// it keeps no words in memory, but suggestions that were answered. Errors of each end it.
func (j *Journey) History(ctx context.Context, me Me, each func([]Past) error) error {
	tell := telling{j: j, me: me, versions: map[id.Item][]book.Entry{}}
	for after := int64(0); ; {
		entries, err := j.keeper.Onward(ctx, me.Subject, me.Book, after, pastAtOnce)
		if err != nil || len(entries) == 0 {
			return errs.Wrap("journey: history", err)
		}
		var some []Past
		for _, e := range entries {
			after = e.Seq
			if !toldOf(me, e) {
				continue
			}
			ev, err := tell.event(ctx, e)
			if err != nil {
				return errs.Wrap("journey: history", err)
			}
			also := slices.DeleteFunc(wordsBeside(e.Body), func(x book.Text) bool { return x == ev.Words })
			some = append(some, Past{Event: ev, Also: also})
			tell.versions[e.Item] = []book.Entry{wordless(e)} // what comes next about the item is based on this
		}
		if err := each(some); err != nil {
			return errs.Wrap("journey: history", err)
		}
	}
}

// wordless is of an entry what the telling of the next one about its item looks at.
func wordless(e book.Entry) book.Entry {
	out := book.Entry{ID: e.ID, Act: e.Act}
	switch b := e.Body.(type) {
	case *book.Step:
		out.Body = &book.Step{Done: b.Done}
	case *book.Goal:
		out.Body = &book.Goal{Reached: b.Reached, Learned: marked(b.Learned), Aside: marked(b.Aside)}
	case *book.Sharing:
		out.Body = &book.Sharing{Recipient: b.Recipient, To: b.To, Label: b.Label}
	}
	return out
}

// marked is blank where words are, and else none of them.
func marked(words book.Text) book.Text {
	if words.Blank() {
		return book.Text{}
	}
	return book.NewText("·")
}

// wordsBeside are what a person wrote in a body that [book.WordsOf] does not return.
func wordsBeside(b book.Body) []book.Text {
	var all []book.Text
	switch b := b.(type) {
	case *book.Address:
		all = []book.Text{b.Address, b.Name}
	case *book.About:
		all = []book.Text{b.Address}
	case *book.Sharing:
		all = []book.Text{b.Label, b.Event}
	case *book.Goal:
		all = []book.Text{b.Helps, b.Learned, b.Aside}
	case *book.Circle:
		all = []book.Text{b.Gives, b.Given, b.Phone}
	}
	return slices.DeleteFunc(all, book.Text.Blank)
}

// Suggestions reads everything that others ever suggested and that was not erased, whatever was answered, newest first.
func (j *Journey) Suggestions(ctx context.Context, me Me) ([]Suggestion, error) {
	r, err := j.keeper.Mine(ctx, me.Subject, me.Book, keeper.Want{Suggested: true})
	var all []Suggestion
	for _, t := range r.Told {
		all = append(all, me.suggestion(t))
	}
	slices.Reverse(all)
	return all, errs.Wrap("journey: suggestions", err)
}

// Shared is what the owner once gave to somebody, whether or not it still stands.
type Shared struct {
	book.Sharing
	Since     clock.Time // when it was given first
	TakenBack clock.Time // 0 when it was not
}

// Over reports whether nothing can be seen by it any more.
func (s Shared) Over(now clock.Time) bool { return s.TakenBack != 0 || s.Until <= now }

// Shared reads all that was ever given, the newest first.
func (j *Journey) Shared(ctx context.Context, me Me) ([]Shared, error) {
	these := []book.Section{book.SectionSharing}
	r, err := j.keeper.Mine(ctx, me.Subject, me.Book, keeper.Want{Sections: these}, keeper.Want{Sections: these, State: book.Away})
	if err != nil {
		return nil, errs.Wrap("journey: shared", err)
	}
	var all []Shared
	for _, p := range slices.Concat(r.Items[0], r.Items[1]) {
		b, ok := p.Body.(*book.Sharing)
		if !ok {
			continue
		}
		versions, err := j.keeper.Versions(ctx, me.Subject, me.Book, p.ID)
		if err != nil {
			return nil, errs.Wrap("journey: shared", err)
		}
		s := Shared{Sharing: *b, Since: p.RecordedAt}
		if len(versions) > 0 {
			s.Since = versions[0].RecordedAt
			if last := versions[len(versions)-1]; last.Act == book.ActPutAway || b.Came {
				s.TakenBack = last.RecordedAt
			}
		}
		all = append(all, s)
	}
	slices.SortStableFunc(all, func(a, b Shared) int { return cmp.Compare(b.Since, a.Since) })
	return all, nil
}
