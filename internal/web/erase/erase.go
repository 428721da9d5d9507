// Package erase is the pages on which somebody erases for good something in their book, or the whole of it, and the
// certificate that says so. They are led to from the timeline, never from where one taps in passing, and ask who one is
// before anything is gone ([visit.Fresh]). Nobody is asked for a reason.
package erase

import (
	"net/http"

	"beside/internal/account"
	"beside/internal/account/ending"
	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/id"
	"beside/internal/journey"
	"beside/internal/keeper"
	"beside/internal/web/page"
	"beside/internal/web/visit"
)

// The paths of the pages.
const (
	List      = "/me/erase"
	Book      = "/me/erase-book"
	Today     = Book + "/today"
	Keep      = Book + "/keep"
	certified = "/me/erased/"
	gonePath  = "/erased/"
)

// Config is what the pages need.
type Config struct {
	Door     *visit.Door
	Accounts *account.Accounts
	Journey  *journey.Journey
	Endings  *ending.Endings
	// CopiesLive is how long copies of the keyring are kept at most; certificates say until when that is.
	CopiesLive clock.Time
	// Around dresses a page as those of the reader's own book are.
	Around func(*http.Request, visit.Visitor) error
}

type pages struct {
	Config
	site *page.Site
}

// Mount mounts the pages of this package.
func Mount(site *page.Site, c Config) {
	p := &pages{Config: c, site: site}
	site.Handle("GET "+List, visit.Only(book.HatSelf, p.list))
	site.Handle("GET "+List+"/{item}", visit.Fresh(site, p.one))
	site.Handle("POST "+List+"/{item}", visit.Fresh(site, p.eraseOne))
	site.Handle("GET "+Book, visit.Fresh(site, p.whole))
	site.Handle("POST "+Book, visit.Fresh(site, p.askWhole))
	site.Handle("GET "+Today, visit.FreshWithin(site, ending.FreshToday, ending.FreshToSend, p.today))
	site.Handle("POST "+Today, visit.FreshWithin(site, ending.FreshToday, ending.FreshToSend, p.eraseToday))
	site.Handle("POST "+Keep, visit.Only(book.HatSelf, p.keep))
	site.Handle("GET "+certified+"{erasing}", visit.Only(book.HatSelf, p.certificate))
	site.Handle("GET "+gonePath+"{erasing}", p.gone)
}

// kindWords are the words of each kind of thing that can be erased by itself, in the order of the list.
var kindWords = []struct {
	kind  book.Kind
	words string
}{
	{book.KindWords, "erase.kind_words"}, {book.KindStrength, "erase.kind_strength"}, {book.KindGoal, "erase.kind_goal"},
	{book.KindStep, "erase.kind_step"}, {book.KindMoment, "erase.kind_moment"}, {book.KindMade, "made.list"},
	{book.KindNote, "erase.kind_note"},
	{book.KindCircle, "circle.home"}, {book.KindPath, "paths.home"},
}

// listPage is templates/erase/list.html.
type listPage struct {
	Groups  []group
	Erased  []line
	Held    *held // that the book must be kept; nil when it need not
	HasNone bool
}

type group struct {
	Words  string // catalogue key
	Things []thing
}

type thing struct {
	Href  string
	Words book.Text
	Other bool // somebody else suggested it, and it was not made the person's own
}

type line struct {
	Href string
	When page.Moment
	Done bool
}

func owner(v visit.Visitor) journey.Me { return journey.Me{Subject: v.Subject, Book: v.Book} }

func (p *pages) list(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	if err := p.Around(r, v); err != nil {
		return err
	}
	things, _, err := p.Journey.Things(r.Context(), owner(v))
	if err != nil {
		return err
	}
	erased, err := p.Journey.Erasings(r.Context(), owner(v))
	if err != nil {
		return err
	}
	d := listPage{HasNone: len(things) == 0}
	if d.Held, err = p.held(r, v); err != nil {
		return err
	}
	for _, k := range kindWords {
		g := group{Words: k.words}
		for _, t := range things {
			if t.Kind == k.kind {
				g.Things = append(g.Things, thing{Href: List + "/" + t.Item.String(), Words: t.Words, Other: !t.By.IsZero()})
			}
		}
		if len(g.Things) > 0 {
			d.Groups = append(d.Groups, g)
		}
	}
	for _, c := range erased {
		d.Erased = append(d.Erased, line{Href: certified + c.Erasing.String(), When: page.At(r, c.ErasedAt), Done: c.SureAt > 0})
	}
	return p.site.Page(w, r, http.StatusOK, "erase/list", d)
}

// held is a hold on the book, as its owner is told of it before they erase anything.
type held struct {
	Since, Until page.Moment
	Ends         bool // by itself, at Until
	Reference    string
	Ground       book.Text
}

func (p *pages) held(r *http.Request, v visit.Visitor) (*held, error) {
	h, err := p.Journey.Held(r.Context(), owner(v))
	if err != nil || h.Since == 0 {
		return nil, err
	}
	return &held{Since: page.At(r, h.Since), Until: page.At(r, h.Until), Ends: h.Until != 0, Reference: h.Reference, Ground: h.Ground}, nil
}

// onePage is templates/erase/one.html.
type onePage struct {
	Words  book.Text
	Other  bool
	Kind   string // catalogue key
	Steps  int    // of a goal, which go with it
	Copies page.Moment
	Form   *page.Form
	Held   *held
}

func (p *pages) one(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	return p.showOne(w, r, v, http.StatusOK, page.NewForm(r, r.URL.Path))
}

func (p *pages) showOne(w http.ResponseWriter, r *http.Request, v visit.Visitor, status int, form *page.Form) error {
	if err := p.Around(r, v); err != nil {
		return err
	}
	it, err := id.Parse[id.Item](r.PathValue("item"))
	if err != nil {
		return errs.New("erase: item", errs.NotOpen, "")
	}
	t, _, err := p.Journey.Thing(r.Context(), owner(v), it)
	if err != nil {
		return err
	}
	d := onePage{Words: t.Words, Other: !t.By.IsZero(), Steps: len(t.Also), Form: form, Copies: p.until(r, p.site.Clock.Now())}
	for _, k := range kindWords {
		if k.kind == t.Kind {
			d.Kind = k.words
		}
	}
	if d.Held, err = p.held(r, v); err != nil {
		return err
	}
	return p.site.Page(w, r, status, "erase/one", d)
}

// until is when the last copy of the keyring is gone that could still open what was erased at a time.
func (p *pages) until(r *http.Request, at clock.Time) page.Moment { return page.At(r, at+p.CopiesLive) }

// sure is that the person ticked that nobody can bring it back.
func sure(form *page.Form) error {
	var c errs.Check
	if !form.Ticked("sure") {
		c.Add("sure", "erase.sure_needed")
	}
	return c.Err("erase: sure")
}

func (p *pages) eraseOne(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	form := page.Posted(r)
	if err := sure(form); form.Refused(err) {
		return p.showOne(w, r, v, http.StatusUnprocessableEntity, form)
	}
	e, err := form.EntryID()
	if err != nil {
		return err
	}
	it, err := id.Parse[id.Item](r.PathValue("item"))
	if err != nil {
		return errs.New("erase: item", errs.NotOpen, "")
	}
	if err := p.Journey.Erase(r.Context(), owner(v), journey.Writing{Entry: e, Item: it}); err != nil {
		return p.unlessDone(w, r, v, e, err)
	}
	return p.site.Go(w, r, certified+e.String())
}

// unlessDone leads to the certificate when the form was sent twice: what it was about is not there any more.
func (p *pages) unlessDone(w http.ResponseWriter, r *http.Request, v visit.Visitor, e id.Entry, err error) error {
	if _, found := p.find(r, v, e); found != nil {
		return err
	}
	return p.site.Go(w, r, certified+e.String())
}

func (p *pages) find(r *http.Request, v visit.Visitor, e id.Entry) (keeper.Certificate, error) {
	all, err := p.Journey.Erasings(r.Context(), owner(v))
	if err != nil {
		return keeper.Certificate{}, err
	}
	for _, c := range all {
		if c.Erasing == e {
			return c, nil
		}
	}
	return keeper.Certificate{}, errs.New("erase: certificate", errs.NotOpen, "")
}

// certificatePage is templates/erase/certificate.html.
type certificatePage struct {
	keeper.Certificate
	At, Settled, Sure page.Moment
	Copies            page.Moment
	Own               bool
	Because           string // catalogue key of the rule by which it was erased, empty when its owner did it then and there
}

var becauseWords = map[book.Why]string{
	book.WhyAsked: "erase.because_asked", book.WhyDied: "erase.because_died", book.WhyClosed: "erase.because_closed",
}

func (p *pages) certificate(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	if err := p.Around(r, v); err != nil {
		return err
	}
	e, err := id.Parse[id.Entry](r.PathValue("erasing"))
	if err != nil {
		return errs.New("erase: certificate", errs.NotOpen, "")
	}
	c, err := p.find(r, v, e)
	if err != nil {
		return err
	}
	return p.show(w, r, c, true)
}

// gone is the certificate of a whole book, for whoever holds its address: its owner is nobody any more.
func (p *pages) gone(w http.ResponseWriter, r *http.Request) error {
	e, err := id.Parse[id.Entry](r.PathValue("erasing"))
	if err != nil {
		return errs.New("erase: certificate", errs.NotOpen, "")
	}
	c, err := p.Journey.WholeErased(r.Context(), e)
	if err != nil {
		return err
	}
	return p.show(w, r, c, false)
}

func (p *pages) show(w http.ResponseWriter, r *http.Request, c keeper.Certificate, own bool) error {
	last := c.SettledAt // until then the keyring held the key, and so may a copy of it
	if last == 0 {
		last = p.site.Clock.Now()
	}
	return p.site.Page(w, r, http.StatusOK, "erase/certificate", certificatePage{
		Certificate: c, At: page.At(r, c.ErasedAt), Settled: page.At(r, c.SettledAt), Sure: page.At(r, c.SureAt), Copies: p.until(r, last), Own: own,
		Because: becauseWords[c.Why],
	})
}
