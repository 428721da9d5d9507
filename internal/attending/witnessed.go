package attending

import (
	"encoding/binary"

	"beside/internal/clock"
	"beside/internal/id"
	"beside/internal/store"
	"beside/internal/witness"
)

// whichKind is the kind of leaves of this package's rows.
const whichKind = "attended"

// Witnessed are this package's tables that the log holds: all of what was written down.
func Witnessed() []witness.Table {
	return []witness.Table{{Name: "attended", Kind: whichKind, Page: attendedPage}}
}

// row is a row of attended.
type row struct {
	Attended
	community id.Community
}

const rowColumns = `a.id, a.community, a.book, a.worker, a.day, a.units, a.code, a.made_at, a.wrong_at, a.withdrawn_at, a.printed_at`

func (r *row) scan(scan func(...any) error) error {
	return scan(&r.ID, &r.community, &r.Book, &r.Worker, &r.Day, &r.Units, &r.Code, &r.MadeAt, &r.WrongAt, &r.WithdrawnAt, &r.PrintedAt)
}

func number[N ~int64](n N) []byte { return binary.BigEndian.AppendUint64(nil, uint64(n)) }

// payload is what its leaf commits to.
func (r *row) payload() []byte {
	at := func(t clock.Time) []byte { return number(t) }
	return witness.NewHeader(whichKind, r.community.Bytes(), r.Book.Bytes(), r.Worker.Bytes(), []byte(r.Day), number(int64(r.Units)), []byte(r.Code),
		at(r.MadeAt), at(r.WrongAt), at(r.WithdrawnAt), at(r.PrintedAt))
}

// record queues what a row says now.
func (x *Attending) record(tx *store.Tx, a id.Attended) error {
	var r row
	if err := r.scan(tx.Row(`SELECT `+rowColumns+` FROM attended AS a WHERE a.id = $1`, a).Scan); err != nil {
		return err
	}
	return x.Keeper.Queue().Record(tx, whichKind, a.Bytes(), r.payload(), x.Clock.Now())
}

func attendedPage(tx *store.Tx, after []byte) (rows []witness.Row, err error) {
	if after == nil {
		after = make([]byte, 16)
	}
	err = store.Each(tx, `SELECT `+rowColumns+` FROM attended AS a WHERE a.id > $1 ORDER BY a.id LIMIT 500`, []any{after}, func(scan func(...any) error) error {
		var r row
		err := r.scan(scan)
		rows = append(rows, witness.Row{Kind: whichKind, ID: r.ID.Bytes(), Name: r.ID.String(), Payloads: [][]byte{r.payload()}, After: r.ID.Bytes()})
		return err
	})
	return rows, err
}
