package worker

import (
	"net/http"

	"beside/internal/book"
	"beside/internal/id"
	"beside/internal/peer"
	"beside/internal/web/page"
	"beside/internal/web/visit"
	"beside/internal/web/why"
)

// homePage is templates/worker/home.html.
type homePage struct {
	NoProfile bool // nobody can choose them yet
	Whys      []why.Line
	People    []walked
	Empty     page.Empty
}

// walked is one of the people the reader walks with.
type walked struct {
	Href string
	Name book.Text
	Died bool
	By   string // catalogue key of through what it is open, where the reader was not chosen by name
	News string // catalogue key of what they answered and was not seen yet, empty for nothing
}

// byWords are the words for what is open to the reader as one of several.
var byWords = map[book.Purpose]string{book.PurposeRole: "worker.by_role", book.PurposeWorkers: "worker.by_workers"}

// newsWords are the words for an answer that is new.
var newsWords = map[book.SuggestionState]string{
	book.Accepted: "worker.news_accepted",
	book.Changed:  "worker.news_changed",
	book.Later:    "worker.news_later",
	book.Declined: "worker.news_declined",
}

func (p *pages) home(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	people, err := p.peers.People(r.Context(), v.Subject, page.FrameOf(r).Words().Tag())
	if err != nil {
		return err
	}
	notices, err := p.peers.Notices(r.Context(), v.Subject)
	if err != nil {
		return err
	}
	profile, err := p.peers.OwnProfile(r.Context(), v.Subject)
	if err != nil {
		return err
	}
	out := homePage{NoProfile: profile.ChangedAt == 0, Empty: page.Empty{Drawing: "bench", Words: "worker.nobody"}}
	news := newsOf(notices)
	died, err := p.peers.Died(r.Context(), people)
	if err != nil {
		return err
	}
	names := map[id.Book]book.Text{}
	for _, person := range people {
		names[person.Book] = person.Name
	}
	if out.Whys, err = why.Lines(r, p.asking, v, names); err != nil {
		return err
	}
	for _, person := range people {
		if died[person.Book] != 0 {
			out.People = append(out.People, walked{Href: href(person.Book), Name: person.Name, Died: true})
			continue
		}
		out.People = append(out.People, walked{Href: href(person.Book), Name: person.Name, By: byWords[person.Why], News: news[person.Book]})
	}
	return p.site.Page(w, r, http.StatusOK, "worker/home", out)
}

// newsOf gathers what is new by book: the answer, or that there are several.
func newsOf(notices []peer.Notice) map[id.Book]string {
	news := map[id.Book]string{}
	for _, n := range notices {
		words := newsWords[n.State]
		if before := news[n.Book]; before != "" && before != words {
			words = "worker.news_several"
		}
		news[n.Book] = words
	}
	return news
}
