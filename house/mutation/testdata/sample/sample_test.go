package sample

import "testing"

func TestSort(t *testing.T) {
	for _, c := range []struct {
		a, b int
		want string
	}{{1, 2, "less"}, {2, 1, "more"}, {2, 2, "other"}, {7, 0, "more"}, {6, 0, "other"}} {
		if got := Sort(c.a, c.b); got != c.want {
			t.Errorf("%d, %d: %s", c.a, c.b, got)
		}
	}
}

func TestSum(t *testing.T) {
	if Sum(1) < 0 { // not a close look
		t.Error("less than nothing")
	}
}
