package paper_test

import (
	"strings"
	"testing"

	"beside/internal/account/paper"
)

func TestRead(t *testing.T) {
	for typed, want := range map[string]string{
		"K7Q2-M9XD": "K7Q2M9XD", " k7q2 m9xd\n": "K7Q2M9XD", "oi-l0 1111": "01101111", "K7Q2–M9XD.": "K7Q2M9XD",
		"": "", "K7Q2-M9X": "", "K7Q2-M9XDD": "", "K7Q2-M9XU": "", "ＫＫＫＫ-Ｋ９ＸＤ": "", "K7Q2-M9XD" + strings.Repeat(" ", 300): "",
	} {
		if got := paper.Read(typed, 8); got != want {
			t.Errorf("%q is read as %q, want %q", typed, got, want)
		}
	}
}
