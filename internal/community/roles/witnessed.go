package roles

import (
	"encoding/binary"

	"beside/internal/clock"
	"beside/internal/id"
	"beside/internal/store"
	"beside/internal/witness"
)

// Kinds of leaves of this package's rows.
const (
	roleKind    = "role"
	holdingKind = "role holder"
)

// Witnessed are this package's tables that the log holds: which roles there are, and who holds them.
func Witnessed() []witness.Table {
	return []witness.Table{{Name: "role", Kind: roleKind, Page: rolePage}, {Name: "role_holder", Kind: holdingKind, Page: holdingPage}}
}

func number[N ~int64](n N) []byte { return binary.BigEndian.AppendUint64(nil, uint64(n)) }

const (
	roleColumns    = `id, community, name, made_by, through, made_at`
	holdingColumns = `id, role, community, person, since, until, put_by, through, put_at, ended_by, ended_at`
)

func roleRow(scan func(...any) error) (r id.Role, payload []byte, err error) {
	var c id.Community
	var name string
	var by id.Person
	var through id.Membership
	var at clock.Time
	err = scan(&r, &c, &name, &by, &through, &at)
	return r, witness.NewHeader(roleKind, c.Bytes(), []byte(name), by.Bytes(), through.Bytes(), number(at)), err
}

func holdingRow(scan func(...any) error) (h id.Holding, payload []byte, err error) {
	var r id.Role
	var c id.Community
	var person, by, endedBy id.Person
	var through id.Membership
	var since, until, at, ended clock.Time
	err = scan(&h, &r, &c, &person, &since, &until, &by, &through, &at, &endedBy, &ended)
	return h, witness.NewHeader(holdingKind, r.Bytes(), c.Bytes(), person.Bytes(), number(since), number(until), by.Bytes(), through.Bytes(), number(at), endedBy.Bytes(), number(ended)), err
}

// recordRole and recordHolding queue what a row says now.
func (x *Roles) recordRole(tx *store.Tx, r id.Role) error {
	_, payload, err := roleRow(tx.Row(`SELECT `+roleColumns+` FROM role WHERE id = $1`, r).Scan)
	if err != nil {
		return err
	}
	return x.Keeper.Queue().Record(tx, roleKind, r.Bytes(), payload, x.Clock.Now())
}

func (x *Roles) recordHolding(tx *store.Tx, h id.Holding) error {
	_, payload, err := holdingRow(tx.Row(`SELECT `+holdingColumns+` FROM role_holder WHERE id = $1`, h).Scan)
	if err != nil {
		return err
	}
	return x.Keeper.Queue().Record(tx, holdingKind, h.Bytes(), payload, x.Clock.Now())
}

func rolePage(tx *store.Tx, after []byte) (rows []witness.Row, err error) {
	if after == nil {
		after = make([]byte, 16)
	}
	err = store.Each(tx, `SELECT `+roleColumns+` FROM role WHERE id > $1 ORDER BY id LIMIT 500`, []any{after}, func(scan func(...any) error) error {
		r, payload, err := roleRow(scan)
		rows = append(rows, witness.Row{Kind: roleKind, ID: r.Bytes(), Name: r.String(), Payloads: [][]byte{payload}, After: r.Bytes()})
		return err
	})
	return rows, err
}

func holdingPage(tx *store.Tx, after []byte) (rows []witness.Row, err error) {
	if after == nil {
		after = make([]byte, 16)
	}
	err = store.Each(tx, `SELECT `+holdingColumns+` FROM role_holder WHERE id > $1 ORDER BY id LIMIT 500`, []any{after}, func(scan func(...any) error) error {
		h, payload, err := holdingRow(scan)
		rows = append(rows, witness.Row{Kind: holdingKind, ID: h.Bytes(), Name: h.String(), Payloads: [][]byte{payload}, After: h.Bytes()})
		return err
	})
	return rows, err
}
