package me

import (
	"html/template"
	"net/http"

	"beside/internal/book"
	"beside/internal/id"
	"beside/internal/journey"
	"beside/internal/web/page"
	"beside/internal/web/visit"
)

// circlePage is templates/me/circle.html.
type circlePage struct {
	Who    page.Who
	Rings  *rings // nil while nothing is in it
	Groups []circleGroup
	Calls  []circleRow
	Not    []circleRow
	Away   []awayRow
	Empty  page.Empty
}

// circleGroup is a ring with what is in it. A ring without anything is not shown.
type circleGroup struct {
	Words string // catalogue key
	Rows  []circleRow
}

type circleRow struct {
	Href         string
	Words        book.Text
	Sort, Turn   string // catalogue keys, empty when not said
	Gives, Given book.Text
	Phone        book.Text
	Dial         template.URL // empty when there is no number
	By           string       // who suggested it, empty for the person's own
}

const circlePath = "/me/circle"

var (
	sortWords = map[book.Sort]string{
		book.SortPerson: "circle.sort_person", book.SortPlace: "circle.sort_place", book.SortGroup: "circle.sort_group", book.SortAnimal: "circle.sort_animal",
	}
	nearWords = map[book.Closeness]string{
		book.NearClose: "circle.near_close", book.NearAround: "circle.near_around", book.NearFurther: "circle.near_further", "": "circle.near_open",
	}
	turnWords = map[book.Turn]string{
		book.TurnFirst: "circle.turn_first", book.TurnSecond: "circle.turn_second", book.TurnThird: "circle.turn_third", book.TurnLater: "circle.turn_later", book.TurnNot: "circle.turn_not",
	}
)

func toCircle(*http.Request, visit.Visitor) string { return circlePath }

// mountCircle names the pages of the circle.
func (p *Pages) mountCircle(on func(pattern string, h handler)) {
	on("GET /me/circle", p.circle)
	on("GET /me/circle/new", p.newInCircle)
	on("POST /me/circle/new", p.keepInCircle)
	on("GET /me/circle/{item}", p.inCircle)
	on("POST /me/circle/{item}", p.keepInCircle)
	on("POST /me/circle/{item}/away", p.tapped(p.putAway(book.KindCircle), toCircle, "me.said_away"))
	on("POST /me/circle/{item}/back", p.tapped(p.bringBack(book.KindCircle), toCircle, "me.said_back"))
}

func (p *Pages) circle(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	c, err := p.journey.Circle(r.Context(), owner(v))
	if err != nil {
		return err
	}
	around(r, c.Around)
	d := circlePage{Empty: page.Empty{Drawing: "bench", Words: "circle.none", Href: "/me/circle/new", Do: "circle.first"}}
	if d.Who, err = p.who(r, c.Around, book.SectionCircle); err != nil {
		return err
	}
	if d.Groups, err = p.circleGroups(r, c.Live); err != nil {
		return err
	}
	if len(c.Live) > 0 {
		drawn := drawRings(c.Live)
		d.Rings = &drawn
	}
	for _, x := range c.ICall() {
		d.Calls = append(d.Calls, newCircleRow(x))
	}
	for _, x := range c.NotNow() {
		d.Not = append(d.Not, newCircleRow(x))
	}
	for _, x := range c.Away {
		d.Away = append(d.Away, newAway(r, circlePath+"/", x.Mine))
	}
	return p.site.Page(w, r, http.StatusOK, "me/circle", d)
}

func newCircleRow(x journey.InCircle) circleRow {
	row := circleRow{Href: circlePath + "/" + x.Item.String(), Words: x.Words, Sort: sortWords[x.Sort], Turn: turnWords[x.Turn], Gives: x.Gives, Given: x.Given, Phone: x.Phone}
	if dial := book.Dial(x.Phone); dial != "" {
		row.Dial = template.URL("tel:" + dial) //nolint:gosec // it is digits
	}
	return row
}

// circleGroups groups a circle, which comes in the order of the rings.
func (p *Pages) circleGroups(r *http.Request, live []journey.InCircle) ([]circleGroup, error) {
	var people []id.Person
	for _, x := range live {
		if !x.NamedBy.IsZero() {
			people = append(people, x.NamedBy)
		}
	}
	name, err := p.called(r, people...)
	if err != nil {
		return nil, err
	}
	var all []circleGroup
	for _, x := range live {
		words := nearWords[x.Near]
		if len(all) == 0 || all[len(all)-1].Words != words {
			all = append(all, circleGroup{Words: words})
		}
		row := newCircleRow(x)
		if !x.NamedBy.IsZero() {
			row.By = name(x.NamedBy)
		}
		last := &all[len(all)-1]
		last.Rows = append(last.Rows, row)
	}
	return all, nil
}

// inCirclePage is templates/me/circle_one.html.
type inCirclePage struct {
	Who   page.Who
	New   bool
	Form  *page.Form
	Both  *both
	Sorts []page.Choice
	Nears []page.Choice
	Turns []page.Choice
	By    string
	Away  *tap
	Back  *tap
	Dial  template.URL
	More  bool // more than words and whom to call is said
}

// listed are choices in the order of a list, with an answer that leaves it open.
func listed[T ~string](values []T, words map[T]string, open string) []page.Choice {
	var all []page.Choice
	for _, x := range values {
		all = append(all, page.Choice{Value: string(x), Words: words[x]})
	}
	return append(all, page.Choice{Words: open})
}

func (p *Pages) newInCircle(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	return p.showNewInCircle(w, r, v, http.StatusOK, page.NewForm(r, "/me/circle/new"))
}

func (p *Pages) showNewInCircle(w http.ResponseWriter, r *http.Request, v visit.Visitor, status int, form *page.Form) error {
	a, err := p.journey.Around(r.Context(), owner(v))
	if err != nil {
		return err
	}
	around(r, a)
	who, err := p.who(r, a, book.SectionCircle)
	if err != nil {
		return err
	}
	return p.showInCircle(w, r, status, inCirclePage{New: true, Who: who, Form: form})
}

func (p *Pages) inCircle(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	it, err := item(r)
	if err != nil {
		return err
	}
	x, d, err := p.readInCircle(r, v, it)
	if err != nil {
		return err
	}
	d.Form = page.NewForm(r, circlePath+"/"+it.String()).Fill("words", x.Words).Fill("gives", x.Gives).Fill("given", x.Given).Fill("phone", x.Phone).
		Set("sort", string(x.Sort)).Set("near", string(x.Near)).Set("turn", string(x.Turn)).Set("base", x.Head.String())
	return p.showInCircle(w, r, http.StatusOK, d)
}

// readInCircle reads one of the circle and makes of it all of its page but the form.
func (p *Pages) readInCircle(r *http.Request, v visit.Visitor, it id.Item) (x journey.InCircle, d inCirclePage, err error) {
	all, err := p.journey.Circle(r.Context(), owner(v))
	if err != nil {
		return x, d, err
	}
	around(r, all.Around)
	if x, err = all.Find(it); err != nil {
		return x, d, err
	}
	if !x.NamedBy.IsZero() {
		name, err := p.called(r, x.NamedBy)
		if err != nil {
			return x, d, err
		}
		d.By = name(x.NamedBy)
	}
	d.Dial = newCircleRow(x).Dial
	d.Away, d.Back = awayOrBack(r, circlePath+"/"+it.String(), x.Mine)
	if !x.Away {
		d.Who, err = p.who(r, all.Around, book.SectionCircle)
	}
	return x, d, err
}

func (p *Pages) showInCircle(w http.ResponseWriter, r *http.Request, status int, d inCirclePage) error {
	d.Sorts, d.Nears, d.Turns = listed(book.Sorts(), sortWords, "circle.open"), listed(book.Rings(), nearWords, "circle.open"), listed(book.Turns(), turnWords, "circle.open")
	for _, name := range []string{"sort", "near", "gives", "given"} {
		d.More = d.More || d.Form.Value(name) != ""
	}
	return p.site.Page(w, r, status, "me/circle_one", d)
}

// keepInCircle answers the form of what is new, whose path names no item, and of what is changed.
func (p *Pages) keepInCircle(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
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
	x := journey.InCircle{Sort: book.Sort(form.Value("sort")), Near: book.Closeness(form.Value("near")), Turn: book.Turn(form.Value("turn")),
		Gives: form.Text("gives"), Given: form.Text("given"), Phone: form.Text("phone")}
	x.Words = form.Text("words")
	if _, err = p.journey.SetInCircle(r.Context(), owner(v), wr, x); err == nil {
		page.Say(w, r, "circle.said")
		return p.site.Go(w, r, circlePath)
	}
	refused := form.Refused(err)
	if !refused && !clashes(err) {
		return err
	}
	if refused && wr.Item.IsZero() {
		return p.showNewInCircle(w, r, v, http.StatusUnprocessableEntity, form)
	}
	it := begun(wr)
	kept, d, again := p.readInCircle(r, v, it)
	if again != nil {
		return again
	}
	d.Form = form
	if refused {
		return p.showInCircle(w, r, http.StatusUnprocessableEntity, d)
	}
	form.Action = circlePath + "/" + it.String()
	over(r, form, kept.Head)
	d.Both = clash(r, err, kept.Words, kept.KeptAt, circlePath)
	return p.showInCircle(w, r, http.StatusConflict, d)
}
