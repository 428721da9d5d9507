package ways_test

import (
	"context"
	"strings"
	"testing"

	"beside/internal/account"
	"beside/internal/clock"
	"beside/internal/id"
	"beside/internal/store"
	"beside/internal/testkit/ready"
	"beside/internal/testkit/world"
	"beside/internal/web/ways"
)

// proven confirms every address of somebody's, as codes that came back do.
func proven(t *testing.T, w *world.World, c *world.Client) {
	t.Helper()
	s := session(t, w, c)
	all, err := w.App.Contacts.All(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range all.Addresses {
		err := w.App.DB.Update(context.Background(), func(tx *store.Tx) error {
			return w.App.Contacts.Confirmed(tx, s.Person, m.Item, w.Clock.Now())
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

func session(t *testing.T, w *world.World, c *world.Client) account.Session {
	t.Helper()
	s, err := w.App.Accounts.Session(t.Context(), c.Cookie("beside"))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// mayBeWritten counts the addresses at which somebody may be written to now.
func mayBeWritten(t *testing.T, w *world.World, who id.Person) (n int) {
	t.Helper()
	err := w.App.DB.View(context.Background(), func(tx *store.Tx) error {
		rows, err := w.App.Contacts.Safe(tx, who)
		n = len(rows)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestAnAddressIsGivenMarkedAndTakenAway(t *testing.T) {
	ready.Both(t, func(t *testing.T, where string) {
		w := world.New(t, where)
		ana := w.Join(t, "Ana")
		who := session(t, w, ana).Person
		ana.Get("/me")
		ana.Follow(`main a[href="/me/reach"]`)
		ana.Page.Says("main .empty", "We write to you nowhere")
		ana.Follow("main .empty a.button")
		ana.Want(200, "/me/reach/new")
		ana.Page.Says("main", "Is it safe?")
		ana.Page.Says("main", "sold on to somebody else")
		ana.Page.HasNot("main input[checked]") // nothing is said for anybody
		ana.Send("main form", "address", "202-555", "name", "http://x", "from", "25", "may", "write")
		ana.Want(422, "/me/reach/new")
		ana.Page.Count(".mend li", 3)
		if v, _ := ana.Page.One("input[name=address]").Attr("value"); v != "202-555" {
			t.Errorf("what was typed became %q", v)
		}
		ana.Send("main form", "address", "(202) 555-0143", "name", "Library", "from", "9", "until", "17.30", "may", "write", "may", "call")
		ana.Want(200, "/me/reach")
		said := ana.Page.One("main article").Text()
		for _, words := range []string{
			"…143", "You may write to me here. Only between 9:00 and 17:30.", "You may call. Do not leave words.", "Say only “You have a message”, from “Library”.",
			"No code that is sent here opens my book.", "No message can be sent there from here yet",
		} {
			if !strings.Contains(said, words) {
				t.Errorf("%q is not said: %s", words, said)
			}
		}
		if strings.Contains(string(ana.Body), "0143") || mayBeWritten(t, w, who) != 0 {
			t.Error("the number is shown whole, or is used before it was confirmed")
		}
		proven(t, w, ana)
		ana.Get(ways.Reach).Says("main article", "We ask you again by")
		if mayBeWritten(t, w, who) != 1 {
			t.Error("a safe address is not used")
		}
		ana.Follow(`main article a[href^="/me/reach/"]`)
		ana.Page.Says("main .lead", "+1 202-555-0143")
		ana.Page.Has("input[name=may][value=call][checked]")
		ana.Page.HasNot("input[name=may][value=leave][checked]")
		ana.Send("main form:has([name=name])", "may", "leave", "name", "", "from", "", "until", "")
		ana.Want(200, "/me/reach")
		ana.Page.Says("main article", "Do not write to me here.")
		if mayBeWritten(t, w, who) != 0 {
			t.Error("an address that is not marked is written to")
		}
		ana.Follow(`main article a[href^="/me/reach/"]`)
		path, form := ana.Path, ana.Filled(`form[action$="/away"]`)
		for range 2 { // a double tap
			ana.Post(path+"/away", form)
			ana.Want(200, "/me/reach")
			ana.Page.Has(".empty")
		}
		ana.Get(path)
		ana.Want(404, path)
		ana.Get("/me/timeline").Says("main", "You took an address away")
		ana.Get(ways.Happened).Count("main .timeline > li", 3)
	})
}

func TestWhetherItIsStillSafeIsAsked(t *testing.T) {
	ready.Both(t, func(t *testing.T, where string) {
		w := world.New(t, where)
		ana := w.Visitor(t)
		ana.Get("/join/you")
		ana.Send("main form", "name", "Ana", "secret_passphrase", world.Passphrase, "contact", "quiet", "address", "ana@example.org", "own_device", "yes")
		ana.Want(200, "/join/kept")
		who := session(t, w, ana).Person
		ana.Get(ways.Reach).Says("main article", "a…@e…")
		ana.Page.Says("main article", "A code that is sent here can open my book.")
		proven(t, w, ana)
		ana.Get("/me").HasNot(`main .needs`)
		for range 3 {
			w.Clock.Step(10 * clock.Day)
			ana.Get("/me")
		}
		if mayBeWritten(t, w, who) != 0 {
			t.Error("after 30 days it is written to")
		}
		ana.Follow(`main .needs a`)
		ana.Want(200, "/me/reach")
		ana.Page.Says("main article", "We stopped writing there")
		stale := ana.Filled(`form[action$="/not-safe"]`)
		action, _ := ana.Page.One(`form[action$="/not-safe"]`).Attr("action")
		ana.Send(`form[action$="/safe"]`)
		ana.Want(200, "/me/reach") // nothing more is asked for than the answer
		ana.Page.HasNot(".needs")
		if mayBeWritten(t, w, who) != 1 {
			t.Error("after a yes it is not written to")
		}
		ana.Post(action, stale) // from another tab, shown before
		ana.Want(200, "/me/reach")
		ana.Page.Says(".said", "changed on another device")
		w.Clock.Step(24 * clock.Day / 2)
		ana.Get("/me")
		w.Clock.Step(24 * clock.Day / 2)
		ana.Get(ways.Reach).Has(".needs") // it is asked before it rests
		ana.Send(`form[action$="/not-safe"]`)
		ana.Page.Says("main article", "Nobody writes or calls there.")
		ana.Page.HasNot(".needs")
		if found, err := w.App.Contacts.Find(t.Context(), "ana@example.org"); err != nil || len(found) != 0 {
			t.Errorf("a code still opens the book, %v", err)
		}
	})
}

func TestTwoDevicesChangeAnAddress(t *testing.T) {
	w := world.New(t, ready.Folder(t))
	ana := w.Join(t, "Ana")
	ana.Get(ways.Reach + "/new")
	ana.Send("main form", "address", "ana@example.org", "may", "write")
	ana.Follow(`main article a[href^="/me/reach/"]`)
	path := ana.Path
	first := ana.Filled("main form:has([name=name])", "name", "Library", "opens", "no")
	ana.Send("main form:has([name=name])", "name", "Garden club")
	ana.Post(path, first)
	ana.Want(409, path)
	ana.Page.Says("main article.paper", "Garden club")
	if v, _ := ana.Page.One("input[name=name]").Attr("value"); v != "Library" {
		t.Errorf("what was typed became %q", v)
	}
	ana.Send("main form:has([name=name])")
	ana.Want(200, "/me/reach")
	ana.Page.Says("main article", "Library")
	ana.Get(ways.Reach + "/new")
	again := ana.Filled("main form", "address", "bea@example.org")
	ana.Post(ways.Reach+"/new", again)
	ana.Want(200, "/me/reach")
	ana.Post(ways.Reach+"/new", again)
	ana.Want(200, "/me/reach")
	ana.Page.Count("main article", 2)
}

func TestAddressesAreGuarded(t *testing.T) {
	w := world.New(t, ready.Folder(t))
	ana, bea, sam := w.Join(t, "Ana"), w.Join(t, "Bea"), w.Worker(t, "Sam")
	for _, c := range []*world.Client{ana, bea} { // one address, two people: it looks the same to both
		c.Get(ways.Reach + "/new")
		c.Send("main form", "address", "home@example.org", "may", "write")
		c.Want(200, "/me/reach")
		c.Page.Says(".said", "Kept.")
	}
	ana.Follow(`main article a[href^="/me/reach/"]`)
	path := ana.Path
	form := ana.Filled(`form[action$="/away"]`)
	bea.Get(path)
	bea.Want(404, path)
	for _, act := range []string{"/away", "/safe", "/not-safe"} {
		bea.Get(ways.Reach + "/new")
		form.Set("token", bea.Filled(`main form`).Get("token"))
		bea.Post(path+act, form)
		bea.Want(404, path+act)
	}
	for _, p := range []string{ways.Reach, ways.Reach + "/new", path} {
		sam.Get(p)
		sam.Want(404, p)
	}
	w.Clock.Step(account.FreshFor)
	for _, p := range []string{ways.Reach + "/new", path, path + "/code"} {
		ana.Get(p)
		ana.Want(200, "/again")
	}
	ana.Get(ways.Reach)
	ana.Want(200, ways.Reach)
}
