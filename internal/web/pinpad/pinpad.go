// Package pinpad is how a PIN or a mark is asked for, the same on every page that asks: numbers to type, or four pictures
// to choose, one after the other. It works without script. What was typed or chosen is never shown again, and the browser
// is asked to keep none of it: it may be somebody else's device.
package pinpad

import (
	"strings"

	"beside/internal/account/pin"
	"beside/internal/errs"
	"beside/internal/web/page"
)

// Pad is templates/parts/pinpad.html: {{template "pinpad" .Pad}}, within a form.
type Pad struct {
	Form     *page.Form
	New      bool // one is set, and not typed again
	Places   []Place
	Pictures []Picture
}

// Place is one of the four places of a mark.
type Place struct{ Name, Words string }

// Picture is one of the pictures.
type Picture struct{ Name, Words string }

var places = []Place{{"mark1", "pin.first"}, {"mark2", "pin.second"}, {"mark3", "pin.third"}, {"mark4", "pin.fourth"}}

var pictureWords = map[string]string{
	"sun": "pin.sun", "tree": "pin.tree", "fish": "pin.fish", "bird": "pin.bird", "house": "pin.house", "boat": "pin.boat",
	"hand": "pin.hand", "leaf": "pin.leaf", "moon": "pin.moon", "star": "pin.star", "cup": "pin.cup", "key": "pin.key",
}

// Ask asks for a PIN or a mark in a form.
func Ask(f *page.Form) Pad {
	p := Pad{Form: f, Places: places}
	for _, name := range pin.Pictures() {
		p.Pictures = append(p.Pictures, Picture{name, pictureWords[name]})
	}
	return p
}

// AskNew asks for one that shall be set.
func AskNew(f *page.Form) Pad {
	p := Ask(f)
	p.New = true
	return p
}

// Typed returns what was typed or chosen, as [pin.PINs.Fits] takes it. Numbers go before pictures.
func Typed(f *page.Form) string {
	if digits := strings.TrimSpace(f.Secret("pin")); digits != "" {
		return digits
	}
	return chosen(f)
}

func chosen(f *page.Form) string {
	var names []string
	for _, p := range places {
		if v := f.Secret(p.Name); v != "" {
			names = append(names, v)
		}
	}
	return strings.Join(names, " ")
}

// TypedNew is [Typed] for one that shall be set. It returns Invalid with the field "pin" when it is both.
func TypedNew(f *page.Form) (string, error) {
	var c errs.Check
	if strings.TrimSpace(f.Secret("pin")) != "" && chosen(f) != "" {
		c.Add("pin", "pin.both")
	}
	return Typed(f), c.Err("pinpad: typed")
}
