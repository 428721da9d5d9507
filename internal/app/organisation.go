package app

import (
	"context"
	"fmt"
	"strings"

	"beside/internal/account/provider"
	"beside/internal/web/me"
	"beside/internal/web/organisation"
)

// openProvider opens the organisation's own sign-in, if it has one. The provider is not asked anything yet.
func (a *App) openProvider() (err error) {
	a.Provider, err = provider.New(provider.Config{
		Settings: a.Config.Provider, Redirect: strings.TrimSuffix(a.Config.PublicURL, "/") + organisation.Back,
		DB: a.DB, Vault: a.Vault, Accounts: a.Accounts, Clock: a.Clock, IDs: a.IDs, Rand: a.Config.Rand, Log: a.Config.Log,
	})
	if err != nil {
		return fmt.Errorf("app: %w", err)
	}
	return nil
}

// organisation returns what the organisation with a sign-in of its own is called, "" when there is none.
func (a *App) organisation() string {
	if a.Provider == nil {
		return ""
	}
	return a.Provider.Name
}

// mountOrganisation mounts the pages of its sign-in, if it has one.
func (a *App) mountOrganisation() {
	if a.Provider != nil {
		organisation.Mount(a.Site, organisation.Config{Door: a.Door, Provider: a.Provider, Around: me.Around(a.Journey)})
	}
}

func (a *App) sweepProvider(ctx context.Context) error {
	if a.Provider == nil {
		return nil
	}
	return a.Provider.Sweep(ctx)
}
