package journey

import (
	"context"
	"slices"

	"beside/internal/book"
	"beside/internal/errs"
	"beside/internal/id"
	"beside/internal/keeper"
)

// Thing is something in the book that can be erased for good by itself: an item, also one that was put away, or what somebody
// suggested and the person did not make theirs.
type Thing struct {
	Item  id.Item
	Kind  book.Kind
	Words book.Text
	By    id.Person // of a suggestion its author; none for what is the person's own
	Also  []id.Item // what goes with it: the steps of a goal
}

// erasable are the kinds of things that have words of the person's own. What was given to others, and addresses, go with the
// whole book.
var erasable = map[book.Kind]bool{book.KindWords: true, book.KindStrength: true, book.KindGoal: true, book.KindStep: true, book.KindMoment: true, book.KindMade: true, book.KindNote: true, book.KindCircle: true, book.KindPath: true}

// Things reads everything that can be erased by itself, with what stands around the pages of the book.
func (j *Journey) Things(ctx context.Context, me Me) ([]Thing, Around, error) {
	r, a, err := j.read(ctx, me, around(), keeper.Want{}, keeper.Want{State: book.Away}, keeper.Want{Suggested: true})
	if err != nil {
		return nil, a, errs.Wrap("journey: things", err)
	}
	var all []Thing
	own := map[id.Item]bool{}
	steps := map[id.Item][]id.Item{}
	for _, p := range slices.Concat(r.Items[1], r.Items[2]) {
		own[p.ID] = true
		words := book.WordsOf(p.Body)
		if s, ok := p.Body.(*book.Step); ok {
			steps[s.Goal] = append(steps[s.Goal], p.ID)
		}
		if erasable[p.Kind] {
			all = append(all, Thing{Item: p.ID, Kind: p.Kind, Words: words})
		}
	}
	for _, t := range r.Told {
		if !own[t.Item] {
			all = append(all, Thing{Item: t.Item, Kind: t.Kind, Words: book.WordsOf(t.Body), By: t.Author})
		}
	}
	for i := range all {
		if all[i].Kind == book.KindGoal {
			all[i].Also = steps[all[i].Item]
		}
	}
	return all, a, nil
}

// Single reads what can be given to somebody by itself: the live strengths, goals, steps and what is in the circle, oldest first, with what stands around
// the pages of the book. A step whose goal was put away is put away with it.
func (j *Journey) Single(ctx context.Context, me Me) ([]Thing, Around, error) {
	r, a, err := j.read(ctx, me, around(), keeper.Want{Sections: []book.Section{book.SectionStrengths, book.SectionGoals, book.SectionCircle}})
	if err != nil {
		return nil, a, errs.Wrap("journey: single", err)
	}
	live := map[id.Item]bool{}
	for _, p := range r.Items[1] {
		live[p.ID] = true
	}
	var all []Thing
	for _, p := range r.Items[1] {
		if s, ok := p.Body.(*book.Step); !ok || live[s.Goal] {
			all = append(all, Thing{Item: p.ID, Kind: p.Kind, Words: book.WordsOf(p.Body)})
		}
	}
	return all, a, nil
}

// Thing reads one of [Journey.Things]. It returns NotOpen.
func (j *Journey) Thing(ctx context.Context, me Me, it id.Item) (Thing, Around, error) {
	all, a, err := j.Things(ctx, me)
	if err != nil {
		return Thing{}, a, err
	}
	for _, t := range all {
		if t.Item == it {
			return t, a, nil
		}
	}
	return Thing{}, a, errs.New("journey: thing", errs.NotOpen, "")
}

// Erase erases one thing for good, with all its versions and what was said about it, and the steps of a goal with it. w needs
// its Item. Nobody can bring it back. It returns Changed for what is shared still, and while the book is held.
func (j *Journey) Erase(ctx context.Context, me Me, w Writing) error {
	t, _, err := j.Thing(ctx, me, w.Item)
	if err == nil {
		err = j.erase(ctx, me, w.Entry, &book.Erasing{Items: append([]id.Item{t.Item}, t.Also...)})
	}
	return errs.Wrap("journey: erase", err)
}

// EraseBook erases the whole book for good, with every way in. Nobody can bring it back.
func (j *Journey) EraseBook(ctx context.Context, me Me, e id.Entry) error {
	return errs.Wrap("journey: erase book", j.erase(ctx, me, e, &book.Erasing{Whole: true}))
}

func (j *Journey) erase(ctx context.Context, me Me, e id.Entry, x *book.Erasing) error {
	_, err := j.keeper.Write(ctx, me.Subject, me.Book, keeper.Draft{ID: e, Kind: book.KindErasing, Act: book.ActErase, Body: x, Via: j.via})
	return err
}

// Erasings tells what the person erased for good, newest first.
func (j *Journey) Erasings(ctx context.Context, me Me) ([]keeper.Certificate, error) {
	return j.keeper.Erasings(ctx, me.Subject, me.Book)
}

// WholeErased tells how far the erasing of a whole book is: see [keeper.Keeper.WholeErased].
func (j *Journey) WholeErased(ctx context.Context, x id.Entry) (keeper.Certificate, error) {
	return j.keeper.WholeErased(ctx, x)
}

// Held tells why the book must be kept whatever its owner wants, and since when: 0 when it need not.
func (j *Journey) Held(ctx context.Context, me Me) (keeper.Hold, error) {
	return j.keeper.Held(ctx, me.Subject, me.Book)
}
