package store

import "strconv"

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
