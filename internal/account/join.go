package account

import (
	"context"
	"errors"

	"beside/internal/account/limit"
	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/keeper"
	"beside/internal/store"
)

// Joining is what somebody says of themselves when they come in for the first time (mission.md S2.S2: at most three
// things, any name they like).
type Joining struct {
	Entry      id.Entry // of the form: sent twice it is one person
	Name       book.Text
	Passphrase string
	Contact    book.Contact // the answer to "is it safe to contact you here?"
	Address    book.Text    // blank unless Contact is [book.ContactQuiet]
	Lang       string       // tag of the language they read, for what is written to Address
	Under18    bool
	Invited    string // the token of an invitation they came by; "" for none
	Via        book.Via
	Where      Where
}

// Joined is a person with a book of their own, signed in on the device they joined with.
type Joined struct {
	Words string // the sign-in words, for the person to keep
	Opened
}

// FirstAddress is an address that somebody gives when they join, for [Config].First.
type FirstAddress struct {
	Person  id.Person
	Book    id.Book
	Entry   id.Entry // of the address
	Address book.Text
	Lang    string
	Via     book.Via
}

// errKnown is found inside the transaction when the form was sent before.
var errKnown = errors.New("account: this person has joined")

// Join makes a person, their book with their name and what they told of themselves, and a session, all at once. The same
// form sent again is the same person, if the name and the passphrase are the same.
//
// Errors: Invalid with the fields "name", "passphrase", "contact", "address"; AlreadyKept for the same form with another
// name or passphrase; TooOften; Busy.
func (a *Accounts) Join(ctx context.Context, j Joining) (Joined, error) {
	const op = "account: join"
	who, b := j.identity()
	first, err := a.ready(j, who, b)
	if err != nil {
		return Joined{}, errs.Wrap(op, err)
	}
	out, err := a.again(ctx, j, who)
	if errors.Is(err, store.ErrNone) {
		if out, err = a.begin(ctx, j, who, b, first); errors.Is(err, errKnown) {
			out, err = a.again(ctx, j, who)
		}
	}
	return out, errs.Wrap(op, err)
}

// identity is who and whose book the form makes.
func (j Joining) identity() (id.Person, id.Book) {
	p, _ := id.FromBytes[id.Person](derived(j.Entry, "person")) // 16 bytes never fail
	b, _ := id.FromBytes[id.Book](derived(j.Entry, "book"))
	return p, b
}

// beginning is what is written of a new person: entries, and what stands beside them.
type beginning struct {
	drafts []keeper.Draft
	row    func(*store.Tx) error // of their address, nil when they gave none
}

// ready checks what somebody says of themselves, all of it at once, and drafts it.
func (a *Accounts) ready(j Joining, who id.Person, b id.Book) (beginning, error) {
	const op = "account: ready"
	if j.Entry.IsZero() {
		return beginning{}, errs.New(op, errs.Invalid, "")
	}
	var c errs.Check
	collect(&c, book.CheckBody(&book.Name{Words: j.Name}), "words", "name")
	if why := passphraseProblem(j.Passphrase, j.Name.Show()); why != "" {
		c.AddArgs("passphrase", why, map[string]any{"Min": MinPassphrase, "Max": MaxPassphrase})
	}
	out := beginning{drafts: []keeper.Draft{
		{ID: j.Entry, Kind: book.KindName, Act: book.ActWrite, Item: book.Only(b, book.KindName), Body: &book.Name{Words: j.Name}, Via: j.Via},
		{ID: keeper.Also(j.Entry, 1), Kind: book.KindAbout, Act: book.ActWrite, Item: book.Only(b, book.KindAbout), Body: &book.About{Under18: j.Under18}, Via: j.Via},
	}}
	switch j.Contact {
	case "":
		c.Add("contact", "account.contact_unanswered")
	case book.ContactNo:
		if !j.Address.Blank() {
			c.Add("contact", "errors.contact_unanswered")
		}
	case book.ContactQuiet:
		d, row, err := a.address(j, who, b)
		if collect(&c, err, "", ""); err != nil && !errs.Is(err, errs.Invalid) {
			return out, errs.Wrap(op, err)
		}
		out.drafts, out.row = append(out.drafts, d), row
	default:
		c.Add("contact", "errors.choose_listed")
	}
	return out, c.Err(op)
}

// address drafts the address that somebody gives when they join.
func (a *Accounts) address(j Joining, who id.Person, b id.Book) (keeper.Draft, func(*store.Tx) error, error) {
	const op = "account: address"
	if j.Address.Blank() {
		var c errs.Check
		c.Add("address", "errors.address_blank")
		return keeper.Draft{}, nil, c.Err(op)
	}
	if a.first == nil {
		return keeper.Draft{}, nil, errs.New(op, errs.Internal, "")
	}
	return a.first(FirstAddress{Person: who, Book: b, Entry: keeper.Also(j.Entry, 2), Address: j.Address, Lang: j.Lang, Via: j.Via})
}

// collect takes the fields of err into c; a field called from is called to.
func collect(c *errs.Check, err error, from, to string) {
	e, ok := errors.AsType[*errs.Error](err)
	if !ok {
		return
	}
	for _, f := range e.Fields {
		if f.Name == from {
			f.Name = to
		}
		c.AddArgs(f.Name, f.Words, f.Args)
	}
}

// joinsAgain is how often a form that has made a book may be sent again: else it would be a place to guess at a passphrase.
var joinsAgain = limit.Limit{Name: "join again", AtOnce: 20, Every: 6 * clock.Minute}

// again returns what the same form made before: [store.ErrNone] when nothing yet.
func (a *Accounts) again(ctx context.Context, j Joining, who id.Person) (Joined, error) {
	var phc string
	var blind []byte
	err := a.db.View(ctx, func(tx *store.Tx) error {
		return tx.Row(`SELECT passphrase, sign_in FROM account WHERE person = $1`, who).Scan(&phc, &blind)
	})
	if err != nil {
		return Joined{}, err
	}
	if err := a.Limits.Take(ctx, joinsAgain, who.Bytes()); err != nil {
		return Joined{}, err
	}
	fits, _, err := a.hasher.fits(ctx, phc, j.Passphrase)
	if err != nil {
		return Joined{}, err
	}
	words, found := a.findWords(who, j.Name.Show(), blind)
	if !found && fits { // by the first entry of a second book one comes into it as into any other
		words, found, err = a.sharedWords(ctx, who, j.Name.Show())
		if err != nil {
			return Joined{}, err
		}
	}
	if !fits || !found {
		return Joined{}, errs.New("account: join again", errs.AlreadyKept, "account.joined_before")
	}
	in, err := a.Open(ctx, Opening{Person: who, Way: WayJoined, Where: j.Where})
	return Joined{Words: words, Opened: in}, err
}

// begin makes all there is of a new person in one transaction. Their keys are made before, durably; without the rest
// they open nothing.
func (a *Accounts) begin(ctx context.Context, j Joining, who id.Person, b id.Book, what beginning) (Joined, error) {
	phc, err := a.hasher.hash(ctx, j.Passphrase)
	if err != nil {
		return Joined{}, err
	}
	if err := a.vault.MakeBook(ctx, b); err != nil {
		return Joined{}, err
	}
	first, err := a.keeper.Prepare(ctx, grant.Subject{Person: who, Hat: book.HatSelf}, b, what.drafts...)
	if err != nil {
		return Joined{}, err
	}
	nothing, err := a.sealKept(ctx, who, b, kept{})
	if err != nil {
		return Joined{}, err
	}
	in := a.Ready(Opening{Person: who, Way: WayJoined, Where: j.Where})
	var out Joined
	err = a.db.Update(ctx, func(tx *store.Tx) error {
		if err := a.open(tx, j.Invited); err != nil {
			return err
		}
		if out.Words, err = a.insert(tx, j, row{person: who, book: b, phc: phc, sealed: nothing}); err != nil {
			return err
		}
		if err := a.keeper.Begin(tx, b, who); err != nil {
			return err
		}
		if _, err := a.keeper.Apply(tx, first); err != nil {
			return err
		}
		if what.row != nil {
			if err := what.row(tx); err != nil {
				return err
			}
		}
		return in.Enter(tx)
	})
	if err != nil {
		return Joined{}, err
	}
	out.Opened, err = in.Opened(ctx)
	return out, err
}

// OpenTo returns [ErrNotOpenYet], as NotOpen, while nobody can join yet but by an invitation that stands; token is "" for
// none. Other errors are those of the store.
func (a *Accounts) OpenTo(ctx context.Context, token string) error {
	return errs.Wrap("account: open", a.db.View(ctx, func(tx *store.Tx) error { return a.open(tx, token) }))
}

func (a *Accounts) open(tx *store.Tx, token string) error {
	if a.closed == nil {
		return nil
	}
	closed, err := a.closed(tx)
	if err != nil || !closed {
		return err
	}
	if token != "" {
		var there int
		err := tx.Row(`SELECT 1 FROM invitation AS i WHERE i.token_hash = $1 AND `+stands("$2"), tokenHash(token), a.clock.Now()).Scan(&there)
		if !store.IsNone(err) {
			return err
		}
	}
	return errs.As("account: join", errs.NotOpen, ErrNotOpenYet)
}

// insert writes the account under the first sign-in words that are free. It returns errKnown when the person is there.
func (a *Accounts) insert(tx *store.Tx, j Joining, r row) (string, error) {
	for n := range tries {
		words := signInWords(a.vault, r.person, j.Name.Show(), n)
		r.signIn = a.blind(words)
		done, err := a.insertRow(tx, r)
		if err != nil || done == 1 {
			return words, err
		}
		var there int
		err = tx.Row(`SELECT 1 FROM account WHERE person = $1`, r.person).Scan(&there)
		if err == nil {
			return "", errKnown
		} else if !store.IsNone(err) {
			return "", err
		}
	}
	return "", errs.New("account: sign-in words", errs.Busy, "")
}

func (a *Accounts) insertRow(tx *store.Tx, r row) (int64, error) {
	return tx.Exec(`INSERT INTO account (person, book, sign_in, passphrase, made_at, kept) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING`,
		r.person, r.book, r.signIn, r.phc, a.clock.Now(), r.sealed)
}

// findWords returns the sign-in words of a person whose first name here was name, if their hash is blind.
func (a *Accounts) findWords(who id.Person, name string, blind []byte) (string, bool) {
	for n := range tries {
		words := signInWords(a.vault, who, name, n)
		if string(a.blind(words)) == string(blind) {
			return words, true
		}
	}
	return "", false
}

// sharedWords returns the sign-in words of a second book whose person's first name in it was name, as far as that stands in sign-in words.
func (a *Accounts) sharedWords(ctx context.Context, who id.Person, name string) (string, bool, error) {
	r, err := a.rowOf(ctx, who)
	if err != nil || r.kept.words == "" {
		return "", false, err
	}
	versions, err := a.keeper.Versions(ctx, grant.Subject{Person: who, Hat: book.HatSelf}, r.book, book.Only(r.book, book.KindName))
	if err != nil || len(versions) == 0 {
		return "", false, err
	}
	first, is := versions[0].Body.(*book.Name)
	return r.kept.words, is && shortened(plain(first.Words.Show())) == shortened(plain(name)), nil
}

// Words returns the sign-in words of who, for themselves: they follow from the name the person first chose, which
// stands in their book, or are sealed with it. It returns NotOpen in another hat, and when that name is no longer there.
func (a *Accounts) Words(ctx context.Context, who grant.Subject, b id.Book) (string, error) {
	const op = "account: words"
	versions, err := a.keeper.Versions(ctx, who, b, book.Only(b, book.KindName))
	if err != nil {
		return "", errs.Wrap(op, err)
	}
	r, err := a.rowOf(ctx, who.Person)
	if err != nil && !store.IsNone(err) {
		return "", errs.Wrap(op, err)
	}
	if r.book != b {
		return "", errs.New(op, errs.NotOpen, "")
	}
	if r.kept.words != "" {
		return r.kept.words, nil
	}
	for _, v := range versions {
		if name, ok := v.Body.(*book.Name); ok {
			if words, found := a.findWords(who.Person, name.Words.Show(), r.signIn); found {
				return words, nil
			}
		}
	}
	return "", errs.New(op, errs.NotOpen, "")
}
