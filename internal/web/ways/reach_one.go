package ways

import (
	"net/http"
	"strconv"
	"strings"

	"beside/internal/account/contact"
	"beside/internal/book"
	"beside/internal/errs"
	"beside/internal/id"
	"beside/internal/web/page"
	"beside/internal/web/visit"
)

// addressPage is templates/reach/one.html.
type addressPage struct {
	New   bool
	To    book.Text // of one that is kept
	Form  *page.Form
	May   []page.Choice
	Opens []page.Choice
	Both  string // catalogue key, when another device changed it meanwhile
	Kept  place  // as it is kept then
	Away  *reachTap
}

// opensChoices are whether a code may open the book. None is chosen for a new address: what follows then depends on
// whether it is a telephone number.
var opensChoices = []page.Choice{{Value: "yes", Words: "reach.opens_yes"}, {Value: "no", Words: "reach.opens_no"}}

var mayWrite, mayCall, mayLeave = page.Choice{Value: "write", Words: "reach.may_write", Hint: "reach.may_write_hint"},
	page.Choice{Value: "call", Words: "reach.may_call", Hint: "reach.may_call_hint"},
	page.Choice{Value: "leave", Words: "reach.may_leave", Hint: "reach.may_leave_hint"}

func (p *Pages) newAddress(w http.ResponseWriter, r *http.Request, _ visit.Visitor) error {
	return p.showAddress(w, r, http.StatusOK, addressPage{New: true, Form: page.NewForm(r, Reach+"/new")})
}

// addressBefore offers an address that was given when joining to be kept with marks of its own.
func (p *Pages) addressBefore(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	all, err := p.Contacts.All(r.Context(), v.Session)
	if err != nil {
		return err
	}
	if all.Before.Blank() {
		return p.site.Go(w, r, Reach+"/new")
	}
	form := page.NewForm(r, Reach+"/new").Fill("address", all.Before).Set("may", "write")
	return p.showAddress(w, r, http.StatusOK, addressPage{New: true, Form: form})
}

// oneAddress is the address the path names.
func (p *Pages) oneAddress(r *http.Request, v visit.Visitor, it id.Item) (contact.Mine, error) {
	all, err := p.Contacts.All(r.Context(), v.Session)
	if err != nil {
		return contact.Mine{}, err
	}
	return all.Find(it)
}

func (p *Pages) address(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	it, err := reachItem(r)
	if err != nil {
		return err
	}
	m, err := p.oneAddress(r, v, it)
	if err != nil {
		return err
	}
	return p.showAddress(w, r, http.StatusOK, p.shown(r, m, filled(r, m)))
}

// filled is the form of an address as it is kept.
func filled(r *http.Request, m contact.Mine) *page.Form {
	form := page.NewForm(r, Reach+"/"+m.Item.String()).Set("base", m.Head.String()).Fill("name", m.Name)
	var may []string
	for value, yes := range map[string]bool{"write": m.Write, "call": m.Call, "leave": m.Leave} {
		if yes {
			may = append(may, value)
		}
	}
	form.Set("may", may...).Set("opens", "no")
	if m.Opens {
		form.Set("opens", "yes")
	}
	if m.From != m.Until {
		form.Set("from", TimeOfDay(m.From)).Set("until", TimeOfDay(m.Until))
	}
	return form
}

// shown is the page of an address that is kept.
func (p *Pages) shown(r *http.Request, m contact.Mine, form *page.Form) addressPage {
	away := newReachTap(r, Reach+"/"+m.Item.String()+"/away", m.Head, "reach.away", "")
	d := addressPage{To: book.NewText(contact.Shown(m.Address.Show())), Form: form, Away: &away, May: []page.Choice{mayWrite}}
	if m.Channel == contact.Text {
		d.May = append(d.May, mayCall, mayLeave)
	}
	return d
}

func (p *Pages) showAddress(w http.ResponseWriter, r *http.Request, status int, d addressPage) error {
	d.Opens = opensChoices
	if d.New {
		d.May = []page.Choice{mayWrite, mayCall, mayLeave}
	}
	return p.site.Page(w, r, status, "reach/one", d)
}

// keepAddress answers the form of a new address, whose path names no item, and of one that is kept.
func (p *Pages) keepAddress(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	form := page.Posted(r)
	f, err := reachForm(r)
	if err != nil {
		return err
	}
	it, err := p.Contacts.Keep(r.Context(), v.Session, f, marks(r, form))
	if err == nil {
		page.Say(w, r, "reach.said_kept")
		return p.site.Go(w, r, p.afterKept(r, v, it))
	}
	refused := form.Refused(err)
	clash := errs.Is(err, errs.Changed) || errs.Is(err, errs.AlreadyKept)
	switch {
	case !refused && !clash:
		return err
	case refused && f.Item.IsZero():
		return p.showAddress(w, r, http.StatusUnprocessableEntity, addressPage{New: true, Form: form})
	}
	m, again := p.oneAddress(r, v, it)
	if again != nil {
		return again
	}
	d := p.shown(r, m, form)
	if refused {
		return p.showAddress(w, r, http.StatusUnprocessableEntity, d)
	}
	form.Action, form.Entry = Reach+"/"+it.String(), page.NewForm(r, "").Entry // sent again, it is a new version over that one
	form.Set("base", m.Head.String())
	d.Both, d.Kept = "me.both_changed", p.newPlace(r, m)
	return p.showAddress(w, r, http.StatusConflict, d)
}

// afterKept is where somebody goes on to: to show that an address is theirs, if that is still to be done.
func (p *Pages) afterKept(r *http.Request, v visit.Visitor, it id.Item) string {
	if m, err := p.oneAddress(r, v, it); err == nil {
		if x := p.newPlace(r, m); x.Code != "" {
			return x.Code
		}
	}
	return Reach
}

// marks are what a form says of an address.
func marks(r *http.Request, form *page.Form) contact.Marks {
	m := contact.Marks{Address: form.Text("address"), Name: form.Text("name"), Lang: page.FrameOf(r).Words().Tag().String()}
	for _, may := range form.Values("may") {
		m.Write, m.Call, m.Leave = m.Write || may == "write", m.Call || may == "call", m.Leave || may == "leave"
	}
	switch form.Value("opens") {
	case "yes":
		m.Opens = true
	case "":
		m.Opens = contact.OpensUnasked(m.Address)
	}
	m.From, m.Until = minutes(form.Value("from"), 0), minutes(form.Value("until"), 0)
	if m.From != 0 && strings.TrimSpace(form.Value("until")) == "" {
		m.Until = 24*60 - 1
	}
	return m
}

// minutes reads a time of the day, "9", "9:30" or "9.30", as minutes. Blank is none, and what is no time is -1, which
// nothing keeps.
func minutes(typed string, none int) int {
	typed = strings.TrimSpace(typed)
	if typed == "" {
		return none
	}
	h, m, more := strings.Cut(strings.ReplaceAll(typed, ".", ":"), ":")
	hours, err := strconv.ParseUint(h, 10, 8)
	rest := uint64(0)
	if err == nil && more {
		rest, err = strconv.ParseUint(m, 10, 8)
	}
	if err != nil || rest > 59 || hours > 23 {
		return -1
	}
	return int(hours*60 + rest)
}
