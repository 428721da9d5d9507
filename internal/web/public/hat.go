package public

import (
	"net/http"

	"beside/internal/book"
	"beside/internal/web/page"
	"beside/internal/web/visit"
)

// hatPage is templates/public/hat.html.
type hatPage struct {
	Form *page.Form
	Hats []hatChoice
	Add  bool // a passkey, so that the hat of a role can be put on another day
}

type hatChoice struct {
	Hat         book.Hat
	Words, Hint string
	Worn        bool
	Later       bool // once they have shown who they are
}

// hatWords are what a hat is called, and what one sees under it.
var hatWords = map[book.Hat][2]string{
	book.HatSelf:     {"public.hat_self", "public.hat_self_hint"},
	book.HatWorker:   {"public.hat_worker", "public.hat_worker_hint"},
	book.HatTeam:     {"public.hat_team", "public.hat_team_hint"},
	book.HatReviewer: {"public.hat_reviewer", "public.hat_reviewer_hint"},
}

func (p *pages) hats(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	d := hatPage{Form: page.NewForm(r, visit.HatPath)}
	for _, h := range v.Hats {
		d.Hats = append(d.Hats, hatChoice{Hat: h, Words: hatWords[h][0], Hint: hatWords[h][1], Worn: h == v.Hat})
	}
	for _, h := range v.Session.Later {
		d.Hats = append(d.Hats, hatChoice{Hat: h, Words: hatWords[h][0], Hint: hatWords[h][1], Later: true})
	}
	if d.Add = p.offersPasskeys() && v.Hat == book.HatSelf && len(v.Hats) > 1; d.Add {
		has, err := p.passkeys.Has(r.Context(), v.Person)
		if err != nil {
			return err
		}
		d.Add = !has
	}
	return p.site.Page(w, r, http.StatusOK, "public/hat", d)
}

// wear changes the hat; the session's secret changes with it.
func (p *pages) wear(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	hat := book.Hat(page.Posted(r).Value("hat"))
	secret, err := p.accounts.Wear(r.Context(), p.door.Secret(r), hat)
	if err != nil {
		return err
	}
	p.door.Change(w, secret, v.Session)
	return p.site.Go(w, r, visit.Home(hat))
}
