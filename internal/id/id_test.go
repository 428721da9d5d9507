package id_test

import (
	"bytes"
	"errors"
	"testing"

	"beside/internal/clock"
	"beside/internal/id"
)

func TestIDsFollowTheClock(t *testing.T) {
	c := clock.NewManual(1_700_000_000_000 * clock.Millisecond)
	m := id.NewMaker(c, bytes.NewReader(bytes.Repeat([]byte{0xff}, 20)))
	a := id.New[id.Entry](m)
	if got, want := a.String(), "018bcfe5-6800-7fff-bfff-ffffffffffff"; got != want {
		t.Errorf("id %s, want %s (RFC 9562 §5.7: time, version 7, variant 10)", got, want)
	}
	c.Step(clock.Millisecond)
	if b := id.New[id.Entry](m); b.String() <= a.String() {
		t.Errorf("a later id %s sorts before %s", b, a)
	}
}

func TestIDsComeBack(t *testing.T) {
	m := id.NewMaker(clock.System(), nil)
	for range 100 {
		a := id.New[id.Book](m)
		b, err := id.Parse[id.Book](a.String())
		if err != nil || a != b {
			t.Fatalf("%s came back as %s, %v", a, b, err)
		}
		v, _ := a.Value()
		var c id.Book
		if err := c.Scan(v); err != nil || c != a {
			t.Fatalf("%s was stored as %v and came back as %s, %v", a, v, c, err)
		}
		text, _ := a.MarshalText()
		var d id.Book
		if err := d.UnmarshalText(text); err != nil || d != a {
			t.Fatalf("%s as text came back as %s, %v", a, d, err)
		}
	}
}

func TestNoneIsNull(t *testing.T) {
	var none id.Item
	if v, err := none.Value(); v != nil || err != nil || none.String() != "" || !none.IsZero() {
		t.Errorf("none is %v, %v, %q", v, err, none)
	}
	some, _ := id.FromBytes[id.Item](bytes.Repeat([]byte{1}, 16))
	if err := some.Scan(nil); err != nil || !some.IsZero() {
		t.Errorf("NULL was read as %s, %v", some, err)
	}
	if err := some.UnmarshalText(nil); err != nil || !some.IsZero() {
		t.Errorf("no text was read as %s, %v", some, err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add("018bcfe5-6800-7fff-bfff-ffffffffffff")
	f.Add("urn:uuid:018bcfe5-6800-7fff-bfff-ffffffffffff")
	f.Add("{18bcfe5-6800-7fff-bfff-fffffffffff}")
	f.Fuzz(func(t *testing.T, s string) {
		v, err := id.Parse[id.Item](s)
		if err != nil {
			if !errors.Is(err, id.ErrMalformed) {
				t.Fatalf("error %v", err)
			}
			return
		}
		if again, err := id.Parse[id.Item](v.String()); err != nil || again != v || v.IsZero() {
			t.Fatalf("%q became %s, which became %s, %v", s, v, again, err)
		}
	})
}
