package book

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"beside/internal/id"
)

// object is one JSON object of a body. Fields nobody here knows stay as they came, byte for byte but for white space,
// so that an older program never loses what a newer one wrote.
type object map[string]json.RawMessage

// parseObject reads one JSON object. It refuses anything else, and anything after it but white space.
func parseObject(b []byte) (object, error) {
	var o object
	if err := json.Unmarshal(b, &o); err != nil {
		return nil, errors.New("book: a body is not an object") // the cause may quote the text
	}
	if o == nil {
		return nil, errors.New("book: a body is null")
	}
	return o, nil
}

// encode writes the object with its keys sorted: the same fields are always the same bytes.
func (o object) encode() []byte {
	keys := make([]string, 0, len(o))
	for k := range o {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	b := []byte{'{'}
	for i, k := range keys {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, encodeString(k)...)
		b = append(b, ':')
		b = appendCompact(b, o[k])
	}
	return append(b, '}')
}

// appendCompact appends a value without white space between its parts, in which alone two equal values may differ.
func appendCompact(b []byte, v json.RawMessage) []byte {
	buf := bytes.NewBuffer(b)
	_ = json.Compact(buf, v) // v came out of the parser or out of the functions below
	return buf.Bytes()
}

func encodeString(s string) json.RawMessage {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(s) // a string always encodes
	return bytes.TrimRight(b.Bytes(), "\n")
}

// A field left empty is not written, so that a blank is never a value.
func (o object) putString(k, s string) {
	if s == "" {
		delete(o, k)
		return
	}
	o[k] = encodeString(s)
}

func (o object) putText(k string, t Text) { o.putString(k, t.s) }

func (o object) putInt(k string, n int64) {
	if n == 0 {
		delete(o, k)
		return
	}
	o[k] = fmt.Appendf(nil, "%d", n)
}

func (o object) putBool(k string, v bool) {
	if !v {
		delete(o, k)
		return
	}
	o[k] = json.RawMessage("true")
}

func (o object) putStrings(k string, list []string) {
	if len(list) == 0 {
		delete(o, k)
		return
	}
	parts := make([]string, len(list))
	for i, s := range list {
		parts[i] = string(encodeString(s))
	}
	o[k] = json.RawMessage("[" + strings.Join(parts, ",") + "]")
}

func read[T any](o object, k string) (v T, err error) {
	raw, ok := o[k]
	if !ok {
		return v, nil
	}
	if err := json.Unmarshal(raw, &v); err != nil {
		// The cause may quote the text; it stays here.
		return v, fmt.Errorf("book: body: field %q is not as expected", k)
	}
	return v, nil
}

func (o object) text(k string) (Text, error) {
	s, err := read[string](o, k)
	return Text{s}, err
}

func (o object) item(k string) (id.Item, error) {
	s, err := read[string](o, k)
	if err != nil || s == "" {
		return id.Item{}, err
	}
	return id.Parse[id.Item](s)
}

func (o object) items(k string) ([]id.Item, error) {
	list, err := read[[]string](o, k)
	if err != nil {
		return nil, err
	}
	var out []id.Item
	for _, s := range list {
		it, err := id.Parse[id.Item](s)
		if err != nil {
			return nil, err
		}
		out = append(out, it)
	}
	return out, nil
}
