package witness

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// Files of a witness's folder: one head a file, in the folder of its log.
const (
	keptFolder = "heads"
	keptEnding = ".note"
)

// keptName is the file of a head. Its number is as wide as any, so that names sort as sizes do.
func keptName(c Checkpoint) string {
	return path.Join(keptFolder, strings.ReplaceAll(c.Origin, "/", "_"), fmt.Sprintf("%019d%s", c.Size, keptEnding))
}

// ReadKept reads all heads that a witness kept in a folder, which it calls by a name, but for those of what was lost by a
// restore that a person accepted there. With a key each must be signed with it. A file that is no head of a log is an
// error.
func ReadKept(folder fs.FS, name string, key *Key) (kept []Kept, err error) {
	var pinned Pinned
	b, err := fs.ReadFile(folder, pinnedFile)
	if err == nil {
		err = json.Unmarshal(b, &pinned)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path.Join(name, pinnedFile), err)
	}
	err = fs.WalkDir(folder, keptFolder, func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(file, keptEnding) {
			return err
		}
		b, err := fs.ReadFile(folder, file)
		if err != nil {
			return err
		}
		c, err := Peek(string(b))
		if err == nil && key != nil {
			c, err = key.Open(string(b))
		}
		if err != nil {
			return fmt.Errorf("%s: %w", path.Join(name, file), err)
		}
		if slices.ContainsFunc(pinned.Ended, func(e Ending) bool { return e.Origin == c.Origin && c.Size > e.Size }) {
			return nil
		}
		kept = append(kept, Kept{Checkpoint: c, From: path.Join(name, file)})
		return nil
	})
	return kept, err
}
