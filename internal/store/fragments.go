package store

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
)

// List is the fragment `column IN (…)` for parameter $n, whose argument is made by [ListArg]. The statement's text
// stays the same however long the list is.
func (tx *Tx) List(column string, n int) string {
	if tx.engine == Postgres {
		return fmt.Sprintf("%s IN (SELECT jsonb_array_elements_text(CAST(CAST($%d AS TEXT) AS JSONB)))", column, n)
	}
	return fmt.Sprintf("%s IN (SELECT value FROM json_each($%d))", column, n)
}

// ListArg is the argument for [Tx.List].
func ListArg(values []string) string {
	if len(values) == 0 {
		return "[]"
	}
	b, err := json.Marshal(values)
	if err != nil {
		panic("store: a list of strings is always JSON: " + err.Error())
	}
	return string(b)
}

// ListBytes is [Tx.List] for a column of bytes, such as ids; the argument is made by [ListBytesArg].
func (tx *Tx) ListBytes(column string, n int) string {
	if tx.engine == Postgres {
		return fmt.Sprintf("%s IN (SELECT decode(jsonb_array_elements_text(CAST(CAST($%d AS TEXT) AS JSONB)), 'hex'))", column, n)
	}
	return fmt.Sprintf("%s IN (SELECT unhex(value) FROM json_each($%d))", column, n)
}

// ListBytesArg is the argument for [Tx.ListBytes]: for example of ids, which have a Bytes method.
func ListBytesArg[T interface{ Bytes() []byte }](values []T) string {
	texts := make([]string, len(values))
	for i, v := range values {
		texts[i] = hex.EncodeToString(v.Bytes())
	}
	return ListArg(texts)
}

// Claim is the ending of a subquery that picks rows to claim: on PostgreSQL it passes by rows that another transaction
// is claiming, on SQLite only one transaction writes at a time and it is empty.
func (tx *Tx) Claim() string {
	if tx.engine == Postgres {
		return " FOR UPDATE SKIP LOCKED"
	}
	return ""
}
