package legal

import (
	"encoding/binary"

	"beside/internal/clock"
	"beside/internal/id"
	"beside/internal/store"
	"beside/internal/witness"
)

// demandKind is the kind of leaves of papers.
const demandKind = "demand"

// Witnessed are this package's tables that the log holds.
func Witnessed() []witness.Table {
	return []witness.Table{{Name: "demand", Kind: demandKind, Page: demandPage}}
}

// row is a row of demand.
type row struct {
	Demand
	community id.Community
	facts     []byte
	member    id.Person
}

const rowColumns = `d.id, d.community, d.kind, d.facts, d.came, d.quiet_until, d.member, d.made_at, d.over_at`

func (r *row) scan(scan func(...any) error) error {
	err := scan(&r.ID, &r.community, &r.Kind, &r.facts, &r.Came, &r.QuietUntil, &r.member, &r.MadeAt, &r.OverAt)
	r.Member = r.member
	return err
}

func at8(t clock.Time) []byte { return binary.BigEndian.AppendUint64(nil, uint64(t)) }

// payload is what its leaf commits to.
func (r *row) payload() []byte {
	f := witness.Cipher(r.facts)
	return witness.NewHeader(demandKind, r.community.Bytes(), []byte(r.Kind), f[:], []byte(r.Came), at8(r.QuietUntil), r.member.Bytes(), at8(r.MadeAt), at8(r.OverAt))
}

// record queues what a row says now.
func (l *Legal) record(tx *store.Tx, d id.Demand) error {
	var r row
	if err := r.scan(tx.Row(`SELECT `+rowColumns+` FROM demand AS d WHERE d.id = $1`, d).Scan); err != nil {
		return err
	}
	return l.Keeper.Queue().Record(tx, demandKind, d.Bytes(), r.payload(), l.Clock.Now())
}

func demandPage(tx *store.Tx, after []byte) (rows []witness.Row, err error) {
	if after == nil {
		after = make([]byte, 16)
	}
	err = store.Each(tx, `SELECT `+rowColumns+` FROM demand AS d WHERE d.id > $1 ORDER BY d.id LIMIT 500`, []any{after}, func(scan func(...any) error) error {
		var r row
		err := r.scan(scan)
		rows = append(rows, witness.Row{Kind: demandKind, ID: r.ID.Bytes(), Name: r.ID.String(), Payloads: [][]byte{r.payload()}, After: r.ID.Bytes()})
		return err
	})
	return rows, err
}
