package legal

import (
	"context"
	"encoding/json"
	"strings"
	"time"
	"unicode/utf8"

	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/keeper"
	"beside/internal/mutant"
	"beside/internal/promise"
	"beside/internal/store"
	"beside/internal/witness"
)

// MostUntold is how long telling somebody of a report can be put off.
const MostUntold = 30 * clock.Day

// ReportPromise is the kind of promises that somebody is told of a report about them; it names the report as its subject.
const ReportPromise promise.Kind = "tell of report"

// Report is what a worker had to report, as they write it down. It opens nothing.
type Report struct {
	Entry id.Entry  // of the form: sent twice it is one
	Of    id.Entry  // the report to which this adds; none for a new one
	Duty  book.Text // under which law or duty; blank of what is added
	To    book.Text // to which authority; blank of what is added
	Day   string    // on which day, [DayForm]
	Words book.Text // what was told
	// Untold is until when the person is not told, 0 for at once, and Why is why telling would put somebody in danger. The person
	// reads it then.
	Untold clock.Time
	Why    book.Text
}

// reportFacts are what is sealed of it.
type reportFacts struct {
	Duty  string `json:"duty"`
	To    string `json:"to"`
	Day   string `json:"day"`
	Words string `json:"words"`
	Why   string `json:"why"`
}

// check refuses what cannot be written down: Invalid with the fields "duty", "to", "day", "words", "untold" and "why".
func (x Report) check(now clock.Time) error {
	var c errs.Check
	for _, f := range []struct {
		name  string
		words book.Text
		blank string
		most  int
	}{{"duty", x.Duty, "report.duty_blank", MaxLine}, {"to", x.To, "report.to_blank", MaxLine}, {"words", x.Words, "report.words_blank", MaxAsks}, {"why", x.Why, "", MaxAsks}} {
		added := !x.Of.IsZero() && (f.name == "duty" || f.name == "to")
		switch s := f.words.Show(); {
		case f.words.Blank() && f.blank != "" && !added:
			c.Add(f.name, f.blank)
		case len(s) > f.most:
			c.Add(f.name, "errors.text_too_long")
		case !utf8.ValidString(s) || strings.ContainsRune(s, 0):
			c.Add(f.name, "errors.text_unreadable")
		}
	}
	if t, err := time.Parse(DayForm, x.Day); err != nil || clock.Of(t) < now-Back*clock.Day || clock.Of(t) > now+clock.Day {
		c.Add("day", "errors.choose_listed")
	}
	switch {
	case x.Untold != 0 && (!x.Of.IsZero() || x.Untold <= now || x.Untold > now+MostUntold):
		c.Add("untold", "report.untold_wrong")
	case x.Untold != 0 && x.Why.Blank():
		c.Add("why", "report.why_blank")
	}
	return c.Err("legal: report")
}

// walking locks a book that is not erased, and returns NotOpen unless who walks with its owner as a worker now.
func (l *Legal) walking(tx *store.Tx, who grant.Subject, b id.Book) error {
	query, locks, args := l.walks.SQL, l.walkLocks.SQL, l.walks.Args(who, l.Clock.Now(), b)
	hat := who.Hat
	if mutant.On("report-anybody") {
		query, locks, args, hat = `1 = 1`, `1 = 1`, args[:1], book.HatWorker
	}
	n, err := tx.Exec(`UPDATE book SET seq = seq WHERE id = $1 AND erased_at = 0 AND `+locks, args...)
	if err != nil {
		return err
	}
	var walks bool
	if err := tx.Row(`SELECT COUNT(*) > 0 FROM book AS k WHERE k.id = $1 AND `+query, args...).Scan(&walks); err != nil {
		return err
	}
	if n == 0 || !walks || hat != book.HatWorker {
		return notOpen("walking")
	}
	return nil
}

func entryItem(e id.Entry) id.Item { it, _ := id.FromBytes[id.Item](e.Bytes()); return it }

// Report is a worker who walks with the owner of book b writing down what they had to report about them, or adding to that. What was
// written down cannot be changed. The owner is told, at once or on the day that was written with the reason. It returns NotOpen to
// everybody else and for a report of another, AlreadyKept when the form wrote down something else, and Invalid with fields.
func (l *Legal) Report(ctx context.Context, who grant.Subject, b id.Book, x Report) error {
	const op = "legal: report"
	now := l.Clock.Now()
	if err := x.check(now); err != nil {
		return err
	}
	if x.Untold == 0 {
		x.Why = book.Text{}
	}
	said, err := json.Marshal(reportFacts{x.Duty.Show(), x.To.Show(), x.Day, x.Words.Show(), x.Why.Show()})
	if err != nil {
		return err
	}
	if err := l.DB.Update(ctx, func(tx *store.Tx) error { return l.walking(tx, who, b) }); err != nil { // before anything is sealed
		return errs.Wrap(op, err)
	}
	sealed, err := l.Keeper.SealAside(ctx, b, entryItem(x.Entry), x.Entry, book.NewText(string(said)))
	if err != nil {
		return errs.Wrap(op, err)
	}
	var before *Reported
	err = l.DB.Update(ctx, func(tx *store.Tx) error {
		before = nil
		if err := l.walking(tx, who, b); err != nil {
			return err
		}
		var taken bool // the words of what is erased go with it, and these are to stay
		err := tx.Row(`SELECT COUNT(*) > 0 FROM item WHERE book = $1 AND item = $2`, b, x.Entry).Scan(&taken)
		if err == nil && taken {
			err = errs.New(op, errs.AlreadyKept, "")
		}
		if err != nil {
			return err
		}
		untold := x.Untold
		if !x.Of.IsZero() {
			var quiet clock.Time
			err := tx.Row(`SELECT quiet_until FROM reported WHERE id = $1 AND book = $2 AND member = $3 AND adds_to IS NULL`, x.Of, b, who.Person).Scan(&quiet)
			if store.IsNone(err) {
				err = notOpen("add")
			}
			if err != nil {
				return err
			}
			if quiet > now { // what is added is told with what it adds to
				untold = quiet
			}
		}
		n, err := tx.Exec(`INSERT INTO reported (id, book, facts, member, hat, at, adds_to, quiet_until, told_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0) ON CONFLICT (id) DO NOTHING`,
			x.Entry, b, sealed, who.Person, string(who.Hat), now, x.Of, untold)
		if err != nil {
			return err
		}
		if n == 0 {
			before = &Reported{}
			err := before.scan(tx.Row(`SELECT `+reportedColumns+` FROM reported AS x WHERE x.id = $1 AND x.book = $2 AND x.member = $3`, x.Entry, b, who.Person).Scan)
			if store.IsNone(err) {
				err = errs.New(op, errs.AlreadyKept, "")
			}
			return err
		}
		if err := l.recordReported(tx, x.Entry); err != nil {
			return err
		}
		return promise.Set(tx, promise.Promise{ID: promiseOf(ReportPromise, x.Entry.Bytes(), b), Kind: ReportPromise, Subject: x.Entry.Bytes(), Due: max(now, untold), Made: now})
	})
	if err == nil && before != nil {
		err = l.openReport(ctx, before)
		if err == nil && !x.is(before) {
			err = errs.New(op, errs.AlreadyKept, "")
		}
	}
	return errs.Wrap(op, err)
}

// is reports whether this is what was written down before. What is added has the day on which it was sent, and is told with what it
// adds to.
func (x Report) is(b *Reported) bool {
	alone := x.Of.IsZero()
	return x.Of == b.Of && x.Duty.Show() == b.Duty.Show() && x.To.Show() == b.To.Show() && x.Words.Show() == b.Words.Show() && x.Why.Show() == b.Why.Show() &&
		(!alone || x.Day == b.Day && x.Untold == b.Untold)
}

// KeepReport says how a [ReportPromise] is kept: the owner is told that somebody had to report something.
func (l *Legal) KeepReport() promise.Keep {
	return promise.Keep{Effect: func(tx *store.Tx, p promise.Promise) error {
		var e id.Entry
		var owner id.Person
		err := tx.Row(`SELECT x.id, k.owner FROM reported AS x JOIN book AS k ON k.id = x.book WHERE x.id = $1 AND x.told_at = 0`, p.Subject).Scan(&e, &owner)
		if store.IsNone(err) {
			return nil
		}
		if err == nil {
			_, err = tx.Exec(`UPDATE reported SET told_at = $1 WHERE id = $2`, l.Clock.Now(), e)
		}
		if err == nil {
			err = l.recordReported(tx, e)
		}
		if err == nil && l.TellReport != nil {
			err = l.TellReport(tx, owner)
		}
		return errs.Wrap("legal: tell of report", err)
	}}
}

// Reported is what somebody had to report.
type Reported struct {
	ID     id.Entry
	Of     id.Entry // the report to which it adds; none for the first
	Member id.Person
	Hat    book.Hat
	At     clock.Time
	Untold clock.Time // until when the person is not told, 0 for at once
	ToldAt clock.Time // 0 before
	Duty   book.Text
	To     book.Text
	Day    string
	Words  book.Text
	Why    book.Text // why telling was put off

	book  id.Book
	facts []byte
}

const reportedColumns = `x.id, x.adds_to, x.member, x.hat, x.at, x.quiet_until, x.told_at, x.book, x.facts`

func (x *Reported) scan(scan func(...any) error) error {
	return scan(&x.ID, &x.Of, &x.Member, &x.Hat, &x.At, &x.Untold, &x.ToldAt, &x.book, &x.facts)
}

// ReportsOfMe returns to the owner of a book what others had to report about them, the oldest first; what they are not told yet is not
// among it. For everybody else there is nothing.
func (l *Legal) ReportsOfMe(ctx context.Context, who grant.Subject, b id.Book) ([]Reported, error) {
	untold := `x.quiet_until <= $2`
	if mutant.On("report-told") {
		untold = `$2 >= 0`
	}
	now := l.Clock.Now()
	all, err := l.reports(ctx, `x.book = $1 AND `+untold+` AND `+l.ownReport.SQL, l.ownReport.Args(who, now, b, now))
	return all, errs.Wrap("legal: reports of me", err)
}

// ReportsBy returns to a worker who walks with the owner of a book what they reported themselves, the oldest first, with the owner's
// name: that is a look, written down for its owner. It returns NotOpen to everybody else.
func (l *Legal) ReportsBy(ctx context.Context, who grant.Subject, b id.Book) (name book.Text, all []Reported, err error) {
	const op = "legal: reports by"
	if who.Hat != book.HatWorker {
		return name, nil, notOpen("reports by")
	}
	r, err := l.Keeper.Read(ctx, who, b, keeper.Want{Kind: book.KindName})
	if err != nil {
		return name, nil, errs.Wrap(op, err)
	}
	for _, p := range r.Items[0] {
		name = p.Body.(*book.Name).Words
	}
	all, err = l.reports(ctx, `x.book = $1 AND x.member = $2`, []any{b, who.Person})
	return name, all, errs.Wrap(op, err)
}

func (l *Legal) reports(ctx context.Context, where string, args []any) (all []Reported, err error) {
	err = l.DB.View(ctx, func(tx *store.Tx) error {
		all = nil
		return store.Each(tx, `SELECT `+reportedColumns+` FROM reported AS x WHERE `+where+` ORDER BY x.at, x.id`, args, func(scan func(...any) error) error {
			var x Reported
			err := x.scan(scan)
			all = append(all, x)
			return err
		})
	})
	for i := range all {
		if err == nil {
			err = l.openReport(ctx, &all[i])
		}
	}
	return all, err
}

func (l *Legal) openReport(ctx context.Context, x *Reported) error {
	said, err := l.Keeper.OpenAside(ctx, x.book, entryItem(x.ID), x.ID, x.facts)
	if errs.Is(err, errs.NotOpen) { // the book was erased meanwhile
		return nil
	}
	var f reportFacts
	if err == nil {
		err = json.Unmarshal([]byte(said.Show()), &f)
	}
	x.Duty, x.To, x.Day, x.Words, x.Why = book.NewText(f.Duty), book.NewText(f.To), f.Day, book.NewText(f.Words), book.NewText(f.Why)
	return err
}

// copiedReport is a report as it stands in a copy of the book, described in docs/export.md.
type copiedReport struct {
	ID     id.Entry   `json:"id"`
	Of     id.Entry   `json:"of"`
	By     id.Person  `json:"by"`
	As     book.Hat   `json:"as"`
	At     clock.Time `json:"at"`
	Untold clock.Time `json:"untold"`
	Duty   string     `json:"duty"`
	To     string     `json:"to"`
	Day    string     `json:"day"`
	Words  string     `json:"words"`
	Why    string     `json:"why"`
}

// CopyReports returns what others had to report about the owner of a book, for a copy of it ([keeper.Keeper.OnCopy]), the oldest
// first. For everybody else there is nothing.
func (l *Legal) CopyReports(ctx context.Context, who grant.Subject, b id.Book) ([]keeper.Aside, error) {
	list, err := l.ReportsOfMe(ctx, who, b)
	var all []keeper.Aside
	for _, x := range list {
		all = append(all, keeper.Aside{Shown: copiedReport{x.ID, x.Of, x.Member, x.Hat, x.At, x.Untold, x.Duty.Show(), x.To.Show(), x.Day, x.Words.Show(), x.Why.Show()}})
	}
	return all, err
}

// forgetReports takes away, in tx, the reports about the owner of a book that is erased as a whole.
func (l *Legal) forgetReports(tx *store.Tx, b id.Book) error {
	var gone [][]byte
	err := store.Each(tx, `SELECT id FROM reported WHERE book = $1`, []any{b}, func(scan func(...any) error) error {
		var e id.Entry
		err := scan(&e)
		gone = append(gone, e.Bytes())
		return err
	})
	for _, e := range gone {
		if err == nil {
			err = promise.DropAbout(tx, ReportPromise, e)
		}
	}
	if err == nil {
		err = l.Keeper.Queue().RemoveAll(tx, reportedKind, `SELECT x.id, b.erased_at FROM reported AS x JOIN book AS b ON b.id = x.book WHERE x.book = $1 ORDER BY x.id`, b)
	}
	if err == nil {
		_, err = tx.Exec(`DELETE FROM reported WHERE book = $1`, b)
	}
	return err
}

// reportedKind is the kind of leaves of reports.
const reportedKind = "reported"

// payload is what its leaf commits to.
func (x *Reported) payload() []byte {
	f := witness.Cipher(x.facts)
	var of []byte
	if !x.Of.IsZero() {
		of = x.Of.Bytes()
	}
	return witness.NewHeader(reportedKind, x.book.Bytes(), f[:], x.Member.Bytes(), []byte(x.Hat), at8(x.At), of, at8(x.Untold), at8(x.ToldAt))
}

func reportRows(tx *store.Tx, where string, arg any) (rows []witness.Row, err error) {
	err = store.Each(tx, `SELECT `+reportedColumns+` FROM reported AS x WHERE `+where+` ORDER BY x.id LIMIT 500`, []any{arg}, func(scan func(...any) error) error {
		var x Reported
		err := x.scan(scan)
		rows = append(rows, witness.Row{Kind: reportedKind, ID: x.ID.Bytes(), Name: x.ID.String(), Payloads: [][]byte{x.payload()}, After: x.ID.Bytes()})
		return err
	})
	return rows, err
}

func (l *Legal) recordReported(tx *store.Tx, e id.Entry) error {
	rows, err := reportRows(tx, `x.id = $1`, e)
	for _, r := range rows {
		if err == nil {
			err = l.Keeper.Queue().Record(tx, reportedKind, r.ID, r.Payloads[0], l.Clock.Now())
		}
	}
	return err
}

func reportedPage(tx *store.Tx, after []byte) ([]witness.Row, error) {
	if after == nil {
		after = make([]byte, 16)
	}
	return reportRows(tx, `x.id > $1`, after)
}
