package ways

import (
	"context"
	"fmt"
	"net/http"

	"beside/internal/account"
	"beside/internal/account/contact"
	"beside/internal/book"
	"beside/internal/errs"
	"beside/internal/id"
	"beside/internal/web/page"
	"beside/internal/web/visit"
)

// Reach is the path of the page with all addresses at which somebody may be reached.
const Reach = "/me/reach"

// reachBefore is where an address is looked at that was given when joining, before there were marks for each.
const reachBefore = Reach + "/before"

// mountReach mounts the pages of addresses. Giving one, changing what may be done there and taking one away change the
// ways in. Saying whether one is still safe does not: a yes sends nothing to another place, and who says "not any more"
// may be in danger, and is asked for nothing.
func (p *Pages) mountReach() {
	p.own("GET "+Reach, p.reach)
	p.fresh("GET "+Reach+"/new", p.newAddress)
	p.fresh("POST "+Reach+"/new", p.keepAddress)
	p.fresh("GET "+reachBefore, p.addressBefore)
	p.own("POST "+reachBefore+"/forget", p.forgetBefore)
	p.fresh("GET "+Reach+"/{item}", p.address)
	p.fresh("POST "+Reach+"/{item}", p.keepAddress)
	p.fresh("POST "+Reach+"/{item}/away", p.said(p.Contacts.TakeAway, "reach.said_away"))
	p.own("POST "+Reach+"/{item}/safe", p.said(p.Contacts.StillSafe, "reach.said_safe"))
	p.own("POST "+Reach+"/{item}/not-safe", p.said(p.Contacts.NotAnyMore, "reach.said_not_safe"))
	p.fresh("GET "+Reach+"/{item}/code", p.askProof)
	p.fresh("POST "+Reach+"/{item}/code", p.typeProof)
	p.fresh("POST "+Reach+"/{item}/send", p.sendProof)
}

// reachTap is a form of one button, the part "tap".
type reachTap struct {
	Form  *page.Form
	Words string // catalogue key
	Of    string // id of the element that says what the button is about
	Plain bool
}

func newReachTap(r *http.Request, path string, head id.Entry, words, of string) reachTap {
	return reachTap{Form: page.NewForm(r, path).Set("base", head.String()), Words: words, Of: of}
}

// place is an address as it is shown: in sentences that can be read aloud.
type place struct {
	ID          string
	To          book.Text // as much of it as tells little to somebody who looks over a shoulder
	Text        bool      // it is a telephone number
	Write       bool
	Call, Leave bool
	Opens       bool
	Name        string // of the sender, blank for none
	From, Until string // times of the day, blank for any
	State       string // catalogue key of how it stands, blank when it is safe
	SafeUntil   page.Moment
	Href        string
	Code        string // path on which it can be shown to be one's own, blank when it was, or cannot be
}

func (p *Pages) newPlace(r *http.Request, m contact.Mine) place {
	x := place{
		ID: "at-" + m.Item.String(), To: book.NewText(contact.Masked(m.Address.Show())), Text: m.Channel == contact.Text,
		Write: m.Write, Call: m.Call, Leave: m.Leave, Opens: m.Opens, Name: m.Name.Show(), SafeUntil: page.At(r, m.Rests), Href: Reach + "/" + m.Item.String(),
	}
	if m.From != m.Until {
		x.From, x.Until = TimeOfDay(m.From), TimeOfDay(m.Until)
	}
	switch {
	case m.Stopped:
		x.State = "reach.stopped"
	case !m.Write && !m.Opens:
		x.State = "reach.unused"
	case !m.Confirmed && !p.canProve(m.Channel):
		x.State = "reach.no_carrier"
	case !m.Confirmed:
		x.State, x.Code = "reach.unconfirmed", x.Href+"/code"
	case m.Write && !m.Safe:
		x.State = "reach.resting"
	}
	return x
}

// TimeOfDay is minutes of the day as a clock on the wall has them.
func TimeOfDay(minutes int) string { return fmt.Sprintf("%d:%02d", minutes/60, minutes%60) }

// asking is one address about which somebody is asked whether it is still safe.
type asking struct {
	place
	Yes, No reachTap
}

// reachPage is templates/reach/list.html.
type reachPage struct {
	Ask    []asking
	Places []place
	Before book.Text // an address that was given when joining, blank for none
	Keep   string
	Forget reachTap
	Empty  page.Empty
}

func (p *Pages) reach(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	all, err := p.Contacts.All(r.Context(), v.Session)
	if err != nil {
		return err
	}
	d := reachPage{
		Before: all.Before, Keep: reachBefore, Forget: newReachTap(r, reachBefore+"/forget", all.BeforeHead, "reach.before_forget", "before"),
		Empty: page.Empty{Drawing: "bench", Words: "reach.none", Href: Reach + "/new", Do: "reach.first"},
	}
	if !d.Before.Blank() {
		d.Before = book.NewText(contact.Masked(d.Before.Show()))
	}
	for _, m := range all.Addresses {
		x := p.newPlace(r, m)
		d.Places = append(d.Places, x)
		if m.Ask {
			d.Ask = append(d.Ask, asking{
				place: x, Yes: newReachTap(r, x.Href+"/safe", m.Head, "reach.ask_yes", "ask-"+x.ID), No: newReachTap(r, x.Href+"/not-safe", m.Head, "reach.ask_no", "ask-"+x.ID),
			})
		}
	}
	return p.site.Page(w, r, http.StatusOK, "reach/list", d)
}

// reachForm is what a posted form brings about the address its path names, or a new one.
func reachForm(r *http.Request) (f contact.Form, err error) {
	form := page.Posted(r)
	if f.Entry, err = form.EntryID(); err != nil {
		return f, err
	}
	if base := form.Value("base"); base != "" {
		if f.Base, err = id.Parse[id.Entry](base); err != nil {
			return f, errs.New("ways: base", errs.Invalid, "errors.form_not_ours")
		}
	}
	if r.PathValue("item") != "" {
		f.Item, err = reachItem(r)
	}
	return f, err
}

// reachItem is the address the path names. A path that names none is not open, as any other.
func reachItem(r *http.Request) (id.Item, error) {
	it, err := id.Parse[id.Item](r.PathValue("item"))
	if err != nil {
		return it, errs.New("ways: item", errs.NotOpen, "")
	}
	return it, nil
}

// said answers a form of one button. When the address is no longer as the button showed it, nothing is done, and the page
// that follows shows how it is.
func (p *Pages) said(do func(context.Context, account.Session, contact.Form) error, said string) visit.Handler {
	return func(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
		f, err := reachForm(r)
		if err != nil {
			return err
		}
		switch err := do(r.Context(), v.Session, f); {
		case errs.Is(err, errs.Changed), errs.Is(err, errs.AlreadyKept):
			page.Say(w, r, "me.said_meanwhile")
		case err != nil:
			return err
		default:
			page.Say(w, r, said)
		}
		return p.site.Go(w, r, Reach)
	}
}

func (p *Pages) forgetBefore(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	return p.said(p.Contacts.Forget, "reach.said_away")(w, r, v)
}
