package ways

import (
	"net/http"
	"strings"

	"beside/internal/account/card"
	"beside/internal/errs"
	"beside/internal/web/page"
	"beside/internal/web/visit"
)

// The paths of the printed card: the page about it, and where it lets in.
const (
	CardPath     = "/me/card"
	CardLetsIn   = "/come-in/card"
	cardEndPath  = CardPath + "/end"
	schemeSecure = "https://"
)

// cardPage is templates/ways/card.html.
type cardPage struct {
	card.Standing
	Made page.Moment
	Form *page.Form // to make one
	End  *page.Form
}

// cardMadePage is templates/ways/card_made.html. It shows the code this once.
type cardMadePage struct {
	Code    string
	Address string // as one types it
	QR      card.Square
}

func (p *Pages) mountCard() {
	p.own("GET "+CardPath, p.card)
	p.fresh("POST "+CardPath, p.makeCard)
	p.own("POST "+cardEndPath, p.endCard) // to end a lost card is one tap, and opens nothing
}

func (p *Pages) card(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	return p.showCard(w, r, v, http.StatusOK, page.NewForm(r, CardPath))
}

func (p *Pages) showCard(w http.ResponseWriter, r *http.Request, v visit.Visitor, status int, form *page.Form) error {
	now, err := p.Cards.Of(r.Context(), v.Subject)
	if err != nil {
		return err
	}
	d := cardPage{Standing: now, Made: page.At(r, now.MadeAt), Form: form, End: page.NewForm(r, cardEndPath).Named("end")}
	return p.site.Page(w, r, status, "ways/card", d)
}

// makeCard makes a card and shows it on the page that answers: nowhere else, and no address leads there.
func (p *Pages) makeCard(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	form := page.Posted(r)
	entry, err := form.EntryID()
	if err != nil {
		return err
	}
	code, err := p.Cards.Make(r.Context(), v.Session, entry)
	switch {
	case errs.Is(err, errs.Invalid):
		return p.site.Go(w, r, cardPINPath)
	case errs.Is(err, errs.Changed):
		page.Say(w, r, "card.said_ended_meanwhile")
		return p.site.Go(w, r, CardPath)
	case err != nil:
		return err
	}
	if err := p.Around(r, v); err != nil {
		return err
	}
	address := p.site.PublicURL + CardLetsIn
	square, err := card.Draw(address + "#" + code.Link())
	if err != nil {
		return err
	}
	return p.site.Page(w, r, http.StatusOK, "ways/card_made", cardMadePage{Code: code.Show(), Address: strings.TrimPrefix(address, schemeSecure), QR: square})
}

func (p *Pages) endCard(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	if err := p.Cards.End(r.Context(), v.Subject); err != nil {
		return err
	}
	page.Say(w, r, "card.said_ended")
	return p.site.Go(w, r, CardPath)
}
