package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"beside/internal/account/ending"
	"beside/internal/app"
	"beside/internal/clock"
)

// closeCommand is "beside close". It may run beside a Beside that serves, and should: that one tells everybody.
type closeCommand struct {
	serveCommand
	On   string `help:"The day on which the place closes, such as 2027-05-31: 30 days ahead at least." placeholder:"DATE"`
	Stop bool   `help:"Take it back."`
}

// Run says that the place closes, takes that back, or tells how far it is.
func (c *closeCommand) Run(ctx context.Context) error {
	a, err := c.config(io.Discard)
	if err != nil {
		return err
	}
	return c.run(ctx, a, os.Stdout)
}

func (c *closeCommand) run(ctx context.Context, config app.Config, to io.Writer) (err error) {
	a, err := app.Open(ctx, config)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	switch {
	case c.On != "" && c.Stop:
		return errors.New("say either --on or --stop")
	case c.Stop:
		if err := a.Endings.Stop(ctx); err != nil {
			return plainly(a, err)
		}
		_, err = fmt.Fprintln(to, "Taken back: this place does not close. Everybody sees that on their first page; nobody is written to.")
		return err
	case c.On != "":
		day, err := time.ParseInLocation(time.DateOnly, c.On, a.Config.TZ)
		if err != nil {
			return fmt.Errorf("%q is not a day: write it as 2027-05-31", c.On)
		}
		if err := a.Endings.Close(ctx, clock.Of(day)); err != nil {
			return plainly(a, err)
		}
	}
	state, err := a.Endings.CertifyClosing(ctx)
	if err != nil {
		return err
	}
	return tellClosing(to, state, a.Config.TZ)
}

// tellClosing says how far a closing is; at its end that is the certificate.
func tellClosing(to io.Writer, c ending.ClosingCertificate, tz *time.Location) (err error) {
	date := func(at clock.Time) string { return at.Std().In(tz).Format("2 January 2006") }
	say := func(form string, args ...any) {
		if err == nil {
			_, err = fmt.Fprintf(to, form+"\n", args...)
		}
	}
	switch {
	case c.OnAt == 0:
		say("This place does not close: no day is set. Set one with --on DATE.")
	case c.BegunAt == 0:
		say("This place closes on %s. Said on %s. Until then --stop takes it back.", date(c.OnAt), date(c.SaidAt))
		say("Everybody sees it on their first page, and is told where it is safe to write: now, and 30, 7 and 1 days before.")
		say("Books that will be erased: %d. Of these are held now: %d.", c.There, c.Held)
	case !c.Done():
		say("This place closed on %s. Leave a Beside running until all is done.", date(c.OnAt))
		say("Erased because it closes: %d. Still there: %d, of which %d wait for the end of a hold.", c.Erased, c.There, c.Held)
		say("Erased, and not yet certified: %d.", c.Unsettled)
	default:
		say("Certificate")
		say("All books of this place were erased for good, because it closed on %s. That was said on %s.", date(c.OnAt), date(c.SaidAt))
		say("Erased because it closed: %d. Erased before, by their owners' wish: %d. Still there: 0.", c.Erased, c.Earlier)
		say("No older copy could be opened with what is here since %s.", date(c.SureAt))
		say("Now destroy the recovery copies of the root key, and let the copies of the keyring run out.")
	}
	return err
}
