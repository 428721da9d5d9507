package signed

import (
	"encoding/binary"

	"beside/internal/id"
	"beside/internal/store"
	"beside/internal/witness"
)

// whichKind is the kind of leaves of this package's rows.
const whichKind = "signing"

// Witnessed are this package's tables that the log holds: all of each sheet.
func Witnessed() []witness.Table {
	return []witness.Table{{Name: "signing", Kind: whichKind, Page: signingPage}}
}

// row is a row of signing.
type row struct {
	Paper
	facts  []byte
	number []byte
	hat    string
}

const rowColumns = `s.id, s.book, s.recipient, s.facts, s.number, s.made_by, s.made_at, s.ends_at, s.over_at, s.witness, s.hat, s.entered_at, s.back_by, s.back_at`

func (r *row) scan(scan func(...any) error) error {
	return scan(&r.ID, &r.Book, &r.Worker, &r.facts, &r.number, &r.MadeBy, &r.MadeAt, &r.EndsAt, &r.OverAt, &r.Witness, &r.hat, &r.EnteredAt, &r.BackBy, &r.BackAt)
}

// find finds sheets, the newest first.
func find(tx *store.Tx, where string, args ...any) (all []row, err error) {
	err = store.Each(tx, `SELECT `+rowColumns+` FROM signing AS s WHERE `+where+` ORDER BY s.made_at DESC, s.id DESC`, args, func(scan func(...any) error) error {
		var r row
		err := r.scan(scan)
		all = append(all, r)
		return err
	})
	return all, err
}

func number[N ~int64](n N) []byte { return binary.BigEndian.AppendUint64(nil, uint64(n)) }

// some are the bytes of an id, none for none.
func some[K any](x id.Of[K]) []byte {
	if x.IsZero() {
		return nil
	}
	return x.Bytes()
}

// payload is what its leaf commits to.
func (r *row) payload() []byte { return r.payloadOf(witness.Cipher(r.facts)) }

func (r *row) payloadOf(facts witness.Hash) []byte {
	return witness.NewHeader(whichKind, r.Book.Bytes(), r.Worker.Bytes(), facts[:], r.number, r.MadeBy.Bytes(), number(r.MadeAt), number(r.EndsAt), number(r.OverAt),
		some(r.Witness), []byte(r.hat), number(r.EnteredAt), some(r.BackBy), number(r.BackAt))
}

// record queues what a row says now.
func (x *Papers) record(tx *store.Tx, s id.Signing) error {
	rows, err := find(tx, `s.id = $1`, s)
	for _, r := range rows {
		if err == nil {
			err = x.Keeper.Queue().Record(tx, whichKind, s.Bytes(), r.payload(), x.Clock.Now())
		}
	}
	return err
}

func signingPage(tx *store.Tx, after []byte) (rows []witness.Row, err error) {
	if after == nil {
		after = make([]byte, 16)
	}
	err = store.Each(tx, `SELECT `+rowColumns+` FROM signing AS s WHERE s.id > $1 ORDER BY s.id LIMIT 500`, []any{after}, func(scan func(...any) error) error {
		var r row
		err := r.scan(scan)
		rows = append(rows, witness.Row{Kind: whichKind, ID: r.ID.Bytes(), Name: r.ID.String(), Payloads: [][]byte{r.payload()}, After: r.ID.Bytes()})
		return err
	})
	return rows, err
}
