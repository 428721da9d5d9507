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
	"beside/internal/store"
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
		if _, err := f.Step(t.Context()); err == nil {
			t.Error("what was just written is shown outside at once")
		}
		w.Clock.Step(witness.Beat)
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
	})
}

// Whatever strangers post, and however much of it, a witness is heard, and nothing of theirs is written down.
func TestStrangersSilenceNoWitness(t *testing.T) {
	own, err := witness.NewCosigner("garden.example", bytes.Repeat([]byte{3}, 32), clock.NewManual(world.Noon))
	if err != nil {
		t.Fatal(err)
	}
	stranger, err := witness.NewCosigner("garden.example", bytes.Repeat([]byte{4}, 32), clock.NewManual(world.Noon))
	if err != nil {
		t.Fatal(err)
	}
	w := world.New(t, t.TempDir(), func(c *app.Config) { c.Witnesses = []witness.OutsideKey{own.OutsideKey} })
	w.Join(t, "Ana")
	if _, err := w.App.Log.Sequence(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.Clock.Step(witness.Beat)
	f := &witness.Follower{Folder: t.TempDir(), Source: outside{w.URL}, Cosigner: own}
	signed, err := f.Step(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	note, err := outside{w.URL}.Get(t.Context(), "/log/checkpoint")
	if err != nil {
		t.Fatal(err)
	}
	theirs, err := stranger.Cosign(string(note))
	if err != nil {
		t.Fatal(err)
	}
	before := counted(t, w)
	for n := range 300 {
		if got := post(t, w.URL, []string{"x", theirs, string(note)}[n%3]); got != http.StatusForbidden {
			t.Fatalf("a stranger's: %d", got)
		}
	}
	if after := counted(t, w); after != before {
		t.Errorf("%d allowances were written down for strangers", after-before)
	}
	for range 100 { // also when somebody repeats it
		if got := post(t, w.URL, signed); got != http.StatusNoContent {
			t.Fatalf("the witness: %d", got)
		}
	}
}

func counted(t *testing.T, w *world.World) (n int) {
	t.Helper()
	if err := w.App.DB.View(t.Context(), func(tx *store.Tx) error { return tx.Row(`SELECT COUNT(*) FROM allowance`).Scan(&n) }); err != nil {
		t.Fatal(err)
	}
	return n
}

// Outside only the beats are seen: a head, and the tiles under it, are shown at the next one, and not what was written
// since.
func TestNobodyOutsideSeesTheMoment(t *testing.T) {
	w := world.New(t, t.TempDir())
	ana := w.Join(t, "Ana")
	written := func() witness.Head {
		if _, err := w.App.Log.Sequence(t.Context()); err != nil {
			t.Fatal(err)
		}
		h, err := w.App.Log.Latest(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return h
	}
	shown := func() string {
		b, err := outside{w.URL}.Get(t.Context(), "/log/checkpoint")
		if err != nil {
			return ""
		}
		return string(b)
	}
	first := written()
	w.Clock.Step(witness.Beat - 1)
	if got := shown(); got != "" {
		t.Errorf("before the first beat: %s", got)
	}
	w.Clock.Step(1)
	if got := shown(); got != first.Note {
		t.Errorf("at the beat: %q", got)
	}
	w.Clock.Step(3 * clock.Minute)
	ana.Get("/me/goals/new")
	ana.Send("main form", "words", "cook for my sister")
	second := written()
	at := witness.At(second.Origin)
	for range 7 {
		if got := shown(); got != first.Note {
			t.Errorf("within a beat: %q", got)
		}
		for _, from := range []string{"/log", at} {
			if _, err := (outside{w.URL}).Get(t.Context(), fmt.Sprintf("%s/tile/0/000.p/%d", from, first.Size+1)); err == nil {
				t.Error("a tile shows what was just written")
			}
			if _, err := (outside{w.URL}).Get(t.Context(), fmt.Sprintf("%s/tile/0/000.p/%d", from, first.Size)); err != nil {
				t.Error(err)
			}
		}
		w.Clock.Step(clock.Minute - 1)
	}
	w.Clock.Step(-5 * clock.Hour) // a clock that was set back takes nothing back
	if got := shown(); got != first.Note {
		t.Errorf("with the clock set back: %q", got)
	}
	w.Clock.Step(5*clock.Hour + 7)
	if got := shown(); got != second.Note {
		t.Errorf("at the next beat: %q", got)
	}
}

// Full tiles never change and say so; what is not there is not there.
func TestTilesAreKept(t *testing.T) {
	w := world.New(t, t.TempDir())
	w.Join(t, "Ana")
	if _, err := w.App.Log.Sequence(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.Clock.Step(witness.Beat)
	h, err := w.App.Log.Shown(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	at := witness.At(h.Origin)
	for path, want := range map[string]string{
		fmt.Sprintf("%s/tile/0/000.p/%d", at, h.Size): "public, max-age=31536000, immutable",
		fmt.Sprintf("/log/tile/0/000.p/%d", h.Size):   "no-cache",
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
	for _, path := range []string{"/log/tile/0/001", "/log/tile/0/000", "/log/tile/data/000", "/log/tile/", "/log/tile/0/../0", "/logs/1/checkpoint", "/logs/x/checkpoint", fmt.Sprintf("/logs/1/tile/0/000.p/%d", h.Size), at + "/tile/9/000", at + "/tile/7/000"} {
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
