package pin

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestWhatIsTypedIsReadForgivingly(t *testing.T) {
	for typed, want := range map[string]string{
		"640275": "640275", " 640 275 ": "640275", "640-275": "640275", "640–275": "640275", "６４０２７５": "640275", "٦٤٠٢٧٥": "640275", "६४०२७५": "640275",
		"sun key bird boat": "sun key bird boat", "  sun\tkey bird  boat": "sun key bird boat",
	} {
		if got, words := normalise(typed); got != want || words != "" {
			t.Errorf("%q is read as %q, %s", typed, got, words)
		}
	}
	for typed, want := range map[string]string{
		"": "pin.needed", "  ": "pin.needed", "12345": "pin.digits_long", "1234567890123": "pin.digits_long", "64o275": "pin.digits_only",
		"sun key bird": "pin.mark_four", "sun key bird boat fish": "pin.mark_four", "sun key bird 4": "pin.mark_four", "horse": "pin.digits_only",
		strings.Repeat("1", 1000): "pin.digits_only",
	} {
		if _, words := normalise(typed); words != want {
			t.Errorf("%q is refused with %q, want %q", typed, words, want)
		}
	}
}

func TestGuessable(t *testing.T) {
	for words, list := range map[string]string{
		"pin.repeats":   "111111 121212 123123 112112 110110 123321 444111 6402764027 777777777777",
		"pin.row":       "123456 654321 135791 024680 112233 111222333 123987 147258 159753 147258369 987654321",
		"pin.date":      "120384 031284 841203 19840312 12031984 198476 761984 20019381",
		"pin.mark_same": "sun,sun,sun,sun sun,key,sun,key sun,sun,key,key",
		"pin.mark_row":  "sun,tree,fish,bird key,cup,star,moon sun,fish,house,hand",
		"":              "640275 918273645 704162 8307549 sun,key,bird,boat fish,fish,moon,cup",
	} {
		for _, s := range strings.Fields(list) {
			s = strings.ReplaceAll(s, ",", " ")
			if got := guessable(s); got != words {
				t.Errorf("%s: %q, want %q", s, got, words)
			}
		}
	}
}

// TestFewAreRefused: of PINs and marks taken at random, most can be had.
func TestFewAreRefused(t *testing.T) {
	refused, all := 0, 0
	for n := 0; n < 1_000_000; n += 7 {
		s := []byte("000000")
		for i, v := 5, n; i >= 0; i, v = i-1, v/10 {
			s[i] += byte(v % 10)
		}
		if all++; guessable(string(s)) != "" {
			refused++
		}
	}
	if refused*4 > all {
		t.Errorf("%d of %d PINs are refused", refused, all)
	}
}

func TestReadingTwiceIsReadingOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		typed := rapid.OneOf(rapid.String(), rapid.StringMatching(`[0-9 -]{4,16}`)).Draw(t, "typed")
		once, words := normalise(typed)
		if words != "" {
			return
		}
		if twice, words := normalise(once); twice != once || words != "" {
			t.Fatalf("%q is read as %q, and that as %q", typed, once, twice)
		}
		guessable(once)
	})
}
