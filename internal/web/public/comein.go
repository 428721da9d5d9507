package public

import (
	"net/http"

	"beside/internal/account"
	"beside/internal/web/page"
	"beside/internal/web/visit"
)

// comeInPage is templates/public/come-in.html.
type comeInPage struct {
	Form  *page.Form
	To    string
	Other []otherWay
	Fills string // what a browser may fill in as the sign-in words
	// Organisation is the name of the one that has a sign-in of its own.
	Organisation string
}

// otherWay is another way in than words and passphrase, on a page of its own.
type otherWay struct{ Href, Words, Hint string }

// otherWays are the other ways in, in the order of the screen.
var otherWays = []otherWay{
	{comeInPasskey, "passkey.way", "passkey.way_hint"},
	{askCode, "code.way", "code.way_hint"},
	{ComeInOrganisation, "organisation.way", "organisation.way_hint"},
	{Card, "card.way", "card.way_hint"},
}

func (p *pages) askWords(w http.ResponseWriter, r *http.Request) error {
	if v, in := visit.Of(r); in {
		return p.site.Go(w, r, visit.Home(v.Hat))
	}
	return p.showComeIn(w, r, http.StatusOK, page.NewForm(r, ComeIn), asked(r))
}

func (p *pages) showComeIn(w http.ResponseWriter, r *http.Request, status int, form *page.Form, to string) error {
	return p.site.Page(w, r, status, "public/come-in", comeInPage{Form: form, To: to, Other: p.leading(otherWays, to), Fills: p.fills(r), Organisation: p.organisation})
}

// fills lets a browser keep the sign-in words, which begin with a name, only where somebody said that the device is their
// own: elsewhere it would offer them to the next who sits down there. A passphrase is never offered so; a browser asks
// before it keeps one.
func (p *pages) fills(r *http.Request) string {
	if p.door.Known(r) {
		return "username"
	}
	return "off"
}

// comeIn opens the book again. A session that this browser still had is closed.
func (p *pages) comeIn(w http.ResponseWriter, r *http.Request) error {
	form := page.Posted(r)
	to := page.Local(form.Value("to"))
	in, err := p.accounts.SignIn(r.Context(), account.SigningIn{
		Words: form.Value("words"), Passphrase: form.Secret("passphrase"), Where: p.door.Where(r, form.Ticked("own_device")),
	})
	if form.Refused(err) {
		return p.showComeIn(w, r, http.StatusUnprocessableEntity, form, to)
	}
	if err != nil {
		return err
	}
	return p.letIn(w, r, in, to)
}

// letIn is how every way in ends.
func (p *pages) letIn(w http.ResponseWriter, r *http.Request, in account.Opened, to string) error {
	if err := p.door.Let(w, r, in); err != nil {
		return err
	}
	return p.site.Go(w, r, afterwards(in.Session, to))
}

// afterwards is where somebody goes on to: where they wanted to, else the choice of hats, else their book.
func afterwards(s account.Session, to string) string {
	switch {
	case to != "" && to != ComeIn:
		return to
	case len(s.Hats)+len(s.Later) > 1:
		return visit.HatPath
	}
	return visit.Home(s.Hat)
}

// notEverywhere says of one of the ways whether this installation has it, where not each has.
var notEverywhere = map[string]func(*pages) bool{
	comeInPasskey: (*pages).offersPasskeys, askCode: (*pages).offersCodes,
	ComeInOrganisation: (*pages).hasOrganisation, ProveOrganisation: (*pages).hasOrganisation,
}

func (p *pages) hasOrganisation() bool { return p.organisation != "" }

// leading returns those of some ways that this installation has, each leading on to the same page.
func (p *pages) leading(ways []otherWay, to string) []otherWay {
	var out []otherWay
	for _, w := range ways {
		if has := notEverywhere[w.Href]; has == nil || has(p) {
			w.Href = onwards(w.Href, to)
			out = append(out, w)
		}
	}
	return out
}
