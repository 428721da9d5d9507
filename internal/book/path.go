package book

import (
	"bytes"
	"crypto/sha256"
	"slices"

	"beside/internal/errs"
	"beside/internal/id"
)

// Facet is what a [Path] tells of: a way the person goes, what it is about for them, or where they are, in their own words. It
// stands sealed only.
type Facet string

// The facets there are, in the order of the screen.
const (
	FacetWay   Facet = "way"
	FacetAbout Facet = "about"
	FacetStage Facet = "stage" // in own words only; nothing is gated by it
)

// Facets returns the facets in the order they are named on screen.
func Facets() []Facet { return []Facet{FacetWay, FacetAbout, FacetStage} }

// Way is a pathway, or what it is about. None comes before another (mission.md S2.S1): the order in which they are offered is
// [OfferTo]'s.
type Way string

// The pathways, and what it can be about.
const (
	WayMutual     Way = "mutual" // mutual aid, twelve steps or another
	WayMedication Way = "medication"
	WayFaith      Way = "faith"
	WaySecular    Way = "secular"
	WayCulture    Way = "culture" // cultural and traditional
	WayHarm       Way = "harm"    // harm reduction
	WayFamily     Way = "family"
	WayEducation  Way = "education"
	WayCreative   Way = "creative"
	WaySelf       Way = "self" // self-directed
	WayOwn        Way = "own"  // own words; also of what it is about

	AboutAlcohol  Way = "alcohol"
	AboutDrugs    Way = "drugs"
	AboutGambling Way = "gambling"
	AboutMind     Way = "mind" // mental health
)

var ways = map[Facet][]Way{
	FacetWay:   {WayMutual, WayMedication, WayFaith, WaySecular, WayCulture, WayHarm, WayFamily, WayEducation, WayCreative, WaySelf, WayOwn},
	FacetAbout: {AboutAlcohol, AboutDrugs, AboutGambling, AboutMind, WayOwn},
}

// Ways returns what can be chosen of a facet, in no order that means anything.
func Ways(f Facet) []Way { return slices.Clone(ways[f]) }

// OfferTo returns [Ways] in the order in which they are offered in book b: random from book to book, and the same for one book
// always and on every device, as it follows from its id alone.
func OfferTo(b id.Book, f Facet) []Way {
	place := map[Way][32]byte{}
	for _, w := range ways[f] {
		place[w] = sha256.Sum256(append(append([]byte("beside ways\x00"), b.Bytes()...), string(f)+"\x00"+string(w)...))
	}
	all := Ways(f)
	slices.SortFunc(all, func(x, y Way) int {
		a, b := place[x], place[y]
		return bytes.Compare(a[:], b[:])
	})
	return all
}

// Season is whether a way is gone now, was gone, or is looked at with curiosity.
type Season string

// The seasons there are.
const (
	SeasonNow     Season = "now"
	SeasonWas     Season = "was"
	SeasonCurious Season = "curious"
)

// Seasons returns the seasons in the order they are named on screen.
func Seasons() []Season { return []Season{SeasonNow, SeasonWas, SeasonCurious} }

// Path is a way the person goes, what it is about, or where they are. Of a listed way nothing else is required, and of all else
// only the words.
type Path struct {
	kept
	Facet  Facet
	Way    Way    // "" of a stage
	Words  Text   // how it is for me
	Season Season // "" when not said
}

// Kind is [KindPath].
func (*Path) Kind() Kind { return KindPath }

func (p *Path) put(o object) {
	o.putString("facet", string(p.Facet))
	o.putString("way", string(p.Way))
	o.putText("words", p.Words)
	o.putString("season", string(p.Season))
}

func (p *Path) get(o object) (err error) {
	if p.Facet, err = read[Facet](o, "facet"); err != nil {
		return err
	}
	if p.Way, err = read[Way](o, "way"); err != nil {
		return err
	}
	if p.Words, err = o.text("words"); err != nil {
		return err
	}
	p.Season, err = read[Season](o, "season")
	return err
}

func (p *Path) check(c *errs.Check) {
	need := ""
	if p.Way == WayOwn || p.Facet == FacetStage {
		need = "errors.path_blank"
	}
	checkWords(c, p.Words, need)
	if !slices.Contains(Facets(), p.Facet) {
		c.Add("facet", "errors.choose_listed")
	} else if !slices.Contains(ways[p.Facet], p.Way) && (p.Facet != FacetStage || p.Way != "") {
		c.Add("way", "errors.choose_path")
	}
	if p.Season != "" && !slices.Contains(Seasons(), p.Season) {
		c.Add("season", "errors.choose_listed")
	}
}
