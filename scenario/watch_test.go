package scenario

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"beside/internal/testkit/ready"
	"beside/internal/testkit/world"
)

// overTheWire is a house in this process, as who has no script sees it.
type overTheWire struct{ atHome }

func (h overTheWire) somebody(t *testing.T) browser { return overHTTP{h.world.Visitor(t)} }

// codes are the values of labels that are no routes: words of our source.
var codes = regexp.MustCompile(`^[a-z_-]+( [a-z]+)?$|^[0-5]xx$|^\([a-z ]+\)$`)

// versions are what builds and buckets are called.
var versions = regexp.MustCompile(`^[a-z0-9.+-]+$|^\+Inf$|^[0-9.e+-]+$`)

// TestNumbersNameNobody lives the whole story, and then walks every label of every number: what is not a route of the site
// or a code of ours has no place there, and nothing of a person's.
func TestNumbersNameNobody(t *testing.T) {
	w := world.New(t, ready.Folder(t))
	mainJob(t, overTheWire{atHome{world: w}})
	w.Visitor(t).Get("/nowhere/at/all?name=Mira")
	families, err := w.App.Metrics.Registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	routes := w.App.Site.Patterns()
	seen := map[string]bool{}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			for _, l := range m.GetLabel() {
				seen[f.GetName()+" "+l.GetName()] = true
				switch v := l.GetValue(); {
				case l.GetName() == "version":
					if !versions.MatchString(v) {
						t.Errorf("%s has the label %s=%q", f.GetName(), l.GetName(), v)
					}
				case l.GetName() == "route" && (slices.Contains(routes, v) || strings.HasSuffix(v, " /exit")):
				case codes.MatchString(v):
				default:
					t.Errorf("%s has the label %s=%q, which is no route and no code of ours", f.GetName(), l.GetName(), v)
				}
			}
		}
	}
	for _, want := range []string{
		"beside_requests_total route", "beside_store_seconds what", "beside_sessions_opened_total way", "beside_alarm what",
		"beside_promises_open kind", "beside_store_connections store", "beside_build_info version",
	} {
		if !seen[want] {
			t.Errorf("the story left no number of %q: %v", want, seen)
		}
	}
}
