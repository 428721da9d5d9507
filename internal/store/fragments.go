package store

import (
	"strconv"
	"strings"
)

// In is the condition that column is one of some values, and args with those values behind: each value is a parameter of
// its own on both engines, because a list handed over as JSON costs SQLite three times the rest of a small query. No
// value makes it false. A statement takes some thirty thousand parameters.
func In[T any](column string, args []any, values []T) (condition string, all []any) {
	if len(values) == 0 {
		return "1 = 0", args
	}
	condition = column + " IN ("
	for i, v := range values {
		if i > 0 {
			condition += ", "
		}
		args = append(args, v)
		condition += "$" + strconv.Itoa(len(args))
	}
	return condition + ")", args
}

// Claim is the ending of a subquery that picks rows to claim: on PostgreSQL it passes by rows that another transaction
// is claiming, on SQLite only one transaction writes at a time and it is empty.
func (tx *Tx) Claim() string {
	if tx.engine == Postgres {
		return " FOR UPDATE SKIP LOCKED"
	}
	return ""
}

// insertSizes are how many rows one statement of [Insert] brings: few sizes, so that its statements are few.
var insertSizes = []int{256, 32, 4, 1}

// mostParameters bounds the parameters of a statement, as both engines do.
const mostParameters = 30_000

// Insert writes many rows by few statements. begin is an INSERT up to its list of columns; each row holds a value for each
// of them. Errors are those of [Tx.Exec], of the whole statement.
func Insert(tx *Tx, begin string, rows [][]any) error {
	for _, size := range insertSizes {
		for len(rows) >= size && size*len(rows[0]) <= mostParameters {
			if _, err := tx.Exec(tx.insertOf(begin, size, len(rows[0])), flat(rows[:size])...); err != nil {
				return err
			}
			if rows = rows[size:]; len(rows) == 0 {
				return nil
			}
		}
	}
	return nil
}

// insertOf is the text of one statement. SQLite is given parameters without a number: it looks for each numbered one among
// all that stand before.
func (tx *Tx) insertOf(begin string, rows, columns int) string {
	var b strings.Builder
	b.WriteString(begin)
	b.WriteString(" VALUES ")
	for n := range rows * columns {
		switch {
		case n == 0:
			b.WriteByte('(')
		case n%columns == 0:
			b.WriteString("), (")
		default:
			b.WriteString(", ")
		}
		if tx.engine == SQLite {
			b.WriteByte('?')
			continue
		}
		b.WriteByte('$')
		b.WriteString(strconv.Itoa(n + 1))
	}
	b.WriteByte(')')
	return b.String()
}

func flat(rows [][]any) []any {
	out := make([]any, 0, len(rows)*len(rows[0]))
	for _, r := range rows {
		out = append(out, r...)
	}
	return out
}
