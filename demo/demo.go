package demo

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"beside/internal/account/post"
	"beside/internal/app"
	"beside/internal/clock"
	"beside/internal/notify"
)

// Config is what a demo is made from.
type Config struct {
	Dir       string // made and filled when it is not there; used as it is when it is
	Addr      string // host and port to listen on
	PublicURL string // the address people type; http:// and Addr when empty
	Seed      uint64 // of the first filling
	TZ        *time.Location
	// Jurisdiction is the place whose numbers and law are told, as for serve; "" for none.
	Jurisdiction string
	Clock        clock.Clock
	Log          *slog.Logger // optional
}

func (c Config) app(dir string) app.Config {
	return app.Config{
		Database: dir, Keyring: filepath.Join(dir, "keyring"), RootKey: filepath.Join(dir, "root.key"), Addr: c.Addr, PublicURL: c.PublicURL, CommunityName: communityName, TZ: c.TZ, Jurisdiction: c.Jurisdiction, Log: c.Log, Clock: c.Clock, Demo: true,
	}
}

const communityName = "The Open Kettle"

// Open opens the community in c.Dir, and fills it first when nothing is there. The app that it returns also has the page
// on which one steps into somebody ([StepIn]), and the one where what it sent can be read ([Post]); serve it, then close it. filled says whether it was filled now. Besides
// the errors of [app.New] it returns [ErrOtherFolder].
func Open(ctx context.Context, c Config) (a *app.App, cast Cast, filled bool, err error) {
	if cast, err = readCast(c.Dir); err != nil {
		return nil, nil, false, err
	}
	if filled = cast == nil; filled {
		if cast, err = fillFolder(ctx, c); err != nil {
			return nil, nil, false, err
		}
	}
	sent := notify.NewRecorder(c.Clock)
	settings := c.app(c.Dir)
	settings.Mail, settings.Texts = sent.Carrier(post.Email), sent.Carrier(post.Text)
	if a, err = app.New(ctx, settings); err != nil {
		return nil, nil, false, err
	}
	Mount(a, cast, sent)
	return a, cast, filled, nil
}

// fillFolder fills a folder beside c.Dir and gives it that name when all is well, so that there is never half a demo.
func fillFolder(ctx context.Context, c Config) (cast Cast, err error) {
	parent := filepath.Dir(filepath.Clean(c.Dir))
	if err := os.MkdirAll(parent, 0o750); err != nil {
		return nil, fmt.Errorf("demo: %w", err)
	}
	dir, err := os.MkdirTemp(parent, ".beside-demo-")
	if err != nil {
		return nil, fmt.Errorf("demo: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.RemoveAll(dir))
		}
	}()
	if cast, err = Fill(ctx, c.app(dir), c.Clock.Now(), c.Seed); err != nil {
		return nil, err
	}
	if err := cast.write(dir); err != nil {
		return nil, err
	}
	return cast, rename(dir, c.Dir)
}

// rename puts dir in the place of one that is empty or not there.
func rename(dir, to string) error {
	if err := empty(to); err != nil { // somebody else was quicker
		return err
	}
	_ = os.Remove(to) // an empty one; what else is in the way is an error of Rename
	if err := os.Rename(dir, to); err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	return nil
}
