package ways

import (
	"net/http"

	"beside/internal/account/pin"
	"beside/internal/web/page"
	"beside/internal/web/pinpad"
	"beside/internal/web/visit"
)

// Where somebody sets their PIN or mark; cardPINPath is the same on the way to a card.
const (
	PINPath     = "/me/pin"
	cardPINPath = CardPath + "/pin"
)

// pinPage is templates/ways/pin.html.
type pinPage struct {
	Set  bool // there is one, which this replaces
	Form *page.Form
	Pad  pinpad.Pad
	May  *page.Form // of one that is set: to say whether it may be used on the worker's device, without setting it anew
	Now  bool       // it may
	Back string
}

func (p *Pages) mountPIN() {
	for path, then := range map[string]string{PINPath: Home, cardPINPath: CardPath} {
		p.fresh("GET "+path, p.pin(path, then))
		p.fresh("POST "+path, p.keepPIN(then))
	}
	p.fresh("POST "+PINPath+"/together", p.keepTogether)
}

// pin is the page at a path that leads on to another.
func (p *Pages) pin(path, then string) visit.Handler {
	return func(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
		now, err := p.PINs.Of(r.Context(), v.Subject)
		if err != nil {
			return err
		}
		return p.showPIN(w, r, http.StatusOK, now, page.NewForm(r, path), then)
	}
}

func (p *Pages) showPIN(w http.ResponseWriter, r *http.Request, status int, now pin.Standing, form *page.Form, then string) error {
	d := pinPage{Set: now.Set, Form: form, Pad: pinpad.AskNew(form), Now: now.Together, Back: then}
	if now.Set {
		d.May = page.NewForm(r, PINPath+"/together").Named("may")
	}
	return p.site.Page(w, r, status, "ways/pin", d)
}

// keepPIN sets a PIN or a mark. What was typed is never shown again, so a refused one is typed anew. Of one that is set
// already the page has a control of its own for the worker's device, and a new one changes nothing of that.
func (p *Pages) keepPIN(then string) visit.Handler {
	return func(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
		form := page.Posted(r)
		now, err := p.PINs.Of(r.Context(), v.Subject)
		if err != nil {
			return err
		}
		typed, err := pinpad.TypedNew(form)
		if err == nil {
			err = p.PINs.Set(r.Context(), v.Session, pin.Setting{Typed: typed, Together: now.Together || !now.Set && form.Ticked("together")})
		}
		if form.Refused(err) {
			return p.showPIN(w, r, http.StatusUnprocessableEntity, now, form, then)
		}
		if err != nil {
			return err
		}
		page.Say(w, r, "pin.said_kept")
		return p.site.Go(w, r, then)
	}
}

// keepTogether says whether the PIN or mark may be used on the worker's device.
func (p *Pages) keepTogether(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	may := page.Posted(r).Value("may") == "yes"
	if err := p.PINs.Together(r.Context(), v.Session, may); err != nil {
		return err
	}
	said := "pin.said_together_off"
	if may {
		said = "pin.said_together_on"
	}
	page.Say(w, r, said)
	return p.site.Go(w, r, PINPath)
}
