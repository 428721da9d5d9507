package organisation_test

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"beside/internal/account/provider"
	"beside/internal/app"
	"beside/internal/clock"
	"beside/internal/testkit/openid"
	"beside/internal/testkit/ready"
	"beside/internal/testkit/world"
)

// stays fails unless somebody was told so and no session was opened.
func (w *there) stays(c *world.Client, said string) {
	w.t.Helper()
	c.Want(200, "/come-in/organisation/"+said)
	if c.Cookie("beside") != "" {
		w.t.Errorf("%s: a session was opened", said)
	}
}

// TestATokenThatIsWrongOpensNothing: each is right but for one thing.
func TestATokenThatIsWrongOpensNothing(t *testing.T) {
	w := newThere(t, t.TempDir())
	sam := w.connected("Sam", "sam")
	for _, wrong := range []string{
		"nonce", "no nonce", "issuer", "audience", "second audience", "another party", "expired", "old", "long ago", "no time", "nobody",
		"none", "shared secret", "other key", "missing",
	} {
		v := w.elsewhere(sam)
		back := w.p.SignIn(t, w.leads(v, "/come-in/organisation"), "sam")
		w.p.Tell(t, "spoil", wrong)
		w.arrives(v, back)
		w.p.Tell(t)
		w.stays(v, "over")
	}
	v := w.elsewhere(sam) // the same provider, telling the truth again
	w.goes(v, "/come-in/organisation", "sam")
	v.Want(200, "/worker")
}

// TestAnAnswerThatDoesNotFitOpensNothing: what stands in the address is wrong in one respect.
func TestAnAnswerThatDoesNotFitOpensNothing(t *testing.T) {
	w := newThere(t, t.TempDir())
	sam := w.connected("Sam", "sam")
	for name, c := range map[string]struct {
		spoil func(q url.Values)
		said  string
	}{
		"no state":         {func(q url.Values) { q.Del("state") }, "over"},
		"another state":    {func(q url.Values) { q.Set("state", strings.Repeat("A", 43)) }, "over"},
		"half a state":     {func(q url.Values) { q.Set("state", q.Get("state")[:20]) }, "over"},
		"another code":     {func(q url.Values) { q.Set("code", "made up") }, "over"},
		"no code":          {func(q url.Values) { q.Del("code") }, "over"},
		"another provider": {func(q url.Values) { q.Set("iss", "https://elsewhere.example") }, "over"},
		"turned back":      {func(q url.Values) { q.Del("code"); q.Set("error", "access_denied") }, "declined"},
		"its own trouble":  {func(q url.Values) { q.Del("code"); q.Set("error", "<script>") }, "down"},
	} {
		v := w.elsewhere(sam)
		back, err := url.Parse(w.p.SignIn(t, w.leads(v, "/come-in/organisation"), "sam"))
		if err != nil {
			t.Fatal(err)
		}
		right := *back
		q := back.Query()
		c.spoil(q)
		back.RawQuery = q.Encode()
		w.arrives(v, back.String())
		if at := v.Path; at != "/come-in/organisation/"+c.said {
			t.Errorf("%s: at %s, want %s", name, at, c.said)
		}
		w.stays(v, c.said)
		if q.Get("state") == right.Query().Get("state") { // and the try is used up
			w.arrives(v, right.String())
			w.stays(v, "over")
		}
	}
	v := w.elsewhere(sam) // the provider may name itself, if it names itself rightly
	back := w.p.SignIn(t, w.leads(v, "/come-in/organisation"), "sam")
	w.arrives(v, back+"&iss="+url.QueryEscape(w.p.Issuer))
	v.Want(200, "/worker")
}

// TestAnotherBrowserIsNotLedIn: an answer that somebody else began is of no use, so nobody can be made to connect or to come
// in with an account that is not theirs, and who steals an address has nothing.
func TestAnotherBrowserIsNotLedIn(t *testing.T) {
	both(t, func(t *testing.T, w *there) {
		sam := w.connected("Sam", "sam")
		mine := w.elsewhere(sam)
		back := w.p.SignIn(t, w.leads(mine, "/come-in/organisation"), "sam")
		before := w.p.Exchanged(t)
		other := w.Visitor(t)
		w.arrives(other, back)
		w.stays(other, "over")
		w.leads(other, "/come-in/organisation") // now it has a cookie, but another
		w.arrives(other, back)
		w.stays(other, "over")
		if n := w.p.Exchanged(t) - before; n != 0 {
			t.Errorf("%d codes were exchanged for another browser", n)
		}
		w.arrives(mine, back) // and it kept nobody out
		mine.Want(200, "/worker")

		bea := w.Worker(t, "Bea")
		bea.Wear("self")
		back = w.p.SignIn(t, w.leads(w.asFresh(sam), "/me/ways/organisation"), "toni")
		w.arrives(bea, back) // Bea was sent an address with which Sam's account would become hers
		bea.Want(200, "/come-in/organisation/over")
		bea.Get("/me/ways/organisation")
		bea.Page.HasNot(`form[action$="/let-go"]`)
	})
}

// asFresh lets somebody go to the provider to connect, although they are connected, as in a tab that was open before.
func (w *there) asFresh(c *world.Client) *world.Client {
	c.Get("/me/ways/organisation")
	c.Send(`form[action$="/let-go"]`)
	return c
}

// TestAnAnswerOfSomebodyElsesSession: in one browser two people came one after the other.
func TestAnAnswerOfSomebodyElsesSession(t *testing.T) {
	w := newThere(t, t.TempDir())
	sam := w.Worker(t, "Sam")
	sam.Wear("self")
	back := w.p.SignIn(t, w.leads(sam, "/me/ways/organisation"), "sam")
	sam.Get("/leave")
	sam.Send("main form", "where", "here")
	w.arrives(sam, back)
	sam.Want(200, "/come-in/organisation/over")
}

func TestATryWorksOnceAndForTenMinutes(t *testing.T) {
	both(t, func(t *testing.T, w *there) {
		sam := w.connected("Sam", "sam")
		v := w.elsewhere(sam)
		back := w.p.SignIn(t, w.leads(v, "/come-in/organisation"), "sam")
		w.arrives(v, back)
		v.Want(200, "/worker")
		before := w.p.Exchanged(t)
		w.arrives(v, back)
		v.Want(200, "/come-in/organisation/over")
		if n := w.p.Exchanged(t) - before; n != 0 {
			t.Error("the code of a try that was used was brought to the provider once more")
		}

		for _, wait := range []struct {
			step clock.Time
			want string
		}{{provider.TryLasts - clock.Second, "/worker"}, {provider.TryLasts, "/come-in/organisation/over"}, {-2 * clock.Hour, "/come-in/organisation/over"}} {
			v := w.elsewhere(sam)
			began := w.Clock.Now()
			address := w.leads(v, "/come-in/organisation", "own_device", "yes")
			back := w.p.SignIn(t, address, "sam")
			w.Clock.Step(wait.step)
			w.arrives(v, back)
			v.Want(200, wait.want)
			w.Clock.Set(began)
		}
		if err := w.App.Provider.Sweep(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

// TestTwoTabs: each is a try of its own, in whichever order they come back.
func TestTwoTabs(t *testing.T) {
	w := newThere(t, t.TempDir())
	sam := w.connected("Sam", "sam")
	v := w.elsewhere(sam)
	first := w.leads(v, "/come-in/organisation")
	v.Get("/come-in/organisation")
	v.Send(`form[action="/come-in/organisation"]`)
	second, _ := v.Page.One("main .do a").Attr("href")
	for _, address := range []string{second, first} {
		w.arrives(v, w.p.SignIn(t, address, "sam"))
		v.Want(200, "/worker")
	}
}

// TestAThousandAnswersAreOneSession: of one try.
func TestAThousandAnswersAreOneSession(t *testing.T) {
	both(t, func(t *testing.T, w *there) {
		sam := w.connected("Sam", "sam")
		v := w.elsewhere(sam)
		back := w.p.SignIn(t, w.leads(v, "/come-in/organisation"), "sam")
		path := strings.TrimPrefix(back, w.URL)
		before := w.p.Exchanged(t)
		var mu sync.Mutex
		var all sync.WaitGroup
		sessions, over := 0, 0
		for range 1000 {
			all.Go(func() {
				r := httptest.NewRequest(http.MethodGet, path, nil)
				for _, c := range v.Cookies() {
					r.AddCookie(c)
				}
				rec := httptest.NewRecorder()
				w.App.Handler().ServeHTTP(rec, r)
				mu.Lock()
				defer mu.Unlock()
				switch to := rec.Header().Get("Location"); to {
				case "/worker":
					sessions++
				case "/come-in/organisation/over":
					over++
				default:
					t.Errorf("%d to %q", rec.Code, to)
				}
			})
		}
		all.Wait()
		if n := w.p.Exchanged(t) - before; sessions != 1 || over != 999 || n != 1 {
			t.Errorf("%d sessions, %d times over, %d codes exchanged", sessions, over, n)
		}
	})
}

// TestAProviderThatIsDown: that is said, and the other ways in still work.
func TestAProviderThatIsDown(t *testing.T) {
	var log bytes.Buffer
	var mu sync.Mutex
	w := newThere(t, t.TempDir(), world.Logged(locked{&mu, &log}))
	w.p.Tell(t, "down", "1")
	v := w.Visitor(t)
	v.Get("/come-in/organisation")
	v.Send(`form[action="/come-in/organisation"]`)
	w.stays(v, "down")
	v.Page.Has(`a[href="/come-in"]`)
	ana := w.Join(t, "Ana")
	ana.Want(200, "/me")

	w.p.Tell(t)
	w.Clock.Step(5 * clock.Second)
	sam := w.connected("Sam", "sam")
	v = w.elsewhere(sam)
	back := w.p.SignIn(t, w.leads(v, "/come-in/organisation"), "sam")
	w.p.Tell(t, "down", "1") // when they come back
	w.arrives(v, back)
	w.stays(v, "down")
	w.p.Tell(t)
	w.goes(v, "/come-in/organisation", "sam")
	v.Want(200, "/worker")

	mu.Lock()
	defer mu.Unlock()
	q := query(t, back)
	for _, secret := range []string{q.Get("code"), q.Get("state"), w.p.Issuer, "out of order", "id-sam", "sam@"} {
		if strings.Contains(log.String(), secret) {
			t.Errorf("the log holds %q", secret)
		}
	}
	if !strings.Contains(log.String(), "kind=down") {
		t.Error("the log does not say that the provider was down")
	}
}

type locked struct {
	mu *sync.Mutex
	to *bytes.Buffer
}

func (l locked) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.to.Write(b)
}

func TestTheProviderChangesItsKeys(t *testing.T) {
	w := newThere(t, t.TempDir())
	sam := w.connected("Sam", "sam")
	for range 2 {
		w.p.Tell(t, "rotate", "1")
		v := w.elsewhere(sam)
		w.goes(v, "/come-in/organisation", "sam")
		v.Want(200, "/worker")
	}
}

// TestAskingWhatIsHereUsesNothingUp: as a program does that looks at addresses before a person opens them.
func TestAskingWhatIsHereUsesNothingUp(t *testing.T) {
	w := newThere(t, t.TempDir())
	sam := w.connected("Sam", "sam")
	v := w.elsewhere(sam)
	back := w.p.SignIn(t, w.leads(v, "/come-in/organisation"), "sam")
	r := httptest.NewRequest(http.MethodHead, strings.TrimPrefix(back, w.URL), nil)
	for _, c := range v.Cookies() {
		r.AddCookie(c)
	}
	w.App.Handler().ServeHTTP(httptest.NewRecorder(), r)
	w.arrives(v, back)
	v.Want(200, "/worker")
}

func TestWithoutAProviderThereIsNoSuchPage(t *testing.T) {
	w := world.New(t, ready.Folder(t))
	v := w.Visitor(t)
	v.Get("/come-in").HasNot(`a[href^="/come-in/organisation"]`)
	v.Get("/come-in/organisation")
	v.Want(404, "/come-in/organisation")
	ana := w.Join(t, "Ana")
	ana.Get("/me/ways").HasNot(`a[href="/me/ways/organisation"]`)
}

func TestTheAllowanceOfTries(t *testing.T) {
	w := newThere(t, t.TempDir())
	v := w.Visitor(t)
	v.Get("/come-in/organisation")
	form := v.Filled(`form[action="/come-in/organisation"]`)
	for range 60 {
		v.Post("/come-in/organisation", form)
		v.Want(200, "/come-in/organisation")
	}
	v.Post("/come-in/organisation", form)
	v.Want(429, "/come-in/organisation")
}

func TestSettingsThatWouldNotBeSafe(t *testing.T) {
	for _, s := range []provider.Settings{
		{Issuer: "http://sign-in.example.org", ID: "beside"}, {Issuer: "sign-in.example.org", ID: "beside"}, {Issuer: "https://sign-in.example.org"},
		{Issuer: "https://a:b@sign-in.example.org", ID: "beside"}, {Issuer: "https://sign-in.example.org?x=1", ID: "beside"}, {Issuer: "ftp://localhost", ID: "beside"},
	} {
		c := app.Config{Database: t.TempDir(), Provider: s}
		if a, err := app.New(t.Context(), c); err == nil {
			_ = a.Close()
			t.Errorf("%+v was taken", s)
		}
	}
}

// TestAProviderThatLeadsElsewhere: to an address that is not its own, on or off this machine, or with far too much.
func TestAProviderThatLeadsElsewhere(t *testing.T) {
	var issuer string
	asked := 0
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked++ }))
	defer elsewhere.Close()
	answers := map[string]func(w http.ResponseWriter){
		"a redirect": func(w http.ResponseWriter) {
			w.Header().Set("Location", elsewhere.URL)
			w.WriteHeader(http.StatusFound)
		},
		"too much":       func(w http.ResponseWriter) { _, _ = w.Write([]byte(`{"issuer":"` + strings.Repeat("x", 2<<20) + `"}`)) },
		"another issuer": func(w http.ResponseWriter) { about(w, "https://elsewhere.example", issuer) },
		"plain http":     func(w http.ResponseWriter) { about(w, issuer, "http://elsewhere.example") },
		"nonsense":       func(w http.ResponseWriter) { _, _ = w.Write([]byte("<html>")) },
	}
	var answer func(w http.ResponseWriter)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { answer(w) }))
	defer server.Close()
	issuer = server.URL
	w := world.New(t, ready.Folder(t), func(c *app.Config) {
		c.Provider = provider.Settings{Issuer: issuer, ID: "beside", Name: openid.Name}
	})
	for name, a := range answers {
		answer = a
		v := w.Visitor(t)
		v.Get("/come-in/organisation")
		v.Send(`form[action="/come-in/organisation"]`)
		if v.Path != "/come-in/organisation/down" {
			t.Errorf("%s: at %s", name, v.Path)
		}
		w.Clock.Step(5 * clock.Second)
	}
	if asked != 0 {
		t.Error("it was followed to another address")
	}
}

// about answers as a provider that says where its parts are.
func about(w http.ResponseWriter, issuer, parts string) {
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write([]byte(`{"issuer":"` + issuer + `","authorization_endpoint":"` + parts + `/a","token_endpoint":"` + parts + `/t","jwks_uri":"` + parts + `/k"}`))
}
