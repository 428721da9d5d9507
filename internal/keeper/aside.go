package keeper

import (
	"context"

	"beside/internal/book"
	"beside/internal/errs"
	"beside/internal/id"
	"beside/internal/vault"
)

// Words that belong to a book without being an entry of it, as only its owner writes entries: they are sealed under its key
// tree all the same, so that they go with it for good. Who may write and read them is for the caller to know, by the rule in
// its own query: here is nothing but the key.

// SealAside seals words that belong to a book, under an item of their own and as one of its entries would be. Errors are
// those of the vault, as for a book that was erased.
func (k *Keeper) SealAside(ctx context.Context, b id.Book, it id.Item, e id.Entry, words book.Text) ([]byte, error) {
	sealed, err := k.vault.Seal(ctx, b, it, e, []byte(words.Show()))
	return sealed, errs.Wrap("keeper: seal aside", err)
}

// OpenAside opens what [Keeper.SealAside] sealed. Errors are those of the vault.
func (k *Keeper) OpenAside(ctx context.Context, b id.Book, it id.Item, e id.Entry, sealed []byte) (book.Text, error) {
	plain, err := k.vault.Unseal(ctx, b, it, e, vault.Sealed(sealed))
	return book.NewText(string(plain)), errs.Wrap("keeper: open aside", err)
}

// SealHere seals words that belong to this place and to no book, beside the row with that id. Errors are those of the vault.
func (k *Keeper) SealHere(purpose string, row []byte, words book.Text) ([]byte, error) {
	sealed, err := k.vault.SealFor(purpose, row, []byte(words.Show()))
	return sealed, errs.Wrap("keeper: seal here", err)
}

// OpenHere opens what [Keeper.SealHere] sealed. Who may read them is for the caller to know. Errors are those of the vault.
func (k *Keeper) OpenHere(purpose string, row, sealed []byte) (book.Text, error) {
	plain, err := k.vault.OpenFor(purpose, row, vault.Sealed(sealed))
	return book.NewText(string(plain)), errs.Wrap("keeper: open here", err)
}
