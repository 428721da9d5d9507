package ways

import (
	"bufio"
	"io"
	"net/http"
	"time"

	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/mutant"
	"beside/internal/web/page"
	"beside/internal/web/visit"
)

// Copy is the path of the page from which a copy of the whole book is taken.
const Copy = "/me/copy"

// copyWithin is how long a browser may take to fetch a copy, which is much larger than any page.
const copyWithin = 10 * time.Minute

// copyPage is templates/ways/copy.html.
type copyPage struct{ Form *page.Form }

// mountCopy mounts the page. Like what changes a way in, it opens to who has shown lately who they are.
func (p *Pages) mountCopy() {
	p.fresh("GET "+Copy, p.askCopy)
	p.fresh("POST "+Copy, p.giveCopy)
}

func (p *Pages) askCopy(w http.ResponseWriter, r *http.Request, _ visit.Visitor) error {
	return p.site.Page(w, r, http.StatusOK, "ways/copy", copyPage{page.NewForm(r, Copy)})
}

// giveCopy sends the copy as it is made. What goes wrong once it has begun cuts it off, which whoever checks it sees.
func (p *Pages) giveCopy(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	still := func() error { return p.Accounts.Still(r.Context(), v.Session) }
	to := &download{w: w, kind: "application/json", name: "book.json", still: still}
	proofs := func(to io.Writer) error { return p.Proofs(r.Context(), v.Session, to) }
	give := func() error { return proofs(to) }
	if page.Posted(r).Value("as") == "page" {
		to.kind, to.name = "text/html; charset=utf-8", p.site.Nameless()+".html"
		give = func() error {
			gathered := bufio.NewWriterSize(to, 64<<10)
			if err := p.Whole(r, v, gathered, proofs); err != nil {
				return err
			}
			return gathered.Flush()
		}
	}
	_ = http.NewResponseController(w).SetWriteDeadline(clock.System().Now().Std().Add(copyWithin)) // where it cannot be set, a slow line is cut off
	err := p.BeginCopy(r.Context(), v.Session)
	if err == nil {
		err = give()
	}
	if err != nil && to.begun {
		p.site.Log.Error("copy", "kind", errs.KindOf(err).String())
		panic(http.ErrAbortHandler)
	}
	return err
}

// download is a file on its way to a browser. Nothing is said of it before its first byte, so that until then an error
// can become a page.
type download struct {
	w          http.ResponseWriter
	kind, name string
	still      func() error
	begun      bool
}

// Write sends some more of the file, if who takes it is still signed in: somebody who ends that from elsewhere is not given away by a
// copy that was begun before.
func (d *download) Write(b []byte) (int, error) {
	if err := d.still(); err != nil && !mutant.On("copy-goes-on") {
		return 0, err
	}
	if !d.begun {
		d.begun = true
		d.w.Header().Set("Content-Type", d.kind)
		d.w.Header().Set("Content-Disposition", `attachment; filename="`+d.name+`"`)
	}
	return d.w.Write(b)
}
