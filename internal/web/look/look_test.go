package look_test

import (
	"bytes"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"beside/internal/account/young"
	"beside/internal/app"
	"beside/internal/store"
	"beside/internal/store/schema"
	"beside/internal/testkit/ready"
	"beside/internal/testkit/world"
	"beside/internal/web/look"
)

const matters = "Wren, and the allotment by the railway"

// rows counts what stands in every table.
func rows(t *testing.T, w *world.World) string {
	t.Helper()
	var out strings.Builder
	create := regexp.MustCompile(`CREATE TABLE (\w+)`)
	files, err := fs.Glob(schema.Files, "*.sql")
	if err != nil || len(files) == 0 {
		t.Fatalf("schema: %v, %v", files, err)
	}
	for _, file := range files {
		b, err := fs.ReadFile(schema.Files, file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range create.FindAllSubmatch(b, -1) {
			n := 0
			err := w.App.DB.View(t.Context(), func(tx *store.Tx) error {
				return tx.Row(`SELECT COUNT(*) FROM ` + string(m[1])).Scan(&n)
			})
			if err != nil {
				t.Fatal(err)
			}
			fmt.Fprintln(&out, string(m[1]), n)
		}
	}
	return out.String()
}

func TestJustLookingLeavesNothing(t *testing.T) {
	ready.Both(t, func(t *testing.T, where string) {
		var log bytes.Buffer
		w := world.New(t, where, func(c *app.Config) { c.Log = slog.New(slog.NewTextHandler(&log, nil)) })
		v := w.Visitor(t)
		v.Get("/")
		v.Follow(`main a[href="/look"]`)
		v.Want(200, "/look")
		before := rows(t, w)
		v.Send("main form", "matters", matters, "strong", "I <b>bake</b>", "wish", "\u202eriver")
		v.Want(200, "/look")
		v.Page.Says("main .mine", matters)
		v.Page.Says("main", "I <b>bake</b>")
		v.Page.Has(`main form[action="/join"]`)
		if after := rows(t, w); after != before {
			t.Errorf("something was written: before\n%s after\n%s", before, after)
		}
		if len(v.Cookies()) != 0 {
			t.Errorf("a cookie is left: %v", v.Cookies())
		}
		if strings.Contains(v.Path, "Wren") || strings.Contains(log.String(), "Wren") || strings.Contains(log.String(), "matters") {
			t.Errorf("the words are in the address or in the log: %s\n%s", v.Path, log.String())
		}
		v.Get("/look")
		if bytes.Contains(v.Body, []byte("Wren")) {
			t.Error("the page remembers what was typed")
		}
		inFiles(t, where)
		inFiles(t, filepath.Dir(w.App.Config.RootKey))
	})
}

// inFiles looks for the words in every file of a folder.
func inFiles(t *testing.T, folder string) {
	t.Helper()
	if strings.Contains(folder, "://") {
		return
	}
	err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		if bytes.Contains(b, []byte("Wren")) {
			t.Errorf("the words are in %s", path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestLookingWithNothingTyped(t *testing.T) {
	w := world.New(t, ready.Folder(t))
	v := w.Visitor(t)
	v.Get(look.Look)
	v.Send("main form", "matters", " \n ")
	v.Want(200, look.Look)
	v.Page.HasNot("main .mine")
	v.Post(look.Look, url.Values{"matters": {"\xff"}})
	v.Want(422, look.Look)
	v.Post(look.Look, url.Values{"matters": {strings.Repeat("a", 70<<10)}})
	v.Want(413, look.Look)
}

// TestNobodyElseIsNamed: no page for who is unsure has a field in which somebody else, or a way to reach them, could be left.
func TestNobodyElseIsNamed(t *testing.T) {
	w := world.New(t, ready.Folder(t))
	v := w.Visitor(t)
	v.Get(look.Worried).HasNot("main form, main input, main textarea, main select")
	v.Page.Says("main", "We cannot tell you whether anybody has a book here.")
	v.Get("/").HasNot("main form, main input, main textarea, main select")
	own := map[string]bool{"matters": true, "strong": true, "wish": true, "typed": true}
	for _, f := range v.Get(look.Look).All("main input, main textarea, main select") {
		name, _ := f.Attr("name")
		if !own[name] {
			t.Errorf("just looking asks for %q", name)
		}
		if fills, there := f.Attr("autocomplete"); there && fills != "off" {
			t.Errorf("%q may be filled in by a browser: %q", name, fills)
		}
	}
}

func TestWhoToCallIsThePlaces(t *testing.T) {
	for _, place := range young.All() {
		w := world.New(t, ready.Folder(t), func(c *app.Config) { c.Jurisdiction = place.Code })
		p := w.Visitor(t).Get(look.Worried)
		p.Says("main", "Call "+place.Emergency+" at once")
		p.Says("main", "call "+place.Crisis+" at any time")
	}
}

func TestWorryingOpensOnesOwnBook(t *testing.T) {
	w := world.New(t, ready.Folder(t))
	v := w.Visitor(t)
	v.Get("/")
	v.Follow(`main a[href="/worried"]`)
	v.Page.Says("main", "local emergency number")
	v.Follow("main #s-own ~ .do a.button")
	v.Want(200, "/join")
	v.Follow("main .do a.button")
	v.Send("main form", "name", "Ida", "secret_passphrase", world.Passphrase, "contact", "no")
	v.Want(200, "/join/kept")
	v.Follow("main .do a.button")
	v.Want(200, "/me/words") // where it is about themselves
}
