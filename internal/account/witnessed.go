package account

import (
	"encoding/binary"

	"beside/internal/clock"
	"beside/internal/id"
	"beside/internal/store"
	"beside/internal/witness"
)

// Kinds of leaves of this package's tables.
const (
	kindCommunity  = "community"
	kindMembership = "membership"
	kindHappening  = "happening"
)

// pageOf is how many rows are compared in one transaction.
const pageOf = 500

// Witnessed are this package's tables that the log holds: which community there is, who has which role, and what happened
// with people's ways in. Whether a happening was seen is its reader's mark and not in the log.
func Witnessed() []witness.Table {
	return []witness.Table{
		{Name: "community", Kind: kindCommunity, Page: communityPage},
		{Name: "membership", Kind: kindMembership, Page: membershipPage},
		{Name: "happening", Kind: kindHappening, Page: happeningPage},
	}
}

// at8 is a time as the log holds it.
func at8(t clock.Time) []byte { return binary.BigEndian.AppendUint64(nil, uint64(t)) }

// orNone is an id as the log holds it, nothing for none.
func orNone[K any](i id.Of[K]) []byte {
	if i.IsZero() {
		return nil
	}
	return i.Bytes()
}

func communityRow(name string, made clock.Time) []byte {
	return witness.NewHeader("community/2", []byte(name), at8(made))
}

func membershipRow(m Membership, community id.Community) []byte {
	return witness.NewHeader("membership/2", community.Bytes(), m.Person.Bytes(), []byte(m.Hat), at8(m.Since), at8(m.Until), at8(m.EndedAt), orNone(m.InvitedBy))
}

func happeningRow(who id.Person, what Happened, on id.Device, at clock.Time) []byte {
	return witness.NewHeader("happening/2", who.Bytes(), []byte(what), orNone(on), at8(at))
}

func communityPage(tx *store.Tx, after []byte) (rows []witness.Row, err error) {
	if after == nil {
		after = make([]byte, 16)
	}
	err = store.Each(tx, `SELECT id, name, made_at FROM community WHERE id > $1 ORDER BY id LIMIT $2 + 0`, []any{after, pageOf}, func(scan func(...any) error) error {
		var c id.Community
		var name string
		var made clock.Time
		err := scan(&c, &name, &made)
		rows = append(rows, witness.Row{Kind: kindCommunity, ID: c.Bytes(), Name: c.String(), After: c.Bytes(),
			Payloads: [][]byte{communityRow(name, made), []byte(name)}})
		return err
	})
	return rows, err
}

func membershipPage(tx *store.Tx, after []byte) (rows []witness.Row, err error) {
	if after == nil {
		after = make([]byte, 16)
	}
	err = store.Each(tx, `SELECT id, community, person, hat, since, until, ended_at, invited_by FROM membership WHERE id > $1 ORDER BY id LIMIT $2 + 0`,
		[]any{after, pageOf}, func(scan func(...any) error) error {
			var m Membership
			var community id.Community
			err := scan(&m.ID, &community, &m.Person, &m.Hat, &m.Since, &m.Until, &m.EndedAt, &m.InvitedBy)
			before := witness.NewHeader("membership", m.Person.Bytes(), []byte(m.Hat), at8(m.Until), at8(m.EndedAt))
			rows = append(rows, witness.Row{Kind: kindMembership, ID: m.ID.Bytes(), Name: m.ID.String(), After: m.ID.Bytes(),
				Payloads: [][]byte{membershipRow(m, community), before}})
			return err
		})
	return rows, err
}

func happeningPage(tx *store.Tx, after []byte) (rows []witness.Row, err error) {
	if after == nil {
		after = make([]byte, 32)
	}
	err = store.Each(tx, `SELECT person, id, kind, device, at FROM happening WHERE person > $1 OR person = $1 AND id > $2 ORDER BY person, id LIMIT $3 + 0`,
		[]any{after[:16], after[16:], pageOf}, func(scan func(...any) error) error {
			var h Happening
			var who id.Person
			err := scan(&who, &h.ID, &h.Kind, &h.Device, &h.At)
			rows = append(rows, witness.Row{Kind: kindHappening, ID: h.ID.Bytes(), Name: "person " + who.String() + ", " + h.ID.String(),
				After:    append(append([]byte(nil), who.Bytes()...), h.ID.Bytes()...),
				Payloads: [][]byte{happeningRow(who, h.Kind, h.Device, h.At), witness.NewHeader("happening", who.Bytes(), []byte(h.Kind))}})
			return err
		})
	return rows, err
}
