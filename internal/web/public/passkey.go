package public

import (
	"net/http"

	"beside/internal/web/page"
	"beside/internal/web/visit"
)

// comeInPasskey is the path of coming in with a passkey.
const comeInPasskey = ComeIn + "/passkey"

// passkeyPage is templates/public/passkey.html.
type passkeyPage struct {
	Passkey page.Passkey
	To      string
	ComeIn  string // the other ways in
}

func (p *pages) offersPasskeys() bool { return p.passkeys.Offered() }

func (p *pages) askPasskey(w http.ResponseWriter, r *http.Request) error {
	if v, in := visit.Of(r); in {
		return p.site.Go(w, r, visit.Home(v.Hat))
	}
	return p.showPasskey(w, r, http.StatusOK, page.NewForm(r, comeInPasskey), asked(r))
}

// showPasskey asks a new question each time: one is answered once.
func (p *pages) showPasskey(w http.ResponseWriter, r *http.Request, status int, form *page.Form, to string) error {
	asking, err := p.passkeys.BeginComeIn(r.Context(), p.door.Where(r, false))
	if err != nil {
		return err
	}
	return p.site.Page(w, r, status, "public/passkey", passkeyPage{
		Passkey: page.Passkey{Form: form, Asking: asking, Do: "passkey.come_in_do"}, To: to, ComeIn: onwards(ComeIn, to),
	})
}

func (p *pages) comeInPasskey(w http.ResponseWriter, r *http.Request) error {
	form := page.Posted(r)
	to := page.Local(form.Value("to"))
	in, err := p.passkeys.ComeIn(r.Context(), form.Value("answer"), p.door.Where(r, form.Ticked("own_device")))
	if form.Refused(err) {
		return p.showPasskey(w, r, http.StatusUnprocessableEntity, form, to)
	}
	if err != nil {
		return err
	}
	return p.letIn(w, r, in, to)
}
