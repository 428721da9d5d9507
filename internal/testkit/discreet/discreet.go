// Package discreet holds what may not be read over somebody's shoulder: the words that no title and no address of a page
// may hold, and what a browser may be let fill in by itself. A phone at home is often looked at by others, in the list of
// what was open, in the history, in what a field offers; so these three stay neutral. It exists so that the list stands in
// one place, with its reasons, for the tests of templates and for those that visit every page.
package discreet

import (
	"regexp"
	"slices"
)

// telling are beginnings of words that tell something about the one who holds the phone. A title tells pages apart (WCAG
// 2.4.2) by words that could be those of any diary, shop or school.
var telling = []struct {
	re  *regexp.Regexp
	why string
}{
	{begins(`recover`, `rehab`, `sober`, `abstin`, `relaps`, `setback`, `slip(s|ped)?\b`, `withdraw`, `overdos`), "it tells that somebody is getting over something"},
	{begins(`alcohol`, `drink`, `drug`, `opioid`, `gambl`, `betting`, `addic`, `substance`), "it tells what it is about"},
	{begins(`treat`, `therap`, `counsel`, `clinic`, `medicat`, `mental`, `psych`, `cris[ie]s`, `suicid`, `self.?harm`, `hard.(day|time)`, `worr`), "it tells that somebody is not well"},
	{begins(`coach`, `peer`, `sponsor`, `meeting`, `support group`, `walk(s|ing)? (with|beside)`), "it tells that somebody is being helped"},
	{begins(`prison`, `probation`, `parole`, `custody`, `abus`, `violen`), "it tells what somebody lives with"},
	{begins(`(my|your|own) (own )?book`, `book of (my|your)`, `secret\b`, `keep private`), "it tells that there is something to be found"},
}

// inTitles are telling in a title only. In an address "worker" and "worried" say no more than that somebody works, or
// looked at something about somebody else, and people's own pages lie under them.
var inTitles = begins(`worker`)

// inAddresses are words of the first list that an address may hold all the same.
var inAddresses = regexp.MustCompile(`(?i)\bworried\b`)

func begins(words ...string) *regexp.Regexp {
	all := `(?i)\b(`
	for i, w := range words {
		if i > 0 {
			all += `|`
		}
		all += w
	}
	return regexp.MustCompile(all + `)`)
}

// InTitle returns what a title tells and why it may not, "" for a title that tells nothing.
func InTitle(title string) string {
	if m := inTitles.FindString(title); m != "" {
		return quote(m, "it tells that somebody is being helped")
	}
	return find(title)
}

// InAddress returns what an address tells and why it may not, "" for one that tells nothing.
func InAddress(path string) string { return find(inAddresses.ReplaceAllString(path, "")) }

func find(text string) string {
	for _, t := range telling {
		if m := t.re.FindString(text); m != "" {
			return quote(m, t.why)
		}
	}
	return ""
}

func quote(word, why string) string { return `"` + word + `": ` + why }

// Fills reports whether a browser may be let fill in a field by itself: a secret, which it keeps only when it was asked to,
// and the sign-in words beside it, which package public lets it keep on one's own device. Whatever else was typed would be
// offered to the next who uses the device.
func Fills(kind, autocomplete string) bool {
	secret := []string{"new-password", "current-password", "one-time-code", "off"}
	open := []string{"off", "username", "username webauthn", "one-time-code"}
	if kind == "password" {
		return slices.Contains(secret, autocomplete)
	}
	return slices.Contains(open, autocomplete)
}
