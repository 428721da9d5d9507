package theirs

import (
	"net/http"
	"slices"

	"beside/internal/book"
	"beside/internal/community/narrowing"
	"beside/internal/errs"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/web/rules"
	"beside/internal/web/visit"
)

// ruled are the rules that close to the reader something of what was given to them, in words. What was not given has none.
func (p *pages) ruled(r *http.Request, v visit.Visitor, b id.Book, called string) ([]rules.Line, error) {
	closed, err := p.rules.Denied(r.Context(), v.Subject, b)
	return rules.You(r, called, closed), err
}

// denied answers with the rules by which something is closed that the reader was given to do in all of some sections, with what they
// typed. Where no rule closes it, or one of the sections was not given, that answer is why, the same as for a book that is not there.
func (p *pages) denied(w http.ResponseWriter, r *http.Request, v visit.Visitor, b id.Book, does grant.Closes, typed book.Text, why error, in ...book.Section) error {
	closed, err := p.rules.Denied(r.Context(), v.Subject, b)
	if err != nil {
		return err
	}
	closed = slices.DeleteFunc(closed, func(c narrowing.Closed) bool { return !slices.Contains(in, c.Section) || c.Rule.Closes > does })
	if len(closed) == 0 {
		return why
	}
	shared, err := p.peers.Person(r.Context(), v.Subject, b)
	if errs.Is(err, errs.NotOpen) {
		return why
	}
	if err != nil {
		return err
	}
	for _, s := range in {
		here := func(c narrowing.Closed) bool { return c.Section == s }
		if opens := does == grant.ClosesWriting && shared.Writes(s) || does == grant.ClosesSuggesting && shared.Takes(s); !opens && !slices.ContainsFunc(closed, here) {
			return why
		}
	}
	d := closedPage{Words: typed, Back: p.href(b), Ruled: rules.You(r, shared.Name.Show(), closed)}
	return p.site.Page(w, r, http.StatusForbidden, "theirs/closed", d)
}

// closedPage is templates/theirs/closed.html.
type closedPage struct {
	Words book.Text
	Back  string
	Ruled []rules.Line // by which it is closed; none where it is not given any more
}
