package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"beside/internal/app"
	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/id"
	"beside/internal/keeper"
	"beside/internal/store"
)

// holdCommand is "beside hold": what a court orders to be kept is not erased. It may run beside a Beside that serves.
type holdCommand struct {
	serveCommand
	Words     string `help:"The sign-in words of whose book it is." placeholder:"WORDS"`
	Book      string `help:"The number of the book, instead of the words." placeholder:"BOOK"`
	Ground    string `help:"Why, in words that the owner of the book will read." placeholder:"TEXT"`
	Reference string `help:"By what name or number the court calls its order." placeholder:"TEXT"`
	Until     string `help:"The day on which it ends by itself, such as 2027-05-31." placeholder:"DATE"`
	End       bool   `help:"End the hold: what waited for that goes on at once."`
}

// Run sets a hold, ends one, or lists those that stand.
func (h *holdCommand) Run(ctx context.Context) error {
	c, err := h.config(io.Discard)
	if err != nil {
		return err
	}
	return h.run(ctx, c, os.Stdout)
}

func (h *holdCommand) run(ctx context.Context, c app.Config, to io.Writer) (err error) {
	a, err := app.Open(ctx, c)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	if h.Words == "" && h.Book == "" {
		if h.End || h.Ground != "" || h.Reference != "" {
			return errors.New("say whose book, with --words or --book")
		}
		return listHolds(ctx, a, to)
	}
	b, err := h.which(ctx, a)
	if err != nil {
		return err
	}
	if h.End {
		err := a.DB.Update(ctx, func(tx *store.Tx) error {
			if held, err := a.Keeper.HoldOf(tx, b); err != nil || held.Since == 0 {
				return cmp.Or(err, errNotHeld)
			}
			return a.Keeper.EndHold(tx, b)
		})
		if err != nil {
			return err
		}
		_, err = fmt.Fprintln(to, "The hold has ended. What waited for that goes on now.")
		return err
	}
	order := keeper.Hold{Book: b, Reference: strings.TrimSpace(h.Reference), Ground: book.NewText(h.Ground)}
	if h.Until != "" {
		day, err := time.ParseInLocation(time.DateOnly, h.Until, a.Config.TZ)
		if err != nil {
			return fmt.Errorf("%q is not a day: write it as 2027-05-31", h.Until)
		}
		order.Until = clock.Of(day)
	}
	if err := a.Keeper.SetHold(ctx, order, id.Person{}); err != nil {
		return plainly(a, err)
	}
	_, err = fmt.Fprintln(to, "Held. Nothing in this book is erased until it ends; its owner sees that, and why. Nobody else sees anything of the book.")
	return err
}

var errNotHeld = errors.New("this book is not held")

// which is the book that is meant.
func (h *holdCommand) which(ctx context.Context, a *app.App) (b id.Book, err error) {
	nobody := errors.New("there is no such book here")
	if h.Book != "" {
		if b, err = id.Parse[id.Book](h.Book); err != nil {
			return b, nobody
		}
		return b, nil
	}
	err = a.DB.View(ctx, func(tx *store.Tx) error {
		who, err := a.Accounts.PersonOf(tx, h.Words)
		if err != nil {
			return err
		}
		if who.IsZero() {
			return nobody
		}
		return tx.Row(`SELECT book FROM account WHERE person = $1`, who).Scan(&b)
	})
	return b, err
}

func listHolds(ctx context.Context, a *app.App, to io.Writer) error {
	var all []keeper.Hold
	err := a.DB.View(ctx, func(tx *store.Tx) (err error) {
		all, err = a.Keeper.Holds(tx)
		return err
	})
	if err == nil && len(all) == 0 {
		_, err = fmt.Fprintln(to, "No book is held.")
	}
	for _, h := range all {
		if err == nil {
			ends := "without an end"
			if h.Until != 0 {
				ends = "until " + h.Until.Std().In(a.Config.TZ).Format(time.DateOnly)
			}
			_, err = fmt.Fprintf(to, "%s since %s, %s: %s\n", h.Book, h.Since.Std().In(a.Config.TZ).Format(time.DateOnly), ends, h.Reference)
		}
	}
	return err
}

// plainly says an error in the words that a page would use.
func plainly(a *app.App, err error) error {
	e, ok := errors.AsType[*errs.Error](err)
	if !ok {
		return err
	}
	words := a.Site.Languages.For("en")
	var said []string
	for _, f := range e.Fields {
		said = append(said, words.T(f.Words))
	}
	if len(said) == 0 && e.Words != "" {
		said = append(said, words.T(e.Words))
	}
	if len(said) == 0 {
		return err
	}
	return errors.New(strings.Join(said, "\n"))
}
