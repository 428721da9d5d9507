// Command oidc is an OpenID provider for the tests of coming in with an organisation's own sign-in: the certified library
// zitadel/oidc with the storage and the login form of its example, on a port of the loopback address. It stands in a module
// of its own, so that what it needs is no part of Beside.
//
// It prints its issuer on the first line, serves until its standard input is closed, and does what POST /control says
// (see control.go): it can change its keys, be out of order, and hand out ID tokens that are wrong in one respect.
//
// Two people have an account: sam and toni, each with the password "verysecure".
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/zitadel/oidc/v3/example/server/exampleop"
	"github.com/zitadel/oidc/v3/example/server/storage"
)

// What Beside is known by here.
const (
	clientID     = "beside"
	clientSecret = "a secret of the tests"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "oidc:", err)
		os.Exit(1)
	}
}

func run() error {
	slog.SetDefault(slog.New(slog.DiscardHandler))
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	// The name differs from the address at which Beside is served, so that a browser takes the two for two sites.
	issuer := fmt.Sprintf("http://localhost:%d/", l.Addr().(*net.TCPAddr).Port)
	s, err := newStore(people{
		"id-sam":  {ID: "id-sam", Username: "sam", Password: "verysecure", Email: "sam@elm.example", EmailVerified: true},
		"id-toni": {ID: "id-toni", Username: "toni", Password: "verysecure", Email: "toni@elm.example", EmailVerified: true},
	})
	if err != nil {
		return err
	}
	c := &control{store: s, issuer: issuer, next: exampleop.SetupServer(issuer, s, nil, false)}
	server := &http.Server{Handler: c, ReadHeaderTimeout: 10 * time.Second}
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin) // whoever started it has gone
		_ = server.Shutdown(context.Background())
		os.Exit(0)
	}()
	fmt.Println(issuer)
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// people is who has an account, by subject.
type people map[string]*storage.User

// GetUserByID implements storage.UserStore.
func (p people) GetUserByID(id string) *storage.User { return p[id] }

// GetUserByUsername implements storage.UserStore.
func (p people) GetUserByUsername(name string) *storage.User {
	for _, u := range p {
		if u.Username == name {
			return u
		}
	}
	return nil
}

// ExampleClientID implements storage.UserStore; nothing here uses it.
func (p people) ExampleClientID() string { return storage.ServiceUserID }
