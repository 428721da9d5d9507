package me

import (
	"net/http"
	"slices"
	"strconv"

	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/id"
	"beside/internal/keeper"
	"beside/internal/peer"
	"beside/internal/web/choose"
	"beside/internal/web/log"
	"beside/internal/web/page"
	"beside/internal/web/role"
	"beside/internal/web/visit"
)

// lookedPage is templates/me/looked.html.
type lookedPage struct {
	Days  []lookedDay
	Older string
	Empty page.Empty
	// Checked is who outside checked the log last, nil when nobody has yet.
	Checked *log.Checked
}

// lookedDay is one day on which somebody looked.
type lookedDay struct {
	Day   page.Moment
	Looks []lookedRow
}

// lookedRow is what one reader saw on one day, for one purpose.
type lookedRow struct {
	ID      string // of its element
	Name    string
	Title   string   // the reader's own title
	Hat     string   // catalogue key
	Parts   []string // catalogue keys of sections
	Last    page.Moment
	Why     string // catalogue key of the purpose, empty when it is not known here
	As      string // as one of whom, where they were not chosen by name; else empty
	Outside bool   // it was not under something that the person gave
	Ask     string // where the person asks why; empty when they cannot
	Gone    bool   // the reader is not here any more, and cannot be asked
	Asked   []whyRow

	reader id.Person
	hat    book.Hat
	why    book.Purpose
	given  id.Item
	seen   []book.Section
	looks  []id.Look // the newest first
	first  clock.Time
}

// sawWords say to the person what somebody else saw.
var sawWords = map[book.Section]string{
	book.SectionName: "me.saw_name", book.SectionWords: "me.saw_words",
	book.SectionStrengths: "me.saw_strengths", book.SectionGoals: "me.saw_goals",
	book.SectionCircle: "circle.saw", book.SectionPaths: "paths.saw",
}

var hatWords = map[book.Hat]string{book.HatWorker: "me.hat_worker", book.HatTeam: "me.hat_team", book.HatReviewer: "me.hat_reviewer"}

// purposeWords say for what somebody looked.
var purposeWords = map[book.Purpose]string{book.PurposeWalking: "me.purpose_walking", book.PurposeNear: "me.purpose_near", book.PurposeHealth: "me.purpose_health", book.PurposeRole: "roles.purpose", book.PurposeWorkers: "roles.purpose", book.PurposeDesk: "me.purpose_desk", book.PurposeDied: "me.purpose_died", book.PurposeOrder: "me.purpose_order", book.PurposeReview: "me.purpose_review"}

// ungiven are the purposes of looks that are not under anything a person gave, as nobody can give something for them.
var ungiven = []book.Purpose{book.PurposeDesk, book.PurposeDied, book.PurposeOrder}

func (p *Pages) looked(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	before, err := mark(r)
	if err != nil {
		return err
	}
	a, err := p.journey.Around(r.Context(), owner(v))
	if err != nil {
		return err
	}
	around(r, a)
	looks, older, err := p.journey.Looks(r.Context(), owner(v), clock.Time(before))
	if err != nil {
		return err
	}
	d := lookedPage{Empty: page.Empty{Drawing: "book", Words: "me.looked_none"}}
	if d.Days, err = p.lookedDays(r, looks); err != nil {
		return err
	}
	if err := p.askable(r, v, d.Days); err != nil {
		return err
	}
	if d.Checked, err = log.LastChecked(r, p.log); err != nil {
		return err
	}
	if older != 0 {
		d.Older = "/me/looked?before=" + strconv.FormatInt(int64(older), 10)
	}
	return p.site.Page(w, r, http.StatusOK, "me/looked", d)
}

// lookedDays gathers looks, newest first, by the reader's day, by who looked and for what.
func (p *Pages) lookedDays(r *http.Request, looks []keeper.Look) ([]lookedDay, error) {
	var people []id.Person
	for _, l := range looks {
		people = append(people, l.Reader)
	}
	profiles, err := p.people(r, people...)
	if err != nil {
		return nil, err
	}
	as, err := p.asOne(r, looks)
	if err != nil {
		return nil, err
	}
	var days []lookedDay
	last := ""
	for _, l := range looks {
		day := l.At.Std().In(page.FrameOf(r).TZ).Format("2006-01-02")
		if day != last {
			days = append(days, lookedDay{Day: page.At(r, l.At)})
			last = day
		}
		days[len(days)-1].add(r, l, profiles[l.Reader], as[l.Given])
	}
	return days, nil
}

func (d *lookedDay) add(r *http.Request, l keeper.Look, pr peer.Profile, as string) {
	i := slices.IndexFunc(d.Looks, func(x lookedRow) bool {
		return x.reader == l.Reader && x.hat == l.Hat && x.why == l.Purpose && (l.Purpose.ByName() || x.given == l.Given)
	})
	if i < 0 {
		row := lookedRow{
			ID: "look-" + l.ID.String(), Name: readerName(r, pr, l.Hat), Title: pr.Title, Hat: hatWords[l.Hat], Last: page.At(r, l.At),
			Why: purposeWords[l.Purpose], Outside: slices.Contains(ungiven, l.Purpose), reader: l.Reader, hat: l.Hat, why: l.Purpose, given: l.Given, As: as,
		}
		d.Looks, i = append(d.Looks, row), len(d.Looks)
	}
	row := &d.Looks[i]
	if row.first = l.At; !slices.Contains(row.looks, l.ID) {
		row.looks = append(row.looks, l.ID)
	}
	if !slices.Contains(row.seen, l.Section) {
		row.seen = append(row.seen, l.Section)
		row.Parts = parts(func(s book.Section) string { return sawWords[s] }, row.seen)
	}
}

// asOne says, of looks by people who were not chosen by name, as one of whom they looked, by what was given.
func (p *Pages) asOne(r *http.Request, looks []keeper.Look) (map[id.Item]string, error) {
	as := map[id.Item]string{}
	v, in := visit.Of(r)
	for _, l := range looks {
		if l.Purpose.ByName() || as[l.Given] != "" || !in {
			continue
		}
		name, err := p.journey.RoleOf(r.Context(), owner(v), l.Given)
		if err != nil {
			return nil, err
		}
		if l.Purpose == book.PurposeWorkers {
			name = book.Text{}
		} else if name.Blank() { // what was given is erased
			name = book.NewText(page.FrameOf(r).Words().T("roles.some_role"))
		}
		as[l.Given] = page.FrameOf(r).Words().T("roles.as_one", "Who", role.Called(r, name))
	}
	return as, nil
}

// readerName is how somebody who looked is called, also one who wrote no profile.
func readerName(r *http.Request, pr peer.Profile, hat book.Hat) string {
	if pr.Name == "" && hat == book.HatTeam {
		return page.FrameOf(r).Words().T("me.looked_team")
	}
	if hat == book.HatReviewer {
		return page.FrameOf(r).Words().T("review.reviewer")
	}
	return choose.NameOf(r, pr)
}

// parts are the words for sections, in the order of the screen.
func parts(say func(book.Section) string, sections []book.Section) []string {
	var words []string
	for _, s := range book.Givable() {
		if slices.Contains(sections, s) {
			words = append(words, say(s))
		}
	}
	return words
}
