package ways

import (
	"net/http"
	"net/url"

	"beside/internal/account/recovery"
	"beside/internal/book"
	"beside/internal/errs"
	"beside/internal/web/page"
	"beside/internal/web/visit"
)

// Paths of pages for somebody who helps another back in.
const (
	helpingPath    = "/me/helping"
	helpingNewPath = helpingPath + "/new"
	helpingAskPath = helpingPath + "/code"
	helpingYesPath = helpingPath + "/yes"
	offerPath      = "/helping/" // and the one-time code, in the link that a person hands over
)

func (p *Pages) mountHelping() {
	p.own("GET "+helpingPath, p.helping)
	p.own("GET "+helpingNewPath, p.askAccept)
	p.own("POST "+helpingNewPath, p.accept)
	p.own("POST "+helpingPath+"/{holder}/end", p.stopHelping)
	p.fresh("GET "+helpingAskPath, p.askCode)
	p.fresh("POST "+helpingAskPath, p.findAsker)
	p.fresh("POST "+helpingYesPath, p.confirm)
	p.site.Handle("GET "+offerPath+"{token}", p.offered)
}

// helpingPage is templates/ways/helping.html.
type helpingPage struct {
	Helps []helpRow
	Any   bool // of them may be helped now
}

// helpRow is somebody whom the reader may help.
type helpRow struct {
	recovery.Helping
	Key      string
	ActiveAt page.Moment
	Resting  bool
	End      page.Tap
}

func (p *Pages) helping(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	list, err := p.Recovery.Helps(r.Context(), v.Session)
	if err != nil {
		return err
	}
	now := p.site.Clock.Now()
	var d helpingPage
	for _, h := range list {
		key := "h-" + h.ID.String()
		d.Helps = append(d.Helps, helpRow{
			Helping: h, Key: key, ActiveAt: page.At(r, h.ActiveAt), Resting: h.ActiveAt > now,
			End: page.Tap{Form: page.NewForm(r, helpingPath+"/"+h.ID.String()+"/end"), Words: "helping.end", Plain: true, Of: key},
		})
		d.Any = d.Any || h.ActiveAt <= now
	}
	return p.site.Page(w, r, http.StatusOK, "ways/helping", d)
}

func (p *Pages) stopHelping(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	return p.ended(w, r, v, helpingPath)
}

// offerPage is templates/ways/offer.html.
type offerPage struct {
	Form         *page.Form // nil when nobody is in their own book
	Linked       bool       // the code came with the link, and need not be typed
	Join, ComeIn string
}

// offered says what helping somebody means. Who is not signed in joins or comes in first, and then comes back here. It
// names nobody.
func (p *Pages) offered(w http.ResponseWriter, r *http.Request) error {
	if err := p.Recovery.Offered(r.Context(), r.PathValue("token")); err != nil {
		return err
	}
	d := offerPage{Linked: true}
	if v, in := visit.Of(r); in && v.Hat == book.HatSelf {
		d.Form = page.NewForm(r, helpingNewPath).Set("code", r.PathValue("token")).Set("linked", "yes")
	} else {
		to := "?to=" + url.QueryEscape(r.URL.EscapedPath())
		d.Join, d.ComeIn = "/join"+to, page.ComeIn+to
	}
	return p.site.Page(w, r, http.StatusOK, "ways/offer", d)
}

// askAccept is for a code that was handed over without its link.
func (p *Pages) askAccept(w http.ResponseWriter, r *http.Request, _ visit.Visitor) error {
	return p.site.Page(w, r, http.StatusOK, "ways/offer", offerPage{Form: page.NewForm(r, helpingNewPath)})
}

func (p *Pages) accept(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	form := page.Posted(r)
	err := p.Recovery.Accept(r.Context(), v.Session, form.Value("code"), form.Text("note"))
	if errs.Is(err, errs.NotOpen) && !form.Ticked("linked") {
		var c errs.Check
		c.Add("code", "recovery.offer_wrong")
		err = c.Err("ways: accept")
	}
	if form.Refused(err) {
		return p.site.Page(w, r, http.StatusUnprocessableEntity, "ways/offer", offerPage{Form: form, Linked: form.Ticked("linked")})
	}
	if err != nil {
		return err
	}
	page.Say(w, r, "helping.said_accepted")
	return p.site.Go(w, r, helpingPath)
}

// codePage is templates/ways/helping-code.html.
type codePage struct{ Form *page.Form }

func (p *Pages) askCode(w http.ResponseWriter, r *http.Request, _ visit.Visitor) error {
	return p.site.Page(w, r, http.StatusOK, "ways/helping-code", codePage{Form: page.NewForm(r, helpingAskPath)})
}

// confirmPage is templates/ways/helping-yes.html.
type confirmPage struct {
	recovery.Asker
	AskedAt page.Moment
	Form    *page.Form
	Hows    []page.Choice
}

var howWords = map[recovery.How]string{
	recovery.WithThem: "helping.with_them", recovery.Voice: "helping.voice", recovery.Passkey: "helping.passkey",
}

func howChoices(hows []recovery.How) []page.Choice {
	var list []page.Choice
	for _, h := range hows {
		list = append(list, page.Choice{Value: string(h), Words: howWords[h]})
	}
	return list
}

// findAsker shows who asks, in the answer itself: the code stands in no address.
func (p *Pages) findAsker(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	form := page.Posted(r)
	a, err := p.Recovery.FindAsker(r.Context(), v.Session, form.Value("code"))
	if form.Refused(err) {
		return p.site.Page(w, r, http.StatusUnprocessableEntity, "ways/helping-code", codePage{Form: form})
	}
	if err != nil {
		return err
	}
	return p.showConfirm(w, r, v, http.StatusOK, a, page.NewForm(r, helpingYesPath).Set("code", form.Value("code")))
}

func (p *Pages) showConfirm(w http.ResponseWriter, r *http.Request, v visit.Visitor, status int, a recovery.Asker, form *page.Form) error {
	return p.site.Page(w, r, status, "ways/helping-yes", confirmPage{
		Asker: a, AskedAt: page.At(r, a.AskedAt), Form: form, Hows: howChoices(p.Recovery.Hows(v.Session)),
	})
}

func (p *Pages) confirm(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	form := page.Posted(r)
	err := p.Recovery.Confirm(r.Context(), v.Session, form.Value("code"), recovery.How(form.Value("how")))
	if form.Refused(err) {
		a, gone := p.Recovery.FindAsker(r.Context(), v.Session, form.Value("code"))
		if form.Refused(gone) {
			return p.site.Page(w, r, http.StatusUnprocessableEntity, "ways/helping-code", codePage{Form: form})
		}
		if gone != nil {
			return gone
		}
		return p.showConfirm(w, r, v, http.StatusUnprocessableEntity, a, form)
	}
	if err != nil {
		return err
	}
	page.Say(w, r, "helping.said_yes")
	return p.site.Go(w, r, helpingPath)
}
