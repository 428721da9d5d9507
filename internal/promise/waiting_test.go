package promise

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/id"
	"beside/internal/store"
)

// A promise that waits for something outside says in the log for what; another error of ours is internal still.
func TestWhatAPromiseWaitsForIsLogged(t *testing.T) {
	for _, x := range []struct {
		err  error
		want string
	}{
		{errs.Wrap("keeper: renew", &Waiting{For: "an older root key file", Err: errors.New("vm:/etc/root.key")}), `why="waits for an older root key file"`},
		{errors.New("something broke"), "why=internal"},
	} {
		w := newWorld(t, t.TempDir(), clock.NewManual(noon))
		var log strings.Builder
		fails := Keep{Reach: func(context.Context, Promise) error { return x.err }}
		r := NewRunner(w.db, w.clock, w.ids, slog.New(slog.NewTextHandler(&log, nil)), map[Kind]Keep{"certify": fails}, Options{})
		err := w.db.Update(t.Context(), func(tx *store.Tx) error {
			return Set(tx, Promise{ID: id.New[id.Promise](w.ids), Kind: "certify", Due: noon, Made: noon})
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r.Once(t.Context()); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(log.String(), x.want) {
			t.Errorf("the log says %s, want %s", log.String(), x.want)
		}
	}
}
