package role

import (
	"net/http"
	"strconv"
	"time"

	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/community/roles"
	"beside/internal/errs"
	"beside/internal/id"
	"beside/internal/web/page"
	"beside/internal/web/visit"
)

// teamPage is templates/role/team.html.
type teamPage struct {
	Roles   []row
	Form    *page.Form // makes a role
	Again   bool       // a form was sent before with something else
	Workers []page.Choice
	Until   []page.Choice
}

// row is a role with who holds it, and the form to put somebody in.
type row struct {
	ID      string
	Name    string
	Holders []holder
	Form    *page.Form
}

// holder is one who holds a role.
type holder struct {
	Name    string
	Since   page.Moment
	Until   page.Moment // the last day
	Ends    bool
	Element string
	Out     page.Tap
}

var untilChoices = []page.Choice{
	{Value: "0", Words: "roles.until_open"}, {Value: "1", Words: "roles.until_1"}, {Value: "3", Words: "roles.until_3"}, {Value: "12", Words: "roles.until_12"},
}

func (p *pages) team(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	return p.showTeam(w, r, v, http.StatusOK, page.NewForm(r, Team), nil, false)
}

// showTeam shows the page. sent is the form that put somebody into a role, and could not; nil for none.
func (p *pages) showTeam(w http.ResponseWriter, r *http.Request, v visit.Visitor, status int, form, sent *page.Form, again bool) error {
	all, err := p.Roles.All(r.Context(), v.Subject)
	if err != nil {
		return err
	}
	members, err := p.Accounts.Memberships(r.Context(), v.Subject)
	if err != nil {
		return err
	}
	var people []id.Person
	for _, m := range members {
		people = append(people, m.Person)
	}
	for _, x := range all {
		for _, h := range x.Holders {
			people = append(people, h.Person)
		}
	}
	profiles, err := p.Peers.Called(r.Context(), people...)
	if err != nil {
		return err
	}
	name := func(who id.Person) string {
		if n := profiles[who].Name; n != "" {
			return n
		}
		return page.FrameOf(r).Words().T("rules.somebody")
	}
	d := teamPage{Form: form, Again: again, Until: untilChoices}
	for _, m := range members {
		if m.Hat == book.HatWorker {
			d.Workers = append(d.Workers, page.Choice{Value: m.Person.String(), Text: name(m.Person)})
		}
	}
	for _, x := range all {
		at := row{ID: "role-" + x.ID.String(), Name: x.Name, Form: page.NewForm(r, Team+"/"+x.ID.String()).Named(x.ID.String()).Set("until", "0")}
		if sent != nil && sent.Action == at.Form.Action {
			at.Form = sent.Named(x.ID.String())
		}
		for _, h := range x.Holders {
			element := "holds-" + h.ID.String()
			at.Holders = append(at.Holders, holder{Name: name(h.Person), Since: page.At(r, h.Since), Until: page.At(r, h.Until-1), Ends: h.Until != roles.NoEnd, Element: element,
				Out: page.Tap{Form: page.NewForm(r, Team+"/"+x.ID.String()+"/"+h.ID.String()+"/out"), Words: "roles.out", Plain: true, Of: element}})
		}
		d.Roles = append(d.Roles, at)
	}
	return p.site.Page(w, r, status, "role/team", d)
}

// make makes a role.
func (p *pages) make(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	form := page.Posted(r)
	entry, err := form.EntryID()
	if err == nil {
		err = p.Roles.Make(r.Context(), v.Subject, entry, form.Text("name").Show())
	}
	switch {
	case form.Refused(err):
		return p.showTeam(w, r, v, http.StatusUnprocessableEntity, form, nil, false)
	case errs.Is(err, errs.AlreadyKept):
		return p.showTeam(w, r, v, http.StatusConflict, page.NewForm(r, Team).Fill("name", form.Text("name")), nil, true)
	case err != nil:
		return err
	}
	page.Say(w, r, "roles.said_made")
	return p.site.Go(w, r, Team)
}

func roleOf(r *http.Request) (id.Role, error) {
	x, err := id.Parse[id.Role](r.PathValue("role"))
	return x, errs.As("role: of", errs.NotOpen, err)
}

// putIn says that a worker holds a role from now on.
func (p *pages) putIn(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	role, err := roleOf(r)
	if err != nil {
		return err
	}
	form := page.Posted(r)
	entry, err := form.EntryID()
	if err != nil {
		return err
	}
	person, err := id.Parse[id.Person](form.Value("person"))
	var c errs.Check
	if err != nil {
		c.Add("person", "errors.choose_listed")
	}
	months, err := strconv.Atoi(form.Value("until"))
	if err != nil || months < 0 || months > 12 {
		c.Add("until", "errors.choose_listed")
	}
	var until clock.Time
	if months > 0 {
		until = monthsFrom(p.site.Clock.Now(), months, page.FrameOf(r).TZ)
	}
	if err = c.Err("role: put in"); err == nil {
		err = p.Roles.PutIn(r.Context(), v.Subject, entry, role, person, 0, until)
	}
	switch {
	case form.Refused(err):
		return p.showTeam(w, r, v, http.StatusUnprocessableEntity, page.NewForm(r, Team), form, false)
	case errs.Is(err, errs.AlreadyKept):
		return p.showTeam(w, r, v, http.StatusConflict, page.NewForm(r, Team), nil, true)
	case err != nil:
		return err
	}
	page.Say(w, r, "roles.said_in")
	return p.site.Go(w, r, Team)
}

// monthsFrom is the end of the day some months after t.
func monthsFrom(t clock.Time, months int, tz *time.Location) clock.Time {
	at := t.Std().In(tz)
	return clock.Of(time.Date(at.Year(), at.Month()+time.Month(months), at.Day()+1, 0, 0, 0, 0, tz))
}

// takeOut ends a holding, from the next request on.
func (p *pages) takeOut(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	h, err := id.Parse[id.Holding](r.PathValue("holding"))
	if err != nil {
		return errs.As("role: take out", errs.NotOpen, err)
	}
	if err := p.Roles.TakeOut(r.Context(), v.Subject, h); err != nil {
		return err
	}
	page.Say(w, r, "roles.said_out")
	return p.site.Go(w, r, Team)
}
