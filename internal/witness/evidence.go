package witness

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"beside/internal/clock"
	"beside/internal/mutant"
)

// ErrStopped says that a witness saw a fork or another key before, and signs nothing until a person says why to go on.
var ErrStopped = errors.New("THIS WITNESS HAS STOPPED, and signs nothing until a person says why it may go on")

// Stop is why a witness has stopped, in the file stopped.json of its folder.
type Stop struct {
	At       clock.Time `json:"at"`
	What     string     `json:"what"`
	Evidence string     `json:"evidence"` // the folder of what was shown, within the witness's own
}

const (
	stoppedFile    = "stopped.json"
	evidenceFolder = "evidence"
)

// recorder remembers what it was shown.
type recorder struct {
	Source
	got map[string][]byte
}

func (r *recorder) Get(ctx context.Context, path string) ([]byte, error) {
	b, err := r.Source.Get(ctx, path)
	if err == nil {
		r.got[path] = b
	}
	return b, err
}

// Stopped returns why the witness has stopped, and false when it has not.
func (f *Follower) Stopped() (s Stop, ok bool, err error) {
	file := filepath.Join(f.Folder, stoppedFile)
	b, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return s, false, nil
	}
	if err == nil {
		err = json.Unmarshal(b, &s)
	}
	if err != nil {
		return s, true, fmt.Errorf("%s: %w", file, err)
	}
	return s, true, nil
}

// mayGoOn returns [ErrStopped] while the witness is stopped.
func (f *Follower) mayGoOn() error {
	s, ok, err := f.Stopped()
	if err != nil || !ok || mutant.On("witness-goes-on") {
		return err
	}
	return fmt.Errorf("%w. On %s it saw: %s. What was shown is kept in %s", ErrStopped, s.At.Std().UTC().Format("2006-01-02 15:04:05 UTC"), s.What, filepath.Join(f.Folder, s.Evidence))
}

// stop keeps what was shown, beside the newest head that was kept before, and signs nothing from then on. It returns why.
func (f *Follower) stop(why error, shown map[string][]byte) error {
	s := Stop{At: f.Cosigner.clock.Now(), What: why.Error()}
	folder, err := f.newEvidence(s.At)
	if err != nil {
		return errors.Join(why, err)
	}
	s.Evidence = path.Join(evidenceFolder, filepath.Base(folder))
	files := map[string][]byte{"what.txt": []byte(s.What + "\n"), "shown.note": shown[checkpointPath]}
	for at, b := range shown {
		if at != checkpointPath {
			files[strings.ReplaceAll(strings.Trim(at, "/"), "/", "_")] = b
		}
	}
	if p, pinned, err := f.Pinned(); err == nil && pinned {
		if kept, ok, err := f.last(p); err == nil && ok {
			files["kept.note"] = []byte(kept.note)
		}
	}
	for name, b := range files {
		err = errors.Join(err, replace(filepath.Join(folder, name), b))
	}
	b, bad := json.MarshalIndent(s, "", "  ")
	err = errors.Join(err, bad, replace(filepath.Join(f.Folder, stoppedFile), append(b, '\n')))
	if err != nil {
		return errors.Join(why, err)
	}
	return fmt.Errorf("%w.\nWhat was shown is kept in %s", why, folder)
}

// newEvidence makes a folder of its own for what was shown at a time.
func (f *Follower) newEvidence(at clock.Time) (string, error) {
	all := filepath.Join(f.Folder, evidenceFolder)
	if err := os.MkdirAll(all, 0o700); err != nil {
		return "", err
	}
	name := at.Std().UTC().Format("2006-01-02T150405Z")
	for n := 1; ; n++ {
		folder := filepath.Join(all, fmt.Sprintf("%s-%d", name, n))
		if err := os.Mkdir(folder, 0o700); !errors.Is(err, fs.ErrExist) {
			return folder, err
		}
	}
}

// GoOn lets a witness that has stopped go on, because a person says why, which is kept with what was shown. What was shown
// then is not accepted by it: when it is shown again the witness stops again. It returns an error when it has not stopped,
// or when nothing is said.
func (f *Follower) GoOn(because string) error {
	s, ok, err := f.Stopped()
	switch {
	case err != nil:
		return err
	case !ok:
		return errors.New("this witness has not stopped")
	case strings.TrimSpace(because) == "":
		return errors.New("say why it may go on: it is kept with what was shown")
	}
	said := fmt.Sprintf("%s\n%s\n", f.Cosigner.clock.Now().Std().UTC().Format("2006-01-02 15:04:05 UTC"), strings.TrimSpace(because))
	if err := replace(filepath.Join(f.Folder, filepath.FromSlash(s.Evidence), "went-on.txt"), []byte(said)); err != nil {
		return err
	}
	return os.Remove(filepath.Join(f.Folder, stoppedFile))
}
