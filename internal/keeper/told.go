package keeper

import (
	"context"

	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/store"
)

// Told is a suggestion with its words.
type Told struct {
	book.Suggestion
	Body       book.Body
	RecordedAt clock.Time
	AnsweredAt clock.Time // 0 while it is not answered
}

// Rested reports whether what stands [book.Later] has rested long enough to wait for its owner again.
func (t Told) Rested(now clock.Time) bool {
	rests := AgainAfter
	if t.Tomorrow() {
		rests = TomorrowAfter
	}
	return t.State == book.Later && t.AnsweredAt <= now-rests
}

// toldSealed is a suggestion with its words still sealed.
type toldSealed struct {
	Told
	entry storedEntry
}

// Suggestions is [Keeper.Read] for the suggestions alone that stand in one of the states, or all when none is named.
func (k *Keeper) Suggestions(ctx context.Context, who grant.Subject, b id.Book, states ...book.SuggestionState) ([]Told, error) {
	r, err := k.Read(ctx, who, b, Want{Suggested: true, States: states})
	return r.Told, err
}

func (k *Keeper) findTold(tx *store.Tx, who grant.Subject, now clock.Time, b id.Book, wants []Want) ([]toldSealed, error) {
	var all []toldSealed
	for _, w := range wants {
		if !w.Suggested {
			continue
		}
		text, args := k.by(who).suggestions.text, k.by(who).suggestions.args(who, now, b)
		if len(w.States) > 0 {
			these, more := store.In("s.state", args, w.States)
			text, args = text+` AND `+these, more
		}
		err := store.Each(tx, text+` ORDER BY s.seq`, args, func(scan func(...any) error) error {
			var t toldSealed
			err := scan(append(suggestionFields(&t.Suggestion), &t.entry.Version, &t.RecordedAt, (*[]byte)(&t.entry.sealed), &t.AnsweredAt)...)
			all = append(all, t)
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return all, nil
}

func (k *Keeper) openTold(ctx context.Context, b id.Book, sealed []toldSealed) ([]Told, error) {
	var told []Told
	for i := range sealed {
		t, e := sealed[i].Told, &sealed[i].entry
		e.Book, e.Item, e.ID, e.Kind = b, t.Item, t.Entry, t.Kind
		if _, err := k.unseal(ctx, &e.Entry, e.sealed); err != nil {
			return nil, err
		}
		t.Body = e.Body
		told = append(told, t)
	}
	return told, nil
}
