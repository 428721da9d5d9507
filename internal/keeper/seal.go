package keeper

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"

	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/vault"
	"beside/internal/witness"
)

// inside is what an entry keeps sealed besides the salt: its body and what the person says of when it happened.
type inside struct {
	Body       json.RawMessage `json:"body,omitempty"`
	HappenedAt clock.Time      `json:"happened_at,omitempty"`
}

// sealedEntry is an entry ready to be written: everything but its place in the order.
type sealedEntry struct {
	book.Entry
	plain      []byte // as sealed, for comparing a replay
	sealed     vault.Sealed
	commitment witness.Hash
}

// seal closes the words of an entry. What is sealed is salt ‖ JSON of inside.
func (k *Keeper) seal(ctx context.Context, e book.Entry) (sealedEntry, error) {
	in := inside{HappenedAt: e.HappenedAt}
	if e.Body != nil {
		in.Body = book.Encode(e.Body)
	}
	plain, err := marshal(in)
	if err != nil {
		return sealedEntry{}, errs.Wrap("keeper: seal", err)
	}
	var salt witness.Salt
	if _, err := io.ReadFull(k.rand, salt[:]); err != nil {
		return sealedEntry{}, errs.Wrap("keeper: seal", err)
	}
	sealed, err := k.vault.Seal(ctx, e.Book, e.Item, e.ID, append(salt[:], plain...))
	if err != nil {
		return sealedEntry{}, errs.Wrap("keeper: seal", err)
	}
	return sealedEntry{Entry: e, plain: plain, sealed: sealed, commitment: witness.Commit(salt, plain)}, nil
}

// marshal writes inside as JSON without escaping for HTML, so that the body stays as package book wrote it.
func marshal(in inside) ([]byte, error) {
	b := []byte{'{'}
	if in.Body != nil {
		b = append(append(b, `"body":`...), in.Body...)
	}
	if in.HappenedAt != 0 {
		if in.Body != nil {
			b = append(b, ',')
		}
		b = fmt.Appendf(b, `"happened_at":%d`, in.HappenedAt)
	}
	return append(b, '}'), nil
}

// unseal opens the words of e and puts them into it. It returns the JSON that was sealed.
func (k *Keeper) unseal(ctx context.Context, e *book.Entry, s vault.Sealed) ([]byte, error) {
	opened, err := k.vault.Unseal(ctx, e.Book, e.Item, e.ID, s)
	if err != nil {
		return nil, errs.Wrap("keeper: unseal", err)
	}
	var salt witness.Salt
	if len(opened) < len(salt) {
		return nil, errs.New("keeper: unseal", errs.Internal, "")
	}
	plain := opened[len(salt):]
	var in inside
	if err := json.Unmarshal(plain, &in); err != nil {
		return nil, errs.New("keeper: unseal", errs.Internal, "") // the cause may quote the text
	}
	e.HappenedAt = in.HappenedAt
	if in.Body != nil {
		if e.Body, err = book.Decode(e.Kind, e.Version, in.Body); err != nil {
			return nil, errs.Wrap("keeper: unseal", err)
		}
	}
	return plain, nil
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
