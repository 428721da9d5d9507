package attending_test

import (
	"context"
	"testing"
	"time"

	"beside/internal/attending"
	"beside/internal/keeper"
	"beside/internal/testkit/books"
	"beside/internal/testkit/ready"
)

var ctx = context.Background()

// world is who was here.
type world struct {
	*books.Place
	*attending.Attending
}

type owner = books.Owner

var must, wantKind = books.Must, books.WantKind

func onBoth(t *testing.T, fn func(t *testing.T, w *world)) {
	t.Helper()
	ready.Both(t, func(t *testing.T, where string) { fn(t, newWorld(t, where)) })
}

func newWorld(t *testing.T, where string) *world {
	t.Helper()
	w := &world{Place: books.New(t, where)}
	w.Attending = attending.New(attending.Config{DB: w.DB, Keeper: w.Keeper, Clock: w.Clock})
	w.Keeper.OnErase(w.Forget)
	w.Keeper.OnCopy(keeper.CopyDays, w.Copy)
	return w
}

// today is the day on the wall in UTC.
func (w *world) today() string { return attending.DayOf(w.Clock.Now(), time.UTC) }

// met is a meeting of today.
func (w *world) met() attending.Meeting {
	return attending.Meeting{Entry: w.Entry(), Day: w.today(), Units: 4, Code: attending.Met}
}
