package choose

import (
	"net/http"

	"beside/internal/book"
	"beside/internal/errs"
	"beside/internal/id"
	"beside/internal/peer"
	"beside/internal/web/page"
	"beside/internal/web/visit"
)

// TiesPath is the path of the people somebody said they know from their own life.
const TiesPath = "/me/ties"

// bondWords are the words for what two people are to each other.
var bondWords = map[book.Bond]string{
	book.BondFamily: "ties.bond_family", book.BondPartner: "ties.bond_partner",
	book.BondSponsor: "ties.bond_sponsor", book.BondOther: "ties.bond_other",
}

// BondWords returns the catalogue key of what two people are to each other.
func BondWords(b book.Bond) string { return bondWords[b] }

// BondChoices are the answers to what two people are to each other.
func BondChoices() []page.Choice {
	var choices []page.Choice
	for _, b := range book.Bonds() {
		choices = append(choices, page.Choice{Value: string(b), Words: bondWords[b]})
	}
	return choices
}

// Knowing reads the form on which somebody says that they know another from their own life.
func Knowing(form *page.Form) (peer.Knowing, error) {
	entry, err := form.EntryID()
	return peer.Knowing{Entry: entry, Bond: book.Bond(form.Value("bond")), Words: form.Text("words")}, err
}

// knowPage is templates/choose/know.html.
type knowPage struct {
	Name  string
	Ends  bool // something is shared, and ends with it
	Form  *page.Form
	Bonds []page.Choice
	Back  string
}

func (p *pages) know(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	return p.showKnow(w, r, v, http.StatusOK, page.NewForm(r, r.URL.Path))
}

func (p *pages) showKnow(w http.ResponseWriter, r *http.Request, v visit.Visitor, status int, form *page.Form) error {
	worker, err := personOf(r)
	if err != nil {
		return err
	}
	companions, err := p.peers.Companions(r.Context(), v.Subject, v.Book)
	if err != nil {
		return err
	}
	profile, err := p.profile(r, v, worker, companions)
	if err != nil {
		return err
	}
	if err := p.around(r, v); err != nil {
		return err
	}
	out := knowPage{Name: NameOf(r, profile), Form: form, Bonds: BondChoices(), Back: href(worker)}
	for _, c := range companions {
		out.Ends = out.Ends || c.Profile.Person == worker && c.Open
	}
	return p.site.Page(w, r, status, "choose/know", out)
}

func (p *pages) keepKnow(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	worker, err := personOf(r)
	if err != nil {
		return err
	}
	form := page.Posted(r)
	k, err := Knowing(form)
	if err != nil {
		return err
	}
	err = p.peers.Know(r.Context(), v.Subject, v.Book, worker, k)
	if form.Refused(err) {
		return p.showKnow(w, r, v, http.StatusUnprocessableEntity, form)
	}
	if err != nil {
		return err
	}
	page.Say(w, r, "ties.said_known")
	return p.site.Go(w, r, TiesPath)
}

// tiesPage is templates/choose/ties.html.
type tiesPage struct {
	Ties  []tie
	Empty page.Empty
}

// tie is one tie as its owner sees it.
type tie struct {
	ID, Name string
	Bond     string // catalogue key
	Words    book.Text
	When     page.Moment
	Back     *page.Form
	Base     string
}

func (p *pages) ties(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	if err := p.around(r, v); err != nil {
		return err
	}
	list, err := p.peers.Ties(r.Context(), v.Subject, v.Book)
	if err != nil {
		return err
	}
	out := tiesPage{Empty: page.Empty{Drawing: "tree", Words: "ties.none", Href: Home, Do: "ties.none_do"}}
	for _, t := range list {
		name := t.With.Name
		if name == "" {
			name = page.FrameOf(r).Words().T("ties.someone")
		}
		of := "tie-" + t.Item.String()
		out.Ties = append(out.Ties, tie{
			ID: of, Name: name, Bond: bondWords[t.Bond], Words: t.Words, When: page.At(r, t.At),
			Back: page.NewForm(r, TiesPath+"/"+t.Item.String()+"/back").Named(of), Base: t.Head.String(),
		})
	}
	return p.site.Page(w, r, http.StatusOK, "choose/ties", out)
}

// untie takes a tie back. Nothing is shared again by that.
func (p *pages) untie(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	item, err := id.Parse[id.Item](r.PathValue("item"))
	if err != nil {
		return errs.As("choose: untie", errs.NotOpen, err)
	}
	form := page.Posted(r)
	entry, err := form.EntryID()
	if err != nil {
		return err
	}
	base, err := id.Parse[id.Entry](form.Value("base"))
	if err != nil {
		return errs.New("choose: untie", errs.Invalid, "errors.form_not_ours")
	}
	if err := p.peers.Unsay(r.Context(), v.Subject, v.Book, entry, item, base); err != nil {
		return err
	}
	page.Say(w, r, "ties.said_back")
	return p.site.Go(w, r, TiesPath)
}
