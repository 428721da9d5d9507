package world

import (
	"bytes"
	"io"
	"maps"
	"mime/multipart"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"slices"
	"strings"
	"testing"

	"beside/internal/testkit/htmlcheck"
)

// Client is somebody with a browser of their own. What it sees last stands in its fields. It belongs to one goroutine.
type Client struct {
	Name  string // as they joined
	Words string // their sign-in words
	HTTP  *http.Client

	Page   *htmlcheck.Page
	Body   []byte
	Status int
	Path   string // where it is, after redirects, with the query
	Header http.Header

	t     testing.TB
	world *World
}

func newClient(t testing.TB, w *World) *Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatalf("world: %v", err)
	}
	c := &Client{t: t, world: w, HTTP: &http.Client{Jar: jar}}
	c.HTTP.CheckRedirect = func(next *http.Request, before []*http.Request) error {
		if "http://"+next.URL.Host != w.URL || len(before) > 10 {
			return http.ErrUseLastResponse // the quick exit leads elsewhere, and nothing here asks for that
		}
		return nil
	}
	return c
}

// In returns the same person for another test, such as a subtest.
func (c *Client) In(t testing.TB) *Client {
	same := *c
	same.t = t
	return &same
}

// Get asks for a page of ours and returns it.
func (c *Client) Get(path string) *htmlcheck.Page {
	c.t.Helper()
	req, err := http.NewRequestWithContext(c.t.Context(), http.MethodGet, c.world.URL+path, nil)
	if err != nil {
		c.t.Fatalf("world: %v", err)
	}
	return c.do(req)
}

// Follow goes where the first link that fits leads.
func (c *Client) Follow(selector string) *htmlcheck.Page {
	c.t.Helper()
	links := c.Page.All(selector)
	if len(links) == 0 {
		c.t.Fatalf("world: %s has no link %q", c.Path, selector)
	}
	href, ok := links[0].Attr("href")
	if !ok {
		c.t.Fatalf("world: %q on %s leads nowhere", selector, c.Path)
	}
	return c.Get(href)
}

// Send fills in the form that fits and sends it, hidden fields and all. What is given are names and values in turn; a name
// given several times has several values, and the button that is pressed is one of them. A name that the form does not
// have, or a choice that it does not offer, ends the test: nobody could have sent it.
func (c *Client) Send(selector string, fill ...string) *htmlcheck.Page {
	c.t.Helper()
	form := c.Page.One(selector)
	return c.Post(c.action(form), c.Filled(selector, fill...))
}

func (c *Client) action(form *htmlcheck.Page) string {
	c.t.Helper()
	if m, _ := form.Attr("method"); m != "post" {
		c.t.Fatalf("world: a form on %s is not sent by POST", c.Path)
	}
	action, _ := form.Attr("action")
	return action
}

// Filled returns what [Client.Send] would send.
func (c *Client) Filled(selector string, fill ...string) url.Values {
	c.t.Helper()
	form := c.Page.One(selector)
	values := url.Values(c.Page.Form(selector))
	seen := map[string]bool{}
	for i := 0; i+1 < len(fill); i += 2 {
		name, value := fill[i], fill[i+1]
		c.offered(form, name, value)
		if !seen[name] {
			values.Del(name)
		}
		seen[name] = true
		values.Add(name, value)
	}
	return values
}

// offered ends the test when the form has no such field, or does not offer such a choice.
func (c *Client) offered(form *htmlcheck.Page, name, value string) {
	c.t.Helper()
	fields := slices.Concat(form.All(`input[name="`+name+`"]`), form.All(`textarea[name="`+name+`"]`), form.All(`button[name="`+name+`"]`))
	var choices []string
	for _, f := range fields {
		kind, _ := f.Attr("type")
		if f.Tag() != "button" && kind != "radio" && kind != "checkbox" {
			return
		}
		v, _ := f.Attr("value")
		choices = append(choices, v)
	}
	if !slices.Contains(choices, value) {
		c.t.Fatalf("world: a form on %s has no field %q that could be %q", c.Path, name, value)
	}
}

// Post sends a form as it is given, to where it is said: for what no form of ours would send.
func (c *Client) Post(path string, values url.Values) *htmlcheck.Page {
	c.t.Helper()
	return c.PostEncoded(path, values.Encode())
}

// PostEncoded is [Client.Post] of a form that is encoded already: a large one is encoded once for many paths.
func (c *Client) PostEncoded(path, form string) *htmlcheck.Page {
	c.t.Helper()
	req, err := http.NewRequestWithContext(c.t.Context(), http.MethodPost, c.world.URL+path, strings.NewReader(form))
	if err != nil {
		c.t.Fatalf("world: %v", err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return c.do(req)
}

// PostFile sends a form with a file in the field "photo", its last, as a browser does.
func (c *Client) PostFile(path string, values url.Values, name string, file []byte) *htmlcheck.Page {
	c.t.Helper()
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	for _, k := range slices.Sorted(maps.Keys(values)) {
		for _, v := range values[k] {
			_ = m.WriteField(k, v) // into memory: these cannot fail
		}
	}
	part, err := m.CreateFormFile("photo", name)
	if err == nil {
		_, err = part.Write(file)
	}
	if err == nil {
		err = m.Close()
	}
	if err != nil {
		c.t.Fatalf("world: %v", err)
	}
	req, err := http.NewRequestWithContext(c.t.Context(), http.MethodPost, c.world.URL+path, &b)
	if err != nil {
		c.t.Fatalf("world: %v", err)
	}
	req.Header.Set("Content-Type", m.FormDataContentType())
	return c.do(req)
}

func (c *Client) do(req *http.Request) *htmlcheck.Page {
	c.t.Helper()
	resp, err := c.HTTP.Do(req)
	if err != nil {
		c.t.Fatalf("world: %v", err)
	}
	defer resp.Body.Close()
	if c.Body, err = io.ReadAll(resp.Body); err != nil {
		c.t.Fatalf("world: %v", err)
	}
	c.Status, c.Path, c.Header = resp.StatusCode, resp.Request.URL.RequestURI(), resp.Header
	c.Page = htmlcheck.Parse(c.t, bytes.NewReader(c.Body))
	return c.Page
}

// Want fails unless the last answer had that status and came from that path. The query does not count.
func (c *Client) Want(status int, path string) {
	c.t.Helper()
	at, _, _ := strings.Cut(c.Path, "?")
	if c.Status != status || at != path {
		c.t.Fatalf("world: %d from %s, want %d from %s; the page says: %s", c.Status, at, status, path, c.said())
	}
}

// said is the page's text, for a test that fails.
func (c *Client) said() string {
	for _, m := range c.Page.All("main") {
		return m.Text()
	}
	return string(c.Body)
}

// Cookies returns the cookies the browser would send.
func (c *Client) Cookies() []*http.Cookie {
	u, err := url.Parse(c.world.URL)
	if err != nil {
		c.t.Fatalf("world: %v", err)
	}
	return c.HTTP.Jar.Cookies(u)
}

// Cookie returns the value of a cookie the browser holds, "" for none.
func (c *Client) Cookie(name string) string {
	for _, k := range c.Cookies() {
		if k.Name == name {
			return k.Value
		}
	}
	return ""
}
