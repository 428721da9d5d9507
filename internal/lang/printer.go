package lang

import (
	"fmt"
	"strings"

	"github.com/nicksnyder/go-i18n/v2/i18n"
	"github.com/nicksnyder/go-i18n/v2/i18n/template"
	"golang.org/x/text/language"
	"golang.org/x/text/unicode/bidi"
)

// Printer says things in one language. It is safe for concurrent use.
type Printer struct {
	tag    language.Tag
	dir    string
	texts  map[string]text
	static map[string]string // the texts that are always the same: a look-up, as a page has some eighty of them
	filled *i18n.Localizer   // the texts with placeholders or plural forms
	strict template.Parser
}

func newPrinter(tag language.Tag, texts map[string]text) (*Printer, error) {
	p := &Printer{tag: tag, dir: direction(tag), texts: texts, static: map[string]string{}}
	p.strict = &template.TextParser{Option: "missingkey=error"}
	bundle := i18n.NewBundle(tag)
	for key, t := range texts {
		if !t.plural() && len(t.placeholders()) == 0 {
			p.static[key] = t["other"]
			continue
		}
		if err := bundle.AddMessages(tag, message(key, t)); err != nil {
			return nil, fmt.Errorf("%s: key %q: %w", tag, key, err)
		}
	}
	p.filled = i18n.NewLocalizer(bundle, tag.String())
	return p, nil
}

func message(key string, t text) *i18n.Message {
	return &i18n.Message{
		ID: key, Zero: t["zero"], One: t["one"], Two: t["two"], Few: t["few"], Many: t["many"], Other: t["other"],
	}
}

// Tag returns the language.
func (p *Printer) Tag() language.Tag { return p.tag }

// Dir returns the direction the language is written in, "ltr" or "rtl", as HTML's dir attribute wants it.
func (p *Printer) Dir() string { return p.dir }

// rightToLeft are the scripts (ISO 15924) of living languages that are written from right to left.
var rightToLeft = map[string]bool{
	"Adlm": true, "Arab": true, "Hebr": true, "Nkoo": true, "Rohg": true, "Syrc": true, "Thaa": true,
}

func direction(tag language.Tag) string {
	if s, _ := tag.Script(); rightToLeft[s.String()] {
		return "rtl"
	}
	return "ltr"
}

// Static returns the text of a key that takes no arguments, and whether there is one. A renderer may resolve such a
// key once, when it reads its templates.
func (p *Printer) Static(key string) (string, bool) {
	s, ok := p.static[key]
	return s, ok
}

// T returns the text of a key. The arguments are names and values in turn, for the placeholders: T("home.hello",
// "Name", name). The argument "Count", a whole number, also chooses the plural form. For a key that is in no
// catalogue, or a placeholder without a value, T returns ⟦key⟧: visible, and never an error in front of a person.
func (p *Printer) T(key string, args ...any) string {
	if s, ok := p.static[key]; ok {
		return s
	}
	if len(args)%2 != 0 {
		return lost(key)
	}
	m := make(map[string]any, len(args)/2)
	for i := 0; i < len(args); i += 2 {
		name, ok := args[i].(string)
		if !ok {
			return lost(key)
		}
		m[name] = args[i+1]
	}
	return p.Fill(key, m)
}

// Fill is T with the arguments in a map, as [beside/internal/errs.Field] carries them.
func (p *Printer) Fill(key string, args map[string]any) string {
	if s, ok := p.static[key]; ok {
		return s
	}
	t, ok := p.texts[key]
	if !ok {
		return lost(key)
	}
	apart := make(map[string]any, len(args)) // never nil: that would let missing placeholders through
	for name, v := range args {
		if said, ok := v.(string); ok {
			v = p.apart(said)
		}
		apart[name] = v
	}
	c := &i18n.LocalizeConfig{MessageID: key, TemplateData: apart, TemplateParser: p.strict}
	if t.plural() {
		c.PluralCount = args["Count"]
	}
	s, err := p.filled.Localize(c)
	if err != nil {
		return lost(key)
	}
	return s
}

// The characters that turn text about until one like them ends it (Unicode UAX #9, §2): embeddings and overrides end with
// the isolate they stand in, so that only the isolates themselves can reach beyond a name.
const (
	fsi, pdi = "\u2068", "\u2069"
	isolates = "\u2066\u2067\u2068"
	turns    = isolates + pdi + "\u202a\u202b\u202c\u202d\u202e"
)

// apart sets a name that is written in the other direction, or that turns text about, apart from the sentence around it
// (FSI and PDI), so that neither turns the other about.
func (p *Printer) apart(s string) string {
	for _, r := range s {
		props, _ := bidi.LookupRune(r)
		switch c := props.Class(); {
		case (c == bidi.R || c == bidi.AL) && p.dir == "ltr", c == bidi.L && p.dir == "rtl", strings.ContainsRune(turns, r):
			return fsi + closed(s) + pdi
		}
	}
	return s
}

// closed returns s, without its isolates if they do not end within it.
func closed(s string) string {
	depth, ends := 0, true
	for _, r := range s {
		if strings.ContainsRune(isolates, r) {
			depth++
		} else if string(r) == pdi {
			depth--
		}
		ends = ends && depth >= 0
	}
	if ends && depth == 0 {
		return s
	}
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(isolates+pdi, r) {
			return -1
		}
		return r
	}, s)
}

func lost(key string) string { return "⟦" + key + "⟧" }
