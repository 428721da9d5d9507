package outside

import (
	"encoding/binary"
	"errors"

	"beside/internal/clock"
	"beside/internal/id"
	"beside/internal/store"
	"beside/internal/witness"
)

// whichKind is the kind of leaves of this package's rows.
const whichKind = "outside"

// Witnessed are this package's tables that the log holds: that something left and when, that it was taken back, what left as it is
// sealed, and the salted hash of it.
func Witnessed() []witness.Table {
	return []witness.Table{{Name: "outside", Kind: whichKind, Page: outsidePage}, {Name: "lasting", Kind: lastingKind, Page: lastingPage}}
}

// row is a row of outside.
type row struct {
	id              id.Paper
	book            id.Book
	facts           []byte
	parts           sealedParts
	hash            []byte
	givenAt, backAt clock.Time
	worker          id.Person // none but under a yes that lasts
	lasting         id.Lasting
}

// sealedPart is a [Part] as it is stored.
type sealedPart struct {
	item   id.Item
	sealed []byte // none once the item was erased
}

type sealedParts []sealedPart

// items writes the items of parts into one value.
func (all sealedParts) items() (b []byte) {
	for _, p := range all {
		at := p.item.Array()
		b = append(b, at[:]...)
	}
	return b
}

// pack writes parts into one value, without their items.
func (all sealedParts) pack() (b []byte) {
	for _, p := range all {
		b = binary.BigEndian.AppendUint32(b, uint32(len(p.sealed)))
		b = append(b, p.sealed...)
	}
	return b
}

var errParts = errors.New("outside: the parts of what left cannot be told apart")

// unpack reads what [sealedParts.items] and [sealedParts.pack] wrote.
func unpack(items, b []byte) (all sealedParts, err error) {
	for len(b) > 0 {
		if len(b) < 4 || len(items) < 16 {
			return nil, errParts
		}
		var p sealedPart
		if p.item, err = id.FromBytes[id.Item](items[:16]); err != nil {
			return nil, err
		}
		n := binary.BigEndian.Uint32(b[:4])
		if b, items = b[4:], items[16:]; uint64(n) > uint64(len(b)) {
			return nil, errParts
		}
		p.sealed, b = b[:n], b[n:]
		all = append(all, p)
	}
	return all, nil
}

const rowColumns = `o.id, o.book, o.facts, o.items, o.parts, o.hash, o.given_at, o.back_at, o.worker, o.lasting`

func (r *row) scan(scan func(...any) error) (err error) {
	var items, parts []byte
	if err = scan(&r.id, &r.book, &r.facts, &items, &parts, &r.hash, &r.givenAt, &r.backAt, &r.worker, &r.lasting); err == nil {
		r.parts, err = unpack(items, parts)
	}
	return err
}

func number[N ~int64](n N) []byte { return binary.BigEndian.AppendUint64(nil, uint64(n)) }

// payloadOf is what a row's leaf commits to.
func payloadOf(b id.Book, facts witness.Hash, items []byte, parts witness.Hash, hash []byte, given, back clock.Time, worker id.Person, lasting id.Lasting) []byte {
	return witness.NewHeader(whichKind, b.Bytes(), facts[:], items, parts[:], hash, number(given), number(back), some(worker), some(lasting))
}

// some are the bytes of an id, none for none.
func some[K any](x id.Of[K]) []byte {
	if x.IsZero() {
		return nil
	}
	return x.Bytes()
}

// record queues what a row says now.
func (o *Outside) record(tx *store.Tx, p id.Paper) error {
	rows, err := leaves(tx, `o.id = $1`, p)
	if err != nil {
		return err
	}
	for _, r := range rows {
		if err := o.Keeper.Queue().Record(tx, whichKind, p.Bytes(), r.Payloads[0], o.Clock.Now()); err != nil {
			return err
		}
	}
	return nil
}

func outsidePage(tx *store.Tx, after []byte) ([]witness.Row, error) {
	if after == nil {
		after = make([]byte, 16)
	}
	return leaves(tx, `o.id > $1`, after)
}

// leaves are rows as the log holds them. What their parts are is not asked, so that a row that was changed by hand is still told.
func leaves(tx *store.Tx, which string, arg any) (rows []witness.Row, err error) {
	err = store.Each(tx, `SELECT `+rowColumns+` FROM outside AS o WHERE `+which+` ORDER BY o.id LIMIT 500`, []any{arg}, func(scan func(...any) error) error {
		var p id.Paper
		var b id.Book
		var facts, items, parts, hash []byte
		var given, back clock.Time
		var worker id.Person
		var lasting id.Lasting
		err := scan(&p, &b, &facts, &items, &parts, &hash, &given, &back, &worker, &lasting)
		rows = append(rows, witness.Row{Kind: whichKind, ID: p.Bytes(), Name: p.String(), Payloads: [][]byte{payloadOf(b, witness.Cipher(facts), items, witness.Cipher(parts), hash, given, back, worker, lasting)}, After: p.Bytes()})
		return err
	})
	return rows, err
}
