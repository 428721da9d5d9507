package app_test

import (
	"os"
	"path/filepath"
	"testing"

	"beside/internal/account"
	"beside/internal/book"
	"beside/internal/id"
	"beside/internal/keeper"
	"beside/internal/testkit/ready"
)

// TestAnEmptyKeyringBesideBooksIsRefused: as when its disk is not there. Else every book would be shut, and who joins
// today would have their keys in a place that is put away tomorrow.
func TestAnEmptyKeyringBesideBooksIsRefused(t *testing.T) {
	ready.Both(t, func(t *testing.T, where string) {
		c := config(t, where)
		a := start(t, c)
		_, err := a.Accounts.Join(t.Context(), account.Joining{Entry: id.New[id.Entry](a.IDs), Name: book.NewText("Ana"),
			Passphrase: "nobody else would think of ferns", Contact: book.ContactNo, Via: book.ViaWeb})
		if err != nil {
			t.Fatal(err)
		}
		stop(t, a)
		right := c.Keyring
		c.Keyring = filepath.Join(t.TempDir(), "keyring")
		refused(t, c, keeper.ErrOtherKeyring, "keyring")
		c.Keyring = right
		stop(t, start(t, c))
	})
}

// TestTheSameFolderInOtherWordsIsStillTheSame: keys and books are kept apart however their folders are written.
func TestTheSameFolderInOtherWordsIsStillTheSame(t *testing.T) {
	c := config(t, t.TempDir())
	c.Keyring = c.Database + string(os.PathSeparator) + "." + string(os.PathSeparator)
	refused(t, c, nil, "apart")
}
