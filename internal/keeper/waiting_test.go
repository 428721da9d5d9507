package keeper

import (
	"errors"
	"fmt"
	"testing"

	"beside/internal/errs"
	"beside/internal/promise"
	"beside/internal/vault"
)

// A certificate that waits says for what.
func TestWhatACertificateWaitsFor(t *testing.T) {
	for _, x := range []struct {
		err  error
		want string
	}{
		{errs.Wrap("vault: renew", fmt.Errorf("%w: vm:/etc/root.key", vault.ErrRootStays)), "an older root key file"},
		{errs.Wrap("vault: renew", vault.ErrTrial), "a trial of a backup"},
		{errors.New("something else"), ""},
	} {
		got := ""
		if w, ok := errors.AsType[*promise.Waiting](waiting(x.err)); ok {
			got = w.For
		}
		if got != x.want || !errors.Is(waiting(x.err), x.err) {
			t.Errorf("%v waits for %q, want %q", x.err, got, x.want)
		}
	}
	if waiting(nil) != nil {
		t.Error("nothing waits")
	}
}
