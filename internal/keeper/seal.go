package keeper

import (
	"context"
	"encoding/binary"

	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/vault"
	"beside/internal/witness"
)

// sealedEntry is an entry ready to be written: everything but its place in the order.
type sealedEntry struct {
	book.Entry
	plain      []byte // as sealed, for comparing a replay
	sealed     vault.Sealed
	commitment witness.Hash
}

// seal closes the words of an entry. What is sealed is salt ‖ plain, and plain is when it happened, as the person says (eight
// bytes, big-endian microseconds, 0 when not said) ‖ the JSON of the body, if the act brings one.
func (k *Keeper) seal(ctx context.Context, e book.Entry) (sealedEntry, error) {
	plain := binary.BigEndian.AppendUint64(nil, uint64(e.HappenedAt))
	if e.Body != nil {
		plain = append(plain, book.Encode(e.Body)...)
	}
	salt, err := witness.NewSalt(k.rand)
	if err != nil {
		return sealedEntry{}, errs.Wrap("keeper: seal", err)
	}
	sealed, err := k.vault.Seal(ctx, e.Book, e.Item, e.ID, append(salt[:], plain...))
	if err != nil {
		return sealedEntry{}, errs.Wrap("keeper: seal", err)
	}
	return sealedEntry{Entry: e, plain: plain, sealed: sealed, commitment: witness.Commit(salt, plain)}, nil
}

// unseal opens the words of e and puts them into it. It returns plain as it was sealed.
func (k *Keeper) unseal(ctx context.Context, e *book.Entry, s vault.Sealed) ([]byte, error) {
	const op = "keeper: unseal"
	opened, err := k.vault.Unseal(ctx, e.Book, e.Item, e.ID, s)
	if err != nil {
		return nil, errs.Wrap(op, err)
	}
	if len(opened) < len(witness.Salt{})+8 {
		return nil, errs.New(op, errs.Internal, "")
	}
	plain := opened[len(witness.Salt{}):]
	return plain, errs.Wrap(op, readPlain(e, plain))
}

// readPlain puts what was sealed of an entry into it: plain is at least eight bytes, see [Keeper.seal].
func readPlain(e *book.Entry, plain []byte) (err error) {
	e.HappenedAt = clock.Time(binary.BigEndian.Uint64(plain))
	if body := plain[8:]; len(body) > 0 {
		e.Body, err = book.Decode(e.Kind, e.Version, body)
	}
	return err
}

// leaf returns the entry's leaf of the log; its place in the order is part of it.
func (e sealedEntry) leaf() witness.Hash {
	return witness.Leaf(header(e.Entry), e.commitment, witness.Cipher(e.sealed))
}

func header(e book.Entry) witness.Header {
	var seq, version, at [8]byte
	binary.BigEndian.PutUint64(seq[:], uint64(e.Seq))
	binary.BigEndian.PutUint64(version[:], uint64(e.Version))
	binary.BigEndian.PutUint64(at[:], uint64(e.RecordedAt))
	var base, answers []byte
	if !e.Base.IsZero() {
		base = e.Base.Bytes()
	}
	if !e.Answers.IsZero() {
		answers = e.Answers.Bytes()
	}
	return witness.NewHeader("entry", e.Book.Bytes(), seq[:], e.ID.Bytes(), []byte(e.Section), []byte(e.Kind), version[:],
		e.Item.Bytes(), []byte(e.Act), e.Author.Bytes(), []byte(e.Hat), []byte(e.Via), base, answers, at[:])
}
