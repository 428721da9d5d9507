package peer

import (
	"beside/internal/book"
	"beside/internal/id"
	"beside/internal/store"
	"beside/internal/witness"
)

// kindProfile is the kind of leaves of worker_profile.
const kindProfile = "worker profile"

// Witnessed are this package's tables that the log holds: what workers tell about themselves.
func Witnessed() []witness.Table {
	return []witness.Table{{Name: "worker_profile", Kind: kindProfile, Page: profilePage}}
}

func profilePage(tx *store.Tx, after []byte) (rows []witness.Row, err error) {
	if after == nil {
		after = make([]byte, 16)
	}
	err = store.Each(tx, `SELECT p.community, `+profileColumns+` FROM worker_profile AS p WHERE p.person > $1 ORDER BY p.person LIMIT 200`,
		[]any{after}, func(scan func(...any) error) error {
			var c id.Community
			var story, training string
			var pr Profile
			err := scan(&c, &pr.Person, &pr.Name, &pr.Title, &story, &pr.Languages, &training, &pr.CertificateUntil, &pr.TakingMore, &pr.ChangedAt)
			pr.Story, pr.Training = book.NewText(story), book.NewText(training)
			rows = append(rows, witness.Row{Kind: kindProfile, ID: pr.Person.Bytes(), Name: pr.Person.String(), After: pr.Person.Bytes(),
				Payloads: [][]byte{pr.canonical(c, pr.ChangedAt)}})
			return err
		})
	return rows, err
}
