package notify

import (
	"context"
	"sync"

	"beside/internal/account/post"
	"beside/internal/clock"
	"beside/internal/id"
)

// kept is how many letters a [Recorder] keeps.
const kept = 200

// Sent is a letter that a [Recorder] took.
type Sent struct {
	post.Letter
	Channel post.Channel
	At      clock.Time
}

// Recorder takes letters and keeps them in memory, for tests and for the demo. It knows keys. It is safe for concurrent use.
type Recorder struct {
	clock clock.Clock

	mu    sync.Mutex
	fails error
	sent  []Sent
	known map[id.Promise]bool
}

// NewRecorder returns a Recorder that has taken nothing.
func NewRecorder(c clock.Clock) *Recorder { return &Recorder{clock: c, known: map[id.Promise]bool{}} }

// Carrier returns the recorder as the carrier of one channel.
func (r *Recorder) Carrier(ch post.Channel) post.Carrier { return recording{r, ch} }

// Fail has every letter answered with an error until it is nil again; none is taken meanwhile.
func (r *Recorder) Fail(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.fails = err
}

// Sent returns the letters taken, the newest first, as many as are kept.
func (r *Recorder) Sent() []Sent {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := make([]Sent, 0, len(r.sent))
	for i := len(r.sent) - 1; i >= 0; i-- {
		out = append(out, r.sent[i])
	}
	return out
}

type recording struct {
	*Recorder
	channel post.Channel
}

// Send keeps a letter, once for each key.
func (r recording) Send(ctx context.Context, l post.Letter) (string, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return "", post.ErrNotTaken
	}
	if r.fails != nil {
		return "", r.fails
	}
	if r.known[l.Key] {
		return "", nil
	}
	r.known[l.Key] = true
	r.sent = append(r.sent, Sent{l, r.channel, r.clock.Now()})
	if len(r.sent) > kept {
		delete(r.known, r.sent[0].Key)
		r.sent = r.sent[1:]
	}
	return "", nil
}
