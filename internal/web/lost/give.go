package lost

import (
	"net/http"

	"beside/internal/account/recovery"
	"beside/internal/errs"
	"beside/internal/web/page"
)

// newPage is templates/lost/new.html.
type newPage struct{ Form *page.Form }

// askNew asks for a new passphrase when the request is ready, and leads back to the waiting when it is not.
func (p *pages) askNew(w http.ResponseWriter, r *http.Request) error {
	s, err := p.state(r)
	if errs.Is(err, errs.NotOpen) || err == nil && !s.Ready {
		return p.site.Go(w, r, askedPath)
	}
	if err != nil {
		return err
	}
	return p.site.Page(w, r, http.StatusOK, "lost/new", newPage{Form: page.NewForm(r, newPath)})
}

// giveBack gives the login back and shows the sign-in words, to be written down.
func (p *pages) giveBack(w http.ResponseWriter, r *http.Request) error {
	form := page.Posted(r)
	in, err := p.Recovery.GiveBack(r.Context(), recovery.Giving{
		Secret: p.held(r, lostCookie), Passphrase: form.Secret("passphrase"), Where: p.Door.Where(r, form.Ticked("own_device")),
	})
	if form.Refused(err) {
		return p.site.Page(w, r, http.StatusUnprocessableEntity, "lost/new", newPage{Form: form})
	}
	if err != nil {
		return err
	}
	if err := p.Door.Let(w, r, in); err != nil {
		return err
	}
	p.keep(w, lostCookie, "", false)
	return p.site.Go(w, r, "/join/kept")
}
