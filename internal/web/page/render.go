package page

import (
	"bytes"
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"path"
	"regexp"
	"strings"
	"sync"
	"text/template/parse"

	"beside/internal/book"
	"beside/internal/lang"
	"beside/internal/web/assets"
)

// renderer turns page structs into HTML. It reads every template once for every language and puts the words whose key
// stands in the template, {{t "common.keep_this"}}, in their place then and there, so that showing a page looks up
// only what depends on the person. It is safe for concurrent use.
type renderer struct {
	sets map[*lang.Printer]map[string]made
}

// made puts what a page defines beside what every page has, the first time that page is asked for: most of a start would
// else be spent on pages that nobody has asked for yet.
type made func() (*template.Template, error)

// newRenderer reads templates. It fails on one that does not parse and on a key that is in no catalogue.
func newRenderer(c *lang.Catalogues, a *assets.Set, files fs.FS) (*renderer, error) {
	r := &renderer{sets: map[*lang.Printer]map[string]made{}}
	for _, tag := range c.Tags() {
		p := c.For(tag.String())
		if r.sets[p] != nil {
			continue
		}
		set, err := readSet(files, p, a)
		if err != nil {
			return nil, err
		}
		r.sets[p] = set
	}
	return r, nil
}

func (r *renderer) page(w io.Writer, f *Frame, name string, data any) error {
	t, err := r.template(f, name)
	if err != nil {
		return err
	}
	f.data = data
	return t.ExecuteTemplate(w, "layout", view{f})
}

func (r *renderer) part(w io.Writer, f *Frame, name, part string, data any) error {
	t, err := r.template(f, name)
	if err != nil {
		return err
	}
	return t.ExecuteTemplate(w, part, data)
}

func (r *renderer) template(f *Frame, name string) (*template.Template, error) {
	t, ok := r.sets[f.words][name]
	if !ok {
		return nil, fmt.Errorf("there is no template of this name")
	}
	return t()
}

// set is the templates of one language while they are read.
type set struct {
	words  *lang.Printer
	assets *assets.Set
	base   *template.Template
	pages  map[string]made
}

func readSet(fsys fs.FS, p *lang.Printer, a *assets.Set) (map[string]made, error) {
	s := &set{words: p, assets: a, pages: map[string]made{}}
	s.base = template.New("").Funcs(functions(p)).Option("missingkey=error")
	if err := s.readBase(fsys); err != nil {
		return nil, err
	}
	err := fs.WalkDir(fsys, ".", func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || isBase(file) {
			return err
		}
		return s.readPage(fsys, file)
	})
	return s.pages, err
}

func isBase(file string) bool { return file == "layout.html" || strings.HasPrefix(file, "parts/") }

func (s *set) readBase(fsys fs.FS) error {
	files, err := fs.Glob(fsys, "parts/*.html")
	if err != nil {
		return err
	}
	for _, file := range append(files, "layout.html") {
		trees, err := s.read(fsys, file)
		if err == nil {
			err = add(s.base, trees)
		}
		if err != nil {
			return fmt.Errorf("templates/%s: %w", file, err)
		}
	}
	return nil
}

func (s *set) readPage(fsys fs.FS, file string) error {
	trees, err := s.read(fsys, file)
	if err != nil {
		return fmt.Errorf("templates/%s: %w", file, err)
	}
	for _, need := range []string{"title", "main"} {
		if trees[need] == nil {
			return fmt.Errorf("templates/%s: it must define %q", file, need)
		}
	}
	s.pages[strings.TrimSuffix(file, path.Ext(file))] = sync.OnceValues(func() (*template.Template, error) {
		t, err := s.base.Clone()
		if err == nil {
			err = add(t, trees)
		}
		return t, err
	})
	return nil
}

// read parses one file and resolves what needs nothing but the language. A template that is defined in two files would
// silently win over the other; that is an error too.
func (s *set) read(fsys fs.FS, file string) (map[string]*parse.Tree, error) {
	b, err := fs.ReadFile(fsys, file)
	if err != nil {
		return nil, err
	}
	trees, err := parse.Parse(file, string(b), "", "", functions(nil), builtins)
	if err != nil {
		return nil, err
	}
	delete(trees, file) // what stands outside every define: line ends
	for name, tree := range trees {
		if s.base.Lookup(name) != nil {
			return nil, fmt.Errorf("%q is defined elsewhere already", name)
		}
		if err := s.resolve(tree.Root); err != nil {
			return nil, err
		}
	}
	return trees, nil
}

func add(t *template.Template, trees map[string]*parse.Tree) error {
	for name, tree := range trees {
		if _, err := t.AddParseTree(name, tree); err != nil {
			return err
		}
	}
	return nil
}

// resolve walks a tree, replaces {{t "key"}} by its words and takes away the indentation between tags.
func (s *set) resolve(list *parse.ListNode) error {
	if list == nil {
		return nil
	}
	for i, n := range list.Nodes {
		var err error
		switch n := n.(type) {
		case *parse.TextNode:
			n.Text = indentation.ReplaceAll(n.Text, []byte("\n"))
		case *parse.ActionNode:
			list.Nodes[i], err = s.constant(n)
		case *parse.IfNode:
			err = s.both(n.List, n.ElseList)
		case *parse.RangeNode:
			err = s.both(n.List, n.ElseList)
		case *parse.WithNode:
			err = s.both(n.List, n.ElseList)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

var indentation = regexp.MustCompile(`\n\s+`)

func (s *set) both(list, other *parse.ListNode) error {
	if err := s.resolve(list); err != nil {
		return err
	}
	return s.resolve(other)
}

// constant returns a text for an action that is always the same in one language, else the action itself.
func (s *set) constant(n *parse.ActionNode) (parse.Node, error) {
	if len(n.Pipe.Cmds) != 1 || len(n.Pipe.Decl) != 0 {
		return n, nil
	}
	words, ok, err := s.say(n.Pipe.Cmds[0].Args)
	if err != nil || !ok {
		return n, err
	}
	return &parse.TextNode{NodeType: parse.NodeText, Pos: n.Pos, Text: []byte(template.HTMLEscapeString(words))}, nil
}

// say returns what a call of t or asset with one constant, or of lang or dir, always says.
func (s *set) say(args []parse.Node) (words string, ok bool, err error) {
	f, isCall := args[0].(*parse.IdentifierNode)
	if !isCall || len(args) > 2 {
		return "", false, nil
	}
	if len(args) == 1 {
		switch f.Ident {
		case "lang":
			return s.words.Tag().String(), true, nil
		case "dir":
			return s.words.Dir(), true, nil
		}
		return "", false, nil
	}
	name, isConstant := args[1].(*parse.StringNode)
	if !isConstant {
		return "", false, nil
	}
	switch f.Ident {
	case "t":
		if words, ok = s.words.Static(name.Text); !ok {
			err = fmt.Errorf("no text of %s without arguments is called %q", s.words.Tag(), name.Text)
		}
	case "asset":
		if words = s.assets.Href(name.Text); words == "" {
			err = fmt.Errorf("no asset is called %q", name.Text)
		}
		ok = true
	}
	return words, ok, err
}

// builtins are the functions of package text/template that the templates may use: the parser wants to know their
// names, and its own list is not exported.
var builtins = map[string]any{
	"and": true, "eq": true, "ge": true, "gt": true, "index": true, "le": true, "len": true, "lt": true, "ne": true, "not": true,
	"or": true, "print": true, "slice": true,
}

// functions are what a template can call. See the package's doc comment for what each is for.
func functions(p *lang.Printer) template.FuncMap {
	return template.FuncMap{
		"t":      func(key string, args ...any) string { return p.T(key, args...) },
		"own":    func(t book.Text) template.HTML { return voice("own", t) },
		"theirs": func(t book.Text) template.HTML { return voice("theirs", t) },
		"day":    func(m Moment) template.HTML { return m.tag(p.Day(m.at, m.now, m.tz)) },
		"date":   func(m Moment) template.HTML { return m.tag(p.FullDate(m.at, m.tz)) },
		"when":   func(m Moment) template.HTML { return m.tag(p.When(m.at, m.now, m.tz)) },
		"field":  field,
		// These are always resolved when a template is read, and need only be known to the parser.
		"asset": func(string) string { return "" },
		"lang":  func() string { return "" },
		"dir":   func() string { return "" },
	}
}

// voice shows what somebody wrote, apart from the house's words: in its own direction, its lines as they were typed.
func voice(class string, t book.Text) template.HTML {
	s := template.HTMLEscapeString(t.Show())
	if strings.ContainsRune(s, '\r') {
		s = strings.ReplaceAll(s, "\r", "&#13;") // a browser would read a bare one as a line feed
	}
	return template.HTML(`<span class="` + class + `" dir="auto">` + s + `</span>`) //nolint:gosec // s is escaped above, class is ours
}

func (m Moment) tag(words string) template.HTML {
	day := m.at.Std().In(m.tz).Format("2006-01-02")
	return template.HTML(`<time datetime="` + day + `">` + template.HTMLEscapeString(words) + `</time>`) //nolint:gosec // words are escaped, day is a date
}

// pool keeps buffers between pages.
type pool struct{ sync.Pool }

var buffers = pool{sync.Pool{New: func() any { return new(bytes.Buffer) }}}

func (p *pool) get() *bytes.Buffer { return p.Get().(*bytes.Buffer) }

// put clears a buffer, so that no page is kept longer than its request, and drops one that has grown beyond the usual.
func (p *pool) put(b *bytes.Buffer) {
	clear(b.Bytes())
	b.Reset()
	if b.Cap() <= 256<<10 {
		p.Put(b)
	}
}
