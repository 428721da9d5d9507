package log_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"

	"beside/internal/app"
	"beside/internal/clock"
	"beside/internal/testkit/pgtest"
	"beside/internal/testkit/world"
	"beside/internal/witness"
)

// outside is a witness's way to an installation.
type outside struct{ url string }

func (o outside) Get(ctx context.Context, path string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, o.url+path, nil)
	if err != nil {
		return nil, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s answers %s", path, resp.Status)
	}
	return b, err
}

// post brings a note to where a witness says that it has checked.
func post(t *testing.T, url, note string) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url+"/log/checked", strings.NewReader(note))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	return resp.StatusCode
}

// A witness elsewhere follows over the pages; what it signed is taken from it and from nobody else; and people read that
// somebody checked.
func TestAWitnessElsewhere(t *testing.T) {
	pgtest.Both(t, func(t *testing.T, where string) {
		own, err := witness.NewCosigner("garden.example", bytes.Repeat([]byte{3}, 32), clock.NewManual(world.Noon))
		if err != nil {
			t.Fatal(err)
		}
		other, err := witness.NewCosigner("garden.example", bytes.Repeat([]byte{4}, 32), clock.NewManual(world.Noon))
		if err != nil {
			t.Fatal(err)
		}
		w := world.New(t, where, func(c *app.Config) { c.Witnesses = []witness.OutsideKey{own.OutsideKey} })
		ana := w.Join(t, "Ana")
		ana.Get("/me/looked").Says("main", "Nobody outside has checked yet.")
		if _, err := w.App.Log.Sequence(t.Context()); err != nil {
			t.Fatal(err)
		}
		f := &witness.Follower{Folder: t.TempDir(), Source: outside{w.URL}, Cosigner: own}
		signed, err := f.Step(t.Context())
		if err != nil || signed == "" {
			t.Fatalf("%q, %v", signed, err)
		}
		note, err := outside{w.URL}.Get(t.Context(), "/log/checkpoint")
		if err != nil {
			t.Fatal(err)
		}
		strangers, err := other.Cosign(string(note))
		if err != nil {
			t.Fatal(err)
		}
		for name, c := range map[string]struct {
			note string
			want int
		}{
			"a stranger's":   {strangers, http.StatusForbidden},
			"no signature":   {string(note), http.StatusForbidden},
			"much too large": {strings.Repeat("x", 1<<20), http.StatusRequestEntityTooLarge},
		} {
			if got := post(t, w.URL, c.note); got != c.want {
				t.Errorf("%s: %d, want %d", name, got, c.want)
			}
		}
		ana.Get("/log").Says("main", "Nobody outside has checked yet.")
		if got := post(t, w.URL, signed); got != http.StatusNoContent {
			t.Fatalf("its own: %d", got)
		}
		ana.Get("/log").Says("main", "garden.example")
		ana.Get("/me/looked").Says("main", "garden.example")
		ana.Get("/me/ways/happened")
		if _, err := w.App.Log.Sequence(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, err := witness.ReadKept(os.DirFS(f.Folder), f.Folder, nil); err != nil {
			t.Fatal(err)
		}
		tooOften := 0
		for range 30 {
			if post(t, w.URL, "x") == http.StatusTooManyRequests {
				tooOften++
			}
		}
		if tooOften == 0 {
			t.Error("a stranger may post without end")
		}
	})
}

// Full tiles never change and say so; what is not there is not there.
func TestTilesAreKept(t *testing.T) {
	w := world.New(t, t.TempDir())
	w.Join(t, "Ana")
	if _, err := w.App.Log.Sequence(t.Context()); err != nil {
		t.Fatal(err)
	}
	h, err := w.App.Log.Latest(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		fmt.Sprintf("/logs/1/tile/0/000.p/%d", h.Size): "public, max-age=31536000, immutable",
		fmt.Sprintf("/log/tile/0/000.p/%d", h.Size):    "no-cache",
	} {
		resp, err := http.Get(w.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(resp.Body)
		if err != nil || resp.StatusCode != http.StatusOK || int64(len(b)) != 32*h.Size || resp.Header.Get("Cache-Control") != want {
			t.Errorf("%s: %s, %d bytes, %q, %v", path, resp.Status, len(b), resp.Header.Get("Cache-Control"), err)
		}
		_ = resp.Body.Close()
	}
	for _, path := range []string{"/log/tile/0/001", "/log/tile/0/000", "/log/tile/data/000", "/log/tile/", "/log/tile/0/../0", "/logs/2/checkpoint", "/logs/x/checkpoint", "/logs/1/tile/9/000"} {
		if _, err := (outside{w.URL}).Get(t.Context(), path); err == nil {
			t.Errorf("%s is there", path)
		}
	}
}

// A copy is taken by who has shown lately who they are, proves itself, and is written down.
func TestACopyIsTaken(t *testing.T) {
	w := world.New(t, t.TempDir())
	ana := w.Join(t, "Ana")
	w.Clock.Step(clock.Hour)
	ana.Get("/me/copy")
	if ana.Path == "/me/copy" {
		t.Fatal("it opens without showing again who one is")
	}
	ana.Send(`main form[action="/again"]`, "secret_passphrase", world.Passphrase)
	ana.Want(200, "/me/copy")
	ana.Send(`main form[action="/me/copy"]`)
	if ana.Status != 200 || !strings.HasPrefix(ana.Header.Get("Content-Disposition"), "attachment") || !bytes.Contains(ana.Body, []byte(`"words":"Ana"`)) {
		t.Fatalf("%d, %q, %d bytes", ana.Status, ana.Header.Get("Content-Disposition"), len(ana.Body))
	}
	ana.Get("/me/ways/happened").Says("main", "A copy of your whole book was taken")
}
