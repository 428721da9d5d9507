package witness

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"beside/internal/mutant"
)

// Source is where a witness reads an installation's log: the pages under its address.
type Source interface {
	// Get returns what stands at a path, such as /log/checkpoint.
	Get(ctx context.Context, path string) ([]byte, error)
}

// Pinned is what a witness remembers of an installation, in the file pinned.json of its folder.
type Pinned struct {
	Key    Key      `json:"key"`
	Origin string   `json:"origin"`          // of the log that it follows
	Ended  []Ending `json:"ended,omitempty"` // logs that ended by a restore which a person accepted
}

// Ending is where a log ended.
type Ending struct {
	Origin string `json:"origin"`
	Size   int64  `json:"size"`
}

var (
	// ErrFork says that an installation shows another log than it showed before.
	ErrFork = errors.New("THE LOG IS NOT THE ONE THAT WAS SHOWN BEFORE")
	// ErrRestarted says that an installation has begun a new log, as after a restore, which a person has to accept.
	ErrRestarted = errors.New("the installation has begun a new log, as it does when older data was restored")
	// ErrOtherKey says that an installation signs with another key than before.
	ErrOtherKey = errors.New("THE LOG IS SIGNED WITH ANOTHER KEY THAN BEFORE")
	// ErrForgot says that the folder of a witness holds no longer what it needs to compare with, so that it signs nothing.
	ErrForgot = errors.New("what this witness kept is missing or damaged, and it signs nothing without: bring the folder back from a copy, or begin in a new one with another name")
)

// Follower keeps the heads of one installation's log in a folder, and signs each that follows from those before:
//
//	nothing ──first head: pinned──▶ following ──a head that follows: kept, cosigned──▶ following
//	                                    │  └─ a new log: [ErrRestarted] ──a person accepts──▶ following
//	                                    └─ one that does not follow, or another key: what was shown is kept as evidence
//	                                       ──▶ stopped, [ErrStopped] ──a person says why to go on──▶ following
//
// It signs nothing while it is stopped, whatever is shown.
type Follower struct {
	Folder   string // kept for this one installation
	Source   Source
	Cosigner *Cosigner
}

const pinnedFile = "pinned.json"

// Pinned returns what was pinned, and false before the first head.
func (f *Follower) Pinned() (p Pinned, ok bool, err error) {
	b, err := os.ReadFile(filepath.Join(f.Folder, pinnedFile))
	if errors.Is(err, fs.ErrNotExist) {
		return p, false, nil
	}
	if err == nil {
		err = json.Unmarshal(b, &p)
	}
	if err != nil {
		return p, false, fmt.Errorf("%s: %w", filepath.Join(f.Folder, pinnedFile), err)
	}
	return p, true, nil
}

func (f *Follower) pin(p Pinned) error {
	b, err := json.MarshalIndent(p, "", "  ")
	if err != nil {
		return err
	}
	return replace(filepath.Join(f.Folder, pinnedFile), append(b, '\n'))
}

// replace writes a file whole or not at all.
func replace(file string, content []byte) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return err
	}
	t, err := os.CreateTemp(filepath.Dir(file), ".new-*")
	if err != nil {
		return err
	}
	_, err = t.Write(content)
	if err = errors.Join(err, t.Sync(), t.Close()); err == nil {
		err = os.Rename(t.Name(), file)
	}
	if err != nil {
		return errors.Join(err, os.Remove(t.Name()))
	}
	return nil
}

// Step looks at the log once. When there is a new head that follows from those kept, it is cosigned, kept and returned as
// a signed note to be posted, and again until [Follower.Taken] says that it was; "" when there is none. It returns
// [ErrFork] and [ErrOtherKey], after which the witness is stopped, [ErrStopped] from then on, [ErrRestarted], [ErrForgot],
// or that the installation does not answer as it should; then nothing is kept. At the first head it pins its origin and the
// installation's key.
func (f *Follower) Step(ctx context.Context) (signed string, err error) {
	if err := f.mayGoOn(); err != nil {
		return "", err
	}
	seen := &recorder{Source: f.Source, got: map[string][]byte{}}
	signed, err = f.step(ctx, seen)
	if errors.Is(err, ErrFork) || errors.Is(err, ErrOtherKey) {
		return "", f.stop(err, seen.got)
	}
	return signed, err
}

const checkpointPath = "/log/checkpoint"

func (f *Follower) step(ctx context.Context, from Source) (signed string, err error) {
	note, err := from.Get(ctx, checkpointPath)
	if err != nil {
		return "", err
	}
	c, err := Peek(string(note))
	if err != nil {
		return "", fmt.Errorf("%s: %w", checkpointPath, err)
	}
	p, pinned, err := f.Pinned()
	if err == nil && !pinned {
		p, err = f.first(ctx, from, c)
	}
	if err != nil {
		return "", err
	}
	if _, err := p.Key.Open(string(note)); err != nil {
		return "", fmt.Errorf("%w: %w", ErrOtherKey, err)
	}
	if c.Origin != p.Origin {
		lost, err := f.restart(ctx, from, p, c)
		if err != nil {
			return "", err
		}
		return "", fmt.Errorf("%w: %s", ErrRestarted, lost)
	}
	signed, err = f.follow(ctx, from, p, pinned, string(note))
	if err == nil && !pinned {
		err = f.pin(p)
	}
	return signed, err
}

// first is what will be pinned of what is shown the first time.
func (f *Follower) first(ctx context.Context, from Source, c Checkpoint) (p Pinned, err error) {
	files, err := os.ReadDir(filepath.Join(f.Folder, keptFolder))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return p, err
	}
	for _, d := range files { // after a crash at the very first head that head may be there
		if d.Name() != filepath.Base(f.folderOf(c.Origin)) {
			return p, fmt.Errorf("%w: there are heads in %s, and %s is missing", ErrForgot, filepath.Join(f.Folder, keptFolder), pinnedFile)
		}
	}
	b, err := from.Get(ctx, "/log/key")
	if err != nil {
		return p, err
	}
	p.Origin = c.Origin
	p.Key, err = ParseKey(string(b))
	return p, err
}

// follow keeps a head that follows from the last one kept of its log.
func (f *Follower) follow(ctx context.Context, from Source, p Pinned, pinned bool, note string) (signed string, err error) {
	c, err := p.Key.Open(note)
	if err != nil {
		return "", err
	}
	kept, ok, err := f.last(p)
	if err == nil && pinned && !ok {
		err = fmt.Errorf("%w: there is no head in %s", ErrForgot, f.folderOf(p.Origin))
	}
	if err != nil {
		return "", err
	}
	if ok {
		if err := f.consistent(ctx, from, kept.Checkpoint, c); err != nil {
			return "", err
		}
		if kept.Checkpoint == c {
			return f.untaken(kept)
		}
	}
	return f.keep(c, note)
}

// keep cosigns a head and keeps it.
func (f *Follower) keep(c Checkpoint, note string) (signed string, err error) {
	if signed, err = f.Cosigner.Cosign(note); err != nil {
		return "", err
	}
	return signed, replace(filepath.Join(f.Folder, filepath.FromSlash(keptName(c))), []byte(signed))
}

// takenFile holds the last note that was taken where it was posted.
const takenFile = "taken.note"

// Taken says that a note was taken where it was posted, so that Step need not return it again.
func (f *Follower) Taken(signed string) error {
	return replace(filepath.Join(f.Folder, takenFile), []byte(signed))
}

// untaken returns the note of the newest head kept when it was not taken yet.
func (f *Follower) untaken(kept keptHead) (string, error) {
	b, err := os.ReadFile(filepath.Join(f.Folder, takenFile))
	if err != nil && !errors.Is(err, fs.ErrNotExist) || string(b) == kept.note {
		return "", err
	}
	return kept.note, nil
}

// consistent returns [ErrFork] unless the log with head newer begins with that with head older.
func (f *Follower) consistent(ctx context.Context, from Source, older, newer Checkpoint) error {
	if mutant.On("witness-fork") {
		return nil
	}
	if newer.Size < older.Size {
		return fmt.Errorf("%w: it has %d leaves, and had %d", ErrFork, newer.Size, older.Size)
	}
	if newer.Size == older.Size {
		if newer != older {
			return fmt.Errorf("%w: it has %d leaves as before, and other ones", ErrFork, newer.Size)
		}
		return nil
	}
	reader := tlog.TileHashReader(tlog.Tree{N: newer.Size, Hash: tlog.Hash(newer.Root)}, &remote{ctx: ctx, source: from, at: At(newer.Origin)})
	proof, err := tlog.ProveTree(newer.Size, older.Size, reader)
	if err != nil {
		return fmt.Errorf("reading the log's tiles: %w", err)
	}
	if err := CheckConsistency(hashList(proof), older, newer); err != nil {
		return fmt.Errorf("%w: %w", ErrFork, err)
	}
	return nil
}

// remote reads tiles from an installation. Package tlog compares them with the head.
type remote struct {
	ctx    context.Context
	source Source
	at     string // path under which the log stands
}

func (r *remote) Height() int { return tileHeight }

func (r *remote) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	out := make([][]byte, len(tiles))
	for i, t := range tiles {
		b, err := r.source.Get(r.ctx, r.at+"/tile/"+strings.TrimPrefix(t.Path(), "tile/8/"))
		if err == nil && len(b) != t.W*tlog.HashSize {
			err = errTile
		}
		if err != nil {
			return nil, err
		}
		out[i] = b
	}
	return out, nil
}

func (r *remote) SaveTiles([]tlog.Tile, [][]byte) {}

// heads returns the heads kept of one log, the smallest first.
func (f *Follower) heads(origin string) (heads []Checkpoint, err error) {
	all, err := ReadKept(os.DirFS(f.Folder), f.Folder, nil)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	for _, k := range all {
		if k.Origin == origin {
			heads = append(heads, k.Checkpoint)
		}
	}
	return heads, err
}

// keptHead is a head as it stands in a file.
type keptHead struct {
	Checkpoint
	note string
}

// folderOf is where the heads of one log are kept.
func (f *Follower) folderOf(origin string) string {
	return filepath.Join(f.Folder, filepath.FromSlash(path.Dir(keptName(Checkpoint{Origin: origin}))))
}

// last returns the largest head kept of the log that is followed. A file that is not such a head is an error.
func (f *Follower) last(p Pinned) (kept keptHead, ok bool, err error) {
	folder := f.folderOf(p.Origin)
	files, err := os.ReadDir(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return kept, false, nil
	}
	newest := ""
	for _, d := range files {
		if strings.HasSuffix(d.Name(), keptEnding) {
			newest = max(newest, d.Name())
		}
	}
	if err != nil || newest == "" {
		return kept, false, err
	}
	b, err := os.ReadFile(filepath.Join(folder, newest))
	if err != nil {
		return kept, false, err
	}
	kept.note = string(b)
	kept.Checkpoint, err = p.Key.Open(kept.note)
	if err == nil && (kept.Origin != p.Origin || path.Base(keptName(kept.Checkpoint)) != newest) {
		err = ErrNotACheckpoint
	}
	if err != nil {
		return kept, false, fmt.Errorf("%w: %s: %w", ErrForgot, filepath.Join(folder, newest), err)
	}
	return kept, true, nil
}

// restart goes from the log that was followed to the one that runs now, from each to the next, and tells what is lost. An
// installation that does not show that one follows from the other gets [ErrFork].
func (f *Follower) restart(ctx context.Context, from Source, p Pinned, now Checkpoint) (lost string, err error) {
	chain, err := f.chain(ctx, from, p, now)
	if err != nil {
		return "", err
	}
	if heads, err := f.heads(p.Origin); err != nil {
		return "", err
	} else if len(heads) == 0 {
		return "", fmt.Errorf("%w: there is no head in %s", ErrForgot, f.folderOf(p.Origin))
	}
	first, beyond := int64(0), int64(0)
	for i, next := range chain[1:] {
		size, lost, err := f.ended(ctx, from, p.Key, chain[i], next)
		if err != nil {
			return "", err
		}
		if i == 0 {
			first = size
		}
		beyond += lost
	}
	return fmt.Sprintf("the old log ends after %d leaves; %d leaves that were seen here are not in it: what they stand for is lost", first, beyond), nil
}

// ended compares a log that ended, as it is shown, with what the next one names as its end, and with every head that was kept
// of it. It returns how many leaves it had, and how many that were seen here are not in it.
func (f *Follower) ended(ctx context.Context, from Source, key Key, was, next LogInfo) (size, beyond int64, err error) {
	end, err := key.Open(next.Previous)
	if err != nil || end.Origin != was.Origin {
		return 0, 0, fmt.Errorf("%w: log %d does not name the one before", ErrFork, next.Number)
	}
	note, err := from.Get(ctx, At(was.Origin)+"/checkpoint")
	if err != nil {
		return 0, 0, err
	}
	served, err := key.Open(string(note))
	if err != nil || served.Origin != was.Origin {
		return 0, 0, fmt.Errorf("%w: log %d is shown with a head that is not its own", ErrFork, was.Number)
	}
	if !mutant.On("middle-log") {
		if err := f.consistent(ctx, from, end, served); err != nil {
			return 0, 0, err
		}
	}
	heads, err := f.heads(was.Origin)
	for _, h := range heads {
		if err != nil {
			break
		}
		if h.Size > end.Size {
			beyond = max(beyond, h.Size-end.Size)
			continue
		}
		err = f.consistent(ctx, from, h, end)
	}
	return end.Size, beyond, err
}

// chain returns the logs from the one pinned to the one that runs now, of which each names the one before.
func (f *Follower) chain(ctx context.Context, from Source, p Pinned, now Checkpoint) ([]LogInfo, error) {
	b, err := from.Get(ctx, "/log/logs")
	if err != nil {
		return nil, err
	}
	var logs []LogInfo
	if err := json.Unmarshal(b, &logs); err != nil {
		return nil, fmt.Errorf("/log/logs: %w", err)
	}
	first := slices.IndexFunc(logs, func(l LogInfo) bool { return l.Origin == p.Origin })
	last := slices.IndexFunc(logs, func(l LogInfo) bool { return l.Origin == now.Origin })
	if first < 0 || last <= first {
		return nil, fmt.Errorf("%w: there is a new log, and the one that was followed is not among those before it", ErrFork)
	}
	logs = logs[first : last+1]
	for i, l := range logs[1:] {
		if err := begins(ctx, from, p.Key, l, logs[i].Origin); err != nil {
			return nil, err
		}
	}
	return logs, nil
}

// begins checks that the first leaf of a log names the last head of the log before.
func begins(ctx context.Context, from Source, key Key, l LogInfo, before string) error {
	if !validOrigin(l.Origin) {
		return fmt.Errorf("/log/logs: %w", errOrigin)
	}
	at := At(l.Origin)
	note, err := from.Get(ctx, at+"/checkpoint")
	if err != nil {
		return err
	}
	c, err := key.Open(string(note))
	named, bad := key.Open(l.Previous)
	if err != nil || bad != nil || c.Origin != l.Origin || named.Origin != before {
		return fmt.Errorf("%w: log %d does not name the one before", ErrFork, l.Number)
	}
	reader := tlog.TileHashReader(tlog.Tree{N: c.Size, Hash: tlog.Hash(c.Root)}, &remote{ctx: ctx, source: from, at: at})
	leaf, err := reader.ReadHashes([]int64{0})
	if err != nil {
		return fmt.Errorf("reading the log's tiles: %w", err)
	}
	if Hash(leaf[0]) != StartLeaf(l.Origin, l.Previous) {
		return fmt.Errorf("%w: the first leaf of log %d does not name the one before", ErrFork, l.Number)
	}
	return nil
}

// Accept takes a new log that began after a restore, because a person said so, and keeps its head. It returns what is lost
// by it, and an error when there is none, when it does not name the one that was followed, or while the witness is stopped.
func (f *Follower) Accept(ctx context.Context) (lost string, err error) {
	if err := f.mayGoOn(); err != nil {
		return "", err
	}
	note, err := f.Source.Get(ctx, checkpointPath)
	if err != nil {
		return "", err
	}
	p, ok, err := f.Pinned()
	if err != nil || !ok {
		return "", errors.Join(err, errors.New("nothing was followed yet: there is nothing to accept"))
	}
	c, err := p.Key.Open(string(note))
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrOtherKey, err)
	}
	if c.Origin == p.Origin {
		return "", errors.New("the log is the one that is followed: there is nothing to accept")
	}
	if lost, err = f.restart(ctx, f.Source, p, c); err != nil {
		return "", err
	}
	chain, err := f.chain(ctx, f.Source, p, c)
	if err != nil {
		return "", err
	}
	for _, l := range chain[1:] {
		old, err := p.Key.Open(l.Previous)
		if err != nil {
			return "", err
		}
		p.Ended = append(p.Ended, Ending{old.Origin, old.Size})
	}
	if _, err := f.keep(c, string(note)); err != nil {
		return "", err
	}
	p.Origin = c.Origin
	return lost, f.pin(p)
}

// OpenCosigner reads the key of a witness from its folder, and makes one there the first time.
func (f *Follower) OpenCosigner(name string, draw func() ([]byte, error), open func(name string, seed []byte) (*Cosigner, error)) error {
	file := filepath.Join(f.Folder, "witness.key")
	b, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		seed, err := draw()
		if err != nil {
			return err
		}
		b = []byte(name + "\n" + hex.EncodeToString(seed) + "\n")
		if err := replace(file, b); err != nil {
			return err
		}
	} else if err != nil {
		return err
	}
	kept, text, _ := strings.Cut(strings.TrimSpace(string(b)), "\n")
	seed, err := hex.DecodeString(text)
	if err == nil {
		f.Cosigner, err = open(kept, seed)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return nil
}
