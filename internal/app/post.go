package app

import (
	"context"
	"fmt"

	"beside/internal/account"
	"beside/internal/account/code"
	"beside/internal/account/contact"
	"beside/internal/account/ending"
	"beside/internal/account/limit"
	"beside/internal/account/post"
	"beside/internal/account/recovery"
	"beside/internal/asking"
	"beside/internal/clock"
	"beside/internal/id"
	"beside/internal/keeper"
	"beside/internal/lang"
	"beside/internal/legal"
	"beside/internal/notify"
	"beside/internal/promise"
	"beside/internal/store"
)

// openPost makes the outbox, the one-time codes, and the runner that keeps all promises.
func (a *App) openPost() error {
	words, err := lang.Load()
	if err != nil {
		return fmt.Errorf("app: %w", err)
	}
	carriers := map[post.Channel]post.Carrier{}
	if a.Config.Mail != nil {
		carriers[post.Email] = a.Config.Mail
	}
	if a.Config.Texts != nil {
		carriers[post.Text] = a.Config.Texts
	}
	a.Codes = code.New(code.Config{DB: a.DB, Vault: a.Vault, Clock: a.Clock, IDs: a.IDs, Accounts: a.Accounts, Addresses: a.Contacts, PIN: a.PINs})
	a.Post = post.New(post.Config{
		DB: a.DB, Clock: a.Clock, IDs: a.IDs, Addresses: a.Contacts, Codes: a.Codes, Languages: words, TZ: a.Config.TZ, Carriers: carriers,
		Nudge: func() { a.Promises.Nudge() },
	})
	a.Codes.Post = a.Post
	a.Peers.Told = a.Post.Notice
	a.Promises = promise.NewRunner(a.DB, a.Clock, a.IDs, a.Config.Log, map[promise.Kind]promise.Keep{
		keeper.TellPromise:    {Effect: a.Peers.Tell, Version: keeper.TellVersion},
		keeper.ErasePromise:   a.Keeper.KeepErase(),
		keeper.CertifyPromise: a.Keeper.KeepCertify(),
		keeper.EndPromise:     a.Keeper.KeepEnding(),
		keeper.EndHoldPromise: a.Keeper.KeepEndHold(),
		legal.GonePromise:     a.Legal.KeepGone(),
		legal.TellPromise:     a.Legal.KeepTell(),
		legal.ReportPromise:   a.Legal.KeepReport(),
		ending.NoticePromise:  a.Endings.KeepNotice(),
		ending.ClosePromise:   a.Endings.KeepClose(),
		asking.RemindPromise:  a.Asking.KeepRemind(),
		asking.LatePromise:    a.Asking.KeepLate(),
		recovery.AskedPromise: {Effect: func(tx *store.Tx, p promise.Promise) error { return a.Recovery.Tell(tx, p) }},
		post.Kind:             a.Post.Keep(),
	}, promise.Options{Attempted: a.Metrics.Attempted})
	return nil
}

// tell has it told to a person that something happened with their ways in.
func (a *App) tell(tx *store.Tx, who id.Person, h id.Happening, at clock.Time) error {
	return a.Post.Notice(tx, who, h.Bytes(), at)
}

// nudge has it told to somebody that something waits for them.
func (a *App) nudge(tx *store.Tx, who id.Person, about []byte, at clock.Time) error {
	return a.Post.Notice(tx, who, about, at)
}

// whyHappened is what happened for somebody whose question has news.
var whyHappened = map[asking.News]account.Happened{
	asking.NewsAnswered: account.HappenedWhyAnswered, asking.NewsLate: account.HappenedWhyLate, asking.NewsGone: account.HappenedWhyGone,
}

func (a *App) newsOfWhy(tx *store.Tx, person id.Person, what asking.News) error {
	return a.Accounts.Happens(tx, person, whyHappened[what], id.Device{})
}

// repliesTaken bounds how many answers to text messages are looked at.
var repliesTaken = limit.Limit{Name: "replies", AtOnce: 300, Every: 100 * clock.Millisecond}

// mountReplies mounts what a gateway for text messages brings back, when there is a secret for it.
func (a *App) mountReplies() {
	if a.Config.TextSecret == "" {
		return
	}
	a.Site.Bare("POST "+notify.InboundPath, notify.Inbound(notify.Replies{
		Secret:      a.Config.TextSecret,
		WrongNumber: contact.IsWrongNumber,
		Stop: func(ctx context.Context, number string) error {
			return a.DB.Update(ctx, func(tx *store.Tx) error { return a.Contacts.Stop(tx, contact.Text, number, a.Clock.Now()) })
		},
		Take: func(ctx context.Context) error { return a.Accounts.Limits.Take(ctx, repliesTaken) },
	}))
}
