package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"beside/internal/testkit/world"
)

// A file that was cut short stands in the list of backups, as what it is.
func TestADamagedBackupIsListed(t *testing.T) {
	w := world.New(t, t.TempDir())
	folder := filepath.Join(t.TempDir(), "books")
	b := backupCommand{placeSettings: placeSettings{Database: w.App.Config.Database, Keyring: w.App.Config.Keyring, RootKey: w.App.Config.RootKey}}
	b.BackupTo, b.KeyringTo, b.KeyringDays = folder, filepath.Join(t.TempDir(), "keys"), 7
	var said strings.Builder
	if err := b.run(t.Context(), &said); err != nil {
		t.Fatalf("%v: %s", err, said.String())
	}
	files, err := filepath.Glob(filepath.Join(folder, "backups", "*.backup"))
	if err != nil || len(files) != 1 {
		t.Fatal(files, err)
	}
	if err := os.Truncate(files[0], 0); err != nil {
		t.Fatal(err)
	}
	said.Reset()
	list := backupsCommand{Folders: []string{folder}}
	name := strings.TrimSuffix(filepath.Base(files[0]), ".backup")
	if err := list.run(&said); err != nil || !strings.Contains(said.String(), " UTC  "+name+"  DAMAGED") {
		t.Errorf("%v: %s", err, said.String())
	}
}
