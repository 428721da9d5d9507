package main

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"beside/internal/app"
	"beside/internal/testkit/world"
	"beside/internal/witness"
)

// A witness brings its signature until it is taken; shown another log it stops, says what to do, and goes on when a person
// says why.
func TestAWitnessOnAnotherMachine(t *testing.T) {
	w := world.New(t, t.TempDir(), func(c *app.Config) { c.CommunityName = "Elm House" })
	w.Join(t, "Ana")
	if _, err := w.App.Log.Sequence(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.Clock.Step(witness.Beat)
	head, err := w.App.Log.Shown(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var taken atomic.Bool
	var other atomic.Pointer[string]
	between := httptest.NewServer(http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
		switch note := other.Load(); {
		case r.Method == http.MethodPost && !taken.Load():
			out.WriteHeader(http.StatusTooManyRequests)
		case r.Method == http.MethodPost:
			out.WriteHeader(http.StatusNoContent)
		case note != nil && r.URL.Path == "/log/checkpoint":
			_, _ = out.Write([]byte(*note))
		default:
			w.App.Handler().ServeHTTP(out, r)
		}
	}))
	defer between.Close()
	place := witnessPlace{Of: between.URL, Dir: filepath.Join(t.TempDir(), "elm [backup]")}
	follow := func() (string, error) {
		var said bytes.Buffer
		err := (&witnessFollow{witnessPlace: place, Name: "elm.example", Once: true}).run(t.Context(), &said)
		return said.String(), err
	}
	for range 2 {
		if said, err := follow(); err != nil || !strings.Contains(said, "brought again") {
			t.Fatalf("%s, %v", said, err)
		}
	}
	taken.Store(true)
	if said, err := follow(); err != nil || !strings.Contains(said, "checked:") || strings.Contains(said, "again") {
		t.Fatalf("%s, %v", said, err)
	}
	if said, err := follow(); err != nil || strings.Contains(said, "checked:") {
		t.Fatalf("%s, %v", said, err)
	}
	note := strings.Replace(head.Note, head.Root.String(), witness.Hash{1}.String(), 1)
	other.Store(&note) // which nobody signed
	for _, want := range []string{witness.ErrOtherKey.Error(), witness.ErrStopped.Error()} {
		if _, err := follow(); !person(err) || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "beside witness go-on") {
			t.Fatalf("%v, want %s", err, want)
		}
		other.Store(nil)
	}
	var said bytes.Buffer
	if err := (&witnessGoOn{witnessPlace: place, Because: "Toni tried something"}).run(&said); err != nil || !strings.Contains(said.String(), "ANOTHER KEY") {
		t.Fatalf("%s, %v", said.String(), err)
	}
	if said, err := follow(); err != nil {
		t.Errorf("%s, %v", said, err)
	}
	kept, err := filepath.Glob(filepath.Join(filepath.Dir(place.Dir), "elm *", "evidence", "*", "*"))
	if err != nil || len(kept) < 4 {
		t.Errorf("kept are %v, %v", kept, err)
	}
	if _, err := os.Stat(filepath.Join(place.Dir, "stopped.json")); err == nil {
		t.Error("it is still stopped")
	}
}
