package keeper

import (
	"encoding/binary"
	"fmt"

	"beside/internal/clock"
	"beside/internal/id"
	"beside/internal/store"
	"beside/internal/witness"
)

// Kinds of leaves of this package's rows, beside entries and looks.
const (
	tombstoneKind = "tombstone"
	erasingKind   = "erasing"
	holdKind      = "hold"
	endingKind    = "ending"
)

// Witnessed are this package's tables that the log holds row by row: which entries were erased for good, what certificates
// say of it, what keeps a book from it, and what is settled about its end.
func Witnessed() []witness.Table {
	return []witness.Table{
		{Name: "tombstone", Kind: tombstoneKind, Page: tombstonePage},
		{Name: "erasing", Kind: erasingKind, Page: erasingPage},
		{Name: "hold", Kind: holdKind, Page: holdPage},
		{Name: "ending", Kind: endingKind, Page: endingPage},
	}
}

func tombstonePage(tx *store.Tx, after []byte) (rows []witness.Row, err error) {
	var b id.Book
	var seq int64
	if after != nil {
		b, _ = id.FromBytes[id.Book](after[:16])
		seq = int64(binary.BigEndian.Uint64(after[16:]))
	} else {
		after = make([]byte, 24)
	}
	err = store.Each(tx, `SELECT book, seq, entry, item, leaf, erased_at FROM tombstone WHERE book > $1 OR book = $1 AND seq > $2 ORDER BY book, seq LIMIT 500`,
		[]any{after[:16], seq}, func(scan func(...any) error) error {
			var e id.Entry
			var it id.Item
			var leaf witness.Hash
			var at clock.Time
			err := scan(&b, &seq, &e, &it, &leaf, &at)
			rows = append(rows, witness.Row{Kind: tombstoneKind, ID: e.Bytes(), Name: fmt.Sprintf("book %s, entry %d (%s)", b, seq, e),
				Payloads: [][]byte{TombstoneRow(b, seq, e, it, leaf, at)}, After: binary.BigEndian.AppendUint64(append([]byte(nil), b.Bytes()...), uint64(seq))})
			return err
		})
	return rows, err
}

const erasingColumns = `id, book, owner, whole, items, entries, erased_at, settled_at, sure_at, why`

// erasingRow reads a row of erasing, and what its leaf commits to: all of it.
func erasingRow(scan func(...any) error) (x id.Entry, payload []byte, err error) {
	var b id.Book
	var owner id.Person
	var whole, items, entries int64
	var erased, settled, sure clock.Time
	var why string
	err = scan(&x, &b, &owner, &whole, &items, &entries, &erased, &settled, &sure, &why)
	return x, witness.NewHeader("erasing", b.Bytes(), owner.Bytes(), number(whole), number(items), number(entries),
		number(erased), number(settled), number(sure), []byte(why)), err
}

func number[N ~int64](n N) []byte { return binary.BigEndian.AppendUint64(nil, uint64(n)) }

// recordErasing queues what a certificate says now.
func (k *Keeper) recordErasing(tx *store.Tx, x id.Entry) error {
	_, payload, err := erasingRow(tx.Row(`SELECT `+erasingColumns+` FROM erasing WHERE id = $1`, x).Scan)
	if err != nil {
		return store.NotNone(err) // what an older copy brought back has none
	}
	return k.log.Record(tx, erasingKind, x.Bytes(), payload, k.clock.Now())
}

func erasingPage(tx *store.Tx, after []byte) (rows []witness.Row, err error) {
	if after == nil {
		after = make([]byte, 16)
	}
	err = store.Each(tx, `SELECT `+erasingColumns+` FROM erasing WHERE id > $1 ORDER BY id LIMIT 500`, []any{after}, func(scan func(...any) error) error {
		x, payload, err := erasingRow(scan)
		rows = append(rows, witness.Row{Kind: erasingKind, ID: x.Bytes(), Name: x.String(), Payloads: [][]byte{payload}, After: x.Bytes()})
		return err
	})
	return rows, err
}

// heldRow is a row of hold.
type heldRow struct {
	Hold
	why   string // a code
	by    id.Person
	ended clock.Time
}

const holdColumns = `book, since, until, reference, why, set_by, ended_at`

func (h *heldRow) fields() []any {
	return []any{&h.Book, &h.Since, &h.Until, &h.Reference, &h.why, &h.by, &h.ended}
}

// id is how the log knows the row.
func (h *heldRow) id() []byte { return append(h.Book.Bytes(), number(h.Since)...) }

// payload is what its leaf commits to: all but the reason, which is sealed.
func (h *heldRow) payload() []byte {
	return witness.NewHeader("hold", h.Book.Bytes(), number(h.Since), number(h.Until), []byte(h.Reference), []byte(h.why), h.by.Bytes(), number(h.ended))
}

func holdPage(tx *store.Tx, after []byte) (rows []witness.Row, err error) {
	if after == nil {
		after = make([]byte, 24)
	}
	err = store.Each(tx, `SELECT `+holdColumns+` FROM hold WHERE book > $1 OR book = $1 AND since > $2 ORDER BY book, since LIMIT 500`,
		[]any{after[:16], int64(binary.BigEndian.Uint64(after[16:]))}, func(scan func(...any) error) error {
			var h heldRow
			err := scan(h.fields()...)
			rows = append(rows, witness.Row{Kind: holdKind, ID: h.id(), Name: fmt.Sprintf("book %s, since %d", h.Book, h.Since), Payloads: [][]byte{h.payload()}, After: h.id()})
			return err
		})
	return rows, err
}

// endingRow is a row of ending as its leaf commits to it; since when it waits for the end of a hold is a mark, and not in it.
func endingRow(x Ending, over clock.Time) []byte {
	return witness.NewHeader("ending", x.Book.Bytes(), number(x.MadeAt), number(x.DueAt), number(over), []byte(x.Why))
}

func endingPage(tx *store.Tx, after []byte) (rows []witness.Row, err error) {
	if after == nil {
		after = make([]byte, 16)
	}
	err = store.Each(tx, `SELECT `+endingColumns+`, over_at FROM ending WHERE id > $1 ORDER BY id LIMIT 500`, []any{after}, func(scan func(...any) error) error {
		var x Ending
		var over clock.Time
		err := scan(append(x.fields(), &over)...)
		rows = append(rows, witness.Row{Kind: endingKind, ID: x.ID.Bytes(), Name: x.ID.String(), Payloads: [][]byte{endingRow(x, over)}, After: x.ID.Bytes()})
		return err
	})
	return rows, err
}
