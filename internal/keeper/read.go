package keeper

import (
	"cmp"
	"context"
	"slices"
	"strconv"

	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/mutant"
	"beside/internal/store"
)

// Want says which items of a book somebody asks for, or that they ask for suggestions.
type Want struct {
	Sections []book.Section // all when empty
	Kind     book.Kind      // only this one, whatever the sections; "" for all
	Item     id.Item        // only this one; none for all
	State    book.ItemState // Live when empty. Away is open to the owner only
	Newest   int            // only so many, newest first; 0 for all, oldest first

	// WrittenFor asks for what stands in the words of somebody who wrote for the owner, the last written first: the owner alone
	// may. Beside it only Newest is looked at.
	WrittenFor bool

	Suggested bool                   // suggestions instead of items, oldest first, into Reading.Told
	States    []book.SuggestionState // of suggestions, only those that stand so; all when empty
}

// Piece is an item with its words as they are now.
type Piece struct {
	book.Item
	Body       book.Body
	By         id.Person // whose hand wrote these words: the owner's, or that of somebody who wrote for them
	RecordedAt clock.Time
	HappenedAt clock.Time
}

// Reading is what a reader sees of a book.
type Reading struct {
	Book     id.Book
	Own      bool
	Sections []book.Section // what this reader may see the whole of, in the order of the screen
	Single   []book.Section // of what they may see single items
	Suggest  []book.Section // where they may suggest
	Act      []book.Section // where they may write for the owner
	Items    [][]Piece      // one list for each Want
	Told     []Told         // to the owner every suggestion asked for, to others their own
	Waiting  int            // suggestions that wait for the owner, or wait again; 0 for others
}

// ruling is [rule], or what a test puts in its place.
type ruling func(before string, d grant.Doing, c grant.Columns, first int, after string) sqlFor

// compiled are the statements for every hat; those for none let nobody do anything.
func compiled(in func(book.Hat) ruling) map[book.Hat]*queries {
	all := map[book.Hat]*queries{}
	for _, h := range []book.Hat{"", book.HatSelf, book.HatWorker, book.HatTeam, book.HatReviewer} {
		all[h] = compile(in(h))
	}
	return all
}

// by are the statements for who asks.
func (k *Keeper) by(who grant.Subject) *queries {
	if q, ok := k.q[who.Hat]; ok {
		return q
	}
	return k.q[""]
}

func compile(rule ruling) *queries {
	// Where a statement is about one book, the rule is asked about the parameter: what does not depend on the row's section
	// or author is then answered once a statement, not once a row.
	mine := grant.Columns{Book: "$1"}
	item := grant.Columns{Book: "$1", Section: "i.section", Item: "i.item"}
	itemIn := grant.Columns{Book: "$1", Section: "CAST($3 AS TEXT)", Item: "i.item"}
	said := grant.Columns{Book: "$1", Section: "s.section", Author: "s.author"}
	each := grant.Columns{Book: "i.book", Section: "i.section", Item: "i.item"}
	pieces := `SELECT ` + itemColumns + `, e.id, e.version, e.recorded_at, e.author, e.sealed FROM item AS i
		JOIN entry AS e ON e.book = i.book AND e.seq = i.body_seq WHERE i.book = $1 AND i.state = $2 AND `
	return &queries{
		write:   rule(`UPDATE book SET seq = seq + 1 WHERE id = $1 AND `, grant.Own, grant.Columns{Book: "book.id"}, 2, ` RETURNING seq, owner`),
		suggest: rule(`UPDATE book SET seq = seq + 1 WHERE id = $1 AND `, grant.Suggest, grant.Columns{Book: "book.id", Section: "CAST($2 AS TEXT)"}, 3, ` RETURNING seq, owner`),
		// PostgreSQL looks at the grants as they were when a statement began to wait for the lock; so they are asked again.
		stillSuggest: rule(`SELECT 1 FROM book AS k WHERE k.id = $1 AND `, grant.Suggest, grant.Columns{Book: "k.id", Section: "CAST($2 AS TEXT)"}, 3, ``),
		act:          rule(`UPDATE book SET seq = seq + 1 WHERE id = $1 AND `, grant.Act, grant.Columns{Book: "book.id", Section: "CAST($2 AS TEXT)"}, 3, ` RETURNING seq, owner`),
		stillAct:     rule(`SELECT 1 FROM book AS k WHERE k.id = $1 AND `, grant.Act, grant.Columns{Book: "k.id", Section: "CAST($2 AS TEXT)"}, 3, ``),
		// The entry by which somebody was given to write for the owner.
		actBy: rule(`SELECT i.head FROM given AS g JOIN given_act AS x ON x.book = g.book AND x.given = g.id AND x.section = $2
			JOIN item AS i ON i.book = g.book AND i.item = g.id WHERE g.book = $1 AND `, grant.Pass, grant.Columns{Section: "x.section"}, 3, ` ORDER BY g.since DESC, g.id DESC LIMIT 1`),
		suggestionBody: rule(`SELECT `+entryColumns+` FROM suggestion AS s JOIN entry AS e ON e.book = s.book AND e.seq = s.seq WHERE s.book = $1 AND s.entry = $2 AND `, grant.Own, mine, 3, ``),
		// What rested long enough after "not now" waits again.
		ownGate: rule(`SELECT (SELECT count(*) FROM suggestion AS s WHERE s.book = k.id AND s.state = 'waiting')
			+ (SELECT count(*) FROM suggestion AS s JOIN entry AS e ON e.book = s.book AND e.seq = s.answered_seq WHERE s.book = k.id AND s.state = 'later' AND (e.recorded_at <= $2 OR e.act = 'tomorrow' AND e.recorded_at <= $3))
			FROM book AS k WHERE k.id = $1 AND `, grant.Own, grant.Columns{Book: "k.id"}, 4, ``),
		passes: passesBy(rule),
		live:   rule(pieces, grant.Read, item, 3, ``),
		// Of one section: whether the whole of it was given is answered once a statement.
		liveIn: rule(pieces+`i.section = $3 AND `, grant.Read, itemIn, 4, ``),
		away:   rule(pieces, grant.Own, mine, 3, ``),
		writtenFor: rule(`SELECT `+itemColumns+`, e.id, e.version, e.recorded_at, e.author, e.sealed FROM entry AS e JOIN item AS i ON i.book = e.book AND i.item = e.item AND i.body_seq = e.seq
			WHERE e.book = $1 AND e.act = 'write_for' AND i.state = 'live' AND `, grant.Own, mine, 3, ` ORDER BY e.seq DESC LIMIT $2 + 0`),
		suggestions: rule(`SELECT `+suggestionColumns+`, e.version, e.recorded_at, e.sealed, COALESCE(a.recorded_at, 0) FROM suggestion AS s
			JOIN entry AS e ON e.book = s.book AND e.seq = s.seq LEFT JOIN entry AS a ON a.book = s.book AND a.seq = s.answered_seq
			WHERE s.book = $1 AND `, grant.ReadSuggestion, said, 2, ``),
		whatRests:   rule(`SELECT s.kind, s.item FROM suggestion AS s WHERE s.book = $1 AND s.entry = $2 AND `, grant.ReadSuggestion, said, 3, ``),
		timeline:    rule(`SELECT `+entryColumns+` FROM entry AS e WHERE e.book = $1 AND e.kind <> '' AND e.seq < $2 AND `, grant.Own, mine, 4, ` ORDER BY e.seq DESC LIMIT $3 + 0`),
		onward:      rule(`SELECT `+entryColumns+` FROM entry AS e WHERE e.book = $1 AND e.kind <> '' AND e.seq > $2 AND `, grant.Own, mine, 4, ` ORDER BY e.seq LIMIT $3 + 0`),
		versions:    rule(`SELECT `+entryColumns+` FROM entry AS e WHERE e.book = $1 AND e.item = $2 AND e.kind <> '' AND `, grant.Own, mine, 3, ` ORDER BY e.seq`),
		looked:      rule(`SELECT l.id, l.section, l.reader, l.hat, l.given, l.purpose, l.items, l.at FROM look AS l WHERE l.book = $1 AND l.at < $2 AND `+told("$4")+` AND `, grant.Own, mine, 5, ` ORDER BY l.at DESC, l.id, l.section LIMIT $3 + 0`),
		copyEntries: rule(`SELECT `+committedColumns+` FROM entry AS e WHERE e.book = $1 AND e.seq > $2 AND e.seq <= $3 AND `, grant.Own, mine, 5, ` ORDER BY e.seq LIMIT $4 + 0`),
		copyLooks: rule(`SELECT `+lookColumns+` FROM look AS l WHERE l.book = $1 AND (l.at > $2 OR l.at = $2 AND (l.id > $3 OR l.id = $3 AND l.section > $4)) AND `+told("$6")+` AND `, grant.Own, mine, 7,
			` ORDER BY l.at, l.id, l.section LIMIT $5 + 0`),
		namePasses: rule(`SELECT g.book, g.id, g.purpose FROM given AS g JOIN given_section AS gs ON gs.book = g.book AND gs.given = g.id AND gs.section = 'name' WHERE g.recipient IN (`+readersOf+`) AND `, grant.Pass, grant.Columns{Section: "gs.section"}, 2, ` ORDER BY g.since DESC, g.id DESC`),
		// The names of everybody who gave something to the reader.
		namesOpen: rule(`SELECT i.book, `+itemColumns+`, e.id, e.version, e.recorded_at, e.sealed FROM (SELECT DISTINCT book FROM given WHERE recipient IN (`+readersOf+`)) AS w
			JOIN item AS i ON i.book = w.book AND i.state = 'live' AND i.section = 'name' AND i.kind = 'name'
			JOIN entry AS e ON e.book = i.book AND e.seq = i.body_seq WHERE `, grant.Read, each, 2, ` ORDER BY i.book`),
	}
}

// readersOf are the ids to which something that $1 reads can be given: their own, and those of the roles they hold or held and of the places
// where they work or worked. Whether it is open is the rule's to say.
const readersOf = `SELECT h.role FROM role_holder AS h WHERE h.person = $1 UNION ALL SELECT m.community FROM membership AS m WHERE m.person = $1 UNION ALL SELECT $1`

// passesBy finds the sections that are open to somebody, and what they may do there. A section of which single items alone are given
// comes as another row, with whole 0. What a rule of the centre closes is not there.
func passesBy(rule ruling) sqlFor {
	section := grant.Columns{Section: "x.section"}
	suggests := grant.Suggest.Unclosed(section, 2)
	acts := grant.Act.Unclosed(section, 2+suggests.Params())
	q := rule(`SELECT g.id, g.purpose, x.section, x.whole, CASE WHEN g.suggests = 1 AND `+suggests.SQL+` THEN 1 ELSE 0 END,
			CASE WHEN EXISTS (SELECT 1 FROM given_act AS a WHERE a.book = g.book AND a.given = g.id AND a.section = x.section) AND `+acts.SQL+` THEN 1 ELSE 0 END
		FROM given AS g JOIN (SELECT book, given, section, 1 AS whole FROM given_section WHERE book = $1
			UNION ALL SELECT DISTINCT book, given, section, 0 FROM given_item WHERE book = $1) AS x ON x.book = g.book AND x.given = g.id
		WHERE g.book = $1 AND `, grant.Pass, section, 2+suggests.Params()+acts.Params(), ` ORDER BY x.whole DESC, g.since, g.id`)
	q.inner = []grant.Clause{suggests, acts}
	return q
}

// AloneFor is how long one of the team alone can keep a look by order of a court from the owner: when no second has confirmed by then
// that the order is about them, they see it.
const AloneFor = 14 * clock.Day

// told holds for a look l of which its owner may know: one by an order of a court that forbids telling them is told on the day that
// this ends.
func told(now string) string {
	if mutant.On("order-told") {
		return now + ` >= 0`
	}
	return `(l.purpose <> 'order' OR NOT EXISTS (SELECT 1 FROM demand AS q WHERE q.id = l.given AND q.quiet_until > ` + now + ` AND (l.at + ` + strconv.FormatInt(int64(AloneFor), 10) + ` > ` + now + `
		OR EXISTS (SELECT 1 FROM ordered AS r WHERE r.id = q.id AND r.book = l.book AND r.confirmed_at > 0))))`
}

// Read opens what who may see of a book. A look by somebody else than the owner is written down, durably, before it
// returns; its purpose is the grant's. It returns NotOpen when nothing was given or there is no such book.
func (k *Keeper) Read(ctx context.Context, who grant.Subject, b id.Book, wants ...Want) (Reading, error) {
	return k.read(ctx, who, b, k.gate, wants)
}

// Mine is [Keeper.Read] for the owner alone: to everybody else it returns NotOpen, whatever was given to them.
func (k *Keeper) Mine(ctx context.Context, who grant.Subject, b id.Book, wants ...Want) (Reading, error) {
	return k.read(ctx, who, b, k.ownGate, wants)
}

// Theirs is [Keeper.Read] of somebody else's book alone: to its owner it returns NotOpen as for one that is not there.
func (k *Keeper) Theirs(ctx context.Context, who grant.Subject, b id.Book, wants ...Want) (Reading, error) {
	return k.read(ctx, who, b, k.givenGate, wants)
}

// gateway finds what is open to somebody at all, and fills in what a reading says of that.
type gateway func(tx *store.Tx, who grant.Subject, now clock.Time, r *Reading) ([]pass, error)

func (k *Keeper) read(ctx context.Context, who grant.Subject, b id.Book, gate gateway, wants []Want) (Reading, error) {
	var opened sealedReading
	err := k.db.View(ctx, func(tx *store.Tx) (err error) {
		opened, err = k.readIn(tx, who, b, gate, wants)
		return err
	})
	if err != nil {
		return Reading{}, errs.Wrap("keeper: read", err)
	}
	r, err := k.openReading(ctx, opened, len(wants))
	if err != nil || r.Own {
		return r, err
	}
	return r, k.looked(ctx, who, b, opened.by, r.sections())
}

// sealedReading is a reading whose words are still sealed.
type sealedReading struct {
	Reading
	found []found
	told  []toldSealed
	by    []pass // by which it was opened
}

// readIn finds in one transaction what is open to who.
func (k *Keeper) readIn(tx *store.Tx, who grant.Subject, b id.Book, gate gateway, wants []Want) (s sealedReading, err error) {
	s.Book = b
	now := k.clock.Now()
	if s.by, err = gate(tx, who, now, &s.Reading); err != nil {
		return s, err
	}
	if s.found, err = k.find(tx, who, now, b, wants); err != nil {
		return s, err
	}
	s.told, err = k.findTold(tx, who, now, b, wants)
	return s, err
}

// openReading unseals a reading of so many wants.
func (k *Keeper) openReading(ctx context.Context, s sealedReading, wants int) (Reading, error) {
	r := s.Reading
	r.Items = make([][]Piece, wants)
	for i := range s.found {
		p, err := k.open(ctx, s.Book, &s.found[i])
		if err != nil {
			return Reading{}, err
		}
		r.Items[s.found[i].want] = append(r.Items[s.found[i].want], p)
	}
	var err error
	r.Told, err = k.openTold(ctx, s.Book, s.told)
	return r, err
}

// pass is one section open to somebody by one grant.
type pass struct {
	given   id.Item
	purpose book.Purpose
	section book.Section
}

// owns returns to the owner of a book how many suggestions wait for them, and NotOpen to everybody else.
func (k *Keeper) owns(tx *store.Tx, who grant.Subject, now clock.Time, b id.Book) (waiting int, err error) {
	err = tx.Row(k.by(who).ownGate.text, k.by(who).ownGate.args(who, now, b, now-AgainAfter, now-TomorrowAfter)...).Scan(&waiting)
	return waiting, notGiven(err)
}

// ownGate is the gateway of the owner.
func (k *Keeper) ownGate(tx *store.Tx, who grant.Subject, now clock.Time, r *Reading) (by []pass, err error) {
	r.Waiting, err = k.owns(tx, who, now, r.Book)
	r.Own = err == nil
	return nil, err
}

// gate is the gateway of everybody. In their own hat somebody may be the owner, or one to whom the owner gave something.
func (k *Keeper) gate(tx *store.Tx, who grant.Subject, now clock.Time, r *Reading) ([]pass, error) {
	if who.Hat == book.HatSelf {
		if by, err := k.ownGate(tx, who, now, r); !errs.Is(err, errs.NotOpen) {
			return by, err
		}
	}
	return k.givenGate(tx, who, now, r)
}

// givenGate is the gateway of those to whom something was given.
func (k *Keeper) givenGate(tx *store.Tx, who grant.Subject, now clock.Time, r *Reading) ([]pass, error) {
	var by []pass
	open, single, suggests, acts := map[book.Section]bool{}, map[book.Section]bool{}, map[book.Section]bool{}, map[book.Section]bool{}
	err := store.Each(tx, k.by(who).passes.text, k.by(who).passes.args(who, now, r.Book), func(scan func(...any) error) error {
		var p pass
		var whole, may, act bool
		err := scan(&p.given, &p.purpose, &p.section, &whole, &may, &act)
		suggests[p.section] = suggests[p.section] || whole && may
		acts[p.section] = acts[p.section] || whole && may && act
		if !open[p.section] && !single[p.section] {
			by = append(by, p)
		}
		if whole {
			open[p.section] = true
		} else {
			single[p.section] = !open[p.section]
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	if len(by) == 0 {
		return nil, errs.New("keeper: gate", errs.NotOpen, "")
	}
	for _, s := range book.Givable() {
		switch {
		case open[s]:
			r.Sections = append(r.Sections, s)
		case single[s]:
			r.Single = append(r.Single, s)
		}
		if suggests[s] {
			r.Suggest = append(r.Suggest, s)
		}
		if acts[s] {
			r.Act = append(r.Act, s)
		}
	}
	return by, nil
}

// found is an item with its words still sealed.
type found struct {
	want  int
	piece Piece
	entry storedEntry
}

func (k *Keeper) find(tx *store.Tx, who grant.Subject, now clock.Time, b id.Book, wants []Want) ([]found, error) {
	var all []found
	for n, w := range wants {
		if w.Suggested {
			continue
		}
		if w.WrittenFor {
			found, err := k.scanFound(tx, k.by(who).writtenFor.text, k.by(who).writtenFor.args(who, now, b, w.Newest))
			for i := range found {
				found[i].want = n
			}
			if all = append(all, found...); err != nil {
				return nil, err
			}
			continue
		}
		first := len(all)
		for _, kind := range w.apart() {
			found, err := k.findIn(tx, who, now, b, w, kind)
			if err != nil {
				return nil, err
			}
			all = append(all, found...)
		}
		mine := all[first:]
		slices.SortStableFunc(mine, func(a, b found) int { return cmp.Compare(a.piece.MadeSeq, b.piece.MadeSeq) })
		if w.Newest > 0 {
			slices.Reverse(mine)
			all = all[:min(len(all), first+w.Newest)]
			mine = all[first:]
		}
		for i := range mine {
			mine[i].want = n
		}
	}
	return all, nil
}

// apart is how a want is asked: a kind a statement, which leads straight to its rows in their order. Asked for several at
// once, SQLite reads the whole book. No kind is all of them.
func (w Want) apart() []book.Kind {
	if w.Kind != "" {
		return []book.Kind{w.Kind}
	}
	if len(w.Sections) == 0 {
		return []book.Kind{""}
	}
	var kinds []book.Kind
	for _, s := range w.Sections {
		kinds = append(kinds, book.KindsIn(s)...)
	}
	return kinds
}

// findIn finds what is wanted of one kind.
func (k *Keeper) findIn(tx *store.Tx, who grant.Subject, now clock.Time, b id.Book, w Want, kind book.Kind) ([]found, error) {
	text, args := k.by(who).live.text, k.by(who).live.args(who, now, b, string(book.Live))
	switch section := string(book.SectionOf(kind)); {
	case w.State == book.Away:
		text, args = k.by(who).away.text, k.by(who).away.args(who, now, b, string(book.Away))
	case kind != "":
		text, args = k.by(who).liveIn.text, k.by(who).liveIn.args(who, now, b, string(book.Live), section)
	}
	add := func(condition string, value any) {
		args = append(args, value)
		text += condition + "$" + strconv.Itoa(len(args))
	}
	if kind != "" {
		add(` AND i.kind = `, string(kind))
	}
	if !w.Item.IsZero() {
		add(` AND i.item = `, w.Item)
	}
	text += ` ORDER BY i.made_seq`
	if w.Newest > 0 {
		add(` DESC LIMIT 0 + `, w.Newest) // a bare parameter would have SQLite plan anew each time
	}
	return k.scanFound(tx, text, args)
}

// scanFound reads the rows of a statement about items.
func (k *Keeper) scanFound(tx *store.Tx, text string, args []any) ([]found, error) {
	var all []found
	err := store.Each(tx, text, args, func(scan func(...any) error) error {
		var f found
		err := scan(append(itemFields(&f.piece.Item), &f.entry.ID, &f.entry.Version, &f.piece.RecordedAt, &f.piece.By, (*[]byte)(&f.entry.sealed))...)
		all = append(all, f)
		return err
	})
	return all, err
}

// open unseals the words of a found item.
func (k *Keeper) open(ctx context.Context, b id.Book, f *found) (Piece, error) {
	f.entry.Book, f.entry.Item, f.entry.Kind = b, f.piece.ID, f.piece.Kind
	if _, err := k.unseal(ctx, &f.entry.Entry, f.entry.sealed); err != nil {
		return Piece{}, err
	}
	f.piece.Body, f.piece.HappenedAt = f.entry.Body, f.entry.HappenedAt
	return f.piece, nil
}

// Timeline opens the entries of a book to its owner, but those that were erased for good, newest first, from before the entry with that seq (0: from the
// end). It returns NotOpen to everybody else.
func (k *Keeper) Timeline(ctx context.Context, who grant.Subject, b id.Book, before int64, limit int) ([]book.Entry, error) {
	if before == 0 {
		before = 1 << 62
	}
	return k.history(ctx, who, b, k.by(who).timeline, before, limit)
}

// Onward is [Keeper.Timeline] the other way: oldest first, from after the entry with that seq (0: from the beginning).
func (k *Keeper) Onward(ctx context.Context, who grant.Subject, b id.Book, after int64, limit int) ([]book.Entry, error) {
	return k.history(ctx, who, b, k.by(who).onward, after, limit)
}

// Versions opens all entries about one item to the book's owner, oldest first. It returns NotOpen to everybody else.
func (k *Keeper) Versions(ctx context.Context, who grant.Subject, b id.Book, it id.Item) ([]book.Entry, error) {
	return k.history(ctx, who, b, k.by(who).versions, it)
}

func (k *Keeper) history(ctx context.Context, who grant.Subject, b id.Book, q sqlFor, more ...any) ([]book.Entry, error) {
	var sealed []storedEntry
	err := k.db.View(ctx, func(tx *store.Tx) error {
		now := k.clock.Now()
		if _, err := k.owns(tx, who, now, b); err != nil {
			return err
		}
		return store.Each(tx, q.text, q.args(who, now, append([]any{b}, more...)...), func(scan func(...any) error) error {
			var e storedEntry
			err := e.scan(scan)
			sealed = append(sealed, e)
			return err
		})
	})
	if err != nil {
		return nil, errs.Wrap("keeper: history", err)
	}
	entries := make([]book.Entry, len(sealed))
	for i := range sealed {
		if _, err := k.unseal(ctx, &sealed[i].Entry, sealed[i].sealed); err != nil {
			return nil, err
		}
		entries[i] = sealed[i].Entry
	}
	return entries, nil
}

// Walked is somebody whose name is open to a reader.
type Walked struct {
	Book id.Book
	Name book.Text
	// Why is for what it was given: to the reader by name, where anything was, or else as one of several.
	Why book.Purpose
}

// Names opens the names of everybody who gave something to who: the people a worker walks with, in no order. Each look
// at a name is written down for its owner.
func (k *Keeper) Names(ctx context.Context, who grant.Subject) ([]Walked, error) {
	var all []found
	by, why := map[id.Book][]pass{}, map[id.Book]book.Purpose{}
	err := k.db.View(ctx, func(tx *store.Tx) error {
		now := k.clock.Now()
		err := store.Each(tx, k.by(who).namesOpen.text, k.by(who).namesOpen.args(who, now, who.Person), func(scan func(...any) error) error {
			var f found
			err := scan(append(append([]any{&f.entry.Book}, itemFields(&f.piece.Item)...), &f.entry.ID, &f.entry.Version, &f.piece.RecordedAt, (*[]byte)(&f.entry.sealed))...)
			all = append(all, f)
			return err
		})
		if err != nil {
			return err
		}
		return store.Each(tx, k.by(who).namePasses.text, k.by(who).namePasses.args(who, now, who.Person), func(scan func(...any) error) error {
			var b id.Book
			p := pass{section: book.SectionName}
			err := scan(&b, &p.given, &p.purpose)
			by[b] = []pass{p} // the oldest comes last and stays
			if p.purpose.ByName() || !why[b].ByName() || why[b] == "" {
				why[b] = p.purpose
			}
			return err
		})
	})
	if err != nil {
		return nil, errs.Wrap("keeper: names", err)
	}
	var out []Walked
	var looks []Look
	now := k.clock.Now()
	for i := range all {
		b := all[i].entry.Book
		p, err := k.open(ctx, b, &all[i])
		if err != nil {
			return nil, err
		}
		out = append(out, Walked{Book: b, Name: p.Body.(*book.Name).Words, Why: why[b]})
		looks = append(looks, k.looksFor(who, b, by[b], map[book.Section]int{book.SectionName: 1}, now)...)
	}
	return out, k.looks.add(ctx, looks)
}
