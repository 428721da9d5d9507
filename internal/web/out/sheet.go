package out

import (
	"bytes"
	"html/template"
	"net/http"
	"strings"

	"beside/internal/book"
	"beside/internal/outside"
	"beside/internal/web/page"
)

// sheet is what leaves. Its parts are in templates/out/sheet.html; as a message it is the same words without a look.
type sheet struct {
	Name, To, Why, Letter book.Text
	Things                []thing
	Days                  []string // the oldest first
	Record                string   // whose record they are from, as a heading
	Made                  page.Moment
	Agreed                string // what the person said yes to, as a sentence
	Part2                 bool

	Style template.CSS
}

// parts are the bytes of a sheet, each under the thing whose words stand in it. The first and the last of a page are what a browser
// needs around it.
func (p *pages) parts(r *http.Request, way outside.Way, s sheet) ([]outside.Part, error) {
	if way == outside.Message {
		return textParts(r, s), nil
	}
	s.Style = template.CSS(p.site.Assets.Text("whole.css")) //nolint:gosec // it is our own style sheet
	var all []outside.Part
	add := func(name string, of outside.Part, data any) error {
		var b bytes.Buffer
		err := p.site.Part(&b, r, "out/sheet", name, data)
		of.Bytes = b.Bytes()
		all = append(all, of)
		return err
	}
	err := add("sheet-head", outside.Part{}, s)
	if err == nil {
		err = add("sheet-top", outside.Part{}, s)
	}
	for _, t := range s.Things {
		if err == nil {
			err = add("sheet-thing", outside.Part{Item: t.Item, Kind: t.kind}, t)
		}
	}
	if err == nil {
		err = add("sheet-foot", outside.Part{}, s)
	}
	if err == nil {
		err = add("sheet-end", outside.Part{}, s)
	}
	return all, err
}

// textParts are the same as plain text.
func textParts(r *http.Request, s sheet) []outside.Part {
	f := page.FrameOf(r)
	say := func(key string) string { return f.Words().T(key) }
	var b strings.Builder
	for _, line := range [][2]string{{"out.sheet_to", s.To.Show()}, {"out.sheet_from", s.Name.Show()}, {"out.sheet_why", s.Why.Show()}} {
		b.WriteString(say(line[0]) + " " + line[1] + "\n")
	}
	if !s.Letter.Blank() {
		b.WriteString("\n" + s.Letter.Show() + "\n")
	}
	if len(s.Things) > 0 {
		b.WriteString("\n" + say("out.sheet_book") + "\n")
	}
	all := []outside.Part{{Bytes: []byte(b.String())}}
	for _, t := range s.Things {
		line := say(t.Kind()) + ": " + t.Words.Show()
		if t.State != "" {
			line += " (" + say(t.State) + ")"
		}
		all = append(all, outside.Part{Item: t.Item, Kind: t.kind, Bytes: []byte(line + "\n")})
	}
	foot := ""
	if len(s.Days) > 0 {
		foot = "\n" + s.Record + "\n" + strings.Join(s.Days, "\n") + "\n"
	}
	foot += "\n" + say("out.sheet_agreed") + "\n" + s.Agreed + "\n" + say("out.sheet_back") + "\n\n" + say("out.sheet_keep") + "\n"
	if s.Part2 {
		foot += say("theirs.part2") + "\n"
	}
	return append(all, outside.Part{Bytes: []byte(foot)})
}

// Shown is what leaves or left, as a page shows it: the bytes themselves, but for what a browser needs around them. The part "shown"
// takes it.
type Shown struct {
	Text book.Text     // of a message
	HTML template.HTML // of a page
	Page bool
}

// Show shows what was put together here. In the place of what was erased it says so.
func Show(r *http.Request, way outside.Way, parts []outside.Part) Shown {
	gone := page.FrameOf(r).Words().T("out.gone")
	s := Shown{Page: way != outside.Message}
	if s.Page && len(parts) > 2 {
		parts, gone = parts[1:len(parts)-1], "<p>"+template.HTMLEscapeString(gone)+"</p>"
	}
	var b []byte
	for _, x := range parts {
		if x.Gone {
			x.Bytes = []byte(gone + "\n")
		}
		b = append(b, x.Bytes...)
	}
	if s.Page {
		s.HTML = template.HTML(b) //nolint:gosec // made by our own template, and sealed since
	} else {
		s.Text = book.NewText(string(b))
	}
	return s
}
