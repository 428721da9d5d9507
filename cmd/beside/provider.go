package main

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"beside/internal/account/provider"
)

// providerSettings are those of the organisation's own sign-in. A secret on the command line could be seen by everybody on
// the machine, so it is read from a file or from its variable.
type providerSettings struct {
	Issuer     string `help:"The address of the organisation's own sign-in (OpenID Connect), exactly as it writes itself. Workers and the centre team can then come in with it." placeholder:"URL"`
	ID         string `help:"What Beside is called there." placeholder:"NAME"`
	Name       string `help:"What the organisation is called on our pages. Usually the community's name." placeholder:"NAME"`
	SecretFile string `help:"A file with the secret that Beside shows there, readable by its owner only. Or say it in BESIDE_PROVIDER_SECRET." placeholder:"FILE"`
	Secret     string `hidden:""`
}

func (s providerSettings) settings() (provider.Settings, error) {
	out := provider.Settings{Issuer: s.Issuer, ID: s.ID, Name: s.Name, Secret: s.Secret}
	switch {
	case s.Issuer == "" && (s.ID != "" || s.Secret != "" || s.SecretFile != ""):
		return out, errors.New("the organisation's sign-in has no address: say --provider-issuer https://…")
	case s.SecretFile == "":
		return out, nil
	}
	about, err := os.Stat(s.SecretFile)
	if err != nil {
		return out, err
	}
	if about.Mode().Perm()&0o077 != 0 {
		return out, fmt.Errorf("others on this machine can read the secret of the organisation's sign-in; make it yours alone with: chmod 600 %s", s.SecretFile)
	}
	text, err := os.ReadFile(s.SecretFile)
	out.Secret = strings.TrimSpace(string(text))
	return out, err
}
