package ending

import (
	"context"

	"beside/internal/account"
	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/keeper"
	"beside/internal/store"
)

// What an organisation may come to set otherwise. In docs/decisions/0017-endings.md they carry a star.
const (
	// Pause is how long somebody can change their mind after they asked that their whole book be erased.
	Pause = 7 * clock.Day
	// FreshToday is how long ago somebody may have shown who they are to have their book erased today.
	FreshToday = 5 * clock.Minute
	// FreshToSend is how long what they then send is taken.
	FreshToSend = account.FreshFor
)

// Config is what [New] needs.
type Config struct {
	DB       *store.DB
	Keeper   *keeper.Keeper
	Accounts *account.Accounts
	Clock    clock.Clock
	IDs      *id.Maker
	Via      book.Via
}

// Endings ends books. It is safe for concurrent use.
type Endings struct{ Config }

// New returns Endings over an installation's data.
func New(c Config) *Endings { return &Endings{c} }

func notOpen(op string) error { return errs.New("ending: "+op, errs.NotOpen, "") }

// Ask has the whole book of a session's person erased after [Pause], and tells them so on the channels they marked safe, in
// words that say nothing of it. Asked again it stays as it was. e is the form's, and of the act that will be. It returns
// NotOpen in another hat than their own.
func (x *Endings) Ask(ctx context.Context, s account.Session, e id.Entry) error {
	if s.Hat != book.HatSelf {
		return notOpen("ask")
	}
	return errs.Wrap("ending: ask", x.DB.Update(ctx, func(tx *store.Tx) error {
		if _, set, err := x.asked(tx, s.Book); err != nil || set {
			return err
		}
		return x.ask(tx, s, e, x.Clock.Now()+Pause)
	}))
}

func (x *Endings) ask(tx *store.Tx, s account.Session, e id.Entry, due clock.Time) error {
	err := x.Keeper.SetEnding(tx, keeper.Ending{ID: e, Book: s.Book, Why: book.WhyAsked, MadeAt: x.Clock.Now(), DueAt: due})
	if err != nil {
		return err
	}
	if _, set, err := x.asked(tx, s.Book); err != nil || !set {
		return err // the form of one that was taken back was sent once more
	}
	return x.Accounts.Happens(tx, s.Person, account.HappenedEndAsked, id.Device{})
}

// Today erases the whole book of a session's person now, who showed just now who they are. While a hold stands it waits for
// the end of that instead, and waits says so. It returns NotOpen in another hat than their own, and when they showed it too
// long ago; and the errors of [keeper.Keeper.Write].
func (x *Endings) Today(ctx context.Context, s account.Session, e id.Entry) (waits bool, err error) {
	const op = "ending: today"
	if s.Hat != book.HatSelf || !s.Fresh(x.Clock.Now(), FreshToSend) {
		return false, notOpen("today")
	}
	_, err = x.Keeper.Write(ctx, grant.Subject{Person: s.Person, Hat: s.Hat}, s.Book, keeper.Draft{ID: e, Kind: book.KindErasing, Act: book.ActErase, Body: &book.Erasing{Whole: true}, Via: x.Via})
	if !errs.Is(err, errs.Changed) {
		return false, errs.Wrap(op, err)
	}
	refused := err
	err = x.DB.Update(ctx, func(tx *store.Tx) error {
		waits = false
		hold, err := x.Keeper.HoldOf(tx, s.Book)
		if err != nil {
			return err
		}
		if hold.Since == 0 {
			return refused
		}
		waits = true
		if _, err := x.Keeper.TakeBackEnding(tx, s.Book, book.WhyAsked); err != nil {
			return err
		}
		return x.ask(tx, s, e, x.Clock.Now())
	})
	return waits, errs.Wrap(op, err)
}

// Keep takes back that the book of a session's person is to be erased: all is as it was. When nothing was asked for it changes
// nothing. It returns NotOpen in another hat than their own.
func (x *Endings) Keep(ctx context.Context, s account.Session) error {
	if s.Hat != book.HatSelf {
		return notOpen("keep")
	}
	return errs.Wrap("ending: keep", x.DB.Update(ctx, func(tx *store.Tx) error {
		kept, err := x.Keeper.TakeBackEnding(tx, s.Book, book.WhyAsked)
		if err != nil || !kept {
			return err
		}
		return x.Accounts.Happens(tx, s.Person, account.HappenedEndKept, id.Device{})
	}))
}

// Asked returns what the person of a session asked for about the end of their book, and whether they did. It returns NotOpen
// in another hat than their own.
func (x *Endings) Asked(ctx context.Context, s account.Session) (e keeper.Ending, is bool, err error) {
	if s.Hat != book.HatSelf {
		return e, false, notOpen("asked")
	}
	err = x.DB.View(ctx, func(tx *store.Tx) (err error) {
		e, is, err = x.asked(tx, s.Book)
		return err
	})
	return e, is, errs.Wrap("ending: asked", err)
}

func (x *Endings) asked(tx *store.Tx, b id.Book) (keeper.Ending, bool, error) {
	all, err := x.Keeper.Endings(tx, b)
	for _, e := range all {
		if e.Why == book.WhyAsked {
			return e, true, err
		}
	}
	return keeper.Ending{}, false, err
}
