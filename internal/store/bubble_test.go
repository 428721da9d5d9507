package store_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"beside/internal/store"
	"beside/internal/store/storetest"
	"beside/internal/testkit/pgtest"
)

// TestTimeRunsFastOverARealDatabase lives a year of daily updates inside a bubble. On PostgreSQL a goroutine that waits
// for the server is not "durably blocked", so the bubble's time stands still during a statement and leaps between them.
func TestTimeRunsFastOverARealDatabase(t *testing.T) {
	pgtest.Both(t, func(t *testing.T, where string) {
		synctest.Test(t, func(t *testing.T) {
			db := open(t, where)
			if err := db.Migrate(t.Context(), storetest.Schema()); err != nil {
				t.Fatal(err)
			}
			began := time.Now()
			for range 4 {
				go daily(t, db)
			}
			time.Sleep(365*24*time.Hour + time.Hour)
			synctest.Wait()
			var n int
			err := db.View(t.Context(), func(tx *store.Tx) error { return tx.Row("SELECT COUNT(*) FROM thing").Scan(&n) })
			if err != nil || n != 4*365 {
				t.Errorf("%d updates in a year of four, want %d (%v)", n, 4*365, err)
			}
			if passed := time.Since(began); passed != 365*24*time.Hour+time.Hour {
				t.Errorf("%v passed in the bubble", passed)
			}
		})
	})
}

// daily writes a row a day for a year, all four writers at the same moment.
func daily(t *testing.T, db *store.DB) {
	for day := range 365 {
		time.Sleep(24 * time.Hour)
		err := db.Update(context.Background(), func(tx *store.Tx) error {
			_, err := tx.Exec("INSERT INTO thing (n) VALUES ($1)", 100+day)
			return err
		})
		if err != nil {
			t.Error(err)
		}
	}
}
