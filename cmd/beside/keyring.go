package main

import (
	"context"

	"beside/internal/app"
)

// keyringCommand is "beside keyring".
type keyringCommand struct {
	Back keyringBack `cmd:"" help:"Make the keyring what its copy is, when it is lost or came back from an older backup. Nothing may be serving it."`
}

// keyringBack is "beside keyring back".
type keyringBack struct {
	placeSettings
	KeyringCopy string `name:"keyring-copy" help:"The second place of the keyring, as for serve." required:"" placeholder:"WHERE"`
}

// Run takes the copy.
func (k *keyringBack) Run(ctx context.Context) error { return k.run(ctx, atTerminal()) }

func (k *keyringBack) run(ctx context.Context, t *talk) error {
	c := k.config()
	c.KeyringCopy = k.KeyringCopy
	if err := app.TakeCopy(ctx, c); err != nil {
		return err
	}
	t.say("The keyring is what its copy is. Start Beside as before.")
	return nil
}
