package bench

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"strings"
	"sync"

	"beside/internal/account"
	"beside/internal/app"
	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/keeper"
	"beside/internal/store"
)

// day is how many people a worker walks with in the figure of a worker's day; asked is how many books the suggestions
// are spread over.
const (
	day   = 30
	asked = 60
)

// world is a filled installation.
type world struct {
	app     *app.App
	owners  []grant.Subject
	books   []id.Book
	worker  grant.Subject // walks with the first people, as many as there are in a worker's day
	other   grant.Subject // walks with the next ones, and suggests
	entries int
}

// fill writes books shaped like life through the real sealing code: a few things that are kept current, many small steps
// and moments, and words that change.
func fill(ctx context.Context, a *app.App, c Config) (*world, error) {
	kept := min(c.Books, sample)
	w := &world{app: a, owners: make([]grant.Subject, kept), books: make([]id.Book, kept)}
	if err := w.makeRoles(ctx); err != nil {
		return nil, err
	}
	jobs := make(chan [2]int)
	var wg sync.WaitGroup
	var mu sync.Mutex
	var first error
	for range 2 * runtime.NumCPU() {
		wg.Go(func() {
			for span := range jobs {
				written, err := w.fillBooks(ctx, c, span[0], span[1])
				mu.Lock()
				w.entries += written
				if first == nil {
					first = err
				}
				mu.Unlock()
			}
		})
	}
	at := atOnce(c)
	for n := 0; n < c.Books; n += at {
		jobs <- [2]int{n, min(n+at, c.Books)}
	}
	close(jobs)
	wg.Wait()
	last, _ := slot(c.Books-1, c.Books)
	w.owners, w.books = w.owners[:min(len(w.owners), last+1)], w.books[:min(len(w.books), last+1)]
	return w, first
}

// atOnce is how many books are filled in one transaction: as many as have some thousands of entries.
func atOnce(c Config) int { return max(1, min(256, 4000/max(8, c.Median))) }

// makeRoles makes the first of the team, and the two workers whom they invite.
func (w *world) makeRoles(ctx context.Context) error {
	link, err := w.app.Accounts.FirstLink(ctx, w.app.Community)
	if err != nil {
		return err
	}
	team, err := w.accepting(ctx, link)
	if err != nil {
		return err
	}
	for _, worker := range []*grant.Subject{&w.worker, &w.other} {
		if link, err = w.app.Accounts.Invite(ctx, team, book.HatWorker); err != nil {
			return err
		}
		if *worker, err = w.accepting(ctx, link); err != nil {
			return err
		}
	}
	return nil
}

// accepting makes a person who accepts an invitation.
func (w *world) accepting(ctx context.Context, link string) (grant.Subject, error) {
	p := id.New[id.Person](w.app.IDs)
	if _, err := w.makePerson(ctx, p); err != nil {
		return grant.Subject{}, err
	}
	in, err := w.app.Accounts.Open(ctx, account.Opening{Person: p, Hat: book.HatSelf, Way: account.WayDemo, Where: account.Where{Own: true}})
	if err != nil {
		return grant.Subject{}, err
	}
	hat, _, err := w.app.Accounts.Accept(ctx, in.Session, link)
	return grant.Subject{Person: p, Hat: hat}, err
}

// makePerson makes an account that nobody can sign in to, and its book.
func (w *world) makePerson(ctx context.Context, p id.Person) (id.Book, error) {
	b := id.New[id.Book](w.app.IDs)
	if err := w.app.Vault.MakeBook(ctx, b); err != nil {
		return b, err
	}
	return b, w.app.DB.Update(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(`INSERT INTO account (person, book, sign_in, passphrase, made_at) VALUES ($1, $2, $3, '', $4)`, p, b, p, w.app.Clock.Now())
		if err != nil {
			return err
		}
		return w.app.Keeper.Begin(tx, b, p)
	})
}

// smallest is how many entries a book has at least.
func smallest(median int) int { return min(8, max(4, median)) }

// size draws how many entries a book has: log-normal, with the median and the spread as set.
func size(r *rand.Rand, median int, spread float64) int {
	sigma := math.Log(cmp.Or(spread, 25)) / 2.326 // so many times the deviation is the 99th percentile
	return max(smallest(median), int(math.Round(float64(median)*math.Exp(sigma*r.NormFloat64()))))
}

// fillBooks makes some books, with the accounts they are of, in one transaction.
func (w *world) fillBooks(ctx context.Context, c Config, from, to int) (written int, err error) {
	fillings := make([]keeper.Filling, to-from)
	made := make([]error, len(fillings))
	var keys sync.WaitGroup
	for i := range fillings {
		fillings[i] = w.drafted(c, from+i)
		written += len(fillings[i].Drafts)
		keys.Go(func() { made[i] = w.app.Vault.MakeBook(ctx, fillings[i].Book) }) // those that wait share a sync
	}
	keys.Wait()
	if err := errors.Join(made...); err != nil {
		return 0, err
	}
	now := w.app.Clock.Now()
	return written, w.app.Keeper.Fill(ctx, func(tx *store.Tx) error {
		rows := make([][]any, len(fillings))
		for i, f := range fillings {
			rows[i] = []any{f.Owner, f.Book, f.Owner, "", now}
		}
		return store.Insert(tx, `INSERT INTO account (person, book, sign_in, passphrase, made_at)`, rows)
	}, fillings...)
}

// sample is how many books are remembered for measuring, so that remembering them takes no memory worth measuring: the first,
// and of the others as many as lie evenly among all.
const sample = 1000

// slot is where the n-th of all books is remembered, if it is.
func slot(n, all int) (int, bool) {
	const first = day + asked
	if n < first || all <= sample {
		return n, true
	}
	every := (all - first + sample - first - 1) / (sample - first)
	at := first + (n-first)/every
	return at, (n-first)%every == 0 && at < sample
}

// drafted is the n-th book.
func (w *world) drafted(c Config, n int) keeper.Filling {
	r := rand.New(rand.NewPCG(c.Seed, uint64(n)))
	f := keeper.Filling{Owner: id.New[id.Person](w.app.IDs), Book: id.New[id.Book](w.app.IDs)}
	if at, ok := slot(n, c.Books); ok {
		w.owners[at], w.books[at] = grant.Subject{Person: f.Owner, Hat: book.HatSelf}, f.Book
	}
	l := &life{r: r, ids: w.app.IDs, book: f.Book}
	l.begin()
	switch {
	case n < day:
		l.give(w.worker.Person, w.app.Clock.Now()+300*clock.Day)
	case n < day+asked:
		l.give(w.other.Person, w.app.Clock.Now()+300*clock.Day)
	}
	for total := size(r, c.Median, c.Spread); len(l.drafts) < total; {
		l.live()
	}
	f.Drafts = l.drafts
	return f
}

// life drafts the entries of one book.
type life struct {
	r         *rand.Rand
	ids       *id.Maker
	book      id.Book
	drafts    []keeper.Draft
	words     id.Entry
	goals     []id.Item
	strengths []id.Item
}

func (l *life) text() book.Text {
	const some = "walking by the river with my sister and the dog before work, bread on sundays, saying no kindly, the choir on thursdays, asking for help early, "
	n := 20 + l.r.IntN(160)
	at := l.r.IntN(len(some))
	return book.NewText(strings.Repeat(some, 3)[at : at+n])
}

func (l *life) write(body book.Body, it id.Item, base id.Entry) id.Entry {
	e := id.New[id.Entry](l.ids)
	l.drafts = append(l.drafts, keeper.Draft{ID: e, Kind: body.Kind(), Act: book.ActWrite, Item: it, Base: base, Body: body, Via: book.ViaDemo})
	return e
}

func (l *life) begin() {
	l.write(&book.Name{Words: book.NewText(fmt.Sprintf("Person %d", l.r.IntN(1000)))}, book.Only(l.book, book.KindName), id.Entry{})
	l.words = l.write(&book.Words{Words: l.text()}, book.Only(l.book, book.KindWords), id.Entry{})
	l.strengths = append(l.strengths, keeper.NewItem(l.write(&book.Strength{Words: l.text(), When: book.WhenNow}, id.Item{}, id.Entry{})))
	l.goals = append(l.goals, keeper.NewItem(l.write(&book.Goal{Words: l.text(), BuildsOn: l.strengths}, id.Item{}, id.Entry{})))
}

func (l *life) give(to id.Person, until clock.Time) {
	l.write(&book.Sharing{As: book.HatWorker, Recipient: to, Sections: book.Givable(), Purpose: book.PurposeWalking, Until: until}, id.Item{}, id.Entry{})
}

func (l *life) live() {
	switch n := l.r.IntN(100); {
	case n < 3:
		l.words = l.write(&book.Words{Words: l.text()}, book.Only(l.book, book.KindWords), l.words)
	case n < 8 && len(l.strengths) < 60:
		e := l.write(&book.Strength{Words: l.text(), Domain: book.Domains()[l.r.IntN(8)], When: book.Whens()[l.r.IntN(3)]}, id.Item{}, id.Entry{})
		l.strengths = append(l.strengths, keeper.NewItem(e))
	case n < 12 && len(l.goals) < 40:
		l.goals = append(l.goals, keeper.NewItem(l.write(&book.Goal{Words: l.text()}, id.Item{}, id.Entry{})))
	case n < 45:
		step := &book.Step{Words: l.text(), Goal: l.goals[l.r.IntN(len(l.goals))]}
		e := l.write(step, id.Item{}, id.Entry{})
		done := *step
		done.Done = true
		l.write(&done, keeper.NewItem(e), e)
	default:
		l.write(&book.Moment{What: book.Whats()[l.r.IntN(5)], Words: l.text()}, id.Item{}, id.Entry{})
	}
}
