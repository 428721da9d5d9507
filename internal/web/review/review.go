// Package review is about independent review: the page of who reviews this place, the page on which everybody here reads what was found and
// what the team answered, the team's page to ask somebody and to end that, and the page on which a person gives a reviewer something to
// read. It is a package of its own because it stands before all of them, and none may do what another does here.
package review

import (
	"net/http"
	"strings"

	"beside/internal/account"
	"beside/internal/asking"
	"beside/internal/book"
	"beside/internal/community/narrowing"
	"beside/internal/community/reviewing"
	"beside/internal/errs"
	"beside/internal/id"
	"beside/internal/peer"
	"beside/internal/web/page"
	"beside/internal/web/team"
	"beside/internal/web/theirs"
	"beside/internal/web/visit"
	"beside/internal/witness"
)

// Paths of the pages.
const (
	Home   = "/review"        // of who reviews
	People = Home + "/people" // and the id of a book: what somebody gave
	Path   = "/findings"      // for everybody who is here
	Team   = "/team/review"   // where the team asks and ends
	Answer = "/team/findings" // and the id of a finding
	Give   = "/me/review"     // and the id of a reviewer
)

// Config is what the pages need.
type Config struct {
	Review *reviewing.Review
	Peers  *peer.Peers
	Rules  *narrowing.Rules
	Asking *asking.Asking
	Log    *witness.Log
	// Accounts say who of the team is one of two.
	Accounts *account.Accounts
	Part2    bool // 42 CFR part 2 is law here
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
	site.Handle("GET "+Path, visit.Any(p.list))
	as := func(hat book.Hat, pattern string, h visit.Handler) { site.Handle(pattern, visit.Only(hat, h)) }

	as(book.HatReviewer, "GET "+Home, p.home)
	as(book.HatReviewer, "GET "+Home+"/find", p.askFinding)
	as(book.HatReviewer, "POST "+Home+"/find", p.find)
	as(book.HatReviewer, "GET "+Home+"/down", p.askDown)
	as(book.HatReviewer, "POST "+Home+"/down", p.layDown)
	theirs.Mount(site, c.Peers, c.Rules, People, book.HatReviewer, c.Part2)

	as(book.HatTeam, "GET "+Team, p.team)
	as(book.HatTeam, "POST "+Team, p.ask)
	as(book.HatTeam, "POST "+Team+"/{reviewer}/yes", p.second)
	as(book.HatTeam, "GET "+Team+"/{reviewer}/end", p.askEnd)
	as(book.HatTeam, "POST "+Team+"/{reviewer}/end", p.sayEnd)
	as(book.HatTeam, "POST "+Team+"/{reviewer}/end/{ending}", p.end)
	as(book.HatTeam, "GET "+Answer+"/{finding}", p.askAnswer)
	as(book.HatTeam, "POST "+Answer+"/{finding}", p.answer)

	own := func(h visit.Handler) visit.Handler {
		return func(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
			if err := p.Around(r, v); err != nil {
				return err
			}
			return h(w, r, v)
		}
	}
	as(book.HatSelf, "GET "+Give+"/{reviewer}", own(p.askGive))
	as(book.HatSelf, "POST "+Give+"/{reviewer}", own(p.give))
}

func reviewerOf(r *http.Request) (id.Reviewer, error) {
	x, err := id.Parse[id.Reviewer](r.PathValue("reviewer"))
	return x, errs.As("review: reviewer", errs.NotOpen, err)
}

func findingOf(r *http.Request) (id.Finding, error) {
	f, err := id.Parse[id.Finding](r.PathValue("finding"))
	return f, errs.As("review: finding", errs.NotOpen, err)
}

// listPage is templates/review/list.html.
type listPage struct {
	Found     []finding
	Reviewers []reviewer
	Back      string
	Reviews   bool // the reader reviews
}

// reviewer is somebody whom the team asked, as everybody reads of them.
type reviewer struct {
	reviewing.Reviewer
	Asked   page.Moment
	From    page.Moment
	To      page.Moment
	Endings []ending
	Yes     *page.Form // says yes to them; for the team
	End     string     // where the team says that it shall end; for the team
	Give    string     // where a person gives them something; for who reads in their own hat
}

type ending struct {
	reviewing.Ending
	Said page.Moment
	Over page.Moment
	Yes  *page.Form // says yes to it; for the team
}

// finding is what was found.
type finding struct {
	ID      string
	Words   book.Text // with its lines, as it was written
	By      string    // who it is, as the team said it
	About   string    // the quarter; "" for none
	When    page.Moment
	Size    int64
	Adds    bool
	Answers []answer
	Answer  string // where the team answers; "" for others
	More    string // where the reader adds to it; "" for others
}

type answer struct {
	Words book.Text
	When  page.Moment
}

func (p *pages) list(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	found, err := p.Review.Findings(r.Context())
	if err != nil {
		return err
	}
	all, err := p.reviewers(r, v)
	if err != nil {
		return err
	}
	d := listPage{Back: visit.Home(v.Hat), Reviews: v.Hat == book.HatReviewer}
	by := map[id.Reviewer]string{}
	for _, x := range all {
		by[x.ID] = x.Words
		if x.Since != 0 || x.Gone || len(x.Reviewer.Endings) > 0 {
			d.Reviewers = append(d.Reviewers, x)
		}
	}
	for _, f := range found {
		row := finding{ID: f.ID.String(), Words: book.NewText(f.Words), By: by[f.Reviewer], When: page.At(r, f.At), Size: f.LogSize, Adds: !f.AddsTo.IsZero()}
		if f.Span != "" {
			row.About = spanWords(r, f.Span)
		}
		for _, a := range f.Answers {
			row.Answers = append(row.Answers, answer{book.NewText(a.Words), page.At(r, a.At)})
		}
		switch v.Hat {
		case book.HatTeam:
			row.Answer = Answer + "/" + row.ID
		case book.HatReviewer:
			row.More = Home + "/find?adds=" + row.ID
		}
		d.Found = append(d.Found, row)
	}
	return p.site.Page(w, r, http.StatusOK, "review/list", d)
}

// spanWords are the first and the last day of a quarter, in words.
func spanWords(r *http.Request, s reviewing.Span) string {
	f := page.FrameOf(r)
	from, last := s.Times()
	return f.Words().T("review.span", "From", f.Words().FullDate(from, nil), "To", f.Words().FullDate(last, nil))
}

// reviewers are those whom the team asked, with what the reader can do about them.
func (p *pages) reviewers(r *http.Request, v visit.Visitor) ([]reviewer, error) {
	all, err := p.Review.Reviewers(r.Context(), v.Subject)
	out := make([]reviewer, len(all))
	for i, x := range all {
		row := reviewer{Reviewer: x, Asked: page.At(r, x.AskedAt), From: page.At(r, x.Since), To: page.At(r, x.Until)}
		at := Team + "/" + x.ID.String()
		if x.CanSecond {
			row.Yes = page.NewForm(r, at+"/yes")
		}
		switch {
		case !x.Now():
		case v.Hat == book.HatTeam:
			row.End = at + "/end"
		case v.Hat == book.HatSelf:
			row.Give = Give + "/" + x.ID.String()
		}
		for _, e := range x.Endings {
			line := ending{Ending: e, Said: page.At(r, e.SaidAt), Over: page.At(r, e.OverAt)}
			if e.Open && !e.Mine {
				line.Yes = page.NewForm(r, at+"/end/"+e.ID.String())
			}
			row.Endings = append(row.Endings, line)
		}
		out[i] = row
	}
	return out, err
}

// teamPage is templates/review/team.html.
type teamPage struct {
	Reviewers []reviewer
	Form      *page.Form
	Again     bool       // the form was sent before with other words
	Wait      *team.Wait // none for who is one of two: nothing is offered that would be refused
}

func (p *pages) team(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	return p.showTeam(w, r, v, http.StatusOK, teamPage{Form: page.NewForm(r, Team)})
}

func (p *pages) showTeam(w http.ResponseWriter, r *http.Request, v visit.Visitor, status int, d teamPage) (err error) {
	if d.Reviewers, err = p.reviewers(r, v); err != nil {
		return err
	}
	if d.Wait, err = team.WaitOf(r, p.Accounts, v); err != nil {
		return err
	}
	return p.site.Page(w, r, status, "review/team", d)
}

func (p *pages) ask(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	form := page.Posted(r)
	entry, err := form.EntryID()
	if err != nil {
		return err
	}
	err = p.Review.Ask(r.Context(), v.Subject, entry, form.Text("words").Show())
	if form.Refused(err) {
		return p.showTeam(w, r, v, http.StatusUnprocessableEntity, teamPage{Form: form})
	}
	if errs.Is(err, errs.AlreadyKept) {
		return p.showTeam(w, r, v, http.StatusConflict, teamPage{Form: page.NewForm(r, Team).Fill("words", form.Text("words")), Again: true})
	}
	if err != nil {
		return err
	}
	page.Say(w, r, "review.said_asked")
	return p.site.Go(w, r, Team)
}

// linkPage is templates/review/link.html.
type linkPage struct {
	Link  string
	Until page.Moment
}

// second shows the link in the answer itself, as it is kept nowhere. Sent again, the form makes another, and the one before is over.
func (p *pages) second(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	x, err := reviewerOf(r)
	if err != nil {
		return err
	}
	token, err := p.Review.Second(r.Context(), v.Subject, x)
	if err != nil {
		return err
	}
	d := linkPage{Link: strings.TrimSuffix(p.site.PublicURL, "/") + "/invitation/" + token, Until: page.At(r, p.site.Clock.Now()+account.InvitationLasts)}
	return p.site.Page(w, r, http.StatusOK, "review/link", d)
}

// endPage is templates/review/end.html.
type endPage struct {
	wordsPage
	Wait *team.Wait // none for who is one of two
}

// wordsPage is templates/review/down.html and answer.html, and most of end.html: one field for words that everybody here will read.
type wordsPage struct {
	Form  *page.Form
	About string // who it is, or what was found
	Again bool
}

func (p *pages) askEnd(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	return p.showEnd(w, r, v, http.StatusOK, page.NewForm(r, r.URL.Path), false)
}

func (p *pages) showEnd(w http.ResponseWriter, r *http.Request, v visit.Visitor, status int, f *page.Form, again bool) error {
	x, err := reviewerOf(r)
	if err != nil {
		return err
	}
	all, err := p.reviewers(r, v)
	if err != nil {
		return err
	}
	for _, row := range all {
		if row.ID == x && row.End != "" {
			wait, err := team.WaitOf(r, p.Accounts, v)
			if err != nil {
				return err
			}
			return p.site.Page(w, r, status, "review/end", endPage{wordsPage{f, row.Words, again}, wait})
		}
	}
	return errs.New("review: end", errs.NotOpen, "")
}

func (p *pages) sayEnd(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	x, err := reviewerOf(r)
	if err != nil {
		return err
	}
	form := page.Posted(r)
	entry, err := form.EntryID()
	if err != nil {
		return err
	}
	err = p.Review.SayEnd(r.Context(), v.Subject, entry, x, form.Text("words").Show())
	if form.Refused(err) {
		return p.showEnd(w, r, v, http.StatusUnprocessableEntity, form, false)
	}
	if errs.Is(err, errs.AlreadyKept) {
		return p.showEnd(w, r, v, http.StatusConflict, page.NewForm(r, r.URL.Path).Fill("words", form.Text("words")), true)
	}
	if err != nil {
		return err
	}
	page.Say(w, r, "review.said_end")
	return p.site.Go(w, r, Team)
}

func (p *pages) end(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	x, err := reviewerOf(r)
	if err != nil {
		return err
	}
	e, err := id.Parse[id.Entry](r.PathValue("ending"))
	if err != nil {
		return errs.As("review: ending", errs.NotOpen, err)
	}
	if err := p.Review.End(r.Context(), v.Subject, x, e); err != nil {
		return err
	}
	page.Say(w, r, "review.said_over")
	return p.site.Go(w, r, Team)
}

func (p *pages) askAnswer(w http.ResponseWriter, r *http.Request, _ visit.Visitor) error {
	return p.showAnswer(w, r, http.StatusOK, page.NewForm(r, r.URL.Path), false)
}

func (p *pages) showAnswer(w http.ResponseWriter, r *http.Request, status int, f *page.Form, again bool) error {
	x, err := findingOf(r)
	if err != nil {
		return err
	}
	found, err := p.Review.Findings(r.Context())
	if err != nil {
		return err
	}
	for _, y := range found {
		if y.ID == x {
			return p.site.Page(w, r, status, "review/answer", wordsPage{f, y.Words, again})
		}
	}
	return errs.New("review: answer", errs.NotOpen, "")
}

func (p *pages) answer(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	x, err := findingOf(r)
	if err != nil {
		return err
	}
	form := page.Posted(r)
	entry, err := form.EntryID()
	if err != nil {
		return err
	}
	err = p.Review.Answer(r.Context(), v.Subject, entry, x, form.Text("words").Show())
	if form.Refused(err) {
		return p.showAnswer(w, r, http.StatusUnprocessableEntity, form, false)
	}
	if errs.Is(err, errs.AlreadyKept) {
		return p.showAnswer(w, r, http.StatusConflict, page.NewForm(r, r.URL.Path).Fill("words", form.Text("words")), true)
	}
	if err != nil {
		return err
	}
	page.Say(w, r, "review.said_answered")
	return p.site.Go(w, r, Path)
}
