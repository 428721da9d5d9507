package kill

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"time"

	"github.com/andybalholm/cascadia"
	"golang.org/x/net/html"
)

// device is a browser without script whose requests may fail at any moment.
type device struct {
	http *http.Client
	base string
}

// patience is how long a device waits for an answer.
const patience = 30 * time.Second

func newDevice(base string, through http.RoundTripper) *device {
	if through == nil {
		through = &http.Transport{}
	}
	jar, _ := cookiejar.New(nil) // never fails without options
	stay := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &device{base: base, http: &http.Client{Jar: jar, CheckRedirect: stay, Timeout: patience, Transport: through}}
}

// sheet is an answer of the server.
type sheet struct {
	status int
	at     string // the path that answered
	to     string // where it leads, of a redirect
	root   *html.Node
}

// errGone says that no whole answer came: whether the act was kept is not known.
var errGone = errors.New("no answer")

// get asks for a page, and goes where it is led.
func (d *device) get(path string) (*sheet, error) {
	for range 6 {
		s, err := d.ask(http.MethodGet, path, nil)
		if err != nil || s.to == "" {
			return s, err
		}
		path = s.to
	}
	return nil, fmt.Errorf("%s leads in a ring", path)
}

// send fills in a form and sends it. The redirect that says that it was kept is not followed.
func (d *device) send(s *sheet, form string, fill ...string) (*sheet, error) {
	path, values, err := s.form(form, fill...)
	if err != nil {
		return nil, err
	}
	return d.ask(http.MethodPost, path, values)
}

func (d *device) ask(method, path string, values url.Values) (*sheet, error) {
	req, err := http.NewRequest(method, d.base+path, strings.NewReader(values.Encode()))
	if err != nil {
		return nil, err
	}
	if method == http.MethodPost {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	resp, err := d.http.Do(req)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errGone, err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil && resp.StatusCode/100 != 3 { // a redirect is whole with its head
		return nil, fmt.Errorf("%w: %w", errGone, err)
	}
	root, err := html.Parse(strings.NewReader(string(body)))
	at, _, _ := strings.Cut(path, "?")
	return &sheet{status: resp.StatusCode, at: at, to: resp.Header.Get("Location"), root: root}, err
}

// all returns the elements that fit.
func (s *sheet) all(selector string) []*html.Node {
	return cascadia.QueryAll(s.root, cascadia.MustCompile(selector))
}

// says reports whether the page has these words.
func (s *sheet) says(words string) bool { return strings.Contains(textOf(s.root), words) }

func textOf(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data)
		}
	}
	return b.String()
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

// form returns what a form would send, filled in with names and values in turn.
func (s *sheet) form(selector string, fill ...string) (action string, values url.Values, err error) {
	found := s.all(selector)
	if len(found) == 0 {
		return "", nil, fmt.Errorf("%d from %s has no form %q: %s", s.status, s.at, selector, strings.Join(strings.Fields(textOf(s.root)), " "))
	}
	values = url.Values{}
	for _, in := range cascadia.QueryAll(found[0], cascadia.MustCompile("input[name]")) {
		_, ticked := attrs(in)["checked"]
		if kind := attr(in, "type"); kind != "checkbox" && kind != "radio" || ticked {
			values.Add(attr(in, "name"), attr(in, "value"))
		}
	}
	for _, in := range cascadia.QueryAll(found[0], cascadia.MustCompile("textarea[name]")) {
		values.Set(attr(in, "name"), strings.TrimPrefix(textOf(in), "\n"))
	}
	for i := 0; i+1 < len(fill); i += 2 {
		values.Set(fill[i], fill[i+1])
	}
	return attr(found[0], "action"), values, nil
}

func attrs(n *html.Node) map[string]string {
	m := map[string]string{}
	for _, a := range n.Attr {
		m[a.Key] = a.Val
	}
	return m
}
