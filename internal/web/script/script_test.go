package script

import (
	"bytes"
	"os"
	"testing"
)

func TestCommittedScriptIsBuiltFromItsSource(t *testing.T) {
	want, err := Build()
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(Output)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s is not what %s builds to: run go generate ./internal/web/script", Output, Entry)
	}
}

func TestScriptIsSmall(t *testing.T) {
	js, err := Build()
	if err != nil {
		t.Fatal(err)
	}
	if const30k := 30 << 10; len(js) > const30k { // design.md, "Doors"
		t.Errorf("the script has %d bytes before packing, at most %d are allowed", len(js), const30k)
	}
}
