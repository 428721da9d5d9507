package keeper

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"beside/internal/book"
	"beside/internal/id"
	"beside/internal/witness"
)

// ErrNotACopy says that a file is not a copy of a whole book as [Keeper.Copy] writes it.
var ErrNotACopy = errors.New("this is not a copy of a book made by Beside, or it was cut off")

// Copied is what was found in a copy.
type Copied struct {
	Book      id.Book
	Entries   int
	Looks     int
	Asides    map[string]int       // of each list such as [CopyLeft], how many there are
	Accounted bool                 // these lists were compared with the log too: not of a copy of an older format
	Unproved  int                  // of all, not in a log yet when the copy was made
	Alone     int                  // looks that nothing ties to their leaf, as those of version 0.2: each of their fields could be made up
	Erased    []CopiedErased       // entries that are said to be erased: of these nothing but their place is proved
	Heads     []witness.Checkpoint // up to which it proves
	Partly    int                  // things of these lists of which something is said to be erased: the words that are left are not proved
	InPage    bool                 // the copy stood within a page: what else the page shows is not proved by anything
}

// CopiedErased is an entry that is said to be erased. What it said, who wrote it, when and of what kind cannot be compared.
type CopiedErased struct {
	Seq     int64
	ID      id.Entry
	Item    id.Item
	ByOwner bool // a later entry of the copy, which is proved, is the owner's act of erasing that item
}

// CheckCopy checks a copy of a book by itself, as anybody can who reads docs/export.md: that every entry is as it was
// committed to, that none is missing between the first and the last, and that each, and each look, is in a log whose head
// is signed with key; nil means the key that stands in the copy. What is wrong goes to report; what a copy cannot prove is
// in what it returns, so that nobody takes it for proved. That looks, or entries after the last, were left out cannot be
// seen. asides say what the log holds of the lists that other packages keep. It reads the file once and keeps in memory one element of it, and what was erased. Of a page it checks the copy that
// stands within it ([Within]). It returns [ErrNotACopy], wrapped, for what cannot be read.
func CheckCopy(file io.Reader, key *witness.Key, asides map[string]CheckAside, report func(witness.Problem)) (Copied, error) {
	from, inPage, err := outOf(file)
	if err != nil {
		return Copied{}, fmt.Errorf("%w: %w", ErrNotACopy, err)
	}
	c := &copyCheck{in: json.NewDecoder(from), key: key, asides: asides, report: report, logs: map[int64]witness.Checkpoint{}}
	c.found.InPage, c.found.Asides = inPage, map[string]int{}
	if err := c.whole(); err != nil {
		return c.found, fmt.Errorf("%w: %w", ErrNotACopy, err)
	}
	return c.found, nil
}

// CheckAside makes, of something that a copy of a book shows, the row by which the log holds it, and says whether something of it
// is said to be erased, so that the rest is not proved. It returns an error with what is wrong for what cannot be as it is shown.
type CheckAside func(b id.Book, shown json.RawMessage) (row AsideRow, partly bool, err error)

type copyCheck struct {
	in     *json.Decoder
	key    *witness.Key
	asides map[string]CheckAside
	report func(witness.Problem)
	head   copyHead
	logs   map[int64]witness.Checkpoint
	chain  witness.Hash
	found  Copied
	acts   []erasingAct
}

// erasingAct is an act of erasing that is proved.
type erasingAct struct {
	seq int64
	book.Erasing
}

var errOrder = errors.New("its parts are not in their order")

func (c *copyCheck) problem(part, row, format string, args ...any) {
	c.report(witness.Problem{Table: part, Row: row, What: fmt.Sprintf(format, args...)})
}

// expect reads the next token, which must be one of the punctuation of JSON.
func (c *copyCheck) expect(d json.Delim) error {
	t, err := c.in.Token()
	if err == nil && t != d {
		err = errOrder
	}
	return err
}

// field reads the name of the next field and its value.
func (c *copyCheck) field(name string, into any) error {
	t, err := c.in.Token()
	if err == nil && t != name {
		err = errOrder
	}
	if err != nil || into == nil {
		return err
	}
	return c.in.Decode(into)
}

func (c *copyCheck) whole() error {
	if err := c.expect('{'); err != nil {
		return err
	}
	var logs []copyLog
	for _, f := range []struct {
		name string
		into any
	}{
		{"format", &c.head.Format},
		{"made_at", &c.head.MadeAt},
		{"book", &c.head.Book},
		{"owner", &c.head.Owner},
		{"key", &c.head.Key},
		{"logs", &logs},
	} {
		if err := c.field(f.name, f.into); err != nil {
			return err
		}
	}
	lists, known := copyFormats[c.head.Format]
	c.found.Accounted = c.head.Format == CopyFormat && c.asides != nil
	if !known {
		return errors.New("its format is another")
	}
	c.found.Book = c.head.Book
	c.heads(logs)
	if err := elements(c, "entries", c.entry); err != nil {
		return err
	}
	c.erasedBy()
	if err := elements(c, "looks", c.look); err != nil {
		return err
	}
	if err := elements(c, "given", func(copyGiven) {}); err != nil {
		return err
	}
	for _, name := range copyAsides[:lists] {
		if err := elements(c, name, func(shown json.RawMessage) { c.aside(name, shown) }); err != nil {
			return err
		}
	}
	return c.expect('}')
}

// aside checks one thing of a list of another package, if it is known how. A copy of an older format has no proof of it.
func (c *copyCheck) aside(name string, shown json.RawMessage) {
	check := c.asides[name]
	if !c.found.Accounted || check == nil {
		return
	}
	var r struct {
		ID string `json:"id"`
		copyRecord
	}
	row, partly, err := check(c.head.Book, shown)
	if err == nil {
		err = json.Unmarshal(shown, &r)
	}
	if err != nil {
		c.problem(name, r.ID, "it cannot be as it is shown: %v", err)
		return
	}
	c.found.Asides[name]++
	if partly {
		c.found.Partly++
	}
	c.proved(name, r.ID, witness.RecordLeaf(row.Kind, row.ID, row.Payload, r.Once), r.copyPlace)
}

// elements reads a list, one element at a time.
func elements[T any](c *copyCheck, name string, each func(T)) error {
	if err := c.field(name, nil); err != nil {
		return err
	}
	if err := c.expect('['); err != nil {
		return err
	}
	for c.in.More() {
		var e T
		if err := c.in.Decode(&e); err != nil {
			return err
		}
		each(e)
	}
	return c.expect(']')
}

// heads checks the signed heads, and that each log names the one before.
func (c *copyCheck) heads(logs []copyLog) {
	key := c.head.Key
	if c.key != nil {
		key = *c.key
	}
	before := ""
	for i, l := range logs {
		row := fmt.Sprintf("log %d", l.Number)
		head, err := key.Open(l.Checkpoint)
		switch {
		case err != nil || head.Origin != l.Origin:
			c.problem("logs", row, "its head is not signed with the key")
		case i > 0 && l.Previous != before:
			c.problem("logs", row, "it does not name the last head of the log before")
		case witness.CheckInclusion(l.Proof, head, 0, witness.StartLeaf(l.Origin, l.Previous)) != nil:
			c.problem("logs", row, "its first leaf does not name it and the log before it")
		default:
			c.logs[l.Number] = head
			c.found.Heads = append(c.found.Heads, head)
		}
		before = l.Checkpoint
	}
}

// proved checks that a leaf is where the copy says.
func (c *copyCheck) proved(part, row string, leaf witness.Hash, p copyPlace) {
	if p.Log == 0 {
		c.found.Unproved++
		return
	}
	head, ok := c.logs[p.Log]
	if !ok || witness.CheckInclusion(p.Proof, head, p.N, leaf) != nil {
		c.problem(part, row, "it is not proved to be in the log")
	}
}

func (c *copyCheck) entry(e copyEntry) {
	c.found.Entries++
	row := fmt.Sprintf("entry %d (%s)", e.Seq, e.ID)
	if e.Seq != int64(c.found.Entries) {
		c.problem("entries", row, "it does not follow: %d should be here", c.found.Entries)
	}
	switch {
	case e.Erased:
		c.found.Erased = append(c.found.Erased, CopiedErased{Seq: e.Seq, ID: e.ID, Item: e.Item})
	case c.words(e, row) && e.Act == book.ActErase && e.Author == c.head.Owner && e.Hat == book.HatSelf && e.Log != 0:
		a := erasingAct{seq: e.Seq}
		if json.Unmarshal(e.Body, &a.Erasing) == nil {
			c.acts = append(c.acts, a)
		}
	}
	c.chain = witness.Chain(c.chain, e.Leaf)
	if c.chain != e.Chain {
		c.problem("entries", row, "the chain of the book breaks here")
		c.chain = e.Chain
	}
	c.proved("entries", row, e.Leaf, e.copyPlace)
}

// erasedBy says of what is said to be erased whether the owner did it, as a later entry proves.
func (c *copyCheck) erasedBy() {
	last := map[id.Item]int64{} // the last act that erased an item
	whole := int64(0)
	for _, a := range c.acts {
		for _, it := range a.Items {
			last[it] = a.seq
		}
		if a.Whole {
			whole = a.seq
		}
	}
	for i := range c.found.Erased {
		e := &c.found.Erased[i]
		e.ByOwner = max(last[e.Item], whole) > e.Seq
	}
}

// words checks that an entry says what was committed to, and reports whether it could be.
func (c *copyCheck) words(e copyEntry, row string) bool {
	if len(e.Salt) != len(witness.Salt{}) || len(e.Plain) < 8 {
		c.problem("entries", row, "its words or their salt are missing")
		return false
	}
	if uint64(e.HappenedAt) != binary.BigEndian.Uint64(e.Plain) || !sameBody(e.Body, e.Plain[8:]) {
		c.problem("entries", row, "the words shown are not those that were committed to")
	}
	commitment := witness.Commit(witness.Salt(e.Salt), e.Plain)
	if witness.Leaf(header(e.in(c.head.Book)), commitment, e.Cipher) != e.Leaf {
		c.problem("entries", row, "it is not as it was committed to: something in it was changed")
	}
	return true
}

// sameBody reports whether the body shown is the one that was sealed, but for white space between its parts, and for signs
// that are written as they must be within a page.
func sameBody(shown json.RawMessage, sealed []byte) bool {
	if len(sealed) == 0 {
		return len(shown) == 0 || string(shown) == "null"
	}
	var a, b, safeA, safeB bytes.Buffer
	if json.Compact(&a, shown) != nil || json.Compact(&b, sealed) != nil {
		return false
	}
	json.HTMLEscape(&safeA, a.Bytes())
	json.HTMLEscape(&safeB, b.Bytes())
	return bytes.Equal(safeA.Bytes(), safeB.Bytes())
}

// in is the entry as its header takes it.
func (e copyEntry) in(b id.Book) book.Entry {
	out := book.Entry{ID: e.ID, Book: b, Seq: e.Seq, Section: e.Section, Kind: e.Kind, Version: e.Version, Item: e.Item, Act: e.Act,
		Author: e.Author, Hat: e.Hat, Via: e.Via, RecordedAt: e.RecordedAt}
	if e.Base != nil {
		out.Base = *e.Base
	}
	if e.Answers != nil {
		out.Answers = *e.Answers
	}
	return out
}

func (c *copyCheck) look(l copyLook) {
	c.found.Looks++
	row := fmt.Sprintf("look %s (%s)", l.ID, l.Section)
	if l.Others == nil {
		c.found.Alone++
	} else {
		all := append(slices.Clone(l.Others), witness.RowHash(l.in(c.head.Book).canonical()))
		if witness.ListLeaf(lookKind, all) != l.Leaf {
			c.problem("looks", row, "it is not as it was written down")
		}
	}
	c.proved("looks", row, l.Leaf, l.copyPlace)
}
