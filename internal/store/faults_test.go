package store

import (
	"fmt"
	"io"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"beside/internal/errs"
)

// A connection that is gone may be there again soon, however the driver says it. (It says "conn closed" of a commit, when it
// found out while the rows of the statement before were put away.)
func TestAConnectionThatIsGoneIsBusy(t *testing.T) {
	for _, err := range []error{io.ErrUnexpectedEOF, pgconn.ErrConnClosed} {
		if got := refusal("store: commit", fmt.Errorf("commit: %w", err)); !errs.Is(got, errs.Busy) {
			t.Errorf("%v is told as %v", err, got)
		}
	}
}
