package rows

import (
	"bytes"
	"errors"
	"math"
	"testing"

	"pgregory.net/rapid"
)

// sample is a table with a column of every sort.
func sample() Table {
	return Table{Name: "sample", Key: []string{"a"}, Columns: []Column{
		{Name: "a", Type: Int}, {Name: "b", Type: Bytes, Null: true}, {Name: "c", Type: Text}, {Name: "d", Type: Real, Null: true}, {Name: "e", Type: Int, Null: true},
	}}
}

// A row comes back from its form as it was, nothing and an empty value told apart, and what follows it stays.
func TestFormComesBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		maybe := func(name string, v any) any {
			if rapid.Bool().Draw(t, name) {
				return nil
			}
			return v
		}
		row := []any{
			rapid.Int64().Draw(t, "a"), maybe("no b", append([]byte{}, rapid.SliceOf(rapid.Byte()).Draw(t, "b")...)), rapid.String().Draw(t, "c"),
			maybe("no d", rapid.Float64().Draw(t, "d")), maybe("no e", rapid.Int64().Draw(t, "e")),
		}
		after := rapid.SliceOf(rapid.Byte()).Draw(t, "after")
		got, rest, err := sample().Decode(append(appendRow(nil, row), after...))
		if err != nil || !bytes.Equal(rest, after) {
			t.Fatalf("%v, and %x follows", err, rest)
		}
		for i := range row {
			if !same(row[i], got[i]) {
				t.Fatalf("%#v came back as %#v", row[i], got[i])
			}
		}
	})
}

func same(a, b any) bool {
	switch a := a.(type) {
	case []byte:
		b, ok := b.([]byte)
		return ok && b != nil && bytes.Equal(a, b)
	case float64:
		b, ok := b.(float64)
		return ok && math.Float64bits(a) == math.Float64bits(b)
	}
	return a == b
}

// Whatever the bytes, they are refused or are exactly the form of the row that was read.
func FuzzDecode(f *testing.F) {
	f.Add(appendRow(nil, []any{int64(1), []byte{}, "text", 1.5, nil}))
	f.Add(appendRow(nil, []any{int64(-1), nil, "", nil, int64(math.MinInt64)}))
	f.Add([]byte{formInt, 0x80, 0x00})
	f.Add([]byte{formInt, 2, formBytes, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1})
	f.Fuzz(func(t *testing.T, b []byte) {
		row, rest, err := sample().Decode(b)
		if err != nil {
			if !errors.Is(err, ErrForm) {
				t.Fatal(err)
			}
			return
		}
		if !bytes.Equal(append(appendRow(nil, row), rest...), b) {
			t.Fatal("taken, though it is not what is written")
		}
	})
}
