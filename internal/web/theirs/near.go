package theirs

import "beside/internal/book"

// nearRow is one of a circle as somebody else reads it.
type nearRow struct {
	book.Circle
	Is, Calls string // catalogue keys, empty when not said
}

// wayRow is one of the paths as somebody else reads it.
type wayRow struct {
	Of     string // catalogue key
	Way    string // catalogue key, empty for one in own words
	Words  book.Text
	Season string // catalogue key, empty when not said
}

var (
	sortWords = map[book.Sort]string{
		book.SortPerson: "circle.sort_person", book.SortPlace: "circle.sort_place", book.SortGroup: "circle.sort_group", book.SortAnimal: "circle.sort_animal",
	}
	turnWords = map[book.Turn]string{
		book.TurnFirst: "circle.they_call", book.TurnSecond: "circle.they_call", book.TurnThird: "circle.they_call", book.TurnLater: "circle.they_call", book.TurnNot: "circle.turn_not",
	}
	facetWords = map[book.Facet]string{book.FacetWay: "paths.of_way", book.FacetAbout: "paths.of_about", book.FacetStage: "paths.of_stage"}
)
