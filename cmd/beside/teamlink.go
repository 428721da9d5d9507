package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"beside/internal/app"
)

// teamLinkCommand is "beside team-link". It may run beside a Beside that serves.
type teamLinkCommand struct{ serveCommand }

// Run prints a link into the centre team.
func (t *teamLinkCommand) Run(ctx context.Context) error {
	c, err := t.config(io.Discard)
	if err != nil {
		return err
	}
	return t.print(ctx, c, os.Stdout)
}

func (t *teamLinkCommand) print(ctx context.Context, c app.Config, to io.Writer) (err error) {
	a, err := app.Open(ctx, c)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	link, err := a.HostLink(ctx)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(to, "Whoever opens this link first, within a day, can put on the hat of the centre team. Everybody in the team is told.\n\n  %s\n\n", link)
	return err
}
