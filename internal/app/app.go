// Package app puts the parts of Beside together, and is the only place that does: a [Config] becomes an [App] that serves
// until it is told to stop. Tests, the demo and the bench start the same App.
package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"

	"beside/internal/account"
	"beside/internal/account/card"
	"beside/internal/account/code"
	"beside/internal/account/contact"
	"beside/internal/account/ending"
	"beside/internal/account/known"
	"beside/internal/account/limit"
	"beside/internal/account/passkey"
	"beside/internal/account/pin"
	"beside/internal/account/post"
	"beside/internal/account/provider"
	"beside/internal/account/recovery"
	"beside/internal/account/together"
	"beside/internal/account/young"
	"beside/internal/app/metrics"
	"beside/internal/app/trace"
	"beside/internal/asking"
	"beside/internal/attending"
	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/community"
	"beside/internal/community/narrowing"
	"beside/internal/community/reviewing"
	"beside/internal/community/roles"
	"beside/internal/errs"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/journey"
	"beside/internal/journey/made"
	"beside/internal/keeper"
	"beside/internal/lang"
	"beside/internal/legal"
	"beside/internal/media"
	"beside/internal/outside"
	"beside/internal/peer"
	"beside/internal/peer/signed"
	"beside/internal/promise"
	"beside/internal/store"
	"beside/internal/store/schema"
	"beside/internal/vault"
	"beside/internal/web"
	"beside/internal/web/choose"
	"beside/internal/web/days"
	webending "beside/internal/web/ending"
	"beside/internal/web/erase"
	"beside/internal/web/give"
	weblegal "beside/internal/web/legal"
	weblog "beside/internal/web/log"
	"beside/internal/web/look"
	"beside/internal/web/lost"
	"beside/internal/web/me"
	"beside/internal/web/near"
	"beside/internal/web/out"
	"beside/internal/web/page"
	"beside/internal/web/public"
	"beside/internal/web/review"
	"beside/internal/web/role"
	"beside/internal/web/rules"
	"beside/internal/web/sign"
	"beside/internal/web/team"
	"beside/internal/web/visit"
	"beside/internal/web/ways"
	"beside/internal/web/why"
	"beside/internal/web/worker"
	"beside/internal/witness"
)

// App is one running installation. Its parts are open to tests, the demo and the bench; pages may be added to Site until
// serving begins.
type App struct {
	Config    Config
	Clock     clock.Clock
	IDs       *id.Maker
	DB        *store.DB
	Vault     *vault.Vault
	Keeper    *keeper.Keeper
	Accounts  *account.Accounts
	Contacts  *contact.Contacts
	Passkeys  *passkey.Passkeys
	Provider  *provider.Provider // nil when the organisation has no sign-in of its own
	PINs      *pin.PINs
	Cards     *card.Cards
	Together  *together.Together
	Journey   *journey.Journey
	Peers     *peer.Peers
	Watch     *community.Watch
	Promises  *promise.Runner
	Trials    *promise.Runner // of backups, and of tries of them; nil when nothing was said of backups
	Recovery  *recovery.Recovery
	Known     *known.People
	Endings   *ending.Endings
	Asking    *asking.Asking
	Outside   *outside.Outside
	Legal     *legal.Legal
	Attending *attending.Attending
	Photos    *media.Store
	Papers    *signed.Papers
	Shelf     *made.Shelf
	Rules     *narrowing.Rules
	Review    *reviewing.Review
	Roles     *roles.Roles
	Post      *post.Post
	Codes     *code.Codes
	Log       *witness.Log
	Community id.Community
	Site      *page.Site
	Door      *visit.Door
	Metrics   *metrics.Metrics
	Auditor   *community.Auditor

	keyring *store.DB
	ready   *readiness
	tracer  *trace.Tracer // nil unless asked for
	handler http.Handler
}

// New opens the databases, brings them up to date, opens the keyring and mounts every page. It fails, with what to do, when
// a database does not answer or is newer than this Beside, when others can read the root key, when the root key is not
// the keyring's, and when the keyring is not that of the books.
func New(ctx context.Context, c Config) (*App, error) {
	c, err := c.filled()
	if err != nil {
		return nil, err
	}
	if c.begun {
		if err := c.there(true); err != nil {
			return nil, err
		}
	}
	a := &App{Config: c, Clock: c.Clock, IDs: id.NewMaker(c.Clock, c.Rand)}
	for _, open := range []func(context.Context) error{a.openWatch, a.openData, a.openKeys, a.begin, a.openPractice, a.openPages, a.openAuditor} {
		if err := open(ctx); err != nil {
			return nil, errors.Join(err, a.Close())
		}
	}
	return a, nil
}

// Open is [New] for a place that is there: it makes none. It returns [ErrNoPlace] where there is none, as in the wrong folder.
func Open(ctx context.Context, c Config) (*App, error) {
	c.begun = true
	return New(ctx, c)
}

func (a *App) openData(ctx context.Context) (err error) {
	if a.DB, err = store.Open(ctx, a.Config.Database, store.Options{Logger: a.Config.Log, Observer: a.Metrics.Observer("books"), Silence: a.Config.Silence}); err != nil {
		return fmt.Errorf("app: opening the books: %w", err)
	}
	if a.Config.begun {
		if err := begun(ctx, a.DB); err != nil {
			return fmt.Errorf("app: %w", err)
		}
	}
	if err := whole(ctx, a.DB, schema.Files, booksMarks); err != nil {
		return fmt.Errorf("app: opening the books: %w", err)
	}
	if err := a.DB.Migrate(ctx, schema.Files); err != nil {
		return fmt.Errorf("app: opening the books: %w", err)
	}
	return nil
}

func (a *App) openKeys(ctx context.Context) (err error) {
	root, made, err := a.rootKey(ctx)
	if err != nil {
		return fmt.Errorf("app: %w", err)
	}
	if a.keyring, a.Vault, err = openKeyring(ctx, a.Config, root, a.Metrics.Observer("keyring")); err != nil {
		if made && errors.Is(err, vault.ErrOtherRoot) { // another machine was first
			err = errors.Join(err, vault.DropRoot(a.Config.RootKey, root))
		}
		return fmt.Errorf("app: %w", err)
	}
	if err = keepCopy(ctx, a.Config, a.Vault); err == nil {
		err = sweepTrials(ctx, a.Vault, a.Config)
	}
	if err != nil {
		return fmt.Errorf("app: %w", err)
	}
	return nil
}

// ErrRootMissing says that the file of the root key is missing though there is something that it opens.
var ErrRootMissing = errors.New("the root key is missing: nothing was made in its place")

// rootKey reads the root key, and draws one in a place where there is nothing yet that another would open.
func (a *App) rootKey(ctx context.Context) (root vault.Root, made bool, err error) {
	path := a.Config.RootKey
	if root, err = vault.ReadRoot(path); !errors.Is(err, fs.ErrNotExist) {
		return root, false, err
	}
	begun, err := a.begun(ctx)
	if err != nil {
		return root, false, err
	}
	if !begun {
		root, err = vault.LoadOrMakeRoot(path, a.Config.Rand)
		return root, err == nil, err
	}
	if root, err = vault.ReadRoot(path); errors.Is(err, fs.ErrNotExist) { // nor did another program make it meanwhile
		err = fmt.Errorf("%w. The file %s is not there, but what it opens is. Is its disk there? Else bring it back from the recovery copy:  beside root-key back RECOVERY-COPY --root-key %s  "+
			"On one of several machines copy it from another. docs/operations/lost-root-key.md says more", ErrRootMissing, path, path)
	}
	return root, false, err
}

// begun reports whether there is a keyring, or a book that needs one.
func (a *App) begun(ctx context.Context) (there bool, err error) {
	err = a.DB.View(ctx, func(tx *store.Tx) error { return tx.Row(`SELECT COUNT(*) > 0 FROM book`).Scan(&there) })
	if err != nil || there {
		return there, err
	}
	if !isURL(a.Config.Keyring) {
		if _, err := os.Stat(filepath.Join(a.Config.Keyring, keyringFile)); errors.Is(err, fs.ErrNotExist) {
			return false, nil
		}
	}
	db, err := store.Open(ctx, a.Config.Keyring, copyOptions(a.Config))
	if err != nil {
		return false, fmt.Errorf("opening the keyring: %w", err)
	}
	there, err = vault.IsThere(ctx, db)
	return there, errors.Join(err, db.Close())
}

// openLegal opens what comes from courts, and duties to report.
func (a *App) openLegal() {
	a.Legal = legal.New(legal.Config{
		DB: a.DB, Keeper: a.Keeper, Clock: a.Clock, Met: a.metOrdered,
		Limit: func(ctx context.Context, member id.Person) error {
			return a.Accounts.Limits.Take(ctx, triesOrder, member.Bytes())
		},
		Tell: func(tx *store.Tx, owner id.Person) error {
			return a.Accounts.Happens(tx, owner, account.HappenedOrdered, id.Device{})
		},
		TellReport: func(tx *store.Tx, owner id.Person) error {
			return a.Accounts.Happens(tx, owner, account.HappenedReported, id.Device{})
		},
	})
	a.Keeper.OnCopy(keeper.CopyOrdered, a.Legal.Copy)
	a.Keeper.OnCopy(keeper.CopyReported, a.Legal.CopyReports)
}

func (a *App) openPractice(ctx context.Context) (err error) {
	a.Keeper = keeper.New(a.DB, a.Vault, a.Clock, a.IDs, a.Config.Rand)
	if err := a.Keeper.Fits(ctx); err != nil {
		return fmt.Errorf("app: keyring %s: %w", placeOf(a.Config.Keyring), err)
	}
	a.Log, err = witness.New(witness.Config{
		DB: a.DB, Seed: a.Vault.Key(witness.SignerKey), Queue: a.Keeper.Queue(), Clock: a.Clock, Rand: a.Config.Rand, Log: a.Config.Log, Witnesses: a.Config.Witnesses,
	})
	if err != nil {
		return fmt.Errorf("app: %w", err)
	}
	if err := a.Log.Begin(ctx); err != nil {
		return fmt.Errorf("app: %w", err)
	}
	a.Keeper.OnErase(a.forget)
	a.Journey = journey.New(a.Keeper, a.Clock, book.ViaWeb)
	a.Peers = peer.New(a.DB, a.Keeper, a.Clock, book.ViaWeb)
	a.Watch = community.NewWatch(a.DB, a.Vault, a.Clock)
	a.Watch.Proving, a.Watch.Outside, a.Watch.Behind = a.Config.ProveFirst, a.Log.LastChecked, a.Vault.Behind
	a.Accounts, err = account.New(account.Config{
		DB: a.DB, Vault: a.Vault, Keeper: a.Keeper, Clock: a.Clock, IDs: a.IDs, Rand: a.Config.Rand, Hashing: a.Config.Hashing,
		First: func(f account.FirstAddress) (keeper.Draft, func(*store.Tx) error, error) { return a.Contacts.First(f) },
		Tell:  a.tell, Closed: a.closed, Entered: a.Metrics.Entered,
	})
	if err != nil {
		return fmt.Errorf("app: %w", err)
	}
	a.Peers.ReadsFor = ending.ReadsFor
	a.Peers.Tied = func(tx *store.Tx, person id.Person) error {
		return a.Accounts.Happens(tx, person, account.HappenedTie, id.Device{})
	}
	a.Contacts = contact.New(contact.Config{
		DB: a.DB, Vault: a.Vault, Keeper: a.Keeper, Clock: a.Clock, Via: book.ViaWeb,
		Region: a.Config.Region, SafeFor: clock.Time(a.Config.SafeDays) * clock.Day, Happens: a.Accounts.Happens,
	})
	a.Passkeys, err = passkey.New(passkey.Config{
		DB: a.DB, Vault: a.Vault, Accounts: a.Accounts, Clock: a.Clock, IDs: a.IDs, Rand: a.Config.Rand, PublicURL: a.Config.PublicURL,
	})
	if err != nil {
		return fmt.Errorf("app: %w", err)
	}
	a.Recovery = recovery.New(recovery.Config{
		DB: a.DB, Vault: a.Vault, Keeper: a.Keeper, Accounts: a.Accounts, Clock: a.Clock, IDs: a.IDs, OnGivenBack: a.closeOtherWays,
	})
	a.Known = known.New(known.Config{DB: a.DB, Vault: a.Vault, Accounts: a.Accounts, Clock: a.Clock})
	a.Peers.Knows = a.Known.Confirmed
	a.Endings = ending.New(ending.Config{DB: a.DB, Keeper: a.Keeper, Accounts: a.Accounts, Clock: a.Clock, IDs: a.IDs, Via: book.ViaWeb})
	a.Asking = asking.New(asking.Config{DB: a.DB, Keeper: a.Keeper, Clock: a.Clock, IDs: a.IDs, News: a.newsOfWhy, Nudge: a.nudge})
	a.Keeper.OnCopy(keeper.CopyAsked, a.Asking.Copy)
	a.Outside = outside.New(outside.Config{DB: a.DB, Keeper: a.Keeper, Clock: a.Clock, Rand: a.Config.Rand})
	a.Keeper.OnCopy(keeper.CopyLeft, a.Outside.Copy)
	a.Keeper.OnCopy(keeper.CopyLasting, a.Outside.CopyLasting)
	a.Attending = attending.New(attending.Config{DB: a.DB, Keeper: a.Keeper, Clock: a.Clock})
	a.Keeper.OnCopy(keeper.CopyDays, a.Attending.Copy)
	a.openPapers()
	a.openCommunity()
	a.openLegal()
	if err := a.openProvider(); err != nil {
		return err
	}
	a.PINs = pin.New(pin.Config{DB: a.DB, Accounts: a.Accounts, Clock: a.Clock})
	a.Cards = card.New(card.Config{DB: a.DB, Vault: a.Vault, Accounts: a.Accounts, PINs: a.PINs, Clock: a.Clock})
	a.Together = together.New(together.Config{DB: a.DB, Keeper: a.Keeper, Accounts: a.Accounts, PINs: a.PINs, Clock: a.Clock})
	if err := a.openPost(); err != nil {
		return err
	}
	if a.Community, err = a.Accounts.Community(ctx, a.Config.CommunityName); err != nil {
		return err
	}
	if err := a.openBackups(ctx); err != nil {
		return fmt.Errorf("app: %w", err)
	}
	return a.reconcile(ctx)
}

// openCommunity opens what the centre says of itself: its rules, who holds which role, and who reviews it.
func (a *App) openCommunity() {
	a.Rules = narrowing.New(narrowing.Config{DB: a.DB, Keeper: a.Keeper, Clock: a.Clock})
	a.Review = reviewing.New(reviewing.Config{DB: a.DB, Keeper: a.Keeper, Clock: a.Clock, Roles: a.Accounts, Via: book.ViaWeb, Size: a.logSize})
	a.Roles = roles.New(roles.Config{DB: a.DB, Keeper: a.Keeper, Clock: a.Clock})
	a.Accounts.OnWorker = func(tx *store.Tx, c id.Community, at clock.Time) error { return a.Keeper.Comes(tx, c.Bytes(), at) }
}

// logSize is how many leaves the log has that others have seen, 0 before the first.
func (a *App) logSize(ctx context.Context) (int64, error) {
	h, err := a.Log.Shown(ctx)
	if errs.Is(err, errs.NotOpen) {
		err = nil
	}
	return h.Size, err
}

// triesOrder bounds how often one of the team may look for the name of whom an order of a court is about.
var triesOrder = limit.Limit{Name: "order name", AtOnce: 10, Every: 10 * clock.Minute}

// metOrdered are the days on which somebody was here that an order of a court names.
func (a *App) metOrdered(tx *store.Tx, who grant.Subject, b id.Book, from, to string, at clock.Time) (met []legal.Met, err error) {
	all, err := attending.Ordered(tx, who, b, from, to, a.Clock.Now(), at)
	for _, x := range slices.Backward(all) {
		met = append(met, legal.Met{Day: x.Day, Units: x.Units, Code: string(x.Code), Wrong: x.WrongAt != 0})
	}
	return met, err
}

// forget takes away what other packages keep about something that is erased for good.
func (a *App) forget(tx *store.Tx, gone keeper.Erased) error {
	if err := a.Peers.Forget(tx, gone); err != nil {
		return err
	}
	if err := a.Asking.Forget(tx, gone); err != nil {
		return err
	}
	if err := a.Outside.Forget(tx, gone); err != nil {
		return err
	}
	if err := a.Attending.Forget(tx, gone); err != nil {
		return err
	}
	if err := a.Papers.Forget(tx, gone); err != nil {
		return err
	}
	if err := a.Photos.Forget(tx, gone); err != nil {
		return err
	}
	if err := a.Legal.Forget(tx, gone); err != nil {
		return err
	}
	if err := a.Roles.Forget(tx, gone); err != nil {
		return err
	}
	if gone.Whole {
		second, goes, err := a.Accounts.GoesToo(tx, gone.Owner, gone.Erasing)
		if err == nil && goes {
			err = a.Keeper.SetEnding(tx, second)
		}
		if err != nil {
			return err
		}
		if err := a.Endings.Forget(tx, gone.Book, gone.Owner); err != nil {
			return err
		}
		return a.Accounts.Forget(tx, gone.Owner)
	}
	return account.ForgetAddresses(tx, gone.Owner, gone.Items)
}

// reconcile erases again what an older copy of the books or of the keyring brought back.
func (a *App) reconcile(ctx context.Context) error {
	done, err := a.Keeper.Reconcile(ctx)
	if err != nil {
		return fmt.Errorf("app: erasing again what was erased: %w", err)
	}
	if done.Odd > 0 {
		a.Config.Log.Error("the books say of things that they were erased for good, and Beside did not erase them: nothing was done; beside verify names them", "things", done.Odd)
	}
	if done.Rows+done.Keys > 0 {
		a.Config.Log.Info("erased again what an older copy brought back", "rows", done.Rows, "keys", done.Keys)
	}
	return a.forgetLeft(ctx)
}

// forgetLeft takes away of books that are erased as a whole what left them, when their owners were here, and what they signed on paper: a
// program of the version before, which erased them, knew of none of it.
func (a *App) forgetLeft(ctx context.Context) error {
	err := a.DB.Update(ctx, func(tx *store.Tx) error {
		var all []keeper.Erased
		err := store.Each(tx, `SELECT b.id FROM book AS b WHERE b.erased_at > 0 AND (EXISTS (SELECT 1 FROM attended AS x WHERE x.book = b.id)
			OR EXISTS (SELECT 1 FROM outside AS x WHERE x.book = b.id) OR EXISTS (SELECT 1 FROM lasting AS x WHERE x.book = b.id)
			OR EXISTS (SELECT 1 FROM signing AS x WHERE x.book = b.id) OR EXISTS (SELECT 1 FROM media AS x WHERE x.book = b.id)
			OR EXISTS (SELECT 1 FROM ordered AS x WHERE x.book = b.id) OR EXISTS (SELECT 1 FROM reported AS x WHERE x.book = b.id)) ORDER BY b.id`, nil, func(scan func(...any) error) error {
			gone := keeper.Erased{Whole: true}
			err := scan(&gone.Book)
			all = append(all, gone)
			return err
		})
		for _, gone := range all {
			if err == nil {
				err = a.Outside.Forget(tx, gone)
			}
			for _, forget := range []func(*store.Tx, keeper.Erased) error{a.Attending.Forget, a.Papers.Forget, a.Photos.Forget} {
				if err == nil {
					err = forget(tx, gone)
				}
			}
			if err == nil {
				err = a.Legal.Forget(tx, gone)
			}
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("app: what a version before left: %w", err)
	}
	return nil
}

// begin closes a new place until it is proven, where that is asked for.
func (a *App) begin(ctx context.Context) error {
	if !a.Config.ProveFirst {
		return nil
	}
	return a.DB.Update(ctx, func(tx *store.Tx) error { return community.BeginOpening(tx, a.Clock.Now()) })
}

// Resting returns since when timers and messages rest after a restore, and 0 when they do not. Errors are those of the store.
func (a *App) Resting(ctx context.Context) (since clock.Time, err error) {
	err = a.DB.View(ctx, func(tx *store.Tx) error {
		since, err = promise.Resting(tx)
		return err
	})
	return since, err
}

// closed reports whether nobody new can join yet.
func (a *App) closed(tx *store.Tx) (bool, error) {
	if closed, err := a.Endings.Closed(tx); err != nil || closed {
		return closed, err
	}
	if !a.Config.ProveFirst {
		return false, nil
	}
	o, err := community.LookOpening(tx)
	return o.Closed, err
}

// closeOtherWays closes, when a login is given back, the ways in that whoever took it may have or may have made, and doubts whom
// they may have named; and what they may have said is to leave the book each time, or printed to be signed.
func (a *App) closeOtherWays(tx *store.Tx, who id.Person) error {
	for _, end := range []func(*store.Tx, id.Person) error{a.Passkeys.EndAll, a.Cards.EndIn, a.PINs.Forget, a.Contacts.OpensNothing, a.Known.Doubt, a.Outside.EndAll, a.Papers.EndAll} {
		if err := end(tx, who); err != nil {
			return err
		}
	}
	return nil
}

func (a *App) openPages(context.Context) error {
	words, err := lang.Load()
	if err != nil {
		return fmt.Errorf("app: %w", err)
	}
	a.Site, err = page.New(page.Config{
		PublicURL: a.Config.PublicURL, ExitURL: a.Config.ExitURL, FormKey: a.Vault.Key("form token"), Languages: words,
		Clock: a.Clock, IDs: a.IDs, Log: a.Config.Log, TZ: a.Config.TZ, Rand: a.Config.Rand, Place: a.Config.CommunityName, Demo: a.Config.Demo, Proxies: a.Config.Proxies,
		Answered: a.answered,
		Footer:   []page.Link{{Href: public.Private, Words: "public.nav_private"}},
	})
	if err != nil {
		return fmt.Errorf("app: %w", err)
	}
	place, err := young.Find(a.Config.Jurisdiction)
	if err != nil {
		return fmt.Errorf("app: %w", err)
	}
	a.Door = visit.Mount(a.Site, a.Accounts)
	look.Mount(a.Site, look.Config{Emergency: place.Emergency, Crisis: place.Crisis})
	doors := public.Config{
		Door: a.Door, Accounts: a.Accounts, Passkeys: a.Passkeys, Codes: a.Codes, Cards: a.Cards, Organisation: a.organisation(), Journey: a.Journey, Place: place, Held: allHeld(),
	}
	public.Mount(a.Site, doors)
	a.mountReplies()
	weblog.Mount(a.Site, weblog.Config{Log: a.Log, Limits: a.Accounts.Limits})
	own := me.Mount(a.Site, me.Config{
		Journey: a.Journey, Peers: a.Peers, Unseen: a.Accounts.Unseen, Pending: a.pending, Asks: a.Contacts.Asks, Endings: a.Endings, Place: place, Log: a.Log, Known: a.Known, Asking: a.Asking, Outside: a.Outside, Attending: a.Attending, Papers: a.Papers, Rules: a.Rules, Review: a.Review, Legal: a.Legal, Shelf: a.Shelf, Community: a.Config.CommunityName,
		Contacts: a.Contacts, Recovery: a.Recovery,
	})
	code, key := public.Leads(doors)
	lost.Mount(a.Site, lost.Config{Door: a.Door, Accounts: a.Accounts, Recovery: a.Recovery, Code: code, Passkey: key, Card: public.Card})
	sign.Mount(a.Site, sign.Config{Papers: a.Papers, Peers: a.Peers, Community: a.Config.CommunityName, Part2: place.Part2(), Around: me.Around(a.Journey)})
	choose.Mount(a.Site, a.Peers, a.Rules, a.Roles, me.Around(a.Journey))
	ways.Mount(a.Site, ways.Config{
		Door: a.Door, Accounts: a.Accounts, Contacts: a.Contacts, Peers: a.Peers, Prover: a.Codes, Passkeys: a.Passkeys, PINs: a.PINs, Cards: a.Cards,
		Recovery:  a.Recovery,
		BeginCopy: a.BeginCopy,
		Proofs:    a.Proofs,
		Whole:     own.Whole,
		Outside:   a.Outside,
		Endings:   a.Endings,
		Emergency: place.Emergency, Crisis: place.Crisis,
		Organisation: a.organisation(), Around: me.Around(a.Journey),
	})
	give.Mount(a.Site, give.Config{Journey: a.Journey, Peers: a.Peers, Known: a.Known, Rules: a.Rules, Part2: place.Part2(), Around: me.Around(a.Journey)})
	out.Mount(a.Site, out.Config{Journey: a.Journey, Outside: a.Outside, Legal: a.Legal, Attending: a.Attending, Peers: a.Peers, Community: a.Config.CommunityName, Part2: place.Part2(), Around: me.Around(a.Journey)})
	days.Mount(a.Site, days.Config{Attending: a.Attending, Outside: a.Outside, Peers: a.Peers, Community: a.Config.CommunityName, Around: me.Around(a.Journey)})
	near.Mount(a.Site, near.Config{Known: a.Known, Peers: a.Peers, Around: me.Around(a.Journey)})
	erase.Mount(a.Site, erase.Config{Door: a.Door, Accounts: a.Accounts, Journey: a.Journey, Endings: a.Endings, CopiesLive: cmp.Or(a.Config.Backups.Life, usualLife), Around: me.Around(a.Journey)})
	webending.Mount(a.Site, webending.Config{Journey: a.Journey, Endings: a.Endings, Around: me.Around(a.Journey)})
	a.mountOrganisation()
	worker.Mount(a.Site, a.Peers, a.Rules, a.Asking, place.Part2())
	worker.MountTogether(a.Site, a.Peers, a.Together)
	team.Mount(a.Site, a.Accounts, a.Peers, a.Watch, a.Asking)
	why.Mount(a.Site, a.Asking)
	rules.Mount(a.Site, rules.Config{Rules: a.Rules, Accounts: a.Accounts, Peers: a.Peers})
	review.Mount(a.Site, review.Config{Review: a.Review, Peers: a.Peers, Rules: a.Rules, Asking: a.Asking, Log: a.Log, Accounts: a.Accounts, Part2: place.Part2(), Around: me.Around(a.Journey)})
	role.Mount(a.Site, role.Config{Roles: a.Roles, Accounts: a.Accounts, Peers: a.Peers, Community: a.Community, Place: a.Config.CommunityName, Around: me.Around(a.Journey)})
	weblegal.MountReports(a.Site, a.Legal)
	weblegal.Mount(a.Site, weblegal.Config{Legal: a.Legal, Accounts: a.Accounts, Peers: a.Peers, Community: a.Config.CommunityName, Part2: place.Part2()})
	team.MountDesk(a.Site, a.Recovery, a.Peers)
	if a.Config.Demo {
		web.MountGallery(a.Site)
	}
	return nil
}

// usualLife is how long copies of the keyring live where nobody said otherwise: certificates of erasing say it.
const usualLife = 7 * clock.Day

// Handler answers for the whole site.
func (a *App) Handler() http.Handler { return a.handler }

// FirstLink returns the address by which the first member of the centre team comes in, new at every call; the one
// before stops working. It is "" once the team has a member.
func (a *App) FirstLink(ctx context.Context) (string, error) {
	token, err := a.Accounts.FirstLink(ctx, a.Community)
	if err != nil || token == "" {
		return "", err
	}
	return a.Config.PublicURL + public.InvitationPath(token), nil
}

// HostLink returns the address of a link into the centre team that is made in the name of who runs this computer: see
// [account.Accounts.HostLink].
func (a *App) HostLink(ctx context.Context) (string, error) {
	token, err := a.Accounts.HostLink(ctx, a.Community)
	if err != nil {
		return "", err
	}
	return a.Config.PublicURL + public.InvitationPath(token), nil
}

// Close closes the databases. Serving must have ended before.
func (a *App) Close() error {
	var err error
	if a.tracer != nil {
		err = a.tracer.Close()
	}
	return errors.Join(err, closeAll(a.Vault, a.DB, a.keyring))
}

// pending counts the requests by which somebody asks to come back in as the person of s.
func (a *App) pending(ctx context.Context, s account.Session) (int, error) {
	list, err := a.Recovery.Pendings(ctx, s)
	return len(list), err
}
