package account

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func TestGentleWords(t *testing.T) {
	words := gentle()
	if len(words) < 500 {
		t.Errorf("%d gentle words, want at least 500", len(words))
	}
	if !slices.IsSorted(words) || len(slices.Compact(slices.Clone(words))) != len(words) {
		t.Error("the list is not sorted, or has a word twice")
	}
	for _, w := range words {
		if len(w) < 3 || len(w) > 9 || strings.Trim(w, "abcdefghijklmnopqrstuvwxyz") != "" {
			t.Errorf("%q is not easily spelled", w)
		}
	}
}

func TestSqueeze(t *testing.T) {
	for typed, want := range map[string]string{
		"Ana": "ana", "ana-lía  MÜLLER": "analiamuller", "O’Neil": "oneil", "Straße": "strasse", "İnci": "inci", "ﬁn": "fin",
		"🌱": "", "": "", "❤️": "", "Anna 2": "anna2", "नीला": "नीला", "Йод": "йод", "\u200fمحمد\u200c": "محمد", "a\xffb": "ab",
	} {
		if got := squeeze(typed); got != want {
			t.Errorf("squeeze(%q) = %q, want %q", typed, got, want)
		}
	}
}

func TestPlainKeepsTheNameReadable(t *testing.T) {
	for name, want := range map[string]string{
		"Ana": "ana", " José  María ": "josé maría", "O’Neil": "oneil", "Zoe\u0308": "zoë", "🌱 Ana": "ana", "Jean-Luc": "jean luc",
	} {
		if got := plain(name); got != want {
			t.Errorf("plain(%q) = %q, want %q", name, got, want)
		}
	}
	if got := shortened("a very long name that nobody could write on a small card"); got != "a very long name that" {
		t.Errorf("shortened to %q", got)
	}
}

// Whoever types what they were shown, and whoever types it squeezed, means the same.
func TestSqueezeIsStable(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.String().Draw(t, "name")
		checkStable(t, name)
		checkStable(t, strings.ToUpper(name))
	})
}

func FuzzSqueeze(f *testing.F) {
	for _, s := range []string{"Ana", "İ", "ẞ", "ﷺ", "\u0345a", "a\u0301\u0327", "ᾳ", "ſ", "각", "\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) { checkStable(t, s) })
}

type failer interface {
	Errorf(string, ...any)
}

func checkStable(t failer, s string) {
	if len(s) > longestSignIn/8 {
		return // longer texts are cut at another place the second time
	}
	once := squeeze(s)
	if again := squeeze(once); again != once || !utf8.ValidString(once) || strings.Contains(once, " ") {
		t.Errorf("squeeze(%q) = %q, then %q", s, once, again)
	}
	if shown := squeeze(plain(s)); shown != once {
		t.Errorf("%q is shown as %q, which is read as %q and not %q", s, plain(s), shown, once)
	}
}
