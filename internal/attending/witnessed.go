package attending

import (
	"encoding/binary"

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

const rowColumns = `a.id, a.community, a.book, a.worker, a.day, a.units, a.code, a.made_at, a.wrong_at, a.withdrawn_at, a.printed_at`

func (a *Attended) scan(scan func(...any) error) error {
	return scan(&a.ID, &a.community, &a.Book, &a.Worker, &a.Day, &a.Units, &a.Code, &a.MadeAt, &a.WrongAt, &a.WithdrawnAt, &a.PrintedAt)
}

func number[N ~int64](n N) []byte { return binary.BigEndian.AppendUint64(nil, uint64(n)) }

// payload is what its leaf commits to.
func (a *Attended) payload() []byte {
	return witness.NewHeader(whichKind, a.community.Bytes(), a.Book.Bytes(), a.Worker.Bytes(), []byte(a.Day), number(int64(a.Units)), []byte(a.Code),
		number(a.MadeAt), number(a.WrongAt), number(a.WithdrawnAt), number(a.PrintedAt))
}

// record queues what a row says now.
func (x *Attending) record(tx *store.Tx, a id.Attended) error {
	var r Attended
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
		var r Attended
		err := r.scan(scan)
		rows = append(rows, witness.Row{Kind: whichKind, ID: r.ID.Bytes(), Name: r.ID.String(), Payloads: [][]byte{r.payload()}, After: r.ID.Bytes()})
		return err
	})
	return rows, err
}
