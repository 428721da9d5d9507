// Package together is saying yes on the worker's phone, in the park: the worker shows what they suggested, the person ticks
// what is theirs and types their own PIN or mark, and the entries are the person's own. It exists because many who walk with
// somebody have no phone of their own, or none that is charged.
//
// Nothing takes effect without the person's own live approval (mission.md S0.7). Here that approval is the PIN or mark,
// and [Together.accept] is the one function that writes as the owner of a book while somebody else is signed in. It asks
// for a [pin.Approval], which only a fitting PIN makes. It opens no more of the book than the worker saw before: the
// suggestions are read as the worker, and asked for again as the worker under the book's lock.
package together

import (
	"context"
	"crypto/sha256"
	"slices"

	"beside/internal/account"
	"beside/internal/account/limit"
	"beside/internal/account/pin"
	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/keeper"
	"beside/internal/mutant"
	"beside/internal/store"
)

// Config is what [New] needs.
type Config struct {
	DB       *store.DB
	Keeper   *keeper.Keeper
	Accounts *account.Accounts
	PINs     *pin.PINs
	Clock    clock.Clock
}

// Together takes a person's yes on their worker's device. It is safe for concurrent use.
type Together struct {
	Config
	mine grant.Clause // suggestions of the worker's own that they may still read
}

// New returns Together.
func New(c Config) *Together {
	columns := grant.Columns{Book: "$1", Section: "s.section", Author: "s.author"}
	return &Together{Config: c, mine: grant.ReadSuggestion.Clause(columns, 2)}
}

// Waiting returns what a worker suggested to the owner of a book that was never answered, the oldest first. It returns
// NotOpen in another hat, and when nothing is given.
func (t *Together) Waiting(ctx context.Context, worker grant.Subject, b id.Book) ([]keeper.Told, error) {
	const op = "together: waiting"
	if worker.Hat != book.HatWorker {
		return nil, errs.New(op, errs.NotOpen, "")
	}
	told, err := t.Keeper.Suggestions(ctx, worker, b, book.Waiting)
	return told, errs.Wrap(op, err)
}

// Yes is one yes to several suggestions.
type Yes struct {
	Worker grant.Subject // whose device it is, and who suggested all of it
	Book   id.Book
	Form   id.Entry // the form's: sent twice it is one yes
	To     []id.Entry
	Typed  string // the PIN or mark, as [pin.PINs.Fits] takes it
}

// triesOfWorker bounds how often one worker's device asks for anybody's PIN or mark.
var triesOfWorker = limit.Limit{Name: "pin together with", AtOnce: 30, Every: 10 * clock.Minute}

// Say accepts all that was ticked, or nothing, as the owner of the book, and writes down for them that it was said together.
// Errors are of kind NotOpen (nothing given, or another's suggestion, which are not told apart), Invalid with the field "to"
// (nothing ticked), "pin" or "mark" (what does not fit, or there is none, or it is not allowed, in the same words), Changed
// (one of them has been answered, or its item is no longer what it was), TooOften, and Busy.
func (t *Together) Say(ctx context.Context, y Yes) error {
	const op = "together: say"
	y.To = slices.Clone(y.To)
	slices.SortFunc(y.To, func(a, b id.Entry) int { return slices.Compare(a.Bytes(), b.Bytes()) })
	y.To = slices.Compact(y.To)
	picked, err := t.picked(ctx, y)
	if err != nil {
		return errs.Wrap(op, err)
	}
	approval, err := t.ask(ctx, y)
	if err != nil {
		return errs.Wrap(op, err)
	}
	if said(y, picked) {
		return nil
	}
	err = t.accept(ctx, y, approval, picked)
	if errs.Is(err, errs.Changed) || errs.Is(err, errs.AlreadyKept) { // perhaps by a second tap on the same form
		if again, readErr := t.picked(ctx, y); readErr == nil && said(y, again) {
			return nil
		}
	}
	return errs.Wrap(op, err)
}

// picked reads what was ticked, as the worker reads it.
func (t *Together) picked(ctx context.Context, y Yes) ([]keeper.Told, error) {
	const op = "together: picked"
	if y.Worker.Hat != book.HatWorker || y.Form.IsZero() {
		return nil, errs.New(op, errs.NotOpen, "")
	}
	told, err := t.Keeper.Suggestions(ctx, y.Worker, y.Book)
	if err != nil {
		return nil, err
	}
	told = slices.DeleteFunc(told, func(s keeper.Told) bool { return !slices.Contains(y.To, s.Entry) })
	if len(told) != len(y.To) {
		return nil, errs.New(op, errs.NotOpen, "")
	}
	if len(told) == 0 {
		return nil, refused(op, "to", "together.none_ticked")
	}
	return told, nil
}

func (t *Together) owner(ctx context.Context, b id.Book) (who id.Person, err error) {
	err = t.DB.Glance(ctx, func(tx *store.Tx) error {
		return tx.Row(`SELECT owner FROM book WHERE id = $1`, b).Scan(&who)
	})
	return who, err
}

// ask makes sure that the owner of the book has just typed their own PIN or mark.
func (t *Together) ask(ctx context.Context, y Yes) (pin.Approval, error) {
	const op = "together: ask"
	owner, err := t.owner(ctx, y.Book)
	if err != nil {
		return pin.Approval{}, err
	}
	if err := t.Accounts.Limits.Take(ctx, triesOfWorker, y.Worker.Person.Bytes()); err != nil {
		return pin.Approval{}, err
	}
	approval, fits, err := t.PINs.Approve(ctx, owner, y.Typed)
	if err == nil && !fits {
		err = refused(op, "pin", "together.not_fit")
	}
	return approval, err
}

// said reports whether this very form has said yes to all of it before.
func said(y Yes, picked []keeper.Told) bool {
	return !slices.ContainsFunc(picked, func(s keeper.Told) bool {
		return s.State != book.Accepted || s.Answer != answerOf(y.Form, s.Entry)
	})
}

// answerOf is the id of the answer that a form gives to a suggestion. It keeps the form's time in front.
func answerOf(form, suggestion id.Entry) id.Entry {
	h := sha256.Sum256(append(append([]byte("beside together\x00"), form.Bytes()...), suggestion.Bytes()...))
	b := slices.Clone(form.Bytes())
	copy(b[8:], h[:8])
	b[8] = b[8]&0x3f | 0x80
	e, _ := id.FromBytes[id.Entry](b) // 16 bytes never fail
	return e
}

// accept writes the person's yes to each as the owner of the book. That the worker may still read them, and that what was
// approved with is still the person's, is asked for again under the book's lock.
func (t *Together) accept(ctx context.Context, y Yes, by pin.Approval, picked []keeper.Told) error {
	const op = "together: accept"
	owner := grant.Subject{Person: by.Owner(), Hat: book.HatSelf}
	var drafts []keeper.Draft
	for _, s := range picked {
		if s.State != book.Waiting {
			return errs.New(op, errs.Changed, "together.changed")
		}
		drafts = append(drafts, keeper.Draft{
			ID: answerOf(y.Form, s.Entry), Kind: s.Kind, Act: book.ActAccept, Item: s.Item, Base: s.Base, Answers: s.Entry, Via: book.ViaTogether,
		})
	}
	prepared, err := t.Keeper.Prepare(ctx, owner, y.Book, drafts...)
	if err != nil {
		return err
	}
	return t.DB.Update(ctx, func(tx *store.Tx) error {
		if _, err := t.Keeper.Apply(tx, prepared); err != nil {
			return err
		}
		if err := t.still(tx, y); err != nil {
			return err
		}
		stands, err := by.Stands(tx)
		if err == nil && !stands {
			err = refused(op, "pin", "together.not_fit")
		}
		if err != nil {
			return err
		}
		return t.Accounts.Happens(tx, owner.Person, account.HappenedTogether, id.Device{})
	})
}

// still asks within the transaction whether the worker may read all of it. The book's lock has been taken, so what was
// given cannot be taken back before this is written.
func (t *Together) still(tx *store.Tx, y Yes) error {
	args := t.mine.Args(y.Worker, t.Clock.Now(), y.Book)
	these, args := store.In("s.entry", args, y.To)
	var n int
	err := tx.Row(`SELECT COUNT(*) FROM suggestion AS s WHERE s.book = $1 AND `+t.mine.SQL+` AND `+these, args...).Scan(&n)
	if err == nil && n != len(y.To) && !mutant.On("together-late") {
		err = errs.New("together: still", errs.NotOpen, "")
	}
	return err
}

func refused(op, field, words string) error {
	var c errs.Check
	c.Add(field, words)
	return c.Err(op)
}
