package keeper

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"slices"

	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/store"
	"beside/internal/vault"
	"beside/internal/witness"
)

// CopyFormat is the format of a copy of a whole book, described in docs/export.md.
const CopyFormat = "beside copy of a book 4"

// copyAsides are the lists of what other packages keep that belongs to a book, in their order.
var copyAsides = []string{CopyAsked, CopyLeft, CopyLasting, CopyDays, CopySigned, CopyOrdered, CopyReported}

// What stands in a copy beside what this package keeps itself.
const (
	CopyAsked    = "asked"    // what the owner asked about looks
	CopyLeft     = "left"     // what the owner gave to somebody outside Beside
	CopyLasting  = "lasting"  // what the owner said yes to giving somebody outside each time
	CopyDays     = "days"     // when the owner was here, as the organisation wrote it down
	CopySigned   = "signed"   // what the owner gave by signing on paper, with its photographs
	CopyOrdered  = "ordered"  // what left by order of a court
	CopyReported = "reported" // what somebody had to report
)

// copyFormats are all formats there ever were, with the lists of [copyAsides] in them.
var copyFormats = map[string]int{"beside copy of a book 1": 0, "beside copy of a book 2": 1, "beside copy of a book 3": 4, CopyFormat: len(copyAsides)}

// copyHead is how a copy begins.
type copyHead struct {
	Format string      `json:"format"`
	MadeAt clock.Time  `json:"made_at"`
	Book   id.Book     `json:"book"`
	Owner  id.Person   `json:"owner"`
	Key    witness.Key `json:"key"`
}

// copyLog is one log of the installation with the head up to which the copy proves.
type copyLog struct {
	Number     int64          `json:"number"`
	Origin     string         `json:"origin"`
	Previous   string         `json:"previous"`
	Checkpoint string         `json:"checkpoint"`
	Proof      []witness.Hash `json:"proof"` // of the first leaf
}

// copyPlace is where a leaf stands in a log, and the proof of it. Log is 0 for what was not in a log yet.
type copyPlace struct {
	Log   int64          `json:"log"`
	N     int64          `json:"n"`
	Proof []witness.Hash `json:"proof"`
}

// copyEntry is one entry. Plain is what was sealed without its salt; Body is the part of it that is JSON, for reading.
type copyEntry struct {
	Seq        int64           `json:"seq"`
	ID         id.Entry        `json:"id"`
	Section    book.Section    `json:"section"`
	Kind       book.Kind       `json:"kind"`
	Version    int             `json:"version"`
	Item       id.Item         `json:"item"`
	Act        book.Act        `json:"act"`
	Author     id.Person       `json:"author"`
	Hat        book.Hat        `json:"hat"`
	Via        book.Via        `json:"via"`
	Base       *id.Entry       `json:"base"`
	Answers    *id.Entry       `json:"answers"`
	RecordedAt clock.Time      `json:"recorded_at"`
	HappenedAt clock.Time      `json:"happened_at"`
	Body       json.RawMessage `json:"body"`
	Erased     bool            `json:"erased"`
	Salt       []byte          `json:"salt"`
	Plain      []byte          `json:"plain"`
	Cipher     witness.Hash    `json:"cipher"`
	Leaf       witness.Hash    `json:"leaf"`
	Chain      witness.Hash    `json:"chain"`
	copyPlace
}

// copyLook is one look. Others are the hashes of the rows that share its leaf.
type copyLook struct {
	ID      id.Look        `json:"id"`
	Section book.Section   `json:"section"`
	Reader  id.Person      `json:"reader"`
	Hat     book.Hat       `json:"hat"`
	Given   id.Item        `json:"given"`
	Purpose book.Purpose   `json:"purpose"`
	Items   int            `json:"items"`
	At      clock.Time     `json:"at"`
	Leaf    witness.Hash   `json:"leaf"`
	Others  []witness.Hash `json:"others"` // none for a look of version 0.2, which cannot be proved alone
	copyPlace
}

// copyGiven is what the owner gave to somebody. It follows from the entries.
type copyGiven struct {
	ID        id.Item        `json:"id"`
	Recipient id.Person      `json:"recipient"`
	As        book.Hat       `json:"as"`
	Sections  []book.Section `json:"sections"`
	Singles   []string       `json:"singles"`
	ReadOnly  bool           `json:"read_only"`
	Acts      []book.Section `json:"acts"`
	Purpose   book.Purpose   `json:"purpose"`
	Since     clock.Time     `json:"since"`
	Until     clock.Time     `json:"until"`
	TakenBack clock.Time     `json:"taken_back"`
	Whom      string         `json:"whom"`
	Said      []copySaid     `json:"said"`
}

// copySaid is what the owner said of one who holds a role, or works here.
type copySaid struct {
	Person id.Person  `json:"person"`
	May    bool       `json:"may"`
	At     clock.Time `json:"at"`
}

// Aside is one thing that another package keeps and that belongs to a book without being an entry of it: as it is shown in a
// copy, and the row of the log that shows it to be so.
type Aside struct {
	Shown    any // an object in JSON
	AsideRow     // its Kind is "" for what a copy has no proof of
}

// AsideRow is a row that the log holds, as [witness.Queue.Record] took it.
type AsideRow struct {
	Kind        string
	ID, Payload []byte
}

// CopiedAside reads what another package keeps of a book for its owner.
type CopiedAside func(ctx context.Context, who grant.Subject, b id.Book) ([]Aside, error)

// copyRecord is what a copy holds beside each [Aside].
type copyRecord struct {
	Once []byte `json:"once"`
	copyPlace
}

// OnCopy has a list of this name, such as [CopyAsked], stand in every copy of a book. It is called before anything is copied;
// without it the list is empty.
func (k *Keeper) OnCopy(name string, read CopiedAside) {
	if k.asides == nil {
		k.asides = map[string]CopiedAside{}
	}
	k.asides[name] = read
}

// Copy writes a copy of the whole book b for its owner: every entry with its words, who looked, what was given, what was
// asked about looks, what left it, when they were here, and what they signed on paper; each but what was given with the proof that it is in the log up to a signed head. It reads page by page, in transactions of their own, and keeps
// nothing in memory but a page, or one of the lists that other packages keep. It returns NotOpen to everybody but the owner, errors of the store, and those of to; what
// was written before is then not whole.
func (k *Keeper) Copy(ctx context.Context, who grant.Subject, b id.Book, key witness.Key, to io.Writer) error {
	c := &copying{k: k, who: who, book: b, to: bufio.NewWriterSize(to, 64<<10)}
	c.json = json.NewEncoder(c.to)
	c.json.SetEscapeHTML(false)
	if err := c.begin(ctx, key); err != nil {
		return errs.Wrap("keeper: copy", err)
	}
	for _, part := range []func(context.Context) error{c.entries, c.looks, c.givens, c.asides} {
		if err := part(ctx); err != nil {
			return errs.Wrap("keeper: copy", err)
		}
	}
	c.text("}\n")
	return errs.Wrap("keeper: copy", c.to.Flush())
}

// copying is a copy under way.
type copying struct {
	k     *Keeper
	who   grant.Subject
	book  id.Book
	to    *bufio.Writer
	json  *json.Encoder
	owner id.Person
	seq   int64 // of the last entry that is copied
	heads map[int64]witness.Checkpoint
}

func (c *copying) text(s string) { _, _ = c.to.WriteString(s) } // Flush tells

// view runs fn on a snapshot in which the book is still open to who.
func (c *copying) view(ctx context.Context, fn func(*store.Tx) error) error {
	return c.k.db.View(ctx, func(tx *store.Tx) error {
		if _, err := c.k.owns(tx, c.who, c.k.clock.Now(), c.book); err != nil {
			return err
		}
		return fn(tx)
	})
}

// begin writes the beginning of the copy, up to the list of entries.
func (c *copying) begin(ctx context.Context, key witness.Key) error {
	if c.who.Hat != book.HatSelf {
		return errs.New("keeper: copy", errs.NotOpen, "")
	}
	var logs []copyLog
	err := c.view(ctx, func(tx *store.Tx) (err error) {
		if err := tx.Row(`SELECT owner, seq FROM book WHERE id = $1`, c.book).Scan(&c.owner, &c.seq); err != nil {
			return notGiven(err)
		}
		logs, c.heads, err = logsFor(tx)
		return err
	})
	if err != nil {
		return err
	}
	head, err := json.Marshal(copyHead{Format: CopyFormat, MadeAt: c.k.clock.Now(), Book: c.book, Owner: c.owner, Key: key})
	if err != nil {
		return err
	}
	c.text(string(bytes.TrimSuffix(head, []byte("}"))))
	c.text(",\n\"logs\":")
	return c.json.Encode(logs)
}

// logsFor reads the logs with their newest heads.
func logsFor(tx *store.Tx) (logs []copyLog, heads map[int64]witness.Checkpoint, err error) {
	heads = map[int64]witness.Checkpoint{}
	err = store.Each(tx, `SELECT number, origin, previous FROM log WHERE size > 0 ORDER BY number`, nil, func(scan func(...any) error) error {
		var l copyLog
		err := scan(&l.Number, &l.Origin, &l.Previous)
		logs = append(logs, l)
		return err
	})
	for i := range logs {
		if err != nil {
			return nil, nil, err
		}
		var h witness.Head
		if h, err = witness.HeadOf(tx, logs[i].Number); err != nil {
			return nil, nil, err
		}
		logs[i].Checkpoint, heads[h.Log] = h.Note, h.Checkpoint
		logs[i].Proof, err = witness.NewTree(tx, h.Log).Inclusion(h.Size, 0)
	}
	return logs, heads, err
}

// list writes the elements of one list of the copy.
func (c *copying) list(name string) func(any) error {
	c.text(",\n\"" + name + "\":[\n")
	first := true
	return func(element any) error {
		if !first {
			c.text(",")
		}
		first = false
		return c.json.Encode(element)
	}
}

// copyPage is how many entries or looks are read in one transaction.
const copyPage = 100

func (c *copying) entries(ctx context.Context) error {
	put := c.list("entries")
	for after := int64(0); after < c.seq; {
		var page []committed
		var places []copyPlace
		err := c.view(ctx, func(tx *store.Tx) (err error) {
			page, places = nil, nil
			args := c.k.by(c.who).copyEntries.args(c.who, c.k.clock.Now(), c.book, after, c.seq, copyPage)
			err = store.Each(tx, c.k.by(c.who).copyEntries.text, args, func(scan func(...any) error) error {
				var e committed
				err := e.scan(scan)
				page = append(page, e)
				return err
			})
			proofs := c.prover(tx)
			for i := range page {
				if err == nil {
					var p copyPlace
					p, err = proofs.place(page[i].leaf, page[i].RecordedAt, !page[i].erased()) // of an erased one the time is gone too
					places = append(places, p)
				}
			}
			return err
		})
		if err != nil {
			return err
		}
		if len(page) == 0 {
			return errs.New("keeper: copy", errs.Internal, "")
		}
		for i := range page {
			e, err := c.entry(ctx, &page[i], places[i])
			if err == nil {
				err = put(e)
			}
			if err != nil {
				return err
			}
		}
		after = page[len(page)-1].Seq
	}
	c.text("]")
	return nil
}

// entry opens one entry for the copy.
func (c *copying) entry(ctx context.Context, e *committed, p copyPlace) (out copyEntry, err error) {
	out = copyEntry{
		Seq: e.Seq, ID: e.ID, Section: e.Section, Kind: e.Kind, Version: e.Version, Item: e.Item, Act: e.Act, Author: e.Author,
		Hat: e.Hat, Via: e.Via, RecordedAt: e.RecordedAt, Cipher: witness.Cipher(e.sealed), copyPlace: p,
	}
	if !e.Base.IsZero() {
		out.Base = &e.Base
	}
	if !e.Answers.IsZero() {
		out.Answers = &e.Answers
	}
	if err := errors.Join(out.Leaf.Scan(e.leaf), out.Chain.Scan(e.chain)); err != nil {
		return out, err
	}
	if e.erased() {
		out.Erased, out.Cipher = true, witness.Hash{}
		return out, nil
	}
	opened, err := c.k.vault.Unseal(ctx, e.Book, e.Item, e.ID, e.sealed)
	if errors.Is(err, vault.ErrErased) {
		out.Erased, out.Cipher = true, witness.Hash{}
		return out, nil
	}
	if err != nil || len(opened) < len(witness.Salt{})+8 {
		return out, errs.As("keeper: copy", errs.KindOf(err), errors.Join(err, errors.New("an entry cannot be opened")))
	}
	out.Salt, out.Plain = opened[:len(witness.Salt{})], opened[len(witness.Salt{}):]
	if err := readPlain(&e.Entry, out.Plain); err != nil {
		return out, err
	}
	out.HappenedAt = e.HappenedAt
	if body := out.Plain[8:]; len(body) > 0 {
		out.Body = json.RawMessage(body)
	}
	return out, nil
}

// prover proves within one transaction.
type prover struct {
	tx    *store.Tx
	find  *witness.Finder
	heads map[int64]witness.Checkpoint
	trees map[int64]*witness.Tree
}

func (c *copying) prover(tx *store.Tx) prover {
	return prover{tx: tx, find: witness.NewFinder(tx), heads: c.heads, trees: map[int64]*witness.Tree{}}
}

// place finds and proves a leaf. One that came into the log after the head of the copy counts as not in it.
func (p prover) place(leaf []byte, at clock.Time, exact bool) (copyPlace, error) {
	var h witness.Hash
	if err := h.Scan(leaf); err != nil {
		return copyPlace{}, err
	}
	found, ok, err := p.find.Find(h, at, exact)
	if err != nil || !ok {
		return copyPlace{}, err
	}
	return p.at(found)
}

// at proves what stands at a place of a log, if that is under the head of the copy.
func (p prover) at(found witness.Place) (copyPlace, error) {
	head := p.heads[found.Log]
	if found.N >= head.Size {
		return copyPlace{}, nil
	}
	t := p.trees[found.Log]
	if t == nil {
		t = witness.NewTree(p.tx, found.Log)
		p.trees[found.Log] = t
	}
	proof, err := t.Inclusion(head.Size, found.N)
	return copyPlace{Log: found.Log, N: found.N, Proof: proof}, err
}

func (c *copying) looks(ctx context.Context) error {
	put := c.list("looks")
	at, look, section := clock.Time(-1<<62), make([]byte, 16), ""
	for more := true; more; {
		var page []copyLook
		err := c.view(ctx, func(tx *store.Tx) (err error) {
			page, err = c.lookPage(tx, at, look, section)
			return err
		})
		if err != nil {
			return err
		}
		more = len(page) == copyPage
		for _, l := range page {
			at, look, section = l.At, l.ID.Bytes(), string(l.Section)
			if err := put(l); err != nil {
				return err
			}
		}
	}
	c.text("]")
	return nil
}

// lookPage reads some looks with their proofs, in the order of their times, ids and sections.
func (c *copying) lookPage(tx *store.Tx, at clock.Time, look []byte, section string) (page []copyLook, err error) {
	args := c.k.by(c.who).copyLooks.args(c.who, c.k.clock.Now(), c.book, at, look, section, copyPage, c.k.clock.Now())
	var batches [][]byte
	err = store.Each(tx, c.k.by(c.who).copyLooks.text, args, func(scan func(...any) error) error {
		var l Look
		var batch []byte
		err := scan(append(l.fields(), &batch)...)
		if !slices.ContainsFunc(batches, func(b []byte) bool { return bytes.Equal(b, batch) }) {
			batches = append(batches, batch)
		}
		out := copyLook{ID: l.ID, Section: l.Section, Reader: l.Reader, Hat: l.Hat, Given: l.Given, Purpose: l.Purpose, Items: l.Items, At: l.At}
		page = append(page, out)
		return errors.Join(err, page[len(page)-1].Leaf.Scan(batch))
	})
	if err != nil || len(page) == 0 {
		return page, err
	}
	groups, err := lookGroups(tx, batches)
	proofs := c.prover(tx)
	for _, g := range groups {
		if err != nil {
			return nil, err
		}
		err = g.prove(proofs, c.book, page)
	}
	return page, err
}

// prove gives the looks of the batch their proofs.
func (g *lookGroup) prove(proofs prover, b id.Book, page []copyLook) error {
	p, err := proofs.place(g.batch, g.at, false)
	if err != nil {
		return err
	}
	alone := witness.ListLeaf(lookKind, g.hashes) == witness.Hash(g.batch)
	for i := range page {
		if !bytes.Equal(page[i].Leaf[:], g.batch) {
			continue
		}
		page[i].copyPlace = p
		if !alone {
			continue
		}
		mine := witness.RowHash(page[i].in(b).canonical())
		page[i].Others = slices.DeleteFunc(slices.Clone(g.hashes), func(h witness.Hash) bool { return h == mine })
		if page[i].Others == nil {
			page[i].Others = []witness.Hash{}
		}
	}
	return nil
}

// in is the look as package keeper knows it.
func (l copyLook) in(b id.Book) Look {
	return Look{ID: l.ID, Book: b, Section: l.Section, Reader: l.Reader, Hat: l.Hat, Given: l.Given, Purpose: l.Purpose, Items: l.Items, At: l.At}
}

func (c *copying) givens(ctx context.Context) error {
	put := c.list("given")
	var all []copyGiven
	err := c.view(ctx, func(tx *store.Tx) error {
		all = nil
		err := store.Each(tx, `SELECT id, recipient, hat, suggests = 0, purpose, since, until, taken_back, whom FROM given WHERE book = $1 ORDER BY since, id`, []any{c.book}, func(scan func(...any) error) error {
			var g copyGiven
			err := scan(&g.ID, &g.Recipient, &g.As, &g.ReadOnly, &g.Purpose, &g.Since, &g.Until, &g.TakenBack, &g.Whom)
			all = append(all, g)
			return err
		})
		if err != nil {
			return err
		}
		of, singles, err := partsGiven(tx, c.book)
		if err != nil {
			return err
		}
		acts, err := actsGiven(tx, c.book)
		if err != nil {
			return err
		}
		said, err := saidGiven(tx, c.book)
		for i := range all {
			all[i].Said = []copySaid{}
			for _, x := range said[all[i].ID] {
				all[i].Said = append(all[i].Said, copySaid{x.Person, x.Yes, x.At})
			}
			all[i].Sections, all[i].Singles, all[i].Acts = of[all[i].ID], []string{}, append([]book.Section{}, acts[all[i].ID]...)
			for _, x := range singles[all[i].ID] {
				all[i].Singles = append(all[i].Singles, x.String())
			}
		}
		return err
	})
	if err != nil {
		return err
	}
	for _, g := range all {
		if err := put(g); err != nil {
			return err
		}
	}
	c.text("]")
	return nil
}

func (c *copying) asides(ctx context.Context) error {
	for _, name := range copyAsides {
		put := c.list(name)
		if read := c.k.asides[name]; read != nil {
			all, err := read(ctx, c.who, c.book)
			if err != nil {
				return err
			}
			for len(all) > 0 {
				n := min(len(all), copyPage)
				if err := c.asidePage(ctx, all[:n], put); err != nil {
					return err
				}
				all = all[n:]
			}
		}
		c.text("]")
	}
	return nil
}

// asidePage writes some things with their proofs.
func (c *copying) asidePage(ctx context.Context, page []Aside, put func(any) error) error {
	var records []copyRecord
	err := c.view(ctx, func(tx *store.Tx) error {
		records = nil
		proofs := c.prover(tx)
		for _, a := range page {
			var r copyRecord
			var err error
			if a.Kind != "" {
				r, err = proofs.record(a.AsideRow)
			}
			if err != nil {
				return err
			}
			records = append(records, r)
		}
		return nil
	})
	for i := range page {
		if err == nil {
			var both json.RawMessage
			if page[i].Kind == "" {
				err = put(page[i].Shown)
			} else if both, err = beside(page[i].Shown, records[i]); err == nil {
				err = put(both)
			}
		}
	}
	return err
}

// beside writes two objects as one.
func beside(one, other any) (json.RawMessage, error) {
	a, err := json.Marshal(one)
	b, again := json.Marshal(other)
	if err = errors.Join(err, again); err != nil {
		return nil, err
	}
	return slices.Concat(bytes.TrimSuffix(a, []byte("}")), []byte(","), bytes.TrimPrefix(b, []byte("{"))), nil
}

// record finds and proves what a row said. What came into the log after the head of the copy counts as not in it.
func (p prover) record(row AsideRow) (copyRecord, error) {
	r, ok, err := witness.FindRecord(p.tx, row.Kind, row.ID, row.Payload)
	if err != nil || !ok {
		return copyRecord{}, err
	}
	at, err := p.at(r.Place)
	if at.Log == 0 {
		r.Once = nil
	}
	return copyRecord{r.Once, at}, err
}
