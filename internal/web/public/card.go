package public

import (
	"net/http"

	"beside/internal/account/card"
	"beside/internal/web/page"
	"beside/internal/web/pinpad"
	"beside/internal/web/visit"
)

// Card is where a printed card and its PIN or mark let in. Behind the # of its address may stand the code of a card, from
// the square printed on it: browsers send that to nobody.
const Card = "/come-in/card"

// cardPage is templates/public/card.html.
type cardPage struct {
	Form   *page.Form
	Pad    pinpad.Pad
	To     string
	ComeIn string
}

func (p *pages) askCard(w http.ResponseWriter, r *http.Request) error {
	if v, in := visit.Of(r); in {
		return p.site.Go(w, r, visit.Home(v.Hat))
	}
	return p.showCard(w, r, http.StatusOK, page.NewForm(r, Card), asked(r))
}

func (p *pages) showCard(w http.ResponseWriter, r *http.Request, status int, form *page.Form, to string) error {
	return p.site.Page(w, r, status, "public/card", cardPage{Form: form, Pad: pinpad.Ask(form), To: to, ComeIn: onwards(ComeIn, to)})
}

// comeInWithCard opens the book again. A session that this browser still had is closed.
func (p *pages) comeInWithCard(w http.ResponseWriter, r *http.Request) error {
	form := page.Posted(r)
	to := page.Local(form.Value("to"))
	in, err := p.cards.ComeIn(r.Context(), card.ComingIn{
		Code: form.Value("code"), PIN: pinpad.Typed(form), Where: p.door.Where(r, form.Ticked("own_device")),
	})
	if form.Refused(err) {
		return p.showCard(w, r, http.StatusUnprocessableEntity, form, to)
	}
	if err != nil {
		return err
	}
	return p.letIn(w, r, in, to)
}
