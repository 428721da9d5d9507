package legal_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"beside/internal/account"
	"beside/internal/attending"
	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/keeper"
	"beside/internal/legal"
	"beside/internal/peer"
	"beside/internal/store"
	"beside/internal/testkit/ready"
	"beside/internal/testkit/world"
)

// TestASubpoenaOpensNothing: one of the team writes down that a subpoena came. There is no button that opens anything, whether the
// person is here or not; there is a letter that says neither.
func TestASubpoenaOpensNothing(t *testing.T) {
	ready.Both(t, func(t *testing.T, where string) {
		w := world.New(t, where)
		toni, sam := w.Team(t).In(t), w.Worker(t, "Sam").In(t)
		w.Join(t, "Mirabelle")
		toni.Get("/team")
		toni.Follow(`main a[href="/team/papers"]`)
		toni.Page.Says("main", "No paper came yet.")
		toni.Follow(`main a[href="/team/papers/new"]`)
		toni.Send("main form", "from", "Hill and Hill")
		toni.Want(422, "/team/papers/new")
		toni.Page.Has(`input[name="from"][value="Hill and Hill"]`)
		form := toni.Filled("main form", "kind", "request", "from", "Hill and Hill", "reference", "12 B 7", "asks", "Everything")
		for range 2 { // a double tap
			toni.Post("/team/papers/new", form)
			toni.Want(200, toni.Path)
		}
		paper := toni.Path
		if !strings.HasPrefix(paper, "/team/papers/") {
			t.Fatalf("it is at %s", paper)
		}
		toni.Page.Says("main", "nothing can be opened here")
		toni.Page.Says("main", "We are no lawyers")
		toni.Page.HasNot("main form")
		toni.Follow(`main a[href$="/letter"]`)
		toni.Page.Says(".given", "We can say neither that somebody is or was here nor that they are not")
		toni.Page.Says(".given", "12 B 7")
		toni.Page.HasNot("main form")
		toni.Get("/team/papers").Count("main .rows li", 1)
		if strings.Contains(string(toni.Body), "Mirabelle") {
			t.Error("the list names somebody")
		}

		for _, path := range []string{"/team/papers", "/team/papers/new", paper, paper + "/letter"} {
			sam.Get(path)
			sam.Want(404, path)
		}
	})
}

// came is one of the team writing down that an order came.
func came(c *world.Client, quiet string) (path string) {
	c.Get("/team/papers/new")
	c.Send("main form", "kind", "order", "from", "The court in Hill Street", "reference", "99 D 3", "asks", "Her goals in February", "quiet", quiet)
	c.Page.Says("main", "What does the order name?")
	return c.Path
}

// finds is one of the team looking for the name on an order.
func finds(t *testing.T, c *world.Client, path string) (book string) {
	t.Helper()
	c.Get(path)
	c.Send(`form[action$="/find"]`, "name", "Mirabelle")
	c.Page.Says("main", "Mirabelle")
	book, _ = c.Page.All(`input[name="book"]`)[0].Attr("value")
	return book
}

// wrote has a person write a goal and a strength.
func wrote(c *world.Client, goal, strength string) {
	c.Get("/me/strengths/new")
	c.Send(`form[action="/me/strengths/new"]`, "words", strength)
	c.Get("/me/goals/new")
	c.Send(`form[action="/me/goals/new"]`, "words", goal)
}

// TestACourtOrder: one of the team enters what it names, and cannot confirm it; a second reads the same, and then just that leaves, for
// the two of them and a short time. The person is told at once, and reads who, what and why; nobody else gets anything.
func TestACourtOrder(t *testing.T) {
	ready.Both(t, func(t *testing.T, where string) {
		w := world.New(t, where)
		toni, tara, sam, mira := w.Team(t).In(t), w.Team(t).In(t), w.Worker(t, "Sam").In(t), w.Join(t, "Mirabelle").In(t)
		third := w.Team(t).In(t)
		wrote(mira, "a room of my own", "I can cook")
		path := came(toni, "")
		book := finds(t, toni, path)
		toni.Send(`form[action$="/name"]`, "book", book, "parts", "goals", "since", "2027-03-01", "to", "2027-03-31")
		toni.Want(422, path+"/name")
		toni.Page.Says("main", "you and your lawyer have read the paper")
		form := toni.Filled(`form[action$="/name"]`, "book", book, "parts", "goals", "since", "2027-03-01", "to", "2027-03-31", "sure", "yes")
		for range 2 { // a double tap
			toni.Post(path+"/name", form)
			toni.Want(200, path)
		}
		toni.Page.Says("main", "You cannot confirm it yourself")
		toni.Page.HasNot(`form[action$="/find"], form[action$="/confirm"], form[action$="/take"]`)
		if strings.Contains(string(toni.Body), "Mirabelle") {
			t.Error("the page names the person")
		}

		finds(t, tara, path)
		confirm := tara.Filled(`form[action$="/confirm"]`, "book", book, "sure", "yes")
		forged := toni.Filled(`form[action$="/aside"]`)
		forged.Set("book", book)
		forged.Set("sure", "yes")
		toni.Post(path+"/confirm", forged)
		toni.Want(404, path+"/confirm")
		for range 2 { // a double tap
			tara.Post(path+"/confirm", confirm)
			tara.Want(200, path)
		}
		take := tara.Filled(`form[action$="/take"]`)
		for _, c := range []*world.Client{toni, tara} {
			c.Get(path)
			if strings.Contains(string(c.Body), "a room of my own") {
				t.Error("the page shows the book")
			}
			c.Post(path+"/take", c.Filled(`form[action$="/take"]`))
			if file := string(c.Body); !strings.Contains(file, "a room of my own") || strings.Contains(file, "I can cook") || strings.Contains(file, "Mirabelle") {
				t.Errorf("what is handed over is %s", file)
			}
		}
		third.Get(path).HasNot(`form[action$="/take"]`)
		third.Get("/team/papers/new")
		forged = third.Filled("main form")
		forged.Set("entry", take.Get("entry"))
		third.Post(path+"/take", forged)
		third.Want(404, path+"/take")
		sam.Get(path)
		sam.Want(404, path)

		other := came(toni, "")
		form = toni.Filled(`form[action$="/aside"]`)
		for range 2 {
			toni.Post(other+"/aside", form)
			toni.Want(200, other)
		}
		toni.Page.Says("main", "was laid aside")

		w.Settle(t)
		mira.Get("/me/ways/happened").Says("main", "A court ordered that something leaves your book")
		mira.Follow(`main a[href="/me/out"]`)
		mira.Page.Says("main article", "You did not give this. A court ordered it.")
		mira.Page.Says("main article", "The court in Hill Street")
		mira.Page.Says("main article", "99 D 3")
		mira.Page.Says("main article", "your goals and steps. 1 March 2027 – 31 March 2027")
		mira.Page.Says("main article", "the file was taken 2 times")
		mira.Get("/me/looked").Says("main", "Not under something you gave: by order of a court")
		mira.Page.HasNot(`main a[href*="/why"]`)

		w.Clock.Step(15 * clock.Day)
		w.Settle(t)
		var here int
		if err := w.App.DB.View(t.Context(), func(tx *store.Tx) error { return tx.Row(`SELECT COUNT(*) FROM ordered_bytes`).Scan(&here) }); err != nil || here != 0 {
			t.Errorf("%d parts are here after two weeks, %v", here, err)
		}
	})
}

// TestWhoseWordsACourtGets: what somebody else wrote for the person, and a day of which they say that it is wrong, stand in the file as
// that.
func TestWhoseWordsACourtGets(t *testing.T) {
	ready.Both(t, func(t *testing.T, where string) {
		w := world.New(t, where)
		toni, tara, sam, mira := w.Team(t).In(t), w.Team(t).In(t), w.Worker(t, "Sam").In(t), w.Join(t, "Mirabelle").In(t)
		wrote(mira, "a room of my own", "I can cook")
		s, err := w.App.Accounts.Session(t.Context(), mira.Cookie("beside"))
		must(t, err)
		with, err := w.App.Accounts.Session(t.Context(), sam.Cookie("beside"))
		must(t, err)
		me, worker := grant.Subject{Person: s.Person, Hat: s.Hat}, grant.Subject{Person: with.Person, Hat: book.HatWorker}
		must(t, w.App.Peers.Choose(t.Context(), me, s.Book, peer.Choice{
			Entry: id.New[id.Entry](w.App.IDs), Worker: with.Person, Sections: []book.Section{book.SectionGoals}, Acts: []book.Section{book.SectionGoals}, Until: w.Clock.Now() + 300*clock.Day,
		}))
		_, err = w.App.Keeper.Write(t.Context(), worker, s.Book, keeper.Draft{
			ID: id.New[id.Entry](w.App.IDs), Via: book.ViaWeb, Kind: book.KindGoal, Act: book.ActWriteFor, Body: &book.Goal{Words: book.NewText("a bicycle")},
		})
		must(t, err)
		meeting := attending.Meeting{Entry: id.New[id.Entry](w.App.IDs), Day: attending.DayOf(w.Clock.Now(), time.UTC), Units: 2, Code: attending.Call}
		must(t, w.App.Attending.Write(t.Context(), worker, s.Book, meeting))
		must(t, w.App.Attending.Wrong(t.Context(), me, s.Book, attending.AttendedOf(meeting.Entry), true))

		path := came(toni, "")
		named := toni.Filled(`form[action$="/find"]`, "name", "Mirabelle")
		toni.Post(path+"/find", named)
		b, _ := toni.Page.All(`input[name="book"]`)[0].Attr("value")
		form := toni.Filled(`form[action$="/name"]`, "book", b, "since", "2027-03-01", "to", "2027-03-31", "sure", "yes")
		form["parts"] = []string{"goals", "attended"}
		toni.Post(path+"/name", form)
		toni.Want(200, path)
		finds(t, tara, path)
		tara.Send(`form[action$="/confirm"]`, "book", b, "sure", "yes")
		tara.Want(200, path)
		tara.Post(path+"/take", tara.Filled(`form[action$="/take"]`))
		for _, want := range []string{"a room of my own\n", "a bicycle (written for the person by", "(the person says that this is wrong)"} {
			if !strings.Contains(string(tara.Body), want) {
				t.Errorf("%q is not in %s", want, tara.Body)
			}
		}
	})
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestAnOrderThatForbidsTelling: until the day on which that ends nothing tells the person, on no page and in no copy; after it all of it
// does.
func TestAnOrderThatForbidsTelling(t *testing.T) {
	ready.Both(t, func(t *testing.T, where string) {
		w := world.New(t, where)
		toni, tara, mira := w.Team(t).In(t), w.Team(t).In(t), w.Join(t, "Mirabelle").In(t)
		wrote(mira, "a room of my own", "I can cook")
		path := came(toni, "2027-03-20")
		toni.Page.Says("main", "must not be told until the end of 20 March 2027")
		book := finds(t, toni, path)
		toni.Send(`form[action$="/name"]`, "book", book, "parts", "goals", "since", "2027-03-01", "to", "2027-03-31", "sure", "yes")
		finds(t, tara, path)
		tara.Send(`form[action$="/confirm"]`, "book", book, "sure", "yes")
		tara.Want(200, path)
		tara.Page.Says("main", "The person was not told yet")
		w.Settle(t)
		w.Clock.Step(clock.Day / 24)
		w.Settle(t)
		for _, p := range []string{"/me", "/me/out", "/me/looked", "/me/ways/happened"} {
			mira.Get(p)
			for _, word := range []string{"court in Hill", "court ordered", "order of a court", "99 D 3"} {
				if strings.Contains(string(mira.Body), word) {
					t.Errorf("%s says %q", p, word)
				}
			}
		}
		s, err := w.App.Accounts.Session(t.Context(), mira.Cookie("beside"))
		if err != nil {
			t.Fatal(err)
		}
		mine := grant.Subject{Person: s.Person, Hat: s.Hat}
		sees := func(left, looked int, told bool) {
			t.Helper()
			all, err := w.App.Legal.Copy(t.Context(), mine, s.Book)
			if err != nil || len(all) != left {
				t.Errorf("the copy has %v, %v", all, err)
			}
			looks, err := w.App.Keeper.Looks(t.Context(), mine, s.Book, 0, 10)
			if err != nil || len(looks) != looked {
				t.Errorf("the person sees the looks %v, %v", looks, err)
			}
			happened, err := w.App.Accounts.Happenings(t.Context(), mine, 10)
			if err != nil || told != (len(happened) > 0 && happened[0].Kind == account.HappenedOrdered) {
				t.Errorf("the person is told %v, %v", happened, err)
			}
		}
		sees(0, 0, false)
		w.Clock.Step(11 * clock.Day)
		w.Settle(t)
		sees(1, 3, true)
	})
}

// TestSomethingHadToBeReported: a worker writes down that they had to report something, and adds to it; the person is told and reads it
// in what left their book. What would put somebody in danger needs a reason and is told some days later.
func TestSomethingHadToBeReported(t *testing.T) {
	ready.Both(t, func(t *testing.T, where string) {
		w := world.New(t, where)
		toni, sam, alex, mira := w.Team(t).In(t), w.Worker(t, "Sam").In(t), w.Worker(t, "Alex").In(t), w.Join(t, "Mirabelle").In(t)
		s, err := w.App.Accounts.Session(t.Context(), mira.Cookie("beside"))
		if err != nil {
			t.Fatal(err)
		}
		with, err := w.App.Accounts.Session(t.Context(), sam.Cookie("beside"))
		if err == nil {
			err = w.App.Peers.Choose(t.Context(), grant.Subject{Person: s.Person, Hat: s.Hat}, s.Book, peer.Choice{
				Entry: id.New[id.Entry](w.App.IDs), Worker: with.Person, Sections: []book.Section{book.SectionWords}, Until: w.Clock.Now() + 300*clock.Day,
			})
		}
		if err != nil {
			t.Fatal(err)
		}
		sam.Get("/worker")
		sam.Follow(`main .rows a[href*="/people/"]`)
		sam.Follow(`main a[href$="/report"]`)
		path := sam.Path
		sam.Send(`form:has(input[name="duty"])`, "duty", "The law on children", "to", "The children's office", "words", "I said that I am worried.", "untold", "2027-03-14")
		sam.Want(422, path)
		sam.Page.Says("main", "Write why it would put somebody in danger.")
		form := sam.Filled(`form:has(input[name="duty"])`, "untold", "")
		for range 2 { // a double tap
			sam.Post(path, form)
			sam.Want(200, path)
		}
		sam.Page.Count("main article.paper", 1)
		sam.Send(`form:has(input[name="of"])`, "words", "They called back.")
		sam.Page.Says("main article", "They called back.")
		sam.Page.Count("main article.paper", 1)
		sam.Send(`form:has(input[name="duty"])`, "duty", "The law on danger", "to", "The police", "words", "Where he is.", "untold", "2027-03-14", "why", "He has a knife.")
		sam.Page.Says("main", "They are not told until the end of 14 March 2027")

		w.Settle(t)
		mira.Get("/me/ways/happened").Says("main", "Somebody had to report something about you")
		mira.Follow(`main a[href="/me/out"]`)
		mira.Page.Says("main article", "The children's office")
		mira.Page.Says("main article", "I said that I am worried.")
		mira.Page.Says("main article", "They called back.")
		mira.Page.Says("main article", "Sam")
		if strings.Contains(string(mira.Body), "police") {
			t.Error("what is not told yet is told")
		}
		w.Clock.Step(6 * clock.Day)
		w.Settle(t)
		list, err := w.App.Legal.ReportsOfMe(t.Context(), grant.Subject{Person: s.Person, Hat: s.Hat}, s.Book)
		late := slices.IndexFunc(list, func(x legal.Reported) bool { return x.Words.Show() == "Where he is." })
		if err != nil || len(list) != 3 || late < 0 || list[late].ToldAt == 0 || list[late].Why.Show() != "He has a knife." {
			t.Errorf("the person reads %+v, %v", list, err)
		}
		for _, c := range []*world.Client{toni, alex} {
			c.Get(path)
			if c.Status == 200 && strings.HasSuffix(c.Path, "/report") {
				t.Error("somebody else reads it")
			}
		}
	})
}
