package backup

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"

	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/mutant"
	"beside/internal/store"
	"beside/internal/store/rows"
)

// Making says what is written into the clear line of a backup, and how it is made.
type Making struct {
	Schema  int64  // number of the newest schema file of the database
	Version string // of this Beside
	Origin  string // name of the log, if it has one
	Root    string // mark of the root key whose keys these are, for the keyring
	Note    string // kept encrypted with the backup: the log's last checkpoint
	At      clock.Time
	Rand    io.Reader // for the backup's name
	Anew    bool      // write every chunk, also those there are: after one was found damaged
}

// Report says what was done.
type Report struct {
	Head
	Tables  int
	Rows    int64
	Bytes   int64 // of rows
	Chunks  int
	Fresh   int   // chunks that were not there before
	Written int64 // bytes written into the folder
}

// ownRows are the tables that say something of the place itself, and of the programs that run there: no backup carries them.
var ownRows = []string{"restoring", "resting", "program"}

// tables returns the tables that a backup of this database carries.
func tables(tx *store.Tx) ([]rows.Table, error) {
	all, err := rows.Tables(tx)
	return slices.DeleteFunc(all, func(t rows.Table) bool { return slices.Contains(ownRows, t.Name) }), err
}

// Write adds a backup of the database to the folder: one snapshot, taken beside whatever else reads and writes. Memory does
// not grow with the database. When it does not return nil there is no new backup and no report of one, and those there are stay as
// they are.
//
// It returns [ErrInUse] while another one writes, [ErrHalf] for a database that is being restored, and errors of the
// store and the file system.
func (f *Folder) Write(ctx context.Context, db *store.DB, m Making) (Report, error) {
	const op = "backup: write"
	unlock, err := f.lock(true)
	if err != nil {
		return Report{}, errs.Wrap(op, err)
	}
	defer unlock()
	w := writing{Folder: f, anew: m.Anew, folders: map[string]bool{}, free: make(chan struct{}, atOnce), failed: make(chan error, 1), report: Report{Head: m.head(f.of, db.Engine())}}
	if w.report.Name, err = m.name(); err != nil {
		return Report{}, errs.Wrap(op, err)
	}
	var list manifest
	err = db.LongView(ctx, func(tx *store.Tx) error {
		list = manifest{Note: m.Note}
		return w.snapshot(ctx, tx, &list)
	})
	if failed := w.wait(); err == nil { // else it is the same, told once
		err = failed
	}
	if err == nil {
		err = w.finish(list)
	}
	if err != nil {
		return Report{}, errs.Wrap(op, err)
	}
	return w.report, nil
}

func (m Making) head(of string, e store.Engine) Head {
	return Head{
		Form: form, Of: of, MadeAt: m.At.Std().UTC().Format(timeInHead), Schema: m.Schema, Engine: string(e), Version: m.Version,
		Origin: m.Origin, Root: m.Root, At: int64(m.At),
	}
}

// name is the time and a few letters of chance, so that two backups of one second are two.
func (m Making) name() (string, error) {
	var b [4]byte
	if _, err := io.ReadFull(m.Rand, b[:]); err != nil {
		return "", fmt.Errorf("reading randomness: %w", err)
	}
	return m.At.Std().UTC().Format(timeInName) + "-" + hex.EncodeToString(b[:]), nil
}

// writing is one backup being made.
type writing struct {
	*Folder
	anew    bool
	report  Report
	folders map[string]bool // of chunks, to be synced

	free    chan struct{} // places for chunks that are being written
	failed  chan error    // the first that could not be
	under   sync.WaitGroup
	written atomic.Int64
}

func (w *writing) snapshot(ctx context.Context, tx *store.Tx, list *manifest) error {
	all, err := tables(tx)
	if err != nil {
		return err
	}
	if err := Whole(tx); err != nil {
		return err
	}
	for _, t := range all {
		p, err := w.table(ctx, tx, t)
		if err != nil {
			return err
		}
		list.Tables = append(list.Tables, p)
	}
	return nil
}

// table writes one table in chunks.
func (w *writing) table(ctx context.Context, tx *store.Tx, t rows.Table) (part, error) {
	out := part{Table: t}
	sum := sha256.New()
	var chunk []byte
	err := t.Read(tx, func(r rows.Row) error {
		if mutant.On("row-skipped") && out.Rows == 1 && len(chunk) > 0 {
			out.Rows++
			return nil
		}
		out.Rows++
		sum.Write(r.Form)
		chunk = append(chunk, r.Form...)
		if !cuts(r, len(chunk)) {
			return nil
		}
		err := w.chunk(ctx, &out, chunk)
		chunk = chunk[:0]
		return err
	})
	if err == nil && len(chunk) > 0 {
		err = w.chunk(ctx, &out, chunk)
	}
	out.Hash = hashed(sum)
	w.report.Tables++
	w.report.Rows += out.Rows
	return out, err
}

func hashed(h hash.Hash) string { return hex.EncodeToString(h.Sum(nil)) }

// atOnce is how many chunks are written side by side: each waits for the disk, and the disk lets many wait together.
const atOnce = 8

func (w *writing) chunk(ctx context.Context, p *part, plain []byte) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	name := w.keys.name(p.Name, plain)
	p.Chunks = append(p.Chunks, name)
	w.report.Chunks++
	w.report.Bytes += int64(len(plain))
	path := w.Folder.chunk(w.report.Head, name)
	if !missing(path, w.anew) {
		return nil
	}
	w.folders[filepath.Dir(path)] = true
	w.report.Fresh++
	return w.start(path, bytes.Clone(plain))
}

// start writes a chunk on the side. It returns the error of one that was started before.
func (w *writing) start(path string, plain []byte) error {
	select {
	case err := <-w.failed:
		w.failed <- err // wait finds it too
		return err
	case w.free <- struct{}{}:
	}
	w.under.Go(func() {
		defer func() { <-w.free }()
		stored, err := w.keys.packed(plain)
		if err == nil {
			err = writeWhole(path, stored)
		}
		w.written.Add(int64(len(stored)))
		if err != nil {
			select {
			case w.failed <- err:
			default: // the first one is enough
			}
		}
	})
	return nil
}

// wait returns when every chunk that was started is on disk, with the error of one that is not.
func (w *writing) wait() error {
	w.under.Wait()
	select {
	case err := <-w.failed:
		return err
	default:
		return nil
	}
}

// finish makes what was written a backup.
func (w *writing) finish(list manifest) error {
	file, err := w.keys.sealed(w.report.Head, list)
	if err != nil {
		return err
	}
	for dir := range w.folders {
		if err := syncFolders(dir); err != nil {
			return err
		}
	}
	if err := syncFolders(filepath.Join(w.path, chunks), filepath.Join(w.path, backups)); err != nil {
		return err
	}
	w.report.Written = w.written.Load() + int64(len(file))
	return errors.Join(writeWhole(filepath.Join(w.path, backups, w.report.Name+extension), file), syncFolders(filepath.Join(w.path, backups), w.path))
}
