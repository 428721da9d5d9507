package ways

import (
	"context"
	"net/http"

	"beside/internal/account"
	"beside/internal/account/contact"
	"beside/internal/book"
	"beside/internal/id"
	"beside/internal/web/page"
	"beside/internal/web/visit"
)

// Prover shows that an address is its owner's, by a code that is sent there and comes back.
type Prover interface {
	// Carried reports whether anything can be sent by a channel from here.
	Carried(ch contact.Channel) bool
	// AskToConfirm has a code sent to an address of a person's own. It returns NotOpen, Invalid with the field "address"
	// when nothing can be sent there, and TooOften.
	AskToConfirm(ctx context.Context, who id.Person, item id.Item, from account.Where) error
	// Confirm takes the code that came back: Invalid with the field "code" when it does not fit.
	Confirm(ctx context.Context, who id.Person, item id.Item, typed string) error
	// Waits reports whether a code was sent that still works.
	Waits(ctx context.Context, who id.Person, item id.Item) (bool, error)
}

func (p *Pages) canProve(ch contact.Channel) bool { return p.Prover != nil && p.Prover.Carried(ch) }

// proofPage is templates/reach/code.html.
type proofPage struct {
	To   book.Text
	Sent bool // a code is under way
	Form *page.Form
	Send reachTap
}

func (p *Pages) askProof(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	it, err := reachItem(r)
	if err != nil {
		return err
	}
	return p.showProof(w, r, v, http.StatusOK, it, page.NewForm(r, Reach+"/"+it.String()+"/code"))
}

// showProof shows the page on which a code is asked for and typed. Of an address that needs none it leads to the list.
func (p *Pages) showProof(w http.ResponseWriter, r *http.Request, v visit.Visitor, status int, it id.Item, form *page.Form) error {
	m, err := p.oneAddress(r, v, it)
	if err != nil {
		return err
	}
	if p.newPlace(r, m).Code == "" {
		return p.site.Go(w, r, Reach)
	}
	sent, err := p.Prover.Waits(r.Context(), v.Person, it)
	if err != nil {
		return err
	}
	d := proofPage{To: book.NewText(contact.Shown(m.Address.Show())), Sent: sent, Form: form, Send: newReachTap(r, Reach+"/"+it.String()+"/send", m.Head, "reach.code_send", "")}
	if sent {
		d.Send.Words, d.Send.Plain = "reach.code_again", true
	}
	return p.site.Page(w, r, status, "reach/code", d)
}

func (p *Pages) sendProof(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	it, err := reachItem(r)
	if err != nil {
		return err
	}
	form := page.NewForm(r, Reach+"/"+it.String()+"/code")
	if p.Prover == nil {
		return p.showProof(w, r, v, http.StatusOK, it, form)
	}
	if err := p.Prover.AskToConfirm(r.Context(), v.Person, it, p.Door.Where(r, false)); err != nil {
		if form.Refused(err) {
			return p.showProof(w, r, v, http.StatusUnprocessableEntity, it, form)
		}
		return err
	}
	page.Say(w, r, "reach.said_sent")
	return p.site.Go(w, r, Reach+"/"+it.String()+"/code")
}

func (p *Pages) typeProof(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	it, err := reachItem(r)
	if err != nil {
		return err
	}
	form := page.Posted(r)
	if p.Prover == nil {
		return p.showProof(w, r, v, http.StatusOK, it, form)
	}
	err = p.Prover.Confirm(r.Context(), v.Person, it, form.Value("code"))
	if form.Refused(err) {
		return p.showProof(w, r, v, http.StatusUnprocessableEntity, it, form)
	}
	if err != nil {
		return err
	}
	page.Say(w, r, "reach.said_confirmed")
	return p.site.Go(w, r, Reach)
}
