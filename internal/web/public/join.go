package public

import (
	"errors"
	"net/http"

	"beside/internal/account"
	"beside/internal/book"
	"beside/internal/id"
	"beside/internal/web/page"
	"beside/internal/web/visit"
)

// talkPage is templates/public/talk.html.
type talkPage struct {
	Next    string
	Carried *page.Form // what was written while just looking, to be taken along; nil for nothing
}

// talk is the short honest talk. It comes before the first field, and nothing is stored or sent before it (mission.md
// S3.F8).
func (p *pages) talk(w http.ResponseWriter, r *http.Request) error {
	if v, in := visit.Of(r); in {
		return p.site.Go(w, r, visit.Home(v.Hat))
	}
	if err := p.accounts.OpenTo(r.Context(), invitedBy(asked(r))); err != nil {
		return p.notYet(w, r, err)
	}
	return p.site.Page(w, r, http.StatusOK, "public/talk", talkPage{Next: onwards(joinForm, asked(r)), Carried: carried(page.Posted(r), page.NewUnkept(r, joinWith))})
}

// joinPage is templates/public/join.html.
type joinPage struct {
	Form    *page.Form
	To      string
	Contact []page.Choice
}

// contacts are the answers to "is it safe to contact you here?" (mission.md U7). None is chosen beforehand.
var contacts = []page.Choice{
	{Value: string(book.ContactNo), Words: "public.contact_no", Hint: "public.contact_no_hint"},
	{Value: string(book.ContactQuiet), Words: "public.contact_quiet", Hint: "public.contact_quiet_hint"},
}

func (p *pages) askWho(w http.ResponseWriter, r *http.Request) error {
	if v, in := visit.Of(r); in {
		return p.site.Go(w, r, visit.Home(v.Hat))
	}
	if err := p.accounts.OpenTo(r.Context(), invitedBy(asked(r))); err != nil {
		return p.notYet(w, r, err)
	}
	form := page.NewForm(r, joinForm)
	if with := carried(page.Posted(r), form); with != nil {
		for _, name := range carriedNames {
			form.Set(name+carriedEntry, id.New[id.Entry](p.site.IDs).String())
		}
	}
	return p.showJoin(w, r, http.StatusOK, form, asked(r))
}

func (p *pages) showJoin(w http.ResponseWriter, r *http.Request, status int, form *page.Form, to string) error {
	return p.site.Page(w, r, status, "public/join", joinPage{Form: form, To: to, Contact: contacts})
}

// join makes a book and opens it. A session that this browser still had is closed.
func (p *pages) join(w http.ResponseWriter, r *http.Request) error {
	form := page.Posted(r)
	entry, err := form.EntryID()
	if err != nil {
		return err
	}
	to := page.Local(form.Value("to"))
	joined, err := p.accounts.Join(r.Context(), account.Joining{
		Entry: entry, Name: form.Text("name"), Passphrase: form.Secret("passphrase"), Contact: book.Contact(form.Value("contact")),
		Invited: invitedBy(to), Address: form.Text("address"), Lang: page.FrameOf(r).Words().Tag().String(), Under18: form.Ticked("under_18"), Via: book.ViaWeb, Where: p.door.Where(r, form.Ticked("own_device")),
	})
	if form.Refused(err) {
		return p.showJoin(w, r, http.StatusUnprocessableEntity, form, to)
	}
	if err != nil {
		return p.notYet(w, r, err)
	}
	if err := p.door.Let(w, r, joined.Opened); err != nil {
		return err
	}
	if err := p.carry(r, joined, form); err != nil {
		return err
	}
	return p.site.Go(w, r, onwards(joinKept, to))
}

// notYet says that nobody new can join yet, when that is what err is.
func (p *pages) notYet(w http.ResponseWriter, r *http.Request, err error) error {
	if !errors.Is(err, account.ErrNotOpenYet) {
		return err
	}
	return p.site.Page(w, r, http.StatusForbidden, "public/not-yet", nil)
}

// keptPage is templates/public/kept.html.
type keptPage struct {
	Words string
	Next  string
	Form  *page.Form // for trying the words once
	Fills string
}

// kept shows the sign-in words, to be written down. They can be seen again while signed in.
func (p *pages) kept(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	words, err := p.accounts.Words(r.Context(), v.Subject, v.Book)
	if err != nil {
		return err
	}
	d := keptPage{Words: words, Next: asked(r), Form: page.NewForm(r, ComeIn).Set("words", words), Fills: p.fills(r)}
	if d.Next == "" {
		d.Next = visit.Home(v.Hat)
	}
	return p.site.Page(w, r, http.StatusOK, "public/kept", d)
}
