package ending

import (
	"encoding/binary"

	"beside/internal/clock"
	"beside/internal/id"
	"beside/internal/store"
	"beside/internal/witness"
)

// Kinds of leaves of this package's rows.
const (
	closingKind = "closing"
	deathKind   = "death"
	yesKind     = "death said"
)

// Witnessed are this package's tables that the log holds row by row: that the place closes, that somebody has died, and who
// said so. When the erasing of all books was begun is a mark, and not in the log.
func Witnessed() []witness.Table {
	return []witness.Table{
		{Name: "closing", Kind: closingKind, Page: closingPage},
		{Name: "death", Kind: deathKind, Page: deathPage},
		{Name: "death_yes", Kind: yesKind, Page: yesPage},
	}
}

func at8(t clock.Time) []byte { return binary.BigEndian.AppendUint64(nil, uint64(t)) }

// closingRow is a row of closing as its leaf commits to it.
func closingRow(c Closing, stopped clock.Time) []byte {
	return witness.NewHeader("closing", at8(c.SaidAt), at8(c.OnAt), at8(stopped))
}

func closingPage(tx *store.Tx, after []byte) (rows []witness.Row, err error) {
	if after == nil {
		after = make([]byte, 16)
	}
	err = store.Each(tx, `SELECT id, said_at, on_at, stopped_at FROM closing WHERE id > $1 ORDER BY id LIMIT 100`, []any{after}, func(scan func(...any) error) error {
		var c Closing
		var stopped clock.Time
		err := scan(&c.ID, &c.SaidAt, &c.OnAt, &stopped)
		rows = append(rows, witness.Row{Kind: closingKind, ID: c.ID.Bytes(), Name: c.ID.String(), Payloads: [][]byte{closingRow(c, stopped)}, After: c.ID.Bytes()})
		return err
	})
	return rows, err
}

const deathRowColumns = `id, book, person, said_at, since, reads_until, over_at`

// deathRow reads a row of death, and what its leaf commits to: all of it.
func deathRow(scan func(...any) error) (d id.Entry, payload []byte, err error) {
	var b id.Book
	var person id.Person
	var said, since, reads, over clock.Time
	err = scan(&d, &b, &person, &said, &since, &reads, &over)
	return d, witness.NewHeader("death", b.Bytes(), person.Bytes(), at8(said), at8(since), at8(reads), at8(over)), err
}

// recordDeath queues what a row of death says now.
func (x *Endings) recordDeath(tx *store.Tx, d id.Entry) error {
	_, payload, err := deathRow(tx.Row(`SELECT `+deathRowColumns+` FROM death WHERE id = $1`, d).Scan)
	if err != nil {
		return err
	}
	return x.Keeper.Queue().Record(tx, deathKind, d.Bytes(), payload, x.Clock.Now())
}

func deathPage(tx *store.Tx, after []byte) (rows []witness.Row, err error) {
	if after == nil {
		after = make([]byte, 16)
	}
	err = store.Each(tx, `SELECT `+deathRowColumns+` FROM death WHERE id > $1 ORDER BY id LIMIT 500`, []any{after}, func(scan func(...any) error) error {
		d, payload, err := deathRow(scan)
		rows = append(rows, witness.Row{Kind: deathKind, ID: d.Bytes(), Name: d.String(), Payloads: [][]byte{payload}, After: d.Bytes()})
		return err
	})
	return rows, err
}

// yes is a row of death_yes.
type yes struct {
	death   id.Entry
	member  id.Person
	through id.Membership
	at      clock.Time
}

// id is how the log knows the row.
func (y yes) id() []byte { return append(y.death.Bytes(), y.member.Bytes()...) }

func (y yes) payload() []byte {
	return witness.NewHeader("death said", y.death.Bytes(), y.member.Bytes(), y.through.Bytes(), at8(y.at))
}

func yesPage(tx *store.Tx, after []byte) (rows []witness.Row, err error) {
	if after == nil {
		after = make([]byte, 32)
	}
	err = eachYes(tx, `death > $1 OR death = $1 AND member > $2 ORDER BY death, member LIMIT 500`, []any{after[:16], after[16:]}, func(y yes) {
		rows = append(rows, witness.Row{Kind: yesKind, ID: y.id(), Name: y.death.String() + ", by " + y.member.String(), Payloads: [][]byte{y.payload()}, After: y.id()})
	})
	return rows, err
}

func eachYes(tx *store.Tx, where string, args []any, each func(yes)) error {
	return store.Each(tx, `SELECT death, member, through, at FROM death_yes WHERE `+where, args, func(scan func(...any) error) error {
		var y yes
		err := scan(&y.death, &y.member, &y.through, &y.at)
		each(y)
		return err
	})
}
