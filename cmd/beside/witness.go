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
	"path/filepath"
	"strings"
	"time"

	"beside/internal/clock"
	"beside/internal/witness"
)

// witnessCommand is "beside witness". It runs on another machine, kept by somebody else.
type witnessCommand struct {
	Follow witnessFollow `cmd:"" default:"withargs" help:"Follow the log of a Beside elsewhere, keep its signed heads, and sign them too."`
	Accept witnessAccept `cmd:"" help:"Accept a new log that began after a restore, once you know that there was one."`
	GoOn   witnessGoOn   `cmd:"" help:"Let a witness that has stopped go on, once you know why it stopped."`
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

type witnessGoOn struct {
	witnessPlace
	Because string `help:"What happened there, in your own words. It is kept with what was shown." required:"" placeholder:"WORDS"`
}

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
	draw := func() ([]byte, error) {
		if name == "" {
			return nil, fmt.Errorf("there is no witness here: no file witness.key in %s; say where it is with --dir", w.Dir)
		}
		return witness.NewSeed(rand.Reader)
	}
	err = f.OpenCosigner(name, draw,
		func(name string, seed []byte) (*witness.Cosigner, error) {
			return witness.NewCosigner(name, seed, clock.System())
		})
	return f, e, err
}

// exitStopped is what beside witness ends with when a person must look, so that a script can tell it from a network that is
// down.
const exitStopped = 3

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
	t := telling{f: f, e: e, out: out, pinned: pinned}
	for {
		signed, err := f.Step(ctx)
		switch {
		case person(err):
			return w.advised(err)
		case err != nil && w.Once:
			return err
		case err != nil && ctx.Err() == nil:
			fmt.Fprintln(out, "not reached:", err)
		case signed != "":
			if err := t.tell(ctx, signed); err != nil {
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

// person reports whether only a person can say how to go on.
func person(err error) bool {
	for _, e := range []error{witness.ErrFork, witness.ErrOtherKey, witness.ErrStopped, witness.ErrRestarted, witness.ErrForgot} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

// advised says of an error what to do about it.
func (w *witnessFollow) advised(err error) error {
	switch {
	case errors.Is(err, witness.ErrRestarted):
		return fmt.Errorf("%w.\nIf you know that data was restored there: beside witness accept --of %s --dir %s", err, w.Of, w.Dir)
	case errors.Is(err, witness.ErrForgot):
		return err
	}
	return fmt.Errorf("%w.\nNothing was signed, and nothing will be. Make a copy of the folder %s, and ask who runs %s.\nWhen you know what happened: beside witness go-on --of %s --dir %s --because \"…\"",
		err, w.Dir, w.Of, w.Of, w.Dir)
}

// telling is what was said so far of the heads that were signed.
type telling struct {
	f      *witness.Follower
	e      *elsewhere
	out    io.Writer
	pinned bool
	signed string // last
	why    string // it was not taken
}

// tell posts a signature, and shows at the first head what is pinned. One that is not taken is brought again.
func (t *telling) tell(ctx context.Context, signed string) error {
	if !t.pinned {
		p, _, err := t.f.Pinned()
		if err != nil {
			return err
		}
		t.pinned = true
		fmt.Fprintf(t.out, "From now on this log is followed. Compare both with what who runs it tells you by another way:\n\n  log  %s\n  key  %s\n\n", p.Origin, p.Key)
	}
	c, err := witness.Peek(signed)
	if err != nil {
		return err
	}
	if signed != t.signed {
		t.signed = signed
		fmt.Fprintf(t.out, "checked: %d leaves\n", c.Size)
	}
	if _, err := t.e.do(ctx, http.MethodPost, "/log/checked", strings.NewReader(signed)); err != nil {
		if why := err.Error(); why != t.why && ctx.Err() == nil {
			t.why = why
			fmt.Fprintln(t.out, "kept here; the signature was not taken there, and will be brought again:", err)
			if strings.Contains(why, " 403 ") {
				fmt.Fprintln(t.out, "They do not name your key with --witness yet.")
			}
		}
		return nil
	}
	t.why = ""
	return t.f.Taken(signed)
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

// Run lets a witness go on, and says what it stopped for.
func (w *witnessGoOn) Run(context.Context) error { return w.run(os.Stdout) }

func (w *witnessGoOn) run(out io.Writer) error {
	f, _, err := w.follower("")
	if err != nil {
		return err
	}
	s, stopped, err := f.Stopped()
	if err == nil && stopped {
		fmt.Fprintf(out, "On %s this witness saw: %s\n", s.At.Std().UTC().Format("2006-01-02 15:04:05 UTC"), s.What)
	}
	if err := errors.Join(err, f.GoOn(w.Because)); err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "It goes on from the last head that it signed. What was shown then stays in %s, with what you said.\n", filepath.Join(w.Dir, filepath.FromSlash(s.Evidence)))
	return err
}
