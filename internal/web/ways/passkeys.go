package ways

import (
	"net/http"

	"beside/internal/account/passkey"
	"beside/internal/book"
	"beside/internal/errs"
	"beside/internal/id"
	"beside/internal/web/page"
	"beside/internal/web/visit"
)

// passkeysPath is the path of the page that lists somebody's passkeys.
const passkeysPath = "/me/passkeys"

func (p *Pages) mountPasskeys() {
	p.site.Handle("POST "+againPasskey, visit.Only(book.HatSelf, p.againByPasskey))
	p.fresh("GET "+passkeysPath, p.passkeys)
	p.fresh("GET "+passkeysPath+"/new", p.askNewPasskey)
	p.fresh("POST "+passkeysPath+"/new", p.addPasskey)
	p.fresh("GET "+passkeysPath+"/{passkey}", p.passkey)
	p.fresh("POST "+passkeysPath+"/{passkey}", p.renamePasskey)
	p.fresh("POST "+passkeysPath+"/{passkey}/end", p.endPasskey)
}

func (p *Pages) offersPasskeys() bool { return p.Passkeys.Offered() }

// passkeysPage is templates/ways/passkeys.html.
type passkeysPage struct {
	Rows   []passkeyRow
	CanAdd bool // else the reader shows first who they are, as somebody with a role
	Prove  string
}

// passkeyRow is one passkey.
type passkeyRow struct {
	Href         string
	Name         book.Text
	Added, Shown page.Moment
	Used         bool
}

func (p *Pages) passkeys(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	list, err := p.Passkeys.List(r.Context(), v.Session)
	if err != nil {
		return errs.Wrap("ways: passkeys", err)
	}
	d := passkeysPage{CanAdd: len(v.Session.Later) == 0, Prove: visit.ProvePath}
	for _, k := range list {
		d.Rows = append(d.Rows, rowOf(r, k))
	}
	return p.site.Page(w, r, http.StatusOK, "ways/passkeys", d)
}

func rowOf(r *http.Request, k passkey.Passkey) passkeyRow {
	return passkeyRow{Href: passkeysPath + "/" + k.ID.String(), Name: k.Name, Added: page.At(r, k.MadeAt), Shown: page.At(r, k.SeenAt), Used: k.SeenAt != k.MadeAt}
}

// newPasskeyPage is templates/ways/passkey_new.html.
type newPasskeyPage struct {
	Form    *page.Form
	Passkey page.Passkey
}

func (p *Pages) askNewPasskey(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	if len(v.Session.Later) > 0 {
		return p.site.Go(w, r, passkeysPath)
	}
	form := page.NewForm(r, passkeysPath+"/new").Set("name", usualName(r))
	return p.showNewPasskey(w, r, v, http.StatusOK, form)
}

// usualName is what a device lists a passkey as until the person chooses something else: a word that says nothing of them.
func usualName(r *http.Request) string { return page.FrameOf(r).Words().T("common.beside") }

func (p *Pages) showNewPasskey(w http.ResponseWriter, r *http.Request, v visit.Visitor, status int, form *page.Form) error {
	asking, err := p.Passkeys.BeginAdd(r.Context(), v.Session, usualName(r))
	if form.Refused(err) {
		err, status = nil, http.StatusUnprocessableEntity
	}
	if err != nil {
		return errs.Wrap("ways: new passkey", err)
	}
	return p.site.Page(w, r, status, "ways/passkey_new", newPasskeyPage{Form: form, Passkey: page.Passkey{Form: form, Asking: asking, Do: "passkey.add_do"}})
}

func (p *Pages) addPasskey(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	form := page.Posted(r)
	err := p.Passkeys.Add(r.Context(), v.Session, form.Value("answer"), form.Text("name"))
	if form.Refused(err) {
		return p.showNewPasskey(w, r, v, http.StatusUnprocessableEntity, form)
	}
	if err != nil {
		return errs.Wrap("ways: add passkey", err)
	}
	page.Say(w, r, "passkey.said_added")
	return p.site.Go(w, r, passkeysPath)
}

// onePasskeyPage is templates/ways/passkey.html.
type onePasskeyPage struct {
	Passkey   passkeyRow
	Form, End *page.Form
}

func (p *Pages) passkey(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	k, err := p.mine(r, v)
	if err != nil {
		return err
	}
	return p.showPasskey(w, r, http.StatusOK, k, page.NewForm(r, r.URL.EscapedPath()).Fill("name", k.Name))
}

// mine returns the passkey of a path, if it is the reader's and stands: else NotOpen.
func (p *Pages) mine(r *http.Request, v visit.Visitor) (passkey.Passkey, error) {
	list, err := p.Passkeys.List(r.Context(), v.Session)
	if err != nil {
		return passkey.Passkey{}, errs.Wrap("ways: passkey", err)
	}
	for _, k := range list {
		if k.ID.String() == r.PathValue("passkey") {
			return k, nil
		}
	}
	return passkey.Passkey{}, errs.New("ways: passkey", errs.NotOpen, "")
}

func (p *Pages) showPasskey(w http.ResponseWriter, r *http.Request, status int, k passkey.Passkey, form *page.Form) error {
	row := rowOf(r, k)
	return p.site.Page(w, r, status, "ways/passkey", onePasskeyPage{Passkey: row, Form: form, End: page.NewForm(r, row.Href+"/end").Named("e")})
}

func (p *Pages) renamePasskey(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	k, err := p.mine(r, v)
	if err != nil {
		return err
	}
	form := page.Posted(r)
	err = p.Passkeys.Rename(r.Context(), v.Session, k.ID, form.Text("name"))
	if form.Refused(err) {
		return p.showPasskey(w, r, http.StatusUnprocessableEntity, k, form)
	}
	if err != nil {
		return errs.Wrap("ways: rename passkey", err)
	}
	page.Say(w, r, "passkey.said_renamed")
	return p.site.Go(w, r, passkeysPath)
}

func (p *Pages) endPasskey(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	k, err := id.Parse[id.Passkey](r.PathValue("passkey"))
	if err != nil {
		return errs.New("ways: end passkey", errs.NotOpen, "")
	}
	if err := p.Passkeys.End(r.Context(), v.Session, k); err != nil {
		return errs.Wrap("ways: end passkey", err)
	}
	page.Say(w, r, "passkey.said_ended")
	return p.site.Go(w, r, passkeysPath)
}
