// Package theirs is the page of what somebody gave the reader from their book: only what they gave, in their own words, and a way
// to suggest, or to write for them, where they gave that too. A worker opens it, somebody of the person's own life, or who reviews the place, and the person sees the very same
// page when they ask what another would see; so it is in no package of one of the three. What is not given, was taken back or
// never was looks the same: not open.
package theirs

import (
	"net/http"

	"beside/internal/book"
	"beside/internal/community/narrowing"
	"beside/internal/errs"
	"beside/internal/id"
	"beside/internal/peer"
	"beside/internal/web/page"
	"beside/internal/web/visit"
)

// pages are the pages of this package for readers in one hat.
type pages struct {
	site  *page.Site
	peers *peer.Peers
	rules *narrowing.Rules
	part2 bool   // a notice of the law stands with what is read
	base  string // path of the list; a person's page is this and the id of their book
	hat   book.Hat
}

// Mount mounts the pages for readers in a hat: base is the path of the list of people, from which they are opened. Where 42 CFR
// part 2 is law, its notice stands with what they read (42 CFR 2.32(a)(2)).
func Mount(site *page.Site, peers *peer.Peers, rules *narrowing.Rules, base string, hat book.Hat, part2 bool) {
	p := &pages{site: site, peers: peers, rules: rules, base: base, hat: hat, part2: part2}
	handle := func(pattern string, h func(http.ResponseWriter, *http.Request, visit.Visitor) error) {
		site.Handle(pattern, visit.Only(hat, h))
	}
	handle("GET "+base+"/{book}", p.person)
	if hat == book.HatReviewer { // who reads, and nothing else
		return
	}
	handle("GET "+base+"/{book}/suggest/{kind}", p.suggest)
	handle("POST "+base+"/{book}/suggest/{kind}", p.keepSuggestion)
	handle("POST "+base+"/{book}/suggested/{entry}/tomorrow", p.tomorrow)
	handle("GET "+base+"/{book}/write/{kind}", p.writeFor)
	handle("POST "+base+"/{book}/write/{kind}", p.keepFor)
	handle("GET "+base+"/{book}/write/{kind}/{item}", p.writeFor)
	handle("POST "+base+"/{book}/write/{kind}/{item}", p.keepFor)
}

func (p *pages) href(b id.Book) string { return p.base + "/" + b.String() }

// BookOf reads the book of a path. It returns NotOpen when there is none.
func BookOf(r *http.Request) (id.Book, error) {
	b, err := id.Parse[id.Book](r.PathValue("book"))
	return b, errs.As("theirs: book", errs.NotOpen, err)
}
