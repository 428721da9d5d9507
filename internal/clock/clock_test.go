package clock_test

import (
	"testing"
	"time"

	"beside/internal/clock"
)

func TestTimeIsUTCMicroseconds(t *testing.T) {
	at := time.Date(2026, 3, 29, 2, 30, 0, 123_456_789, time.FixedZone("", 7200))
	if got := clock.Of(at); got != 1_774_744_200_123_456 {
		t.Errorf("%v is %d", at, got)
	}
	if got := clock.Of(at).Std(); !got.Equal(at.Truncate(time.Microsecond)) || got.Location() != time.UTC {
		t.Errorf("%v came back as %v", at, got)
	}
}

func TestManualMovesWhenTold(t *testing.T) {
	m := clock.NewManual(10)
	m.Step(5 * clock.Second)
	m.Step(-clock.Second)
	if got := m.Now(); got != 10+4*clock.Second {
		t.Errorf("it stands at %d", got)
	}
	m.Set(7)
	if got := m.Now(); got != 7 {
		t.Errorf("it stands at %d, want 7", got)
	}
	if before := clock.System().Now(); before < clock.Of(time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("the machine's clock says %v", before.Std())
	}
}
