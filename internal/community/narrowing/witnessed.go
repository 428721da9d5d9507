package narrowing

import (
	"encoding/binary"

	"beside/internal/clock"
	"beside/internal/id"
	"beside/internal/store"
	"beside/internal/witness"
)

// Kinds of leaves of this package's rows.
const (
	ruleKind = "narrowing"
	endKind  = "narrowing end"
)

// Witnessed are this package's tables that the log holds: each rule with the workers who are named in it, and who said that it shall
// end.
func Witnessed() []witness.Table {
	return []witness.Table{{Name: "narrowing", Kind: ruleKind, Page: rulePage}, {Name: "narrowing_end", Kind: endKind, Page: endPage}}
}

func number[N ~int64](n N) []byte { return binary.BigEndian.AppendUint64(nil, uint64(n)) }

// kept is a row of narrowing with all that its leaf commits to.
type kept struct {
	Rule
	allBut    int64 // as it stands in the row, whatever that is
	community id.Community
	through   id.Membership
}

const keptColumns = `r.id, r.community, r.all_but, r.section, r.closes, r.words, r.since, r.until, r.said_by, r.through, r.said_at, r.ended_at`

func (k *kept) scan(scan func(...any) error) error {
	return scan(&k.ID, &k.community, &k.allBut, &k.Section, &k.Closes, &k.Words, &k.Since, &k.Until, &k.SaidBy, &k.through, &k.SaidAt, &k.EndedAt)
}

func (k *kept) payload() []byte {
	var workers []byte
	for _, p := range k.Workers {
		workers = append(workers, p.Bytes()...)
	}
	return witness.NewHeader(ruleKind, k.community.Bytes(), number(k.allBut), workers, []byte(k.Section), number(int64(k.Closes)), []byte(k.Words),
		number(k.Since), number(k.Until), k.SaidBy.Bytes(), k.through.Bytes(), number(k.SaidAt), number(k.EndedAt))
}

// record queues what a rule says now.
func (x *Rules) record(tx *store.Tx, n id.Narrowing) error {
	var k kept
	err := k.scan(tx.Row(`SELECT `+keptColumns+` FROM narrowing AS r WHERE r.id = $1`, n).Scan)
	if err == nil {
		k.Workers, err = over(tx, n)
	}
	if err != nil {
		return err
	}
	return x.Keeper.Queue().Record(tx, ruleKind, n.Bytes(), k.payload(), x.Clock.Now())
}

func rulePage(tx *store.Tx, after []byte) (rows []witness.Row, err error) {
	if after == nil {
		after = make([]byte, 16)
	}
	var all []kept
	err = store.Each(tx, `SELECT `+keptColumns+` FROM narrowing AS r WHERE r.id > $1 ORDER BY r.id LIMIT 100`, []any{after}, func(scan func(...any) error) error {
		var k kept
		err := k.scan(scan)
		all = append(all, k)
		return err
	})
	for _, k := range all {
		if err == nil {
			k.Workers, err = over(tx, k.ID)
		}
		rows = append(rows, witness.Row{Kind: ruleKind, ID: k.ID.Bytes(), Name: k.ID.String(), Payloads: [][]byte{k.payload()}, After: k.ID.Bytes()})
	}
	return rows, err
}

// ending is a row of narrowing_end.
type ending struct {
	rule    id.Narrowing
	member  id.Person
	through id.Membership
	at      clock.Time
}

// id is how the log knows the row.
func (e ending) id() []byte { return append(e.rule.Bytes(), e.member.Bytes()...) }

func (e ending) payload() []byte {
	return witness.NewHeader(endKind, e.rule.Bytes(), e.member.Bytes(), e.through.Bytes(), number(e.at))
}

func endPage(tx *store.Tx, after []byte) (rows []witness.Row, err error) {
	if after == nil {
		after = make([]byte, 32)
	}
	err = store.Each(tx, `SELECT narrowing, member, through, at FROM narrowing_end WHERE narrowing > $1 OR narrowing = $1 AND member > $2 ORDER BY narrowing, member LIMIT 500`,
		[]any{after[:16], after[16:]}, func(scan func(...any) error) error {
			var e ending
			err := scan(&e.rule, &e.member, &e.through, &e.at)
			rows = append(rows, witness.Row{Kind: endKind, ID: e.id(), Name: e.rule.String() + ", by " + e.member.String(), Payloads: [][]byte{e.payload()}, After: e.id()})
			return err
		})
	return rows, err
}
