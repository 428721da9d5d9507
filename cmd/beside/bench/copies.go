package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"beside/internal/app"
	"beside/internal/backup"
	"beside/internal/store"
)

const (
	megabytes = "MB"
	megabyte  = 1e6
	// mostCopied bounds the file that is copied for the baseline: its speed does not grow with it.
	mostCopied = 1 << 30
)

const plainCopy = "plain copy of a file, synced"

// copies is a full backup of the books, one after the hundredth part of the books changed, and a restore of that one into an
// empty place on the same engine, each row read back and compared. They count the bytes of all rows, which each of them
// reads. Baseline: a plain copy of a file on the same disk.
func copies(ctx context.Context, c Config, w *world) ([]Figure, error) {
	bytes, took, err := copyPlainly(c)
	if err != nil {
		return nil, err
	}
	figure := func(what string, r backup.Report, began time.Time, limit string) Figure {
		what = fmt.Sprintf("%s (%d rows)", what, r.Rows)
		return once(what, megabytes, float64(r.Bytes)/megabyte, time.Since(began), plainCopy, bytes/megabyte, took, limit)
	}
	place, err := app.OpenPlace(ctx, c.place())
	if err != nil {
		return nil, err
	}
	defer func() { _ = place.Close() }()
	to := app.Backups{Books: filepath.Join(c.room(), "backups")}
	defer func() { _ = os.RemoveAll(to.Books) }()
	began := time.Now()
	full, _, err := place.Backup(ctx, to)
	if err != nil {
		return nil, err
	}
	out := []Figure{figure("backup, the first", full, began, "CPU: reading, compressing, encrypting")}
	for i := range min(len(w.books), max(1, c.Books/100)) {
		if _, err := w.moment(ctx, i); err != nil {
			return nil, err
		}
	}
	began = time.Now()
	again, _, err := place.Backup(ctx, to)
	if err != nil {
		return nil, err
	}
	what := fmt.Sprintf("backup, the next: %d of %d pieces were new", again.Fresh, again.Chunks)
	out = append(out, figure(what, again, began, "CPU: every row is read and hashed"))
	began = time.Now()
	back, err := restored(ctx, c, to.Books)
	if err != nil {
		return nil, err
	}
	return append(out, figure("restore", back, began, "one writer: rows go in, and are read back and compared")), nil
}

// restored restores the newest backup into an empty place, which is taken away again.
func restored(ctx context.Context, c Config, from string) (r backup.Report, err error) {
	to := c.place()
	to.Database = filepath.Join(c.room(), "restored")
	if c.room() == c.Database {
		defer func() { _ = os.RemoveAll(to.Database) }()
	} else {
		var drop func() error
		if to.Database, drop, err = emptyBeside(ctx, c.Database); err != nil {
			return r, err
		}
		defer func() { err = errors.Join(err, drop()) }()
	}
	did, err := app.Restore(ctx, to, app.From{Books: from})
	return did.Books, err
}

// emptyBeside makes an empty database on the server of another, and returns how to take it away.
func emptyBeside(ctx context.Context, where string) (made string, drop func() error, err error) {
	at, err := url.Parse(where)
	if err != nil {
		return "", nil, errors.New("the address of the database cannot be read")
	}
	db, err := openToRead(where, store.Postgres)
	if err != nil {
		return "", nil, err
	}
	name := fmt.Sprintf("beside_bench_%d", os.Getpid())
	if _, err := db.ExecContext(ctx, `CREATE DATABASE `+name); err != nil {
		return "", nil, errors.Join(err, db.Close())
	}
	at.Path = "/" + name
	return at.String(), func() error {
		_, err := db.ExecContext(context.WithoutCancel(ctx), `DROP DATABASE `+name)
		return errors.Join(err, db.Close())
	}, nil
}

// copyPlainly copies a file as large as the books, at most 1 GiB, and has it on disk when it returns.
func copyPlainly(c Config) (bytes float64, took time.Duration, err error) {
	dir, err := os.MkdirTemp(c.room(), "plain-")
	if err != nil {
		return 0, 0, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	from, to := filepath.Join(dir, "from"), filepath.Join(dir, "to")
	size := min(mostCopied, max(c.Books*c.Median*1000, 8<<20)) // an entry takes about 1,000 bytes
	if _, err := writeSynced(from, io.LimitReader(rand.NewChaCha8([32]byte{byte(c.Seed)}), int64(size))); err != nil {
		return 0, 0, err
	}
	f, err := os.Open(from)
	if err != nil {
		return 0, 0, err
	}
	defer func() { _ = f.Close() }()
	began := time.Now()
	n, err := writeSynced(to, f)
	return float64(n), time.Since(began), err
}

func writeSynced(path string, from io.Reader) (int64, error) {
	f, err := os.Create(path)
	if err != nil {
		return 0, err
	}
	n, err := io.Copy(f, from)
	return n, errors.Join(err, f.Sync(), f.Close())
}
