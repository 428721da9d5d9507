package ways

import (
	"net/http"

	"beside/internal/account"
	"beside/internal/account/ending"
	"beside/internal/book"
	"beside/internal/errs"
	"beside/internal/web/page"
	"beside/internal/web/visit"
)

// Phone is the path of the page for somebody whose phone others look at: a second book behind another passphrase, and what it
// cannot do. It is the same in every book, the second one too (docs/decisions/0026-a-second-space.md).
const Phone = Home + "/phone"

// phonePage is templates/ways/phone.html.
type phonePage struct {
	Emergency, Crisis string
	Passkeys          bool // there are passkeys here, which lead past a second book
	Is                bool // there is a second book
	Was               bool // there was one, and it is erased
	Made              page.Moment
	Came              bool // somebody came into it
	Opened            page.Moment
	Make, Change, End *page.Form // by what there is
}

func (p *Pages) mountPhone() {
	p.fresh("GET "+Phone, p.phone)
	p.fresh("POST "+Phone, p.changePhone)
}

func (p *Pages) phone(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	return p.showPhone(w, r, v, http.StatusOK, nil)
}

// showPhone shows the page; sent is the form that was sent, nil for none.
func (p *Pages) showPhone(w http.ResponseWriter, r *http.Request, v visit.Visitor, status int, sent *page.Form) error {
	now, err := p.Accounts.Second(r.Context(), v.Session)
	if err != nil {
		return errs.Wrap("ways: phone", err)
	}
	d := phonePage{Emergency: p.Emergency, Crisis: p.Crisis, Passkeys: p.offersPasskeys(), Is: now.Is, Was: now.Was}
	form := func(do string) *page.Form {
		if sent != nil && sent.Value("do") == do {
			return sent.Named(do)
		}
		return page.NewForm(r, Phone).Named(do)
	}
	if !now.Is {
		d.Make = form("make")
		return p.site.Page(w, r, status, "ways/phone", d)
	}
	d.Made, d.Came, d.Opened = page.At(r, now.MadeAt), now.Opened != 0, page.At(r, now.Opened)
	d.Change, d.End = form("change"), form("end")
	return p.site.Page(w, r, status, "ways/phone", d)
}

// changePhone makes a second book, gives it another passphrase, or ends it.
func (p *Pages) changePhone(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	form := page.Posted(r)
	said := "second.said_made"
	var err error
	switch form.Value("do") {
	case "make":
		err = p.makeSecond(r, v, form)
	case "change":
		said, err = "second.said_changed", p.Accounts.ChangeSecond(r.Context(), v.Session, form.Secret("passphrase"))
	case "end":
		if !v.Session.Fresh(p.site.Clock.Now(), ending.FreshToSend) {
			return p.site.Go(w, r, visit.AgainPath+"?to="+Phone)
		}
		said, err = p.endSecond(r, v, form)
	default:
		return errs.New("ways: phone", errs.Invalid, "errors.form_not_ours")
	}
	if form.Refused(err) {
		return p.showPhone(w, r, v, http.StatusUnprocessableEntity, form)
	}
	if err != nil {
		return errs.Wrap("ways: phone", err)
	}
	page.Say(w, r, said)
	return p.site.Go(w, r, Phone)
}

func (p *Pages) makeSecond(r *http.Request, v visit.Visitor, form *page.Form) error {
	e, err := form.EntryID()
	if err != nil {
		return err
	}
	if err := ticked(form, "read", "second.read_needed"); err != nil {
		return err
	}
	return p.Accounts.MakeSecond(r.Context(), v.Session, account.MakingSecond{
		Entry: e, Passphrase: form.Secret("passphrase"), Via: book.ViaWeb, Where: p.Door.Where(r, false),
	})
}

// endSecond erases the second book for good, as somebody in it could. One that must be kept for a time goes when that is over.
func (p *Pages) endSecond(r *http.Request, v visit.Visitor, form *page.Form) (said string, err error) {
	e, err := form.EntryID()
	if err != nil {
		return "", err
	}
	if err := ticked(form, "sure", "erase.sure_needed"); err != nil {
		return "", err
	}
	second, err := p.Accounts.AsSecond(r.Context(), v.Session)
	if errs.Is(err, errs.NotOpen) { // the form was sent once more
		return "second.said_ended", nil
	}
	if err != nil {
		return "", err
	}
	waits, err := p.Endings.Today(r.Context(), second, e)
	if waits {
		return "second.said_waits", err
	}
	return "second.said_ended", err
}

// ticked returns Invalid when a box was not ticked that must be.
func ticked(form *page.Form, name, why string) error {
	if form.Ticked(name) {
		return nil
	}
	var c errs.Check
	c.Add(name, why)
	return c.Err("ways: ticked")
}
