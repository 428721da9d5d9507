package vault

import (
	"bytes"
	"testing"

	"pgregory.net/rapid"
)

// Worked by hand from the formula in the paper: E = ⌊log₂ L⌋, S = ⌊log₂ E⌋+1, the last E−S bits of L become zero.
func TestPadméSizes(t *testing.T) {
	for n, want := range map[int]int{
		0: 128, 1: 128, 127: 128, 128: 128,
		129: 144, 144: 144, 145: 160, 255: 256, 256: 256,
		257: 272, 1000: 1024, 1024: 1024, 1025: 1088,
		100_000: 100_352, 1 << 20: 1 << 20, 1<<20 + 1: 1<<20 + 1<<15,
	} {
		if got := padmé(n); got != want {
			t.Errorf("padmé(%d) = %d, want %d", n, got, want)
		}
	}
}

func TestPaddingProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(minPadded, 1<<30).Draw(t, "n")
		p := padmé(n)
		switch {
		case p < n:
			t.Fatalf("%d bytes do not fit into %d", n, p)
		case float64(p-n) > 0.12*float64(n):
			t.Fatalf("%d bytes cost %d, more than 12 %% on top", n, p)
		case padmé(p) != p:
			t.Fatalf("a padded size %d grows again", p)
		case padmé(n+1) < p:
			t.Fatalf("a longer text gets fewer bytes at %d", n)
		}
	})
}

func TestUnpadUndoesPad(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		plain := rapid.SliceOfN(rapid.SampledFrom([]byte{0, 0x80, 'a', 0xff}), 0, 700).Draw(t, "plain")
		padded := pad(plain)
		if len(padded) != padmé(len(plain)+1) {
			t.Fatalf("padded to %d", len(padded))
		}
		got, ok := unpad(padded)
		if !ok || !bytes.Equal(got, plain) {
			t.Fatalf("%d bytes came back as %d, %v", len(plain), len(got), ok)
		}
	})
}

func FuzzUnpad(f *testing.F) {
	f.Add(pad(nil))
	f.Add(pad(bytes.Repeat([]byte{0x80, 0}, 100)))
	f.Add(make([]byte, 128))
	f.Add([]byte{0x80})
	f.Fuzz(func(t *testing.T, b []byte) {
		if plain, ok := unpad(b); ok && !bytes.Equal(pad(plain), b) {
			t.Fatal("taken, though pad does not make it")
		}
	})
}
