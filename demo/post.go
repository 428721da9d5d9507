package demo

import (
	"net/http"

	"beside/internal/account/post"
	"beside/internal/web/page"
)

// Post is the path of the page on which everything that was sent can be read.
const Post = "/demo/post"

// letter is one message on that page.
type letter struct {
	To, Subject, Text string
	Email             bool
	When              page.Moment
}

// postPage is templates/demo/post.html.
type postPage struct{ Letters []letter }

func (d *doors) post(w http.ResponseWriter, r *http.Request) error {
	var p postPage
	for _, s := range d.sent.Sent() {
		p.Letters = append(p.Letters, letter{s.To, s.Subject, s.Text, s.Channel == post.Email, page.At(r, s.At)})
	}
	return d.app.Site.Page(w, r, http.StatusOK, "demo/post", p)
}
