package me

import (
	"context"
	"encoding/base64"
	"html/template"
	"net/http"
	"slices"
	"strings"

	"beside/internal/book"
	"beside/internal/errs"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/journey/made"
	"beside/internal/media"
	"beside/internal/web/page"
	"beside/internal/web/visit"
)

const madePath = "/me/made"

func toMade(*http.Request, visit.Visitor) string { return madePath }

var makingWords = map[book.Making]string{
	book.MakingPhoto: "made.photo", book.MakingDrawing: "made.drawing", book.MakingWords: "made.words", book.MakingHands: "made.hands", book.MakingOther: "made.other",
}

// madesPage is templates/me/mades.html.
type madesPage struct {
	Things []madeRow
	Away   []awayRow
	Empty  page.Empty
}

// madeRow is something the person made, among others.
type madeRow struct {
	Href, Photo string // paths; Photo is empty without one
	Words       book.Text
	What        string // catalogue key, of what has no words; empty for none
	When        page.Moment
}

// mountMade mounts the shelf of things the person made.
func (p *Pages) mountMade() {
	mine := func(r *http.Request) bool {
		v, in := visit.Of(r)
		return in && v.Hat == book.HatSelf
	}
	for pattern, h := range map[string]handler{
		"GET " + madePath:                   p.mades,
		"GET " + madePath + "/new":          p.newMade,
		"GET " + madePath + "/{item}":       p.madeOne,
		"GET " + madePath + "/{item}/photo": p.madePhoto(p.shelf.Photo),
		"GET " + madePath + "/{item}/small": p.madePhoto(p.shelf.Small),
		"POST " + madePath + "/{item}/away": p.tapped(p.putAway(book.KindMade), toMade, "me.said_away"),
		"POST " + madePath + "/{item}/back": p.tapped(p.bringBack(book.KindMade), toMade, "me.said_back"),
	} {
		p.site.Handle(pattern, visit.Only(book.HatSelf, h))
	}
	for _, path := range []string{madePath + "/new", madePath + "/{item}"} {
		p.site.HandleFile("POST "+path, mine, media.MaxBytes, visit.Only(book.HatSelf, p.keepMade))
	}
}

func (p *Pages) mades(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	a, err := p.journey.Around(r.Context(), owner(v))
	if err != nil {
		return err
	}
	around(r, a)
	all, err := p.shelf.Things(r.Context(), v.Subject, v.Book)
	if err != nil {
		return err
	}
	d := madesPage{Empty: page.Empty{Drawing: "book", Words: "made.none", Href: madePath + "/new", Do: "made.first"}}
	for _, x := range all {
		if x.Away {
			d.Away = append(d.Away, p.madeAway(r, x))
			continue
		}
		row := madeRow{Href: madePath + "/" + x.Item.String(), Words: x.Words, When: page.At(r, x.At)}
		if x.Photo {
			row.Photo = row.Href + "/small"
		}
		if x.Words.Blank() {
			row.What = madeAs(x)
		}
		d.Things = append(d.Things, row)
	}
	return p.site.Page(w, r, http.StatusOK, "me/mades", d)
}

// madeAs is the catalogue key for what something is.
func madeAs(x made.Thing) string {
	if words := makingWords[x.What]; words != "" {
		return words
	}
	return "made.photo"
}

// madeAway is something that was put away, by what it is when it has no words.
func (p *Pages) madeAway(r *http.Request, x made.Thing) awayRow {
	words := x.Words
	if words.Blank() {
		words = book.NewText(page.FrameOf(r).Words().T(madeAs(x)))
	}
	name := "away-" + x.Item.String()
	return awayRow{ID: name, Words: words, Back: newTap(r, madePath+"/"+x.Item.String()+"/back", x.Head, "me.bring_back", name)}
}

// madePage is templates/me/made.html.
type madePage struct {
	New   bool
	Form  *page.Form
	Both  *both
	Photo string // path of the photograph that is there
	Small string
	Alt   book.Text
	Whats []page.Choice
	More  bool
	Since page.Moment
	Away  *tap
	Back  *tap
}

func (p *Pages) newMade(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	return p.showMade(w, r, v, http.StatusOK, madePage{New: true, Form: page.NewForm(r, madePath+"/new").Set("what", "")})
}

func (p *Pages) showMade(w http.ResponseWriter, r *http.Request, v visit.Visitor, status int, d madePage) error {
	a, err := p.journey.Around(r.Context(), owner(v))
	if err != nil {
		return err
	}
	around(r, a)
	for _, x := range book.Makings() {
		d.Whats = append(d.Whats, page.Choice{Value: string(x), Words: makingWords[x]})
	}
	d.Whats = append(d.Whats, page.Choice{Words: "made.open"})
	d.More = d.Form.Value("what") != ""
	return p.site.Page(w, r, status, "me/made", d)
}

func (p *Pages) madeOne(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	it, err := item(r)
	if err != nil {
		return err
	}
	x, d, err := p.readMade(r, v, it)
	if err != nil {
		return err
	}
	d.Form = page.NewForm(r, madePath+"/"+it.String()).Fill("words", x.Words).Set("what", string(x.What)).Set("base", x.Head.String())
	return p.showMade(w, r, v, http.StatusOK, d)
}

// readMade reads something the person made, and makes of it all of its page but the form.
func (p *Pages) readMade(r *http.Request, v visit.Visitor, it id.Item) (x made.Thing, d madePage, err error) {
	if x, err = p.shelf.Thing(r.Context(), v.Subject, v.Book, it); err != nil {
		return x, d, err
	}
	path := madePath + "/" + it.String()
	if d.Since, d.Alt = page.At(r, x.At), x.Words; x.Photo {
		d.Photo, d.Small = path+"/photo", path+"/small"
	}
	if x.Away {
		back := newTap(r, path+"/back", x.Head, "me.bring_back", "")
		d.Back = &back
	} else {
		away := newTap(r, path+"/away", x.Head, "common.put_away", "")
		d.Away = &away
	}
	return x, d, nil
}

// keepMade answers the form of something new, whose path names no item, and of something that is changed.
func (p *Pages) keepMade(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
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
	_, err = p.shelf.Keep(r.Context(), v.Subject, v.Book, made.Keeping{Entry: wr.Entry, Item: wr.Item, Base: wr.Base, Words: form.Text("words"), What: book.Making(form.Value("what")),
		Photo: form.File(), Without: form.Ticked("without")})
	refused := form.Refused(err)
	switch {
	case err == nil:
		page.Say(w, r, "made.said")
		return p.site.Go(w, r, madePath)
	case !refused && !clashes(err):
		return err
	}
	p.sayFileAgain(form)
	if refused && wr.Item.IsZero() {
		return p.showMade(w, r, v, http.StatusUnprocessableEntity, madePage{New: true, Form: form})
	}
	it := begun(wr)
	x, d, again := p.readMade(r, v, it)
	if again != nil {
		return again
	}
	d.Form = form
	if refused {
		return p.showMade(w, r, v, http.StatusUnprocessableEntity, d)
	}
	form.Action = madePath + "/" + it.String()
	over(r, form, x.Head)
	d.Both = clash(r, err, x.Words, x.At, madePath)
	return p.showMade(w, r, v, http.StatusConflict, d)
}

// sayFileAgain says that a photograph that came has to be chosen again: no browser lets a page keep a file.
func (p *Pages) sayFileAgain(form *page.Form) {
	if len(form.File()) > 0 && !slices.ContainsFunc(form.Mends(), func(m page.Mend) bool { return strings.HasSuffix(m.Href, "-photo") }) {
		var c errs.Check
		c.Add("photo", "paper.photo_again")
		form.Refused(c.Err("me: made"))
	}
}

// madePhoto shows a photograph of something the person made.
func (p *Pages) madePhoto(get func(context.Context, grant.Subject, id.Book, id.Item) ([]byte, error)) handler {
	return func(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
		it, err := item(r)
		if err != nil {
			return err
		}
		photo, err := get(r.Context(), v.Subject, v.Book, it)
		if err != nil {
			return err
		}
		return p.site.Photo(w, r, photo)
	}
}

// wholeMade is something the person made, with its photograph.
type wholeMade struct {
	Words book.Text
	What  string
	Photo template.URL
	When  page.Moment
	Away  bool
}

// made writes the things the person made, one by one.
func (w *whole) made() error {
	all, err := w.p.shelf.Things(w.r.Context(), w.v.Subject, w.v.Book)
	if err != nil {
		return err
	}
	if err := w.part("mades", len(all) == 0); err != nil {
		return err
	}
	for _, x := range all {
		d := wholeMade{Words: x.Words, What: makingWords[x.What], When: w.at(x.At), Away: x.Away}
		if x.Photo {
			photo, err := w.p.shelf.Photo(w.r.Context(), w.v.Subject, w.v.Book, x.Item)
			if err != nil && !errs.Is(err, errs.NotOpen) {
				return err
			}
			d.Photo = template.URL("data:image/jpeg;base64," + base64.StdEncoding.EncodeToString(photo)) //nolint:gosec // a picture that we drew
		}
		if err := w.part("made", d); err != nil {
			return err
		}
	}
	return w.part("end", nil)
}
