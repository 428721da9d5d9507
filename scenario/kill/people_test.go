package kill

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// act is one form that somebody sent, as the journal has it.
type act struct {
	by    *person
	what  string
	words string
	entry string // the id it has in the book, however often it is sent
	kept  bool   // the server said so
	why   error  // it did not
	fault bool   // it was once told as a fault of ours, whatever came of it later
}

// journal is what people were told, kept outside of Beside.
type journal struct {
	mu    sync.Mutex
	acts  []*act
	looks map[string]int // worker and book, to how many readings were shown
	errs  []error        // lies that were seen while acting
}

func (j *journal) begin(a *act) *act {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.acts = append(j.acts, a)
	return a
}

func (j *journal) kept(a *act) {
	j.mu.Lock()
	defer j.mu.Unlock()
	a.kept = true
}

func (j *journal) looked(who, book string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.looks[who+" "+book]++
}

func (j *journal) lie(format string, args ...any) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if len(j.errs) < 20 {
		j.errs = append(j.errs, fmt.Errorf(format, args...))
	}
}

// counts returns how many acts were acknowledged, and how many were not.
func (j *journal) counts() (kept, open int) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, a := range j.acts {
		if a.kept {
			kept++
		} else {
			open++
		}
	}
	return kept, open
}

// person is somebody with a device. One act follows the other; only the last may be unknown.
type person struct {
	*device
	town   *town
	name   string
	r      *rand.Rand
	n      int
	mine   []string          // words of strengths that were kept
	words  string            // what matters, as kept last
	maybe  []string          // what was said since then, of which it is not known whether it is kept
	shares map[string]string // worker to "yes", "no" or "unknown"
	again  *sent             // the last form, when no answer came
}

// sent is a form that may be sent again.
type sent struct {
	act  *act
	page *sheet
	form string
	fill []string
	then func()
}

// town is everybody who acts on one installation.
type town struct {
	base    string
	through http.RoundTripper
	journal *journal
	team    *person
	workers []*person
	ids     map[string]string // worker's name to the path on which they are chosen
	owners  []*person
	joining *person

	mu     sync.Mutex
	joined []*person // who came while it went on
	busy   atomic.Int64
	honest atomic.Int64 // pages that said that something could not be kept, and had what was typed
}

const passphrase = "nobody else would think of ferns"

// errRefused says that the server said no, or that it could not: the act may or may not be kept when it says 5xx.
type errRefused struct {
	status int
	at     string
}

func (e errRefused) Error() string { return fmt.Sprintf("%d from %s", e.status, e.at) }

// newTown is a town in which nobody is yet. through carries the requests; nil is the network.
func newTown(base string, through http.RoundTripper) *town {
	return &town{base: base, through: through, journal: &journal{looks: map[string]int{}}, ids: map[string]string{}}
}

func (tn *town) newPerson(name string, seed uint64) *person {
	return &person{device: newDevice(tn.base, tn.through), town: tn, name: name, r: rand.New(rand.NewPCG(seed, 7)), shares: map[string]string{}}
}

// settle begins a town: one of the team, workers, and people with books who share them.
func settle(t *testing.T, base, firstLink string, workers, owners int) *town {
	t.Helper()
	tn := newTown(base, nil)
	tn.team = tn.newPerson("Toni", 1)
	must(t, tn.team.join())
	must(t, tn.team.accept(firstLink, "team"))
	for i := range workers {
		w := tn.newPerson(fmt.Sprintf("Sam%d", i), uint64(100+i))
		must(t, w.join())
		link, err := tn.team.invite()
		must(t, err)
		must(t, w.accept(link, "worker"))
		must(t, w.profile())
		tn.workers = append(tn.workers, w)
	}
	for i := range owners {
		p := tn.newPerson(fmt.Sprintf("Mira%d", i), uint64(200+i))
		must(t, p.join())
		must(t, p.findWorkers())
		must(t, p.share(tn.workers[i%workers].name))
		tn.owners = append(tn.owners, p)
	}
	tn.joining = tn.newPerson("", 300)
	return tn
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// page asks for a page that must be there.
func (p *person) page(path string) (*sheet, error) {
	s, err := p.get(path)
	if err == nil && s.status != http.StatusOK {
		return s, errRefused{s.status, path}
	}
	return s, err
}

// do sends a form of a page and writes into the journal what came of it.
func (p *person) do(what, words string, s *sheet, form string, then func(), fill ...string) error {
	_, values, err := s.form(form, fill...)
	if err != nil {
		return err
	}
	a := p.town.journal.begin(&act{by: p, what: what, words: words, entry: values.Get("entry")})
	return p.post(&sent{a, s, form, fill, then})
}

func (p *person) post(x *sent) error {
	p.again = x
	got, err := p.send(x.page, x.form, x.fill...)
	if err != nil {
		x.act.why = err
		return err
	}
	if asked := strings.HasPrefix(got.to, "/come-in"); asked || got.status != http.StatusSeeOther {
		if got.status < 500 {
			p.town.journal.lie("%s: %s answered %d to %s: %s%s", p.name, x.act.what, got.status, x.form, got.to, strings.Join(strings.Fields(textOf(got.root)), " "))
		}
		p.typed(x.act, got)
		if got.status == http.StatusInternalServerError {
			x.act.fault = true
		}
		x.act.why = fmt.Errorf("%d: %s", got.status, strings.Join(strings.Fields(textOf(got.root)), " "))
		return errRefused{got.status, x.act.what}
	}
	p.town.journal.kept(x.act)
	p.again = nil
	if x.then != nil {
		x.then()
	}
	return nil
}

// typed finds what somebody typed on a page of the server's that says that it could not be kept.
func (p *person) typed(a *act, got *sheet) {
	switch {
	case got.status != http.StatusServiceUnavailable && got.status != http.StatusInternalServerError || a.words == "":
	case got.says(a.words):
		p.town.honest.Add(1)
	default:
		p.town.journal.lie("%s typed %q, and was told %d without it: %s", p.name, a.words, got.status, strings.Join(strings.Fields(textOf(got.root)), " "))
	}
}

// sendAgain sends the form to which no answer came once more, as somebody does who is told to.
func (p *person) sendAgain() error {
	if p.again == nil {
		return nil
	}
	return p.post(p.again)
}

func (p *person) join() error {
	s, err := p.page("/join/you")
	if err != nil {
		return err
	}
	return p.do("join", "", s, "main form", nil, "name", p.name, "secret_passphrase", passphrase, "contact", "no", "own_device", "yes")
}

func (p *person) accept(link, hat string) error {
	s, err := p.page(link)
	if err != nil {
		return err
	}
	if err := p.do("accept", "", s, "main form", nil); err != nil {
		return err
	}
	if s, err = p.page("/hat"); err != nil {
		return err
	}
	return p.do("hat", "", s, "main form", nil, "hat", hat)
}

func (p *person) invite() (string, error) {
	s, err := p.page("/team")
	if err != nil {
		return "", err
	}
	path, values, err := s.form(`form:has(input[value="worker"])`, "hat", "worker")
	if err != nil {
		return "", err
	}
	got, err := p.ask(http.MethodPost, path, values)
	if err == nil && got.to != "" {
		got, err = p.get(got.to)
	}
	if err != nil {
		return "", err
	}
	link := inviting.FindString(textOf(got.root))
	if link == "" {
		return "", errors.New("the invitation shows no link")
	}
	return link, nil
}

func (p *person) profile() error {
	s, err := p.page("/worker/profile")
	if err != nil {
		return err
	}
	return p.do("profile", "", s, `form[action="/worker/profile"]`, nil, "name", p.name, "title", "recovery coach", "story", "I have been there.", "taking_more", "yes")
}

// findWorkers learns on which pages the workers are chosen.
func (p *person) findWorkers() error {
	s, err := p.page("/me/workers")
	if err != nil {
		return err
	}
	for _, a := range s.all(`main a[href^="/me/workers/"]`) {
		p.town.ids[strings.TrimSpace(textOf(a))] = attr(a, "href")
	}
	return nil
}

// say is something nobody said before.
func (p *person) say(of string) string {
	p.n++
	return fmt.Sprintf("%s %s number %d of mine", p.name, of, p.n)
}

// act does one thing that owners do.
func (p *person) act() error {
	switch n := p.r.IntN(10); {
	case n < 3:
		return p.strength()
	case n < 5:
		return p.moment()
	case n < 6:
		return p.matters()
	case n < 8:
		return p.answer()
	}
	w := p.town.workers[p.r.IntN(len(p.town.workers))]
	return p.share(w.name)
}

func (p *person) strength() error {
	s, err := p.page("/me/strengths/new")
	if err != nil {
		return err
	}
	words := p.say("strength")
	return p.do("write", words, s, "main form", func() { p.mine = append(p.mine, words) }, "words", words, "when", "now")
}

func (p *person) moment() error {
	s, err := p.page("/me/timeline")
	if err != nil {
		return err
	}
	words := p.say("moment")
	return p.do("write", words, s, "form#tell", nil, "words", words, "what", "good")
}

func (p *person) matters() error {
	s, err := p.page("/me/words")
	if err != nil {
		return err
	}
	words := p.say("words")
	p.maybe = append(p.maybe, words)
	return p.do("write", words, s, "main form", func() { p.words, p.maybe = words, nil }, "words", words)
}

// answer answers the first suggestion that waits, if there is one.
func (p *person) answer() error {
	s, err := p.page("/me/waiting")
	if err != nil {
		return err
	}
	if links := s.all(`main a.button[href^="/me/waiting/"]`); len(s.all("main form.answers")) == 0 {
		if len(links) == 0 {
			return p.moment()
		}
		if s, err = p.page(attr(links[0], "href")); err != nil {
			return err
		}
	}
	how := []string{"yes", "later", "no"}[p.r.IntN(3)]
	return p.do("answer "+how, "", s, "main form.answers", nil, "answer", how)
}

// share gives the book to a worker, which takes it back from the other, or takes it back, whichever it is not now. What the
// page says must be what was kept.
func (p *person) share(worker string) error {
	s, err := p.page(p.town.ids[worker])
	if err != nil {
		return err
	}
	given := len(s.all(`form[action$="/back"]`)) > 0
	p.compare(worker, given)
	form, becomes := `form:has(input[name="until"])`, "yes"
	if given {
		form, becomes = `form[action$="/back"]`, "no"
	}
	p.everybody("unknown")
	return p.do("share "+becomes, "", s, form, func() { p.everybody("no"); p.shares[worker] = becomes })
}

func (p *person) everybody(shares string) {
	for worker := range p.town.ids {
		p.shares[worker] = shares
	}
}

func (p *person) compare(worker string, given bool) {
	if known := p.shares[worker]; known == "yes" && !given || known == "no" && given {
		p.town.journal.lie("%s was told %q of sharing with %s, the page says %v", p.name, known, worker, given)
	}
}

// walk is what workers do: they look at somebody who shares with them, and may suggest something.
func (p *person) walk() error {
	s, err := p.page("/worker")
	if err != nil {
		return err
	}
	links := s.all(`main a[href^="/worker/people/"]`)
	if len(links) == 0 {
		return nil
	}
	path := attr(links[p.r.IntN(len(links))], "href")
	got, err := p.get(path)
	if err != nil {
		return err
	}
	switch got.status {
	case http.StatusNotFound: // it was taken back meanwhile
		return nil
	case http.StatusOK:
		p.town.journal.looked(p.name, strings.TrimPrefix(path, "/worker/people/"))
	default:
		return errRefused{got.status, path}
	}
	return p.suggest(path)
}

func (p *person) suggest(path string) error {
	s, err := p.get(path + "/suggest/strength")
	if err != nil || s.status == http.StatusNotFound {
		return err
	}
	if s.status != http.StatusOK {
		return errRefused{s.status, path}
	}
	words := p.say("noticed")
	_, values, err := s.form("main form", "words", words, "when", "now")
	if err != nil {
		return err
	}
	a := p.town.journal.begin(&act{by: p, what: "suggest", words: words, entry: values.Get("entry")})
	got, err := p.send(s, "main form", "words", words, "when", "now")
	switch {
	case err != nil:
		return err
	case got.status == http.StatusSeeOther:
		p.town.journal.kept(a)
	case got.status != http.StatusNotFound: // taken back meanwhile: then it is not kept
		return errRefused{got.status, "suggest"}
	}
	return nil
}

// comes is somebody who joins while it goes on.
func (tn *town) comes() error {
	tn.mu.Lock()
	n := len(tn.joined)
	p := tn.newPerson(fmt.Sprintf("Nika%d", n), uint64(1000+n))
	tn.joined = append(tn.joined, p)
	tn.mu.Unlock()
	if err := p.join(); err != nil {
		return err
	}
	return p.strength()
}

// live has everybody act until stop is closed, whatever becomes of the server. Between two tries that fail somebody waits a
// little.
func (tn *town) live(stop <-chan struct{}) {
	var all sync.WaitGroup
	loop := func(act func() error) {
		all.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				err := act()
				var refused errRefused
				switch {
				case err == nil:
					tn.busy.Add(1)
				case errors.Is(err, errGone), errors.As(err, &refused) && refused.status >= 500:
					time.Sleep(10 * time.Millisecond)
				default:
					tn.journal.lie("%v", err)
					time.Sleep(50 * time.Millisecond)
				}
			}
		})
	}
	for _, p := range tn.owners {
		loop(func() error {
			if p.again != nil && p.r.IntN(2) == 0 {
				return p.sendAgain()
			}
			p.again = nil
			return p.act()
		})
	}
	for _, w := range tn.workers {
		loop(w.walk)
	}
	loop(tn.comes)
	all.Wait()
}
