package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// TestEachChangeIsTried: on a package with two tests, one of which looks closely.
func TestEachChangeIsTried(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out")
	if err := run("./testdata/sample", "", "/none", out, false); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Files []struct {
			Name      string `json:"file_name"`
			Mutations []struct {
				Line         int
				Type, Status string
			}
		}
	}
	if err := json.Unmarshal(text, &got); err != nil || len(got.Files) != 1 || got.Files[0].Name != "testdata/sample/sample.go" {
		t.Fatalf("%v: %s", err, text)
	}
	var all []string
	for _, x := range got.Files[0].Mutations {
		all = append(all, fmt.Sprintf("%d %s %s", x.Line, x.Type, x.Status))
	}
	slices.Sort(all)
	want := []string{
		"7 boundary KILLED", "7 negation KILLED",
		"9 boundary KILLED", "9 negation KILLED", "9 negation KILLED", "9 negation KILLED", "9 logic KILLED", "9 logic KILLED",
		"18 boundary LIVED", "18 negation LIVED", "18 step KILLED", "19 arithmetic KILLED", "19 arithmetic LIVED",
		"25 negation NOT COVERED",
	}
	slices.Sort(want)
	if !slices.Equal(all, want) {
		t.Errorf("got  %q\nwant %q", all, want)
	}
}
