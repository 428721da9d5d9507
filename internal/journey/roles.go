package journey

import (
	"context"
	"slices"

	"beside/internal/book"
	"beside/internal/errs"
	"beside/internal/id"
	"beside/internal/keeper"
)

// RoleOf returns what the role is called to which something was given, as it was read aloud; blank for what was given to all workers, and for
// what was erased.
func (j *Journey) RoleOf(ctx context.Context, me Me, it id.Item) (name book.Text, err error) {
	r, err := j.keeper.Mine(ctx, me.Subject, me.Book, keeper.Want{Item: it}, keeper.Want{Item: it, State: book.Away})
	for _, p := range slices.Concat(r.Items...) {
		if s, ok := p.Body.(*book.Sharing); ok && s.To == book.ToRole {
			name = s.Label
		}
	}
	return name, errs.Wrap("journey: role of", err)
}
