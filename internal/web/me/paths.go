package me

import (
	"net/http"
	"slices"

	"beside/internal/book"
	"beside/internal/id"
	"beside/internal/journey"
	"beside/internal/mutant"
	"beside/internal/web/page"
	"beside/internal/web/visit"
)

// pathsPage is templates/me/paths.html.
type pathsPage struct {
	Who    page.Who
	Groups []pathGroup
	Away   []pathAway
}

// pathGroup is one facet, with what the person said of it, and where they can say more.
type pathGroup struct {
	Words string // catalogue key
	Lead  string // catalogue key, while nothing is said
	Add   string // path
	Do    string // catalogue key
	Rows  []pathRow
}

type pathRow struct {
	Href   string
	Way    string // catalogue key, empty for one in own words
	Words  book.Text
	Season string // catalogue key, empty when not said
}

type pathAway struct {
	ID, Way string
	Words   book.Text
	Back    tap
}

const pathsPath = "/me/paths"

var (
	// facetWords are the heading of a facet, what stands there while nothing is said, what leads on, and the heading of its form.
	facetWords = map[book.Facet]struct{ head, none, do, ask, words, hint string }{
		book.FacetWay:   {"paths.ways", "paths.ways_none", "paths.ways_add", "paths.way_ask", "paths.way_words", "paths.way_hint"},
		book.FacetAbout: {"paths.about", "paths.about_none", "paths.about_add", "paths.about_ask", "paths.way_words", "paths.about_hint"},
		book.FacetStage: {"paths.stage", "paths.stage_none", "paths.stage_add", "", "paths.stage_words", "paths.stage_hint"},
	}
)

func toPaths(*http.Request, visit.Visitor) string { return pathsPath }

// mountPaths names the pages of the pathways.
func (p *Pages) mountPaths(on func(pattern string, h handler)) {
	on("GET /me/paths", p.paths)
	on("GET /me/paths/new", p.newPath)
	on("POST /me/paths/new", p.keepPath)
	on("GET /me/paths/{item}", p.path)
	on("POST /me/paths/{item}", p.keepPath)
	on("POST /me/paths/{item}/away", p.tapped(p.putAway(book.KindPath), toPaths, "me.said_away"))
	on("POST /me/paths/{item}/back", p.tapped(p.bringBack(book.KindPath), toPaths, "me.said_back"))
}

func (p *Pages) paths(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	all, err := p.journey.Paths(r.Context(), owner(v))
	if err != nil {
		return err
	}
	around(r, all.Around)
	var d pathsPage
	if d.Who, err = p.who(r, all.Around, book.SectionPaths); err != nil {
		return err
	}
	d.Groups = pathGroups(all.Live)
	for _, x := range all.Away {
		away := newAway(r, pathsPath+"/", x.Mine)
		d.Away = append(d.Away, pathAway{away.ID, page.WayWords(x.Way), x.Words, away.Back})
	}
	return p.site.Page(w, r, http.StatusOK, "me/paths", d)
}

// pathGroups are all facets, each with what was said of it.
func pathGroups(live []journey.Path) []pathGroup {
	var all []pathGroup
	for _, f := range book.Facets() {
		words := facetWords[f]
		g := pathGroup{Words: words.head, Lead: words.none, Do: words.do, Add: pathsPath + "/new?of=" + string(f)}
		for _, x := range live {
			if x.Facet == f {
				g.Rows = append(g.Rows, pathRow{pathsPath + "/" + x.Item.String(), page.WayWords(x.Way), x.Words, page.SeasonWords(x.Season)})
			}
		}
		if mutant.On("path-gates") && len(g.Rows) > 0 {
			g.Add = "/me"
		}
		all = append(all, g)
	}
	return all
}

// pathPage is templates/me/path.html.
type pathPage struct {
	Who     page.Who
	New     bool
	Form    *page.Form
	Both    *both
	Head    string // catalogue key
	Ask     string // catalogue key of the question which of the listed, empty for a stage
	Words   string // catalogue key of the question for own words
	Hint    string // catalogue key
	Ways    []page.Choice
	Seasons []page.Choice
	Stage   bool
	Away    *tap
	Back    *tap
}

// facetOf is the facet a form is about; a way when it says none that there is.
func facetOf(s string) book.Facet {
	if f := book.Facet(s); slices.Contains(book.Facets(), f) {
		return f
	}
	return book.FacetWay
}

func (p *Pages) newPath(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	form := page.NewForm(r, "/me/paths/new").Set("of", string(facetOf(r.URL.Query().Get("of"))))
	return p.showNewPath(w, r, v, http.StatusOK, form)
}

func (p *Pages) showNewPath(w http.ResponseWriter, r *http.Request, v visit.Visitor, status int, form *page.Form) error {
	a, err := p.journey.Around(r.Context(), owner(v))
	if err != nil {
		return err
	}
	around(r, a)
	who, err := p.who(r, a, book.SectionPaths)
	if err != nil {
		return err
	}
	return p.showPath(w, r, v, status, pathPage{New: true, Who: who, Form: form})
}

func (p *Pages) path(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	it, err := item(r)
	if err != nil {
		return err
	}
	x, d, err := p.readPath(r, v, it)
	if err != nil {
		return err
	}
	d.Form = page.NewForm(r, pathsPath+"/"+it.String()).Fill("words", x.Words).Set("of", string(x.Facet)).Set("way", string(x.Way)).
		Set("season", string(x.Season)).Set("base", x.Head.String())
	return p.showPath(w, r, v, http.StatusOK, d)
}

// readPath reads one path and makes of it all of its page but the form.
func (p *Pages) readPath(r *http.Request, v visit.Visitor, it id.Item) (x journey.Path, d pathPage, err error) {
	all, err := p.journey.Paths(r.Context(), owner(v))
	if err != nil {
		return x, d, err
	}
	around(r, all.Around)
	if x, err = all.Find(it); err != nil {
		return x, d, err
	}
	d.Away, d.Back = awayOrBack(r, pathsPath+"/"+it.String(), x.Mine)
	if !x.Away {
		d.Who, err = p.who(r, all.Around, book.SectionPaths)
	}
	return x, d, err
}

func (p *Pages) showPath(w http.ResponseWriter, r *http.Request, v visit.Visitor, status int, d pathPage) error {
	f := facetOf(d.Form.Value("of"))
	words := facetWords[f]
	d.Head, d.Ask, d.Words, d.Hint, d.Stage = words.head, words.ask, words.words, words.hint, f == book.FacetStage
	for _, way := range book.OfferTo(v.Book, f) {
		choice := page.Choice{Value: string(way), Words: page.WayWords(way)}
		if way == book.WayOwn {
			choice.Words = "paths.own"
		}
		d.Ways = append(d.Ways, choice)
	}
	d.Seasons = append(page.SeasonChoices(), page.Choice{Words: "circle.open"})
	return p.site.Page(w, r, status, "me/path", d)
}

// keepPath answers the form of a new path, whose path names no item, and of one that is changed.
func (p *Pages) keepPath(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	form := page.Posted(r)
	wr, err := writing(form)
	if err != nil {
		return err
	}
	if r.PathValue("item") != "" {
		if wr.Item, err = item(r); err != nil {
			return err
		}
	}
	x := journey.Path{Facet: facetOf(form.Value("of")), Way: book.Way(form.Value("way")), Season: book.Season(form.Value("season"))}
	x.Words = form.Text("words")
	if _, err = p.journey.SetPath(r.Context(), owner(v), wr, x); err == nil {
		page.Say(w, r, "paths.said")
		return p.site.Go(w, r, pathsPath)
	}
	refused := form.Refused(err)
	if !refused && !clashes(err) {
		return err
	}
	if refused && wr.Item.IsZero() {
		return p.showNewPath(w, r, v, http.StatusUnprocessableEntity, form)
	}
	it := begun(wr)
	kept, d, again := p.readPath(r, v, it)
	if again != nil {
		return again
	}
	d.Form = form
	if refused {
		return p.showPath(w, r, v, http.StatusUnprocessableEntity, d)
	}
	form.Action = pathsPath + "/" + it.String()
	over(r, form, kept.Head)
	d.Both = clash(r, err, kept.Words, kept.KeptAt, pathsPath)
	return p.showPath(w, r, v, http.StatusConflict, d)
}
