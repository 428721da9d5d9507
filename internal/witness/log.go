package witness

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"sync"
	"time"

	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/mutant"
	"beside/internal/store"
)

const (
	// lookEvery is how often the queue is looked at. A leaf is signed this long after its commit, and the time of one batch.
	lookEvery = 250 * time.Millisecond
	// batchSize is the most leaves taken in one transaction: on SQLite nobody else writes during it.
	batchSize = 512
	// keepAll is how long every checkpoint is kept; see [Log.Sweep].
	keepAll = clock.Day
	// beforeLasts is how long after the first leaf a Beside of version 0.2 may go on queueing beside this one, where one did.
	beforeLasts = clock.Day
	// keepChecked is how long it is kept that somebody outside signed a checkpoint; see [Log.Sweep].
	keepChecked = 90 * clock.Day
)

// SignerKey is the purpose of the keyring's key (vault.Vault.Key) that the log is signed with. It never changes.
const SignerKey = "log/signer/1"

// Kinds of leaves that the log itself makes, see the package's description.
const (
	kindStart  = "log"
	kindBefore = "before records"
)

// ErrForked says that the log in the store is not the one that was signed: nothing more is signed until it is restarted.
var ErrForked = errors.New("witness: the stored log is not the one that was signed: something changed it, or an older copy of the data came back")

// Config is what a [Log] needs.
type Config struct {
	DB    *store.DB
	Seed  []byte // 32 bytes, secret, from which the key for signing is made: that of [SignerKey]
	Queue *Queue // knows what Beside queued
	Clock clock.Clock
	Rand  io.Reader    // for names of logs; nil means the system's secure randomness
	Log   *slog.Logger // told what goes wrong; nil means silence
	Beat  clock.Time   // how often a new head is shown to the world; 0 means [Beat]

	Witnesses []OutsideKey // those outside whose signatures are taken and shown; who runs the installation names them
}

// Log appends queued leaves to the installation's log, and proves what stands in it. It is safe for concurrent use, and
// several may run on one database: one of them appends at a time.
type Log struct {
	db     *store.DB
	queue  *Queue
	signer signer
	clock  clock.Clock
	rand   io.Reader
	log    *slog.Logger

	mu   sync.Mutex
	last Checkpoint // the newest head that this Log signed

	witnesses []OutsideKey

	beat    clock.Time
	showing sync.Mutex
	shownAt clock.Time // the beat at which what is shown was looked for last
}

// New returns the log of the installation in c.DB. It fails when the seed is not 32 bytes, and when two witnesses call
// themselves the same.
func New(c Config) (*Log, error) {
	if c.Rand == nil {
		c.Rand = rand.Reader
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Beat <= 0 {
		c.Beat = Beat
	}
	s, err := newSigner(c.Seed)
	if err != nil {
		return nil, err
	}
	return &Log{
		db: c.DB, queue: c.Queue, signer: s, clock: c.Clock, rand: c.Rand, log: c.Log, witnesses: c.Witnesses, beat: c.Beat, shownAt: -1,
	}, DistinctNames(c.Witnesses)
}

// Key is the public key of the installation's logs.
func (l *Log) Key() Key { return l.signer.public }

// Run appends what is queued until ctx ends. What goes wrong is logged, once while it stays the same, and tried again.
func (l *Log) Run(ctx context.Context) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	said := ""
	for {
		switch _, err := l.Sequence(ctx); {
		case err == nil || ctx.Err() != nil:
			said = ""
		case said != err.Error():
			said = err.Error()
			l.log.Error("log", "kind", errs.KindOf(err).String(), "err", said)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// Sequence appends all that is queued now and signs the new head; with nothing queued it does neither. It returns how
// many leaves it took from the queue. It returns [ErrForked] when the stored log is not what was signed, or an error of
// the store; what was committed before the error stays.
func (l *Log) Sequence(ctx context.Context) (taken int, err error) {
	const op = "witness: sequence"
	for {
		var waiting int
		err := l.db.Glance(ctx, func(tx *store.Tx) error {
			return tx.Row(`SELECT COUNT(*) FROM (SELECT 1 FROM log_queue LIMIT 1) AS q`).Scan(&waiting)
		})
		if err != nil || waiting == 0 {
			return taken, errs.Wrap(op, err)
		}
		n, err := l.batch(ctx)
		taken += n
		if err != nil || n < batchSize {
			return taken, errs.Wrap(op, err)
		}
	}
}

// Begin signs the first head of a log that was begun by [Queue.Restart] and has no leaf yet. It comes before anything is
// published: else the old log's last head is shown until somebody writes, and to a witness who saw later ones that is a log
// that shrank. It changes nothing otherwise, and returns what [Log.Sequence] returns.
func (l *Log) Begin(ctx context.Context) error {
	const op = "witness: begin"
	var empty int
	err := l.db.View(ctx, func(tx *store.Tx) error {
		return tx.Row(`SELECT COUNT(*) FROM log WHERE ended_at = 0 AND size = 0 AND previous <> ''`).Scan(&empty)
	})
	if err != nil || empty == 0 || mutant.On("log-begins-late") {
		return errs.Wrap(op, err)
	}
	if _, err = l.batch(ctx); err == nil {
		err = l.db.Update(ctx, func(tx *store.Tx) error {
			_, err := tx.Exec(`UPDATE log SET shown = size WHERE ended_at = 0 AND shown = 0 AND previous <> ''`)
			return err
		})
	}
	return errs.Wrap(op, err)
}

// batch appends one batch in one transaction.
func (l *Log) batch(ctx context.Context) (taken int, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	origin, err := newOrigin(l.rand)
	if err != nil {
		return 0, err
	}
	var head Checkpoint
	var refused int
	err = l.db.Update(ctx, func(tx *store.Tx) (err error) {
		taken, refused, head, err = l.take(tx, origin)
		return err
	})
	if err == nil && refused > 0 {
		l.log.Error("log: something stood in the queue that Beside did not put there; it is kept in log_refused", "rows", refused)
	}
	if err == nil && head.Size > 0 {
		l.last = head
	}
	return taken + refused, err
}

// newOrigin draws a name for a log: it tells nothing of whose it is.
func newOrigin(random io.Reader) (string, error) {
	var b [10]byte
	if _, err := io.ReadFull(random, b[:]); err != nil {
		return "", fmt.Errorf("witness: reading randomness: %w", err)
	}
	return "beside.log/" + hex.EncodeToString(b[:]), nil
}

// current is the log that is not ended.
type current struct {
	number, size     int64
	origin, previous string
	before           clock.Time // until when leaves without a seal are taken
}

// lock takes the right to append until the transaction ends. A log is begun when there is none. It returns [ErrForked] for a
// log that Beside did not begin, and for one that is not the last.
func (l *Log) lock(tx *store.Tx, origin string, now clock.Time) (c current, err error) {
	const take = `UPDATE log SET size = size WHERE ended_at = 0 RETURNING number, size, origin, previous, before_until, seal, (SELECT MAX(number) FROM log)`
	var seal []byte
	var last int64
	read := func() error {
		return tx.Row(take).Scan(&c.number, &c.size, &c.origin, &c.previous, &c.before, &seal, &last)
	}
	if err = read(); errors.Is(err, store.ErrNone) {
		if err = l.beginFirst(tx, origin, now); err == nil {
			err = read()
		}
	}
	if err != nil {
		return c, err
	}
	if !mutant.On("log-anybody") && (c.number != last || !hmac.Equal(seal, l.queue.sealOfLog(c))) {
		return c, fmt.Errorf("%w: log %d was begun, or opened again, by somebody else", ErrForked, c.number)
	}
	return c, nil
}

// beginFirst begins the first log, unless there is one.
func (l *Log) beginFirst(tx *store.Tx, origin string, now clock.Time) error {
	c := current{number: 1, origin: origin}
	var unsealed bool
	if err := tx.Row(`SELECT COUNT(*) > 0 FROM log_queue WHERE seal IS NULL`).Scan(&unsealed); err != nil {
		return err
	}
	if unsealed {
		c.before = now + beforeLasts
	}
	_, err := tx.Exec(`INSERT INTO log (number, origin, previous, started_at, ended_at, size, before_until, seal) VALUES (1, $1, '', $2, 0, 0, $3, $4) ON CONFLICT DO NOTHING`,
		c.origin, now, c.before, l.queue.sealOfLog(c))
	return err
}

// take moves a batch from the queue into the log and signs the head. What Beside did not queue is moved aside.
func (l *Log) take(tx *store.Tx, origin string) (taken, refused int, head Checkpoint, err error) {
	now := l.clock.Now()
	c, err := l.lock(tx, origin, now)
	if err != nil {
		return 0, 0, head, err
	}
	e, err := l.readChecked(tx, c)
	if err != nil {
		return 0, 0, head, err
	}
	all, err := dequeue(tx)
	if err != nil {
		return 0, 0, head, err
	}
	batch, err := l.sift(tx, all, now, c.before)
	refused = len(all) - len(batch)
	if err != nil || len(batch) == 0 && (c.size > 0 || c.previous == "") {
		return 0, refused, head, err
	}
	taken = len(batch)
	if c.size == 0 {
		at := now
		if len(batch) > 0 {
			at = batch[0].at
		}
		batch = append([]leafRow{startLeaf(c.origin, c.previous, at)}, batch...)
	}
	for _, r := range batch {
		if err := r.into(tx, c.number, e); err != nil {
			return 0, 0, head, err
		}
	}
	if err := e.write(tx, c.number); err != nil {
		return 0, 0, head, err
	}
	head = Checkpoint{Origin: c.origin, Size: e.size, Root: e.root()}
	return taken, refused, head, l.keep(tx, c.number, head, now)
}

// sift returns what Beside queued, each once, and moves the rest aside.
func (l *Log) sift(tx *store.Tx, all []leafRow, now, before clock.Time) (batch []leafRow, err error) {
	once := map[string]bool{}
	for _, r := range all {
		fits := l.queue.sealed(r, now, before) && !once[string(r.once)]
		if fits && r.id != nil {
			if fits, err = l.notYet(tx, r.once); err != nil {
				return nil, err
			}
			once[string(r.once)] = true
		}
		if fits {
			batch = append(batch, r)
			continue
		}
		if _, err := tx.Exec(`INSERT INTO log_refused (leaf, kind, queued_at, id, sum, once, seal, refused_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
			r.leaf, r.kind, r.at, r.id, r.sum, r.once, r.seal, now); err != nil {
			return nil, err
		}
	}
	return batch, nil
}

// notYet reports whether no record that was queued with this is in a log. Entries and looks need not be asked for: each has
// one leaf, and a second one would stand for no row.
func (l *Log) notYet(tx *store.Tx, once []byte) (bool, error) {
	var in int
	err := tx.Row(`SELECT COUNT(*) FROM log_record WHERE once = $1`, once).Scan(&in)
	return in == 0, err
}

// readChecked reads the right edge of the log and compares it with the head that was signed for it, and with what this
// Log signed last: nothing is built on what was not.
func (l *Log) readChecked(tx *store.Tx, c current) (*edge, error) {
	e, err := readEdge(tx, c.number, c.size)
	if errors.Is(err, errTile) || errors.Is(err, store.ErrNone) {
		return nil, fmt.Errorf("%w: %w", ErrForked, err)
	}
	if err != nil || mutant.On("log-unchecked") {
		return e, err
	}
	now := Checkpoint{Origin: c.origin, Size: c.size, Root: e.root()}
	if c.origin == l.last.Origin && (c.size < l.last.Size || c.size == l.last.Size && now != l.last) {
		return nil, fmt.Errorf("%w: %d leaves are stored, %d were signed", ErrForked, c.size, l.last.Size)
	}
	if c.size == 0 {
		return e, nil
	}
	var note string
	err = tx.Row(`SELECT note FROM log_checkpoint WHERE log = $1 AND size = $2`, c.number, c.size).Scan(&note)
	if errors.Is(err, store.ErrNone) {
		return nil, fmt.Errorf("%w: there is no signed head for %d leaves", ErrForked, c.size)
	}
	if err != nil {
		return nil, err
	}
	if signed, err := l.signer.public.Open(note); err != nil || signed != now {
		return nil, fmt.Errorf("%w: the head of %d leaves differs", ErrForked, c.size)
	}
	return e, nil
}

// keep signs and stores a head.
func (l *Log) keep(tx *store.Tx, number int64, head Checkpoint, now clock.Time) error {
	signed, err := l.signer.sign(head)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(`UPDATE log SET size = $1 WHERE number = $2`, head.Size, number); err != nil {
		return err
	}
	_, err = tx.Exec(`INSERT INTO log_checkpoint (log, size, at, note) VALUES ($1, $2, $3, $4)`, number, head.Size, now, signed)
	return err
}

// leafRow is a leaf on its way from the queue into the log.
type leafRow struct {
	n    int64
	leaf Hash
	kind string
	at   clock.Time
	id   []byte // of the community row it stands for, nil for others
	sum  []byte
	once []byte // by this it is taken one time only
	seal []byte // that Beside queued it, see [Queue]
}

const queueColumns = `n, leaf, kind, queued_at, id, sum, once, seal`

func (r *leafRow) fields() []any {
	return []any{&r.n, &r.leaf, &r.kind, &r.at, &r.id, &r.sum, &r.once, &r.seal}
}

// dequeue takes a batch from the queue. Of rows that commit out of the order of n each is taken when it is there.
func dequeue(tx *store.Tx) ([]leafRow, error) {
	var batch []leafRow
	err := store.Each(tx, `DELETE FROM log_queue WHERE n IN (SELECT n FROM log_queue ORDER BY n LIMIT $1) RETURNING `+queueColumns,
		[]any{batchSize}, func(scan func(...any) error) error {
			var r leafRow
			err := scan(r.fields()...)
			batch = append(batch, r)
			return err
		})
	slices.SortFunc(batch, func(a, b leafRow) int { return int(a.n - b.n) })
	return batch, err
}

// startLeaf is the first leaf of every log: it names the log before.
func startLeaf(origin, previous string, at clock.Time) leafRow {
	sum := sha256.Sum256([]byte(previous))
	return leafRow{leaf: StartLeaf(origin, previous), kind: kindStart, at: at, id: []byte(origin), sum: sum[:]}
}

// StartLeaf returns the first leaf of the log of that origin; previous is the last signed head of the log before, "" for
// the first.
func StartLeaf(origin, previous string) Hash {
	return RowLeaf(kindStart, []byte(origin), []byte(previous))
}

// into appends a leaf, and writes down what it stands for where nothing else would say so.
func (r leafRow) into(tx *store.Tx, log int64, e *edge) error {
	place := e.size
	e.append(r.leaf, r.at)
	if r.kind == kindEntry || r.kind == kindLook {
		return nil
	}
	if r.id == nil { // queued by version 0.2, which did not say what it stands for: the next leaf says that this is so
		leaf, before := r.leaf, sha256.Sum256(nil)
		r = leafRow{kind: kindBefore, id: leaf[:], sum: before[:]}
		place = e.size
		e.append(RowLeaf(kindBefore, r.id, nil), r.at)
	}
	_, err := tx.Exec(`INSERT INTO log_record (log, n, kind, id, sum, once) VALUES ($1, $2, $3, $4, $5, $6)`, log, place, r.kind, r.id, r.sum, r.once)
	return err
}

// Restart ends the log there is and begins another, whose first leaf will name the last head of the old one. It is for
// data that was restored from a copy: the old log may have gone on after the copy was made, and must not be signed
// differently. Nothing may be serving. Its transaction is the caller's. It changes
// nothing when there is no log yet, and when the log there is has no leaf yet. Errors are those of the store.
func (q *Queue) Restart(tx *store.Tx, now clock.Time) error {
	const op = "witness: restart"
	origin, err := newOrigin(q.rand)
	if err != nil {
		return errs.Wrap(op, err)
	}
	var number, size int64
	next := current{origin: origin}
	err = tx.Row(`UPDATE log SET size = size WHERE ended_at = 0 RETURNING number, size, before_until`).Scan(&number, &size, &next.before)
	if errors.Is(err, store.ErrNone) || err == nil && size == 0 {
		return nil
	}
	if err == nil {
		err = tx.Row(`SELECT note FROM log_checkpoint WHERE log = $1 AND size = $2`, number, size).Scan(&next.previous)
	}
	if err == nil {
		_, err = tx.Exec(`UPDATE log SET ended_at = $1 WHERE number = $2`, max(now, 1), number)
	}
	if err == nil {
		next.number = number + 1
		_, err = tx.Exec(`INSERT INTO log (number, origin, previous, started_at, ended_at, size, before_until, seal) VALUES ($1, $2, $3, $4, 0, 0, $5, $6)`,
			next.number, next.origin, next.previous, now, next.before, q.sealOfLog(next))
	}
	return errs.Wrap(op, err)
}

// Sweep lets go of checkpoints: each is kept for a day; of the older ones those that somebody outside signed, the one that
// is shown, and of each hour the last. That somebody outside signed one is kept for 90 days, and the last time of each for
// good. Proofs need none but the newest.
func (l *Log) Sweep(ctx context.Context) error {
	return errs.Wrap("witness: sweep", l.db.Update(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(`DELETE FROM log_checked WHERE at < $1
			AND EXISTS (SELECT 1 FROM log_checked AS later WHERE later.witness = log_checked.witness AND later.at > log_checked.at)`, l.clock.Now()-keepChecked)
		if err != nil {
			return err
		}
		_, err = tx.Exec(`DELETE FROM log_checkpoint WHERE at < $1
			AND size <> (SELECT l.shown FROM log AS l WHERE l.number = log_checkpoint.log)
			AND NOT EXISTS (SELECT 1 FROM log_checked AS k WHERE k.log = log_checkpoint.log AND k.size = log_checkpoint.size)
			AND EXISTS (SELECT 1 FROM log_checkpoint AS later WHERE later.log = log_checkpoint.log AND later.size > log_checkpoint.size
				AND later.at / CAST($2 AS BIGINT) = log_checkpoint.at / CAST($2 AS BIGINT))`, l.clock.Now()-keepAll, int64(clock.Hour))
		return err
	}))
}
