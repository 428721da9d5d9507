package vault

import (
	"encoding/binary"
	"testing"

	"beside/internal/id"
)

// The bound of design.md is 5 µs an item.
func BenchmarkItemKey(b *testing.B) {
	tr, it := mustTree(b, 1), anItem(1)
	for b.Loop() {
		if _, err := tr.itemKey(it); err != nil {
			b.Fatal(err)
		}
	}
}

// In a tree with twenty erased items the way is shorter, as it starts lower.
func BenchmarkItemKeyPunctured(b *testing.B) {
	tr := mustTree(b, 1)
	for n := range byte(20) {
		tr = tr.without(tr.path(anItem(n + 2)))
	}
	for b.Loop() {
		if _, err := tr.itemKey(anItem(1)); err != nil {
			b.Fatal(err)
		}
	}
}

func benchVault(b *testing.B) *Vault {
	v := openVault(b, b.TempDir(), rootOf(1))
	if err := v.MakeBook(b.Context(), aBook(1)); err != nil {
		b.Fatal(err)
	}
	return v
}

func BenchmarkSeal300(b *testing.B) {
	v, plain := benchVault(b), make([]byte, 300)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := v.Seal(b.Context(), aBook(1), anItem(1), anEntry(1), plain); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkUnseal300(b *testing.B) {
	v := benchVault(b)
	s := must(v.Seal(b.Context(), aBook(1), anItem(1), anEntry(1), make([]byte, 300)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := v.Unseal(b.Context(), aBook(1), anItem(1), anEntry(1), s); err != nil {
			b.Fatal(err)
		}
	}
}

// A book that was not used lately: its tree comes from the store.
func BenchmarkUnseal300Cold(b *testing.B) {
	v := benchVault(b)
	v.recent = newRecent(0)
	s := must(v.Seal(b.Context(), aBook(1), anItem(1), anEntry(1), make([]byte, 300)))
	for b.Loop() {
		if _, err := v.Unseal(b.Context(), aBook(1), anItem(1), anEntry(1), s); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkMakeBook(b *testing.B) {
	v, n := benchVault(b), uint64(1)
	for b.Loop() {
		n++
		if err := v.MakeBook(b.Context(), numbered(n)); err != nil {
			b.Fatal(err)
		}
	}
}

func numbered(n uint64) id.Book {
	var b [16]byte
	binary.BigEndian.PutUint64(b[8:], n)
	return must(id.FromBytes[id.Book](b[:]))
}
