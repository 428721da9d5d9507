package card

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func anyCode(t *rapid.T) Code {
	return codeOf(rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, "random"))
}

func TestACodeIsReadAsItIsTyped(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := anyCode(t)
		typed := strings.NewReplacer("0", rapid.SampledFrom([]string{"0", "o", "O"}).Draw(t, "zero"), "1", rapid.SampledFrom([]string{"1", "i", "L"}).Draw(t, "one"),
			" ", rapid.SampledFrom([]string{" ", "", "-", "  "}).Draw(t, "between")).Replace(c.Show())
		if rapid.Bool().Draw(t, "small") {
			typed = strings.ToLower(typed)
		}
		if got, ok := readCode(typed); !ok || got != c {
			t.Fatalf("%q is not read as %q", typed, c.Show())
		}
		if got, ok := readCode(c.Link()); !ok || got != c {
			t.Fatalf("%q is not read", c.Link())
		}
	})
}

// TestASlipIsFound: one symbol mistaken, two that changed places, one left out, one too many.
func TestASlipIsFound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := anyCode(t).s
		i, j := rapid.IntRange(0, allSymbols-1).Draw(t, "i"), rapid.IntRange(0, allSymbols-1).Draw(t, "j")
		b := []byte(s)
		if rapid.Bool().Draw(t, "swapped") {
			b[i], b[j] = b[j], b[i]
		} else {
			b[i] = rapid.SampledFrom([]byte(symbols)).Draw(t, "symbol")
		}
		if _, ok := readCode(string(b)); ok && string(b) != s {
			t.Fatalf("%s is taken for %s", b, s)
		}
		for _, odd := range []string{s[:i] + s[i+1:], s[:i] + "0" + s[i:], s[:i] + "U" + s[i+1:], ""} {
			if _, ok := readCode(odd); ok {
				t.Fatalf("%q is taken for a code", odd)
			}
		}
	})
}

// TestTheFieldHas31Steps: its generator comes round to one only then, which is what makes every slip show.
func TestTheFieldHas31Steps(t *testing.T) {
	v := byte(1)
	for n := 1; n <= 31; n++ {
		v = times2(v)
		if (v == 1) != (n == 31) {
			t.Fatalf("after %d steps: %d", n, v)
		}
	}
}

func TestACodeIsNotPrintedByAccident(t *testing.T) {
	c := codeOf(make([]byte, 32))
	for _, form := range []string{"%v", "%s", "%q"} {
		if s := fmt.Sprintf(form, c); strings.Contains(s, "000") {
			t.Errorf("%s prints %s", form, s)
		}
	}
}

func TestTheSquareFits(t *testing.T) {
	s, err := Draw("https://beside.example.org/come-in/card#" + codeOf(make([]byte, 32)).Link())
	if err != nil || s.Size < 21+2*quiet || s.Size > 45+2*quiet || !strings.HasPrefix(s.Path, "M4 4h7v1h-7z") {
		t.Errorf("%d, %.30s, %v", s.Size, s.Path, err)
	}
}
