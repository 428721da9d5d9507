package app

import (
	"beside/internal/community"
	"beside/internal/store"
)

// busy is a database that says how busy it is.
type busy interface{ Busyness() store.Busyness }

// disks are those of the data and of the keyring, where these are folders; a database elsewhere is watched there.
func (a *App) disks() []community.Disk {
	out := make([]community.Disk, 2)
	for i, where := range []string{a.Config.Database, a.Config.Keyring} {
		if !isURL(where) {
			out[i] = diskOf(where)
		}
	}
	return out
}
