package witness

import (
	"context"
	"errors"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"beside/internal/errs"
	"beside/internal/store"
)

// LogInfo is what anybody may know of one log of the installation.
type LogInfo struct {
	Number   int64  `json:"number"`
	Origin   string `json:"origin"`
	Previous string `json:"previous"` // the last signed head of the log before
}

// Logs returns the logs that have a signed head, the oldest first.
func (l *Log) Logs(ctx context.Context) (logs []LogInfo, err error) {
	err = l.db.View(ctx, func(tx *store.Tx) error {
		logs = nil
		return store.Each(tx, `SELECT number, origin, previous FROM log WHERE size > 0 ORDER BY number`, nil, func(scan func(...any) error) error {
			var i LogInfo
			err := scan(&i.Number, &i.Origin, &i.Previous)
			logs = append(logs, i)
			return err
		})
	})
	return logs, errs.Wrap("witness: logs", err)
}

// HeadOfLog returns the newest signed head of one log, or an error of kind NotOpen.
func (l *Log) HeadOfLog(ctx context.Context, number int64) (h Head, err error) {
	err = l.db.View(ctx, func(tx *store.Tx) error {
		h, err = HeadOf(tx, number)
		return err
	})
	return h, errs.Wrap("witness: head", err)
}

// TileAt returns the hashes of the tile with that path of C2SP tlog-tiles, such as 0/x001/234 or 1/000.p/7, of one log; 0
// is the log that runs now. It returns an error of kind NotOpen for a tile that is not there yet.
func (l *Log) TileAt(ctx context.Context, number int64, path string) (hashes []byte, err error) {
	const op = "witness: tile"
	t, err := tlog.ParseTilePath("tile/8/" + path)
	if err != nil || t.L < 0 || strings.Contains(path, "//") {
		return nil, errs.New(op, errs.NotOpen, "")
	}
	err = l.db.View(ctx, func(tx *store.Tx) error {
		if number == 0 {
			h, err := LatestIn(tx)
			if err != nil {
				return err
			}
			number = h.Log
		}
		return tx.Row(`SELECT hashes FROM log_tile WHERE log = $1 AND level = $2 AND n = $3`, number, t.L, t.N).Scan(&hashes)
	})
	if errors.Is(err, store.ErrNone) || err == nil && len(hashes) < t.W*len(Hash{}) {
		err = errs.New(op, errs.NotOpen, "")
	}
	if err != nil {
		return nil, errs.Wrap(op, err)
	}
	return hashes[:t.W*len(Hash{})], nil
}
