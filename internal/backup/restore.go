package backup

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io/fs"
	"os"
	"slices"

	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/mutant"
	"beside/internal/promise"
	"beside/internal/store"
	"beside/internal/store/rows"
)

// What can be wrong with a place, for [errors.Is].
var (
	ErrHalf     = errors.New("a restore into this place was begun and has not ended: run the restore again, it begins anew")
	ErrNotEmpty = errors.New("this place is not empty: restore into a new folder or an empty database")
)

// Whole returns [ErrHalf] for a place into which a backup was put only in part. Nothing may serve it. Other errors are
// those of the store.
func Whole(tx *store.Tx) error {
	var begun int64
	err := tx.Row(`SELECT begun_at FROM restoring WHERE n = 1`).Scan(&begun)
	switch {
	case errors.Is(err, store.ErrNone), mutant.On("half-restored"):
		return nil
	case err != nil:
		return errs.Wrap("backup: whole", err)
	}
	return ErrHalf
}

// Restoring says how a backup is restored.
type Restoring struct {
	Schema fs.FS      // the schema files of what is restored
	Now    clock.Time // for the marks in the place
	// Rests has promises rest when the place is whole: always for books that will be served.
	Rests bool
	// Finish, if not nil, is run on the whole rows before the place is. An error of it leaves the place half restored.
	Finish func(ctx context.Context, db *store.DB) error
	// Read, if not nil, is told how many rows there are so far.
	Read func(rows int64)
}

// Restore puts the backup of a name into an empty database, and compares what is then there with what was: the number
// of rows and a hash of every table, read back from the database. It can be run again after it was killed.
//
// It returns [ErrOtherKeys], [ErrBroken] with what is wrong, [ErrNotEmpty], [ErrInUse], and errors of the store and the
// file system. Before rows are written every chunk has been looked for.
func (f *Folder) Restore(ctx context.Context, name string, db *store.DB, r Restoring) (Report, error) {
	const op = "backup: restore"
	unlock, err := f.lock(false)
	if err != nil {
		return Report{}, errs.Wrap(op, err)
	}
	defer unlock()
	h, list, err := f.read(name)
	if err == nil {
		err = f.complete(h, list)
	}
	if err != nil {
		return Report{}, errs.Wrap(op, err)
	}
	w := restoring{Folder: f, Restoring: r, db: db, list: list, report: Report{Head: h}}
	for _, step := range []func(context.Context) error{w.begin, w.fill, w.compare, w.end} {
		if err := step(ctx); err != nil {
			return w.report, errs.Wrap(op, err)
		}
	}
	return w.report, nil
}

// complete looks for every chunk, so that what is missing is told before anything is done.
func (f *Folder) complete(h Head, list manifest) error {
	for _, p := range list.Tables {
		for _, name := range p.Chunks {
			if info, err := os.Stat(f.chunk(h, name)); err != nil || info.Size() == 0 {
				return f.broken("a piece of the table %s is missing: the file %s", p.Name, f.chunk(h, name))
			}
		}
	}
	return nil
}

// restoring is one backup being put into a place.
type restoring struct {
	*Folder
	Restoring
	db     *store.DB
	list   manifest
	report Report
	there  map[string]rows.Table // as they are in the place
}

// begin makes the tables as they were and marks the place as half restored.
func (w *restoring) begin(ctx context.Context) error {
	have, known, err := w.db.Schema(ctx, w.Schema)
	switch {
	case err != nil:
		return err
	case w.report.Schema > known:
		return fmt.Errorf("this backup has schema %d, this Beside knows up to %d: restore it with the Beside that made it, %s, or a newer one", w.report.Schema, known, w.report.Version)
	case have > w.report.Schema:
		return fmt.Errorf("%w (its tables are newer than the backup's)", ErrNotEmpty)
	}
	if err := w.db.MigrateTo(ctx, w.Schema, w.report.Schema); err != nil {
		return err
	}
	return w.db.LongUpdate(ctx, w.mark)
}

// mark refuses a place in which there is something, and takes away what an earlier try, or the schema itself, has put in.
func (w *restoring) mark(tx *store.Tx) error {
	all, err := tables(tx)
	if err != nil {
		return err
	}
	half := Whole(tx)
	if half != nil && !errors.Is(half, ErrHalf) {
		return half
	}
	if half == nil {
		if err := w.empty(tx); err != nil {
			return err
		}
		if _, err := tx.Exec(`INSERT INTO restoring (n, begun_at, backup_at) VALUES (1, $1, $2)`, w.Now, w.report.Made()); err != nil {
			return err
		}
	}
	if err := rows.Empty(tx, all); err != nil {
		return err
	}
	w.there = map[string]rows.Table{}
	for _, t := range all {
		w.there[t.Name] = t
	}
	return w.fits()
}

// people are the tables that have rows as soon as anything was done in a place.
var people = []string{"community", "account", "book", "book_tree"}

func (w *restoring) empty(tx *store.Tx) error {
	all, err := tables(tx)
	if err != nil {
		return err
	}
	for _, t := range all {
		if !slices.Contains(people, t.Name) {
			continue
		}
		if n, err := t.Count(tx); err != nil || n > 0 {
			return errors.Join(err, ErrNotEmpty)
		}
	}
	return nil
}

// fits compares the tables there are with those of the backup.
func (w *restoring) fits() error {
	if len(w.there) != len(w.list.Tables) {
		return w.broken("it has %d tables, and its schema has %d", len(w.list.Tables), len(w.there))
	}
	for _, p := range w.list.Tables {
		t := w.there[p.Name]
		if !slices.Equal(t.Columns, p.Columns) || !slices.Equal(t.Key, p.Key) {
			return w.broken("the table %s does not have the columns of its schema", p.Name)
		}
	}
	return nil
}

// fill writes the rows, a chunk at a time.
func (w *restoring) fill(ctx context.Context) error {
	for _, p := range w.list.Tables {
		sum := sha256.New()
		n := int64(0)
		for _, name := range p.Chunks {
			got, err := w.chunkInto(ctx, p, name, sum)
			if err != nil {
				return err
			}
			n += got
			w.report.Chunks++
			w.report.Rows += got
			if w.Read != nil {
				w.Read(w.report.Rows)
			}
		}
		if n != p.Rows || hashed(sum) != p.Hash {
			return w.broken("the table %s has %d rows, its list says %d, or they are not the same", p.Name, n, p.Rows)
		}
		w.report.Tables++
		if t := w.there[p.Name]; t.Serial != "" {
			if err := w.db.Update(ctx, t.Renumber); err != nil {
				return err
			}
		}
	}
	return nil
}

func (w *restoring) chunkInto(ctx context.Context, p part, name string, sum hash.Hash) (int64, error) {
	plain, err := w.get(w.report.Head, p.Name, name)
	if err != nil {
		return 0, err
	}
	sum.Write(plain)
	w.report.Bytes += int64(len(plain))
	var all [][]any
	for rest := plain; len(rest) > 0; {
		var values []any
		if values, rest, err = p.Decode(rest); err != nil {
			return 0, w.broken("a piece of the table %s cannot be read: the file %s", p.Name, w.chunk(w.report.Head, name))
		}
		all = append(all, values)
	}
	return int64(len(all)), w.db.Update(ctx, func(tx *store.Tx) error { return w.there[p.Name].Insert(tx, all) })
}

// compare reads everything back from the place.
func (w *restoring) compare(ctx context.Context) error {
	if w.db.Engine() == store.Postgres {
		err := w.db.LongUpdate(ctx, func(tx *store.Tx) error {
			_, err := tx.Exec(`ANALYZE`) // so that the rows just written are read, and served, by their indexes
			return err
		})
		if err != nil {
			return err
		}
	}
	return w.db.LongView(ctx, func(tx *store.Tx) error {
		for _, p := range w.list.Tables {
			sum := sha256.New()
			err := w.there[p.Name].Read(tx, func(r rows.Row) error {
				sum.Write(r.Form)
				return ctx.Err()
			})
			if err != nil {
				return err
			}
			if hashed(sum) != p.Hash {
				return fmt.Errorf("what stands in the table %s now is not what the backup holds: is the disk of this place sound?", p.Name)
			}
		}
		return nil
	})
}

// end makes the place whole.
func (w *restoring) end(ctx context.Context) error {
	if w.Finish != nil {
		if err := w.Finish(ctx, w.db); err != nil {
			return err
		}
	}
	return w.db.Update(ctx, func(tx *store.Tx) error {
		if w.Rests {
			if err := promise.Rest(tx, w.Now); err != nil {
				return err
			}
		}
		_, err := tx.Exec(`DELETE FROM restoring`)
		return err
	})
}
