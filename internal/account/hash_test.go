package account

import (
	"context"
	"crypto/rand"
	"strings"
	"testing"
	"testing/synctest"

	"beside/internal/errs"
)

func testHasher(t testing.TB, h Hashing) *hasher {
	t.Helper()
	out, err := newHasher(h, func(p string) []byte { return []byte("pepper " + p) }, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestHashing(t *testing.T) {
	h := testHasher(t, Hashing{MemoryKiB: 64, Times: 2})
	phc, err := h.hash(t.Context(), " nobody else\u00a0would ")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(phc, "$argon2id$v=19$m=64,t=2,p=1$") {
		t.Errorf("stored as %q", phc)
	}
	if again, _ := h.hash(t.Context(), "nobody else would"); again == phc {
		t.Error("two people with one passphrase have one hash")
	}
	for typed, want := range map[string]bool{"nobody else would": true, "nobody else would\n": true, "Nobody else would": false, "": false} {
		if fits, weak, err := h.fits(t.Context(), phc, typed); err != nil || fits != want || weak {
			t.Errorf("%q: fits %v, weak %v, %v", typed, fits, weak, err)
		}
	}
	if _, weak, _ := testHasher(t, Hashing{MemoryKiB: 128, Times: 2}).fits(t.Context(), phc, ""); !weak {
		t.Error("a hash with less memory is not found weak")
	}
}

func TestDefaultWork(t *testing.T) {
	if h := (Hashing{}).filled(); h.MemoryKiB != 19456 || h.Times != 2 || h.AtOnce < 1 {
		t.Errorf("by default a passphrase costs %+v", h)
	}
}

// Words that belong to nobody are compared with a hash that costs what everybody's costs.
func TestNobodyCostsAsMuchAsSomebody(t *testing.T) {
	h := testHasher(t, Hashing{MemoryKiB: 128, Times: 3})
	s, err := parseStored(h.nobody)
	if err != nil || s.memory != 128 || s.times != 3 {
		t.Errorf("nobody's hash costs %d KiB, %d times; %v", s.memory, s.times, err)
	}
}

func TestWhatIsStoredIsReadStrictly(t *testing.T) {
	h := testHasher(t, Hashing{MemoryKiB: 64, Times: 1})
	good := h.nobody
	if s, err := parseStored(good); err != nil || s.String() != good {
		t.Fatalf("%q: %v", good, err)
	}
	for _, bad := range []string{
		"", "$", "plain", good + "$", good + "=", good[1:], strings.Replace(good, "argon2id", "argon2i", 1), strings.Replace(good, "v=19", "v=16", 1),
		strings.Replace(good, "m=64", "m=99999999", 1), strings.Replace(good, "t=1", "t=0", 1), strings.Replace(good, "t=1", "t=999", 1),
		strings.Replace(good, "p=1", "p=4", 1), strings.Replace(good, "m=64", "m=064", 1), good[:len(good)-2],
	} {
		if _, err := parseStored(bad); err == nil {
			t.Errorf("%q was read", bad)
		}
	}
}

func FuzzParseStored(f *testing.F) {
	f.Add("$argon2id$v=19$m=64,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")
	f.Fuzz(func(t *testing.T, phc string) {
		if s, err := parseStored(phc); err == nil && s.String() != phc {
			t.Errorf("%q is read as %q", phc, s.String())
		}
	})
}

// However many come at once, only a few are hashed, a bounded number waits, and the rest is told at once.
func TestManyAtOnceAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := testHasher(t, Hashing{MemoryKiB: 64, Times: 1, AtOnce: 3})
		results, leaves := make(chan error, 1000), make(chan func(), 1000)
		for range longestQueue + 3 + 10 {
			go func() {
				leave, err := h.enter(t.Context())
				if err == nil {
					leaves <- leave
				}
				results <- err
			}()
		}
		synctest.Wait()
		busy := 0
		for range len(results) {
			if err := <-results; err != nil {
				busy++
				if !errs.Is(err, errs.Busy) {
					t.Errorf("refused with %v", err)
				}
			}
		}
		if len(leaves) != 3 || busy != 10 {
			t.Errorf("%d hash at once and %d were refused, want 3 and 10", len(leaves), busy)
		}
		for range longestQueue + 3 {
			(<-leaves)()
			synctest.Wait()
		}
		if len(h.queue) != 0 || len(h.turn) != 0 {
			t.Error("somebody did not give their turn back")
		}
	})
}

func TestWaitingEndsWithTheRequest(t *testing.T) {
	h := testHasher(t, Hashing{MemoryKiB: 64, Times: 1, AtOnce: 1})
	leave, err := h.enter(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := h.hash(ctx, "x"); !errs.Is(err, errs.Busy) {
		t.Errorf("waiting ended with %v", err)
	}
	leave()
	if len(h.queue) != 0 {
		t.Error("who waited in vain is still in the queue")
	}
}

func BenchmarkHash(b *testing.B) {
	h := testHasher(b, Hashing{})
	for b.Loop() {
		if _, err := h.hash(b.Context(), "nobody else would think of ferns"); err != nil {
			b.Fatal(err)
		}
	}
}
