package team

import (
	"net/http"

	"beside/internal/account"
	"beside/internal/book"
	"beside/internal/community"
	"beside/internal/id"
	"beside/internal/peer"
	"beside/internal/web/page"
	"beside/internal/web/visit"
	"beside/internal/web/why"
)

// homePage is templates/team/home.html.
type homePage struct {
	Well    well
	Whys    []why.Line   // why the reader looked
	Late    []unanswered // who did not say in time why they looked
	Tried   page.Moment  // when the newest backup was tried
	Workers []role
	Team    []role
	Empty   page.Empty // in place of workers
	Worker  *page.Form // invites a worker
	Member  *page.Form // invites into the team
}

// well is the state of the system in sentences.
type well struct {
	community.Well
	Many    bool // more leaves wait than are counted
	Alarms  []alarm
	Checked page.Moment // when somebody outside last checked the log
}

// alarm is what the auditor found, beyond what the page says anyway.
type alarm struct {
	Words string // catalogue key
	Count int
}

// told are the alarms that have words of their own here.
var told = map[community.AlarmCode]string{
	community.AlarmDisk: "team.alarm_disk", community.AlarmClock: "team.alarm_clock", community.AlarmAbandoned: "team.alarm_abandoned",
	community.AlarmRootKey: "team.alarm_rootkey", community.AlarmUnknown: "team.alarm_unknown", community.AlarmFailing: "team.alarm_failing", community.AlarmStuck: "team.alarm_stuck",
	community.AlarmRootGone: "team.alarm_root_gone", community.AlarmNoCarrier: "team.alarm_no_carrier", community.AlarmBackup: "team.alarm_backup",
}

func alarms(found []community.Alarm) []alarm {
	var out []alarm
	for _, x := range found {
		if words := told[x.Code]; words != "" {
			out = append(out, alarm{Words: words, Count: x.Count})
		}
	}
	return out
}

// unanswered is somebody who did not answer questions in time, without whose they are.
type unanswered struct {
	Name   string // empty when they have written none
	Worker bool
	Review bool // they review this place
	Count  int
	Since  page.Moment
}

// late are those who did not say in time why they looked.
func (p *pages) late(r *http.Request, v visit.Visitor) ([]unanswered, error) {
	all, err := p.asking.Unanswered(r.Context(), v.Subject)
	if err != nil {
		return nil, err
	}
	people := make([]id.Person, len(all))
	for i, u := range all {
		people[i] = u.Reader
	}
	profiles, err := p.peers.Called(r.Context(), people...)
	out := make([]unanswered, len(all))
	for i, u := range all {
		out[i] = unanswered{Name: profiles[u.Reader].Name, Worker: u.Hat == book.HatWorker, Review: u.Hat == book.HatReviewer, Count: u.Count, Since: page.At(r, u.Since)}
	}
	return out, err
}

// role is one person's role here.
type role struct {
	Href   string // to end it
	Name   string // empty when they have written none
	Title  string
	Since  page.Moment
	Own    bool   // the reader's
	State  string // catalogue key of why nobody new can choose them, empty when somebody can
	Worker bool
}

func (p *pages) home(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	roles, err := p.roles(r, v)
	if err != nil {
		return err
	}
	out := homePage{
		Empty:  page.Empty{Drawing: "bench", Words: "team.no_workers"},
		Worker: page.NewForm(r, Home+"/invite").Named("worker"), Member: page.NewForm(r, Home+"/invite").Named("team"),
	}
	out.Well.Well = p.watch.Look(r.Context())
	out.Tried = page.At(r, out.Well.Trial.At)
	out.Well.Alarms, out.Well.Checked = alarms(p.watch.Alarms()), page.At(r, out.Well.Well.Checked)
	out.Well.Many = out.Well.Leaves > community.ManyLeaves
	if out.Whys, err = why.Lines(r, p.asking, v, nil); err != nil {
		return err
	}
	if out.Late, err = p.late(r, v); err != nil {
		return err
	}
	for _, x := range roles {
		if x.Worker {
			out.Workers = append(out.Workers, x)
		} else {
			out.Team = append(out.Team, x)
		}
	}
	return p.site.Page(w, r, http.StatusOK, "team/home", out)
}

// roles are the roles there are now. The accounts refuse everybody who is not in the team.
func (p *pages) roles(r *http.Request, v visit.Visitor) ([]role, error) {
	members, err := p.accounts.Memberships(r.Context(), v.Subject)
	if err != nil {
		return nil, err
	}
	people := make([]id.Person, len(members))
	for i, m := range members {
		people[i] = m.Person
	}
	profiles, err := p.peers.Called(r.Context(), people...)
	if err != nil {
		return nil, err
	}
	out := make([]role, len(members))
	for i, m := range members {
		out[i] = p.role(r, v, m, profiles[m.Person])
	}
	return out, nil
}

func (p *pages) role(r *http.Request, v visit.Visitor, m account.Membership, pr peer.Profile) role {
	out := role{
		Href: Home + "/roles/" + m.ID.String() + "/end", Name: pr.Name, Title: pr.Title,
		Since: page.At(r, m.Since), Own: m.Person == v.Person, Worker: m.Hat == book.HatWorker,
	}
	switch {
	case !out.Worker:
	case pr.ChangedAt == 0:
		out.State = "team.no_profile"
	case !pr.TakingMore:
		out.State = "team.not_taking"
	case !p.peers.CanChoose(pr):
		out.State = "team.expired"
	}
	return out
}
