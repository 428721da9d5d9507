package book

import (
	"errors"
	"log/slog"
	"strings"
	"unicode/utf8"

	"beside/internal/mutant"
)

// MaxText is the longest text one field holds, in bytes.
const MaxText = 16_000

// ErrPrivate is what serialising a [Text] by accident returns.
var ErrPrivate = errors.New("book: private text cannot be serialised outside its codec")

// Text is something a person wrote. It prints, logs and serialises as nothing, so that it cannot slip out by accident:
// whoever means to show it says so with [Text.Show].
type Text struct{ s string }

// NewText takes text as it was typed, but for line ends, which become LF (design.md, "Bodies").
func NewText(s string) Text {
	if mutant.On("own-words") {
		s = strings.ToValidUTF8(strings.TrimSpace(s), "")
	}
	return Text{strings.ReplaceAll(s, "\r\n", "\n")}
}

// Show returns the words, the same Unicode that was given (mission.md S0.2).
func (t Text) Show() string { return t.s }

// Blank reports whether there is nothing to read in t.
func (t Text) Blank() bool { return strings.TrimSpace(t.s) == "" }

// problem returns the catalogue key of why t cannot be kept, or "".
func (t Text) problem() string {
	switch {
	case len(t.s) > MaxText:
		return "errors.text_too_long"
	case !utf8.ValidString(t.s), strings.ContainsRune(t.s, 0):
		return "errors.text_unreadable"
	}
	return ""
}

// String hides the words.
func (t Text) String() string { return "‹private›" }

// GoString hides the words.
func (t Text) GoString() string { return t.String() }

// LogValue hides the words from logs.
func (t Text) LogValue() slog.Value { return slog.StringValue(t.String()) }

// MarshalJSON refuses with [ErrPrivate]: bodies have a codec of their own.
func (t Text) MarshalJSON() ([]byte, error) { return nil, ErrPrivate }

// MarshalText refuses with [ErrPrivate].
func (t Text) MarshalText() ([]byte, error) { return nil, ErrPrivate }
