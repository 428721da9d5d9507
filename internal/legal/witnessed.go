package legal

import (
	"encoding/binary"
	"strings"

	"beside/internal/clock"
	"beside/internal/id"
	"beside/internal/store"
	"beside/internal/witness"
)

// The kinds of leaves of this package's rows.
const (
	demandKind  = "demand"
	orderedKind = "ordered"
	takenKind   = "ordered taken"
)

// Witnessed are this package's tables that the log holds: every paper, what an order names with the hash of what was handed over by
// it, who took that, and
// what somebody had to report.
func Witnessed() []witness.Table {
	return []witness.Table{{Name: "demand", Kind: demandKind, Page: demandPage}, {Name: "ordered", Kind: orderedKind, Page: orderedPage}, {Name: "ordered_taken", Kind: takenKind, Page: takenPage}, {Name: "reported", Kind: reportedKind, Page: reportedPage}}
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

// payload is what the leaf of an order commits to: the row, and what it names.
func (o *Ordering) payload(d id.Demand) []byte {
	f := witness.Cipher(o.facts)
	var confirmed []byte
	if !o.ConfirmedBy.IsZero() {
		confirmed = o.ConfirmedBy.Bytes()
	}
	return witness.NewHeader(orderedKind, d.Bytes(), o.book.Bytes(), f[:], []byte(o.FromDay), []byte(o.ToDay), at8(o.from), at8(o.to), o.EnteredBy.Bytes(), at8(o.EnteredAt),
		confirmed, at8(o.ConfirmedAt), o.hash, at8(o.ToldAt), at8(o.overAt), []byte(strings.Join(o.named, " ")))
}

// eachOrdered calls each with rows of ordered, with all that stands in ordered_part.
func eachOrdered(tx *store.Tx, where string, arg any, each func(id.Demand, *Ordering) error) error {
	var ids []id.Demand
	var all []*Ordering
	err := store.Each(tx, `SELECT `+orderedColumns+` FROM ordered AS r WHERE `+where+` ORDER BY r.id LIMIT 500`, []any{arg}, func(scan func(...any) error) error {
		var d id.Demand
		var o Ordering
		err := o.scan(&d, scan)
		ids, all = append(ids, d), append(all, &o)
		return err
	})
	for i, o := range all {
		if err == nil {
			err = store.Each(tx, `SELECT part FROM ordered_part WHERE ordered = $1 ORDER BY part`, []any{ids[i]}, func(scan func(...any) error) error {
				var part string
				err := scan(&part)
				o.named = append(o.named, part)
				return err
			})
		}
		if err == nil {
			err = each(ids[i], o)
		}
	}
	return err
}

// recordOrdered queues what a row of ordered says now.
func (l *Legal) recordOrdered(tx *store.Tx, d id.Demand) error {
	return eachOrdered(tx, `r.id = $1`, d, func(d id.Demand, o *Ordering) error {
		return l.Keeper.Queue().Record(tx, orderedKind, d.Bytes(), o.payload(d), l.Clock.Now())
	})
}

func orderedPage(tx *store.Tx, after []byte) (rows []witness.Row, err error) {
	if after == nil {
		after = make([]byte, 16)
	}
	err = eachOrdered(tx, `r.id > $1`, after, func(d id.Demand, o *Ordering) error {
		rows = append(rows, witness.Row{Kind: orderedKind, ID: d.Bytes(), Name: d.String(), Payloads: [][]byte{o.payload(d)}, After: d.Bytes()})
		return nil
	})
	return rows, err
}

// takenRows are rows of ordered_taken as the log holds them.
func takenRows(tx *store.Tx, where string, arg any) (rows []witness.Row, err error) {
	err = store.Each(tx, `SELECT id, ordered, member, at FROM ordered_taken WHERE `+where+` ORDER BY id LIMIT 500`, []any{arg}, func(scan func(...any) error) error {
		var e id.Entry
		var d id.Demand
		var member id.Person
		var at clock.Time
		err := scan(&e, &d, &member, &at)
		rows = append(rows, witness.Row{Kind: takenKind, ID: e.Bytes(), Name: e.String(), Payloads: [][]byte{witness.NewHeader(takenKind, d.Bytes(), member.Bytes(), at8(at))}, After: e.Bytes()})
		return err
	})
	return rows, err
}

// recordTaken queues that somebody took what was put together.
func (l *Legal) recordTaken(tx *store.Tx, e id.Entry) error {
	rows, err := takenRows(tx, `id = $1`, e)
	for _, r := range rows {
		if err == nil {
			err = l.Keeper.Queue().Record(tx, takenKind, r.ID, r.Payloads[0], l.Clock.Now())
		}
	}
	return err
}

func takenPage(tx *store.Tx, after []byte) ([]witness.Row, error) {
	if after == nil {
		after = make([]byte, 16)
	}
	return takenRows(tx, `id > $1`, after)
}
