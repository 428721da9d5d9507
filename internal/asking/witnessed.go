package asking

import (
	"encoding/binary"

	"beside/internal/clock"
	"beside/internal/id"
	"beside/internal/store"
	"beside/internal/witness"
)

// whyKind is the kind of leaves of this package's rows.
const whyKind = "why"

// Witnessed are this package's tables that the log holds: what was asked and answered, with the words as they are sealed, and
// what was not answered in time. When the reader was reminded, and when the owner was told that they are not here any more,
// are marks, and not in the log.
func Witnessed() []witness.Table {
	return []witness.Table{{Name: "why", Kind: whyKind, Page: whyPage}}
}

// row is a row of why.
type row struct {
	id   id.Question
	book id.Book
	look id.Look
	Line
	words      []byte
	askedBy    id.Entry
	askedAt    clock.Time
	answer     []byte
	answeredBy id.Entry
	answeredAt clock.Time
	remindedAt clock.Time
	lateAt     clock.Time
	told       int64
	named      bool // the rule gives the reader the owner's name; no column
}

const rowColumns = `q.id, q.book, q.look, q.reader, q.hat, q.purpose, q.since, q.looked_at, q.words, q.asked_by, q.asked_at, q.answer, q.answered_by, q.answered_at, q.reminded_at, q.late_at, q.told`

func (r *row) fields() []any {
	return []any{&r.id, &r.book, &r.look, &r.Reader, &r.Hat, &r.Purpose, &r.From, &r.At, &r.words, &r.askedBy, &r.askedAt,
		&r.answer, &r.answeredBy, &r.answeredAt, &r.remindedAt, &r.lateAt, &r.told}
}

func number[N ~int64](n N) []byte { return binary.BigEndian.AppendUint64(nil, uint64(n)) }

// payload is what its leaf commits to: all but the marks, and of the words what is stored.
func (r *row) payload() []byte {
	answer, by := r.sealedAnswer(), []byte(nil)
	if !r.answeredBy.IsZero() {
		by = r.answeredBy.Bytes()
	}
	return r.payloadOf(witness.Cipher(r.words), answer, by)
}

// sealedAnswer is the hash of the answer as it is sealed, none before there is one.
func (r *row) sealedAnswer() []byte {
	if len(r.answer) == 0 {
		return nil
	}
	h := witness.Cipher(r.answer)
	return h[:]
}

func (r *row) payloadOf(words witness.Hash, answer, by []byte) []byte {
	return witness.NewHeader(whyKind, r.book.Bytes(), r.look.Bytes(), r.Reader.Bytes(), []byte(r.Hat), []byte(r.Purpose), number(r.From), number(r.At),
		words[:], r.askedBy.Bytes(), number(r.askedAt), answer, by, number(r.answeredAt), number(r.lateAt), number(r.told))
}

// record queues what a row says now.
func (a *Asking) record(tx *store.Tx, q id.Question) error {
	var r row
	if err := tx.Row(`SELECT `+rowColumns+` FROM why AS q WHERE q.id = $1`, q).Scan(r.fields()...); err != nil {
		return err
	}
	return a.Keeper.Queue().Record(tx, whyKind, q.Bytes(), r.payload(), a.Clock.Now())
}

func whyPage(tx *store.Tx, after []byte) (rows []witness.Row, err error) {
	if after == nil {
		after = make([]byte, 16)
	}
	err = store.Each(tx, `SELECT `+rowColumns+` FROM why AS q WHERE q.id > $1 ORDER BY q.id LIMIT 500`, []any{after}, func(scan func(...any) error) error {
		var r row
		err := scan(r.fields()...)
		rows = append(rows, witness.Row{Kind: whyKind, ID: r.id.Bytes(), Name: r.id.String(), Payloads: [][]byte{r.payload()}, After: r.id.Bytes()})
		return err
	})
	return rows, err
}
