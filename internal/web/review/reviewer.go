package review

import (
	"net/http"

	"beside/internal/community/reviewing"
	"beside/internal/errs"
	"beside/internal/id"
	"beside/internal/keeper"
	"beside/internal/web/page"
	"beside/internal/web/visit"
	"beside/internal/web/why"
)

// homePage is templates/review/home.html.
type homePage struct {
	Whys    []why.Line
	Spans   []span
	Span    string // in words; "" while no quarter is over
	Counted page.Moment
	Figures []figure
	Head    *head
	People  []person
}

type span struct {
	Href, Words string
	Chosen      bool
}

// figure is what is counted, with the words that say how.
type figure struct {
	Code   string
	Words  string // catalogue keys
	How    string
	All    number
	Parts  []number
	Rate   string // "" when it is not told
	Hidden bool   // a rate that would be told of more
	InLog  bool   // it is counted from rows that the log holds
}

type number struct {
	Words  string // catalogue key; "" for the whole
	N      int64
	Hidden bool
}

// head is the newest signed head of the log that others have seen.
type head struct {
	Size int64
	When page.Moment
	Note string
}

type person struct {
	Href string
	keeper.Walked
}

func (p *pages) home(w http.ResponseWriter, r *http.Request, v visit.Visitor) (err error) {
	var d homePage
	people, err := p.Peers.People(r.Context(), v.Subject, page.FrameOf(r).Words().Tag())
	if err != nil {
		return err
	}
	for _, x := range people {
		d.People = append(d.People, person{People + "/" + x.Book.String(), x})
	}
	if d.Whys, err = why.Lines(r, p.Asking, v, nil); err != nil {
		return err
	}
	if err := p.figures(r, v, &d); err != nil {
		return err
	}
	h, err := p.Log.Shown(r.Context())
	if err == nil {
		d.Head = &head{h.Size, page.At(r, h.At), h.Note}
	} else if !errs.Is(err, errs.NotOpen) {
		return err
	}
	return p.site.Page(w, r, http.StatusOK, "review/home", d)
}

// figures counts the quarter that was chosen, the last that is over unless it was.
func (p *pages) figures(r *http.Request, v visit.Visitor, d *homePage) error {
	spans := p.Review.Spans()
	if len(spans) == 0 {
		return nil
	}
	chosen := spans[0]
	if q := r.URL.Query().Get("span"); q != "" {
		chosen = reviewing.Span(q)
	}
	counted, at, err := p.Review.Count(r.Context(), v.Subject, chosen)
	if err != nil {
		return err
	}
	d.Span, d.Counted = spanWords(r, chosen), page.At(r, at)
	for _, s := range spans {
		d.Spans = append(d.Spans, span{Home + "?span=" + string(s), spanWords(r, s), s == chosen})
	}
	watched := reviewing.Watched()
	for _, c := range counted {
		says := wordsOf[c.Code]
		f := figure{Code: c.Code, Words: says.what, How: says.how, All: number{N: c.All.N, Hidden: c.All.Hidden}, InLog: watched[c.Code]}
		for _, x := range c.Parts {
			f.Parts = append(f.Parts, number{Words: says.parts[x.Code], N: x.N, Hidden: x.Hidden})
		}
		if f.Hidden = c.Of != ""; c.Rate >= 0 {
			f.Rate, f.Hidden = page.FrameOf(r).Words().T(says.rate, "Percent", c.Rate), false
		}
		d.Figures = append(d.Figures, f)
	}
	return nil
}

// findPage is templates/review/find.html.
type findPage struct {
	Form  *page.Form
	Spans []page.Choice
	Adds  string // what it adds to; "" for one that stands for itself
	Again bool
}

func (p *pages) askFinding(w http.ResponseWriter, r *http.Request, _ visit.Visitor) error {
	return p.showFinding(w, r, http.StatusOK, page.NewForm(r, Home+"/find").Set("adds", r.URL.Query().Get("adds")).Set("span", ""), false)
}

func (p *pages) showFinding(w http.ResponseWriter, r *http.Request, status int, f *page.Form, again bool) error {
	d := findPage{Form: f, Spans: []page.Choice{{Value: "", Words: "review.span_none"}}, Again: again}
	for _, s := range p.Review.Spans() {
		d.Spans = append(d.Spans, page.Choice{Value: string(s), Text: spanWords(r, s)})
	}
	if adds := f.Value("adds"); adds != "" {
		found, err := p.Review.Findings(r.Context())
		if err != nil {
			return err
		}
		for _, x := range found {
			if x.ID.String() == adds {
				d.Adds = x.Words
			}
		}
		if d.Adds == "" {
			return errs.New("review: adds", errs.NotOpen, "")
		}
	}
	return p.site.Page(w, r, status, "review/find", d)
}

func (p *pages) find(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	form := page.Posted(r)
	entry, err := form.EntryID()
	if err != nil {
		return err
	}
	f := reviewing.Found{Span: reviewing.Span(form.Value("span")), Words: form.Text("words").Show()}
	if adds := form.Value("adds"); adds != "" {
		if f.AddsTo, err = id.Parse[id.Finding](adds); err != nil {
			return errs.As("review: adds", errs.NotOpen, err)
		}
	}
	err = p.Review.Find(r.Context(), v.Subject, entry, f)
	if form.Refused(err) {
		return p.showFinding(w, r, http.StatusUnprocessableEntity, form, false)
	}
	if errs.Is(err, errs.AlreadyKept) {
		again := page.NewForm(r, Home+"/find").Fill("words", form.Text("words")).Set("span", form.Value("span")).Set("adds", form.Value("adds"))
		return p.showFinding(w, r, http.StatusConflict, again, true)
	}
	if err != nil {
		return err
	}
	page.Say(w, r, "review.said_found")
	return p.site.Go(w, r, Path)
}

func (p *pages) askDown(w http.ResponseWriter, r *http.Request, _ visit.Visitor) error {
	return p.site.Page(w, r, http.StatusOK, "review/down", wordsPage{Form: page.NewForm(r, r.URL.Path)})
}

func (p *pages) layDown(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	form := page.Posted(r)
	entry, err := form.EntryID()
	if err != nil {
		return err
	}
	err = p.Review.LayDown(r.Context(), v.Subject, entry, form.Text("words").Show())
	if form.Refused(err) {
		return p.site.Page(w, r, http.StatusUnprocessableEntity, "review/down", wordsPage{Form: form})
	}
	if err != nil {
		return err
	}
	return p.site.Go(w, r, "/")
}
