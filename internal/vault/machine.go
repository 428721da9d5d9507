package vault

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/store"
)

// Machine is one that has a file of the root key, whether anything runs there or not.
type Machine struct {
	ID     string // as it is told and typed
	Name   string // what the machine calls itself
	Path   string // where the file lies there
	Behind bool   // the root key in its file is older than that of the keyring: it opens old copies of what was erased since
	Here   bool   // it is this one
	Seen   clock.Time
}

// ErrNoMachine says that no machine has this id.
var ErrNoMachine = errors.New("no machine is called that")

// Machines returns those that have, or had when they were last seen, a file of the root key. Errors are those of the store.
func (v *Vault) Machines(ctx context.Context) (all []Machine, err error) {
	err = v.db.View(ctx, func(tx *store.Tx) error {
		all = nil
		return store.Each(tx, `SELECT id, name, path, gen < (SELECT MIN(g.gen) FROM generation AS g), at FROM machine ORDER BY name, path, id`, nil, func(scan func(...any) error) error {
			var m Machine
			var which []byte
			err := scan(&which, &m.Name, &m.Path, &m.Behind, &m.Seen)
			m.ID, m.Here = hex.EncodeToString(which), bytes.Equal(which, v.here.machine)
			all = append(all, m)
			return err
		})
	})
	return all, errs.Wrap("vault: machines", err)
}

// Behind names the machines whose root key file is older than that of the keyring: certificates of erasing wait for them. Errors
// are those of the store.
func (v *Vault) Behind(ctx context.Context) (names []string, err error) {
	all, err := v.Machines(ctx)
	for _, m := range all {
		if m.Behind {
			names = append(names, m.Name+":"+m.Path)
		}
	}
	return names, err
}

// Retire forgets a machine whose file of the root key is gone for good, with what it tried and left. Whoever says so without
// its being true lets certificates be given that are not. A machine that is started again is remembered again. It returns
// [ErrNoMachine], and errors of the store.
func (v *Vault) Retire(ctx context.Context, which string) error {
	const op = "vault: retire"
	b, err := hex.DecodeString(which)
	if err != nil {
		return errs.Wrap(op, ErrNoMachine)
	}
	return errs.Wrap(op, v.update(ctx, nil, func(tx *store.Tx) error {
		_, err := tx.Exec(`DELETE FROM trial WHERE machine IN (SELECT name FROM machine WHERE id = $1)`, b)
		if err != nil {
			return err
		}
		gone, err := tx.Exec(`DELETE FROM machine WHERE id = $1`, b)
		if err == nil && gone == 0 {
			err = ErrNoMachine
		}
		return err
	}))
}

// moved returns [ErrRootStays], with the machines, when a root key file is, or was when its machine was last seen, of a
// generation or an older one.
func moved(tx *store.Tx, past int64) error {
	var names []string
	err := store.Each(tx, `SELECT name, path FROM machine WHERE gen <= $1 ORDER BY name, path`, []any{past}, func(scan func(...any) error) error {
		var name, path string
		err := scan(&name, &path)
		names = append(names, name+":"+path)
		return err
	})
	if err != nil || len(names) == 0 {
		return err
	}
	return fmt.Errorf("%w: %s", ErrRootStays, strings.Join(names, ", "))
}

// machineName is what this machine calls itself.
func machineName() string {
	name, err := os.Hostname()
	if err != nil {
		return "a machine without a name"
	}
	return strings.ToValidUTF8(name, "?")
}

// The file beside a root key file by which its machine is known again. It holds one line: machineWord, an id, and the number
// of the file itself in its file system, so that one that was copied to another machine is not taken for its own.
const (
	machineWord   = "beside-machine-1"
	machineEnding = ".machine"
)

// machineOf returns the id of the machine whose root key file is at path. Where nothing can be written it follows from the
// names of machine and file.
func machineOf(path string, random io.Reader) []byte {
	mark := path + machineEnding
	if known, err := readMachine(mark); err == nil {
		return known
	}
	fresh := make([]byte, 16)
	_, err := io.ReadFull(random, fresh)
	if err == nil {
		err = writeMachine(mark, fresh)
	}
	if err == nil {
		if known, err := readMachine(mark); err == nil {
			return known // another process may have been first
		}
	}
	whole, err := filepath.Abs(path)
	if err != nil {
		whole = path
	}
	sum := sha256.Sum256([]byte(machineName() + "\x00" + whole))
	return sum[:16]
}

func readMachine(mark string) ([]byte, error) {
	f, err := os.Open(mark)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // only read
	text, err := io.ReadAll(io.LimitReader(f, 1024))
	if err != nil {
		return nil, err
	}
	number, err := fileNumber(f)
	if err != nil {
		return nil, err
	}
	words := bytes.Fields(text)
	if len(words) != 3 || string(words[0]) != machineWord || len(words[1]) != 32 || string(words[2]) != number {
		return nil, fs.ErrNotExist
	}
	return hex.DecodeString(string(words[1]))
}

// writeMachine puts a mark in the place of one that is not there, or is of another machine.
func writeMachine(mark string, id []byte) error {
	f, err := os.CreateTemp(filepath.Dir(mark), ".machine-*")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(f.Name()) }() // it has its own name by then
	number, err := fileNumber(f)
	if err == nil {
		_, err = fmt.Fprintf(f, "%s %s %s\n", machineWord, hex.EncodeToString(id), number)
	}
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	if err = os.Link(f.Name(), mark); !errors.Is(err, fs.ErrExist) {
		return err
	}
	if _, err := readMachine(mark); err == nil {
		return nil // another process was first
	}
	return os.Rename(f.Name(), mark)
}
