package keeper

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/keeper/names"
	"beside/internal/store"
)

// MostFound is how many people are shown of those who fit a name.
const MostFound = 5

// FoundName is somebody whose name fits, as it is shown at the desk: nothing but the name and when they came.
type FoundName struct {
	Book  id.Book
	Name  book.Text
	Since clock.Time // when the book was begun
}

// namesForm is the form of the index of names. A book that was gone through has a part that says so; another form has every
// name gone through anew.
const namesForm = "1"

// A name is found by keyed hashes of its parts, and of how they sound, never by itself.
func (k *Keeper) partHash(part string) []byte   { return k.vault.Blind("name part", part)[:16] }
func (k *Keeper) soundHash(sound string) []byte { return k.vault.Blind("name sound", sound)[:16] }
func (k *Keeper) formHash() []byte              { return k.vault.Blind("name form", namesForm)[:16] }

// alike is by what a typed part is found when it need only sound the same.
func (k *Keeper) alike(part string) []byte {
	if s := names.Sound(part); s != "" {
		return k.soundHash(s)
	}
	return k.partHash(part)
}

// projectName brings the index of names up to an entry about the name of a book.
func (k *Keeper) projectName(tx *store.Tx, e book.Entry, it *book.Item) error {
	if e.Kind != book.KindName || it == nil {
		return nil
	}
	return k.indexName(tx, e.Book, nameIn(e))
}

// nameIn is the name that an entry about the name of a book leaves, "" for none: what brings words leaves them to be seen, and nothing
// else does.
func nameIn(e book.Entry) string {
	if n, ok := e.Body.(*book.Name); ok {
		return n.Words.Show()
	}
	return ""
}

// nameHashes are what the index holds of a book with that name.
func (k *Keeper) nameHashes(name string) [][]byte {
	hashes := [][]byte{k.formHash()}
	for _, part := range names.Parts(name) {
		hashes = append(hashes, k.partHash(part), k.alike(part))
	}
	slices.SortFunc(hashes, bytes.Compare)
	return slices.CompactFunc(hashes, bytes.Equal)
}

// indexName makes the index say name of a book, and nothing else.
func (k *Keeper) indexName(tx *store.Tx, b id.Book, name string) error {
	if _, err := tx.Exec(`DELETE FROM name_part WHERE book = $1`, b); err != nil {
		return err
	}
	for _, h := range k.nameHashes(name) {
		if _, err := tx.Exec(`INSERT INTO name_part (part, book) VALUES ($1, $2) ON CONFLICT (part, book) DO NOTHING`, h, b); err != nil {
			return err
		}
	}
	return nil
}

// indexNames goes through the names that were written before there was an index, once in the life of a keeper. It shows
// them to nobody.
func (k *Keeper) indexNames(ctx context.Context) error {
	for !k.indexed.Load() {
		var old []found
		err := k.db.Glance(ctx, func(tx *store.Tx) error {
			old = nil
			return store.Each(tx, `SELECT i.book, `+itemColumns+`, e.id, e.version, e.recorded_at, e.sealed FROM item AS i JOIN entry AS e ON e.book = i.book AND e.seq = i.body_seq
				WHERE i.state = 'live' AND i.section = 'name' AND i.kind = 'name' AND NOT EXISTS (SELECT 1 FROM name_part AS n WHERE n.book = i.book AND n.part = $1) LIMIT 500`,
				[]any{k.formHash()}, func(scan func(...any) error) error {
					var f found
					err := scan(append(append([]any{&f.entry.Book}, itemFields(&f.piece.Item)...), &f.entry.ID, &f.entry.Version, &f.piece.RecordedAt, (*[]byte)(&f.entry.sealed))...)
					old = append(old, f)
					return err
				})
		})
		if err != nil {
			return err
		}
		if len(old) == 0 {
			k.indexed.Store(true)
		}
		if err := k.indexThese(ctx, old); err != nil {
			return err
		}
	}
	return nil
}

func (k *Keeper) indexThese(ctx context.Context, old []found) error {
	pieces := make([]Piece, len(old))
	for i := range old {
		var err error
		if pieces[i], err = k.open(ctx, old[i].entry.Book, &old[i]); err != nil {
			return err
		}
	}
	return k.db.Update(ctx, func(tx *store.Tx) error {
		for i, p := range pieces {
			// A name that is changed just now was put into the index with that; the lock is the book's.
			still, err := tx.Exec(`UPDATE item SET body_seq = body_seq WHERE book = $1 AND item = $2 AND state = 'live' AND body_seq = $3`, old[i].entry.Book, p.ID, p.BodySeq)
			if err == nil && still == 1 {
				err = k.indexName(tx, old[i].entry.Book, p.Body.(*book.Name).Words.Show())
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// FindByName opens to a member of the team, who holds an open request of somebody at the desk or says that somebody has died,
// the names that fit what was
// typed: every part of it must stand in the name, written the same or sounding the same. Those written the same come first.
// It returns at most [MostFound], and whether there are more. Each name it returns is a look, written down for its owner
// before it returns. To everybody else it returns nothing. Invalid with the field "name" when nothing to look for was typed.
func (k *Keeper) FindByName(ctx context.Context, who grant.Subject, request id.Request, why book.Purpose, typed string) (out []FoundName, more bool, err error) {
	const op = "keeper: find by name"
	parts := names.Parts(typed)
	if len(parts) == 0 {
		var c errs.Check
		c.Add("name", "errors.find_blank")
		return nil, false, c.Err(op)
	}
	if err := k.indexNames(ctx); err != nil {
		return nil, false, errs.Wrap(op, err)
	}
	var same, alike [][]byte
	for _, p := range parts {
		same, alike = append(same, k.partHash(p)), append(alike, k.alike(p))
	}
	now := k.clock.Now()
	var all []found
	var since []clock.Time
	err = k.db.View(ctx, func(tx *store.Tx) error {
		all, since = nil, nil
		for _, hashes := range [][][]byte{same, alike} {
			err := k.findNamed(tx, who, now, hashes, func(f found, made clock.Time) {
				if !slices.ContainsFunc(all, func(x found) bool { return x.entry.Book == f.entry.Book }) {
					all, since = append(all, f), append(since, made)
				}
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, false, errs.Wrap(op, err)
	}
	more = len(all) > MostFound
	item, _ := id.FromBytes[id.Item](request.Bytes()) // what the look was made under
	by := []pass{{given: item, purpose: why, section: book.SectionName}}
	var looks []Look
	for i := range all[:min(len(all), MostFound)] {
		b := all[i].entry.Book
		p, err := k.open(ctx, b, &all[i])
		if err != nil {
			return nil, false, errs.Wrap(op, err)
		}
		out = append(out, FoundName{Book: b, Name: p.Body.(*book.Name).Words, Since: since[i]})
		looks = append(looks, k.looksFor(who, b, by, map[book.Section]int{book.SectionName: 1}, now)...)
	}
	return out, more, errs.Wrap(op, k.looks.add(ctx, looks))
}

// findNamed finds the names that have all of the hashes, the ones that came first before the others, one more than are shown.
func (k *Keeper) findNamed(tx *store.Tx, who grant.Subject, now clock.Time, hashes [][]byte, add func(found, clock.Time)) error {
	args := make([]any, 0, len(hashes)+3)
	var also strings.Builder
	for i, h := range hashes {
		if args = append(args, h); i > 0 {
			fmt.Fprintf(&also, ` AND EXISTS (SELECT 1 FROM name_part AS also WHERE also.book = n.book AND also.part = $%d)`, i+1)
		}
	}
	q := rule(`SELECT n.book, `+itemColumns+`, e.id, e.version, e.recorded_at, e.sealed, k.made_at FROM name_part AS n
		JOIN item AS i ON i.book = n.book AND i.state = 'live' AND i.section = 'name' AND i.kind = 'name'
		JOIN entry AS e ON e.book = i.book AND e.seq = i.body_seq JOIN book AS k ON k.id = n.book WHERE n.part = $1`+also.String()+` AND `,
		grant.FindName, grant.Columns{Book: "n.book", Section: "i.section"}, len(hashes)+1, ` ORDER BY k.made_at, n.book LIMIT `+strconv.Itoa(MostFound+1))
	return store.Each(tx, q.text, q.args(who, now, args...), func(scan func(...any) error) error {
		var f found
		var made clock.Time
		err := scan(append(append([]any{&f.entry.Book}, itemFields(&f.piece.Item)...), &f.entry.ID, &f.entry.Version, &f.piece.RecordedAt, (*[]byte)(&f.entry.sealed), &made)...)
		add(f, made)
		return err
	})
}

// MayFind returns whose book it is, when who may find its owner by name now: else NotOpen.
func (k *Keeper) MayFind(tx *store.Tx, who grant.Subject, b id.Book) (owner id.Person, err error) {
	q := rule(`SELECT k.owner FROM book AS k WHERE k.id = $1 AND `, grant.FindName, grant.Columns{Book: "k.id", Section: "'" + string(book.SectionName) + "'"}, 2, ``)
	err = tx.Row(q.text, q.args(who, k.clock.Now(), b)...).Scan(&owner)
	return owner, notGiven(err)
}
