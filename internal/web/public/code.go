package public

import (
	"net/http"

	"beside/internal/account/code"
	"beside/internal/account/post"
	"beside/internal/clock"
	"beside/internal/id"
	"beside/internal/web/page"
	"beside/internal/web/visit"
)

// The two pages of coming in with a one-time code. Between them the browser holds the code's id, which opens nothing
// without its digits and tells nobody's address.
const (
	askCode   = ComeIn + "/code"
	enterCode = "/come-in/code/enter"
	codeLent  = "code" // what is lent to the browser
)

// askCodePage is templates/public/code.html.
type askCodePage struct {
	Form  *page.Form
	To    string
	Sends bool   // codes can be sent at all
	Fills string // what a browser may fill in as the address
}

// enterCodePage is templates/public/code-enter.html.
type enterCodePage struct {
	Form  *page.Form
	To    string
	Again string // where to ask for a new one
	Text  bool   // it went out as a text message
}

func (p *pages) mountCode() {
	p.site.Handle("GET "+askCode, p.askAddress)
	p.site.Handle("POST "+askCode, p.sendCode)
	p.site.Handle("GET "+enterCode, p.askCode)
	p.site.Handle("POST "+enterCode, p.enterCode)
	p.site.OnExit(func(w http.ResponseWriter, _ *http.Request) { p.site.Lend(w, codeLent, "", -1) })
}

// offersCodes reports whether codes can be sent from here at all.
func (p *pages) offersCodes() bool { return p.codes.Carries() }

func (p *pages) askAddress(w http.ResponseWriter, r *http.Request) error {
	if v, in := visit.Of(r); in {
		return p.site.Go(w, r, visit.Home(v.Hat))
	}
	return p.showAskCode(w, r, http.StatusOK, page.NewForm(r, askCode), asked(r))
}

func (p *pages) showAskCode(w http.ResponseWriter, r *http.Request, status int, form *page.Form, to string) error {
	a := askCodePage{Form: form, To: to, Sends: p.offersCodes(), Fills: "off"}
	if p.door.Known(r) {
		a.Fills = "email"
	}
	return p.site.Page(w, r, status, "public/code", a)
}

// sendCode has a code sent, or not: the browser cannot tell.
func (p *pages) sendCode(w http.ResponseWriter, r *http.Request) error {
	form := page.Posted(r)
	to := page.Local(form.Value("to"))
	c, err := p.codes.Ask(r.Context(), code.Asking{Address: form.Value("address"), Words: form.Value("words"), Where: p.door.Where(r, false)})
	if form.Refused(err) {
		return p.showAskCode(w, r, http.StatusUnprocessableEntity, form, to)
	}
	if err != nil {
		return err
	}
	p.site.Lend(w, codeLent, c.String(), int(code.Lasts/clock.Second))
	return p.site.Go(w, r, onwards(enterCode, to))
}

// lent returns the code that this browser asked for.
func (p *pages) lent(r *http.Request) (id.Code, bool) {
	c, err := id.Parse[id.Code](p.site.Lent(r, codeLent))
	return c, err == nil
}

func (p *pages) askCode(w http.ResponseWriter, r *http.Request) error {
	if v, in := visit.Of(r); in {
		return p.site.Go(w, r, visit.Home(v.Hat))
	}
	return p.showEnterCode(w, r, http.StatusOK, page.NewForm(r, enterCode), asked(r))
}

func (p *pages) showEnterCode(w http.ResponseWriter, r *http.Request, status int, form *page.Form, to string) error {
	c, ok := p.lent(r)
	if !ok {
		return p.site.Go(w, r, onwards(askCode, to))
	}
	ch, err := p.codes.Channel(r.Context(), c)
	if err != nil {
		return err
	}
	return p.site.Page(w, r, status, "public/code-enter", enterCodePage{Form: form, To: to, Again: onwards(askCode, to), Text: ch == post.Text})
}

// enterCode opens the book again.
func (p *pages) enterCode(w http.ResponseWriter, r *http.Request) error {
	form := page.Posted(r)
	to := page.Local(form.Value("to"))
	c, _ := p.lent(r) // without one nothing fits, and the page leads back
	in, err := p.codes.Enter(r.Context(), code.Entering{
		Code: c, Digits: form.Value("code"), Second: form.Secret("second"), Where: p.door.Where(r, form.Ticked("own_device")),
	})
	if form.Refused(err) {
		return p.showEnterCode(w, r, http.StatusUnprocessableEntity, form.Set("code", ""), to)
	}
	if err != nil {
		return err
	}
	p.site.Lend(w, codeLent, "", -1)
	return p.letIn(w, r, in, to)
}
