package rows

import (
	"encoding/binary"
	"errors"
	"math"
)

// The bytes before a value.
const (
	formNothing = iota
	formInt
	formBytes
	formText
	formReal
)

// ErrForm is returned by [Table.Decode] for bytes that are no row of the table.
var ErrForm = errors.New("rows: these bytes are no row of this table")

// append adds a row's form to dst. Values are nil, int64, []byte, string or float64.
func appendRow(dst []byte, values []any) []byte {
	for _, v := range values {
		switch v := v.(type) {
		case nil:
			dst = append(dst, formNothing)
		case int64:
			dst = binary.AppendVarint(append(dst, formInt), v)
		case []byte:
			dst = append(binary.AppendUvarint(append(dst, formBytes), uint64(len(v))), v...)
		case string:
			dst = append(binary.AppendUvarint(append(dst, formText), uint64(len(v))), v...)
		case float64:
			dst = binary.BigEndian.AppendUint64(append(dst, formReal), math.Float64bits(v))
		}
	}
	return dst
}

// Decode reads one row from the front of b and returns its values, in the order of the columns, and what follows it. It
// takes only what [Table.Read] makes for such a table, and returns [ErrForm] for anything else. Bytes in values are those
// of b.
func (t Table) Decode(b []byte) (values []any, rest []byte, err error) {
	values = make([]any, len(t.Columns))
	for i, c := range t.Columns {
		if values[i], b, err = c.decode(b); err != nil {
			return nil, nil, err
		}
	}
	return values, b, nil
}

func (c Column) decode(b []byte) (any, []byte, error) {
	if len(b) == 0 {
		return nil, nil, ErrForm
	}
	form, b := b[0], b[1:]
	switch {
	case form == formNothing && c.Null:
		return nil, b, nil
	case form == formInt && c.Type == Int:
		v, n := binary.Varint(b)
		if n <= 0 || n != len(binary.AppendVarint(nil, v)) {
			return nil, nil, ErrForm
		}
		return v, b[n:], nil
	case form == formReal && c.Type == Real && len(b) >= 8:
		return math.Float64frombits(binary.BigEndian.Uint64(b)), b[8:], nil
	case form == formBytes && c.Type == Bytes, form == formText && c.Type == Text:
		v, rest, err := counted(b)
		if form == formText && err == nil {
			return string(v), rest, nil
		}
		return v, rest, err
	}
	return nil, nil, ErrForm
}

// counted reads a length and as many bytes. The bytes are never nil: nil would be stored as nothing.
func counted(b []byte) (v, rest []byte, err error) {
	size, n := binary.Uvarint(b)
	if n <= 0 || n != len(binary.AppendUvarint(nil, size)) || size > uint64(len(b)-n) {
		return nil, nil, ErrForm
	}
	b = b[n:]
	return b[:size:size], b[size:], nil
}
