package script

import (
	"bytes"
	"os"
	"testing"
)

func TestCommittedScriptIsBuiltFromItsSource(t *testing.T) {
	for _, s := range Scripts {
		want, err := s.Build()
		if err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(s.Output)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s is not what %s builds to: run go generate ./internal/web/script", s.Output, s.Entry)
		}
	}
}

func TestScriptIsSmall(t *testing.T) {
	all := 0
	for _, s := range Scripts {
		js, err := s.Build()
		if err != nil {
			t.Fatal(err)
		}
		all += len(js)
	}
	if const30k := 30 << 10; all > const30k { // design.md, "Doors"
		t.Errorf("the scripts have %d bytes before packing, at most %d are allowed", all, const30k)
	}
}
