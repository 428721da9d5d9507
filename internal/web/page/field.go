package page

import (
	"slices"

	"beside/internal/book"
)

// longest is how many UTF-16 units a browser lets somebody type into one field. At three bytes each it is within
// [beside/internal/book.MaxText], and as a form sends them within [FormLimit].
const longest = 5000

// Field is one question of a form as the parts "line", "text", "secret", "choices" and "tick" show it. A template makes it:
//
//	{{template "text" ((field .Form "words" "me.goal_words" "me.goal_words_hint").Tall)}}
type Field struct {
	Name, ID    string
	Label, Hint string
	Value       string
	Wrong       string // why it could not be taken; empty is well
	Max         int    // UTF-16 units
	Rows        int
	Keys        string // which keys a telephone shows, a token of HTML's inputmode attribute; its usual ones when empty
	Fills       string // what a browser may fill in by itself, "off" unless said otherwise
	Needed      bool
	Several     bool
	Choices     []Option

	form *Form
}

// Choice is one answer that can be chosen. Words is a catalogue key; Text is used instead where a choice is a name.
type Choice struct {
	Value string
	Words string
	Hint  string // catalogue key, may be empty
	Text  string
	Own   book.Text // used instead where the choice is what the owner of the book wrote
}

// Option is a [Choice] as it is shown.
type Option struct {
	ID, Value, Label, Hint string
	Own                    book.Text // in place of the label, unless blank
	Chosen                 bool
}

// field is the template function: the form, the name of the field, and the catalogue keys of its label and its hint.
func field(f *Form, name, label, hint string) Field {
	out := Field{
		Name: name, ID: f.Key + "-" + name, Label: f.words.T(label), Value: f.values.Get(name), Wrong: f.wrong[name],
		Max: longest, Rows: 3, Fills: "off", form: f,
	}
	if hint != "" {
		out.Hint = f.words.T(hint)
	}
	return out
}

// Tall gives room for a long answer.
func (f Field) Tall() Field {
	f.Rows = 7
	return f
}

// Must marks a question that has to be answered.
func (f Field) Must() Field {
	f.Needed = true
	return f
}

// Short limits what can be typed, in UTF-16 units.
func (f Field) Short(units int) Field {
	f.Max = units
	return f
}

// FilledBy says what a browser may fill in: a token of HTML's autocomplete attribute, "username".
func (f Field) FilledBy(token string) Field {
	f.Fills = token
	return f
}

// Digits has a telephone show the keys for numbers.
func (f Field) Digits() Field {
	f.Keys = "numeric"
	return f
}

// Many lets several choices be made.
func (f Field) Many() Field {
	f.Several = true
	return f
}

// From sets the choices, and marks those that were made before.
func (f Field) From(choices []Choice) Field {
	made := f.form.values[f.Name]
	for i, c := range choices {
		o := Option{ID: f.ID, Value: c.Value, Label: c.Text, Own: c.Own, Chosen: slices.Contains(made, c.Value)}
		if i > 0 {
			o.ID = f.ID + "-" + c.Value // the first keeps the plain id: the list of what to mend leads there
		}
		if c.Words != "" {
			o.Label = f.form.words.T(c.Words)
		}
		if c.Hint != "" {
			o.Hint = f.form.words.T(c.Hint)
		}
		f.Choices = append(f.Choices, o)
	}
	return f
}

// Blank reports whether nothing was typed.
func (f Field) Blank() bool { return f.Value == "" }
