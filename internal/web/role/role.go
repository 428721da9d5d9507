// Package role is the pages on which a person gives something from their book to whoever holds a role here ("the evening line"), or to everybody
// who works here, and sees beforehand what that shows and to whom; and the page on which the centre team makes roles and says who holds them. It
// also puts such a grant, and who is one of those to whom it is given, into words for other pages.
package role

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"beside/internal/account"
	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/community/roles"
	"beside/internal/errs"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/peer"
	"beside/internal/web/choose"
	"beside/internal/web/give"
	"beside/internal/web/page"
	"beside/internal/web/theirs"
	"beside/internal/web/visit"
)

// Paths of the pages.
const (
	Path    = "/me/roles" // and the id of a role, or [Workers]
	Team    = "/team/duties"
	Workers = "workers" // in the place of a role's id: everybody who works here
)

// Config is what the pages need.
type Config struct {
	Roles     *roles.Roles
	Accounts  *account.Accounts
	Peers     *peer.Peers
	Community id.Community
	Place     string // what the community is called
	// Around dresses a page of one's own book.
	Around func(*http.Request, visit.Visitor) error
}

type pages struct {
	Config
	site *page.Site
}

// Mount mounts the pages.
func Mount(site *page.Site, c Config) {
	p := &pages{Config: c, site: site}
	mine := func(pattern string, h visit.Handler) {
		site.Handle(pattern, visit.Only(book.HatSelf, func(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
			if err := p.Around(r, v); err != nil {
				return err
			}
			return h(w, r, v)
		}))
	}
	mine("GET "+Path+"/{role}", p.ask)
	mine("POST "+Path+"/{role}", p.answer)
	site.Handle("GET "+Team, visit.Only(book.HatTeam, p.team))
	site.Handle("POST "+Team, visit.Only(book.HatTeam, p.make))
	site.Handle("POST "+Team+"/{role}", visit.Only(book.HatTeam, p.putIn))
	site.Handle("POST "+Team+"/{role}/{holding}/out", visit.Only(book.HatTeam, p.takeOut))
}

// PathOf is where something is given to whoever, or what is given is changed.
func PathOf(w peer.Whoever) string {
	if w.Role.IsZero() {
		return Path + "/" + Workers
	}
	return Path + "/" + w.Role.String()
}

// Called is how whoever is called in a sentence: the role, or everybody who works here.
func Called(r *http.Request, name book.Text) string {
	if name.Blank() {
		return page.FrameOf(r).Words().T("roles.everybody")
	}
	return page.FrameOf(r).Words().T("roles.called", "Role", name.Show())
}

var sections = []page.Choice{
	{Value: string(book.SectionWords), Words: "choose.part_words"},
	{Value: string(book.SectionStrengths), Words: "choose.part_strengths"},
	{Value: string(book.SectionGoals), Words: "choose.part_goals"},
	{Value: string(book.SectionCircle), Words: "circle.home"},
	{Value: string(book.SectionPaths), Words: "paths.home"},
}

var may = []page.Choice{
	{Value: "read", Words: "give.may_read", Hint: "give.may_read_hint"},
	{Value: "suggest", Words: "give.may_suggest", Hint: "give.may_suggest_hint"},
}

// Line is one who holds a role, or works here, in words.
type Line struct {
	Name string
	Says string // what they can see, and from when on
	News bool   // they came, and the owner said nothing of it
	Yes  *page.Form
	No   *page.Form
	ID   string // of its element
}

// Lines are those to whom something is given, in words. Where it stands, with the head that a form shows, each can be answered: act is the path
// under which that is.
func Lines(r *http.Request, people []peer.OneOf, called map[id.Person]peer.Profile, now clock.Time, act, head string) []Line {
	var list []Line
	say := page.FrameOf(r).Words()
	for _, o := range people {
		name := choose.NameOf(r, called[o.Person])
		l := Line{Name: name, News: o.News(), ID: "of-" + o.Person.String()}
		from := say.Day(o.From, now, page.FrameOf(r).TZ)
		switch {
		case o.Known:
			l.Says = say.T("roles.knows", "Name", name)
		case o.Refused && o.Since == 0:
			l.Says = say.T("roles.refused_gone", "Name", name)
		case o.Refused:
			l.Says = say.T("roles.refused", "Name", name)
		case o.From > now:
			l.Says = say.T("roles.comes", "Name", name, "Day", from)
		default:
			l.Says = say.T("roles.reads", "Name", name)
		}
		form := func(answer string) *page.Form {
			return page.NewForm(r, act+"/of/"+o.Person.String()).Named(answer).Set("say", answer).Set("base", head)
		}
		if head != "" && !o.Known {
			if !o.Refused {
				l.No = form("no")
			}
			if o.Refused || o.From > now || o.News() {
				l.Yes = form("yes")
			}
		}
		list = append(list, l)
	}
	return list
}

// People are the ids of some of them.
func People(list []peer.OneOf) (people []id.Person) {
	for _, o := range list {
		people = append(people, o.Person)
	}
	return people
}

// Sentence is a grant to whoever as a sentence one can read aloud: to which role at which place, what, why, and until when, and that it is whoever
// holds it.
func Sentence(r *http.Request, place string, name book.Text, secs []book.Section, readOnly bool, until clock.Time, event book.Text, now clock.Time) string {
	f := page.FrameOf(r)
	list := []string{f.Words().T(choose.SectionWords(book.SectionName))}
	for _, s := range book.Givable()[1:] {
		if slices.Contains(secs, s) {
			list = append(list, f.Words().T(choose.SectionWords(s)))
		}
	}
	key := "roles.sentence_suggest"
	if readOnly {
		key = "roles.sentence_read"
	}
	who := f.Words().T("roles.who_all", "Place", place)
	if !name.Blank() {
		who = f.Words().T("roles.who", "Role", name.Show(), "Place", place)
	}
	return f.Words().T(key, "Who", who, "Sections", strings.Join(list, ", "), "Day", f.Words().Day(until-1, now, f.TZ)) + give.OrWhen(r, event)
}

// askPage is templates/role/ask.html.
type askPage struct {
	Form     *page.Form
	Who      string // as it stands in a sentence
	Title    string
	Holders  []Line
	Days     int // who comes later waits so long
	Sections []page.Choice
	May      []page.Choice
	Until    []page.Choice
	Stands   bool // something is given to them already
	Clashed  string
}

// one finds the role of a path, as something can be given to it, or was by the reader.
func (p *pages) one(r *http.Request, v visit.Visitor) (peer.Whoever, error) {
	if r.PathValue("role") == Workers {
		return peer.Whoever{Place: p.Community}, nil
	}
	role, err := id.Parse[id.Role](r.PathValue("role"))
	if err != nil {
		return peer.Whoever{}, errs.As("role: one", errs.NotOpen, err)
	}
	all, err := p.Roles.Offered(r.Context())
	for _, x := range all {
		if x.ID == role {
			return peer.Whoever{Role: x.ID, Name: book.NewText(x.Name)}, err
		}
	}
	var now *peer.Several
	if err == nil {
		now, err = p.stands(r, v, peer.Whoever{Role: role}) // which nobody holds just now
	}
	if err == nil && now == nil {
		err = errs.New("role: one", errs.NotOpen, "")
	}
	if err != nil {
		return peer.Whoever{}, err
	}
	return now.Of, nil
}

// stands finds what is given to a role already.
func (p *pages) stands(r *http.Request, v visit.Visitor, w peer.Whoever) (*peer.Several, error) {
	list, err := p.Peers.Several(r.Context(), v.Subject, v.Book)
	for i := range list {
		if list[i].Of.Role == w.Role && list[i].Of.Place == w.Place {
			return &list[i], err
		}
	}
	return nil, err
}

func (p *pages) ask(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	of, err := p.one(r, v)
	if err != nil {
		return err
	}
	now, err := p.stands(r, v, of)
	if err != nil {
		return err
	}
	f := page.NewForm(r, r.URL.Path).Set("may", "read").Set("until", "3")
	if now != nil {
		f.Set("base", now.Head.String()).Fill("event", now.Event)
		if !now.ReadOnly {
			f.Set("may", "suggest")
		}
		var secs []string
		for _, s := range now.Sections {
			secs = append(secs, string(s))
		}
		f.Set("sections", secs...)
	}
	return p.show(w, r, v, http.StatusOK, of, now, f, "")
}

func (p *pages) show(w http.ResponseWriter, r *http.Request, v visit.Visitor, status int, of peer.Whoever, now *peer.Several, f *page.Form, clashed string) error {
	lines, shown, err := p.holders(r, v, of)
	if err != nil {
		return err
	}
	f.Set("shown", shown...)
	return p.site.Page(w, r, status, "role/ask", askPage{
		Form: f, Who: p.who(r, of), Title: Called(r, of.Name), Holders: lines, Days: int(grant.ComesAfter / clock.Day), Sections: sections, May: may, Until: give.Terms, Stands: now != nil, Clashed: clashed,
	})
}

func (p *pages) who(r *http.Request, of peer.Whoever) string {
	if of.Role.IsZero() {
		return page.FrameOf(r).Words().T("roles.who_all", "Place", p.Place)
	}
	return page.FrameOf(r).Words().T("roles.who", "Role", of.Name.Show(), "Place", p.Place)
}

// shownAs is how a form says that somebody was shown who is one of them since a time.
func shownAs(s peer.Seen) string {
	return s.Person.String() + "." + strconv.FormatInt(int64(s.Since), 10)
}

func parseShown(value string) (s peer.Seen, err error) {
	who, since, _ := strings.Cut(value, ".")
	if s.Person, err = id.Parse[id.Person](who); err != nil {
		return s, err
	}
	at, err := strconv.ParseInt(since, 10, 64)
	s.Since = clock.Time(at)
	return s, err
}

// holders are who is one of them now, in words, and as a form says that they were shown.
func (p *pages) holders(r *http.Request, v visit.Visitor, of peer.Whoever) (lines []Line, shown []string, err error) {
	list, err := p.Peers.Holders(r.Context(), v.Subject, v.Book, of)
	if err != nil {
		return nil, nil, err
	}
	called, err := p.Peers.Called(r.Context(), People(list)...)
	if err != nil {
		return nil, nil, err
	}
	now := p.site.Clock.Now()
	for _, o := range list {
		l := Line{Name: choose.NameOf(r, called[o.Person])}
		switch {
		case o.Known:
			l.Says = page.FrameOf(r).Words().T("roles.knows", "Name", l.Name)
		case o.Refused:
			l.Says = page.FrameOf(r).Words().T("roles.refused", "Name", l.Name)
		case o.From > now:
			l.Says = page.FrameOf(r).Words().T("roles.comes", "Name", l.Name, "Day", page.FrameOf(r).Words().Day(o.From, now, page.FrameOf(r).TZ))
		default:
			l.Says = l.Name
		}
		lines, shown = append(lines, l), append(shown, shownAs(o.Seen()))
	}
	return lines, shown, nil
}

// sayPage is templates/role/say.html.
type sayPage struct {
	Sentence string
	Said     string // by whom, when, and who shows it
	Form     *page.Form
	Hidden   []hidden
	Holders  []Line
	Days     int
	Seen     bool // whether any of them would see something
	After    theirs.Page
}

// hidden is an answer that the next form carries on.
type hidden struct{ Name, Value string }

// answer takes the three taps of the pages: "show me" leads to the preview, "change this" back to the questions, and "yes" gives.
func (p *pages) answer(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	of, err := p.one(r, v)
	if err != nil {
		return err
	}
	now, err := p.stands(r, v, of)
	if err != nil {
		return err
	}
	form := page.Posted(r)
	g, base, err := p.giving(r, form, of)
	if form.Value("do") == "change" {
		return p.show(w, r, v, http.StatusOK, of, now, form, "")
	}
	if err == nil && form.Value("do") == "yes" {
		if err = p.Peers.GiveSeveral(r.Context(), v.Subject, v.Book, g, base); err == nil {
			page.Say(w, r, "give.said_given")
			return p.site.Go(w, r, "/me/sharing")
		}
	}
	var after peer.Shared
	var sees bool
	if err == nil {
		after, sees, err = p.Peers.WouldSeeSeveral(r.Context(), v.Subject, v.Book, g, base, func() id.Entry { return id.New[id.Entry](p.site.IDs) })
	}
	if form.Refused(err) {
		return p.show(w, r, v, http.StatusUnprocessableEntity, of, now, form, "")
	}
	if errs.Is(err, errs.Changed) || errs.Is(err, errs.AlreadyKept) {
		if now, err = p.stands(r, v, of); err != nil {
			return err
		}
		return p.show(w, r, v, http.StatusConflict, of, now, anew(r, form, now), "roles.clashed")
	}
	if err != nil {
		return err
	}
	return p.say(w, r, v, g, after, sees)
}

// anew is a form with the same answers that will be another yes, over what is given now.
func anew(r *http.Request, sent *page.Form, now *peer.Several) *page.Form {
	f := page.NewForm(r, r.URL.Path).Fill("event", sent.Text("event"))
	for _, name := range []string{"sections", "may", "until"} {
		f.Set(name, sent.Values(name)...)
	}
	if now != nil {
		f.Set("base", now.Head.String())
	}
	return f
}

func (p *pages) say(w http.ResponseWriter, r *http.Request, v visit.Visitor, g peer.SeveralGiving, after peer.Shared, sees bool) error {
	at := p.site.Clock.Now()
	sent := page.Posted(r)
	lines, shown, err := p.holders(r, v, g.Of)
	if err != nil {
		return err
	}
	d := sayPage{Sentence: Sentence(r, p.Place, g.Of.Name, g.Sections, g.ReadOnly, g.Until, g.Event, at), Said: page.FrameOf(r).SaidBy(), Form: sent, Holders: lines, Days: int(grant.ComesAfter / clock.Day), Seen: sees, After: theirs.Of(r, after, at)}
	for _, name := range []string{"sections", "may", "until", "event", "base"} {
		for _, value := range sent.Values(name) {
			d.Hidden = append(d.Hidden, hidden{name, value})
		}
	}
	for _, value := range shown { // on this page, and not on the one before it
		d.Hidden = append(d.Hidden, hidden{"shown", value})
	}
	d.Hidden = append(d.Hidden, hidden{"ends", strconv.FormatInt(int64(g.Until), 10)}) // as it is read aloud now, whenever the yes comes
	return p.site.Page(w, r, http.StatusOK, "role/say", d)
}

// giving reads the form. What is in no list of ours is refused by the law of the book.
func (p *pages) giving(r *http.Request, f *page.Form, of peer.Whoever) (g peer.SeveralGiving, base id.Entry, err error) {
	if g.Entry, err = f.EntryID(); err != nil {
		return g, base, err
	}
	if f.Value("base") != "" {
		if base, err = id.Parse[id.Entry](f.Value("base")); err != nil {
			return g, base, errs.New("role: base", errs.Invalid, "errors.form_not_ours")
		}
	}
	g.Of, g.ReadOnly, g.Event = of, f.Value("may") != "suggest", f.Text("event")
	for _, s := range f.Values("sections") {
		g.Sections = append(g.Sections, book.Section(s))
	}
	for _, value := range f.Values("shown") {
		who, err := parseShown(value)
		if err != nil {
			return g, base, errs.New("role: shown", errs.Invalid, "errors.form_not_ours")
		}
		g.Shown = append(g.Shown, who)
	}
	var c errs.Check
	if g.Until, err = give.UntilOf(r, f, p.site.Clock.Now()); err != nil {
		return g, base, err
	}
	if len(g.Sections) == 0 && f.Value("do") != "change" {
		c.Add("sections", "give.nothing_chosen")
	}
	return g, base, c.Err("role: giving")
}
