package main

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"

	"beside/internal/app"
	"beside/internal/store"
	"beside/internal/testkit/pgtest"
)

// makers are the commands that make something where there is nothing: that is what they are for.
var makers = []string{"serve", "restore", "keyring back", "witness follow", "demo", "bench"}

// wrongPlace has every other command, with what it must be told, and what it says where there is nothing.
var wrongPlace = map[string]struct{ args, says string }{
	"team-link":         {"", "no file beside.db in ./beside-data"},
	"check-up":          {"--backup-to b --keyring-to k", "no file beside.db in ./beside-data"},
	"backup":            {"--backup-to b --keyring-to k", "no file beside.db in ./beside-data"},
	"restored":          {"", "no file beside.db in ./beside-data"},
	"release":           {"", "no file beside.db in ./beside-data"},
	"root-key copy":     {"", "no file beside.db in ./beside-data"},
	"root-key prove":    {"c.age", "no file beside.db in ./beside-data"},
	"root-key rotate":   {"", "no file beside.db in ./beside-data"},
	"root-key machines": {"", "no file beside.db in ./beside-data"},
	"root-key retire":   {"m", "no file beside.db in ./beside-data"},
	"root-key back":     {"COPY --passphrase-file PASSPHRASE", "no file beside.db in ./beside-data"},
	"verify":            {"", "no file beside.db in ./beside-data"},
	"witness accept":    {"--of https://beside.example --dir w", "no file witness.key in w"},
	"witness go-on":     {"--of https://beside.example --dir w --because x", "no file witness.key in w"},
	"export":            {"--out o", "no file beside.db in ./beside-data"},
	"hold":              {"", "no file beside.db in ./beside-data"},
	"close":             {"", "no file beside.db in ./beside-data"},
	"backups":           {"b", "no folder of Beside's backups"},
	"version":           {"", "beside"},
}

// leaves are the commands that can be typed.
func leaves(n *kong.Node) (out []string) {
	for _, c := range n.Children {
		if c.Type == kong.CommandNode {
			out = append(out, leaves(c)...)
		}
	}
	if len(out) == 0 {
		path := strings.TrimPrefix(n.Path(), "beside ")
		name, _, _ := strings.Cut(path, " <")
		return []string{name}
	}
	return out
}

// A command that is typed in the wrong folder says so, and makes nothing there.
func TestNothingIsMadeInTheWrongFolder(t *testing.T) {
	parser, err := kong.New(new(cli), kong.Name("beside"), kong.Vars{"exit_url": "", "version": ""})
	if err != nil {
		t.Fatal(err)
	}
	_, sealed := sealedCopy(t, "four rivers and one bridge")
	files := t.TempDir()
	replace := strings.NewReplacer("COPY", filepath.Join(files, "copy"), "PASSPHRASE", filepath.Join(files, "passphrase"))
	for name, text := range map[string]string{"copy": string(sealed), "passphrase": "four rivers and one bridge\n"} {
		if err := os.WriteFile(filepath.Join(files, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range leaves(parser.Model.Node) {
		x, known := wrongPlace[name]
		if slices.Contains(makers, name) != !known {
			t.Errorf("beside %s: say in wrongPlace what it says where there is nothing, or in makers that it makes something", name)
		}
		if !known {
			continue
		}
		t.Run(name, func(t *testing.T) {
			cmd := command(t, nil, append(strings.Fields(name), strings.Fields(replace.Replace(x.args))...)...)
			cmd.Stdin = strings.NewReader("amber lantern\nanother bridge\n")
			said, err := cmd.CombinedOutput()
			if (err == nil) != (name == "version") || !strings.Contains(string(said), x.says) {
				t.Errorf("%v: %s", err, said)
			}
			made, err := os.ReadDir(cmd.Dir)
			if err != nil || len(made) > 0 {
				t.Errorf("it made %v, %v", made, err)
			}
		})
	}
}

// Nor does one make anything in a database in which there is nothing.
func TestNothingIsMadeInAnEmptyDatabase(t *testing.T) {
	pgtest.Both(t, func(t *testing.T, where string) {
		keys := t.TempDir()
		c := app.Config{Database: where, Keyring: keys, RootKey: filepath.Join(keys, "root.key")}
		for _, file := range []string{c.RootKey, filepath.Join(keys, "keyring.db"), filepath.Join(where, "beside.db")} {
			if err := os.WriteFile(file, nil, 0o600); err != nil && !strings.Contains(where, "://") {
				t.Fatal(err)
			}
		}
		for name, run := range map[string]func() error{
			"open": func() error {
				a, err := app.Open(t.Context(), c)
				if err == nil {
					err = a.Close()
				}
				return err
			},
			"verify": func() error {
				_, err := app.Verify(t.Context(), app.VerifyConfig{Config: c})
				return err
			},
		} {
			if err := run(); err == nil || !strings.Contains(err.Error(), "there is no Beside here: the database of the books is empty") {
				t.Errorf("%s: %v", name, err)
			}
		}
		db, err := store.Open(t.Context(), where, store.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = db.Close() }()
		err = db.View(context.Background(), func(tx *store.Tx) error { return tx.Row(`SELECT COUNT(*) FROM book`).Scan(new(int)) })
		if err == nil {
			t.Error("there are tables")
		}
	})
}
