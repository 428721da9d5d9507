package app

import (
	"strings"

	"beside/internal/store/schema"
	"beside/internal/web/public"
)

// allHeld is what the tables hold, as the page of what a court could get shows it.
func allHeld() []public.Held {
	var all []public.Held
	for _, about := range schema.Abouts() {
		h := public.Held{About: string(about)}
		for _, t := range schema.AllHeld() {
			if t.About == about {
				h.Tables = append(h.Tables, public.HeldTable{
					Name: t.Table, IDs: strings.Fields(t.IDs), Codes: strings.Fields(t.Codes), Words: strings.Fields(t.Words),
					Sealed: strings.Fields(t.Sealed), Prints: strings.Fields(t.Prints),
				})
			}
		}
		all = append(all, h)
	}
	return all
}
