// Package young is what the law of a place says about support for people under 18, as data: from which age they decide for
// themselves, whether somebody has to find them mature enough, and what part a parent has in being treated. It exists so
// that a page can tell a young person before they begin, in plain words, and so that what was read where stands in one
// table that counsel can go through (docs/law.md).
//
// Nothing in Beside follows from it. A book is the young person's own at any age: no entry gives a parent a view, and the
// rule of who may read ([beside/internal/grant]) knows neither ages nor parents. Where nothing is known, the same holds:
// the young person is asked, and nobody else is given anything.
package young

import (
	"fmt"
	"slices"
	"strings"
)

// Maturity is whether somebody has to find a young person mature enough to decide.
type Maturity string

// What a law may say of it.
const (
	MaturityUnasked Maturity = ""      // the age decides
	MaturityAlso    Maturity = "also"  // from that age on, and for some kinds of support only then
	MaturityBelow   Maturity = "below" // below that age, who understands may decide too
)

// Parent is the part that the law gives a parent or guardian when a young person is treated. It is never a view of a book.
type Parent string

// What a law may say of it.
const (
	ParentUnknown   Parent = ""
	ParentUnlessBad Parent = "unless_bad" // brought in unless that would be wrong; the young person is asked first
	ParentLater     Parent = "later"      // brought in before the end, unless that would be wrong
	ParentMayAsk    Parent = "may_ask"    // not needed, and may ask for help for their child in another way
	ParentAdvised   Parent = "advised"    // not needed; the young person is advised to tell them
)

// Source is where something was read.
type Source struct{ Law, Says string }

// Jurisdiction is one place.
type Jurisdiction struct {
	Code     string // lower case, as after ISO 3166-2, such as "us-ca"
	Name     string // as it is said in "in …"
	Age      int    // in years, from which a young person decides on support for themselves; 0 when we know no single one
	Maturity Maturity
	Parent   Parent
	Sources  []Source

	Emergency string // the number to call when a life is in danger, "" when not known
	Crisis    string // a line for anybody in need or who worries, day and night, "" when none is known
}

// Part2 reports whether 42 CFR part 2 is law there: what is passed on by a consent comes with a notice (42 CFR 2.32).
func (j Jurisdiction) Part2() bool { return j.Code == "us" || strings.HasPrefix(j.Code, "us-") }

// Unknown is any place we know nothing of: the young person is asked, and no parent is given anything by itself.
var Unknown = Jurisdiction{}

// all are the places we have read something about. Counsel must confirm each before it is relied on: laws change, and hold
// for kinds of help, not for a book.
var all = []Jurisdiction{
	{Code: "gb-eng", Name: "England", Age: 16, Maturity: MaturityBelow, Parent: ParentAdvised, Emergency: "999", Crisis: "116 123", Sources: []Source{
		{"Family Law Reform Act 1969, section 8", "from 16, consent to surgical, medical or dental treatment is as effective as at full age"},
		{"Gillick v West Norfolk and Wisbech AHA [1985] UKHL 7, [1986] AC 112", "below 16, who has enough understanding and intelligence to understand fully what is proposed may consent"},
	}},
	{Code: "us", Name: "the United States", Emergency: "911", Crisis: "988", Sources: []Source{
		{"42 CFR 2.14", "for treatment of alcohol and drug use: where state law lets a minor consent alone, only the minor may consent to a disclosure, also to a parent"},
	}},
	{Code: "us-ca", Name: "California", Age: 12, Maturity: MaturityAlso, Parent: ParentUnlessBad, Emergency: "911", Crisis: "988", Sources: []Source{
		{"Family Code section 6929", "from 12, consent to care and counselling for a problem with drugs or alcohol; a parent is involved if appropriate; it does not hold for replacement narcotic treatment"},
		{"Family Code section 6924, as changed by AB 665 (2023) from 1 July 2024, and Health and Safety Code section 124260", "from 12, consent to outpatient mental health support if mature enough to take part intelligently; a parent is involved unless, after asking the minor, that is found inappropriate"},
	}},
	{Code: "us-or", Name: "Oregon", Age: 14, Parent: ParentLater, Emergency: "911", Crisis: "988", Sources: []Source{
		{"ORS 109.675", "from 14, outpatient support for mind or dependency without a parent's knowledge or consent, methadone maintenance excepted; a parent is involved before the end unless there are named reasons against it"},
		{"ORS 109.680", "when a provider may tell a parent"},
	}},
	{Code: "us-wa", Name: "Washington", Age: 13, Parent: ParentMayAsk, Emergency: "911", Crisis: "988", Sources: []Source{
		{"RCW 71.34.530, as changed by 2019 c 381 § 6", "from 13, outpatient behavioral health treatment may be asked for and received without a parent's consent"},
		{"RCW 71.34.600 and following", "a parent may bring an adolescent to be assessed, without the adolescent's consent"},
	}},
}

// All returns every place there is, in the order of their codes.
func All() []Jurisdiction { return slices.Clone(all) }

// Find returns the place with a code, [Unknown] for "". It fails for a code that is in no entry, and names those that are.
func Find(code string) (Jurisdiction, error) {
	if code == "" {
		return Unknown, nil
	}
	var codes []string
	for _, j := range all {
		if j.Code == code {
			return j, nil
		}
		codes = append(codes, j.Code)
	}
	return Unknown, fmt.Errorf("nothing is known here of a place called %q, only of %s: leave it out, and young people are told that they have to ask", code, strings.Join(codes, ", "))
}
