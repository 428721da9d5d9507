package errs_test

import (
	"errors"
	"io"
	"testing"

	"beside/internal/errs"
)

func TestWrapKeepsWhatIsShown(t *testing.T) {
	var c errs.Check
	c.Add("words", "errors.goal_blank")
	c.AddArgs("name", "errors.name_too_long", map[string]any{"Most": 200})
	inner := c.Err("book: check")
	err := errs.Wrap("keeper: write", inner)
	e, ok := errors.AsType[*errs.Error](err)
	if !ok || e.Kind != errs.Invalid || len(e.Fields) != 2 || e.Fields[1].Args["Most"] != 200 || !errors.Is(err, inner) {
		t.Errorf("wrapped: %+v", e)
	}
	if got, want := err.Error(), "keeper: write: book: check: invalid [words: errors.goal_blank] [name: errors.name_too_long]"; got != want {
		t.Errorf("log line %q, want %q", got, want)
	}
	if errs.Wrap("x", nil) != nil || errs.As("x", errs.Busy, nil) != nil || new(errs.Check).Err("x") != nil {
		t.Error("no error became one")
	}
}

func TestKindOf(t *testing.T) {
	for _, c := range []struct {
		err  error
		want errs.Kind
	}{
		{io.EOF, errs.Internal},
		{errs.As("x", errs.Busy, io.EOF), errs.Busy},
		{errs.Wrap("y", errs.New("x", errs.Changed, "")), errs.Changed},
		{errors.Join(io.EOF, errs.New("x", errs.NotOpen, "")), errs.NotOpen},
	} {
		if got := errs.KindOf(c.err); got != c.want || !errs.Is(c.err, c.want) {
			t.Errorf("%v is of kind %v, want %v", c.err, got, c.want)
		}
	}
	if errs.Is(nil, errs.Internal) {
		t.Error("no error has a kind")
	}
	if errs.Kind(99).String() != "kind 99" || errs.TooOften.String() != "too often" {
		t.Error("kinds have other names")
	}
}
