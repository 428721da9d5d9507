package account

import (
	"context"
	"errors"

	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/keeper"
	"beside/internal/mutant"
	"beside/internal/store"
)

// Second is what somebody is told of the second book that opens with their sign-in words and another passphrase. Only they are,
// in their own book: in the second one this is what it is for everybody who has none.
type Second struct {
	Is     bool
	Was    bool // there was one, and it is erased: from here, or by who had it open
	MadeAt clock.Time
	Opened clock.Time // when somebody last came into it, within a few minutes; 0 for never
	Also   bool       // it is erased with their own
}

// MakingSecond is what somebody types to have a second book.
type MakingSecond struct {
	Entry      id.Entry // of the form: sent twice it is one book
	Passphrase string   // of the second book
	Via        book.Via
	Where      Where
}

// mine returns the account of a session in which somebody may look after their second book. It returns NotOpen in another hat
// than their own, and when they showed who they are too long ago.
func (a *Accounts) mine(ctx context.Context, op string, s Session) (row, error) {
	if s.Hat != book.HatSelf || !s.Fresh(a.clock.Now(), FreshToSend) && !mutant.On("second-stale") {
		return row{}, errs.New(op, errs.NotOpen, "")
	}
	r, err := a.rowOf(ctx, s.Person)
	if store.IsNone(err) {
		err = errs.New(op, errs.NotOpen, "")
	}
	return r, err
}

// Second returns what somebody is told of their second book. It returns NotOpen in another hat than their own, and when they
// showed who they are longer ago than [FreshToSend].
func (a *Accounts) Second(ctx context.Context, s Session) (Second, error) {
	const op = "account: second"
	r, err := a.mine(ctx, op, s)
	if err != nil {
		return Second{}, errs.Wrap(op, err)
	}
	out := Second{Also: r.kept.also}
	err = a.db.View(ctx, func(tx *store.Tx) error {
		out.MadeAt, out.Opened = 0, 0
		err := tx.Row(`SELECT made_at FROM account WHERE person = $1`, r.kept.second).Scan(&out.MadeAt)
		if err != nil && !store.IsNone(err) {
			return err
		}
		out.Is = err == nil
		out.Was = !out.Is && !r.kept.second.IsZero()
		// A device that was only handed over when the book was made is still there as such: nobody came in on it.
		return tx.Row(`SELECT COALESCE(MAX(x.at), 0) FROM (SELECT seen_at AS at FROM device WHERE person = $1 AND way <> 'joined'
			UNION ALL SELECT at FROM happening WHERE person = $1 AND kind = 'new_device') AS x`, r.kept.second).Scan(&out.Opened)
	})
	return out, errs.Wrap(op, err)
}

// MakeSecond makes a second book, of somebody else as far as anything that is stored tells, which opens with the sign-in words
// of the session's person and another passphrase. In it are the name that they are called now and how they answered whether they
// are under 18; nothing else. Nobody is signed in to it. When the browser is one they called their own, it is that there too.
//
// Errors: NotOpen as of [Accounts.Second]; Invalid with the field "passphrase"; AlreadyKept when there is a second book, also
// when the same form made it with another passphrase;
// TooOften; Busy.
func (a *Accounts) MakeSecond(ctx context.Context, s Session, m MakingSecond) error {
	const op = "account: make second"
	r, err := a.mine(ctx, op, s)
	if err != nil {
		return errs.Wrap(op, err)
	}
	who, b := Joining{Entry: derivedEntry(m.Entry, "second")}.identity()
	is, err := a.is(ctx, r.kept.second)
	if err != nil {
		return errs.Wrap(op, err)
	}
	if is && r.kept.second == who { // the form was sent before: who typed another passphrase must not rely on it
		if is, err = a.Fits(ctx, who, m.Passphrase); err != nil || is {
			return errs.Wrap(op, err)
		}
		return errs.New(op, errs.AlreadyKept, "second.already")
	}
	if is {
		return errs.New(op, errs.AlreadyKept, "second.already")
	}
	next, err := a.drawSecond(ctx, s, r, m, row{person: who, book: b})
	if err != nil {
		return errs.Wrap(op, err)
	}
	return errs.Wrap(op, a.db.Update(ctx, func(tx *store.Tx) error { return a.writeSecond(tx, r, next) }))
}

// is reports whether there is a person.
func (a *Accounts) is(ctx context.Context, who id.Person) (is bool, err error) {
	err = a.db.Glance(ctx, func(tx *store.Tx) error {
		return tx.Row(`SELECT COUNT(*) > 0 FROM account WHERE person = $1`, who).Scan(&is)
	})
	return is, err
}

// second is a second book that is not written yet.
type second struct {
	row
	link   []byte // what is kept of the first from now on
	first  keeper.Prepared
	device id.Device
	token  []byte // of the device; nil when it is not the person's own
}

// drawSecond does outside any transaction what takes long.
func (a *Accounts) drawSecond(ctx context.Context, s Session, mine row, m MakingSecond, next row) (second, error) {
	out := second{row: next, device: id.New[id.Device](a.ids)}
	who := grant.Subject{Person: s.Person, Hat: s.Hat}
	name, about, err := a.self(ctx, who, s.Book)
	if err != nil {
		return out, err
	}
	if err := a.mayBeSecond(ctx, mine, m.Passphrase, name.Show()); err != nil {
		return out, err
	}
	if out.kept.words, err = a.Words(ctx, who, s.Book); err != nil {
		return out, err
	}
	if mutant.On("second-knows") {
		out.kept.second = mine.person
	}
	if out.signIn, err = a.door(ctx, a.base(mine), m.Passphrase); err != nil {
		return out, err
	}
	if err := a.db.Glance(ctx, func(tx *store.Tx) error { return a.free(tx, out.signIn, next.person) }); err != nil {
		return out, err
	}
	if out.phc, err = a.hasher.hash(ctx, m.Passphrase); err != nil {
		return out, err
	}
	if err := a.vault.MakeBook(ctx, next.book); err != nil {
		return out, err
	}
	e := derivedEntry(m.Entry, "second")
	out.first, err = a.keeper.Prepare(ctx, grant.Subject{Person: next.person, Hat: book.HatSelf}, next.book,
		keeper.Draft{ID: e, Kind: book.KindName, Act: book.ActWrite, Item: book.Only(next.book, book.KindName), Body: &book.Name{Words: name}, Via: m.Via},
		keeper.Draft{ID: keeper.Also(e, 1), Kind: book.KindAbout, Act: book.ActWrite, Item: book.Only(next.book, book.KindAbout), Body: &about, Via: m.Via})
	if err != nil {
		return out, err
	}
	if _, has := readSecret(m.Where.Device); has && s.Kept {
		out.token = a.deviceID(next.person, m.Where.Device)
	}
	if out.sealed, err = a.sealKept(ctx, next.person, next.book, out.kept); err != nil {
		return out, err
	}
	out.link, err = a.sealKept(ctx, mine.person, mine.book, kept{words: mine.kept.words, second: next.person})
	return out, err
}

// self is what somebody is called now, and what they told of themselves.
func (a *Accounts) self(ctx context.Context, who grant.Subject, b id.Book) (name book.Text, about book.About, err error) {
	for _, kind := range []book.Kind{book.KindName, book.KindAbout} {
		versions, err := a.keeper.Versions(ctx, who, b, book.Only(b, kind))
		if err != nil {
			return name, about, err
		}
		for _, v := range versions {
			switch body := v.Body.(type) {
			case *book.Name:
				name = body.Words
			case *book.About:
				about = *body
			}
		}
	}
	return name, about, nil
}

// mayBeSecond returns Invalid with the field "passphrase" for one that cannot be that of a second book: nobody would ever come
// into it by the passphrase of the first.
func (a *Accounts) mayBeSecond(ctx context.Context, mine row, passphrase, name string) error {
	if why := passphraseProblem(passphrase, name); why != "" {
		var c errs.Check
		c.AddArgs("passphrase", why, map[string]any{"Min": MinPassphrase, "Max": MaxPassphrase})
		return c.Err("account: second")
	}
	if err := a.Limits.Take(ctx, triesBeside, mine.person.Bytes()); err != nil {
		return err
	}
	fits, _, err := a.hasher.fits(ctx, mine.phc, passphrase)
	if err == nil && fits && !mutant.On("second-shadowed") {
		err = refuse("account.passphrase_taken")
	}
	return err
}

// writeSecond writes a second book, unless what was kept of the first, or its passphrase, changed since.
func (a *Accounts) writeSecond(tx *store.Tx, mine row, next second) error {
	if err := a.keep(tx, mine, next.link); err != nil {
		return err
	}
	done, err := a.insertRow(tx, next.row)
	if err == nil && done == 0 {
		err = errs.New("account: second", errs.Busy, "")
	}
	if err != nil {
		return err
	}
	if err := a.keeper.Begin(tx, next.book, next.person); err != nil {
		return err
	}
	if _, err := a.keeper.Apply(tx, next.first); err != nil || next.token == nil {
		return err
	}
	_, err = tx.Exec(`INSERT INTO device (id, person, token_hash, name, way, made_at, seen_at, ended_at) VALUES ($1, $2, $3, NULL, $4, $5, $5, 0)`,
		next.device, next.person, next.token, string(WayJoined), a.clock.Now())
	return err
}

// keep writes what is kept of an account, unless that or the passphrase changed since it was read: then it returns Busy. The new
// passphrase could be that of the second book.
func (a *Accounts) keep(tx *store.Tx, r row, sealed []byte) error {
	done, err := tx.Exec(`UPDATE account SET kept = $1 WHERE person = $2 AND (kept = $3 OR kept IS NULL) AND passphrase = $4`, sealed, r.person, orEmpty(r.sealed), r.phc)
	if err == nil && done == 0 {
		err = errs.New("account: keep", errs.Busy, "")
	}
	return err
}

// ChangeSecond gives the second book another passphrase. What is open in it stays open, and it is told there as anybody is told.
// Errors are those of [Accounts.MakeSecond], NotOpen also when there is none.
func (a *Accounts) ChangeSecond(ctx context.Context, s Session, passphrase string) error {
	const op = "account: change second"
	r, err := a.mine(ctx, op, s)
	if err != nil {
		return errs.Wrap(op, err)
	}
	other, err := a.AsSecond(ctx, s)
	if err != nil {
		return errs.Wrap(op, err)
	}
	name, _, err := a.self(ctx, grant.Subject{Person: s.Person, Hat: s.Hat}, s.Book)
	if err == nil {
		err = a.mayBeSecond(ctx, r, passphrase, name.Show())
	}
	if err != nil {
		return errs.Wrap(op, err)
	}
	set, err := a.NewPassphrase(ctx, other.Person, passphrase, name.Show())
	if err != nil {
		return errs.Wrap(op, err)
	}
	return errs.Wrap(op, a.db.Update(ctx, set))
}

// AsSecond returns a session of the second book of a session's person, which stands nowhere: by it they can end that book as
// who has it open can. It returns NotOpen as [Accounts.Second] does, and when there is none.
func (a *Accounts) AsSecond(ctx context.Context, s Session) (Session, error) {
	const op = "account: as second"
	r, err := a.mine(ctx, op, s)
	if err != nil {
		return Session{}, errs.Wrap(op, err)
	}
	other, err := a.rowOf(ctx, r.kept.second)
	if store.IsNone(err) {
		err = errs.New(op, errs.NotOpen, "")
	}
	return Session{Person: other.person, Book: other.book, Hat: book.HatSelf, Hats: []book.Hat{book.HatSelf}, Shown: s.Shown}, errs.Wrap(op, err)
}

// SecondGoes says whether the second book is erased when the first is. It returns NotOpen in another hat than their own, and
// Busy. Of who has none the same is sealed anew.
func (a *Accounts) SecondGoes(ctx context.Context, s Session, also bool) error {
	const op = "account: second goes"
	if s.Hat != book.HatSelf {
		return errs.New(op, errs.NotOpen, "")
	}
	r, err := a.rowOf(ctx, s.Person)
	if err != nil {
		return errs.Wrap(op, err)
	}
	if r.kept.second.IsZero() || r.kept.also == also { // else only that of who has one would change
		return errs.Wrap(op, a.db.Update(ctx, func(tx *store.Tx) error { return a.sealAnew(tx, s.Person) }))
	}
	k := r.kept
	k.also = also
	sealed, err := a.sealKept(ctx, r.person, r.book, k)
	if err != nil {
		return errs.Wrap(op, err)
	}
	return errs.Wrap(op, a.db.Update(ctx, func(tx *store.Tx) error { return a.keep(tx, r, sealed) }))
}

// HasSecond reports whether there is a second book, and whether it goes too, for the page on which somebody has their own erased.
// It is false in another hat than their own. Errors are those of the store.
func (a *Accounts) HasSecond(ctx context.Context, s Session) (is, also bool, err error) {
	const op = "account: has second"
	if s.Hat != book.HatSelf {
		return false, false, nil
	}
	r, err := a.rowOf(ctx, s.Person)
	if err != nil {
		return false, false, errs.Wrap(op, err)
	}
	is, err = a.is(ctx, r.kept.second)
	return is, is && r.kept.also, errs.Wrap(op, err)
}

// GoesToo returns which book is erased with the one of a person who erases theirs, and when: at an hour of the day that follows,
// so that not both go at one moment. It is asked in the transaction that erases, before [Accounts.Forget]. e is the act.
func (a *Accounts) GoesToo(tx *store.Tx, who id.Person, e id.Entry) (x keeper.Ending, goes bool, err error) {
	const op = "account: goes too"
	var r, other row
	err = tx.Row(`SELECT `+rowColumns+` FROM account WHERE person = $1`, who).Scan(r.fields()...)
	if store.IsNone(err) {
		return x, false, nil
	}
	if err == nil {
		err = a.openKept(context.Background(), &r)
	}
	if errs.Is(err, errs.NotOpen) || errors.Is(err, errUnreadable) { // its key is gone, or it was changed
		return x, false, nil
	}
	if err != nil || !r.kept.also {
		return x, false, errs.Wrap(op, err)
	}
	err = tx.Row(`SELECT `+rowColumns+` FROM account WHERE person = $1`, r.kept.second).Scan(other.fields()...)
	if store.IsNone(err) {
		return x, false, nil
	}
	now := a.clock.Now()
	return keeper.Ending{ID: id.New[id.Entry](a.ids), Book: other.book, Why: book.WhyAsked, MadeAt: now, DueAt: now + clock.Time(a.hoursOf(e))*clock.Hour}, err == nil, errs.Wrap(op, err)
}
