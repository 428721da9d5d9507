package world

import (
	"strings"
	"testing"

	"beside/internal/account/contact"
	"beside/internal/account/post"
	"beside/internal/app"
	"beside/internal/book"
	"beside/internal/id"
	"beside/internal/notify"
	"beside/internal/store"
)

// Posted has messages sent into a recorder, which stands in *to when the world has begun.
func Posted(to **notify.Recorder) Option {
	return func(c *app.Config) {
		*to = notify.NewRecorder(c.Clock)
		c.Mail, c.Texts = (*to).Carrier(post.Email), (*to).Carrier(post.Text)
	}
}

// Reached gives somebody an address that is confirmed, safe to write to and opens their book, and returns its item.
func (c *Client) Reached(address string) id.Item {
	c.t.Helper()
	ctx := c.t.Context()
	s, err := c.world.App.Accounts.Session(ctx, c.Cookie("beside"))
	if err != nil {
		c.t.Fatalf("world: %v", err)
	}
	it, err := c.world.App.Contacts.Keep(ctx, s, contact.Form{Entry: id.New[id.Entry](c.world.App.IDs)}, contact.Marks{Address: book.NewText(address), Write: true, Opens: true})
	if err == nil {
		err = c.world.App.DB.Update(ctx, func(tx *store.Tx) error {
			return c.world.App.Contacts.Confirmed(tx, s.Person, it, c.world.Clock.Now())
		})
	}
	if err != nil {
		c.t.Fatalf("world: %v", err)
	}
	return it
}

// LastCode returns the digits of the code that was sent last, "" when the last message holds none.
func LastCode(t testing.TB, r *notify.Recorder) string {
	t.Helper()
	sent := r.Sent()
	if len(sent) == 0 {
		return ""
	}
	_, text, found := strings.Cut(sent[0].Text, "Your code is ")
	if !found {
		return ""
	}
	text, _, _ = strings.Cut(text, ".")
	return text
}
