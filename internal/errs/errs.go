// Package errs gives an error a kind and words that are safe to show. An error is made where the cause is known,
// wrapped once with the operation, and turned into a page once, at the edge. The words are keys of the message
// catalogues (package lang), never text about a person.
package errs

import (
	"errors"
	"fmt"
	"strings"
)

// Kind says what sort of thing went wrong, which decides the page that is shown.
type Kind int

const (
	// Internal is a fault of ours. It is the kind of every error that has none.
	Internal Kind = iota
	// Invalid is input that cannot be taken as it is; Fields says where.
	Invalid
	// NotOpen is a thing that does not exist or was not given to this reader: the two are never told apart.
	NotOpen
	// SignIn is an act that needs somebody to be signed in.
	SignIn
	// Changed is an act on something that has changed since its writer saw it.
	Changed
	// AlreadyKept is an entry id that is taken by an entry with other words.
	AlreadyKept
	// Busy is a store that does not answer now; the same act may succeed later.
	Busy
	// TooLarge is input beyond a stated limit.
	TooLarge
	// TooOften is an act repeated faster than a stated limit.
	TooOften
)

var kindNames = [...]string{"internal", "invalid", "not open", "sign in", "changed", "already kept", "busy", "too large", "too often"}

func (k Kind) String() string {
	if k < 0 || int(k) >= len(kindNames) {
		return fmt.Sprintf("kind %d", int(k))
	}
	return kindNames[k]
}

// Field names one input that cannot be taken and why, as a catalogue key.
type Field struct {
	Name  string
	Words string
	Args  map[string]any // for the catalogue's placeholders; never personal text
}

// Error is an error with a kind. Its Error text is for logs and holds no personal text.
type Error struct {
	Op     string // package and operation, "keeper: write"
	Kind   Kind
	Words  string // catalogue key; empty means the kind's own words
	Fields []Field
	Err    error // the cause, may be nil
}

// New returns an error of a kind.
func New(op string, k Kind, words string) *Error { return &Error{Op: op, Kind: k, Words: words} }

// Wrap adds the operation to a cause and keeps its kind, words and fields. Wrap(op, nil) is nil.
func Wrap(op string, err error) error {
	if err == nil {
		return nil
	}
	e := &Error{Op: op, Err: err}
	if in, ok := errors.AsType[*Error](err); ok {
		e.Kind, e.Words, e.Fields = in.Kind, in.Words, in.Fields
	}
	return e
}

// As is [Wrap] with the kind set anew. As(op, k, nil) is nil.
func As(op string, k Kind, err error) error {
	if err == nil {
		return nil
	}
	return &Error{Op: op, Kind: k, Err: err}
}

func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Op)
	if e.Err != nil {
		b.WriteString(": ")
		b.WriteString(e.Err.Error())
		return b.String()
	}
	fmt.Fprintf(&b, ": %s", e.Kind)
	for _, f := range e.Fields {
		fmt.Fprintf(&b, " [%s: %s]", f.Name, f.Words)
	}
	return b.String()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// KindOf returns the kind of err, [Internal] for an error without one.
func KindOf(err error) Kind {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	return Internal
}

// Is reports whether err is of kind k.
func Is(err error, k Kind) bool { return err != nil && KindOf(err) == k }

// Check collects the fields of one form, so that all of them are told at once.
type Check struct{ fields []Field }

// Add notes a field that cannot be taken.
func (c *Check) Add(name, words string) { c.fields = append(c.fields, Field{Name: name, Words: words}) }

// AddArgs is Add with values for the words' placeholders.
func (c *Check) AddArgs(name, words string, args map[string]any) {
	c.fields = append(c.fields, Field{Name: name, Words: words, Args: args})
}

// Err returns nil when nothing was noted, else an [Invalid] error with all fields.
func (c *Check) Err(op string) error {
	if len(c.fields) == 0 {
		return nil
	}
	return &Error{Op: op, Kind: Invalid, Fields: c.fields}
}
