package provider

import (
	"errors"
	"testing"

	"beside/internal/clock"
	"beside/internal/id"
	"beside/internal/store"
	"beside/internal/testkit/ready"
)

// TestTheOrganisationOpensNoReview: who comes in at the organisation's sign-in puts on the hat of a worker by it, and never that of who reviews the
// organisation.
func TestTheOrganisationOpensNoReview(t *testing.T) {
	w := newInstallation(t, ready.Folder(t))
	ana := w.join()
	subject := []byte("ana at the organisation")
	role := func(hat string) {
		t.Helper()
		err := w.DB.Update(t.Context(), func(tx *store.Tx) error {
			_, err := tx.Exec(`INSERT INTO membership (id, community, person, hat, since, until, invited_by) SELECT $1, community, $2, $3, $4, $5, NULL FROM membership LIMIT 1`,
				id.New[id.Membership](w.IDs), ana.Person, hat, w.clock.Now(), clock.Time(1)<<60)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.DB.Update(t.Context(), func(tx *store.Tx) error {
		_, err := tx.Exec(`INSERT INTO provider_link (id, person, issuer, subject, made_at, ended_at) VALUES ($1, $2, $3, $4, $5, 0)`, id.New[id.Link](w.IDs), ana.Person, w.issuer, subject, w.clock.Now())
		return err
	}); err != nil {
		t.Fatal(err)
	}
	role("reviewer")
	if _, err := w.show(t.Context(), ana.Session, subject); !errors.Is(err, ErrUnknown) {
		t.Errorf("the organisation shows who a reviewer is: %v", err)
	}
	role("worker")
	if _, err := w.show(t.Context(), w.join().Session, subject); !errors.Is(err, ErrUnknown) {
		t.Errorf("of another it is %v", err)
	}
}
