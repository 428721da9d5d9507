package lang

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
)

// text is one entry of a catalogue: a single form under "other", or several plural forms.
type text map[string]string

// pluralForms are the categories of Unicode CLDR (UTS 35, part 3, "Language Plural Rules").
var pluralForms = []string{"zero", "one", "two", "few", "many", "other"}

var (
	placeholder = regexp.MustCompile(`\{\{\.([A-Z][A-Za-z]*)\}\}`)
	keyPart     = regexp.MustCompile(`^[a-z0-9_]+(\.[a-z0-9_]+)*$`)
)

func (t text) plural() bool { return len(t) > 1 || t["other"] == "" }

// placeholders returns the names of the placeholders in any form of t, sorted, each once.
func (t text) placeholders() []string {
	var names []string
	for _, form := range t {
		for _, m := range placeholder.FindAllStringSubmatch(form, -1) {
			names = append(names, m[1])
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func (t text) check() error {
	for _, form := range t {
		rest := placeholder.ReplaceAllString(form, "")
		if strings.Contains(rest, "{{") || strings.Contains(rest, "}}") {
			return fmt.Errorf("only placeholders such as {{.Name}} may stand in double braces: %q", form)
		}
		if strings.TrimSpace(form) == "" {
			return fmt.Errorf("the text is empty")
		}
	}
	return nil
}

func readFolder(fsys fs.FS, folder string) (map[string]text, error) {
	files, err := fs.Glob(fsys, path.Join(folder, "*.json"))
	if err != nil {
		return nil, err
	}
	texts, from := map[string]text{}, map[string]string{}
	for _, file := range files {
		b, err := fs.ReadFile(fsys, file)
		if err != nil {
			return nil, err
		}
		in := reader{file: file, texts: texts, from: from}
		if err := in.read(b); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
	}
	return texts, nil
}

// reader adds the texts of one file to those of its folder. It walks JSON tokens, since encoding/json would take a
// key that stands twice without a word.
type reader struct {
	file  string
	texts map[string]text
	from  map[string]string // the file a key was first seen in
	dec   *json.Decoder
}

func (r *reader) read(b []byte) error {
	r.dec = json.NewDecoder(bytes.NewReader(b))
	if t, err := r.dec.Token(); err != nil || t != json.Delim('{') {
		return fmt.Errorf("not a JSON object of keys and texts")
	}
	if err := r.group(""); err != nil {
		return err
	}
	if _, err := r.dec.Token(); err != io.EOF {
		return fmt.Errorf("something follows the last brace")
	}
	return nil
}

// group reads the rest of an object, whose opening brace has been read, into keys that begin with prefix.
func (r *reader) group(prefix string) error {
	members := text{}
	for r.dec.More() {
		t, err := r.dec.Token()
		if err != nil {
			return err
		}
		name := t.(string) // JSON allows no other token here
		if !keyPart.MatchString(name) {
			return fmt.Errorf("key %q: small letters, digits, _ and dots only", join(prefix, name))
		}
		if err := r.member(prefix, name, members); err != nil {
			return err
		}
	}
	if _, err := r.dec.Token(); err != nil {
		return err
	}
	return r.keep(prefix, members)
}

func (r *reader) member(prefix, name string, members text) error {
	t, err := r.dec.Token()
	if err != nil {
		return err
	}
	switch v := t.(type) {
	case string:
		if _, twice := members[name]; twice {
			return fmt.Errorf("key %q stands twice", join(prefix, name))
		}
		members[name] = v
		return nil
	case json.Delim:
		if v == '{' {
			return r.group(join(prefix, name))
		}
	}
	return fmt.Errorf("key %q: neither a text nor an object", join(prefix, name))
}

// keep stores the texts that stood directly in one object: as the plural forms of one text, or each by itself.
func (r *reader) keep(prefix string, members text) error {
	if prefix != "" && isPlural(members) {
		return r.put(prefix, members)
	}
	for name, s := range members {
		if err := r.put(join(prefix, name), text{"other": s}); err != nil {
			return err
		}
	}
	return nil
}

func (r *reader) put(key string, t text) error {
	if first, twice := r.from[key]; twice {
		return fmt.Errorf("key %q stands already in %s", key, first)
	}
	if err := t.check(); err != nil {
		return fmt.Errorf("key %q: %w", key, err)
	}
	r.texts[key], r.from[key] = t, r.file
	return nil
}

func isPlural(members text) bool {
	for name := range members {
		if !slices.Contains(pluralForms, name) {
			return false
		}
	}
	return members["other"] != ""
}

func join(prefix, name string) string {
	if prefix == "" {
		return name
	}
	return prefix + "." + name
}

// differences tells how the catalogue other falls short of from: keys that one of them lacks, and keys whose
// placeholders differ.
func differences(from, other map[string]text) []string {
	var out []string
	for key, t := range from {
		o, ok := other[key]
		if !ok {
			out = append(out, key+": missing")
		} else if !slices.Equal(t.placeholders(), o.placeholders()) {
			out = append(out, key+": other placeholders")
		}
	}
	for key := range other {
		if _, ok := from[key]; !ok {
			out = append(out, key+": not in the base language")
		}
	}
	slices.Sort(out)
	return out
}
