package names_test

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"beside/internal/keeper/names"
)

func TestParts(t *testing.T) {
	for name, want := range map[string][]string{
		"Ana María": {"ana", "maria"}, "ANA-MARIA": {"ana", "maria"}, "  o'Neil ": {"oneil"}, "O’Neil": {"oneil"},
		"Weiß": {"weiss"}, "Øystein": {"oystein"}, "Łukasz": {"lukasz"}, "李 小龙": {"李", "小龙"}, "محمد": {"محمد"},
		"": nil, "🐝": nil, "a b c d e f g h": {"a", "b", "c", "d", "e", "f"}, "Sam 2": {"sam", "2"}, "प्रिया": {"प्रिया"},
		"Ἀγαθῇ": names.Parts("ἈΓΑΘΗ͂Ι"), "\u0345": {"ι"}, "\u0301ana": {"ana"},
		strings.Repeat("a", 401): {strings.Repeat("a", 400)},
	} {
		if got := names.Parts(name); !slices.Equal(got, want) {
			t.Errorf("the parts of %q are %q, want %q", name, got, want)
		}
	}
}

func TestPartsOfAnything(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.String().Draw(t, "name")
		parts := names.Parts(name)
		for _, p := range parts {
			if again := names.Parts(p); p == "" || !utf8.ValidString(p) || len(again) != 1 || again[0] != p {
				t.Fatalf("the part %q of %q has the parts %q", p, name, again)
			}
			names.Sound(p)
		}
		if big := names.Parts(strings.ToUpper(strings.ToLower(name))); len(big) != len(parts) && len(name) < 100 {
			t.Fatalf("%q has %d parts, in capital letters %d", name, len(parts), len(big))
		}
	})
}

// Names that sound alike to the ear have one code; these have others.
func TestSound(t *testing.T) {
	for _, alike := range [][]string{
		{"catherine", "katherine", "catharine"}, {"steven", "stephen"}, {"john", "jon"}, {"jonathan", "johnathan"}, {"teresa", "theresa"},
		{"mohammed", "muhammad", "mohamed"}, {"yusuf", "yousef"}, {"schmidt", "schmid"}, {"philip", "filip"}, {"marie", "mary"}, {"sara", "sarah"},
	} {
		for _, n := range alike[1:] {
			if a, b := names.Sound(alike[0]), names.Sound(n); a != b {
				t.Errorf("%s sounds %q, %s sounds %q", alike[0], a, n, b)
			}
		}
	}
	codes := map[string]string{}
	for _, n := range []string{"ana", "ben", "mira", "sam", "grace", "toni", "ada", "cleo", "jo"} {
		if other, taken := codes[names.Sound(n)]; taken {
			t.Errorf("%s and %s sound alike", n, other)
		}
		codes[names.Sound(n)] = n
	}
	for part, want := range map[string]string{"lawson": "LASAN", "edward": "EDWAD", "sahil": "SAHAL", "liz": "L", "murray": "MARY", "ay": "AY", "ee": "E", "a": "A", "s": "S", "worthy": "WARTY", "costales": "CASTAL", "macarthur": "MCARTAR", "tu": "T", "montgomery": "MANTGANARY", "e": "E", "李": "", "": "", "sam2": ""} {
		if got := names.Sound(part); got != want {
			t.Errorf("%q sounds %q, want %q", part, got, want)
		}
	}
}
