package journey

import (
	"context"
	"slices"

	"beside/internal/book"
	"beside/internal/errs"
	"beside/internal/id"
	"beside/internal/keeper"
)

// For is something that somebody wrote for the person, who had given them that. It is the person's already.
type For struct {
	Mine
	Kind book.Kind
}

// writtenFor is what somebody wrote, but for steps that are away with their goal.
func (j *Journey) writtenFor(ctx context.Context, me Me, pieces []keeper.Piece) ([]For, error) {
	goals := map[id.Item]bool{}
	var wants []keeper.Want
	for _, p := range pieces {
		if s, ok := p.Body.(*book.Step); ok && !goals[s.Goal] {
			goals[s.Goal] = true
			wants = append(wants, keeper.Want{Kind: book.KindGoal, Item: s.Goal})
		}
	}
	if len(wants) > 0 {
		r, err := j.keeper.Mine(ctx, me.Subject, me.Book, wants...)
		if err != nil {
			return nil, err
		}
		clear(goals)
		for _, p := range slices.Concat(r.Items...) {
			goals[p.ID] = true
		}
	}
	var list []For
	for _, p := range pieces {
		if s, ok := p.Body.(*book.Step); ok && !goals[s.Goal] {
			continue
		}
		list = append(list, For{Mine: me.mine(p, book.WordsOf(p.Body)), Kind: p.Kind})
	}
	return list, nil
}

// Own makes what somebody wrote for the person their own as it stands, so that it is not shown as another's hand any more. It
// returns Changed when it has changed since.
func (j *Journey) Own(ctx context.Context, me Me, k book.Kind, w Writing) error {
	p, err := j.piece(ctx, me, k, w.Item)
	if err == nil {
		_, err = j.write(ctx, me, keeper.Draft{ID: w.Entry, Kind: k, Act: book.ActWrite, Item: w.Item, Base: w.Base, Body: p.Body})
	}
	return errs.Wrap("journey: own", err)
}

// UndoFor takes back what others wrote for the person over an item: it says again what it said in the person's own words, or is
// put away where it never did. It returns Changed when it has changed since, or stands in the person's own words.
func (j *Journey) UndoFor(ctx context.Context, me Me, k book.Kind, w Writing) error {
	const op = "journey: undo"
	versions, err := j.keeper.Versions(ctx, me.Subject, me.Book, w.Item)
	if err == nil && len(versions) == 0 {
		err = errs.New(op, errs.NotOpen, "")
	}
	if err != nil {
		return errs.Wrap(op, err)
	}
	d := keeper.Draft{ID: w.Entry, Kind: k, Act: book.ActPutAway, Item: w.Item, Base: w.Base}
	by := id.Person{}
	for _, e := range versions {
		if e.Kind != k {
			return errs.New(op, errs.NotOpen, "")
		}
		if e.ID == w.Entry {
			break // it was sent before: what follows is not what the button was about
		}
		switch {
		case e.Act == book.ActWriteFor:
			by = e.Author
		case e.Act.BringsWords() && e.Author == me.Person:
			d.Act, d.Body, by = book.ActWrite, e.Body, id.Person{}
		}
		if e.ID == w.Base {
			break
		}
	}
	if by.IsZero() {
		return errs.New(op, errs.Changed, "errors.item_changed")
	}
	_, err = j.write(ctx, me, d)
	return errs.Wrap(op, err)
}
