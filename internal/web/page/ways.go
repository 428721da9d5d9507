package page

import "beside/internal/book"

// The ways a person can go, and what it can be about, are called the same on every page (mission.md S2.S1).
var (
	ways = map[book.Way]string{
		book.WayMutual: "paths.way_mutual", book.WayMedication: "paths.way_medication", book.WayFaith: "paths.way_faith", book.WaySecular: "paths.way_secular",
		book.WayCulture: "paths.way_culture", book.WayHarm: "paths.way_harm", book.WayFamily: "paths.way_family", book.WayEducation: "paths.way_education",
		book.WayCreative: "paths.way_creative", book.WaySelf: "paths.way_self",
		book.AboutAlcohol: "paths.about_alcohol", book.AboutDrugs: "paths.about_drugs", book.AboutGambling: "paths.about_gambling", book.AboutMind: "paths.about_mind",
	}
	seasons = map[book.Season]string{book.SeasonNow: "paths.season_now", book.SeasonWas: "paths.season_was", book.SeasonCurious: "paths.season_curious"}
)

// WayWords returns the catalogue key of a way, "" for one in own words.
func WayWords(w book.Way) string { return ways[w] }

// SeasonWords returns the catalogue key of when a way is gone, "" when it was not said.
func SeasonWords(s book.Season) string { return seasons[s] }

// SeasonChoices are the seasons to choose from.
func SeasonChoices() []Choice {
	var all []Choice
	for _, s := range book.Seasons() {
		all = append(all, Choice{Value: string(s), Words: seasons[s]})
	}
	return all
}
