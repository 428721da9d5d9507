package main

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"

	"beside/internal/app"
	"beside/internal/clock"
)

// TestHoldAndCloseSpeakPlainly: what they say when all is empty, when something is wrong, and when it is done.
func TestHoldAndCloseSpeakPlainly(t *testing.T) {
	dir := t.TempDir()
	now := clock.NewManual(clock.Time(1804680000) * clock.Second) // 10 March 2027
	c := app.Config{
		Database: filepath.Join(dir, "data"), PublicURL: "http://127.0.0.1:1", ExitURL: "https://weather.example/", CommunityName: "Elm House",
		Clock: now,
	}
	a, err := app.New(t.Context(), c)
	if err == nil {
		err = a.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	closes := func(x closeCommand) string {
		var out bytes.Buffer
		if err := x.run(t.Context(), c, &out); err != nil {
			return err.Error()
		}
		return out.String()
	}
	holds := func(x holdCommand) string {
		var out bytes.Buffer
		if err := x.run(t.Context(), c, &out); err != nil {
			return err.Error()
		}
		return out.String()
	}
	for _, x := range []struct{ got, want string }{
		{closes(closeCommand{}), "no day is set"},
		{closes(closeCommand{Stop: true}), "There is nothing to stop"},
		{closes(closeCommand{On: "soon"}), "write it as 2027-05-31"},
		{closes(closeCommand{On: "2027-03-20"}), "at least 30 days ahead"},
		{closes(closeCommand{On: "2027-05-31"}), "closes on 31 May 2027"},
		{closes(closeCommand{On: "2027-06-30"}), "A day stands already"},
		{closes(closeCommand{Stop: true}), "does not close"},
		{holds(holdCommand{}), "No book is held"},
		{holds(holdCommand{End: true}), "say whose book"},
		{holds(holdCommand{Words: "nobody lantern", Ground: "An order.", Reference: "1"}), "no such book"},
		{holds(holdCommand{Book: "x"}), "no such book"},
	} {
		if !strings.Contains(x.got, x.want) {
			t.Errorf("it says %q, want %q", x.got, x.want)
		}
	}
}
