package worker

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/peer"
	"beside/internal/web/choose"
	"beside/internal/web/page"
	"beside/internal/web/visit"
)

// profilePage is templates/worker/profile.html.
type profilePage struct {
	Form    *page.Form
	Base    string       // the version the form was made from
	Look    *choose.Card // how it looks to others, nil before there is anything to see
	Kept    bool         // Look is what is kept; else it is only what stands in the form
	Changed bool         // another device kept a version meanwhile
	Closed  string       // catalogue key of why nobody new can choose them, empty when they can
}

// day is how a browser sends a date.
const day = "2006-01-02"

func (p *pages) profile(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	kept, err := p.peers.OwnProfile(r.Context(), v.Subject)
	if err != nil {
		return err
	}
	out := p.kept(r, kept)
	out.Form = p.form(r, kept)
	return p.site.Page(w, r, http.StatusOK, "worker/profile", out)
}

// kept is the page about a profile as it stands, without the form.
func (p *pages) kept(r *http.Request, kept peer.Profile) profilePage {
	out := profilePage{Base: strconv.FormatInt(int64(kept.ChangedAt), 10)}
	if kept.ChangedAt == 0 {
		return out
	}
	card := choose.CardOf(r, kept)
	out.Look, out.Kept = &card, true
	if !kept.TakingMore {
		out.Closed = "worker.profile_not_taking"
	} else if !p.peers.CanChoose(kept) {
		out.Closed = "worker.profile_expired"
	}
	return out
}

func (p *pages) form(r *http.Request, kept peer.Profile) *page.Form {
	f := page.NewForm(r, Profile).Set("name", kept.Name).Set("title", kept.Title).Set("languages", kept.Languages).
		Fill("story", kept.Story).Fill("training", kept.Training)
	if kept.CertificateUntil > 0 {
		f.Set("certificate", (kept.CertificateUntil - 1).Std().In(page.FrameOf(r).TZ).Format(day))
	}
	if kept.TakingMore || kept.ChangedAt == 0 {
		f.Set("taking_more", "yes")
	}
	return f
}

func (p *pages) keepProfile(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	form := page.Posted(r)
	told, err := profileOf(r, form)
	if err == nil && form.Value("do") == "look" {
		return p.preview(w, r, form, told)
	}
	if err == nil {
		err = p.peers.KeepProfile(r.Context(), v.Subject, told)
	}
	if form.Refused(err) {
		return p.again(w, r, v, form, http.StatusUnprocessableEntity)
	}
	if errs.Is(err, errs.Changed) {
		return p.again(w, r, v, form, http.StatusConflict)
	}
	if err != nil {
		return err
	}
	page.Say(w, r, "worker.said_profile_kept")
	return p.site.Go(w, r, Profile)
}

// preview shows how what stands in the form would look, and keeps nothing.
func (p *pages) preview(w http.ResponseWriter, r *http.Request, form *page.Form, told peer.Profile) error {
	card := choose.CardOf(r, told)
	out := profilePage{Form: form, Base: form.Value("base"), Look: &card}
	return p.site.Page(w, r, http.StatusOK, "worker/profile", out)
}

// again shows what was typed and, above it, what is kept. After another device kept a version, keeping the form means
// keeping it over that one.
func (p *pages) again(w http.ResponseWriter, r *http.Request, v visit.Visitor, form *page.Form, status int) error {
	kept, err := p.peers.OwnProfile(r.Context(), v.Subject)
	if err != nil {
		return err
	}
	out := p.kept(r, kept)
	out.Form, out.Changed = form, status == http.StatusConflict
	if !out.Changed {
		out.Base = form.Value("base")
	}
	return p.site.Page(w, r, status, "worker/profile", out)
}

// profileOf reads the form. It returns Invalid for a day that cannot be read.
func profileOf(r *http.Request, form *page.Form) (peer.Profile, error) {
	base, err := strconv.ParseInt(form.Value("base"), 10, 64)
	if err != nil {
		return peer.Profile{}, errs.New("worker: profile", errs.Invalid, "errors.form_not_ours")
	}
	pr := peer.Profile{
		Name: line(form, "name"), Title: line(form, "title"), Languages: line(form, "languages"),
		Story: form.Text("story"), Training: form.Text("training"),
		TakingMore: form.Ticked("taking_more"), ChangedAt: clock.Time(base),
	}
	pr.CertificateUntil, err = lastDay(form, page.FrameOf(r).TZ)
	return pr, err
}

// line is a field of one line, without the spaces around it.
func line(form *page.Form, name string) string {
	return strings.TrimSpace(book.NewText(form.Value(name)).Show())
}

// lastDay returns the moment at which the day in the form is over, 0 when none is given.
func lastDay(form *page.Form, tz *time.Location) (clock.Time, error) {
	typed := strings.TrimSpace(form.Value("certificate"))
	if typed == "" {
		return 0, nil
	}
	t, err := time.ParseInLocation(day, typed, tz)
	if err != nil || t.Year() < 1971 {
		var c errs.Check
		c.Add("certificate", "errors.day_unreadable")
		return 0, c.Err("worker: profile")
	}
	return clock.Of(time.Date(t.Year(), t.Month(), t.Day()+1, 0, 0, 0, 0, tz)), nil
}
