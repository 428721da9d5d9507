package backup_test

import (
	"context"
	"os"
	"strconv"
	"testing"

	"beside/internal/clock"
	"beside/internal/store"
	"beside/internal/testkit/pgtest"
)

// BenchmarkRestore fills entries of some 1.2 kB until there are BESIDE_RESTORE_MB of them (16 when it is not set), makes a backup
// and restores it into each engine, compared and all.
func BenchmarkRestore(b *testing.B) {
	mb, err := strconv.Atoi(os.Getenv("BESIDE_RESTORE_MB"))
	if err != nil {
		mb = 16
	}
	f := fill(b, b.TempDir(), 1)
	f.add(20)
	for range mb {
		f.must(f.db.Update(context.Background(), func(tx *store.Tx) error {
			for range 830 {
				if err := f.row(tx, entryTable(f)); err != nil {
					return err
				}
			}
			return nil
		}))
	}
	to := folder(b, b.TempDir(), "k")
	n := 0
	b.Run("write", func(b *testing.B) {
		for b.Loop() {
			n++
			m := making(b, f.db, noon+clock.Time(n)*clock.Second)
			m.Anew = true
			r, err := to.Write(b.Context(), f.db, m)
			if err != nil {
				b.Fatal(err)
			}
			b.SetBytes(r.Bytes)
		}
	})
	b.Run("write again", func(b *testing.B) {
		for b.Loop() {
			n++
			b.SetBytes(write(b, to, f.db, noon+clock.Time(n)*clock.Second).Bytes)
		}
	})
	for _, engine := range []string{"sqlite", "postgres"} {
		b.Run("restore/"+engine, func(b *testing.B) {
			h := write(b, to, f.db, noon+clock.Day) // for when this is run alone
			for b.Loop() {
				where := b.TempDir()
				if engine == "postgres" {
					where = pgtest.Durable(b)
				}
				r, err := to.Restore(b.Context(), h.Name, open(b, where), restoring())
				if err != nil {
					b.Fatal(err)
				}
				b.SetBytes(r.Bytes)
			}
		})
	}
}
