package legal

import (
	"net/http"
	"strings"

	"beside/internal/attending"
	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/keeper"
	"beside/internal/legal"
	"beside/internal/web/days"
	"beside/internal/web/page"
	"beside/internal/web/team"
	"beside/internal/web/visit"
)

func (p *pages) mountOrders(handle func(pattern string, h func(http.ResponseWriter, *http.Request, visit.Visitor) error)) {
	handle("POST "+one+"/find", p.find)
	handle("POST "+one+"/name", p.name)
	handle("POST "+one+"/confirm", p.confirm)
	handle("POST "+one+"/aside", p.layAside)
	handle("POST "+one+"/take", p.take)
}

// PartWords say what an order can name.
var PartWords = map[string]string{
	string(book.SectionName): "legal.part_name", string(book.SectionWords): "legal.part_words", string(book.SectionStrengths): "legal.part_strengths", string(book.SectionGoals): "legal.part_goals",
	string(book.SectionCircle): "circle.part", string(book.SectionPaths): "paths.part",
	grant.PartAttended: "legal.part_attended", grant.PartLooked: "legal.part_looked",
}

// orderPage is templates/legal/order.html.
type orderPage struct {
	paper
	Aside   bool // it was laid aside
	Quiet   bool // it forbids telling the person for now
	QuietTo string
	Named   *named     // nil while nobody entered what it names
	Find    *page.Form // nil when the reader cannot go on with it
	Found   []found
	More    bool
	Asked   bool          // a name was looked for
	Say     *page.Form    // enters or confirms, nil when nobody was found
	Parts   []page.Choice // to enter
	LayBy   *page.Form    // lays it aside, nil when that is over
	Wait    *team.Wait    // none for who is one of two
}

// found is somebody whose name fits.
type found struct {
	ID    string // of its field
	Book  string
	Name  book.Text
	Since string // "March 2027"
}

// named is what was entered of an order.
type named struct {
	Parts     []string // catalogue keys
	From, To  string
	Mine      bool // the reader entered it
	By        string
	Confirmed bool
	Second    string
	When      page.Moment
	Hash      string
	Until     page.Moment
	Take      *page.Form // nil when the reader cannot take it
	Gone      bool
	Taken     []taken
	Told      bool
	ToldAt    page.Moment
}

// taken is that one of the two took what was put together.
type taken struct {
	By   string
	When page.Moment
}

// order shows an order, and what was found for it.
func (p *pages) order(w http.ResponseWriter, r *http.Request, v visit.Visitor, status int, x legal.Demand, d orderPage, form *page.Form) error {
	path, now := Path+"/"+x.ID.String(), p.site.Clock.Now()
	d.paper, d.Aside = p.paper(r, x), x.OverAt != 0
	if d.Quiet = x.QuietUntil > now; d.Quiet {
		d.QuietTo = days.Day(r, attending.DayOf(x.QuietUntil-1, zone(r)))
	}
	state, is, err := p.Legal.State(r.Context(), v.Subject, x.ID)
	if err != nil {
		return err
	}
	if is {
		if d.Named, err = p.named(r, v, x, state); err != nil {
			return err
		}
	}
	open := !d.Aside && (d.Named == nil || !d.Named.Confirmed)
	if open {
		d.LayBy = page.NewForm(r, path+"/aside").Named("aside")
	}
	next := open && (d.Named == nil || !d.Named.Mine)
	if next {
		if d.Wait, err = team.WaitOf(r, p.Accounts, v); err != nil {
			return err
		}
	}
	if next && d.Wait == nil {
		if form == nil {
			form = page.NewForm(r, path+"/find")
		}
		d.Find = form.Named("find")
		d.Find.Action = path + "/find"
		if len(d.Found) > 0 && d.Say == nil {
			d.Say = page.NewForm(r, path+p.next(d)).Named("say").Set("name", form.Value("name"))
		}
		for _, part := range legal.PartsNamed() {
			d.Parts = append(d.Parts, page.Choice{Value: part, Words: PartWords[part]})
		}
	}
	return p.site.Page(w, r, status, "legal/order", d)
}

// next is where the form about somebody who was found leads.
func (p *pages) next(d orderPage) string {
	if d.Named == nil {
		return "/name"
	}
	return "/confirm"
}

func (p *pages) named(r *http.Request, v visit.Visitor, x legal.Demand, o legal.Ordering) (*named, error) {
	people := []id.Person{o.EnteredBy, o.ConfirmedBy}
	for _, t := range o.Taken {
		people = append(people, t.Member)
	}
	by, err := p.Peers.Called(r.Context(), people...)
	if err != nil {
		return nil, err
	}
	called := func(who id.Person) string {
		if n := by[who].Name; n != "" {
			return n
		}
		return page.FrameOf(r).Words().T("me.looked_team")
	}
	now := p.site.Clock.Now()
	n := &named{
		From: days.Day(r, o.FromDay), To: days.Day(r, o.ToDay), Mine: o.EnteredBy == v.Person, By: called(o.EnteredBy), Confirmed: o.ConfirmedAt != 0, Hash: o.Hash,
		Second: called(o.ConfirmedBy), When: page.At(r, o.ConfirmedAt), Until: page.At(r, o.Until()), Told: o.ToldAt != 0, ToldAt: page.At(r, o.ToldAt),
	}
	for _, part := range o.Parts {
		n.Parts = append(n.Parts, PartWords[part])
	}
	n.Gone = n.Confirmed && now >= o.Until()
	if n.Confirmed && !n.Gone && (o.EnteredBy == v.Person || o.ConfirmedBy == v.Person) {
		n.Take = page.NewForm(r, Path+"/"+x.ID.String()+"/take").Named("take")
	}
	for _, t := range o.Taken {
		n.Taken = append(n.Taken, taken{called(t.Member), page.At(r, t.At)})
	}
	return n, nil
}

// orderOf is the order of a path, for the team. It returns NotOpen for every other paper.
func (p *pages) orderOf(r *http.Request, v visit.Visitor) (legal.Demand, error) {
	d, err := which(r)
	if err != nil {
		return legal.Demand{}, err
	}
	x, err := p.Legal.One(r.Context(), v.Subject, d)
	if err == nil && x.Kind != legal.Order {
		err = errs.New("legal: order", errs.NotOpen, "")
	}
	return x, err
}

// find looks for a name. It is shown in the answer itself: no name stands in an address.
func (p *pages) find(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	x, err := p.orderOf(r, v)
	if err != nil {
		return err
	}
	form := page.Posted(r)
	d, err := p.found(r, v, x.ID, form)
	if form.Refused(err) {
		return p.order(w, r, v, http.StatusUnprocessableEntity, x, d, form)
	}
	if err != nil {
		return err
	}
	return p.order(w, r, v, http.StatusOK, x, d, form)
}

func (p *pages) found(r *http.Request, v visit.Visitor, d id.Demand, form *page.Form) (orderPage, error) {
	list, more, err := p.Legal.Find(r.Context(), v.Subject, d, form.Value("name"))
	if err != nil {
		return orderPage{}, err
	}
	out := orderPage{More: more, Asked: true}
	f := page.FrameOf(r)
	for _, x := range list {
		b := x.Book.String()
		out.Found = append(out.Found, found{ID: "say-book-" + b, Book: b, Name: x.Name, Since: f.Words().Month(x.Since, f.TZ)})
	}
	return out, nil
}

// again shows what was found once more, with what is missing.
func (p *pages) again(w http.ResponseWriter, r *http.Request, v visit.Visitor, x legal.Demand, form *page.Form) error {
	d, err := p.found(r, v, x.ID, form)
	if err != nil && !errs.Is(err, errs.Invalid) {
		return err
	}
	d.Say = form.Named("say")
	d.Say.Action = r.URL.Path
	return p.order(w, r, v, http.StatusUnprocessableEntity, x, d, page.NewForm(r, "").Set("name", form.Value("name")))
}

// chosen reads whom a form is about, and that it was ticked. It returns Invalid with the field "sure".
func chosen(form *page.Form) (id.Book, error) {
	b, err := id.Parse[id.Book](form.Value("book"))
	if err != nil || !form.Ticked("sure") {
		var c errs.Check
		c.Add("sure", "legal.sure_missing")
		return b, c.Err("legal: chosen")
	}
	return b, nil
}

func (p *pages) name(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	x, err := p.orderOf(r, v)
	if err != nil {
		return err
	}
	form := page.Posted(r)
	n := legal.Named{Parts: form.Values("parts"), From: strings.TrimSpace(form.Value("since")), To: strings.TrimSpace(form.Value("to")), TZ: zone(r)}
	if n.Book, err = chosen(form); err == nil {
		err = p.Legal.Name(r.Context(), v.Subject, x.ID, n)
	}
	if form.Refused(err) {
		return p.again(w, r, v, x, form)
	}
	if err != nil {
		return err
	}
	page.Say(w, r, "legal.said_named")
	return p.site.Go(w, r, Path+"/"+x.ID.String())
}

func (p *pages) confirm(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	x, err := p.orderOf(r, v)
	if err != nil {
		return err
	}
	form := page.Posted(r)
	b, err := chosen(form)
	if err == nil {
		err = p.Legal.Confirm(r.Context(), v.Subject, x.ID, b, func(s legal.Sheet) ([]legal.Part, error) { return p.parts(r, s), nil })
	}
	if form.Refused(err) {
		return p.again(w, r, v, x, form)
	}
	if err != nil {
		return err
	}
	page.Say(w, r, "legal.said_confirmed")
	return p.site.Go(w, r, Path+"/"+x.ID.String())
}

func (p *pages) layAside(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	x, err := p.orderOf(r, v)
	if err == nil {
		err = p.Legal.LayAside(r.Context(), v.Subject, x.ID)
	}
	if err != nil {
		return err
	}
	page.Say(w, r, "legal.said_aside")
	return p.site.Go(w, r, Path+"/"+x.ID.String())
}

// take answers with the bytes. That they are taken was written down before.
func (p *pages) take(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	x, err := p.orderOf(r, v)
	if err != nil {
		return err
	}
	e, err := page.Posted(r).EntryID()
	if err != nil {
		return err
	}
	parts, err := p.Legal.Take(r.Context(), v.Subject, x.ID, e)
	if err != nil {
		return err
	}
	for i := range parts {
		if parts[i].Gone {
			parts[i].Bytes = []byte(page.FrameOf(r).Words().T("out.gone") + "\n")
		}
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="`+p.site.Nameless()+`.txt"`)
	_, err = w.Write(legal.Whole(parts)) //nolint:gosec // it is plain text that is saved, and told so
	return err
}

// parts puts together what an order names, as plain text, each thing by itself.
func (p *pages) parts(r *http.Request, s legal.Sheet) (all []legal.Part) {
	f := page.FrameOf(r)
	say := f.Words().T
	date := func(t clock.Time) string { return f.Words().FullDate(t, f.TZ) }
	line := func(words ...string) { all = append(all, legal.Part{Bytes: []byte(strings.Join(words, "") + "\n")}) }
	line(p.Community, ", ", date(s.At))
	line(say("out.sheet_to"), " ", s.From.Show())
	line(say("legal.reference"), ": ", s.Reference.Show())
	line(say("legal.sheet_days"), " ", days.Day(r, s.FromDay), " – ", days.Day(r, s.ToDay))
	line(say("legal.sheet_mark"), " ", s.Mark)
	for _, part := range s.Parts {
		line()
		line(say(PartWords[part]))
		n := len(all)
		for _, x := range s.Pieces {
			words := wordsOf(x.Body)
			if string(x.Section) != part || words == "" {
				continue
			}
			state := ""
			for _, key := range statesOf(x, s.Owner) {
				state += " (" + say(key) + ")"
			}
			all = append(all, legal.Part{Item: x.ID, Bytes: []byte(date(x.RecordedAt) + ": " + words + state + "\n")})
		}
		if part == grant.PartAttended {
			for _, m := range s.Met {
				wrong := ""
				if m.Wrong {
					wrong = " (" + say("legal.sheet_wrong") + ")"
				}
				line(days.Line(r, attending.Attended{Day: m.Day, Units: m.Units, Code: attending.Code(m.Code)}), wrong)
			}
		}
		if part == grant.PartLooked {
			for _, l := range s.Looks {
				line(date(l.At), ": ", say(PartWords[string(l.Section)]), ", ", say(map[book.Hat]string{book.HatWorker: "legal.sheet_worker", book.HatTeam: "legal.sheet_team", book.HatSelf: "legal.sheet_near"}[l.Hat]))
			}
		}
		if len(all) == n {
			line(say("legal.sheet_none"))
		}
	}
	line()
	line(say("legal.sheet_end"))
	if p.Part2 {
		line(say("theirs.part2"))
	}
	return all
}

// wordsOf are the words of a thing.
func wordsOf(b book.Body) string {
	switch x := b.(type) {
	case *book.Name:
		return x.Words.Show()
	case *book.Words:
		return x.Words.Show()
	case *book.Strength:
		return x.Words.Show()
	case *book.Goal:
		return x.Words.Show()
	case *book.Step:
		return x.Words.Show()
	case *book.Circle:
		return x.Words.Show()
	case *book.Path:
		return x.Words.Show()
	}
	return ""
}

// statesOf are what else is to be known of a thing, as catalogue keys: what its owner says of it, and whether somebody else wrote it.
func statesOf(x keeper.Piece, owner id.Person) (keys []string) {
	switch b := x.Body.(type) {
	case *book.Goal:
		if b.Reached {
			keys = append(keys, "out.reached")
		}
	case *book.Step:
		if b.Done {
			keys = append(keys, "out.done")
		}
	}
	if x.By != owner {
		keys = append(keys, "legal.sheet_other")
	}
	if x.State == book.Away {
		keys = append(keys, "legal.sheet_away")
	}
	return keys
}

// Left is something that left a book by order of a court, as its owner reads it: the part "ordered" takes it.
type Left struct {
	From, Reference, Asks book.Text
	Parts                 []string // catalogue keys
	Since, To             string
	When                  page.Moment
	Late                  bool // the order forbade telling for a time
	Taken                 int
	Hash                  string
}

// yourWords say to the person themselves what an order named.
var yourWords = map[string]string{
	string(book.SectionName): "legal.your_name", string(book.SectionWords): "legal.your_words", string(book.SectionStrengths): "legal.your_strengths", string(book.SectionGoals): "legal.your_goals",
	string(book.SectionCircle): "circle.your", string(book.SectionPaths): "paths.your",
	grant.PartAttended: "legal.your_attended", grant.PartLooked: "legal.your_looked",
}

// LeftOf is what left by an order.
func LeftOf(r *http.Request, h legal.Handed) Left {
	l := Left{From: h.From, Reference: h.Reference, Asks: h.Asks, Since: days.Day(r, h.FromDay), To: days.Day(r, h.ToDay), When: page.At(r, h.ConfirmedAt), Late: h.QuietUntil > h.ConfirmedAt, Taken: len(h.Taken), Hash: h.Hash}
	for _, part := range h.Parts {
		l.Parts = append(l.Parts, yourWords[part])
	}
	return l
}
