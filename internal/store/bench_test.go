package store_test

import (
	"context"
	"database/sql"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"

	"beside/internal/store"
	"beside/internal/store/storetest"
	"beside/internal/testkit/pgtest"
)

// The benchmarks write one small row durably, as in use: synchronous=FULL, and a PostgreSQL that waits for the disk.
// A folder for SQLite on the disk to be measured can be named in BESIDE_BENCH_DIR.

func BenchmarkUpdateOneAtATime(b *testing.B) {
	both(b, func(b *testing.B, db *store.DB) {
		for i := range b.N {
			write(b, db, int64(i))
		}
	})
}

// BenchmarkBareSQLite is what the others are held against: the same row, durably, with nothing but database/sql.
func BenchmarkBareSQLite(b *testing.B) {
	where := filepath.Join(benchDir(b), "db")
	if err := open(b, where).Migrate(b.Context(), storetest.Schema()); err != nil {
		b.Fatal(err)
	}
	db, err := sql.Open("sqlite", filepath.Join(where, "beside.db")+"?_pragma=synchronous(FULL)&_txlock=immediate")
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	db.SetMaxOpenConns(1)
	for b.Loop() {
		if err := bareWrite(db); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "ops/s")
}

func bareWrite(db *sql.DB) error {
	tx, err := db.Begin()
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // does nothing after a commit
	if _, err := tx.Exec("INSERT INTO thing (n, b) VALUES ($1, $2)", 100, []byte("sixteen bytes---")); err != nil {
		return err
	}
	return tx.Commit()
}

func BenchmarkUpdate64AtOnce(b *testing.B) {
	both(b, func(b *testing.B, db *store.DB) {
		var n atomic.Int64
		b.SetParallelism(32) // times GOMAXPROCS, 2 on the machine of the figures in docs
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				write(b, db, n.Add(1))
			}
		})
	})
}

func BenchmarkViewOneRow(b *testing.B) {
	both(b, func(b *testing.B, db *store.DB) {
		write(b, db, 1)
		b.ResetTimer()
		for b.Loop() {
			var n int64
			err := db.View(context.Background(), func(tx *store.Tx) error {
				return tx.Row("SELECT n FROM thing WHERE seq = $1", 1).Scan(&n)
			})
			if err != nil || n != 101 {
				b.Fatal(n, err)
			}
		}
	})
}

func both(b *testing.B, fn func(b *testing.B, db *store.DB)) {
	for _, engine := range []string{"sqlite", "postgres"} {
		b.Run(engine, func(b *testing.B) {
			where := filepath.Join(benchDir(b), "db")
			if engine == "postgres" {
				where = pgtest.Durable(b)
			}
			db := open(b, where)
			if err := db.Migrate(b.Context(), storetest.Schema()); err != nil {
				b.Fatal(err)
			}
			b.ResetTimer()
			fn(b, db)
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "ops/s")
		})
	}
}

func benchDir(b *testing.B) string {
	dir := os.Getenv("BESIDE_BENCH_DIR")
	if dir == "" {
		return b.TempDir()
	}
	dir, err := os.MkdirTemp(dir, "bench")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

func write(b *testing.B, db *store.DB, n int64) {
	err := db.Update(context.Background(), func(tx *store.Tx) error {
		_, err := tx.Exec("INSERT INTO thing (n, b) VALUES ($1, $2)", n+100, []byte("sixteen bytes---"))
		return err
	})
	if err != nil {
		b.Error(err)
	}
}
