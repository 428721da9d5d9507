// Package lang holds the words of every screen and message, so that no word a person reads stands in code or in a
// template. A catalogue is a folder catalogues/<language>/ of JSON files, one file a group of pages; they are merged
// when loaded and a key that stands in two of them is an error. A text is found by its key, "home.title", which may
// be written nested or with dots:
//
//	{ "home": { "title": "What matters to me" }, "home.waiting": { "one": "One is waiting", "other": "{{.Count}} are waiting" } }
//
// An object whose keys are all plural categories of Unicode CLDR (zero, one, two, few, many, other) and that has
// "other" is a text with plural forms, chosen by the argument Count. A placeholder is {{.Name}}, and nothing else in
// double braces is allowed.
package lang

import (
	"embed"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"sync"

	"golang.org/x/text/language"
)

//go:embed catalogues
var embedded embed.FS

// base is the language every key is first written in, and the one given to somebody whose languages we lack.
var base = language.English

// Catalogues holds the catalogues of all languages. It is safe for concurrent use.
type Catalogues struct {
	printers []*Printer // the base language first
	matcher  language.Matcher
}

// Load reads the catalogues that are built into the program, once for all who ask. It fails on a file that cannot be read,
// a key that stands twice, and a text with anything but plain placeholders in double braces.
func Load() (*Catalogues, error) { return whole() }

var whole = sync.OnceValues(func() (*Catalogues, error) {
	sub, err := fs.Sub(embedded, "catalogues")
	if err != nil {
		return nil, fmt.Errorf("lang: load: %w", err)
	}
	return load(sub)
})

func load(fsys fs.FS) (*Catalogues, error) {
	folders, err := fs.ReadDir(fsys, ".")
	if err != nil {
		return nil, fmt.Errorf("lang: load: %w", err)
	}
	c := new(Catalogues)
	for _, f := range folders {
		if err := c.add(fsys, f); err != nil {
			return nil, fmt.Errorf("lang: load: %w", err)
		}
	}
	slices.SortStableFunc(c.printers, func(a, b *Printer) int { return rank(a) - rank(b) })
	if len(c.printers) == 0 || c.printers[0].tag != base {
		return nil, fmt.Errorf("lang: load: no catalogue of %s", base)
	}
	c.matcher = language.NewMatcher(c.Tags())
	return c, nil
}

func rank(p *Printer) int {
	if p.tag == base {
		return 0
	}
	return 1
}

func (c *Catalogues) add(fsys fs.FS, f fs.DirEntry) error {
	if !f.IsDir() {
		return fmt.Errorf("%s is not a folder of one language", f.Name())
	}
	tag, err := language.Parse(f.Name())
	if err != nil {
		return fmt.Errorf("folder %s: %w", f.Name(), err)
	}
	texts, err := readFolder(fsys, f.Name())
	if err != nil {
		return err
	}
	p, err := newPrinter(tag, texts)
	if err != nil {
		return err
	}
	c.printers = append(c.printers, p)
	return nil
}

// Tags returns the languages there are catalogues of, the base language first.
func (c *Catalogues) Tags() []language.Tag {
	tags := make([]language.Tag, len(c.printers))
	for i, p := range c.printers {
		tags[i] = p.tag
	}
	return tags
}

// Keys returns every key of the base language, sorted.
func (c *Catalogues) Keys() []string { return slices.Sorted(maps.Keys(c.printers[0].texts)) }

// longestHeader bounds the work that a stranger's Accept-Language header can ask of us, in bytes.
const longestHeader = 256

// For returns the printer that fits best. Each argument is a language tag or an Accept-Language header (RFC 9110
// §12.5.4), the most wanted first; what cannot be read is passed over. There is always a printer.
func (c *Catalogues) For(acceptLanguage ...string) *Printer {
	if len(c.printers) == 1 {
		return c.printers[0]
	}
	var wanted []language.Tag
	for _, a := range acceptLanguage {
		if len(a) > longestHeader {
			continue
		}
		if tags, _, err := language.ParseAcceptLanguage(a); err == nil {
			wanted = append(wanted, tags...)
		}
	}
	_, i, _ := c.matcher.Match(wanted...)
	return c.printers[i]
}
