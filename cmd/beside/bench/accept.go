package bench

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"sync"

	_ "github.com/jackc/pgx/v5/stdlib" // the engines, bare
	_ "modernc.org/sqlite"

	"beside/internal/book"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/keeper"
	"beside/internal/store"
)

// many is how many acts are done at once in the figures that are not one at a time.
const many = 64

const bareName = "bare transaction of three rows"

// accepting is figure (a): one suggestion accepted, in process: grant checked, words sealed, committed to the log's queue,
// promise set, durable. Baseline: a durable transaction that reads a row, changes it and adds another, with prepared
// statements and nothing between it and the driver. Ours and the baseline take turns.
func accepting(ctx context.Context, c Config, w *world) ([]Figure, error) {
	bare, err := openBare(ctx, c.Database, w.app.DB.Engine())
	if err != nil {
		return nil, err
	}
	defer func() { _ = bare.close(ctx) }()
	var one, all, bareOne, bareAll measured
	for range 3 {
		d := c.For / 3
		for _, m := range []struct {
			into   *measured
			atOnce int
			bare   bool
		}{{&bareOne, 1, true}, {&one, 1, false}, {&bareAll, many, true}, {&all, many, false}} {
			got, err := w.acceptFor(ctx, bare, m.atOnce, m.bare, c, d)
			if err != nil {
				return nil, err
			}
			*m.into = m.into.and(got)
		}
	}
	limit := map[store.Engine]string{store.SQLite: "one writer: statements of the driver, then the disk's sync", store.Postgres: "round trips to the server, one a statement"}[w.app.DB.Engine()]
	return []Figure{
		one.beside("accept a suggestion", 1, bareName+", 1 at once", bareOne, limit),
		all.beside("accept a suggestion", many, bareName+", 1 at once", bareOne, limit),
		all.beside("accept a suggestion", many, fmt.Sprintf("%s, %d at once", bareName, many), bareAll, limit),
	}, nil
}

func (w *world) acceptFor(ctx context.Context, bare *bareDB, atOnce int, isBare bool, c Config, d timeSpan) (measured, error) {
	if isBare {
		return repeat(ctx, atOnce, d, bare.act)
	}
	// More suggestions than can be answered in the time wait in as many books as there are.
	waiting, err := w.suggestAhead(ctx, int(d.Seconds()*9000)+atOnce)
	if err != nil {
		return measured{}, err
	}
	return repeat(ctx, atOnce, d, func(ctx context.Context, _ int) error {
		s, ok := <-waiting
		if !ok {
			return fmt.Errorf("all suggestions are answered before the time is over")
		}
		_, err := w.app.Keeper.Write(ctx, s.owner, s.book, keeper.Draft{ID: id.New[id.Entry](w.app.IDs), Kind: book.KindStrength,
			Act: book.ActAccept, Item: s.item, Answers: s.entry, Via: book.ViaWeb})
		return err
	})
}

type waiting struct {
	owner grant.Subject
	book  id.Book
	item  id.Item
	entry id.Entry
}

// suggestAhead has the worker suggest n strengths, spread over the books given to them.
func (w *world) suggestAhead(ctx context.Context, n int) (<-chan waiting, error) {
	out := make(chan waiting, n)
	defer close(out)
	var wg sync.WaitGroup
	var mu sync.Mutex
	var first error
	for worker := range 8 * runtime.NumCPU() {
		wg.Go(func() {
			l := &life{r: newRand(uint64(worker)), ids: w.app.IDs}
			for i := worker; i < n; i += 8 * runtime.NumCPU() {
				b := day + i%asked
				d := keeper.Draft{ID: id.New[id.Entry](w.app.IDs), Kind: book.KindStrength, Act: book.ActSuggest, Body: &book.Strength{Words: l.text(), When: book.WhenNow}, Via: book.ViaWeb}
				_, err := w.app.Keeper.Write(ctx, w.other, w.books[b], d)
				mu.Lock()
				if first == nil {
					first = err
				}
				mu.Unlock()
				if err != nil {
					return
				}
				out <- waiting{w.owners[b], w.books[b], keeper.NewItem(d.ID), d.ID}
			}
		})
	}
	wg.Wait()
	return out, first
}

// bareDB is the engine with nothing of ours between: the baseline.
type bareDB struct {
	db    *sql.DB
	mu    sync.Mutex // SQLite has one writer
	one   bool
	words []byte
}

func openBare(ctx context.Context, where string, e store.Engine) (*bareDB, error) {
	b := &bareDB{words: make([]byte, 300)}
	var err error
	if e == store.SQLite {
		b.one = true
		b.db, err = sql.Open("sqlite", "file:"+filepath.Join(where, "bare.db")+"?_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_txlock=immediate")
		if err == nil {
			b.db.SetMaxOpenConns(1)
		}
	} else if b.db, err = sql.Open("pgx", where); err == nil {
		b.db.SetMaxOpenConns(16)
		b.db.SetMaxIdleConns(16)
	}
	if err != nil {
		return nil, err
	}
	blob := map[store.Engine]string{store.SQLite: "BLOB", store.Postgres: "bytea"}[e]
	for _, s := range []string{`CREATE TABLE bare (id BIGINT PRIMARY KEY, n BIGINT NOT NULL, words ` + blob + `)`,
		`CREATE TABLE bare_audit (id BIGINT NOT NULL, n BIGINT NOT NULL, words ` + blob + `)`} {
		if _, err := b.db.ExecContext(ctx, s); err != nil {
			return nil, err
		}
	}
	for i := range many {
		if _, err := b.db.ExecContext(ctx, `INSERT INTO bare (id, n, words) VALUES ($1, 0, $2)`, i, b.words); err != nil {
			return nil, err
		}
	}
	return b, nil
}

// close takes the tables away: a copy of the books carries none of them.
func (b *bareDB) close(ctx context.Context) error {
	_, err := b.db.ExecContext(ctx, `DROP TABLE bare`)
	_, err2 := b.db.ExecContext(ctx, `DROP TABLE bare_audit`)
	return errors.Join(err, err2, b.db.Close())
}

// act reads a row, changes it, adds a row of audit, and is durable when it returns.
func (b *bareDB) act(ctx context.Context, worker int) error {
	if b.one {
		b.mu.Lock()
		defer b.mu.Unlock()
	}
	tx, err := b.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	var n int64
	if err := tx.QueryRowContext(ctx, `SELECT n FROM bare WHERE id = $1`, worker).Scan(&n); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, `UPDATE bare SET n = $1, words = $2 WHERE id = $3`, n+1, b.words, worker); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, `INSERT INTO bare_audit (id, n, words) VALUES ($1, $2, $3)`, worker, n+1, b.words); err != nil {
		return err
	}
	return tx.Commit()
}
