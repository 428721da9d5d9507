package keeper

import "beside/internal/store"

// EndIn is the last step of what [Keeper.KeepEnding] does: under the lock it looks again whether the book still is to be erased.
func (k *Keeper) EndIn(tx *store.Tx, x Ending, act Prepared) error { return k.endIn(tx, x, act) }
