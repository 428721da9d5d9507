package vault

import (
	"bytes"
	"encoding/hex"
	"errors"
	"testing"

	"pgregory.net/rapid"
)

// A value sealed by version 1 opens for ever.
func TestGoldenSealedValueOpens(t *testing.T) {
	s := must(hex.DecodeString(goldenSealed))
	got, err := goldenTree().unseal(goldenPlace(), s)
	if err != nil || string(got) != goldenText {
		t.Fatalf("%q, %v, want %q", got, err, goldenText)
	}
}

func TestSealThenUnseal(t *testing.T) {
	tr := mustTree(t, 1)
	rapid.Check(t, func(t *rapid.T) {
		p := place{aBook(rapid.Byte().Draw(t, "book")), drawItem(t), anEntry(3)}
		plain := rapid.SliceOfN(rapid.Byte(), 0, 2000).Draw(t, "plain")
		s := must(tr.seal(p, plain))
		if len(s) != overhead+padmé(len(plain)+1) {
			t.Fatalf("%d bytes were sealed in %d", len(plain), len(s))
		}
		if got, err := tr.unseal(p, s); err != nil || !bytes.Equal(got, plain) {
			t.Fatalf("came back as %d bytes, %v", len(got), err)
		}
	})
}

func TestSealedOpensNowhereElse(t *testing.T) {
	tr, other := mustTree(t, 1), mustTree(t, 2)
	rapid.Check(t, func(t *rapid.T) {
		b := rapid.ByteRange(1, 3)
		draw := func(name string) place {
			return place{aBook(b.Draw(t, name)), anItem(b.Draw(t, name)), anEntry(b.Draw(t, name))}
		}
		here, there := draw("here"), draw("there")
		s := must(tr.seal(here, []byte("mine")))
		_, err := tr.unseal(there, s)
		if (here == there) != (err == nil) || (err != nil && !errors.Is(err, ErrNotThis)) {
			t.Fatalf("sealed at %v, opened at %v: %v", here, there, err)
		}
		if _, err := other.unseal(here, s); !errors.Is(err, ErrNotThis) {
			t.Fatalf("another book's tree: %v", err)
		}
	})
}

func TestEveryFlippedBitIsFound(t *testing.T) {
	tr, s := goldenTree(), must(hex.DecodeString(goldenSealed))
	for i := range len(s) * 8 {
		bad := bytes.Clone(s)
		bad[i/8] ^= 1 << (i % 8)
		if _, err := tr.unseal(goldenPlace(), bad); !errors.Is(err, ErrNotThis) {
			t.Fatalf("bit %d: %v", i, err)
		}
	}
}

func TestTheSameTextSealedTwiceDiffers(t *testing.T) {
	tr := goldenTree()
	a, b := must(tr.seal(goldenPlace(), nil)), must(tr.seal(goldenPlace(), nil))
	if bytes.Equal(a, b) || bytes.Equal(a[1:13], b[1:13]) {
		t.Fatal("a nonce was used twice")
	}
}

// Any bytes but the one value that was sealed are refused, without a panic.
func FuzzUnseal(f *testing.F) {
	good := must(hex.DecodeString(goldenSealed))
	f.Add([]byte(nil))
	f.Add([]byte{1})
	f.Add(good)
	f.Add(good[:len(good)-1])
	f.Add(append(bytes.Clone(good), 0))
	f.Add(make([]byte, overhead+minPadded))
	tr := goldenTree()
	f.Fuzz(func(t *testing.T, b []byte) {
		plain, err := tr.unseal(goldenPlace(), b)
		if bytes.Equal(b, good) {
			if err != nil || string(plain) != goldenText {
				t.Fatal("the true value does not open")
			}
			return
		}
		if !errors.Is(err, ErrNotThis) || plain != nil {
			t.Fatalf("opened, or failed otherwise: %v", err)
		}
	})
}
