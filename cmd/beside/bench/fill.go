package bench

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"strings"
	"sync"

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
	w := &world{app: a, owners: make([]grant.Subject, c.Books), books: make([]id.Book, c.Books)}
	for _, worker := range []*grant.Subject{&w.worker, &w.other} {
		if err := w.makeWorker(ctx, worker); err != nil {
			return nil, err
		}
	}
	jobs := make(chan int)
	var wg sync.WaitGroup
	var mu sync.Mutex
	var first error
	for range 2 * runtime.NumCPU() {
		wg.Go(func() {
			for n := range jobs {
				written, err := w.fillBook(ctx, c, n)
				mu.Lock()
				w.entries += written
				if first == nil {
					first = err
				}
				mu.Unlock()
			}
		})
	}
	for n := range c.Books {
		jobs <- n
	}
	close(jobs)
	wg.Wait()
	return w, first
}

func (w *world) makeWorker(ctx context.Context, who *grant.Subject) error {
	*who = grant.Subject{Person: id.New[id.Person](w.app.IDs), Hat: book.HatWorker}
	if _, err := w.makePerson(ctx, who.Person); err != nil {
		return err
	}
	return w.app.DB.Update(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(`INSERT INTO membership (id, community, person, hat, since, until) VALUES ($1, $2, $3, 'worker', 0, $4)`,
			id.New[id.Membership](w.app.IDs), w.app.Community, who.Person, int64(1)<<61)
		return err
	})
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

// size draws how many entries a book has: log-normal, with the median as set and the 99th percentile 25 times that.
func size(r *rand.Rand, median int) int {
	const sigma = 1.384 // ln 25 / 2.326
	return max(8, int(float64(median)*math.Exp(sigma*r.NormFloat64())))
}

func (w *world) fillBook(ctx context.Context, c Config, n int) (int, error) {
	r := rand.New(rand.NewPCG(c.Seed, uint64(n)))
	who := grant.Subject{Person: id.New[id.Person](w.app.IDs), Hat: book.HatSelf}
	b, err := w.makePerson(ctx, who.Person)
	if err != nil {
		return 0, err
	}
	w.owners[n], w.books[n] = who, b
	l := &life{r: r, ids: w.app.IDs, book: b}
	l.begin()
	switch {
	case n < day:
		l.give(w.worker.Person, w.app.Clock.Now()+300*clock.Day)
	case n < day+asked:
		l.give(w.other.Person, w.app.Clock.Now()+300*clock.Day)
	}
	for total := size(r, c.Median); len(l.drafts) < total; {
		l.live()
	}
	for from := 0; from < len(l.drafts); from += 250 {
		if _, err := w.app.Keeper.Write(ctx, who, b, l.drafts[from:min(from+250, len(l.drafts))]...); err != nil {
			return from, err
		}
	}
	return len(l.drafts), nil
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
	l.write(&book.Sharing{Recipient: to, Sections: book.Givable(), Purpose: book.PurposeWalking, Until: until}, id.Item{}, id.Entry{})
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
