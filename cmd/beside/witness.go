package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"beside/internal/clock"
	"beside/internal/witness"
)

// witnessCommand is "beside witness". It runs on another machine, kept by somebody else.
type witnessCommand struct {
	Follow witnessFollow `cmd:"" default:"withargs" help:"Follow the log of a Beside elsewhere, keep its signed heads, and sign them too."`
	Accept witnessAccept `cmd:"" help:"Accept a new log that began after a restore, once you know that there was one."`
}

// witnessPlace is which Beside is followed, and where what is known of it is kept.
type witnessPlace struct {
	Of  string `help:"The address of the Beside that is followed." required:"" placeholder:"URL"`
	Dir string `help:"The folder in which heads are kept." required:"" placeholder:"DIR"`
}

type witnessFollow struct {
	witnessPlace
	Name  string        `help:"What you call yourself, the first time: letters, digits, dots and dashes. People will read it." placeholder:"NAME"`
	Every time.Duration `help:"How often to look." default:"1m"`
	Once  bool          `help:"Look once, and end."`
}

type witnessAccept struct{ witnessPlace }

// elsewhere reads the pages of another Beside.
type elsewhere struct {
	of     string
	client *http.Client
}

func newElsewhere(of string) (*elsewhere, error) {
	u, err := url.Parse(of)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return nil, fmt.Errorf("--of %q: write it like https://beside.example", of)
	}
	return &elsewhere{strings.TrimSuffix(of, "/"), &http.Client{Timeout: 30 * time.Second}}, nil
}

// maxAnswer is the largest answer that is read: of a list of logs, each with a head.
const maxAnswer = 1 << 20

// Get returns what stands at a path.
func (e *elsewhere) Get(ctx context.Context, path string) ([]byte, error) {
	return e.do(ctx, http.MethodGet, path, nil)
}

func (e *elsewhere) do(ctx context.Context, method, path string, body io.Reader) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, method, e.of+path, body)
	if err != nil {
		return nil, err
	}
	resp, err := e.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }() // only read
	b, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err == nil && resp.StatusCode/100 != 2 {
		err = fmt.Errorf("%s answers %s at %s", e.of, resp.Status, path)
	}
	return b, err
}

func (w *witnessPlace) follower(name string) (*witness.Follower, *elsewhere, error) {
	e, err := newElsewhere(w.Of)
	if err != nil {
		return nil, nil, err
	}
	f := &witness.Follower{Folder: w.Dir, Source: e}
	err = f.OpenCosigner(name, func() ([]byte, error) { return witness.NewSeed(rand.Reader) },
		func(name string, seed []byte) (*witness.Cosigner, error) {
			return witness.NewCosigner(name, seed, clock.System())
		})
	return f, e, err
}

// Run follows until ctx ends. That the log forked, shrank, or began anew ends it with an error, loudly: a person must look.
func (w *witnessFollow) Run(ctx context.Context) error { return w.run(ctx, os.Stdout) }

func (w *witnessFollow) run(ctx context.Context, out io.Writer) error {
	if w.Name == "" {
		w.Name = "witness"
	}
	f, e, err := w.follower(w.Name)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "This witness signs as:\n\n  %s\n\nWho runs the Beside says so to it: beside serve --witness KEY\n", f.Cosigner.OutsideKey)
	_, pinned, err := f.Pinned()
	if err != nil {
		return err
	}
	for {
		signed, err := f.Step(ctx)
		switch {
		case errors.Is(err, witness.ErrRestarted):
			return fmt.Errorf("%w.\nIf you know that data was restored there: beside witness accept --of %s --dir %s", err, w.Of, w.Dir)
		case errors.Is(err, witness.ErrFork), errors.Is(err, witness.ErrOtherKey):
			return fmt.Errorf("%w.\nNothing was signed. Keep the folder %s, and ask who runs %s", err, w.Dir, w.Of)
		case err != nil && w.Once:
			return err
		case err != nil:
			fmt.Fprintln(out, "not reached:", err)
		case signed != "":
			if err := w.tell(ctx, f, e, signed, &pinned, out); err != nil {
				return err
			}
		}
		if w.Once {
			return nil
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(w.Every):
		}
	}
}

// tell posts a signature, and shows at the first head what is pinned.
func (w *witnessFollow) tell(ctx context.Context, f *witness.Follower, e *elsewhere, signed string, pinned *bool, out io.Writer) error {
	if !*pinned {
		p, _, err := f.Pinned()
		if err != nil {
			return err
		}
		*pinned = true
		fmt.Fprintf(out, "From now on this log is followed. Compare both with what who runs it tells you by another way:\n\n  log  %s\n  key  %s\n\n", p.Origin, p.Key)
	}
	c, err := witness.Peek(signed)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "checked: %d leaves\n", c.Size)
	if _, err := e.do(ctx, http.MethodPost, "/log/checked", strings.NewReader(signed)); err != nil {
		fmt.Fprintln(out, "kept here; the signature was not taken there:", err)
	}
	return nil
}

// Run accepts a new log.
func (w *witnessAccept) Run(ctx context.Context) error {
	f, _, err := w.follower("")
	if err != nil {
		return err
	}
	lost, err := f.Accept(ctx)
	if err != nil {
		return err
	}
	_, err = fmt.Println("The new log is followed from now on:", lost+".")
	return err
}
