package ways

import (
	"net/http"

	"beside/internal/account/contact"
	"beside/internal/id"
	"beside/internal/web/page"
	"beside/internal/web/visit"
)

// Going is the path of the page for somebody who wants to go. It puts side by side what they can do by themselves, as equals:
// to take everything along, to rest, to erase. It asks for no reason and talks nobody out of anything.
const Going = "/me/leave-here"

// goingPage is templates/ways/going.html.
type goingPage struct {
	Form  *page.Form
	Rests bool // nothing is shared, and nobody writes or calls
}

func (p *Pages) going(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	d := goingPage{Form: page.NewForm(r, Going)}
	var err error
	if d.Rests, err = p.rests(r, v); err != nil {
		return err
	}
	return p.site.Page(w, r, http.StatusOK, "ways/going", d)
}

func (p *Pages) rests(r *http.Request, v visit.Visitor) (bool, error) {
	all, err := p.Contacts.All(r.Context(), v.Session)
	if err != nil {
		return false, err
	}
	for _, m := range all.Addresses {
		if reached(m) {
			return false, nil
		}
	}
	lasting, err := p.Outside.Lastings(r.Context(), v.Subject, v.Book)
	if err != nil {
		return false, err
	}
	for _, l := range lasting {
		if l.Open(p.site.Clock.Now()) {
			return false, nil
		}
	}
	given, err := p.Peers.Gives(r.Context(), v.Subject, v.Book)
	return !given, err
}

// reached reports whether somebody may write or call at an address.
func reached(m contact.Mine) bool { return m.Write || m.Call || m.Leave }

// rest closes for a while: nothing is shared, and nobody writes or calls. To close asks for no fresh proof of who one is. What
// was done before something went wrong stays done, and sent again the rest is.
func (p *Pages) rest(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	next := func() id.Entry { return id.New[id.Entry](p.site.IDs) }
	if err := p.Peers.TakeBackAll(r.Context(), v.Subject, v.Book, next); err != nil {
		return err
	}
	lasting, err := p.Outside.Lastings(r.Context(), v.Subject, v.Book)
	for _, l := range lasting {
		if err == nil && l.Open(p.site.Clock.Now()) {
			err = p.Outside.EndLasting(r.Context(), v.Subject, v.Book, l.ID)
		}
	}
	if err != nil {
		return err
	}
	all, err := p.Contacts.All(r.Context(), v.Session)
	if err != nil {
		return err
	}
	for _, m := range all.Addresses {
		if !reached(m) {
			continue
		}
		if err := p.Contacts.Rest(r.Context(), v.Session, contact.Form{Entry: next(), Item: m.Item, Base: m.Head}); err != nil {
			return err
		}
	}
	page.Say(w, r, "going.said_rests")
	return p.site.Go(w, r, Going)
}
