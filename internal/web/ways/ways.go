// Package ways is the pages on which somebody looks after their own ways in: what they can come in with, on which devices
// they are signed in, who may help them when they lose it all, and what happened with any of it. There is one file a
// page. What changes a way in asks them to show first that it is them ([visit.Fresh]).
package ways

import (
	"context"
	"io"
	"net/http"

	"beside/internal/account"
	"beside/internal/account/card"
	"beside/internal/account/contact"
	"beside/internal/account/ending"
	"beside/internal/account/passkey"
	"beside/internal/account/pin"
	"beside/internal/account/recovery"
	"beside/internal/book"
	"beside/internal/errs"
	"beside/internal/outside"
	"beside/internal/peer"
	"beside/internal/web/near"
	"beside/internal/web/page"
	"beside/internal/web/visit"
)

// Home is the path of the page that lists them all.
const Home = "/me/ways"

// Organisation is the path of a page of package organisation, which is there when the organisation has a sign-in of its own.
const Organisation = Home + "/organisation"

// Config is what the pages need.
type Config struct {
	Door     *visit.Door
	Accounts *account.Accounts
	Passkeys *passkey.Passkeys
	PINs     *pin.PINs
	Cards    *card.Cards
	Recovery *recovery.Recovery
	Outside  *outside.Outside // what leaves the book each time, which resting ends
	Endings  *ending.Endings  // by which a second book is ended
	// Emergency is the number to call when a life is in danger, "" to say "your local emergency number"; Crisis is a line that
	// anybody can call, "" when none is known.
	Emergency, Crisis string
	// Organisation is what the organisation is called with whose sign-in workers and the team can come in, "" for none.
	Organisation string
	Contacts     *contact.Contacts
	Peers        *peer.Peers
	Prover       Prover // nil when no message can be sent from here
	// BeginCopy writes down that a copy of the whole book of a session's person is taken.
	BeginCopy func(context.Context, account.Session) error
	// Proofs writes the copy that programs read and check.
	Proofs func(context.Context, account.Session, io.Writer) error
	// Whole writes the page that people read, with at its end what is handed to it.
	Whole func(r *http.Request, v visit.Visitor, to io.Writer, proofs func(io.Writer) error) error
	// Around dresses a page as those of the reader's own book are.
	Around func(*http.Request, visit.Visitor) error
}

// Pages are the pages of this package.
type Pages struct {
	Config
	site *page.Site
}

// Mount mounts the pages of this package.
func Mount(site *page.Site, c Config) {
	p := &Pages{Config: c, site: site}
	p.own("GET "+Home, p.home)
	p.mountDevices()
	p.mountReach()
	p.own("GET "+Happened, p.happened)
	p.fresh("GET "+passphrase, p.askPassphrase)
	p.fresh("POST "+passphrase, p.keepPassphrase)
	p.mountHolders()
	p.mountHelping()
	p.mountAsked()
	site.Handle("GET "+visit.AgainPath, visit.Only(book.HatSelf, p.askAgain))
	site.Handle("POST "+visit.AgainPath, visit.Only(book.HatSelf, p.again))
	p.mountPasskeys()
	p.mountPIN()
	p.mountCard()
	p.mountCopy()
	p.mountPhone()
	p.own("GET "+Going, p.going)
	p.own("POST "+Going, p.rest)
}

// own mounts a page that is open to somebody in their own hat.
func (p *Pages) own(pattern string, h visit.Handler) {
	p.site.Handle(pattern, visit.Only(book.HatSelf, p.around(h)))
}

// fresh mounts a page that is open to who has shown lately who they are.
func (p *Pages) fresh(pattern string, h visit.Handler) {
	p.site.Handle(pattern, visit.Fresh(p.site, p.around(h)))
}

func (p *Pages) around(h visit.Handler) visit.Handler {
	return func(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
		if r.Method == http.MethodGet {
			if err := p.Around(r, v); err != nil {
				return err
			}
		}
		return h(w, r, v)
	}
}

// homePage is templates/ways/home.html.
type homePage struct{ Groups []group }

// group is some of the pages that the first leads to, under a heading.
type group struct {
	Words string
	Rows  []row
}

// row is one of the pages that the first leads to.
type row struct{ Href, Words, Hint string }

// groups are the pages that the first leads to, in the order of the screen.
var groups = []group{
	{"ways.group_with", []row{
		{"/join/kept", "ways.words", "ways.words_hint"},
		{passphrase, "ways.passphrase", "ways.passphrase_hint"},
		{passkeysPath, "passkey.mine", "passkey.mine_hint"},
		{Reach, "reach.list", "reach.list_hint"},
		{CardPath, "card.my", "card.my_hint"},
		{PINPath, "pin.my", "pin.my_hint"},
		{Organisation, "organisation.row", "organisation.row_hint"},
	}},
	{"ways.group_where", []row{
		{Devices, "ways.devices", "ways.devices_hint"},
		{Happened, "ways.happened", "ways.happened_hint"},
		{Copy, "ways.copy", "ways.copy_hint"},
		{Phone, "second.row", "second.row_hint"},
		{Going, "going.row", "going.row_hint"},
	}},
	{"ways.group_help", []row{
		{holdersPath, "holders.row", "holders.row_hint"},
		{helpingPath, "helping.row", "helping.row_hint"},
		{askedPath, "asked.row", "asked.row_hint"},
	}},
	{"ways.group_near", []row{
		{near.Home, "near.row", "near.row_hint"},
	}},
}

// notEverywhere says of a page in groups whether this installation has it, where not each has.
var notEverywhere = map[string]func(*Pages) bool{
	passkeysPath: (*Pages).offersPasskeys,
	Organisation: func(p *Pages) bool { return p.Config.Organisation != "" },
}

func (p *Pages) home(w http.ResponseWriter, r *http.Request, _ visit.Visitor) error {
	var d homePage
	for _, g := range groups {
		here := group{Words: g.Words}
		for _, row := range g.Rows {
			if has := notEverywhere[row.Href]; has == nil || has(p) {
				here.Rows = append(here.Rows, row)
			}
		}
		d.Groups = append(d.Groups, here)
	}
	return p.site.Page(w, r, http.StatusOK, "ways/home", d)
}

// againPage is templates/ways/again.html.
type againPage struct {
	Form    *page.Form
	To      string
	Passkey *page.Passkey // nil for who has none
}

// againPasskey is where the answer of a passkey is sent.
const againPasskey = visit.AgainPath + "/passkey"

func (p *Pages) askAgain(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	return p.showAgain(w, r, v, http.StatusOK, againPage{To: page.Local(r.URL.Query().Get("to"))}, nil)
}

// showAgain shows both ways; shown is the form of the passkey when it was sent.
func (p *Pages) showAgain(w http.ResponseWriter, r *http.Request, v visit.Visitor, status int, d againPage, shown *page.Form) error {
	if d.Form == nil {
		d.Form = page.NewForm(r, visit.AgainPath)
	}
	if p.Passkeys.Offered() {
		asking, err := p.Passkeys.BeginShow(r.Context(), v.Session)
		if err != nil {
			return errs.Wrap("ways: again", err)
		}
		if shown == nil {
			shown = page.NewForm(r, againPasskey).Named("k")
		}
		if asking != "" {
			d.Passkey = &page.Passkey{Form: shown, Asking: asking, Do: "passkey.show_do"}
		}
	}
	return p.site.Page(w, r, status, "ways/again", d)
}

// again is showing once more who one is, by the passphrase.
func (p *Pages) again(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	form := page.Posted(r)
	to := page.Local(form.Value("to"))
	secret, err := p.Accounts.ShowPassphrase(r.Context(), v.Session, form.Secret("passphrase"))
	if form.Refused(err) {
		return p.showAgain(w, r, v, http.StatusUnprocessableEntity, againPage{Form: form, To: to}, nil)
	}
	if err != nil {
		return errs.Wrap("ways: again", err)
	}
	p.Door.Change(w, secret, v.Session)
	return p.onwards(w, r, to)
}

// againByPasskey is the same by a passkey.
func (p *Pages) againByPasskey(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	form := page.Posted(r).Named("k")
	to := page.Local(form.Value("to"))
	secret, err := p.Passkeys.Show(r.Context(), v.Session, form.Value("answer"))
	if form.Refused(err) {
		return p.showAgain(w, r, v, http.StatusUnprocessableEntity, againPage{To: to}, form)
	}
	if err != nil {
		return errs.Wrap("ways: again", err)
	}
	p.Door.Change(w, secret, v.Session)
	return p.onwards(w, r, to)
}

func (p *Pages) onwards(w http.ResponseWriter, r *http.Request, to string) error {
	if to == "" {
		to = Home
	}
	return p.site.Go(w, r, to)
}
