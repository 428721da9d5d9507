package choose

import (
	"net/http"
	"strings"

	"beside/internal/book"
	"beside/internal/id"
	"beside/internal/peer"
	"beside/internal/web/page"
	"beside/internal/web/visit"
)

// listPage is templates/choose/list.html.
type listPage struct {
	With    []with
	Workers []choice
	Roles   []roleLink
	Empty   page.Empty
}

// roleLink is a role to which something can be given.
type roleLink struct{ Href, Name string }

// with is a worker who walks with the reader.
type with struct {
	Href, Name, Title string
	Sees              string // the consent as it stands
	Open              bool   // whether they can see anything today
}

// choice is one worker among those to choose from.
type choice struct {
	Href, Name, Title, Languages string
	Story                        book.Text // its first lines
	Known                        bool      // the reader said that they know each other from their own life
}

func href(w id.Person) string { return Home + "/" + w.String() }

func (p *pages) list(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	if err := p.around(r, v); err != nil {
		return err
	}
	companions, err := p.peers.Companions(r.Context(), v.Subject, v.Book)
	if err != nil {
		return err
	}
	profiles, err := p.peers.Profiles(r.Context(), v.Subject)
	if err != nil {
		return err
	}
	l := listPage{Empty: page.Empty{Drawing: "bench", Words: "choose.nobody"}}
	present := map[id.Person]bool{}
	for _, c := range companions {
		present[c.Profile.Person] = true
		l.With = append(l.With, p.with(r, c))
	}
	for _, pr := range profiles {
		if !present[pr.Person] {
			l.Workers = append(l.Workers, choice{href(pr.Person), pr.Name, pr.Title, pr.Languages, firstLines(pr.Story), pr.Known})
		}
	}
	offered, err := p.roles.Offered(r.Context())
	if err != nil {
		return err
	}
	for _, x := range offered {
		l.Roles = append(l.Roles, roleLink{"/me/roles/" + x.ID.String(), x.Name})
	}
	if len(l.With) > 0 {
		l.Empty.Words = "choose.nobody_else"
	}
	return p.site.Page(w, r, http.StatusOK, "choose/list", l)
}

func (p *pages) with(r *http.Request, c peer.Companion) with {
	name := NameOf(r, c.Profile)
	return with{
		Href: href(c.Profile.Person), Name: name, Title: c.Profile.Title, Open: c.Open,
		Sees: consent(r, name, c.Sections, c.Acts, c.Until, c.Event, p.site.Clock.Now()),
	}
}

// long is how much of a story stands in the list, in letters.
const long = 200

// firstLines cuts a story at a space.
func firstLines(t book.Text) book.Text {
	s := strings.Join(strings.Fields(t.Show()), " ")
	letters := []rune(s)
	if len(letters) <= long {
		return book.NewText(s)
	}
	cut := string(letters[:long])
	if i := strings.LastIndexByte(cut, ' '); i > 0 {
		cut = cut[:i]
	}
	return book.NewText(strings.TrimRight(cut, ".,;:– ") + " …")
}
