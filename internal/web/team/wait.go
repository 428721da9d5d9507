package team

import (
	"net/http"

	"beside/internal/account"
	"beside/internal/web/page"
	"beside/internal/web/visit"
)

// Wait says to one of the team from when on they are one of the two whom some acts need. The part "wait" takes it, also none.
type Wait struct{ Since, From page.Moment }

// WaitOf returns none for who is one of two already. Errors are those of [account.Accounts.OneOfTwo].
func WaitOf(r *http.Request, a *account.Accounts, v visit.Visitor) (*Wait, error) {
	two, err := a.OneOfTwo(r.Context(), v.Subject)
	if err != nil || two.Counts {
		return nil, err
	}
	return &Wait{page.At(r, two.Since), page.At(r, two.From)}, nil
}
