package ways

import (
	"net/http"

	"beside/internal/account/pin"
	"beside/internal/web/page"
	"beside/internal/web/pinpad"
	"beside/internal/web/visit"
)

// PINPath is where somebody sets their PIN or mark.
const PINPath = "/me/pin"

// pinPage is templates/ways/pin.html.
type pinPage struct {
	Set  bool // there is one, which this replaces
	Form *page.Form
	Pad  pinpad.Pad
	May  *page.Form // to say whether it may be used on the worker's device, without setting it anew
	Now  bool       // it may
}

func (p *Pages) mountPIN() {
	p.fresh("GET "+PINPath, p.pin)
	p.fresh("POST "+PINPath, p.keepPIN)
	p.fresh("POST "+PINPath+"/together", p.keepTogether)
}

func (p *Pages) pin(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	now, err := p.PINs.Of(r.Context(), v.Subject)
	if err != nil {
		return err
	}
	form := page.NewForm(r, PINPath)
	if now.Together {
		form.Set("together", "yes")
	}
	return p.showPIN(w, r, http.StatusOK, now, form)
}

func (p *Pages) showPIN(w http.ResponseWriter, r *http.Request, status int, now pin.Standing, form *page.Form) error {
	d := pinPage{Set: now.Set, Form: form, Pad: pinpad.AskNew(form), Now: now.Together}
	if now.Set {
		d.May = page.NewForm(r, PINPath+"/together").Named("may")
	}
	return p.site.Page(w, r, status, "ways/pin", d)
}

// keepPIN sets a PIN or a mark. What was typed is never shown again, so a refused one is typed anew.
func (p *Pages) keepPIN(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	form := page.Posted(r)
	typed, err := pinpad.TypedNew(form)
	if err == nil {
		err = p.PINs.Set(r.Context(), v.Session, pin.Setting{Typed: typed, Together: form.Ticked("together")})
	}
	if form.Refused(err) {
		now, err := p.PINs.Of(r.Context(), v.Subject)
		if err != nil {
			return err
		}
		return p.showPIN(w, r, http.StatusUnprocessableEntity, now, form)
	}
	if err != nil {
		return err
	}
	page.Say(w, r, "pin.said_kept")
	return p.site.Go(w, r, Home)
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
