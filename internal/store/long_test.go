package store

import (
	"context"
	"testing"
	"time"

	"beside/internal/errs"
	"beside/internal/testkit/pgtest"
)

// What reads or writes very much may take longer than what a person waits for; only when it stands still does it end.
func TestALongTransactionMayTakeLong(t *testing.T) {
	db, err := Open(t.Context(), pgtest.URL(t), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	s := db.engine.(*server)
	s.silence, s.longest = 200*time.Millisecond, 5*time.Second
	goesOn := func(tx *Tx) error {
		for range 8 {
			if _, err := tx.Exec(`SELECT pg_sleep(0.05)`); err != nil {
				return err
			}
		}
		return nil
	}
	if err := db.View(t.Context(), goesOn); !errs.Is(err, errs.Busy) {
		t.Errorf("what a person waits for took long: %v", err)
	}
	for name, run := range map[string]func(context.Context, func(*Tx) error) error{"read": db.LongView, "written": db.LongUpdate} {
		if err := run(t.Context(), goesOn); err != nil {
			t.Errorf("much that is %s is cut off: %v", name, err)
		}
	}
	s.longest = 200 * time.Millisecond
	err = db.LongView(t.Context(), func(tx *Tx) error {
		_, err := tx.Exec(`SELECT pg_sleep(2)`)
		return err
	})
	if !errs.Is(err, errs.Busy) {
		t.Errorf("what stands still goes on: %v", err)
	}
}
