package demo

import (
	"context"

	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/community/reviewing"
	"beside/internal/community/roles"
	"beside/internal/id"
	"beside/internal/peer"
)

// duty is one of the team naming something that workers do here in turn.
func duty(name, words string) act {
	return func(ctx context.Context, t *telling, p *teller) error {
		e := t.entry()
		t.duties[name] = roles.Of(e)
		return t.app.Roles.Make(ctx, p.as(book.HatTeam), e, words)
	}
}

// does is one of the team putting a worker in.
func does(name, worker string) act {
	return func(ctx context.Context, t *telling, p *teller) error {
		return t.app.Roles.PutIn(ctx, p.as(book.HatTeam), t.entry(), t.duties[name], t.people[worker].me.Person, 0, 0)
	}
}

// letsWhoever gives sections to whoever has a duty, for so many days, or until something happens.
func letsWhoever(name, words, event string, days clock.Time, sections ...book.Section) act {
	return func(ctx context.Context, t *telling, p *teller) error {
		of := peer.Whoever{Role: t.duties[name], Name: book.NewText(words)}
		g := peer.SeveralGiving{Entry: t.entry(), Of: of, Sections: sections, ReadOnly: true, Until: t.clock.Now() + days*clock.Day, Event: book.NewText(event)}
		people, err := t.peers.Holders(ctx, p.me.Subject, p.me.Book, of)
		if err != nil {
			return err
		}
		for _, x := range people {
			g.Shown = append(g.Shown, x.Seen())
		}
		return t.peers.GiveSeveral(ctx, p.me.Subject, p.me.Book, g, id.Entry{})
	}
}

// isAskedToReview is two of the team asking somebody to review the place, who accepts.
func isAskedToReview(by, second, words string) act {
	return func(ctx context.Context, t *telling, p *teller) error {
		e := t.entry()
		t.review = reviewing.ReviewerOf(e)
		if err := t.app.Review.Ask(ctx, t.people[by].as(book.HatTeam), e, words); err != nil {
			return err
		}
		token, err := t.app.Review.Second(ctx, t.people[second].as(book.HatTeam), t.review)
		if err == nil {
			err = t.accepts(ctx, p, token)
		}
		return err
	}
}

// letsReview gives sections to who reviews the place, for so many days.
func letsReview(days clock.Time, sections ...book.Section) act {
	return func(ctx context.Context, t *telling, p *teller) error {
		return t.app.Review.Give(ctx, p.me.Subject, p.me.Book, reviewing.Giving{Entry: t.entry(), Reviewer: t.review, Sections: sections, Until: t.clock.Now() + days*clock.Day})
	}
}

// finds is a reviewer publishing what they found.
func finds(words string) act {
	return func(ctx context.Context, t *telling, p *teller) error {
		return t.app.Review.Find(ctx, p.as(book.HatReviewer), t.entry(), reviewing.Found{Words: words})
	}
}

// answersFinding is one of the team answering the newest finding.
func answersFinding(words string) act {
	return func(ctx context.Context, t *telling, p *teller) error {
		all, err := t.app.Review.Findings(ctx)
		if err == nil && len(all) > 0 {
			err = t.app.Review.Answer(ctx, p.as(book.HatTeam), t.entry(), all[0].ID, words)
		}
		return err
	}
}
