package backup

import (
	"bytes"
	"compress/flate"
	"encoding/hex"
	"errors"
	"hash/fnv"
	"io"
	"math"
	"os"
	"path/filepath"

	"filippo.io/age"

	"beside/internal/store/rows"
)

// Sizes of chunks, in bytes before compression. A change rewrites the chunks around it, so they are not large; each is a
// file, so they are not small.
const (
	meanChunk = 256 << 10
	minChunk  = 32 << 10
	maxChunk  = 4 << 20 // more only when one row is
)

// cuts reports whether a chunk ends after a row. Only the row decides, so that the same rows are cut alike wherever they
// stand: of n bytes of rows about n/meanChunk end a chunk.
func cuts(r rows.Row, size int) bool {
	if size < minChunk {
		return false
	}
	h := fnv.New64a()
	_, _ = h.Write(r.Key) // never fails
	share := float64(len(r.Form)) / meanChunk
	return size >= maxChunk || float64(mixed(h.Sum64()))/math.MaxUint64 < share
}

// mixed spreads the bits of a hash: FNV leaves the high ones of similar keys alike.
func mixed(h uint64) uint64 {
	h ^= h >> 33
	h *= 0xff51afd7ed558ccd
	h ^= h >> 33
	h *= 0xc4ceb9fe1a85ec53
	return h ^ h>>33
}

// packed is a chunk as it is stored: compressed, then encrypted to whoever holds the identity.
func (k keys) packed(plain []byte) ([]byte, error) {
	var out bytes.Buffer
	sealed, err := age.Encrypt(&out, k.identity.Recipient())
	if err != nil {
		return nil, err
	}
	small, err := flate.NewWriter(sealed, flate.BestSpeed)
	if err != nil {
		return nil, err
	}
	if _, err = small.Write(plain); err == nil {
		err = small.Close()
	}
	if err == nil {
		err = sealed.Close()
	}
	return out.Bytes(), err
}

// errDamaged says that bytes are not what was written.
var errDamaged = errors.New("damaged")

// unpacked undoes packed. limit bounds what damaged or made-up bytes can grow to.
func (k keys) unpacked(stored []byte, limit int64) ([]byte, error) {
	open, err := age.Decrypt(bytes.NewReader(stored), k.identity)
	if _, other := errors.AsType[*age.NoIdentityMatchError](err); other {
		return nil, ErrOtherKeys
	}
	if err != nil {
		return nil, errDamaged
	}
	plain, err := io.ReadAll(io.LimitReader(flate.NewReader(open), limit+1))
	if err != nil || int64(len(plain)) > limit {
		return nil, errDamaged
	}
	return plain, nil
}

// largestChunk is the most that is read back of one chunk: a row is far below.
const largestChunk = 1 << 30

// missing reports whether a chunk is to be written: it is not there, or all are written anew.
func missing(path string, anew bool) bool {
	info, err := os.Stat(path)
	return anew || err != nil || info.Size() == 0
}

// get reads a chunk of a table back and proves that it is the one of this name.
func (f *Folder) get(of Head, table, name string) ([]byte, error) {
	stored, err := os.ReadFile(f.chunk(of, name))
	if errors.Is(err, os.ErrNotExist) {
		return nil, f.broken("a piece of the table %s is missing: the file %s", table, f.chunk(of, name))
	}
	if err != nil {
		return nil, err
	}
	plain, err := f.keys.unpacked(stored, largestChunk)
	if err != nil || f.keys.name(table, plain) != name {
		return nil, f.broken("a piece of the table %s was changed, cut short or mixed up: the file %s", table, f.chunk(of, name))
	}
	return plain, nil
}

// chunk is where a chunk lies. Those of the books are shared between backups. A backup of the keyring has its own, so that
// what was erased goes with it, and so that it can be taken away by somebody who cannot open it.
func (f *Folder) chunk(of Head, name string) string {
	if f.of == Keyring {
		return filepath.Join(f.path, backups, of.Name+parts, name+".chunk")
	}
	return filepath.Join(f.path, chunks, name[:2], name+".chunk")
}

// isName reports whether name is one that [keys.name] gives.
func isName(name string) bool {
	b, err := hex.DecodeString(name)
	return err == nil && len(b) == 32 && hex.EncodeToString(b) == name
}
