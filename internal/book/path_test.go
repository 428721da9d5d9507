package book_test

import (
	"slices"
	"testing"

	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/id"
)

// TestNoWayComesFirst: over many books each way stands in each place about equally often, all are offered, and one book is
// offered the same order always.
func TestNoWayComesFirst(t *testing.T) {
	const books = 4400
	ids := id.NewMaker(clock.NewManual(1_790_000_000_000_000), nil)
	for _, f := range []book.Facet{book.FacetWay, book.FacetAbout} {
		all := book.Ways(f)
		times := map[book.Way][]int{}
		for range books {
			b := id.New[id.Book](ids)
			offered := book.OfferTo(b, f)
			again, _ := id.Parse[id.Book](b.String()) // as another device, on another day, knows the book
			if !slices.Equal(offered, book.OfferTo(again, f)) {
				t.Fatal("the order changed")
			}
			for i, w := range offered {
				if times[w] == nil {
					times[w] = make([]int, len(all))
				}
				times[w][i]++
			}
			if sorted := slices.Sorted(slices.Values(offered)); !slices.Equal(sorted, slices.Sorted(slices.Values(all))) {
				t.Fatalf("offered %v of %v", offered, all)
			}
		}
		for w, n := range times {
			for place, got := range n {
				if even := books / len(all); got < even*7/10 || got > even*13/10 {
					t.Errorf("%s is in place %d in %d of %d books, about %d would be even", w, place, got, books, even)
				}
			}
		}
	}
	if got := book.Ways(book.FacetStage); len(got) != 0 {
		t.Errorf("a stage is chosen from %v", got)
	}
}

// TestOrderOfOneBook: an order that was offered once is offered by every later version.
func TestOrderOfOneBook(t *testing.T) {
	b, _ := id.Parse[id.Book]("01900000-0000-7000-8000-000000000009")
	if got := book.OfferTo(b, book.FacetAbout); !slices.Equal(got, orderOfOne) {
		t.Errorf("the order is %q", got)
	}
}

var orderOfOne = []book.Way{book.AboutDrugs, book.WayOwn, book.AboutGambling, book.AboutAlcohol, book.AboutMind}

// TestWhatAnotherMaySuggestForACircle: a place or a group in words alone.
func TestWhatAnotherMaySuggestForACircle(t *testing.T) {
	w := book.NewText("the choir")
	for name, c := range map[string]struct {
		body book.Circle
		ok   bool
	}{
		"a group": {book.Circle{Words: w, Sort: book.SortGroup}, true}, "a place": {book.Circle{Words: w, Sort: book.SortPlace}, true},
		"a person": {book.Circle{Words: w, Sort: book.SortPerson}, false}, "an animal": {book.Circle{Words: w, Sort: book.SortAnimal}, false},
		"nobody says what": {book.Circle{Words: w}, false}, "how near": {book.Circle{Words: w, Sort: book.SortGroup, Near: book.NearClose}, false},
		"whom to call": {book.Circle{Words: w, Sort: book.SortGroup, Turn: book.TurnFirst}, false}, "a number": {book.Circle{Words: w, Sort: book.SortGroup, Phone: book.NewText("988")}, false},
		"what it gives": {book.Circle{Words: w, Sort: book.SortGroup, Gives: w}, false}, "what is given": {book.Circle{Words: w, Sort: book.SortGroup, Given: w}, false},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStory(t)
			e := s.entry(s.sister, book.ActSuggest, s.item(), id.Entry{}, id.Entry{}, book.KindCircle, &c.body)
			if c.ok {
				s.says(e)
			} else {
				s.refuses(name, e, errs.Invalid, "")
			}
		})
	}
}
