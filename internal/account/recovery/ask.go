package recovery

import (
	"context"
	"fmt"
	"strings"

	"beside/internal/account"
	"beside/internal/account/handover"
	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/id"
	"beside/internal/promise"
	"beside/internal/store"
)

// Kind is by whom somebody asks to be helped.
type Kind string

// The kinds of requests.
const (
	ByHolders Kind = "holders"
	AtDesk    Kind = "desk"
	Vouched   Kind = "vouch"
)

// Asking is somebody who asks to be helped.
type Asking struct {
	Entry  id.Entry // of the form: sent twice it is one request
	Kind   Kind
	Words  string    // their sign-in words; not for the desk, and not beside a person
	Person id.Person // of a session, only for being vouched for; none otherwise
	From   account.Where
}

// AskedPromise is the kind of promise that a person is told that somebody asked for their login. It is set for everybody,
// also for nobody, so that asking does the same for words that are nobody's. Its subject is the request.
const AskedPromise promise.Kind = "recovery asked"

// Ask begins a request, and returns the secret that the asking browser and its slip of paper hold. Of the person who is
// meant nothing is told. It returns Invalid with the field "words" when none were typed, TooOften and Busy.
func (r *Recovery) Ask(ctx context.Context, a Asking) (secret string, err error) {
	const op = "recovery: ask"
	if a.Kind != AtDesk && a.Person.IsZero() && strings.TrimSpace(a.Words) == "" {
		var c errs.Check
		c.Add("words", "recovery.words_missing")
		return "", c.Err(op)
	}
	words := r.Accounts.BlindWords(a.Words)
	if err := r.mayAsk(ctx, a, words); err != nil {
		return "", errs.Wrap(op, err)
	}
	parts := [][]byte{[]byte(a.Kind), a.Entry.Bytes(), a.Person.Bytes(), words}
	secret = r.secretFor("request", parts...)
	q := handover.ID[id.Request](a.Entry, r.blind("recovery request id", parts...))
	lasts := RequestLasts
	if a.Kind == Vouched {
		lasts = VouchAsked
	}
	err = r.DB.Update(ctx, func(tx *store.Tx) error {
		now := r.Clock.Now()
		who, err := r.whose(tx, a)
		if err != nil {
			return err
		}
		_, err = tx.Exec(`INSERT INTO login_request (id, kind, person, secret_hash, code_hash, asked_at, until, stopped_at, used_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, 0, 0) ON CONFLICT (id) DO NOTHING`,
			q, string(a.Kind), who, r.secretHash(secret), r.codeHash(r.codeOf(secret)), now, now+lasts)
		if err != nil || a.Kind != ByHolders {
			return err
		}
		told, _ := id.FromBytes[id.Promise](q.Bytes()) // 16 bytes never fail
		return promise.Set(tx, promise.Promise{ID: told, Kind: AskedPromise, Subject: q.Bytes(), Due: now, Made: now})
	})
	return handover.Spaced(secret), errs.Wrap(op, err)
}

// mayAsk takes the allowances of asking. Those of words are the same whether or not they are somebody's; a device that their
// person called their own has one apart, so that nobody can use up what the person has.
func (r *Recovery) mayAsk(ctx context.Context, a Asking, words []byte) error {
	if err := r.Accounts.Knock(ctx, a.From); err != nil {
		return err
	}
	switch {
	case a.Kind == AtDesk:
		return r.Accounts.Limits.Take(ctx, asksDesk, []byte(a.From.From))
	case !a.Person.IsZero():
		words = a.Person.Bytes()
	}
	home, err := r.atHome(ctx, a)
	if err != nil {
		return err
	}
	if home {
		return r.Accounts.Limits.Take(ctx, asksHome, []byte(a.Kind), words)
	}
	if err := r.Accounts.Limits.Take(ctx, asksFrom, []byte(a.Kind), words, []byte(a.From.From)); err != nil {
		return err
	}
	return r.Accounts.Limits.Take(ctx, asksWords, []byte(a.Kind), words)
}

// atHome reports whether who is meant called the device their own from which it is asked.
func (r *Recovery) atHome(ctx context.Context, a Asking) (home bool, err error) {
	err = r.DB.View(ctx, func(tx *store.Tx) error {
		who, err := r.whose(tx, a)
		if err != nil {
			return err
		}
		known, err := r.Accounts.Known(tx, who, a.From)
		home = !known.IsZero()
		return err
	})
	return home, err
}

func (r *Recovery) whose(tx *store.Tx, a Asking) (id.Person, error) {
	if a.Kind == AtDesk || !a.Person.IsZero() {
		return a.Person, nil
	}
	return r.Accounts.PersonOf(tx, a.Words)
}

// Tell keeps an [AskedPromise], in the transaction that marks it kept.
func (r *Recovery) Tell(tx *store.Tx, p promise.Promise) error {
	q, err := id.FromBytes[id.Request](p.Subject)
	if err != nil {
		return errs.Wrap("recovery: tell", err)
	}
	var who id.Person
	err = tx.Row(`SELECT person FROM login_request WHERE id = $1`, q).Scan(&who)
	if store.IsNone(err) || err == nil && who.IsZero() {
		return nil
	}
	if err != nil {
		return errs.Wrap("recovery: tell", err)
	}
	return errs.Wrap("recovery: tell", r.Accounts.Happens(tx, who, account.HappenedAsked, id.Device{}))
}

// State is how a request stands, as the browser that asked may see it.
type State struct {
	Kind    Kind
	Code    string // to be spoken
	Secret  string // as it is written on the slip
	Until   clock.Time
	Yes     int        // how many said yes
	Needed  int        // how many have to
	Opens   clock.Time // when the wait is over, 0 while too few said yes
	Ready   bool
	Stopped bool
}

// String is for tests that fail.
func (s State) String() string {
	return fmt.Sprintf("%s: %d yes, opens %d, ready %v, stopped %v", s.Kind, s.Yes, s.Opens, s.Ready, s.Stopped)
}

// request is a row of login_request with what follows from it.
type request struct {
	id       id.Request
	kind     Kind
	person   id.Person
	asked    clock.Time
	until    clock.Time
	stopped  clock.Time
	used     clock.Time
	standing standing
}

const requestColumns = `id, kind, person, asked_at, until, stopped_at, used_at`

func (q *request) fields() []any {
	return []any{&q.id, &q.kind, &q.person, &q.asked, &q.until, &q.stopped, &q.used}
}

// open reports whether a request can still become something.
func (q request) open(now clock.Time) bool { return q.stopped == 0 && q.used == 0 && now < q.until }

// bySecret finds the request of a secret, with its yeses. NotOpen when there is none, or it is used or over.
func (r *Recovery) bySecret(tx *store.Tx, secret string, now clock.Time) (q request, err error) {
	secret = handover.Read(secret)
	err = tx.Row(`SELECT `+requestColumns+` FROM login_request WHERE secret_hash = $1`, r.secretHash(secret)).Scan(q.fields()...)
	if store.IsNone(err) || err == nil && (secret == "" || q.used != 0 || now >= q.until) {
		return q, notOpen("request")
	}
	if err != nil {
		return q, err
	}
	q.standing, err = r.standing(tx, q, now)
	return q, err
}

// State returns how the request of a secret stands. It returns NotOpen when there is none, or it is used or over.
func (r *Recovery) State(ctx context.Context, secret string) (State, error) {
	var q request
	now := r.Clock.Now()
	err := r.DB.View(ctx, func(tx *store.Tx) (err error) {
		q, err = r.bySecret(tx, secret, now)
		return err
	})
	if err != nil {
		return State{}, errs.Wrap("recovery: state", err)
	}
	secret = handover.Read(secret)
	return State{
		Kind: q.kind, Code: handover.Spaced(r.codeOf(secret)), Secret: handover.Spaced(secret), Until: q.until, Yes: q.standing.yes, Needed: yesNeeded,
		Opens: q.standing.opens, Ready: q.stopped == 0 && q.ready(now), Stopped: q.stopped != 0,
	}, nil
}

// Slip returns the secret of a request as its slip of paper brought it. It returns Invalid with the field "slip" for one
// that is no open request's, TooOften and Busy.
func (r *Recovery) Slip(ctx context.Context, slip string, from account.Where) (string, error) {
	const op = "recovery: slip"
	if err := r.Accounts.Knock(ctx, from); err != nil {
		return "", errs.Wrap(op, err)
	}
	s, err := r.State(ctx, slip)
	if errs.Is(err, errs.NotOpen) || err == nil && s.Kind == Vouched {
		var c errs.Check
		c.Add("slip", "recovery.slip_wrong")
		err = c.Err(op)
	}
	return s.Secret, errs.Wrap(op, err)
}

// Pending is a request about a person's own login, as they see it on a device they are signed in on.
type Pending struct {
	ID      id.Request
	Kind    Kind
	AskedAt clock.Time
	Yes     int
	Opens   clock.Time // 0 while too few said yes
}

// Pendings returns the requests about a person's own login that can still become something, the newest first. It returns
// NotOpen in another hat than their own.
func (r *Recovery) Pendings(ctx context.Context, s account.Session) ([]Pending, error) {
	const op = "recovery: pendings"
	if s.Hat != book.HatSelf {
		return nil, notOpen("pendings")
	}
	var found []request
	err := r.DB.View(ctx, func(tx *store.Tx) error {
		now := r.Clock.Now()
		err := store.Each(tx, `SELECT `+requestColumns+` FROM login_request WHERE person = $1 AND kind <> 'vouch'
			AND stopped_at = 0 AND used_at = 0 AND until > $2 ORDER BY asked_at DESC, id`, []any{s.Person, now}, func(scan func(...any) error) error {
			var q request
			err := scan(q.fields()...)
			found = append(found, q)
			return err
		})
		for i := range found {
			if err == nil {
				found[i].standing, err = r.standing(tx, found[i], now)
			}
		}
		return err
	})
	var list []Pending
	for _, q := range found {
		list = append(list, Pending{ID: q.id, Kind: q.kind, AskedAt: q.asked, Yes: q.standing.yes, Opens: q.standing.opens})
	}
	return list, errs.Wrap(op, err)
}

// Stop stops a request about a person's own login, from any device they are signed in on. One that is stopped already is
// left so. It returns NotOpen for others, and for one that is used or over.
func (r *Recovery) Stop(ctx context.Context, s account.Session, q id.Request) error {
	if s.Hat != book.HatSelf {
		return notOpen("stop")
	}
	return errs.Wrap("recovery: stop", r.DB.Update(ctx, func(tx *store.Tx) error {
		return r.stop(tx, q, ` AND person = $2 AND kind <> 'vouch'`, s.Person)
	}))
}

// stop stops an open request of which a further condition holds, and says so to the person.
func (r *Recovery) stop(tx *store.Tx, q id.Request, condition string, args ...any) error {
	req, err := r.lock(tx, q, condition, args...)
	switch {
	case err != nil:
		return err
	case req.used != 0 || r.Clock.Now() >= req.until:
		return notOpen("stop")
	case req.stopped != 0:
		return nil
	}
	if _, err := tx.Exec(`UPDATE login_request SET stopped_at = $1 WHERE id = $2`, r.Clock.Now(), q); err != nil {
		return err
	}
	if _, err := tx.Exec(`DELETE FROM desk_claim WHERE request = $1`, q); err != nil {
		return err
	}
	if req.person.IsZero() {
		return nil
	}
	return r.Accounts.Happens(tx, req.person, account.HappenedStopped, id.Device{})
}

// lock makes the rest of tx the only one in which a request changes, and returns it. NotOpen when there is none of
// which the further condition holds, whose arguments are $2 and so on.
func (r *Recovery) lock(tx *store.Tx, q id.Request, condition string, args ...any) (req request, err error) {
	err = tx.Row(`UPDATE login_request SET asked_at = asked_at WHERE id = $1`+condition+` RETURNING `+requestColumns, append([]any{q}, args...)...).Scan(req.fields()...)
	if store.IsNone(err) {
		err = notOpen("lock")
	}
	return req, err
}
