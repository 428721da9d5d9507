package reviewing

import (
	"encoding/binary"

	"beside/internal/clock"
	"beside/internal/id"
	"beside/internal/store"
	"beside/internal/witness"
)

// Kinds of leaves of this package's rows.
const (
	reviewerKind = "reviewer"
	endKind      = "reviewer end"
	findingKind  = "finding"
	answerKind   = "finding answer"
	countedKind  = "counted"
)

// Witnessed are this package's tables that the log holds: whom the team asked, how that ended, what was found and answered, and what was
// counted.
func Witnessed() []witness.Table {
	return []witness.Table{
		{Name: "reviewer", Kind: reviewerKind, Page: reviewerPage}, {Name: "reviewer_end", Kind: endKind, Page: endPage},
		{Name: "finding", Kind: findingKind, Page: findingPage}, {Name: "finding_answer", Kind: answerKind, Page: answerPage},
		{Name: "counted", Kind: countedKind, Page: countedPage},
	}
}

func number[N ~int64](n N) []byte { return binary.BigEndian.AppendUint64(nil, uint64(n)) }

// orNone is an id as the log holds it, nothing for none.
func orNone[K any](i id.Of[K]) []byte {
	if i.IsZero() {
		return nil
	}
	return i.Bytes()
}

// kept is a row of one of the tables, as its leaf commits to it.
type kept interface {
	scan(func(...any) error) error
	row() witness.Row
}

func after16(after []byte) []byte {
	if after == nil {
		return make([]byte, 16)
	}
	return after
}

// pageOf returns a hundred rows behind one.
func pageOf[T any, P interface {
	*T
	kept
}](tx *store.Tx, query string, args ...any) (rows []witness.Row, err error) {
	err = store.Each(tx, query, args, func(scan func(...any) error) error {
		var k T
		err := P(&k).scan(scan)
		rows = append(rows, P(&k).row())
		return err
	})
	return rows, err
}

// record queues what a row says now.
func (x *Review) record(tx *store.Tx, k kept, query string, args ...any) error {
	if err := k.scan(tx.Row(query, args...).Scan); err != nil {
		return err
	}
	r := k.row()
	return x.Keeper.Queue().Record(tx, r.Kind, r.ID, r.Payloads[0], x.Clock.Now())
}

type reviewerRow struct {
	id            id.Reviewer
	community     id.Community
	words         string
	asked, second id.Person
	through, by   id.Membership
	at, secondAt  clock.Time
	invitation    id.Invitation
}

const reviewerColumns = `SELECT id, community, words, asked_by, asked_through, asked_at, second_by, second_through, second_at, invitation FROM reviewer `

func (r *reviewerRow) scan(scan func(...any) error) error {
	return scan(&r.id, &r.community, &r.words, &r.asked, &r.through, &r.at, &r.second, &r.by, &r.secondAt, &r.invitation)
}

func (r *reviewerRow) row() witness.Row {
	return witness.Row{Kind: reviewerKind, ID: r.id.Bytes(), Name: r.id.String(), After: r.id.Bytes(), Payloads: [][]byte{witness.NewHeader(reviewerKind,
		r.community.Bytes(), []byte(r.words), r.asked.Bytes(), r.through.Bytes(), number(r.at), orNone(r.second), orNone(r.by), number(r.secondAt), orNone(r.invitation))}}
}

func (x *Review) recordReviewer(tx *store.Tx, r id.Reviewer) error {
	return x.record(tx, &reviewerRow{}, reviewerColumns+`WHERE id = $1`, r)
}

func reviewerPage(tx *store.Tx, after []byte) ([]witness.Row, error) {
	return pageOf[reviewerRow](tx, reviewerColumns+`WHERE id > $1 ORDER BY id LIMIT 100`, after16(after))
}

type endRow struct {
	id               id.Entry
	reviewer         id.Reviewer
	member           id.Membership
	words            string
	self             int64
	by, second       id.Person
	through, second2 id.Membership
	at, over         clock.Time
}

const endColumns = `SELECT id, reviewer, membership, words, by_self, said_by, said_through, said_at, second_by, second_through, over_at FROM reviewer_end `

func (r *endRow) scan(scan func(...any) error) error {
	return scan(&r.id, &r.reviewer, &r.member, &r.words, &r.self, &r.by, &r.through, &r.at, &r.second, &r.second2, &r.over)
}

func (r *endRow) row() witness.Row {
	return witness.Row{Kind: endKind, ID: r.id.Bytes(), Name: r.id.String(), After: r.id.Bytes(), Payloads: [][]byte{witness.NewHeader(endKind,
		r.reviewer.Bytes(), r.member.Bytes(), []byte(r.words), number(r.self), r.by.Bytes(), r.through.Bytes(), number(r.at), orNone(r.second), orNone(r.second2), number(r.over))}}
}

func (x *Review) recordEnd(tx *store.Tx, e id.Entry) error {
	return x.record(tx, &endRow{}, endColumns+`WHERE id = $1`, e)
}

func endPage(tx *store.Tx, after []byte) ([]witness.Row, error) {
	return pageOf[endRow](tx, endColumns+`WHERE id > $1 ORDER BY id LIMIT 100`, after16(after))
}

type findingRow struct {
	Finding
	community id.Community
	through   id.Membership
}

const findingColumns = `SELECT id, community, reviewer, through, span, words, adds_to, log_size, at FROM finding `

func (r *findingRow) scan(scan func(...any) error) error {
	return scan(&r.ID, &r.community, &r.Reviewer, &r.through, &r.Span, &r.Words, &r.AddsTo, &r.LogSize, &r.At)
}

func (r *findingRow) row() witness.Row {
	return witness.Row{Kind: findingKind, ID: r.ID.Bytes(), Name: r.ID.String(), After: r.ID.Bytes(), Payloads: [][]byte{witness.NewHeader(findingKind,
		r.community.Bytes(), r.Reviewer.Bytes(), r.through.Bytes(), []byte(r.Span), []byte(r.Words), orNone(r.AddsTo), number(r.LogSize), number(r.At))}}
}

func (x *Review) recordFinding(tx *store.Tx, f id.Finding) error {
	return x.record(tx, &findingRow{}, findingColumns+`WHERE id = $1`, f)
}

func findingPage(tx *store.Tx, after []byte) ([]witness.Row, error) {
	return pageOf[findingRow](tx, findingColumns+`WHERE id > $1 ORDER BY id LIMIT 100`, after16(after))
}

type answerRow struct {
	id      id.Entry
	finding id.Finding
	member  id.Person
	through id.Membership
	words   string
	at      clock.Time
}

const answerColumns = `SELECT id, finding, member, through, words, at FROM finding_answer `

func (r *answerRow) scan(scan func(...any) error) error {
	return scan(&r.id, &r.finding, &r.member, &r.through, &r.words, &r.at)
}

func (r *answerRow) row() witness.Row {
	return witness.Row{Kind: answerKind, ID: r.id.Bytes(), Name: r.id.String(), After: r.id.Bytes(), Payloads: [][]byte{witness.NewHeader(answerKind,
		r.finding.Bytes(), r.member.Bytes(), r.through.Bytes(), []byte(r.words), number(r.at))}}
}

func (x *Review) recordAnswer(tx *store.Tx, e id.Entry) error {
	return x.record(tx, &answerRow{}, answerColumns+`WHERE id = $1`, e)
}

func answerPage(tx *store.Tx, after []byte) ([]witness.Row, error) {
	return pageOf[answerRow](tx, answerColumns+`WHERE id > $1 ORDER BY id LIMIT 100`, after16(after))
}

type countedRow struct {
	community id.Community
	span      Span
	figures   string
	at        clock.Time
}

func (r *countedRow) scan(scan func(...any) error) error {
	return scan(&r.community, &r.span, &r.figures, &r.at)
}

func (r *countedRow) row() witness.Row {
	key := append(r.community.Bytes(), r.span...)
	return witness.Row{Kind: countedKind, ID: key, Name: string(r.span), After: key, Payloads: [][]byte{witness.NewHeader(countedKind, []byte(r.figures), number(r.at))}}
}

func (x *Review) recordCounted(tx *store.Tx, c id.Community, s Span) error {
	return x.record(tx, &countedRow{}, `SELECT community, span, figures, at FROM counted WHERE community = $1 AND span = $2`, c, string(s))
}

func countedPage(tx *store.Tx, after []byte) ([]witness.Row, error) {
	if after == nil {
		after = make([]byte, 16)
	}
	return pageOf[countedRow](tx, `SELECT community, span, figures, at FROM counted WHERE community > $1 OR community = $1 AND span > $2 ORDER BY community, span LIMIT 100`, after[:16], string(after[16:]))
}
