package scenario

import (
	"bufio"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"beside/demo"
	"beside/internal/account"
	"beside/internal/account/provider"
	"beside/internal/app"
	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/id"
	"beside/internal/notify"
	"beside/internal/store"
	"beside/internal/testkit/ready"
	"beside/internal/testkit/world"
)

// The attack table: attack.txt says, by hand, how every route answers everybody who could ask it for what is Mira's. This
// test asks. The list of routes is the site's own, so that a route without a line fails, and a line without a route.

// askers are who asks, in the order of the columns of attack.txt.
var askers = []string{
	"nobody", "revoked", "expired", "role over", // who is not signed in any more looks like who never was
	"another", "worker", "some", "former", // another person, and workers: given nothing, given a little, given it once
	"as worker", "as team", // Mira herself in another hat
	"team", "reviewer", "owner",
}

// What a column says.
const (
	opens   = 'y' // it answers, with what is Mira's
	some    = 'w' // it answers, with what this worker was given: her name and what matters to her
	plain   = 'o' // it answers, with what is the asker's own or everybody's, and nothing of Mira's
	away    = 's' // come in first
	notOpen = '-' // not open, as for what never was
	beyond  = 'n' // not open, as for what never was; but something else was given
	refused = 'x' // refused in other words, or led back to one's own, as for what never was
)

// row is one line of attack.txt.
type row struct {
	line    int
	pattern string
	cells   []rune
}

func attackRows(t *testing.T) map[string]row {
	t.Helper()
	f, err := os.Open("attack.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows := map[string]row{}
	n := 0
	for lines := bufio.NewScanner(f); lines.Scan(); {
		n++
		words := strings.Fields(strings.ReplaceAll(lines.Text(), "|", " "))
		if len(words) == 0 || strings.HasPrefix(words[0], "#") {
			continue
		}
		if len(words) != 2+len(askers) {
			t.Fatalf("attack.txt:%d has %d columns, want %d", n, len(words)-2, len(askers))
		}
		r := row{line: n, pattern: words[0] + " " + words[1]}
		for _, w := range words[2:] {
			if len(w) != 1 || !strings.ContainsAny(w, string([]rune{opens, some, plain, away, notOpen, beyond, refused})) {
				t.Fatalf("attack.txt:%d: what is %q?", n, w)
			}
			r.cells = append(r.cells, rune(w[0]))
		}
		if _, twice := rows[r.pattern]; twice {
			t.Fatalf("attack.txt:%d: %s is there twice", n, r.pattern)
		}
		rows[r.pattern] = r
	}
	return rows
}

// TestAttackTable asks every route as everybody. What is refused is then asked for once more with an id that never was:
// status, headers, body, and every statement with the number of its rows are the same, and nothing of Mira's has changed.
func TestAttackTable(t *testing.T) {
	rows := attackRows(t)
	ready.Both(t, func(t *testing.T, where string) {
		a := newAttack(t, where)
		patterns := a.App.Site.Patterns()
		for _, p := range patterns {
			r, ok := rows[p]
			if !ok {
				t.Errorf("%s has no line in scenario/attack.txt: say there who may ask for it", p)
				continue
			}
			t.Run(strings.NewReplacer(" ", "_", "/", ":").Replace(p), func(t *testing.T) { a.attack(t, r) })
		}
		for p, r := range rows {
			if !slices.Contains(patterns, p) {
				t.Errorf("attack.txt:%d: there is no route %s", r.line, p)
			}
		}
	})
}

// TestFormsFromElsewhere: whatever changes something is refused without a token of ours, and when another site sent it,
// to everybody, and nothing of Mira's has changed.
func TestFormsFromElsewhere(t *testing.T) {
	ready.Both(t, func(t *testing.T, where string) {
		a := newAttack(t, where)
		for _, p := range a.App.Site.Patterns() {
			if !strings.HasPrefix(p, "POST ") {
				continue
			}
			for _, name := range []string{"nobody", "another", "owner"} {
				x := a.who[name]
				secret := a.comesIn(t, x)
				rec := a.record(t, p, x)
				with := a.form(t, p, x, rec)
				without := maps.Clone(with)
				without.Del("token")
				before := a.state(t, x, false)
				if got := a.ask(t, x, secret, p, rec.real, without); got.status != http.StatusUnprocessableEntity && !keepsNothing[p] {
					t.Errorf("%s as %s without a token: %d", p, name, got.status)
				}
				a.elsewhere = true
				got := a.ask(t, x, secret, p, rec.real, with)
				a.elsewhere = false
				if got.status != http.StatusUnprocessableEntity {
					t.Errorf("%s as %s from another site: %d", p, name, got.status)
				}
				if now := changed(before, a.state(t, x, false)); len(now) > 0 {
					t.Errorf("%s as %s changed what is Mira's: %v", p, name, now)
				}
			}
		}
	})
}

// keepsNothing are the forms that change nothing and need no token, so that no cookie has to be set for them.
var keepsNothing = map[string]bool{"POST /look": true, "POST /join": true, "POST /join/with": true}

// marks are words of Mira's. None may show where a column does not say so.
var marks = map[string]string{
	"name": "Mirabelle", "words": "quokka", "strength": "numbat", "goal": "bilby", "step": "potoroo", "day": "dunnart",
	"address": "bettong", "tie": "wombat", "suggestion": "quoll", "holder": "possum", "known": "wallaby", "outside": "kowari", "made": "phascogale", "worry": "dibbler",
	"circle": "bandicoot", "path": "pademelon",
}

// asker is somebody who asks.
type asker struct {
	name   string
	person id.Person // none for who has no session that counts
	hat    book.Hat
	secret string // the cookie; of who is not signed in any more, the one they had
	since  clock.Time
	cookie string // of the browser's forms
	token  string
}

// attack is an installation with Mira in it, and everybody who might want to look.
type attack struct {
	*world.World
	mira, sam, kim *world.Client
	who            map[string]*asker
	person         map[string]account.Session // by name, the session they came with
	ruth           id.Reviewer                // as whom she was asked
	suggested      []id.Entry                 // by Kim, while it was given
	asked          id.Entry                   // by which Mira asked somebody to help her back in
	askedNear      id.Entry                   // by which she asked somebody whether they know each other
	held           clock.Time                 // since when Sam holds the last role that was made
	elsewhere      bool
	shape          string // the statement that counts the rows of one person
	http           *http.Client
}

func newAttack(t *testing.T, where string) *attack {
	t.Helper()
	onLocalhost := func(c *app.Config) { c.PublicURL = strings.Replace(c.PublicURL, "127.0.0.1", "localhost", 1) } // passkeys want a name
	signIn := organisationsSignIn(t)
	withProvider := func(c *app.Config) { c.Provider = provider.Settings{Issuer: signIn, ID: "beside"} }
	a := &attack{World: world.New(t, where, world.Demo, onLocalhost, withProvider), who: map[string]*asker{}, person: map[string]account.Session{}}
	demo.Mount(a.App, nil, notify.NewRecorder(a.App.Clock))
	a.asked, a.askedNear = id.New[id.Entry](a.App.IDs), id.New[id.Entry](a.App.IDs)
	a.http = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	a.mira = a.Join(t, marks["name"])
	mira := a.session(t, a.mira)
	expired := a.open(t, mira.Person, book.HatSelf)
	a.Clock.Step(2 * account.LongestSession)

	a.people(t, mira)
	revoked := a.open(t, mira.Person, book.HatSelf)
	if err := a.App.Accounts.SignOutEverywhere(t.Context(), mira.Person); err != nil {
		t.Fatal(err)
	}
	over := a.open(t, a.person["Lee"].Person, book.HatWorker)
	a.exec(t, `UPDATE membership SET until = 0 WHERE person = $1`, a.person["Lee"].Person)
	for _, x := range []*asker{
		{name: "nobody"}, {name: "revoked", secret: revoked}, {name: "expired", secret: expired}, {name: "role over", secret: over},
		{name: "another", person: a.person["Ana"].Person, hat: book.HatSelf},
		{name: "worker", person: a.person["Alex"].Person, hat: book.HatWorker},
		{name: "some", person: a.person["Sam"].Person, hat: book.HatWorker},
		{name: "former", person: a.person["Kim"].Person, hat: book.HatWorker},
		{name: "as worker", person: mira.Person, hat: book.HatWorker},
		{name: "as team", person: mira.Person, hat: book.HatTeam},
		{name: "team", person: a.person["Toni"].Person, hat: book.HatTeam},
		{name: "reviewer", person: a.person["Ruth"].Person, hat: book.HatReviewer},
		{name: "owner", person: mira.Person, hat: book.HatSelf},
	} {
		a.who[x.name] = x
		a.arrives(t, x)
	}
	return a
}

// people makes those who are there besides Mira, and what she gave to whom.
func (a *attack) people(t *testing.T, mira account.Session) {
	t.Helper()
	a.mira = a.Visitor(t)
	a.sign(t, a.mira, mira.Person)
	a.sam, a.kim = a.Worker(t, "Sam"), a.Worker(t, "Kim")
	for _, c := range []*world.Client{a.sam, a.kim, a.Worker(t, "Alex"), a.Worker(t, "Lee"), a.Team(t), a.Join(t, "Ana"), a.Join(t, "Ruth")} {
		a.person[c.Name] = a.session(t, c)
	}
	for _, hat := range []book.Hat{book.HatWorker, book.HatTeam} {
		a.exec(t, `INSERT INTO membership (id, community, person, hat, since, until) VALUES ($1, $2, $3, $4, $5, $6)`,
			id.New[id.Membership](a.App.IDs), a.App.Community, mira.Person, string(hat), a.Clock.Now(), a.Clock.Now()+1000*clock.Day)
	}
	a.person["Mira"] = mira
	a.lives(t)
}

// sign gives a browser a session of somebody's.
func (a *attack) sign(t *testing.T, c *world.Client, who id.Person) {
	t.Helper()
	at, err := url.Parse(a.URL)
	if err != nil {
		t.Fatal(err)
	}
	c.HTTP.Jar.SetCookies(at, []*http.Cookie{{Name: "beside", Value: a.open(t, who, book.HatSelf), Path: "/"}})
}

func (a *attack) session(t *testing.T, c *world.Client) account.Session {
	t.Helper()
	s, err := a.App.Accounts.Session(t.Context(), c.Cookie("beside"))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (a *attack) open(t *testing.T, who id.Person, hat book.Hat) string {
	t.Helper()
	in, err := a.App.Accounts.Open(t.Context(), account.Opening{Person: who, Hat: hat, Way: account.WayDemo})
	if err != nil {
		t.Fatal(err)
	}
	return in.Secret
}

func (a *attack) exec(t *testing.T, query string, args ...any) {
	t.Helper()
	err := a.App.DB.Update(t.Context(), func(tx *store.Tx) error {
		_, err := tx.Exec(query, args...)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// arrives gives somebody's browser the cookie and the token of its forms, as the first page with a form does.
func (a *attack) arrives(t *testing.T, x *asker) {
	t.Helper()
	path := "/leave"
	if x.person.IsZero() {
		path = "/come-in"
	}
	known := a.Visitor(t)
	if secret := a.comesIn(t, x); !x.person.IsZero() {
		at, _ := url.Parse(a.URL)
		known.HTTP.Jar.SetCookies(at, []*http.Cookie{{Name: "beside", Value: secret, Path: "/"}})
	}
	known.Get(path)
	x.token, _ = known.Page.All(`input[name="token"]`)[0].Attr("value")
	x.cookie = known.Cookie("beside-form")
}

// comesIn opens a session, a new one after every form, so that one route cannot close the door for the next.
func (a *attack) comesIn(t *testing.T, x *asker) string {
	t.Helper()
	if !x.person.IsZero() && (x.secret == "" || a.Clock.Now()-x.since > 4*clock.Minute) {
		x.secret, x.since = a.open(t, x.person, x.hat), a.Clock.Now()
	}
	return x.secret
}

// attack asks one route as everybody.
func (a *attack) attack(t *testing.T, r row) {
	changes := strings.HasPrefix(r.pattern, "POST ")
	for i, name := range askers {
		x, want := a.who[name], r.cells[i]
		a.Clock.Step(10 * clock.Second) // so that nobody asks too often
		rec := a.record(t, r.pattern, x)
		form := a.form(t, r.pattern, x, rec)
		secret := a.comesIn(t, x)
		again := secret
		if changes && !x.person.IsZero() { // both are there when the first is asked with: who is asking sees their own devices
			x.secret = ""
			again = a.comesIn(t, x)
		}
		free := !changes || want == opens || want == some
		before := a.state(t, x, free)
		got := a.ask(t, x, secret, r.pattern, rec.real, form)
		after := a.state(t, x, free)
		if cell := got.cell(want); cell != want {
			t.Errorf("attack.txt:%d: %s as %s is %q, want %q: %d %s\n%s", r.line, r.pattern, name, cell, want, got.status, got.to, got.said(t))
		}
		if shown := got.shows(want); shown != "" {
			t.Errorf("attack.txt:%d: %s shows %s Mira's %s", r.line, r.pattern, name, shown)
		}
		if now := changed(before, after); len(now) > 0 {
			t.Errorf("attack.txt:%d: %s as %s changed what is Mira's: %v", r.line, r.pattern, name, now)
		}
		if want != opens && want != some && want != plain && len(rec.real) > 0 {
			none := a.ask(t, x, again, r.pattern, rec.never, form)
			if want == beyond {
				none.statements = got.statements
			}
			got.same(t, r, name, none)
		}
		if changes && free {
			a.mend(t)
		}
	}
}

// answer is what came back.
type answer struct {
	status     int
	to         string // where it leads
	body       string
	headers    http.Header
	statements []store.Statement
	values     map[string]string // of the path
}

// ask sends one request, as a browser with these cookies does.
func (a *attack) ask(t *testing.T, x *asker, secret, pattern string, values map[string]string, form url.Values) answer {
	t.Helper()
	method, path, _ := strings.Cut(pattern, " ")
	path = strings.TrimSuffix(path, "{$}")
	for name, v := range values {
		path = strings.ReplaceAll(path, "{"+name+"}", v)
	}
	var body io.Reader
	if method == http.MethodPost {
		body = strings.NewReader(form.Encode())
		if !x.person.IsZero() {
			x.secret = ""
		}
	}
	req, err := http.NewRequestWithContext(t.Context(), method, a.URL+path, body)
	if err != nil {
		t.Fatal(err)
	}
	req.AddCookie(&http.Cookie{Name: "beside-form", Value: x.cookie})
	if secret != "" {
		req.AddCookie(&http.Cookie{Name: "beside", Value: secret})
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if a.elsewhere {
		req.Header.Set("Sec-Fetch-Site", "cross-site")
	}
	seen := a.App.DB.Watch()
	resp, err := a.http.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	all, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{resp.StatusCode, resp.Header.Get("Location"), string(all), resp.Header, seen(), values}
}

// cell is what an answer is, in the letters of the table. Of those that all answer it takes the one that is wanted.
func (g answer) cell(want rune) rune {
	switch {
	case g.status == http.StatusUnauthorized, g.status == http.StatusSeeOther && strings.HasPrefix(g.to, "/come-in?"):
		return away
	case g.status == http.StatusNotFound && want == beyond:
		return beyond
	case g.status == http.StatusNotFound:
		return notOpen
	case g.status >= 500:
		return '!'
	case g.status == http.StatusUnprocessableEntity && want == some: // the form again
		return some
	case g.status >= 400:
		return refused
	case want == opens, want == some, want == refused && g.to != "":
		return want
	}
	return plain
}

// shows names what of Mira's an answer shows against the table.
func (g answer) shows(want rune) string {
	for _, what := range []string{"name", "words", "strength", "goal", "step", "day", "address", "tie", "suggestion", "holder", "known", "outside", "made", "worry", "circle", "path"} {
		given := want == opens || want == some && (what == "name" || what == "words")
		if !given && (strings.Contains(g.body, marks[what]) || strings.Contains(g.to, marks[what])) {
			return what
		}
	}
	return ""
}

// said is the text of the page, for a test that fails.
func (g answer) said(t *testing.T) string {
	t.Helper()
	_, main, _ := strings.Cut(g.body, "<main")
	main = regexp.MustCompile(`<[^>]*>`).ReplaceAllString(main, " ")
	main = strings.Join(strings.Fields(main), " ")
	return main[:min(len(main), 300)]
}

// masks are what differs from one page to the next for good reasons: tokens, ids and references.
var masks = []*regexp.Regexp{
	regexp.MustCompile(`name="token" value="[^"]*"`),
	regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`),
}

func (g answer) masked(s string) string {
	for _, v := range g.values {
		s = strings.ReplaceAll(s, url.QueryEscape(v), "…")
	}
	for _, m := range masks {
		s = m.ReplaceAllString(s, "…")
	}
	return s
}

// same wants that what is not given cannot be told from what never was.
func (g answer) same(t *testing.T, r row, name string, none answer) {
	t.Helper()
	if g.status != none.status || g.masked(g.to) != none.masked(none.to) {
		t.Errorf("attack.txt:%d: %s as %s: %d %s, but %d %s for what never was", r.line, r.pattern, name, g.status, g.to, none.status, none.to)
	}
	if g.masked(g.body) != none.masked(none.body) {
		t.Errorf("attack.txt:%d: %s as %s says\n%s\nbut for what never was\n%s", r.line, r.pattern, name, g.said(t), none.said(t))
	}
	for _, h := range slices.Sorted(maps.Keys(g.headers)) {
		if x, y := g.masked(strings.Join(g.headers[h], " ")), none.masked(strings.Join(none.headers[h], " ")); x != y && h != "Date" {
			t.Errorf("attack.txt:%d: %s as %s has %s %q, but %q for what never was", r.line, r.pattern, name, h, x, y)
		}
	}
	if len(g.headers) != len(none.headers) {
		t.Errorf("attack.txt:%d: %s as %s has the headers %v, but %v for what never was", r.line, r.pattern, name, g.headers, none.headers)
	}
	if diff := cmp.Diff(none.statements, g.statements); diff != "" {
		t.Errorf("attack.txt:%d: %s as %s takes other statements, or finds other numbers of rows, than for what never was (-):\n%s", r.line, r.pattern, name, diff)
	}
}

// passing are the tables whose rows come and go while Mira herself is here.
var passing = []string{"session.person", "device.person", "ceremony.person"}

// state is what is true of Mira, in short: the last act in her book, and how many rows of each table are hers. Where anything may change there is no state.
func (a *attack) state(t *testing.T, x *asker, free bool) []string {
	t.Helper()
	if free {
		return nil
	}
	m := a.person["Mira"]
	var all []string
	err := a.App.DB.View(t.Context(), func(tx *store.Tx) error {
		if a.shape == "" {
			if err := a.findShape(tx); err != nil {
				return err
			}
		}
		return store.Each(tx, a.shape, []any{m.Person, m.Book}, func(scan func(...any) error) error {
			var table string
			var n int64
			err := scan(&table, &n)
			if x.person != m.Person || !slices.Contains(passing, table) {
				all = append(all, fmt.Sprintf("%s %d", table, n))
			}
			return err
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// changed is what is no longer as it was.
func changed(before, after []string) []string {
	return slices.DeleteFunc(after, func(s string) bool { return slices.Contains(before, s) })
}

// findShape makes one statement that counts what each table has of a person ($1) or a book ($2).
func (a *attack) findShape(tx *store.Tx) error {
	query := `SELECT m.name, p.name FROM sqlite_master AS m JOIN pragma_table_info(m.name) AS p WHERE m.type = 'table' ORDER BY 1, 2`
	if tx.Engine() == store.Postgres {
		query = `SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = current_schema() ORDER BY 1, 2`
	}
	parts := []string{`SELECT 'seq', seq FROM book WHERE owner = $1 AND id = $2`}
	err := store.Each(tx, query, nil, func(scan func(...any) error) error {
		var table, column string
		err := scan(&table, &column)
		of := map[string]string{"person": "$1", "one": "$1", "book": "$2"}[column]
		switch {
		case of == "":
		case table == "membership":
			parts = append(parts, `SELECT 'membership', COALESCE(MAX(until), 0) FROM membership WHERE person = $1`)
		case table == "given":
			parts = append(parts, `SELECT 'given', count(*) FROM given WHERE book = $2 AND taken_back = 0`)
		default:
			parts = append(parts, fmt.Sprintf(`SELECT '%s.%s', count(*) FROM %s WHERE %s = %s`, table, column, table, column, of))
		}
		return err
	})
	a.shape = strings.Join(parts, " UNION ALL ")
	return err
}
