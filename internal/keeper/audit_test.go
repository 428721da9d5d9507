package keeper_test

import (
	"context"

	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/testkit/audit"
)

// audit folds a book's entries again with the pure law and compares with the clear lists, and recomputes its chain.
func (w *world) audit(owner grant.Subject, b id.Book) error {
	return audit.Book(context.Background(), w.db, w.k, owner, b)
}
