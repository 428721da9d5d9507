package media

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"

	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/keeper"
	"beside/internal/mutant"
	"beside/internal/store"
	"beside/internal/witness"
)

// partBytes is how much of a photograph stands in one row.
const partBytes = 64 << 10

// whichKind is the kind of leaves of this package's rows.
const whichKind = "media"

// Store keeps photographs that belong to a book. It is safe for concurrent use.
type Store struct {
	db     *store.DB
	keeper *keeper.Keeper
	clock  clock.Clock
	own    grant.Clause // on a row m, after two parameters of the query's own
}

// NewStore returns a Store over an installation's data.
func NewStore(db *store.DB, k *keeper.Keeper, c clock.Clock) *Store {
	return &Store{db, k, c, grant.Own.Clause(grant.Columns{Book: "m.book"}, 3)}
}

// Sealed is a photograph that is ready to be put.
type Sealed struct {
	book    id.Book
	item    id.Item
	picture id.Picture
	parts   [][]byte
}

func partID(p id.Picture, pos int) id.Entry {
	e, _ := id.FromBytes[id.Entry](p.Bytes()) // 16 bytes never fail
	return keeper.Also(e, pos+1)
}

// Seal seals what [Cleaner.Clean] made, under the key of an item of book b, outside of any transaction. Errors are those of the vault, as
// for what was erased.
func (s *Store) Seal(ctx context.Context, b id.Book, it id.Item, p id.Picture, photo []byte) (Sealed, error) {
	out := Sealed{book: b, item: it, picture: p}
	for pos := 0; len(photo) > 0; pos++ {
		n := min(len(photo), partBytes)
		sealed, err := s.keeper.SealAside(ctx, b, it, partID(p, pos), book.NewText(base64.StdEncoding.EncodeToString(photo[:n]))) // as a text its line ends could change
		if err != nil {
			return out, errs.Wrap("media: seal", err)
		}
		out.parts, photo = append(out.parts, sealed), photo[n:]
	}
	return out, nil
}

// Put keeps a photograph in tx, in which the caller knows that it may. It returns errors of the store, as for one that is there.
func (s *Store) Put(tx *store.Tx, x Sealed) error {
	for pos, sealed := range x.parts {
		r := row{partID(x.picture, pos), x.book, x.item, x.picture, int64(pos), sealed}
		_, err := tx.Exec(`INSERT INTO media (id, book, item, picture, pos, sealed) VALUES ($1, $2, $3, $4, $5, $6)`, r.id, r.book, r.item, r.picture, r.pos, r.sealed)
		if err == nil {
			err = s.keeper.Queue().Record(tx, whichKind, r.id.Bytes(), r.payload(), s.clock.Now())
		}
		if err != nil {
			return errs.Wrap("media: put", err)
		}
	}
	return nil
}

// Get returns to the owner of a book a photograph that belongs to it, whose hash the entry says. It returns NotOpen to everybody else, and
// for what is not there or was erased, and Internal for one that is not what the entry says.
func (s *Store) Get(ctx context.Context, who grant.Subject, b id.Book, p id.Picture, sum [sha256.Size]byte) ([]byte, error) {
	const op = "media: get"
	query, args := s.own.SQL, s.own.Args(who, s.clock.Now(), b, p)
	if mutant.On("media-anybody") {
		query, args = `1 = 1`, args[:2]
	}
	var rows []row
	err := s.db.View(ctx, func(tx *store.Tx) error {
		rows = nil
		return store.Each(tx, `SELECT `+rowColumns+` FROM media AS m WHERE m.book = $1 AND m.picture = $2 AND `+query+` ORDER BY m.pos`, args, func(scan func(...any) error) error {
			var r row
			err := r.scan(scan)
			rows = append(rows, r)
			return err
		})
	})
	if err == nil && len(rows) == 0 {
		err = errs.New(op, errs.NotOpen, "")
	}
	if err != nil {
		return nil, errs.Wrap(op, err)
	}
	var photo []byte
	for pos, r := range rows {
		plain, err := s.keeper.OpenAside(ctx, b, r.item, partID(p, pos), r.sealed)
		if err != nil {
			return nil, errs.Wrap(op, err)
		}
		part, err := base64.StdEncoding.DecodeString(plain.Show())
		if err != nil {
			return nil, errs.As(op, errs.Internal, err)
		}
		photo = append(photo, part...)
	}
	if sha256.Sum256(photo) != sum {
		return nil, errs.New(op, errs.Internal, "")
	}
	return photo, nil
}

// Forget takes away, in tx, the photographs of what was erased for good. Errors are those of the store.
func (s *Store) Forget(tx *store.Tx, gone keeper.Erased) error {
	const op = "media: forget"
	these, args := `1 = 1`, []any{gone.Book}
	at := `(SELECT b.erased_at FROM book AS b WHERE b.id = m.book)`
	if !gone.Whole {
		these, args = store.In("m.item", args, gone.Items)
		at = `(SELECT MAX(t.erased_at) FROM tombstone AS t WHERE t.book = m.book AND t.item = m.item)`
	}
	err := s.keeper.Queue().RemoveAll(tx, whichKind, `SELECT m.id, `+at+` FROM media AS m WHERE m.book = $1 AND `+these+` ORDER BY m.id`, args...)
	if err == nil {
		_, err = tx.Exec(`DELETE FROM media WHERE id IN (SELECT m.id FROM media AS m WHERE m.book = $1 AND `+these+`)`, args...)
	}
	return errs.Wrap(op, err)
}

// Witnessed are this package's tables that the log holds: each part of a photograph as it is sealed.
func Witnessed() []witness.Table {
	return []witness.Table{{Name: "media", Kind: whichKind, Page: mediaPage}}
}

// row is a row of media.
type row struct {
	id      id.Entry
	book    id.Book
	item    id.Item
	picture id.Picture
	pos     int64
	sealed  []byte
}

const rowColumns = `m.id, m.book, m.item, m.picture, m.pos, m.sealed`

func (r *row) scan(scan func(...any) error) error {
	return scan(&r.id, &r.book, &r.item, &r.picture, &r.pos, &r.sealed)
}

// payload is what its leaf commits to.
func (r *row) payload() []byte {
	sealed := witness.Cipher(r.sealed)
	return witness.NewHeader(whichKind, r.book.Bytes(), r.item.Bytes(), r.picture.Bytes(), binary.BigEndian.AppendUint64(nil, uint64(r.pos)), sealed[:])
}

func mediaPage(tx *store.Tx, after []byte) (rows []witness.Row, err error) {
	if after == nil {
		after = make([]byte, 16)
	}
	err = store.Each(tx, `SELECT `+rowColumns+` FROM media AS m WHERE m.id > $1 ORDER BY m.id LIMIT 100`, []any{after}, func(scan func(...any) error) error {
		var r row
		err := r.scan(scan)
		rows = append(rows, witness.Row{Kind: whichKind, ID: r.id.Bytes(), Name: r.id.String(), Payloads: [][]byte{r.payload()}, After: r.id.Bytes()})
		return err
	})
	return rows, err
}
