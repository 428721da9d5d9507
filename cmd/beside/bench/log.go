package bench

import (
	"context"
	"sync"
	"time"

	"beside/internal/book"
	"beside/internal/id"
	"beside/internal/keeper"
	"beside/internal/store"
)

// probes is how many wait for their entry to be signed at the same time, and writers how many write without end meanwhile.
const probes, writers = 8, 8

// signing is how long after its commit an entry stands under a signed head, while others write. Baseline: one writer alone,
// who signs at once.
func signing(ctx context.Context, c Config, w *world) ([]Figure, error) {
	if _, err := w.app.Log.Sequence(ctx); err != nil { // what the parts before have left
		return nil, err
	}
	base, err := w.signed(ctx, c.For/3, 1, func(ctx context.Context) error {
		_, err := w.app.Log.Sequence(ctx)
		return err
	})
	if err != nil {
		return nil, err
	}
	busy, stop := context.WithCancel(ctx)
	var under sync.WaitGroup
	under.Go(func() { w.app.Log.Run(busy) })
	under.Go(func() {
		_, _ = repeat(busy, writers, c.For, func(ctx context.Context, i int) error { // it ends by being stopped
			_, err := w.moment(ctx, probes+i)
			return err
		})
	})
	m, err := w.signed(ctx, c.For, probes, func(context.Context) error { return nil })
	stop()
	under.Wait()
	if err != nil {
		return nil, err
	}
	return []Figure{m.beside("from commit to signed head, 8 others writing", probes, "one alone, signed at once", base, "the log looks at its queue every 250 ms")}, nil
}

// signed has n wait, again and again, from the moment that what they wrote was kept until it is signed.
func (w *world) signed(ctx context.Context, d timeSpan, n int, sign func(context.Context) error) (measured, error) {
	var mu sync.Mutex
	var waited []time.Duration
	m, err := repeat(ctx, n, d, func(ctx context.Context, i int) error {
		e, err := w.moment(ctx, i)
		if err != nil {
			return err
		}
		kept := time.Now()
		if err := sign(ctx); err != nil {
			return err
		}
		if err := w.untilSigned(ctx, w.books[i], e); err != nil {
			return err
		}
		mu.Lock()
		waited = append(waited, time.Since(kept))
		mu.Unlock()
		return nil
	})
	m.took = waited
	return m, err
}

// moment has the i-th person write a moment.
func (w *world) moment(ctx context.Context, i int) (id.Entry, error) {
	d := keeper.Draft{ID: id.New[id.Entry](w.app.IDs), Kind: book.KindMoment, Act: book.ActWrite, Body: &book.Moment{What: book.WhatGood, Words: book.NewText("a walk by the river")}, Via: book.ViaWeb}
	_, err := w.app.Keeper.Write(ctx, w.owners[i], w.books[i], d)
	return d.ID, err
}

// untilSigned returns when the leaf of an entry is no longer queued: it leaves the queue with the head that is signed.
func (w *world) untilSigned(ctx context.Context, b id.Book, e id.Entry) error {
	n := int64(-1)
	look := func(tx *store.Tx) error {
		return tx.Row(`SELECT COALESCE(MAX(q.n), 0) FROM entry AS e JOIN log_queue AS q ON q.leaf = e.leaf WHERE e.book = $1 AND e.id = $2`, b, e).Scan(&n)
	}
	for n != 0 {
		if err := w.app.DB.Glance(ctx, look); err != nil {
			return err
		}
		if n > 0 {
			at := n
			look = func(tx *store.Tx) error {
				return tx.Row(`SELECT COALESCE(MAX(n), 0) FROM log_queue WHERE n = $1`, at).Scan(&n)
			}
			time.Sleep(5 * time.Millisecond)
		}
	}
	return nil
}
