package bench

import (
	"context"
	"fmt"

	"beside/internal/app"
	"beside/internal/book"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/store"
)

// filled finds again what an earlier run filled: ids tell in which order books were made. So what takes long to fill can be
// measured when the machine has nothing else to do.
func filled(ctx context.Context, a *app.App, c Config) (*world, error) {
	w := &world{app: a, owners: make([]grant.Subject, min(c.Books, sample)), books: make([]id.Book, min(c.Books, sample))}
	n := 0
	err := a.DB.LongView(ctx, func(tx *store.Tx) error {
		if err := tx.Row(`SELECT COUNT(*) FROM entry`).Scan(&w.entries); err != nil {
			return err
		}
		// The two workers, in the order in which they were invited; the first people gave to the one, the next to the other.
		for i, worker := range []*grant.Subject{&w.worker, &w.other} {
			worker.Hat = book.HatWorker
			if err := tx.Row(`SELECT person FROM membership WHERE hat = $1 ORDER BY id LIMIT 1 OFFSET $2`, book.HatWorker, i).Scan(&worker.Person); err != nil {
				return err
			}
			n = i * day
			err := store.Each(tx, `SELECT b.id, b.owner FROM book AS b JOIN given AS g ON g.book = b.id WHERE g.recipient = $1 ORDER BY b.id`, []any{worker.Person},
				w.remember(&n, c.Books))
			if err != nil {
				return err
			}
		}
		return store.Each(tx, `SELECT b.id, b.owner FROM book AS b WHERE NOT EXISTS (SELECT 1 FROM given AS g WHERE g.book = b.id)
			AND NOT EXISTS (SELECT 1 FROM membership AS m WHERE m.person = b.owner) ORDER BY b.id`, nil, w.remember(&n, c.Books))
	})
	if err == nil && n != c.Books {
		err = fmt.Errorf("%d books are there, not %d: it was filled otherwise", n, c.Books)
	}
	last, _ := slot(c.Books-1, c.Books)
	w.owners, w.books = w.owners[:min(len(w.owners), last+1)], w.books[:min(len(w.books), last+1)]
	return w, err
}

// remember takes the n-th book from a row.
func (w *world) remember(n *int, all int) func(func(...any) error) error {
	return func(scan func(...any) error) error {
		var b id.Book
		var owner id.Person
		err := scan(&b, &owner)
		if at, ok := slot(*n, all); ok && at < len(w.books) {
			w.books[at], w.owners[at] = b, grant.Subject{Person: owner, Hat: book.HatSelf}
		}
		*n++
		return err
	}
}
