// Package schema holds the tables of Beside as migrations, all in one place, so that a newcomer can read what is stored
// and in which columns anything stands in the clear.
package schema

import "embed"

// Files are the migrations in their order, as store.DB.Migrate takes them.
//
//go:embed *.sql
var Files embed.FS
