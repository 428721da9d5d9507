package worker

import (
	"net/http"

	"beside/internal/account/together"
	"beside/internal/book"
	"beside/internal/errs"
	"beside/internal/id"
	"beside/internal/peer"
	"beside/internal/web/page"
	"beside/internal/web/pinpad"
	"beside/internal/web/theirs"
	"beside/internal/web/visit"
)

// togetherPages are the pages of saying yes on the worker's device.
type togetherPages struct {
	pages
	together *together.Together
}

// togetherPage is templates/worker/together.html. The person holds the device and reads it.
type togetherPage struct {
	Called string
	Form   *page.Form
	Pad    pinpad.Pad
	To     []page.Choice
	Back   string
}

// MountTogether mounts the page on which a person says yes on their worker's device.
func MountTogether(site *page.Site, peers *peer.Peers, t *together.Together) {
	p := &togetherPages{pages{site: site, peers: peers}, t}
	site.Handle("GET "+Home+"/people/{book}/together", visit.Only(book.HatWorker, p.ask))
	site.Handle("POST "+Home+"/people/{book}/together", visit.Only(book.HatWorker, p.say))
}

func togetherHref(b id.Book) string { return href(b) + "/together" }

// askedWords are what was suggested, as the person reads it.
var askedWords = map[book.Kind]string{
	book.KindStrength: "together.strength", book.KindGoal: "together.goal", book.KindStep: "together.step", book.KindCircle: "circle.together",
}

func (p *togetherPages) ask(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	b, err := theirs.BookOf(r)
	if err != nil {
		return err
	}
	return p.show(w, r, v, b, http.StatusOK, page.NewForm(r, togetherHref(b)))
}

// show shows what waits, and nothing of the book beside the name. Nothing is ticked for anybody.
func (p *togetherPages) show(w http.ResponseWriter, r *http.Request, v visit.Visitor, b id.Book, status int, form *page.Form) error {
	told, err := p.together.Waiting(r.Context(), v.Subject, b)
	if err != nil {
		return err
	}
	shared, err := p.peers.Person(r.Context(), v.Subject, b)
	if err != nil {
		return err
	}
	d := togetherPage{Called: shared.Name.Show(), Form: form, Pad: pinpad.Ask(form), Back: href(b)}
	for _, s := range told {
		d.To = append(d.To, page.Choice{Value: s.Entry.String(), Own: book.WordsOf(s.Body), Hint: askedWords[s.Kind]})
	}
	return p.site.Page(w, r, status, "worker/together", d)
}

// say keeps the person's yes. What they ticked stays ticked when their PIN or mark does not fit.
func (p *togetherPages) say(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	b, err := theirs.BookOf(r)
	if err != nil {
		return err
	}
	form := page.Posted(r)
	entry, err := form.EntryID()
	if err != nil {
		return err
	}
	yes := together.Yes{Worker: v.Subject, Book: b, Form: entry, Typed: pinpad.Typed(form)}
	for _, s := range form.Values("to") {
		e, err := id.Parse[id.Entry](s)
		if err != nil {
			return errs.As("worker: together", errs.NotOpen, err)
		}
		yes.To = append(yes.To, e)
	}
	err = p.together.Say(r.Context(), yes)
	switch {
	case form.Refused(err):
		return p.show(w, r, v, b, http.StatusUnprocessableEntity, form)
	case errs.Is(err, errs.Changed), errs.Is(err, errs.AlreadyKept):
		page.Say(w, r, "together.said_changed")
		return p.site.Go(w, r, togetherHref(b))
	case err != nil:
		return err
	}
	page.Say(w, r, "together.said_yes")
	return p.site.Go(w, r, href(b))
}
