package assets

import (
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// leastContrast is what text has at least to its ground (issue "The look": 7:1, as WCAG 2.2, 1.4.6); leastEdge is what
// the edge of a field has (WCAG 2.2, 1.4.11).
const (
	leastContrast = 7.0
	leastEdge     = 3.0
)

var (
	token = regexp.MustCompile(`(?m)^\s*--([a-z]+): #([0-9a-f]{6});(?: /\* ([a-z ]+)\b[^*]*\*/)?`)
	dark  = regexp.MustCompile(`(?s)@media \(prefers-color-scheme: dark\) \{(.*?)\n\}`)
)

// theme is the colours of one theme, and what may be written on each.
type theme struct {
	colour map[string]string
	on     map[string][]string
}

func themes(t *testing.T) map[string]theme {
	t.Helper()
	b, err := os.ReadFile("files/beside.css")
	if err != nil {
		t.Fatal(err)
	}
	css := string(b)
	night := dark.FindString(css)
	if night == "" {
		t.Fatal("the style sheet has no dark theme")
	}
	return map[string]theme{"light": read(css[:strings.Index(css, night)]), "dark": read(night)}
}

func read(css string) theme {
	th := theme{map[string]string{}, map[string][]string{}}
	for _, m := range token.FindAllStringSubmatch(css, -1) {
		th.colour[m[1]] = m[2]
		th.on[m[1]] = strings.Fields(m[3])
	}
	return th
}

// grounds are the tokens that must say what may be written on them.
var grounds = []string{"paper", "card", "slip", "warm", "sun", "accent", "deep", "plum"}

func TestTextStandsOutFromItsGround(t *testing.T) {
	for name, th := range themes(t) {
		for _, ground := range grounds {
			if len(th.on[ground]) == 0 {
				t.Errorf("%s: nothing is said about what may be written on --%s", name, ground)
			}
			for _, text := range th.on[ground] {
				if th.colour[text] == "" {
					t.Errorf("%s: --%s is on --%s, but there is no such colour", name, text, ground)
				} else if c := contrast(th.colour[text], th.colour[ground]); c < leastContrast {
					t.Errorf("%s: --%s on --%s has a contrast of %.2f, want %.1f", name, text, ground, c, leastContrast)
				}
			}
		}
		for _, ground := range []string{"paper", "card"} {
			if c := contrast(th.colour["line"], th.colour[ground]); c < leastEdge {
				t.Errorf("%s: the edge of a field on --%s has a contrast of %.2f, want %.1f", name, ground, c, leastEdge)
			}
		}
	}
}

func TestContrastIsMeasured(t *testing.T) {
	for pair, want := range map[[2]string]float64{{"000000", "ffffff"}: 21, {"777777", "ffffff"}: 4.48, {"ffffff", "ffffff"}: 1} {
		if got := contrast(pair[0], pair[1]); math.Abs(got-want) > .01 {
			t.Errorf("%s on %s: %.2f, want %.2f", pair[0], pair[1], got, want)
		}
	}
}

// contrast is the ratio of WCAG 2.2.
func contrast(a, b string) float64 {
	x, y := luminance(a), luminance(b)
	return (max(x, y) + .05) / (min(x, y) + .05)
}

func luminance(hex string) float64 {
	var sum float64
	for i, weight := range []float64{.2126, .7152, .0722} {
		n, err := strconv.ParseUint(hex[2*i:2*i+2], 16, 8)
		if err != nil {
			panic(err)
		}
		c := float64(n) / 255
		if c <= .04045 {
			c /= 12.92
		} else {
			c = math.Pow((c+.055)/1.055, 2.4)
		}
		sum += weight * c
	}
	return sum
}

func TestStyleTurnsRound(t *testing.T) {
	b, err := os.ReadFile("files/beside.css")
	if err != nil {
		t.Fatal(err)
	}
	sided := regexp.MustCompile(`[{;]\s*(margin|padding|border|inset)?-?(left|right|top|bottom)\s*:|text-align: (left|right)|url\(|@import`)
	if m := sided.FindString(string(b)); m != "" {
		t.Errorf("%q: only logical directions, and nothing fetched from a style", m)
	}
}

func TestFilesAreKeptForeverUnderTheirHash(t *testing.T) {
	s, err := New()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"beside.css", "beside.js", "mark.svg"} {
		rec := httptest.NewRecorder()
		r := httptest.NewRequest(http.MethodGet, s.Href(name), nil)
		r.Header.Set("Accept-Encoding", "gzip")
		s.ServeHTTP(rec, r)
		if rec.Code != http.StatusOK || rec.Header().Get("Cache-Control") != Forever || rec.Body.Len() != s.Wire(name) {
			t.Errorf("%s: status %d, %q, %d bytes of %d", name, rec.Code, rec.Header().Get("Cache-Control"), rec.Body.Len(), s.Wire(name))
		}
	}
	rec := httptest.NewRecorder()
	s.ServeHTTP(rec, httptest.NewRequest(http.MethodGet, Prefix+"beside.css", nil))
	if rec.Code != http.StatusNotFound || s.Href("other.css") != "" {
		t.Errorf("a name without its hash: status %d", rec.Code)
	}
}

// The file that people take along has the colours of the pages, in both themes, and is as small as said.
func TestWholeHasTheColoursOfThePages(t *testing.T) {
	pages, err := os.ReadFile("files/beside.css")
	if err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile("files/whole.css")
	if err != nil {
		t.Fatal(err)
	}
	screen, _, _ := strings.Cut(string(whole), "@media print")
	for _, colour := range regexp.MustCompile(`#[0-9a-f]{3,8}\b`).FindAllString(screen, -1) {
		if !strings.Contains(string(pages), colour) {
			t.Errorf("%s is in no page", colour)
		}
	}
	if len(whole) > 3<<10 || strings.Contains(string(whole), "url(") || strings.Contains(string(whole), "@import") {
		t.Errorf("it has %d bytes, or leads elsewhere", len(whole))
	}
}
