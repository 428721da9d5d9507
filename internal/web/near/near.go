// Package near is the pages on which people of one life tell each other that they know each other here: whom I asked, who asked
// me, asking, saying yes, and saying that it is really them. It shows nothing of anybody's book, and there is nothing in it to
// look for people with. What changes whom something may be given to asks first who it is ([visit.Fresh]); to end is one tap.
package near

import (
	"net/http"
	"net/url"
	"strings"

	"beside/internal/account/known"
	"beside/internal/book"
	"beside/internal/errs"
	"beside/internal/id"
	"beside/internal/keeper"
	"beside/internal/peer"
	"beside/internal/web/give"
	"beside/internal/web/page"
	"beside/internal/web/visit"
)

// Home is the path of the page that lists them.
const Home = "/me/near"

const (
	newPath   = Home + "/new"
	codePath  = Home + "/code"
	offerPath = "/near/" // and the one-time code, in the link that a person hands over
)

// Config is what the pages need.
type Config struct {
	Known *known.People
	Peers *peer.Peers
	// Around dresses a page as those of the reader's own book are.
	Around func(*http.Request, visit.Visitor) error
}

type pages struct {
	Config
	site *page.Site
}

// Mount mounts the pages of this package.
func Mount(site *page.Site, c Config) {
	p := &pages{Config: c, site: site}
	site.Handle("GET "+Home, visit.Only(book.HatSelf, p.around(p.list)))
	site.Handle("GET "+newPath, visit.Fresh(site, p.around(p.askNew)))
	site.Handle("POST "+newPath, visit.Fresh(site, p.keepNew))
	site.Handle("GET "+codePath, visit.Only(book.HatSelf, p.around(p.askCode)))
	site.Handle("POST "+codePath, visit.Only(book.HatSelf, p.accept))
	site.Handle("GET "+Home+"/{known}", visit.Fresh(site, p.around(p.one)))
	site.Handle("POST "+Home+"/{known}", visit.Fresh(site, p.confirm))
	site.Handle("POST "+Home+"/{known}/end", visit.Only(book.HatSelf, p.end))
	site.Handle("GET "+offerPath+"{token}", p.offered)
}

func (p *pages) around(h visit.Handler) visit.Handler {
	return func(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
		if err := p.Around(r, v); err != nil {
			return err
		}
		return h(w, r, v)
	}
}

func knownOf(r *http.Request) (id.Known, error) {
	k, err := id.Parse[id.Known](r.PathValue("known"))
	return k, errs.As("near: known", errs.NotOpen, err)
}

// listPage is templates/near/list.html.
type listPage struct {
	Who    page.Who
	Unsure []mineRow // who accepted, and was not confirmed yet
	Mine   []mineRow // the others whom the reader asked
	Others []otherRow
	Any    bool // the reader asked somebody
	Enough bool // no more can be asked
	Empty  page.Empty
}

// mineRow is somebody whom the reader asked.
type mineRow struct {
	known.Known
	Key   string // tells its form apart
	Are   string // catalogue key
	Until page.Moment
	Asked bool   // not accepted yet
	Look  string // where they are confirmed
	Give  string // where something is given to them, once they were confirmed
	End   page.Tap
}

// otherRow is somebody who asked the reader.
type otherRow struct {
	known.Knower
	Key   string
	Since page.Moment
	End   page.Tap
}

var relationWords = map[known.Relation]string{
	known.Relative: "near.relative", known.Friend: "near.friend", known.Carer: "near.carer", known.Partner: "near.partner",
	known.Other: "near.other",
}

// RelationWords returns the catalogue key of what somebody is to the one who asked them.
func RelationWords(r known.Relation) string { return relationWords[r] }

func relationChoices() []page.Choice {
	var list []page.Choice
	for _, r := range known.Relations() {
		list = append(list, page.Choice{Value: string(r), Words: relationWords[r]})
	}
	return list
}

func pathOf(k id.Known) string { return Home + "/" + k.String() }

func endTap(r *http.Request, k id.Known, of string) page.Tap {
	return page.Tap{Form: page.NewForm(r, pathOf(k)+"/end"), Words: "near.end", Plain: true, Of: of}
}

func (p *pages) list(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	mine, err := p.Known.Mine(r.Context(), v.Session)
	if err != nil {
		return err
	}
	others, err := p.Known.Knows(r.Context(), v.Session)
	if err != nil {
		return err
	}
	d := listPage{Any: len(mine) > 0, Enough: len(mine) >= known.Most, Empty: page.Empty{Drawing: "bench", Words: "near.none", Href: newPath, Do: "near.ask"}}
	for _, k := range mine {
		key := "k-" + k.ID.String()
		row := mineRow{
			Known: k, Key: key, Are: relationWords[k.Are], Until: page.At(r, k.Until), Asked: k.AcceptedAt == 0,
			Look: pathOf(k.ID), End: endTap(r, k.ID, key),
		}
		if k.ConfirmedAt != 0 {
			row.Give = give.Path + "/" + k.ID.String()
		}
		if k.AcceptedAt != 0 && k.ConfirmedAt == 0 {
			d.Unsure = append(d.Unsure, row)
		} else {
			d.Mine = append(d.Mine, row)
		}
	}
	for _, k := range others {
		key := "o-" + k.ID.String()
		d.Others = append(d.Others, otherRow{Knower: k, Key: key, Since: page.At(r, k.AcceptedAt), End: endTap(r, k.ID, key)})
	}
	return p.site.Page(w, r, http.StatusOK, "near/list", d)
}

// newPage is templates/near/new.html and near/partner.html.
type newPage struct {
	Form *page.Form
	Are  []page.Choice
}

func (p *pages) askNew(w http.ResponseWriter, r *http.Request, _ visit.Visitor) error {
	return p.site.Page(w, r, http.StatusOK, "near/new", newPage{Form: page.NewForm(r, newPath), Are: relationChoices()})
}

// madePage is templates/near/made.html.
type madePage struct {
	Link, Code string
	Until      page.Moment
}

// keepNew makes the one-time code and shows it in the answer itself: it is kept nowhere. Sent again, the form shows the same.
// Before a partner is asked a page asks whether it is safe (mission.md U7).
func (p *pages) keepNew(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	form := page.Posted(r)
	entry, err := form.EntryID()
	if err != nil {
		return err
	}
	n := known.Naming{Entry: entry, Label: form.Text("label"), Are: known.Relation(form.Value("are"))}
	if n.Are == known.Partner && !n.Label.Blank() && !form.Ticked("safe") {
		return p.site.Page(w, r, http.StatusOK, "near/partner", newPage{Form: form})
	}
	code, err := p.Known.Ask(r.Context(), v.Session, n)
	if form.Refused(err) {
		return p.site.Page(w, r, http.StatusUnprocessableEntity, "near/new", newPage{Form: form, Are: relationChoices()})
	}
	if err != nil {
		return err
	}
	return p.site.Page(w, r, http.StatusOK, "near/made", madePage{
		Link: strings.TrimSuffix(p.site.PublicURL, "/") + offerPath + strings.ToLower(code), Code: code,
		Until: page.At(r, p.site.Clock.Now()+known.CodeLasts),
	})
}

// offerPage is templates/near/offer.html.
type offerPage struct {
	Form         *page.Form // nil when nobody is in their own book
	Linked       bool       // the code came with the link, and need not be typed
	Join, ComeIn string
}

// offered says what a yes means. Who is not signed in joins or comes in first, and then comes back here. It names nobody.
func (p *pages) offered(w http.ResponseWriter, r *http.Request) error {
	if err := p.Known.Offered(r.Context(), r.PathValue("token")); err != nil {
		return err
	}
	d := offerPage{Linked: true}
	if v, in := visit.Of(r); in && v.Hat == book.HatSelf {
		d.Form = page.NewForm(r, codePath).Set("code", r.PathValue("token")).Set("linked", "yes")
	} else {
		to := "?to=" + url.QueryEscape(r.URL.EscapedPath())
		d.Join, d.ComeIn = "/join"+to, page.ComeIn+to
	}
	return p.site.Page(w, r, http.StatusOK, "near/offer", d)
}

// askCode is for a code that was handed over without its link.
func (p *pages) askCode(w http.ResponseWriter, r *http.Request, _ visit.Visitor) error {
	return p.site.Page(w, r, http.StatusOK, "near/offer", offerPage{Form: page.NewForm(r, codePath)})
}

func (p *pages) accept(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	form := page.Posted(r)
	err := p.Known.Accept(r.Context(), v.Session, form.Value("code"), known.Answer{Note: form.Text("note"), Self: form.Text("self")})
	if errs.Is(err, errs.NotOpen) && !form.Ticked("linked") {
		var c errs.Check
		c.Add("code", "recovery.offer_wrong")
		err = c.Err("near: accept")
	}
	if form.Refused(err) {
		return p.site.Page(w, r, http.StatusUnprocessableEntity, "near/offer", offerPage{Form: form, Linked: form.Ticked("linked")})
	}
	if err != nil {
		return err
	}
	page.Say(w, r, "near.said_accepted")
	return p.site.Go(w, r, Home)
}

// onePage is templates/near/one.html.
type onePage struct {
	known.Known
	Yes *page.Form
	No  page.Tap
}

// one asks whether it is really them. Who was confirmed already stands in the list.
func (p *pages) one(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	k, err := knownOf(r)
	if err != nil {
		return err
	}
	found, err := p.Known.One(r.Context(), v.Session, k)
	if err != nil {
		return err
	}
	if found.ConfirmedAt != 0 {
		return p.site.Go(w, r, Home)
	}
	return p.site.Page(w, r, http.StatusOK, "near/one", onePage{
		Known: found, Yes: page.NewForm(r, pathOf(k)), No: page.Tap{Form: page.NewForm(r, pathOf(k)+"/end"), Words: "near.sure_no", Of: "self"},
	})
}

func (p *pages) confirm(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	k, err := knownOf(r)
	if err != nil {
		return err
	}
	if err := p.Known.Confirm(r.Context(), v.Session, k); err != nil {
		return err
	}
	page.Say(w, r, "near.said_confirmed")
	return p.site.Go(w, r, Home)
}

func (p *pages) end(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	k, err := knownOf(r)
	if err != nil {
		return err
	}
	entry, err := page.Posted(r).EntryID()
	if err != nil {
		return err
	}
	who, err := p.Known.One(r.Context(), v.Session, k)
	if err != nil && !errs.Is(err, errs.NotOpen) {
		return err
	}
	if err := p.takeBack(r, v, who.Person, keeper.Also(entry, 1)); err != nil {
		return err
	}
	if err := p.Known.End(r.Context(), v.Session, k); err != nil {
		return err
	}
	// What was given on another device in between was given to somebody who still was near.
	if err := p.takeBack(r, v, who.Person, keeper.Also(entry, 2)); err != nil {
		return err
	}
	page.Say(w, r, "near.said_ended")
	return p.site.Go(w, r, Home)
}

// takeBack takes back what the reader gave to somebody they asked: with whom one ends it, one shares nothing. Of who was asked it
// takes nothing, and there is nobody to take it from; what was given to them is not theirs to end.
func (p *pages) takeBack(r *http.Request, v visit.Visitor, from id.Person, entry id.Entry) error {
	if from.IsZero() {
		return nil
	}
	given, err := p.Peers.Near(r.Context(), v.Subject, v.Book)
	for _, g := range given {
		if err == nil && g.To == from {
			err = p.Peers.TakeBack(r.Context(), v.Subject, v.Book, entry, g.Item, g.Head)
		}
	}
	return err
}
