package scenario

import (
	"strings"
	"testing"

	"github.com/chromedp/cdproto/network"

	"beside/internal/account/recovery"
	"beside/internal/notify"
	"beside/internal/testkit/ready"
	"beside/internal/testkit/world"
)

// phones are how the stories of coming in are seen: on a narrow phone, with and without script.
var phones = []look{{width: 360, script: true}, {width: 360}}

// comeBack is one way of coming back, of somebody who has a book with words in it and no session.
type comeBack struct {
	name string
	back func(t *testing.T, h *coming)
}

// coming is a story of coming back: Mira has lost her session, or more.
type coming struct {
	w     *world.World
	mira  *world.Client // on her old phone, where the book is still open
	sent  *notify.Recorder
	lost  *person // Mira again, in a browser that knows nothing of her
	looks look
}

// TestEachWayBackInBrowser comes back by each way that takes no passkey and no organisation, by tapping and typing; those
// two have stories of their own.
func TestEachWayBackInBrowser(t *testing.T) {
	for _, story := range []comeBack{
		{"by words and passphrase", byPassphrase}, {"by a code", byCode}, {"by the card", byCard}, {"by two people", byTwoPeople}, {"at the desk", atDesk},
	} {
		for _, l := range phones {
			t.Run(story.name+" "+l.String(), func(t *testing.T) {
				h := &coming{looks: l}
				h.w = world.New(t, ready.Folder(t), world.Posted(&h.sent))
				h.mira = h.w.Join(t, "Mira")
				h.mira.Get("/me/words")
				h.mira.Send("main form", "words", miraMatters)
				h.lost = h.somebody(t, "Mira")
				story.back(t, h)
				h.lost.open("/me")
				h.lost.reads("Mornings without dread")
			})
		}
	}
}

// somebody is a person with a real browser that knows nothing of them.
func (h *coming) somebody(t *testing.T, name string) *person {
	t.Helper()
	return &person{browser: newScreen(t, h.w.URL, h.looks), t: t, name: name}
}

// as is a person with a real browser in which somebody's session is open.
func (h *coming) as(t *testing.T, c *world.Client) *person {
	t.Helper()
	p := h.somebody(t, c.Name)
	s := p.browser.(*screen)
	tell(s, network.SetCookie, network.SetCookieParams{Name: "beside", Value: c.Cookie("beside"), URL: h.w.URL, SameSite: network.CookieSameSiteLax})
	return p
}

func byPassphrase(_ *testing.T, h *coming) {
	h.lost.open("/me")
	h.lost.isAt("/come-in")
	h.lost.keep("main form", "words", strings.ToUpper(h.mira.Words), "secret_passphrase", passphrase)
	h.lost.isAt("/me")
}

func byCode(t *testing.T, h *coming) {
	h.mira.Reached("mira@example.org")
	h.w.Settle(t)
	h.lost.open("/come-in")
	h.lost.tap(`main a[href="/come-in/code"]`)
	h.lost.keep("main form", "address", "mira@example.org")
	h.w.Settle(t)
	h.lost.keep("main form", "code", "1234 5678")
	h.lost.isAt("/come-in/code/enter")
	h.lost.keep("main form", "code", world.LastCode(t, h.sent))
	h.lost.isAt("/me")
}

func byCard(_ *testing.T, h *coming) {
	h.mira.Get("/me/pin")
	h.mira.Send("main form", "secret_pin", "640275")
	h.mira.Get("/me/card")
	h.mira.Send(`main form[action="/me/card"]`)
	code := h.mira.Page.One("main .code").Text()
	h.lost.open("/come-in")
	h.lost.tap(`main a[href="/come-in/card"]`)
	h.lost.keep("main form", "code", strings.ToLower(code), "secret_pin", "111222")
	h.lost.isAt("/come-in/card")
	h.lost.keep("main form", "code", code, "secret_pin", "640275")
	h.lost.isAt("/me")
}

// anew chooses another passphrase once the login is given back.
func (h *coming) anew() {
	h.lost.open("/come-in/lost/asked")
	h.lost.tap(`main a[href="/come-in/lost/new"]`)
	h.lost.keep("main form", "secret_passphrase", "seven kites above the harbour wall")
	h.lost.isAt("/join/kept")
	h.lost.reads(h.mira.Words)
}

func byTwoPeople(t *testing.T, h *coming) {
	ben, ada := h.w.Join(t, "Ben"), h.w.Join(t, "Ada")
	mira := h.as(t, h.mira)
	for _, holder := range []*world.Client{ben, ada} {
		mira.open("/me/ways")
		mira.tap(`main a[href="/me/holders"]`)
		mira.tap(`main a[href="/me/holders/new"]`)
		mira.keep("main form", "label", "My "+holder.Name, "are", "friend")
		link := mira.page().One("main .typed").Text()
		holder.Get(link[strings.Index(link, "/helping/"):])
		holder.Send("main form", "note", "Mira from the garden")
	}
	h.lost.open("/come-in")
	h.lost.tap(`main a[href="/come-in/lost"]`)
	h.lost.tap(`main a[href="/come-in/lost/people"]`)
	h.lost.keep("main form", "words", h.mira.Words)
	code := h.lost.page().One("main .words").Text()
	for _, holder := range []*world.Client{ben, ada} {
		p := h.as(t, holder)
		p.open("/me/helping")
		p.tap(`main a[href="/me/helping/code"]`)
		p.keep("main form", "code", code)
		p.reads("Mira from the garden")
		p.readsNothingOf("Mornings without dread", h.mira.Words)
		p.keep("main form", "how", "voice")
	}
	h.lost.open("/come-in/lost/new")
	h.lost.isAt("/come-in/lost/asked") // it rests first
	h.w.Clock.Step(recovery.WaitHolders)
	h.anew()
}

func atDesk(t *testing.T, h *coming) {
	toni, tara := h.w.Team(t), h.w.Team(t)
	h.lost.open("/come-in")
	h.lost.tap(`main a[href="/come-in/lost"]`)
	h.lost.tap(`main a[href="/come-in/lost/desk"]`)
	h.lost.keep("main form")
	code := h.lost.page().One("main .words").Text()
	for _, member := range []*world.Client{toni, tara} {
		p := h.as(t, member)
		p.open("/team")
		p.tap(`main a[href="/team/desk"]`)
		p.keep("main form", "code", code)
		p.keep(`form[action="/team/desk/find"]`, "name", "Mira")
		p.readsNothingOf("Mornings without dread", h.mira.Words)
		book, _ := p.page().One(`main input[name="book"]`).Attr("value")
		p.keep(`form[action="/team/desk/met"]`, "book", book, "sure", "yes")
		p.isAt("/team/desk")
	}
	h.lost.open("/come-in/lost/new")
	h.lost.isAt("/come-in/lost/asked")
	h.w.Clock.Step(recovery.WaitDesk)
	h.anew()
}
