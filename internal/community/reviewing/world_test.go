package reviewing_test

import (
	"context"
	"testing"

	"beside/internal/account"
	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/community/reviewing"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/keeper"
	"beside/internal/store"
	"beside/internal/testkit/books"
	"beside/internal/testkit/ready"
)

var ctx = context.Background()

// world is reviewing, with real accounts.
type world struct {
	*books.Place
	*reviewing.Review
	accounts *account.Accounts
}

type tester = books.T

var must, wantKind = books.Must, books.WantKind

func onBoth(t *testing.T, fn func(t *testing.T, w *world)) {
	t.Helper()
	ready.Both(t, func(t *testing.T, where string) { fn(t, newWorld(t, where)) })
}

func newWorld(t *testing.T, where string) *world {
	t.Helper()
	w := &world{Place: books.New(t, where)}
	w.Exec(t, `UPDATE community SET made_at = $1`, w.Clock.Now()) // a new place: who founds it counts as one of two
	var err error
	w.accounts, err = account.New(account.Config{DB: w.DB, Vault: w.Vault, Keeper: w.Keeper, Clock: w.Clock, IDs: w.IDs, Hashing: account.Hashing{MemoryKiB: 64, Times: 1, AtOnce: 8}})
	must(t, err)
	w.Community, err = w.accounts.Community(ctx, "Elm House")
	must(t, err)
	w.Review = reviewing.New(reviewing.Config{DB: w.DB, Keeper: w.Keeper, Clock: w.Clock, Roles: w.accounts, Via: book.ViaWeb,
		Size: func(context.Context) (int64, error) { return 7, nil }})
	return w
}

// somebody has a book here.
type somebody struct {
	id   id.Person
	book id.Book
}

func (s somebody) as(h book.Hat) grant.Subject { return grant.Subject{Person: s.id, Hat: h} }

func (w *world) join(t tester) somebody {
	t.Helper()
	j, err := w.accounts.Join(ctx, account.Joining{Entry: w.Entry(), Name: book.NewText("Mira"), Passphrase: "nobody else would think of ferns", Contact: book.ContactNo, Via: book.ViaWeb})
	must(t, err)
	s := somebody{id: j.Person}
	must(t, w.DB.View(ctx, func(tx *store.Tx) error {
		return tx.Row(`SELECT book FROM account WHERE person = $1`, j.Person).Scan(&s.book)
	}))
	return s
}

// founds makes somebody the first of the team.
func (w *world) founds(t tester, s somebody) {
	t.Helper()
	w.Exec(t, `INSERT INTO membership (id, community, person, hat, since, until, invited_by) VALUES ($1, $2, $3, 'team', $4, $5, $3)`,
		id.New[id.Membership](w.IDs), w.Community, s.id, w.Clock.Now(), clock.Time(1)<<60)
}

// accepts has somebody accept a link, in a session of their own.
func (w *world) accepts(t tester, s somebody, token string) error {
	t.Helper()
	o, err := w.accounts.Open(ctx, account.Opening{Person: s.id, Way: account.WayDemo})
	must(t, err)
	in, err := w.accounts.Session(ctx, o.Secret)
	must(t, err)
	_, _, err = w.accounts.Accept(ctx, in, token)
	return err
}

// write writes something of somebody's own.
func (w *world) write(t tester, s somebody, d keeper.Draft) book.Entry {
	t.Helper()
	d.ID, d.Via = w.Entry(), book.ViaWeb
	done, err := w.Keeper.Write(ctx, s.as(book.HatSelf), s.book, d)
	must(t, err)
	return done[0]
}
