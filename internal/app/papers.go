package app

import (
	"context"

	"beside/internal/account"
	"beside/internal/account/limit"
	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/id"
	"beside/internal/journey/made"
	"beside/internal/keeper"
	"beside/internal/media"
	"beside/internal/peer/signed"
	"beside/internal/store"
)

// triesNumber bounds how often one who works here types numbers of sheets that were signed.
var triesNumber = limit.Limit{Name: "number of a sheet", AtOnce: 20, Every: 5 * clock.Minute}

// openPapers opens what is signed on paper.
func (a *App) openPapers() {
	a.Photos = media.NewStore(a.DB, a.Keeper, a.Clock)
	clean := media.NewCleaner() // one, so that one photograph is open at a time
	a.Shelf = made.New(made.Config{DB: a.DB, Keeper: a.Keeper, Clean: clean, Photos: a.Photos, Via: book.ViaWeb})
	a.Papers = signed.New(signed.Config{
		DB: a.DB, Keeper: a.Keeper, Peers: a.Peers, Clean: clean, Photos: a.Photos, Clock: a.Clock, Key: a.Vault.Key("number of a sheet"), Rand: a.Config.Rand,
		Try: func(ctx context.Context, who id.Person) error {
			return a.Accounts.Limits.Take(ctx, triesNumber, who.Bytes())
		},
		Tell: func(tx *store.Tx, owner id.Person, back bool) error {
			what := account.HappenedSigned
			if back {
				what = account.HappenedSignedBack
			}
			return a.Accounts.Happens(tx, owner, what, id.Device{})
		},
	})
	a.Keeper.OnCopy(keeper.CopySigned, a.Papers.Copy)
}
