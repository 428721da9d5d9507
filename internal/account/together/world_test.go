package together_test

import (
	"context"
	"testing"

	"beside/internal/account"
	"beside/internal/app"
	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/peer"
	"beside/internal/testkit/world"
)

// fataler is a test of either sort.
type fataler interface {
	Helper()
	Fatalf(format string, args ...any)
}

func must(t fataler, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("unexpected error: %v", err)
	}
}

// wantKind fails unless err is of kind k.
func wantKind(t fataler, err error, k errs.Kind) {
	t.Helper()
	if !errs.Is(err, k) {
		t.Fatalf("error %v, want one of kind %v", err, k)
	}
}

// place is a whole Beside, with two workers in it.
type place struct {
	*app.App
	clock   *clock.Manual
	ctx     context.Context
	workers []grant.Subject
}

func newPlace(t *testing.T, where string, options ...world.Option) *place {
	t.Helper()
	w := world.New(t, where, options...)
	p := &place{App: w.App, clock: w.Clock, ctx: context.Background()}
	for _, name := range []string{"Sam", "Alex"} {
		c := w.Worker(t, name)
		s, err := p.Accounts.Session(p.ctx, c.Cookie("beside"))
		must(t, err)
		p.workers = append(p.workers, grant.Subject{Person: s.Person, Hat: book.HatWorker})
	}
	return p
}

func (p *place) entry() id.Entry { return id.New[id.Entry](p.IDs) }

// owner joins somebody.
func (p *place) owner(t fataler) account.Session {
	t.Helper()
	j, err := p.Accounts.Join(p.ctx, account.Joining{
		Entry: p.entry(), Name: book.NewText("Mira"), Passphrase: world.Passphrase, Contact: book.ContactNo, Via: book.ViaWeb,
	})
	must(t, err)
	return j.Session
}

// shown is a session of somebody in which they have just shown who they are.
func (p *place) shown(t fataler, who account.Session) account.Session {
	t.Helper()
	in, err := p.Accounts.Open(p.ctx, account.Opening{Person: who.Person, Way: account.WayDemo})
	must(t, err)
	return in.Session
}

// give has somebody choose a worker, in place of the one before.
func (p *place) give(t fataler, who account.Session, to grant.Subject) {
	t.Helper()
	must(t, p.Peers.Choose(p.ctx, self(who), who.Book, peer.Choice{
		Entry: p.entry(), Worker: to.Person, Sections: []book.Section{book.SectionStrengths}, Until: p.clock.Now() + 300*clock.Day,
	}))
}

// takeBack has somebody take back what they gave.
func (p *place) takeBack(ctx context.Context, who account.Session) error {
	given, err := p.Peers.Companions(ctx, self(who), who.Book)
	if err != nil {
		return err
	}
	for _, g := range given {
		if err := p.Peers.TakeBack(ctx, self(who), who.Book, p.entry(), g.Item, g.Head); err != nil {
			return err
		}
	}
	return nil
}

// suggest has a worker suggest a strength.
func (p *place) suggest(worker grant.Subject, b id.Book, words string) (id.Entry, error) {
	e := p.entry()
	return e, p.Peers.Suggest(p.ctx, worker, b, e, &book.Strength{Words: book.NewText(words), When: book.WhenNow})
}

func self(s account.Session) grant.Subject {
	return grant.Subject{Person: s.Person, Hat: book.HatSelf}
}
