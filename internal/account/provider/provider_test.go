package provider

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"beside/internal/account"
	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/keeper"
	"beside/internal/store"
	"beside/internal/store/schema"
	"beside/internal/testkit/histories"
	"beside/internal/testkit/ready"
	"beside/internal/vault"
)

// believed stands for a provider: a code is the subject it was given for. What a real one says is read in the tests of
// internal/web/organisation.
type believed struct{}

func (believed) address(_ context.Context, s secrets, _ bool) (string, error) { return s.state, nil }

func (believed) who(_ context.Context, code, _ string, _ secrets, _ clock.Time) (string, error) {
	return code, nil
}

// installation is a provider over a real store and keyring.
type installation struct {
	*Provider
	t     *testing.T
	clock *clock.Manual
	team  grant.Subject
}

func newInstallation(t *testing.T, where string) *installation {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	open := func(where, name string) *store.DB {
		db, err := store.Open(t.Context(), where, store.Options{Name: name})
		must(err)
		t.Cleanup(func() { must(db.Close()) })
		return db
	}
	c := clock.NewManual(clock.Time(1741780800) * clock.Second)
	ids := id.NewMaker(c, nil)
	db := open(where, "")
	must(db.Migrate(t.Context(), schema.Files))
	root, err := vault.LoadOrMakeRoot(filepath.Join(t.TempDir(), "root.key"), nil)
	must(err)
	v, err := vault.Open(t.Context(), open(t.TempDir(), "keyring.db"), root, c, nil)
	must(err)
	accounts, err := account.New(account.Config{
		DB: db, Vault: v, Keeper: keeper.New(db, v, c, ids, nil), Clock: c, IDs: ids, Hashing: account.Hashing{MemoryKiB: 64, Times: 1, AtOnce: 4},
	})
	must(err)
	community, err := accounts.Community(t.Context(), "Elm House")
	must(err)
	p, err := New(Config{Settings: Settings{Issuer: "https://sign-in.example", ID: "beside"}, DB: db, Vault: v, Accounts: accounts, Clock: c, IDs: ids})
	must(err)
	p.ask = believed{}
	w := &installation{Provider: p, t: t, clock: c}
	token, err := accounts.FirstLink(t.Context(), community)
	must(err)
	toni := w.join()
	_, _, err = accounts.Accept(t.Context(), toni.Session, token)
	must(err)
	w.team = grant.Subject{Person: toni.Person, Hat: book.HatTeam}
	return w
}

func (w *installation) join() account.Joined {
	w.t.Helper()
	j, err := w.Accounts.Join(w.t.Context(), account.Joining{
		Entry: id.New[id.Entry](w.IDs), Name: book.NewText("Ana"), Passphrase: "nobody else would think of ferns", Contact: book.ContactNo, Via: book.ViaWeb,
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return j
}

// modelTry is what a try should be, in plain words.
type modelTry struct {
	state   string
	kind    Kind
	who     int // who began it; -1 when nobody was signed in
	browser string
	until   clock.Time
	used    bool
}

// lives is one random life of a few people and a few accounts at the provider: who connects, lets go, comes in and shows
// who they are, finishing tries in whatever order and browser, while the clock goes forwards and back.
type lives struct {
	*installation
	people   [3]account.Joined
	subjects []string
	linked   map[string]int // subject to person
	tries    []*modelTry
	browsers []string
}

func TestHistoriesOfTriesAndConnections(t *testing.T) {
	ready.Both(t, func(t *testing.T, where string) {
		w := newInstallation(t, where)
		began := w.clock.Now()
		histories.Check(t, 25, func(rt *rapid.T) {
			began += clock.Day // nothing of the history before stands
			w.clock.Set(began)
			h := &lives{installation: w, linked: map[string]int{}, browsers: []string{w.secret(), w.secret()}}
			for i := range h.people {
				h.people[i] = h.join()
				h.subjects = append(h.subjects, id.New[id.Entry](h.IDs).String())
				if i < 2 { // the third has no role
					token, err := h.Accounts.Invite(t.Context(), h.team, book.HatWorker)
					h.must(rt, err)
					_, _, err = h.Accounts.Accept(t.Context(), h.people[i].Session, token)
					h.must(rt, err)
				}
			}
			rt.Repeat(map[string]func(*rapid.T){
				"begin": h.begin, "back": h.back, "let go": h.letGo, "time": h.time, "sweep": h.sweep, "": h.check,
			})
		})
	})
}

func (h *lives) must(rt *rapid.T, err error) {
	if err != nil {
		rt.Fatal(err)
	}
}

// session returns a session of somebody's own book in which a role was shown, as by a passkey; nil for nobody.
func (h *lives) session(rt *rapid.T, who int) *account.Session {
	if who < 0 {
		return nil
	}
	in, err := h.Accounts.Open(h.t.Context(), account.Opening{Person: h.people[who].Person, Way: account.WayPasskey})
	h.must(rt, err)
	return &in.Session
}

func (h *lives) begin(rt *rapid.T) {
	b := Beginning{
		Kind:    rapid.SampledFrom([]Kind{Connect, ComeIn, Show}).Draw(rt, "kind"),
		Browser: h.browsers[rapid.IntRange(0, 1).Draw(rt, "browser")],
		Where:   account.Where{From: id.New[id.Entry](h.IDs).String()}, // the allowance is another test's
	}
	who := -1
	if b.Kind != ComeIn {
		who = rapid.IntRange(0, 2).Draw(rt, "who")
	}
	b.Session = h.session(rt, who)
	begun, err := h.Begin(h.t.Context(), b)
	if may := b.Kind != Connect || who < 2; (err == nil) != may {
		rt.Fatalf("person %d begins to %s: %v", who, b.Kind, err)
	}
	if err == nil {
		h.tries = append(h.tries, &modelTry{begun.Address, b.Kind, who, b.Browser, h.clock.Now() + TryLasts, false})
	}
}

func (h *lives) back(rt *rapid.T) {
	if len(h.tries) == 0 {
		return
	}
	t := h.tries[rapid.IntRange(0, len(h.tries)-1).Draw(rt, "try")]
	who := rapid.IntRange(-1, 2).Draw(rt, "who")
	subject := h.subjects[rapid.IntRange(0, 2).Draw(rt, "subject")]
	a := Answer{State: t.state, Code: subject, Browser: h.browsers[rapid.IntRange(0, 1).Draw(rt, "browser")], Session: h.session(rt, who)}
	want := h.should(t, who, subject, a.Browser)
	came, err := h.Back(h.t.Context(), a)
	if want == nil && err != nil || want != nil && !errors.Is(err, want) {
		rt.Fatalf("person %d comes back to %s as %s: %v, want %v", who, t.kind, subject, err, want)
	}
	if err == nil && t.kind == ComeIn {
		owner := h.people[h.linked[subject]].Person
		if in := came.In; in.Person != owner || in.Hat != book.HatWorker || slices.Contains(in.Hats, book.HatSelf) || in.Way != account.WayProvider {
			rt.Fatalf("came in: %+v", in.Session)
		}
		_, err := h.Accounts.Wear(h.t.Context(), came.In.Secret, book.HatSelf)
		if !errs.Is(err, errs.NotOpen) {
			rt.Fatalf("one's own book: %v", err)
		}
	}
}

// should says what comes of an answer, and what is so afterwards.
func (h *lives) should(t *modelTry, who int, subject, browser string) error {
	now := h.clock.Now()
	if t.used || browser != t.browser || now >= t.until || t.until > now+TryLasts+leeway {
		return ErrOver
	}
	t.used = true
	if t.kind != ComeIn && who != t.who {
		return ErrOver
	}
	owner, taken := h.linked[subject]
	switch t.kind {
	case Connect:
		if taken && owner != who || !taken && h.subjectOf(who) != "" {
			return ErrTaken
		}
		h.linked[subject] = who
	case Show:
		if !taken || owner != who {
			return ErrUnknown
		}
	default:
		if !taken {
			return ErrUnknown
		}
	}
	return nil
}

func (h *lives) subjectOf(who int) string {
	for s, w := range h.linked {
		if w == who {
			return s
		}
	}
	return ""
}

func (h *lives) letGo(rt *rapid.T) {
	who := rapid.IntRange(0, 2).Draw(rt, "who")
	h.must(rt, h.LetGo(h.t.Context(), *h.session(rt, who)))
	if s := h.subjectOf(who); s != "" {
		delete(h.linked, s)
		for _, t := range h.tries {
			t.used = t.used || t.who == who
		}
	}
}

func (h *lives) time(rt *rapid.T) {
	h.clock.Step(clock.Time(rapid.SampledFrom([]int64{1, 30, 299, 600, -30, -120}).Draw(rt, "seconds")) * clock.Second)
}

// sweep: what was swept out does not come back with the clock.
func (h *lives) sweep(rt *rapid.T) {
	h.must(rt, h.Sweep(h.t.Context()))
	for _, t := range h.tries {
		t.used = t.used || h.clock.Now() >= t.until
	}
}

// check: each person sees whether they are connected, and nobody is connected twice.
func (h *lives) check(rt *rapid.T) {
	for i, p := range h.people {
		since, err := h.Linked(h.t.Context(), account.Session{Person: p.Person, Hat: book.HatSelf})
		h.must(rt, err)
		if (since != 0) != (h.subjectOf(i) != "") {
			rt.Fatalf("person %d is connected since %d, want %q", i, since, h.subjectOf(i))
		}
	}
}
