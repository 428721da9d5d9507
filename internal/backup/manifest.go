package backup

import (
	"bytes"
	"crypto/hmac"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/store/rows"
)

// What a backup is of.
const (
	Books   = "books"
	Keyring = "keyring"
)

// form is the version of the form of backups.
const form = 1

// How times are written in a backup: in its clear line, and in the name of its file.
const (
	timeInHead = "2006-01-02T15:04:05.000000Z"
	timeInName = "20060102T150405Z"
)

// Head is the clear line of a backup. It names nobody.
type Head struct {
	Form    int    `json:"beside_backup"`
	Of      string `json:"of"` // [Books] or [Keyring]
	MadeAt  string `json:"made_at"`
	Schema  int64  `json:"schema"`           // number of the newest schema file its tables have
	Engine  string `json:"engine"`           // it was read from; it can be restored to either
	Version string `json:"version"`          // of the Beside that made it
	Origin  string `json:"origin,omitempty"` // the name of its log
	Root    string `json:"root,omitempty"`   // mark of the root key that opens a backup of the keyring
	At      int64  `json:"at"`               // MadeAt, in microseconds

	Name    string `json:"-"` // of its file, by which it is asked for
	Damaged bool   `json:"-"` // its file was cut short or changed: only its name, and the time in that, are known
}

// Made is when the backup was made.
func (h Head) Made() clock.Time { return clock.Time(h.At) }

// manifest says what a backup consists of.
type manifest struct {
	Tables []part `json:"tables"`
	Note   string `json:"note,omitempty"` // of who made it: the log's last checkpoint
}

// part is one table.
type part struct {
	rows.Table
	Rows   int64    `json:"rows"`
	Hash   string   `json:"hash"` // SHA-256 of the forms of all its rows, in hexadecimal
	Chunks []string `json:"chunks"`
}

const tagBytes = 32

// sealed is the file of a backup.
func (k keys) sealed(h Head, m manifest) ([]byte, error) {
	head, err := json.Marshal(h)
	if err != nil {
		return nil, err
	}
	body, err := json.Marshal(m)
	if err != nil {
		return nil, err
	}
	stored, err := k.packed(append(k.tag("manifest", head, body), body...))
	return append(append(head, '\n'), stored...), err
}

// opened undoes sealed. It returns [ErrOtherKeys], or errDamaged for anything that sealed did not make.
func (k keys) opened(file []byte) (Head, manifest, error) {
	head, stored, found := line(file)
	h, ok := readHead(head)
	if !found || !ok {
		return Head{}, manifest{}, errDamaged
	}
	plain, err := k.unpacked(stored, largestChunk)
	if err != nil {
		return h, manifest{}, err
	}
	if len(plain) < tagBytes || !hmac.Equal(plain[:tagBytes], k.tag("manifest", head, plain[tagBytes:])) {
		return h, manifest{}, errDamaged
	}
	var m manifest
	if err := json.Unmarshal(plain[tagBytes:], &m); err != nil || !m.whole() {
		return h, manifest{}, errDamaged
	}
	return h, m, nil
}

// whole reports whether every chunk has a name that can be looked for.
func (m manifest) whole() bool {
	return !slices.ContainsFunc(m.Tables, func(p part) bool {
		return slices.ContainsFunc(p.Chunks, func(name string) bool { return !isName(name) })
	})
}

// readHead reads a clear line. A form from the future is read too, so that it can be told.
func readHead(head []byte) (h Head, ok bool) {
	err := json.Unmarshal(head, &h)
	return h, err == nil && h.Form > 0 && h.At > 0 && h.Schema > 0
}

// List returns the backups there are, the newest last. What is no whole file of a backup is not one. Errors are those of
// the file system.
func (f *Folder) List() ([]Head, error) {
	all, err := f.all()
	return slices.DeleteFunc(all, func(h Head) bool { return h.Damaged }), err
}

// all is List with the files that are damaged.
func (f *Folder) all() ([]Head, error) {
	found, err := os.ReadDir(filepath.Join(f.path, backups))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, errs.Wrap("backup: list", err)
	}
	var out []Head
	for _, e := range found {
		if !strings.HasSuffix(e.Name(), extension) {
			continue
		}
		head, err := firstLine(filepath.Join(f.path, backups, e.Name()))
		if err != nil {
			return nil, errs.Wrap("backup: list", err)
		}
		h, ok := readHead(head)
		if !ok {
			h = damagedHead(e.Name())
		}
		h.Name = strings.TrimSuffix(e.Name(), extension)
		out = append(out, h)
	}
	slices.SortFunc(out, func(a, b Head) int {
		if c := bytes.Compare([]byte(a.MadeAt), []byte(b.MadeAt)); c != 0 {
			return c
		}
		return strings.Compare(a.Name, b.Name)
	})
	return out, nil
}

// damagedHead is what the name of a file tells when nothing in it does.
func damagedHead(file string) Head {
	h := Head{Damaged: true}
	if at, err := time.Parse(timeInName, file[:min(len(file), len(timeInName))]); err == nil {
		h.At, h.MadeAt = int64(clock.Of(at)), at.Format(timeInHead)
	}
	return h
}

// longestHead is the most that a clear line can be, in bytes.
const longestHead = 4 << 10

func firstLine(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }() // only read
	begin, err := io.ReadAll(io.LimitReader(file, longestHead))
	head, _, _ := line(begin)
	return head, err
}

// Look returns what a folder holds backups of, and the clear lines of those, the newest last, which needs no keys; those that are
// damaged stand among them. It returns [ErrNotFolder], and errors of the file system.
func Look(path string) (of string, all []Head, err error) {
	says, err := os.ReadFile(filepath.Join(path, markFile))
	for _, of := range []string{Books, Keyring} {
		if err == nil && string(says) == fmt.Sprintf(mark, of) {
			all, err = (&Folder{path: path, of: of}).all()
			return of, all, err
		}
	}
	return "", nil, fmt.Errorf("%w: %s", ErrNotFolder, path)
}

// Newest is [Named] for the newest.
func Newest(path, of string) (Head, error) { return Named(path, of, "") }

// Named returns the clear line of the backup of a name, or of the newest for "", in a folder of backups of the books or of the
// keyring, which needs no keys. It returns [ErrNotFolder], and errors of [Folder.Find].
func Named(path, of, name string) (Head, error) {
	says, err := os.ReadFile(filepath.Join(path, markFile))
	if err != nil || string(says) != fmt.Sprintf(mark, of) {
		return Head{}, fmt.Errorf("%w of the %s: %s", ErrNotFolder, of, path)
	}
	return (&Folder{path: path, of: of}).Find(name)
}

// Find returns the backup of a name, or the newest for "". It returns [ErrNone], and [ErrBroken] for one whose file is damaged: the
// one before is not taken in its place unless it is named, as it lacks what happened between the two.
func (f *Folder) Find(name string) (Head, error) {
	all, err := f.all()
	if err != nil {
		return Head{}, err
	}
	if name == "" && len(all) > 0 {
		return f.newest(all)
	}
	for _, h := range all {
		switch {
		case h.Name == name && h.Damaged:
			return h, fmt.Errorf("%w: the file %s was cut short or changed. Take another: beside backups %s lists them", ErrBroken, name+extension, f.path)
		case h.Name == name:
			return h, nil
		}
	}
	if name != "" {
		return Head{}, fmt.Errorf("%w of the name %s: %s", ErrNone, name, f.path)
	}
	return Head{}, fmt.Errorf("%w: %s", ErrNone, f.path)
}

// newest is the last of all, when it is not damaged.
func (f *Folder) newest(all []Head) (Head, error) {
	h := all[len(all)-1]
	if !h.Damaged {
		return h, nil
	}
	before := "There is none before it"
	for _, older := range slices.Backward(all) {
		if !older.Damaged {
			before = fmt.Sprintf("Else name the one before: --%s %s", map[string]string{Books: "name", Keyring: "keyring-name"}[f.of], older.Name)
			break
		}
	}
	return h, fmt.Errorf("%w: the file of the newest of the %s, %s, was cut short or changed. If there is a copy of that file, put it there. %s",
		ErrBroken, f.of, h.Name+extension, before)
}

// read opens the manifest of a backup.
func (f *Folder) read(name string) (Head, manifest, error) {
	file, err := os.ReadFile(filepath.Join(f.path, backups, name+extension))
	if err != nil {
		return Head{}, manifest{}, err
	}
	h, m, err := f.keys.opened(file)
	h.Name = name
	switch {
	case errors.Is(err, errDamaged):
		return h, m, f.broken("its list was changed or cut short: the file %s", name+extension)
	case err != nil:
		return h, m, err
	case h.Form > form:
		return h, m, fmt.Errorf("%w: it was made by a newer Beside (%s): restore it with that one", ErrBroken, h.Version)
	}
	return h, m, nil
}
