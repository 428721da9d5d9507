package app

import (
	"os"
	"path/filepath"
	"testing"
)

func TestWhatIsNotSafeToServe(t *testing.T) {
	dir := t.TempDir()
	for name, c := range map[string]Config{
		"plain http for everybody":    {Database: dir, Addr: "0.0.0.0:8080", PublicURL: "http://localhost:8080"},
		"plain http on every address": {Database: dir, Addr: ":8080", PublicURL: "http://localhost:8080"},
	} {
		if _, err := c.filled(); err == nil {
			t.Errorf("%s was let through", name)
		}
	}
	for name, c := range map[string]Config{
		"behind a proxy":  {Database: dir, Addr: "0.0.0.0:8080", PublicURL: "https://beside.example"},
		"on this machine": {Database: dir, Addr: "127.0.0.1:8080"},
	} {
		if _, err := c.filled(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, DemoMark), []byte("[]"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := (Config{Database: dir}).filled(); err == nil {
		t.Error("the folder of a demo was let through")
	}
	if _, err := (Config{Database: dir, Demo: true}).filled(); err != nil {
		t.Errorf("a demo in its own folder: %v", err)
	}
}
