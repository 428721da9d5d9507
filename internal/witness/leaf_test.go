package witness

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// Worked out from the package's description of bytes with another language's SHA-256. They must never change.
const (
	goldenHeader     = "01" + "00000005" + "7772697465" + "00000003" + "010203" + "00000000" + "00000001" + "ff"
	goldenCommitment = "5716fef79584d688a05089ec9466edf22ddd909754142f350dbf0333d7506177"
	goldenCipher     = "9f64a747e1b97f131fabb6b447296c9b6f0201e79fb3c5356e6c77e89b6a806a"
	goldenLeaf       = "de0834a522da13f71180315226aefed5a41a2f704cc4badb1cc31ec2577b9085"
	goldenRow        = "bf1bc6438804c51e5898f510e41353179d9d338055ab826dfc92674bfdc897b8"
	goldenBatch      = "e98fb82b880b2f087f2084ec7a761dc5d2b4e7b85a7bacd114b4ff60c2e2f840"
	goldenList       = "f2908fa7fa5eb11c91d61b1a8bcee9cf153bb37b104502e0074290795c124c10"
	goldenChain1     = "df3fa01ba402e7964c76c4e2cddb8e1d863e319f155e13914bf541e0d5e87501"
	goldenChain2     = "d7868c7f7644498d047235e38891212f9697ae7c411f1faa9eced093f20ec04b"
)

func goldenParts() (Header, Hash, Hash) {
	h := NewHeader("write", []byte{1, 2, 3}, nil, []byte{0xff})
	return h, Commit(Salt{0: 0xaa, 15: 0xbb}, []byte("a walk by the river")), Cipher([]byte{1, 2, 3, 4})
}

func TestGoldenHashes(t *testing.T) {
	h, commitment, cipher := goldenParts()
	leaf := Leaf(h, commitment, cipher)
	row := RowLeaf("rota", []byte{9}, []byte(`{"day":1}`))
	batch := BatchLeaf("look", [][]byte{{1}, nil, {2, 3}})
	one := Chain(Hash{}, leaf)
	for name, c := range map[string]struct {
		got  []byte
		want string
	}{
		"header":     {h, goldenHeader},
		"commitment": {commitment[:], goldenCommitment},
		"cipher":     {cipher[:], goldenCipher},
		"leaf":       {leaf[:], goldenLeaf},
		"row":        {row[:], goldenRow},
		"batch":      {batch[:], goldenBatch},
		"list":       {bytesOf(ListLeaf("look", []Hash{RowHash([]byte{1}), RowHash(nil), RowHash([]byte{2, 3})})), goldenList},
		"chain 1":    {one[:], goldenChain1},
		"chain 2":    {bytesOf(Chain(one, row)), goldenChain2},
	} {
		if got := hex.EncodeToString(c.got); got != c.want {
			t.Errorf("%s = %s, want %s", name, got, c.want)
		}
	}
}

func bytesOf(h Hash) []byte { return h[:] }

// A leaf depends on every bit of its three parts.
func TestEveryBitOfALeafCounts(t *testing.T) {
	h, commitment, cipher := goldenParts()
	want := Leaf(h, commitment, cipher)
	parts := bytes.Join([][]byte{h, commitment[:], cipher[:]}, nil)
	for i := range len(parts) * 8 {
		p := bytes.Clone(parts)
		p[i/8] ^= 1 << (i % 8)
		got := Leaf(p[:len(h)], Hash(p[len(h):]), Hash(p[len(h)+32:]))
		if got == want {
			t.Fatalf("bit %d does not count", i)
		}
	}
}

// drawn is a short list of short texts, so that two draws are often nearly alike.
func drawn(t *rapid.T, name string) []string {
	return rapid.SliceOfN(rapid.StringOfN(rapid.SampledFrom([]rune{0, 1, 'a'}), 0, 3, -1), 0, 4).Draw(t, name)
}

func fields(texts []string) [][]byte {
	out := make([][]byte, len(texts))
	for i, s := range texts {
		out[i] = []byte(s)
	}
	return out
}

func same(a, b []string) bool { return strings.Join(quoted(a), ",") == strings.Join(quoted(b), ",") }

func quoted(list []string) []string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = hex.EncodeToString([]byte(s)) + "."
	}
	return out
}

func TestOnlyEqualThingsHaveEqualHashes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		kind := rapid.SampledFrom([]string{"", "a", "aa"})
		ka, kb, a, b := kind.Draw(t, "kind a"), kind.Draw(t, "kind b"), drawn(t, "a"), drawn(t, "b")
		equal := ka == kb && same(a, b)
		if bytes.Equal(NewHeader(ka, fields(a)...), NewHeader(kb, fields(b)...)) != equal {
			t.Fatalf("headers of %q %q and %q %q", ka, a, kb, b)
		}
		if (BatchLeaf(ka, fields(a)) == BatchLeaf(kb, fields(b))) != equal {
			t.Fatalf("batches of %q %q and %q %q", ka, a, kb, b)
		}
		if len(a) < 2 || len(b) < 2 {
			return
		}
		equal = ka == kb && a[0] == b[0] && a[1] == b[1]
		if (RowLeaf(ka, []byte(a[0]), []byte(a[1])) == RowLeaf(kb, []byte(b[0]), []byte(b[1]))) != equal {
			t.Fatalf("rows of %q %q and %q %q", ka, a, kb, b)
		}
	})
}

func TestTheOrderOfRowsCounts(t *testing.T) {
	if BatchLeaf("look", [][]byte{{1}, {2}}) == BatchLeaf("look", [][]byte{{2}, {1}}) {
		t.Error("rows can be swapped")
	}
	if bytes.Equal(NewHeader("k", nil), NewHeader("k")) {
		t.Error("the number of fields does not count")
	}
}

// One kind of hash never passes for another, also when the same bytes are hashed.
func TestKindsOfHashAreApart(t *testing.T) {
	h, commitment, cipher := goldenParts()
	seen := map[Hash]string{}
	for name, hash := range map[string]Hash{
		"leaf": Leaf(h, commitment, cipher), "row": RowLeaf("", nil, nil), "batch": BatchLeaf("", nil),
		"empty leaf": Leaf(nil, Hash{}, Hash{}), "chain": Chain(commitment, cipher),
		"commitment": Commit(Salt(commitment[:16]), append(bytes.Clone(commitment[16:]), cipher[:]...)),
		"cipher":     Cipher(append(bytes.Clone(commitment[:]), cipher[:]...)),
	} {
		if before, taken := seen[hash]; taken {
			t.Errorf("%s and %s have one hash", before, name)
		}
		seen[hash] = name
	}
}

func TestACommitmentHidesAndBinds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		salt := rapid.Custom(func(t *rapid.T) Salt { return Salt(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "salt")) })
		a, b, plain := salt.Draw(t, "a"), salt.Draw(t, "b"), rapid.SliceOf(rapid.Byte()).Draw(t, "plain")
		if (Commit(a, plain) == Commit(b, plain)) != (a == b) {
			t.Fatal("the salt does not count")
		}
		if Commit(a, plain) == Commit(a, append(bytes.Clone(plain), 0)) {
			t.Fatal("the text does not count")
		}
	})
}

func TestNewSalt(t *testing.T) {
	s, err := NewSalt(strings.NewReader("sixteen bytes ok and more"))
	if err != nil || string(s[:]) != "sixteen bytes ok" {
		t.Errorf("%q, %v", s, err)
	}
	if _, err := NewSalt(strings.NewReader("fifteen bytes..")); err == nil {
		t.Error("a salt of fifteen bytes")
	}
}

func TestHashIsStoredAsBytes(t *testing.T) {
	h := Cipher([]byte("x"))
	v, err := h.Value()
	if err != nil {
		t.Fatal(err)
	}
	var back Hash
	if err := back.Scan(v); err != nil || back != h || back.IsZero() {
		t.Errorf("%v, %v, want %v", back, err, h)
	}
	for _, bad := range []any{nil, "text", []byte{}, h[:31], append(h[:], 0), int64(1)} {
		if err := back.Scan(bad); err == nil {
			t.Errorf("%T of a wrong size was taken", bad)
		}
	}
	if got := (Hash{}).String(); got != "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=" {
		t.Error(got)
	}
}

// Reading a header back gives what it was built from, so no two lists of fields share one header.
func FuzzHeader(f *testing.F) {
	f.Add("write", []byte{1, 'a', 0, 2, 'b', 'c'})
	f.Add("", []byte{})
	f.Add("a", []byte{0, 0, 0})
	f.Fuzz(func(t *testing.T, kind string, raw []byte) {
		var list [][]byte
		for len(raw) > 0 {
			n := min(int(raw[0]), len(raw)-1)
			list, raw = append(list, raw[1:1+n]), raw[1+n:]
		}
		gotKind, got := readHeader(t, NewHeader(kind, list...))
		if gotKind != kind || len(got) != len(list) {
			t.Fatalf("%q and %d fields came back as %q and %d", kind, len(list), gotKind, len(got))
		}
		for i := range list {
			if !bytes.Equal(list[i], got[i]) {
				t.Fatalf("field %d: %x came back as %x", i, list[i], got[i])
			}
		}
	})
}

// readHeader is written from the package's description of bytes, not from NewHeader.
func readHeader(t *testing.T, h Header) (string, [][]byte) {
	if len(h) < 5 || h[0] != 1 {
		t.Fatalf("a header begins with %x", h[:min(5, len(h))])
	}
	var texts [][]byte
	for rest := h[1:]; len(rest) > 0; {
		n := int(binary.BigEndian.Uint32(rest))
		texts, rest = append(texts, rest[4:4+n]), rest[4+n:]
	}
	return string(texts[0]), texts[1:]
}
