package legal_test

import (
	"sync"
	"testing"

	"beside/internal/book"
	"beside/internal/errs"
	"beside/internal/keeper"
)

// TestErasingMeetsATaking: who erases the book while somebody takes what was put together of it is not stopped by that, and nothing of
// it is left.
func TestErasingMeetsATaking(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		for range 5 {
			p := newPlain(t, w)
			d := p.order(t)
			var wg sync.WaitGroup
			for range 6 {
				wg.Go(func() {
					if _, err := p.Take(ctx, p.team[1], d, p.Entry()); err != nil && !errs.Is(err, errs.NotOpen) {
						t.Errorf("taking: %v", err)
					}
				})
			}
			wg.Go(func() {
				draft := keeper.Draft{ID: p.Entry(), Via: book.ViaWeb, Kind: book.KindErasing, Act: book.ActErase, Body: &book.Erasing{Whole: true}}
				if _, err := w.Keeper.Write(ctx, p.owner.Subject, p.owner.Book, draft); err != nil {
					t.Errorf("erasing: %v", err)
				}
			})
			wg.Wait()
		}
	})
}
