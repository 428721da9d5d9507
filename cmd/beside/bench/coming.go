package bench

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"beside/internal/account"
	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/id"
)

// The passphrases that are tried.
const (
	firstPhrase  = "nobody else would think of ferns"
	secondPhrase = "a kettle sings by the old window"
	wrongPhrase  = "a guess that is not right at all"
)

// comers is how many people have a second book, and how many have none.
const comers = 25

// comer is somebody whose book is come into.
type comer struct{ words, passphrase string }

// coming is whether time tells that somebody has a second book, or came into one: two kinds of coming in, in turn and in a random
// order, with cheap hashing so that it hides nothing. Nothing is asserted; see [closed].
func coming(ctx context.Context, c Config, w *world) ([]Figure, error) {
	hand := clock.NewManual(w.app.Clock.Now())
	a, err := account.New(account.Config{
		DB: w.app.DB, Vault: w.app.Vault, Keeper: w.app.Keeper, Clock: hand, IDs: w.app.IDs, Hashing: account.Hashing{MemoryKiB: 64, Times: 1},
	})
	if err != nil {
		return nil, err
	}
	var seconds, firsts, alone, wrongs, wrongsAlone []comer
	for range comers {
		in, err := comes(ctx, w, a)
		if err == nil {
			err = a.MakeSecond(ctx, in.Session, account.MakingSecond{Entry: id.New[id.Entry](w.app.IDs), Passphrase: secondPhrase, Via: book.ViaWeb})
		}
		if err != nil {
			return nil, err
		}
		other, err := comes(ctx, w, a)
		if err != nil {
			return nil, err
		}
		seconds, firsts, wrongs = append(seconds, comer{in.Words, secondPhrase}), append(firsts, comer{in.Words, firstPhrase}), append(wrongs, comer{in.Words, wrongPhrase})
		alone, wrongsAlone = append(alone, comer{other.Words, firstPhrase}), append(wrongsAlone, comer{other.Words, wrongPhrase})
	}
	var out []Figure
	for _, p := range []struct {
		what, beside string
		one, other   []comer
	}{
		{"coming into a second book", "into one that is alone", seconds, alone},
		{"coming into one's own beside a second", "into one that is alone", firsts, alone},
		{"a wrong passphrase where there is a second book", "where there is none", wrongs, wrongsAlone},
	} {
		one, other, err := comingInTurn(ctx, a, hand, p.one, p.other, c.For)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", p.what, err)
		}
		f := one.beside(p.what, 1, p.beside, other, "CPU and the disk")
		f.Apart = apart(one.took, other.took)
		out = append(out, f)
	}
	return out, nil
}

func comes(ctx context.Context, w *world, a *account.Accounts) (account.Joined, error) {
	return a.Join(ctx, account.Joining{Entry: id.New[id.Entry](w.app.IDs), Name: book.NewText("Ana"), Passphrase: firstPhrase, Contact: book.ContactNo, Via: book.ViaWeb})
}

func comingInTurn(ctx context.Context, a *account.Accounts, hand *clock.Manual, one, other []comer, d time.Duration) (x, y measured, err error) {
	r := newRand(1)
	for began := time.Now(); time.Since(began) < d || len(x.took) < 2; {
		if err := ctx.Err(); err != nil {
			return x, y, err
		}
		hand.Step(clock.Hour) // allowances are whole again
		first := r.IntN(2)
		for _, i := range []int{first, 1 - first} {
			in, m := pick(r, one), &x
			if i == 1 {
				in, m = pick(r, other), &y
			}
			at := time.Now()
			_, err := a.SignIn(ctx, account.SigningIn{Words: in.words, Passphrase: in.passphrase})
			if wrong := in.passphrase == wrongPhrase; wrong != errs.Is(err, errs.Invalid) || !wrong && err != nil {
				return x, y, fmt.Errorf("coming in: %w", err)
			}
			m.took = append(m.took, time.Since(at))
			m.in += time.Since(at)
		}
	}
	return x, y, nil
}

func pick(r *rand.Rand, all []comer) comer { return all[r.IntN(len(all))] }
