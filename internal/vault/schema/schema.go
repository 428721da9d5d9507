// Package schema holds the tables of the keyring, so that package vault can migrate the store it is given.
package schema

import "embed"

// FS has the migrations in its root folder, in the form that store.DB.Migrate takes.
//
//go:embed *.sql
var FS embed.FS
