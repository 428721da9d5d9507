package schema_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"beside/internal/store"
	"beside/internal/store/schema"
)

// TestAllThatIsHeldIsTold: every table that the migrations make is told of, and every column of it that is no number or time.
func TestAllThatIsHeldIsTold(t *testing.T) {
	db, err := store.Open(t.Context(), t.TempDir(), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	if err := db.Migrate(t.Context(), schema.Files); err != nil {
		t.Fatal(err)
	}
	columns := map[string]map[string]bool{} // of each table; true for one that is no number
	err = db.View(t.Context(), func(tx *store.Tx) error {
		return store.Each(tx, `SELECT m.name, p.name, p.type FROM sqlite_master AS m JOIN pragma_table_info(m.name) AS p
			WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' AND m.name NOT LIKE 'goose_%'`, nil, func(scan func(...any) error) error {
			var table, column, kind string
			err := scan(&table, &column, &kind)
			if columns[table] == nil {
				columns[table] = map[string]bool{}
			}
			columns[table][column] = kind != "INTEGER" && kind != "INT"
			return err
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range schema.AllHeld() {
		left, there := columns[h.Table]
		if !there {
			t.Errorf("there is no table %s, or it is told of twice", h.Table)
		}
		delete(columns, h.Table)
		if !slices.Contains(schema.Abouts(), h.About) {
			t.Errorf("%s is about %q", h.Table, h.About)
		}
		for _, c := range strings.Fields(strings.Join([]string{h.IDs, h.Codes, h.Words, h.Sealed, h.Prints}, " ")) {
			if _, there := left[c]; !there {
				t.Errorf("%s has no column %s, or it is told of twice", h.Table, c)
			}
			delete(left, c)
		}
		for _, c := range slices.Sorted(maps.Keys(left)) {
			if left[c] {
				t.Errorf("internal/store/schema/held.go does not say what somebody reads in %s.%s", h.Table, c)
			}
		}
	}
	for _, table := range slices.Sorted(maps.Keys(columns)) {
		t.Errorf("internal/store/schema/held.go does not tell of the table %s", table)
	}
}
