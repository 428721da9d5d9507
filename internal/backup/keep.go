package backup

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"beside/internal/clock"
	"beside/internal/errs"
)

// Keep is the rule by which backups are kept. The newest is always kept.
type Keep struct {
	// Days keeps the newest backup of each of so many days (UTC), counted back from the newest; 0 keeps every backup.
	Days int
	// Life takes away every backup that is older; 0 takes none. It is for the keyring, whose copies must not outlive
	// what was erased.
	Life clock.Time
	// Stay are names of backups that are kept whatever else is said, such as the last one that was tried and is good.
	Stay []string
}

// Prune takes away the backups that the rule does not keep, then the chunks that none of the others needs. It never runs
// while another one writes or restores: then it returns [ErrInUse]. It returns how many backups went. A backup whose list
// cannot be read keeps every chunk: the error says so.
func (f *Folder) Prune(k Keep, now clock.Time) (gone int, err error) {
	const op = "backup: prune"
	unlock, err := f.lock(true)
	if err != nil {
		return 0, errs.Wrap(op, err)
	}
	defer unlock()
	all, err := f.List()
	if err != nil {
		return 0, errs.Wrap(op, err)
	}
	going := k.spare(all, now)
	if k.Life > 0 {
		going = append(going, f.unread(all, now-k.Life)...)
	}
	for _, h := range going {
		if err := os.Remove(filepath.Join(f.path, backups, h.Name+extension)); err != nil {
			return gone, errs.Wrap(op, err)
		}
		if err := os.RemoveAll(filepath.Join(f.path, backups, h.Name+parts)); err != nil {
			return gone, errs.Wrap(op, err)
		}
		gone++
	}
	if err := syncFolders(filepath.Join(f.path, backups)); err != nil { // before chunks go that they needed
		return gone, errs.Wrap(op, err)
	}
	return gone, errs.Wrap(op, f.sweep())
}

// unread returns the files of backups that cannot be read as such, and were last written before a time: they have keys too.
func (f *Folder) unread(all []Head, before clock.Time) (out []Head) {
	names, err := filepath.Glob(filepath.Join(f.path, backups, "*"+extension))
	if err != nil {
		return nil // only for a malformed pattern
	}
	for _, n := range names {
		name := strings.TrimSuffix(filepath.Base(n), extension)
		info, err := os.Stat(n)
		known := slices.ContainsFunc(all, func(h Head) bool { return h.Name == name })
		if err == nil && !known && clock.Of(info.ModTime()) < before {
			out = append(out, Head{Name: name})
		}
	}
	return out
}

// spare returns what goes of backups in the order of their time.
func (k Keep) spare(all []Head, now clock.Time) (out []Head) {
	days := map[clock.Time]bool{}
	for i := len(all) - 1; i >= 0; i-- {
		h, newest := all[i], i == len(all)-1
		day := h.Made() / clock.Day
		first := !days[day]
		old := k.Life > 0 && now-h.Made() > k.Life
		if newest || slices.Contains(k.Stay, h.Name) || !old && (k.Days == 0 || first && len(days) < k.Days) {
			days[day] = true
			continue
		}
		out = append(out, h)
	}
	return out
}

// sweep takes away chunks that no backup needs, and what a killed one has left.
func (f *Folder) sweep() error {
	if f.of == Keyring {
		return f.sweepParts()
	}
	needed := map[string]bool{}
	names, err := filepath.Glob(filepath.Join(f.path, backups, "*"+extension))
	if err != nil {
		return err
	}
	for _, n := range names {
		_, list, err := f.read(strings.TrimSuffix(filepath.Base(n), extension))
		if err != nil {
			return err
		}
		for _, p := range list.Tables {
			for _, c := range p.Chunks {
				needed[c] = true
			}
		}
	}
	return filepath.WalkDir(f.path, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, isChunk := strings.CutSuffix(d.Name(), ".chunk")
		if isChunk && !needed[name] || strings.HasPrefix(d.Name(), temporary) {
			return ignoreGone(os.Remove(path)) //nolint:gosec // the folder is the operator's own
		}
		return nil
	})
}

// sweepParts takes away what killed backups of the keyring have left.
func (f *Folder) sweepParts() error {
	found, err := filepath.Glob(filepath.Join(f.path, backups, "*"+parts))
	if err != nil {
		return err
	}
	for _, p := range found {
		if _, err := os.Stat(strings.TrimSuffix(p, parts) + extension); errors.Is(err, fs.ErrNotExist) {
			err = os.RemoveAll(p)
			if err != nil {
				return err
			}
		} else if err != nil {
			return err
		}
	}
	left, err := filepath.Glob(filepath.Join(f.path, backups, temporary+"*"))
	for _, p := range left {
		err = errors.Join(err, ignoreGone(os.Remove(p)))
	}
	return err
}

func ignoreGone(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
