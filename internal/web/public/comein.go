package public

import (
	"net/http"

	"beside/internal/account"
	"beside/internal/book"
	"beside/internal/web/page"
	"beside/internal/web/visit"
)

// comeInPage is templates/public/come-in.html.
type comeInPage struct {
	Form *page.Form
	To   string
}

func (p *pages) askWords(w http.ResponseWriter, r *http.Request) error {
	if v, in := visit.Of(r); in {
		return p.site.Go(w, r, visit.Home(v.Hat))
	}
	return p.showComeIn(w, r, http.StatusOK, page.NewForm(r, ComeIn), asked(r))
}

func (p *pages) showComeIn(w http.ResponseWriter, r *http.Request, status int, form *page.Form, to string) error {
	return p.site.Page(w, r, status, "public/come-in", comeInPage{Form: form, To: to})
}

// comeIn opens the book again. A session that this browser still had is closed.
func (p *pages) comeIn(w http.ResponseWriter, r *http.Request) error {
	form := page.Posted(r)
	to := local(form.Value("to"))
	in := account.SigningIn{Words: form.Value("words"), Passphrase: form.Secret("passphrase"), Keep: form.Ticked("own_device")}
	secret, s, err := p.accounts.SignIn(r.Context(), in)
	if form.Refused(err) {
		return p.showComeIn(w, r, http.StatusUnprocessableEntity, form, to)
	}
	if err != nil {
		return err
	}
	if err := p.accounts.SignOut(r.Context(), p.door.Secret(r)); err != nil {
		return err
	}
	p.door.Enter(w, secret, s.Kept)
	return p.site.Go(w, r, afterwards(s, to))
}

// afterwards is where somebody goes on to: where they wanted to, else the choice of hats, else their book.
func afterwards(s account.Session, to string) string {
	switch {
	case to != "" && to != ComeIn:
		return to
	case len(s.Hats) > 1:
		return visit.HatPath
	}
	return visit.Home(book.HatSelf)
}
