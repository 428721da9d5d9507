package house

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// layer is one storey of the house. A package imports its own storey and those below, never above.
type layer struct {
	name    string
	folders []string
}

// layers stand as in the design: the ground first, the commands at the top.
var layers = []layer{
	{"ground", []string{"internal/id", "internal/clock", "internal/errs", "internal/lang", "internal/mutant"}},
	{"kernel", []string{
		"internal/book", "internal/vault", "internal/grant", "internal/witness", "internal/promise", "internal/store",
		"internal/keeper", "internal/media", "internal/backup",
	}},
	{"practice", []string{
		"internal/journey", "internal/peer", "internal/asking", "internal/outside", "internal/attending", "internal/legal", "internal/support", "internal/account", "internal/community",
		"internal/referral", "internal/family", "internal/council", "internal/resource", "internal/quality",
		"internal/workforce",
	}},
	{"doors", []string{
		"internal/web", "internal/sms", "internal/paper", "internal/fhir", "internal/hsds", "internal/ical",
		"internal/notify",
	}},
	{"app", []string{"internal/app"}},
	{"demo", []string{"demo"}},
	{"cmd", []string{"cmd"}},
}

// besides are the folders that stand beside the house: they may import anything and nothing of the house imports them.
var besides = []string{"house", "scenario", "tests", "internal/testkit", "internal/store/storetest"}

// closed are packages that only some may import, with the reason.
var closed = []struct {
	path   string
	open   []string
	reason string
}{
	{
		"beside/internal/vault", []string{"internal/vault", "internal/keeper", "internal/account", "internal/app", "cmd"},
		"only keeper opens a book; account uses the keyed index, app and cmd open and close the keyring",
	},
	{
		"beside/internal/store",
		[]string{
			"internal/store", "internal/keeper", "internal/media", "internal/backup", "internal/promise", "internal/witness", "internal/grant", "internal/vault",
			"internal/journey", "internal/peer", "internal/asking", "internal/outside", "internal/attending", "internal/legal", "internal/support", "internal/account", "internal/community",
			"internal/referral", "internal/family", "internal/council", "internal/resource", "internal/quality",
			"internal/workforce", "internal/app", "demo", "cmd",
		},
		"a door speaks to practice, never to the database",
	},
	{"database/sql", []string{"internal/store", "cmd"}, "SQL goes through store, so that it is the same on both engines"},
	{"modernc.org/sqlite", []string{"internal/store", "cmd"}, "an engine is opened by store; cmd measures it bare"},
	{"github.com/jackc/pgx/v5", []string{"internal/store", "cmd"}, "an engine is opened by store; cmd measures it bare"},
	{"github.com/tink-crypto/tink-go/v2", []string{"internal/vault"}, "sealing is in one place"},
	{"filippo.io/age", []string{"internal/backup", "internal/vault"}, "what leaves the place is encrypted by backup, the root key's copy by vault"},
	{"github.com/go-webauthn/webauthn", []string{"internal/account/passkey"}, "passkeys are compared in one place"},
	{"golang.org/x/image", []string{"internal/media"}, "photographs are opened in one place, one at a time"},
	{"image/jpeg", []string{"internal/media"}, "photographs are opened in one place, one at a time"},
	{"image/png", []string{"internal/media", "demo"}, "photographs are opened in one place, one at a time; the demo draws one"},
	{"html/template", []string{"internal/web", "internal/paper", "internal/notify"}, "pages are made at the doors"},
	{
		"net/http",
		[]string{"internal/web", "internal/sms", "internal/fhir", "internal/hsds", "internal/notify", "internal/account/provider", "internal/app", "demo", "cmd"},
		"HTTP is a door; the demo has one more, and account/provider asks the organisation's sign-in",
	},
	{"github.com/coreos/go-oidc/v3", []string{"internal/account/provider"}, "one place asks the organisation's sign-in"},
	{"golang.org/x/oauth2", []string{"internal/account/provider"}, "one place asks the organisation's sign-in"},
}

// layerOf returns the index of the storey of a folder, or -1.
func layerOf(folder string) int {
	return slices.IndexFunc(layers, func(l layer) bool {
		return slices.ContainsFunc(l.folders, func(f string) bool { return within(folder, f) })
	})
}

func beside(folder string) bool {
	return slices.ContainsFunc(besides, func(f string) bool { return within(folder, f) })
}

// directions complains about imports that point up, into what stands beside the house, or from one practice package
// to another.
func directions(all tree) []string {
	var out []string
	for _, f := range all.where(isGo, notTest) {
		from := f.folder()
		if beside(from) {
			continue
		}
		for _, i := range f.imports() {
			to, ours := strings.CutPrefix(i, module+"/")
			if !ours {
				continue
			}
			if c := direction(from, to); c != "" {
				out = append(out, fmt.Sprintf("%s imports %s: %s", f.path, to, c))
			}
		}
	}
	return out
}

func direction(from, to string) string {
	a, b := layerOf(from), layerOf(to)
	switch {
	case beside(to):
		return "only tests import it"
	case a < 0 || b < 0:
		return "one of the two stands in no layer of house/layers_test.go"
	case b > a:
		return fmt.Sprintf("%s is below %s", layers[a].name, layers[b].name)
	case layers[a].name == "practice" && a == b && practiceOf(from) != practiceOf(to):
		return "practice packages meet through ids and small interfaces wired in app"
	}
	return ""
}

// practiceOf returns the first two parts of a folder, "internal/peer" of "internal/peer/visit".
func practiceOf(folder string) string {
	parts := strings.SplitN(folder, "/", 3)
	return strings.Join(parts[:min(2, len(parts))], "/")
}

// trespasses complains about imports of a closed package by one that it is not open to.
func trespasses(all tree) []string {
	var out []string
	for _, f := range all.where(isGo, notTest) {
		if beside(f.folder()) {
			continue
		}
		for _, i := range f.imports() {
			for _, c := range closed {
				if within(i, c.path) && i != "database/sql/driver" && !under(c.open...)(f) {
					out = append(out, fmt.Sprintf("%s imports %s: %s", f.path, i, c.reason))
				}
			}
		}
	}
	return out
}

func TestDirections(t *testing.T) {
	report(t, directions(house(t)))
}

func TestDirectionsComplain(t *testing.T) {
	expect(t, directions(tree{
		sample(t, "internal/id/a.go", `package id; import "beside/internal/book"`),
		sample(t, "internal/keeper/a.go", `package keeper; import "beside/internal/web/page"`),
		sample(t, "internal/peer/a.go", `package peer; import "beside/internal/journey"`),
		sample(t, "internal/peer/visit/a.go", `package visit; import "beside/internal/peer"`), // fine
		sample(t, "internal/app/a.go", `package app; import "beside/demo"`),
		sample(t, "internal/store/a.go", `package store; import "beside/internal/testkit/pgtest"`),
		sample(t, "internal/store/a_test.go", `package store; import "beside/internal/testkit/pgtest"`), // fine
		sample(t, "internal/helpers/a.go", `package helpers; import "beside/internal/id"`),
		sample(t, "cmd/beside/a.go", `package main; import "beside/internal/clock"; import "beside/internal/app"`), // fine
	}),
		"ground is below kernel", "kernel is below doors", "practice packages meet", "app is below demo",
		"only tests import it", "stands in no layer")
}

func TestTrespasses(t *testing.T) {
	report(t, trespasses(house(t)))
}

func TestTrespassesComplain(t *testing.T) {
	expect(t, trespasses(tree{
		sample(t, "internal/journey/a.go", `package journey; import "beside/internal/vault"`),
		sample(t, "internal/keeper/a.go", `package keeper; import "beside/internal/vault"`), // fine
		sample(t, "internal/web/me/a.go", `package me; import "beside/internal/store"`),
		sample(t, "internal/peer/a.go", `package peer; import "github.com/jackc/pgx/v5/stdlib"`),
		sample(t, "internal/id/a.go", `package id; import "database/sql/driver"`), // fine
		sample(t, "internal/keeper/b.go", `package keeper; import "net/http"`),
	}), "only keeper opens a book", "never to the database", "an engine is opened by store", "HTTP is a door")
}

// Every package has a storey, so that a new one is a decision.
func TestEveryPackageHasALayer(t *testing.T) {
	for _, folder := range house(t).packages() {
		if layerOf(folder) < 0 && !beside(folder) && !within(folder, "tools") {
			t.Errorf("%s stands in no layer of house/layers_test.go", folder)
		}
	}
}
