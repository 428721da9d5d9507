package peer_test

import (
	"strings"
	"testing"

	"beside/internal/book"
	"beside/internal/errs"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/peer"
)

func TestAProfileIsKeptAsItWasTold(t *testing.T) {
	onBoth(t, func(w *world) {
		sam := w.member()
		empty, err := w.peers.OwnProfile(ctx, sam)
		w.must(err)
		if empty.ChangedAt != 0 || empty.Name != "" {
			w.Fatalf("an unwritten profile is %+v", empty)
		}
		told := peer.Profile{
			Person: sam.Person, Name: "Sam é́", Title: "мастер", Story: book.NewText("line\r\nline 👩🏽‍👧🏽 \u200fשלום"), Languages: "English, العربية",
			Training: book.NewText("none, and a life"), CertificateUntil: w.clock.Now() + 1, TakingMore: true,
		}
		leaves := w.count(`SELECT count(*) FROM log_queue WHERE kind = 'worker profile'`)
		w.must(w.peers.KeepProfile(ctx, sam, told))
		w.must(w.peers.KeepProfile(ctx, sam, told)) // a double tap
		kept, err := w.peers.Profile(ctx, id.New[id.Person](w.ids), sam.Person)
		w.must(err)
		told.ChangedAt = kept.ChangedAt
		if kept != told || kept.ChangedAt == 0 {
			w.Fatalf("kept %+v, want %+v", kept, told)
		}
		if n := w.count(`SELECT count(*) FROM log_queue WHERE kind = 'worker profile'`); n != leaves+1 {
			w.Fatalf("%d leaves for one change", n-leaves)
		}
		called, err := w.peers.Called(ctx, sam.Person, id.New[id.Person](w.ids))
		w.must(err)
		if len(called) != 1 || called[sam.Person] != told {
			w.Fatalf("called %+v", called)
		}
	})
}

func TestTwoDevicesTellAProfile(t *testing.T) {
	onBoth(t, func(w *world) {
		sam := w.worker("Sam")
		one, err := w.peers.OwnProfile(ctx, sam)
		w.must(err)
		two := one
		one.Title, two.Title = "coach", "specialist"
		w.must(w.peers.KeepProfile(ctx, sam, one))
		w.kind(w.peers.KeepProfile(ctx, sam, two), errs.Changed)
		kept, err := w.peers.OwnProfile(ctx, sam)
		w.must(err)
		if kept.Title != "coach" {
			w.Fatal("the second device wrote over the first")
		}
		two.ChangedAt = kept.ChangedAt
		w.must(w.peers.KeepProfile(ctx, sam, two))
		first := peer.Profile{Name: "new"}
		w.kind(w.peers.KeepProfile(ctx, sam, first), errs.Changed) // a form opened before there was a profile
	})
}

func TestWhoMayTellAProfile(t *testing.T) {
	onBoth(t, func(w *world) {
		sam := w.worker("Sam")
		told := peer.Profile{Name: "Other"}
		for _, who := range []grant.Subject{
			{Person: sam.Person, Hat: book.HatSelf}, {Person: sam.Person, Hat: book.HatTeam}, {Person: id.New[id.Person](w.ids), Hat: book.HatWorker},
		} {
			w.kind(w.peers.KeepProfile(ctx, who, told), errs.NotOpen)
			_, err := w.peers.OwnProfile(ctx, who)
			w.kind(err, errs.NotOpen)
		}
		_, err := w.peers.Profile(ctx, id.New[id.Person](w.ids), id.New[id.Person](w.ids))
		w.kind(err, errs.NotOpen)
		w.exec(`UPDATE membership SET until = $1 WHERE person = $2`, w.clock.Now(), sam.Person)
		_, err = w.peers.Profile(ctx, id.New[id.Person](w.ids), sam.Person)
		w.kind(err, errs.NotOpen)
	})
}

func TestWhatAProfileCannotHold(t *testing.T) {
	onBoth(t, func(w *world) {
		sam := w.member()
		long := strings.Repeat("x", book.MaxText+1)
		for field, pr := range map[string]peer.Profile{
			"name":        {Name: "  "},
			"title":       {Name: "S", Title: long},
			"languages":   {Name: "S", Languages: "a\x00b"},
			"story":       {Name: "S", Story: book.NewText(long)},
			"training":    {Name: "S", Training: book.NewText("\xff")},
			"certificate": {Name: "S", CertificateUntil: -1},
		} {
			err := w.peers.KeepProfile(ctx, sam, pr)
			w.kind(err, errs.Invalid)
			if f := fields(err); len(f) != 1 || f[0].Name != field {
				w.Errorf("%s: the error is about %v", field, f)
			}
		}
	})
}
