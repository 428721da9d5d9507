package ways

import (
	"net/http"

	"beside/internal/account"
	"beside/internal/errs"
	"beside/internal/web/page"
	"beside/internal/web/visit"
)

const passphrase = Home + "/passphrase"

// passphrasePage is templates/ways/passphrase.html.
type passphrasePage struct {
	Form   *page.Form
	Others []page.Choice // what becomes of the other devices; nil when there are none
}

// others are the answers to whether the other devices are closed too. Neither is chosen beforehand: who changes it because
// somebody knows it wants them closed, and who is watched may want nobody to notice.
var others = []page.Choice{
	{Value: "close", Words: "ways.others_close", Hint: "ways.others_close_hint"},
	{Value: "leave", Words: "ways.others_leave", Hint: "ways.others_leave_hint"},
}

func (p *Pages) askPassphrase(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	return p.showPassphrase(w, r, v, http.StatusOK, page.NewForm(r, passphrase))
}

func (p *Pages) showPassphrase(w http.ResponseWriter, r *http.Request, v visit.Visitor, status int, form *page.Form) error {
	more, err := p.elsewhere(r, v)
	if err != nil {
		return err
	}
	d := passphrasePage{Form: form}
	if more {
		d.Others = others
	}
	return p.site.Page(w, r, status, "ways/passphrase", d)
}

// elsewhere reports whether there is a device beside the one that asks.
func (p *Pages) elsewhere(r *http.Request, v visit.Visitor) (bool, error) {
	list, err := p.Accounts.Devices(r.Context(), v.Session)
	for _, d := range list {
		if !d.Here {
			return true, nil
		}
	}
	return false, errs.Wrap("ways: elsewhere", err)
}

func (p *Pages) keepPassphrase(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	if err := p.Around(r, v); err != nil { // for the name, which a passphrase must not be made of
		return err
	}
	form := page.Posted(r)
	err := p.answered(r, v, form)
	if err == nil {
		err = p.Accounts.ChangePassphrase(r.Context(), v.Session, account.ChangingPassphrase{
			Passphrase: form.Secret("passphrase"), Name: page.FrameOf(r).Name, EndOthers: form.Value("others") == "close",
		})
	}
	if form.Refused(err) {
		return p.showPassphrase(w, r, v, http.StatusUnprocessableEntity, form)
	}
	if err != nil {
		return err
	}
	page.Say(w, r, "ways.said_passphrase")
	return p.site.Go(w, r, Home)
}

// answered returns Invalid with the field "others" when there are other devices and nothing was said about them.
func (p *Pages) answered(r *http.Request, v visit.Visitor, form *page.Form) error {
	more, err := p.elsewhere(r, v)
	if err != nil || !more || form.Value("others") == "close" || form.Value("others") == "leave" {
		return err
	}
	var c errs.Check
	c.Add("others", "ways.others_unanswered")
	return c.Err("ways: passphrase")
}
