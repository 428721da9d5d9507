package backup

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"beside/internal/errs"
)

// Names within a folder of backups.
const (
	markFile  = "beside-backup"
	lockFile  = "lock"
	chunks    = "chunks"
	backups   = "backups"
	extension = ".backup"
	parts     = ".parts"
	temporary = ".tmp-"
)

// mark is what markFile holds.
const mark = "This folder holds backups of the %s of Beside. They are encrypted. Leave its files as they are.\n"

// What can be wrong with a backup, for [errors.Is]. Their words are for who runs the computer.
var (
	ErrOtherKeys = errors.New("this backup was made with other keys: give the root key and the keyring that belong to it")
	ErrNone      = errors.New("there is no backup in this folder")
	ErrNotFolder = errors.New("this is no folder of Beside's backups")
	ErrInUse     = errors.New("another backup or restore is using this folder: wait until it has ended")
	ErrBroken    = errors.New("this backup is not whole")
)

// Folder is a folder of backups, opened with the keys that its backups need.
type Folder struct {
	path string
	of   string // [Books] or [Keyring]
	keys keys
}

// Open opens the folder at path, of backups of the books or of the keyring, with keys from d. It is made, 0700, when it is
// missing and makes is true. It returns [ErrNotFolder] for a folder that holds something else, and errors of the file
// system.
func Open(path, of string, d Deriver, makes bool) (*Folder, error) {
	const op = "backup: open"
	k, err := keysOf(d)
	if err != nil {
		return nil, errs.Wrap(op, err)
	}
	f := &Folder{path: path, of: of, keys: k}
	says, err := os.ReadFile(filepath.Join(path, markFile))
	switch {
	case errors.Is(err, fs.ErrNotExist) && makes:
		err = f.begin()
	case errors.Is(err, fs.ErrNotExist):
		err = fmt.Errorf("%w: %s", ErrNotFolder, path)
	case err == nil && string(says) != fmt.Sprintf(mark, of):
		err = fmt.Errorf("%w of the %s: %s says: %s", ErrNotFolder, of, path, strings.TrimSpace(string(says)))
	}
	if err != nil {
		return nil, errs.Wrap(op, err)
	}
	return f, nil
}

// begin makes the folder. The mark is written last.
func (f *Folder) begin() error {
	found, err := os.ReadDir(f.path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for _, e := range found {
		if !slices.Contains([]string{chunks, backups, lockFile}, e.Name()) && !strings.HasPrefix(e.Name(), temporary) {
			return fmt.Errorf("%w: %s holds other files; give backups a folder of their own", ErrNotFolder, f.path)
		}
	}
	for _, d := range []string{chunks, backups} {
		if err := os.MkdirAll(filepath.Join(f.path, d), 0o700); err != nil {
			return err
		}
	}
	return writeWhole(filepath.Join(f.path, markFile), fmt.Appendf(nil, mark, f.of))
}

// lock keeps others from writing to or taking from the folder (alone), or from taking from it (not alone), until the
// function it returns is called. The operating system lets go of it when the process dies.
func (f *Folder) lock(alone bool) (unlock func(), err error) {
	how, flags := syscall.LOCK_SH, os.O_RDONLY
	if alone {
		how, flags = syscall.LOCK_EX, os.O_RDWR|os.O_CREATE
	}
	file, err := os.OpenFile(filepath.Join(f.path, lockFile), flags, 0o600)
	if errors.Is(err, fs.ErrNotExist) {
		return func() {}, nil // a copy of the folder that nobody writes to
	}
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(file.Fd()), how|syscall.LOCK_NB); err != nil {
		_ = file.Close() // it was not used
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, ErrInUse
		}
		return nil, err
	}
	return func() {
		_ = syscall.Flock(int(file.Fd()), syscall.LOCK_UN) // closing alone does not, while a child is being started that has not begun yet
		_ = file.Close()
	}, nil
}

// writeWhole writes a file so that under its name there is all of it or nothing, on disk.
func writeWhole(path string, text []byte) error {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	tmp, err := os.CreateTemp(dir, temporary)
	if err != nil {
		return err
	}
	_, err = tmp.Write(text)
	if err == nil {
		err = tmp.Sync()
	}
	if err = errors.Join(err, tmp.Close()); err == nil {
		err = os.Rename(tmp.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(tmp.Name()))
	}
	return nil
}

// syncFolders has the names in folders on disk.
func syncFolders(paths ...string) error {
	for _, p := range paths {
		d, err := os.Open(p)
		if err != nil {
			return err
		}
		if err := errors.Join(d.Sync(), d.Close()); err != nil {
			return err
		}
	}
	return nil
}

// broken is an [ErrBroken] that says what is wrong.
func (f *Folder) broken(what string, args ...any) error {
	return fmt.Errorf("%w: %s. Take an older backup, and make a new one with --anew", ErrBroken, fmt.Sprintf(what, args...))
}

// line cuts the clear line from the rest of a backup's file.
func line(file []byte) (head, rest []byte, found bool) { return bytes.Cut(file, []byte("\n")) }
