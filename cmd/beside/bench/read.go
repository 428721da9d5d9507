package bench

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"time"

	"beside/internal/app"
	"beside/internal/store"
	"beside/internal/witness"
)

// exporting is the copy of a book with its proofs, of the median book and of one as large as the 99th percentile. Baseline: a
// bare read of its entries.
func exporting(ctx context.Context, c Config, w *world) ([]Figure, error) {
	if _, err := w.app.Log.Sequence(ctx); err != nil {
		return nil, err
	}
	bare, err := openToRead(c.Database, w.app.DB.Engine())
	if err != nil {
		return nil, err
	}
	defer func() { _ = bare.Close() }()
	order, sizes, err := w.bySize(ctx)
	if err != nil {
		return nil, err
	}
	var out []Figure
	for _, p := range []struct {
		name string
		of   float64
	}{{"median", 0.5}, {"99th percentile", 0.99}} {
		i := order[int(p.of*float64(len(order)-1))]
		base, err := repeat(ctx, 1, c.For/3, func(ctx context.Context, _ int) error {
			_, err := readBare(ctx, bare, `SELECT * FROM entry WHERE book = $1 ORDER BY seq`, w.books[i].Bytes())
			return err
		})
		if err != nil {
			return nil, err
		}
		m, err := repeat(ctx, 1, c.For/3, func(ctx context.Context, _ int) error {
			return w.app.Keeper.Copy(ctx, w.owners[i], w.books[i], w.app.Log.Key(), io.Discard)
		})
		if err != nil {
			return nil, err
		}
		out = append(out, m.beside(fmt.Sprintf("copy of a book of %d entries (%s)", sizes[i], p.name), 1, "bare read of its entries", base, "unsealing, and a proof for each entry"))
	}
	return out, nil
}

// bySize returns the remembered books from the smallest to the largest, and how many entries each has. Those to which the
// parts before have added much are left out, if there are others.
func (w *world) bySize(ctx context.Context) (order []int, sizes []int64, err error) {
	sizes = make([]int64, len(w.books))
	for i, b := range w.books {
		if i >= day+asked || len(w.books) == day+asked {
			order = append(order, i)
		}
		err := w.app.DB.Glance(ctx, func(tx *store.Tx) error {
			return tx.Row(`SELECT seq FROM book WHERE id = $1`, b).Scan(&sizes[i])
		})
		if err != nil {
			return nil, nil, err
		}
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(sizes[a], sizes[b]) })
	return order, sizes, nil
}

// verified are the tables that verifying reads, as far as they are large.
var verified = []string{"entry", "item", "suggestion", "given", "look", "name_part", "account", "log_tile", "log_record"}

// verifying is a whole verification with the keyring: every entry opened, every book folded again, every leaf of the log
// compared. Baseline: a bare read of the same rows.
func verifying(ctx context.Context, c Config, w *world) ([]Figure, error) {
	if _, err := w.app.Log.Sequence(ctx); err != nil {
		return nil, err
	}
	bare, err := openToRead(c.Database, w.app.DB.Engine())
	if err != nil {
		return nil, err
	}
	defer func() { _ = bare.Close() }()
	rows, began := 0, time.Now()
	for _, t := range verified {
		n, err := readBare(ctx, bare, `SELECT * FROM `+t)
		if err != nil {
			return nil, err
		}
		rows += n
	}
	base := time.Since(began)
	began = time.Now()
	var first witness.Problem
	wrong, err := w.app.Verify(ctx, app.VerifyConfig{Keys: true, Report: func(p witness.Problem) { first = cmp.Or(first, p) }, Progress: func(string, int64) {}})
	if err == nil && wrong > 0 {
		err = fmt.Errorf("%d things are wrong, the first: %s", wrong, first)
	}
	if err != nil {
		return nil, err
	}
	n := float64(rows)
	return []Figure{once("verify, with keys", "rows", n, time.Since(began), "bare read of the same rows", n, base, "CPU: each entry is opened, hashed and folded")}, nil
}

// openToRead opens the books bare, for reading.
func openToRead(where string, e store.Engine) (*sql.DB, error) {
	if e == store.Postgres {
		return sql.Open("pgx", where)
	}
	return sql.Open("sqlite", "file:"+filepath.Join(where, "beside.db")+"?mode=ro")
}

// readBare reads what a query finds, every column, and counts the rows.
func readBare(ctx context.Context, db *sql.DB, query string, args ...any) (n int, err error) {
	found, err := db.QueryContext(ctx, query, args...)
	if err != nil {
		return 0, err
	}
	defer func() { _ = found.Close() }()
	columns, err := found.Columns()
	if err != nil {
		return 0, err
	}
	into := make([]any, len(columns))
	for i := range into {
		into[i] = new(sql.RawBytes)
	}
	for ; found.Next(); n++ {
		if err := found.Scan(into...); err != nil {
			return n, err
		}
	}
	return n, found.Err()
}
