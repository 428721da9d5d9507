package witness

import (
	"context"
	"errors"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/mutant"
	"beside/internal/store"
)

// Beat is how often a new head is shown to the world, on the clock: at :00, :10, :20, … It is signed within a second, and
// in what is shown a moment says only between which two beats something was written: see the package's description.
const Beat = 10 * clock.Minute

// LogInfo is what anybody may know of one log of the installation.
type LogInfo struct {
	Number   int64  `json:"number"`
	Origin   string `json:"origin"`
	Previous string `json:"previous"` // the last signed head of the log before
}

// Logs returns the logs of which a head is shown, the oldest first.
func (l *Log) Logs(ctx context.Context) (logs []LogInfo, err error) {
	if err := l.show(ctx); err != nil {
		return nil, errs.Wrap("witness: logs", err)
	}
	err = l.db.View(ctx, func(tx *store.Tx) error {
		logs = nil
		return store.Each(tx, `SELECT number, origin, previous FROM log WHERE shown > 0 OR size > 0 AND ended_at <> 0 ORDER BY number`, nil, func(scan func(...any) error) error {
			var i LogInfo
			err := scan(&i.Number, &i.Origin, &i.Previous)
			logs = append(logs, i)
			return err
		})
	})
	return logs, errs.Wrap("witness: logs", err)
}

// Shown returns the head that is shown of the newest log, or an error of kind NotOpen while none is: what was signed
// before the last beat, and never less than what was shown before. Of a log that has just begun after a restore nothing
// is shown until its first beat, and then nothing of the one before in its place: a witness would take that for a fork.
func (l *Log) Shown(ctx context.Context) (Head, error) { return l.ShownOf(ctx, "") }

// ShownOf is [Log.Shown] for the log of that name (see [At]). Of a log that has ended the last head is shown.
func (l *Log) ShownOf(ctx context.Context, name string) (h Head, err error) {
	const op = "witness: shown"
	if err := l.show(ctx); err != nil {
		return h, errs.Wrap(op, err)
	}
	err = l.db.View(ctx, func(tx *store.Tx) error {
		var shown, ended int64
		query, args := `SELECT number, shown, ended_at FROM log ORDER BY number DESC LIMIT 1`, []any(nil)
		if name != "" {
			query, args = `SELECT number, shown, ended_at FROM log WHERE origin = $1`, []any{originPrefix + name}
		}
		err := tx.Row(query, args...).Scan(&h.Log, &shown, &ended)
		switch {
		case err != nil:
			return notThere(err)
		case ended != 0:
			h, err = HeadOf(tx, h.Log)
			return err
		}
		err = tx.Row(`SELECT at, note FROM log_checkpoint WHERE log = $1 AND size = $2`, h.Log, shown).Scan(&h.At, &h.Note)
		if err == nil {
			h.Checkpoint, err = Peek(h.Note)
		}
		return notThere(err)
	})
	return h, errs.Wrap(op, err)
}

// show moves on what is shown of the log that runs, once after each beat. Several that serve agree, whatever their clocks
// say, since it is written down and only grows.
func (l *Log) show(ctx context.Context) error {
	now := l.clock.Now()
	beat := now - now%l.beat
	if mutant.On("shown-at-once") {
		beat = now + 1
	}
	l.showing.Lock()
	defer l.showing.Unlock()
	if l.shownAt == beat {
		return nil
	}
	var number, size int64
	err := l.db.Glance(ctx, func(tx *store.Tx) error {
		return tx.Row(`SELECT c.log, c.size FROM log AS l JOIN log_checkpoint AS c ON c.log = l.number
			WHERE l.ended_at = 0 AND c.size > l.shown AND c.at < $1 ORDER BY c.size DESC LIMIT 1`, beat).Scan(&number, &size)
	})
	if err == nil {
		err = l.db.Update(ctx, func(tx *store.Tx) error {
			_, err := tx.Exec(`UPDATE log SET shown = $1 WHERE number = $2 AND shown < $1`, size, number)
			return err
		})
	}
	if err == nil || errors.Is(err, store.ErrNone) {
		l.shownAt, err = beat, nil
	}
	return err
}

// TileAt returns the hashes of the tile with that path of C2SP tlog-tiles, such as 0/x001/234 or 1/000.p/7, of the log of
// that name; "" is the newest. It returns an error of kind NotOpen for what is not shown yet.
func (l *Log) TileAt(ctx context.Context, name, path string) (hashes []byte, err error) {
	const op = "witness: tile"
	t, err := tlog.ParseTilePath("tile/8/" + path)
	if err != nil || t.L < 0 || t.L >= maxLevels || strings.Contains(path, "//") {
		return nil, errs.New(op, errs.NotOpen, "")
	}
	h, err := l.ShownOf(ctx, name)
	if err != nil {
		return nil, errs.Wrap(op, err)
	}
	if t.N >= h.Size || t.N*tileWidth+int64(t.W) > h.Size>>(tileHeight*t.L) {
		return nil, errs.New(op, errs.NotOpen, "")
	}
	err = l.db.View(ctx, func(tx *store.Tx) error {
		return tx.Row(`SELECT hashes FROM log_tile WHERE log = $1 AND level = $2 AND n = $3`, h.Log, t.L, t.N).Scan(&hashes)
	})
	if errors.Is(err, store.ErrNone) || err == nil && len(hashes) < t.W*len(Hash{}) {
		err = errs.New(op, errs.NotOpen, "")
	}
	if err != nil {
		return nil, errs.Wrap(op, err)
	}
	return hashes[:t.W*len(Hash{})], nil
}
