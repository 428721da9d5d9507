package ways

import (
	"net/http"
	"strings"

	"beside/internal/account"
	"beside/internal/account/recovery"
	"beside/internal/errs"
	"beside/internal/id"
	"beside/internal/web/page"
	"beside/internal/web/visit"
)

// Paths of pages about holders: people who may help somebody back in.
const (
	holdersPath    = "/me/holders"
	holdersNewPath = holdersPath + "/new"
)

func (p *Pages) mountHolders() {
	p.own("GET "+holdersPath, p.holders)
	p.fresh("GET "+holdersNewPath, p.askHolder)
	p.fresh("POST "+holdersNewPath, p.nameHolder)
	p.own("POST "+holdersPath+"/{holder}/end", p.endHolder)
}

// holdersPage is templates/ways/holders.html.
type holdersPage struct {
	Who     page.Who
	Holders []holderRow
	Enough  bool // no more can be asked
}

// holderRow is one of them.
type holderRow struct {
	recovery.Holder
	Key      string // tells its form apart
	Are      string // catalogue key
	Until    page.Moment
	ActiveAt page.Moment
	Asked    bool // not accepted yet
	Resting  bool // accepted, and begins later
	End      page.Tap
}

var relationWords = map[recovery.Relation]string{
	recovery.Friend: "holders.friend", recovery.Relative: "holders.relative", recovery.Partner: "holders.partner",
	recovery.Worker: "holders.worker", recovery.Other: "holders.other",
}

// RelationWords returns the catalogue key of what a holder is to the one who asked them.
func RelationWords(r recovery.Relation) string { return relationWords[r] }

func relationChoices() []page.Choice {
	var list []page.Choice
	for _, r := range recovery.Relations() {
		list = append(list, page.Choice{Value: string(r), Words: relationWords[r]})
	}
	return list
}

func (p *Pages) holders(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	list, err := p.Recovery.Holders(r.Context(), v.Session)
	if err != nil {
		return err
	}
	now := p.site.Clock.Now()
	d := holdersPage{Enough: len(list) >= recovery.MostHolders}
	for _, h := range list {
		key := "h-" + h.ID.String()
		d.Holders = append(d.Holders, holderRow{
			Holder: h, Key: key, Are: relationWords[h.Are], Until: page.At(r, h.Until), ActiveAt: page.At(r, h.ActiveAt),
			Asked: h.ActiveAt == 0, Resting: h.ActiveAt > now,
			End: page.Tap{Form: page.NewForm(r, holdersPath+"/"+h.ID.String()+"/end"), Words: "holders.end", Plain: true, Of: key},
		})
	}
	return p.site.Page(w, r, http.StatusOK, "ways/holders", d)
}

// holderPage is templates/ways/holder-new.html and ways/holder-partner.html.
type holderPage struct {
	Form *page.Form
	Are  []page.Choice
}

func (p *Pages) askHolder(w http.ResponseWriter, r *http.Request, _ visit.Visitor) error {
	return p.site.Page(w, r, http.StatusOK, "ways/holder-new", holderPage{Form: page.NewForm(r, holdersNewPath), Are: relationChoices()})
}

// holderMadePage is templates/ways/holder-made.html.
type holderMadePage struct {
	Link, Code string
	Partner    bool
	Until      page.Moment
}

// nameHolder makes the one-time code and shows it in the answer itself: it is kept nowhere. Sent again, the form shows the
// same. Before a partner is asked a page asks whether it is safe (mission.md U7).
func (p *Pages) nameHolder(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	form := page.Posted(r)
	entry, err := form.EntryID()
	if err != nil {
		return err
	}
	n := recovery.Naming{Entry: entry, Label: form.Text("label"), Are: recovery.Relation(form.Value("are"))}
	if n.Are == recovery.Partner && !n.Label.Blank() && !form.Ticked("safe") {
		return p.site.Page(w, r, http.StatusOK, "ways/holder-partner", holderPage{Form: form})
	}
	code, err := p.Recovery.NameHolder(r.Context(), v.Session, n)
	if form.Refused(err) {
		return p.site.Page(w, r, http.StatusUnprocessableEntity, "ways/holder-new", holderPage{Form: form, Are: relationChoices()})
	}
	if err != nil {
		return err
	}
	return p.site.Page(w, r, http.StatusOK, "ways/holder-made", holderMadePage{
		Link: strings.TrimSuffix(p.site.PublicURL, "/") + offerPath + strings.ToLower(code), Code: code,
		Partner: n.Are == recovery.Partner, Until: page.At(r, p.site.Clock.Now()+recovery.CodeLasts),
	})
}

// endHolder asks once more who it is when that was long ago, and leads back to the list: the path of the form is no page.
func (p *Pages) endHolder(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	if !v.Session.Fresh(p.site.Clock.Now(), account.FreshToSend) {
		return p.site.Go(w, r, visit.AgainPath+"?to="+holdersPath)
	}
	return p.ended(w, r, v, holdersPath)
}

// ended takes back what a holder may, for either of the two, and goes on to a page.
func (p *Pages) ended(w http.ResponseWriter, r *http.Request, v visit.Visitor, to string) error {
	h, err := id.Parse[id.Holder](r.PathValue("holder"))
	if err != nil {
		return errs.As("ways: end holder", errs.NotOpen, err)
	}
	if err := p.Recovery.EndHolder(r.Context(), v.Session, h); err != nil {
		return err
	}
	page.Say(w, r, "holders.said_ended")
	return p.site.Go(w, r, to)
}
