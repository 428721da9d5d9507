package app_test

import (
	"testing"

	"beside/internal/book"
	"beside/internal/testkit/pgtest"
)

// TestItStartsWhenTheFirstBookIsErased: by the first book a start sees whether the keyring is the right one, also when nobody can write
// in it any more.
func TestItStartsWhenTheFirstBookIsErased(t *testing.T) {
	pgtest.Both(t, func(t *testing.T, where string) {
		c := config(t, where)
		a := start(t, c)
		first := newShelf(t, a)
		first.write(a, secretWords)
		first.erase(a, &book.Erasing{Whole: true})
		keepAll(t, a)
		stop(t, a)
		stop(t, start(t, c))
	})
}
