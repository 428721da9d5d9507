package witness

import (
	"os"
	"path/filepath"
	"testing"

	"beside/internal/clock"
	"beside/internal/store"
	"beside/internal/testkit/pgtest"
)

// BenchmarkSequence puts ten thousand queued leaves into the log, and says what a leaf costs in time and on disk.
func BenchmarkSequence(b *testing.B) {
	for engine, where := range map[string]string{"sqlite": b.TempDir(), "postgres": pgtest.URL(b)} {
		b.Run(engine, func(b *testing.B) {
			db := openKernelFor(b, where)
			c := clock.NewManual(clock.Day)
			l := newLog(b, db, c)
			const leaves = 10_000
			n := 0
			for b.Loop() {
				b.StopTimer()
				for range leaves / 1000 {
					enqueue(b, db, n, 1000, c.Now())
					n += 1000
				}
				b.StartTimer()
				sequence(b, l)
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(n), "µs/leaf")
			b.ReportMetric(onDisk(b, db, where)/float64(n), "bytes/leaf")
		})
	}
}

// onDisk is what the tables of the log take.
func onDisk(b *testing.B, db *store.DB, where string) (size float64) {
	b.Helper()
	query := `SELECT CAST(SUM(pg_total_relation_size(c.oid)) AS DOUBLE PRECISION) FROM pg_class AS c WHERE c.relname IN ('log_tile', 'log_checkpoint', 'log_record')`
	if db.Engine() == store.SQLite {
		query = `SELECT CAST(SUM(pgsize) AS REAL) FROM dbstat WHERE name IN ('log_tile', 'log_tile_time', 'sqlite_autoindex_log_tile_1', 'log_checkpoint', 'sqlite_autoindex_log_checkpoint_1', 'log_record', 'log_record_row')`
	}
	if err := db.View(b.Context(), func(tx *store.Tx) error { return tx.Row(query).Scan(&size) }); err != nil {
		info, bad := os.Stat(filepath.Join(where, "beside.db"))
		if bad != nil {
			b.Fatal(err, bad)
		}
		return float64(info.Size())
	}
	return size
}

func openKernelFor(b *testing.B, where string) *store.DB {
	b.Helper()
	db, err := store.Open(b.Context(), where, store.Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = db.Close() })
	if err := db.Migrate(b.Context(), os.DirFS("../store/schema")); err != nil {
		b.Fatal(err)
	}
	return db
}
