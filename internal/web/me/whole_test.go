package me_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"
	"pgregory.net/rapid"

	"beside/internal/account/contact"
	"beside/internal/attending"
	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/journey"
	"beside/internal/keeper"
	"beside/internal/outside"
	"beside/internal/testkit/discreet"
	"beside/internal/testkit/histories"
	"beside/internal/testkit/ready"
	"beside/internal/witness"
)

// takes takes the copy to read.
func (p *person) takes() {
	p.t.Helper()
	p.get("/me/copy")
	p.Post("/me/copy", p.Filled("main form", "as", "page"))
	p.Want(200, "/me/copy")
}

// proves fails unless the copy in a file is whole, and returns what was found in it.
func (p *person) proves(file []byte) keeper.Copied {
	p.t.Helper()
	key := p.App.Log.Key()
	found, err := keeper.CheckCopy(bytes.NewReader(file), &key, nil, func(pr witness.Problem) { p.t.Error(pr) })
	p.must(err)
	return found
}

// each calls fn with every element of a page, in order.
func each(t testing.TB, file []byte, fn func(*html.Node)) {
	t.Helper()
	root, err := html.Parse(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	for n := range root.Descendants() {
		if n.Type == html.ElementNode {
			fn(n)
		}
	}
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func textOf(n *html.Node) string {
	var b strings.Builder
	for c := range n.Descendants() {
		if c.Type == html.TextNode {
			b.WriteString(c.Data)
		}
	}
	return b.String()
}

// A person takes everything along as one page: it is read without us, and asks nobody for anything.
func TestEverythingIsOnePage(t *testing.T) {
	onBoth(t, func(t *testing.T, ana *person) {
		ana.must(ana.App.Journey.SetWords(ctx, ana.me, journey.Writing{Entry: ana.entry()}, book.NewText("quiet mornings")))
		w, err := ana.App.Journey.Words(ctx, ana.me)
		ana.must(err)
		ana.must(ana.App.Journey.SetWords(ctx, ana.me, journey.Writing{Entry: ana.entry(), Base: w.Head}, book.NewText("quiet mornings and my sister")))
		ana.strength("patience")
		sea := ana.goal("see the sea")
		bus := ana.step(sea, "ask for the bus")
		g, err := ana.App.Journey.Goals(ctx, ana.me)
		ana.must(err)
		step, err := g.Step(bus)
		ana.must(err)
		ana.must(ana.App.Journey.StepDone(ctx, ana.me, journey.Writing{Entry: ana.entry(), Item: bus, Base: step.Head}, true))
		ana.must(ana.App.Journey.Tell(ctx, ana.me, ana.entry(), book.WhatGood, book.NewText("I slept well")))
		ana.suggests(&book.Strength{Words: book.NewText("you listen well")})
		s, err := ana.App.Accounts.Session(ctx, ana.Cookie("beside"))
		ana.must(err)
		_, err = ana.App.Contacts.Keep(ctx, s, contact.Form{Entry: ana.entry()}, contact.Marks{Address: book.NewText("ana@example.org"), Write: true, Name: book.NewText("Library"), Lang: "en"})
		ana.must(err)
		_, err = ana.App.Keeper.Read(ctx, ana.sam, ana.me.Book, keeper.Want{})
		ana.must(err)
		ana.get("/me/looked")
		ana.Follow(`main a[href$="/why"], main a[href*="/why?"]`)
		ana.Send("main form", "words", "What was it for?")
		ana.must(ana.App.Attending.Write(ctx, ana.sam, ana.me.Book, attending.Meeting{Entry: ana.entry(), Day: "2027-03-10", Units: 4, Code: attending.Met}))
		ana.must(ana.App.Outside.Last(ctx, ana.me.Subject, ana.me.Book, ana.entry(), outside.Lasting{
			Name: book.NewText("Ana"), To: book.NewText("the court"), Why: book.NewText("they asked"), Until: ana.App.Clock.Now() + 30*clock.Day,
		}))
		ana.get("/me/out/new")
		ana.Send("main form", "to", "Dr Lind", "why", "We meet on Monday", "letter", "I sleep better now", "do", "see")
		ana.Send("main form", "do", "yes")
		ana.takes()

		for _, name := range []string{"Content-Disposition", "Content-Type"} {
			want := map[string]string{"Content-Disposition": `^attachment; filename="[0-9a-z]{4}-[0-9a-z]{4}\.html"$`, "Content-Type": `^text/html; charset=utf-8$`}[name]
			if got := ana.Header.Get(name); !regexp.MustCompile(want).MatchString(got) {
				t.Errorf("%s is %q", name, got)
			}
		}
		if told := discreet.InTitle(ana.Page.One("title").Text()); told != "" {
			t.Error(told)
		}
		for _, x := range []struct{ part, words string }{
			{"h1", "Ana"},
			{"section[aria-labelledby=words]", "quiet mornings and my sister"},
			{"section[aria-labelledby=words] article", "quiet mornings"},
			{"section[aria-labelledby=strengths]", "patience"},
			{"section[aria-labelledby=goals]", "see the sea"},
			{"section[aria-labelledby=goals]", "ask for the bus (done)"},
			{"section[aria-labelledby=suggested]", "you listen well"},
			{"section[aria-labelledby=suggested]", "It still waits for your answer"},
			{"section[aria-labelledby=shared]", "Sam may see: my name, what matters to me, my strengths, my goals, my circle, my paths, and may suggest. From 10 March 2027 until 4 January 2028."},
			{"section[aria-labelledby=looked]", "Sam"},
			{"section[aria-labelledby=looked]", "What was it for?"},
			{"section[aria-labelledby=left]", "Dr Lind"},
			{"section[aria-labelledby=left] article", "I sleep better now"},
			{"section[aria-labelledby=left]", "Each time I was here, the court may get a page"},
			{"section[aria-labelledby=days]", "10 March 2027, 60 minutes, in person"},
			{"section[aria-labelledby=reach]", "ana@example.org"},
			{"section[aria-labelledby=reach]", "Library"},
			{"section[aria-labelledby=timeline]", "I slept well"},
			{"section[aria-labelledby=timeline]", "You did a small step"},
			{"section[aria-labelledby=timeline]", "ana@example.org"},
			{"section[aria-labelledby=timeline]", "10 March 2027"},
			{"section[aria-labelledby=checked]", "What you erase later stays in this file"},
		} {
			ana.Page.Says(x.part, x.words)
		}

		ids := map[string]bool{}
		var links []string
		each(t, ana.Body, func(n *html.Node) {
			ids[attr(n, "id")] = true
			for _, a := range n.Attr {
				switch {
				case a.Key == "href":
					links = append(links, a.Val)
				case slices.Contains([]string{"src", "srcset", "action", "style", "background", "poster", "data"}, a.Key) || strings.HasPrefix(a.Key, "on"):
					t.Errorf("<%s %s=%q>", n.Data, a.Key, a.Val)
				}
			}
			switch n.Data {
			case "script":
				if attr(n, "type") != "application/json" {
					t.Error("there is script")
				}
			case "style":
				if strings.Contains(textOf(n), "url(") || strings.Contains(textOf(n), "@import") || !strings.Contains(textOf(n), "prefers-color-scheme") {
					t.Errorf("the style is %s", textOf(n))
				}
			case "link", "img", "iframe", "object", "embed", "form", "base":
				t.Errorf("there is a <%s>", n.Data)
			}
		})
		for _, l := range links {
			if !strings.HasPrefix(l, "#") || !ids[l[1:]] {
				t.Errorf("a link leads to %q", l)
			}
		}
		if len(links) != 16 {
			t.Errorf("the contents have %d lines", len(links))
		}
		ana.get("/me/ways/happened")
		ana.says("A copy of your whole book was taken")
	})
}

// The copy in the page is checked where it stands, and by itself.
func TestThePageProvesItself(t *testing.T) {
	ana := newAna(t, ready.Folder(t))
	ana.strength("a </script> & <!-- that ends nothing")
	ana.takes()
	page := ana.Body
	in := ana.proves(page)
	if !in.InPage || in.Unproved != 0 || in.Entries == 0 {
		t.Errorf("found %+v", in)
	}
	_, after, _ := strings.Cut(string(page), "\n"+keeper.WithinBegins+"\n")
	alone, _, _ := strings.Cut(after, "\n"+keeper.WithinEnds)
	if by := ana.proves([]byte(alone)); by.InPage || by.Entries != in.Entries {
		t.Errorf("by itself found %+v", by)
	}
	problems := 0
	changed := bytes.Replace(page, []byte(`that ends nothing"`), []byte(`that ends everything"`), 1)
	if bytes.Equal(changed, page) {
		t.Fatal("nothing was changed")
	}
	_, err := keeper.CheckCopy(bytes.NewReader(changed), nil, nil, func(witness.Problem) { problems++ })
	if ana.must(err); problems == 0 {
		t.Error("a word was changed, and nobody saw it")
	}
	for _, cut := range [][]byte{page[:len(page)/4], page[:len(page)-len(page)/4]} {
		if _, err := keeper.CheckCopy(bytes.NewReader(cut), nil, nil, func(witness.Problem) {}); err == nil {
			t.Error("it was cut off, and nobody saw it")
		}
	}
	ana.Clock.Step(clock.Hour)
	ana.Post("/me/copy", url.Values{"as": {"page"}})
	if strings.Contains(string(ana.Body), "ends nothing") {
		t.Error("it is given to who has not shown lately who they are")
	}
}

// Every word that somebody wrote comes back as the same Unicode, also what they changed since; nothing they erased does.
func TestEveryOwnWordIsInThePage(t *testing.T) {
	ana := newAna(t, ready.Folder(t))
	n := 0
	histories.Check(t, 8, func(rt *rapid.T) {
		odd := rapid.SampledFrom([]string{"<b>", "&amp;", "&", `"`, "'", "\u202eabc\u202c", "\u2067שלום\u2069", "مرحبا", "👩‍👩‍👧", "e\u0301", "é", "\r", "\r\n", "\n\n", "\t", "\u2028", "</script>", "<!--", "{{.}}", "\\u003c", "  two", "\ufeff", "\U0001F9E1"})
		words := func() string {
			n++
			return fmt.Sprintf("w%d.", n) + strings.Join(rapid.SliceOfN(odd, 0, 4).Draw(rt, "odd"), rapid.StringN(0, 3, 12).Filter(func(s string) bool { return !strings.ContainsRune(s, 0) }).Draw(rt, "between"))
		}
		kept, gone := map[id.Item][]string{}, []string{}
		heads := map[id.Item]journey.Writing{}
		kinds := map[id.Item]string{}
		for range rapid.IntRange(1, 12).Draw(rt, "acts") {
			mine := book.NewText(words())
			text := mine.Show() // as it is kept
			w := journey.Writing{Entry: ana.entry()}
			var it id.Item
			var err error
			switch what := rapid.SampledFrom([]string{"matters", "strength", "goal", "moment", "worry", "goal with help", "change", "away", "learn", "let go", "erase"}).Draw(rt, "what"); what {
			case "matters":
				var now journey.Words
				now, err = ana.App.Journey.Words(ctx, ana.me)
				ana.must(err)
				w.Base = now.Head
				ana.must(ana.App.Journey.SetWords(ctx, ana.me, w, mine))
				it, err = ana.App.Keeper.Only(ctx, ana.me.Book, book.KindWords)
			case "strength":
				it, err = ana.App.Journey.SetStrength(ctx, ana.me, w, journey.Strength{Mine: journey.Mine{Words: mine}})
				kinds[it] = what
			case "goal":
				it, err = ana.App.Journey.SetGoal(ctx, ana.me, w, journey.Goal{Mine: journey.Mine{Words: mine}})
				kinds[it] = what
			case "worry":
				it, err = ana.App.Journey.SetNote(ctx, ana.me, w, journey.Note{Mine: journey.Mine{Words: mine}})
			case "goal with help":
				it, err = ana.App.Journey.SetGoal(ctx, ana.me, w, journey.Goal{Mine: journey.Mine{Words: mine}, Helps: mine, Domain: book.DomainPlay})
				kinds[it] = "goal"
			case "moment":
				err = ana.App.Journey.Tell(ctx, ana.me, w.Entry, book.WhatLearned, mine)
				it = journey.Begins(w.Entry)
			default:
				if len(heads) == 0 {
					continue
				}
				chosen := rapid.SampledFrom(slices.SortedFunc(keysOf(heads), func(a, b id.Item) int { return bytes.Compare(a.Bytes(), b.Bytes()) })).Draw(rt, "which")
				w.Item, w.Base = chosen, heads[chosen].Base
				switch {
				case what == "erase":
					ana.must(ana.App.Journey.Erase(ctx, ana.me, w))
					gone = append(gone, kept[chosen]...)
					delete(kept, chosen)
					delete(heads, chosen)
					continue
				case kinds[chosen] == "":
					continue
				case what == "learn" && kinds[chosen] == "goal":
					ana.must(ana.App.Journey.Learned(ctx, ana.me, w, mine))
					it = chosen
				case what == "let go" && kinds[chosen] == "goal":
					ana.must(ana.App.Journey.LetGo(ctx, ana.me, w, mine))
					kept[chosen] = append(kept[chosen], text)
					kinds[chosen] = ""
					continue
				case what == "away":
					kind := map[string]book.Kind{"strength": book.KindStrength, "goal": book.KindGoal}[kinds[chosen]]
					ana.must(ana.App.Journey.PutAway(ctx, ana.me, kind, w))
					kinds[chosen] = ""
					continue
				case kinds[chosen] == "strength":
					it, err = ana.App.Journey.SetStrength(ctx, ana.me, w, journey.Strength{Mine: journey.Mine{Words: mine}})
				default:
					it, err = ana.App.Journey.SetGoal(ctx, ana.me, w, journey.Goal{Mine: journey.Mine{Words: mine}})
				}
			}
			ana.must(err)
			kept[it] = append(kept[it], text)
			heads[it] = journey.Writing{Base: w.Entry}
		}
		ana.takes()
		shown := map[string]bool{}
		each(t, ana.Body, func(n *html.Node) {
			if attr(n, "class") == "own" {
				shown[textOf(n)] = true
			}
		})
		for _, list := range kept {
			for _, text := range list {
				if !shown[text] {
					rt.Errorf("%q is not in the page", text)
				}
			}
		}
		for _, text := range gone {
			name, _, _ := strings.Cut(text, ".")
			if bytes.Contains(ana.Body, []byte(name+".")) {
				rt.Errorf("%q was erased, and is in the page", text)
			}
		}
		ana.proves(ana.Body)
	})
}

func keysOf[K comparable, V any](m map[K]V) func(func(K) bool) {
	return func(yield func(K) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

// Before somebody goes they see what they can do, as equals, and nobody asks them why.
func TestThreeWaysToGo(t *testing.T) {
	onBoth(t, func(t *testing.T, ana *person) {
		s, err := ana.App.Accounts.Session(ctx, ana.Cookie("beside"))
		ana.must(err)
		_, err = ana.App.Contacts.Keep(ctx, s, contact.Form{Entry: ana.entry()}, contact.Marks{Address: book.NewText("ana@example.org"), Write: true, Opens: true, Lang: "en"})
		ana.must(err)
		ana.get("/me/ways")
		ana.Follow(`main a[href="/me/leave-here"]`)
		ana.Want(200, "/me/leave-here")
		ana.Page.Count("main section", 3)
		ana.Page.Count("main .do a.button.quiet, main .do button.quiet", 3)
		ana.Page.Count("main .do a, main .do button", 3) // none stands out
		ana.Page.HasNot("main textarea")
		for _, to := range []string{"/me/copy", "/me/erase-book"} {
			ana.get("/me/leave-here")
			ana.Follow(`main a[href="` + to + `"]`)
			ana.Want(200, to)
		}
		ana.get("/me/copy")
		ana.Page.Has(`main form button[name=as][value=page]`)
		ana.Page.Has(`main form button[name=as][value=proofs]`)

		_, err = ana.App.Keeper.Read(ctx, ana.sam, ana.me.Book, keeper.Want{})
		ana.must(err)
		ana.get("/me/leave-here")
		rest := ana.form("/me/leave-here")
		for range 2 { // sent twice it is one act
			rest.send(200, "/me/leave-here")
			ana.says("Done. Your book rests now.", "Your book rests.")
			ana.Page.HasNot("main form")
		}
		_, err = ana.App.Keeper.Read(ctx, ana.sam, ana.me.Book, keeper.Want{})
		ana.isNotOpen(err)
		all, err := ana.App.Contacts.All(ctx, s)
		ana.must(err)
		if a := all.Addresses[0]; a.Write || a.Call || a.Leave || !a.Opens {
			t.Errorf("after resting the marks are %+v", a.Marks)
		}
		entries, err := ana.App.Keeper.Timeline(ctx, ana.me.Subject, ana.me.Book, 0, 100)
		ana.must(err)
		away := 0
		for _, e := range entries {
			if e.Kind == book.KindSharing && e.Act == book.ActPutAway {
				away++
			}
		}
		if away != 1 {
			t.Errorf("it was taken back %d times", away)
		}
	})
}

// TestWhoIsSignedOutGetsNoMore: a copy that was begun ends where it is when its person signs out everywhere, from another device.
func TestWhoIsSignedOutGetsNoMore(t *testing.T) {
	onBoth(t, func(t *testing.T, ana *person) {
		out := false
		ana.App.Keeper.OnCopy(keeper.CopyDays, func(ctx context.Context, who grant.Subject, _ id.Book) ([]keeper.Aside, error) { // when most of it is on its way
			if !out {
				return nil, nil
			}
			return nil, ana.App.Accounts.SignOutEverywhere(ctx, who.Person)
		})
		for _, as := range []string{"page", "proofs"} {
			p := join(t, ana.World, ana.sam, "Bea")
			p.must(p.lives(600))
			for _, out = range []bool{false, true} {
				p.get("/me/copy")
				resp, err := p.HTTP.PostForm(p.URL+"/me/copy", p.Filled("main form", "as", as))
				p.must(err)
				file, err := io.ReadAll(resp.Body)
				p.must(resp.Body.Close())
				if whole := err == nil && strings.Contains(string(file), `"days"`); whole == out || len(file) < 1<<16 {
					t.Errorf("signed out (%v), the %s of %d bytes came to its end (%v), %v", out, as, len(file), whole, err)
				}
			}
		}
	})
}

// BenchmarkWhole takes a book of 5,000 entries as a page, over HTTP on the loopback address:
//
//	go test ./internal/web/me -run '^$' -bench Whole -benchtime 3x
func BenchmarkWhole(b *testing.B) {
	ana := newAna(b, b.TempDir())
	ana.must(ana.lives(5000))
	form := func() url.Values {
		ana.get("/me/copy")
		return ana.Filled("main form", "as", "page")
	}
	ana.Post("/me/copy", form()) // signs what was not yet
	b.ResetTimer()
	var took time.Duration
	for range b.N {
		b.StopTimer()
		f := form()
		b.StartTimer()
		ana.Post("/me/copy", f)
		ana.Want(200, "/me/copy")
	}
	took = b.Elapsed() / time.Duration(b.N)
	b.ReportMetric(took.Seconds(), "s/page")
	b.ReportMetric(float64(len(ana.Body))/(1<<20), "MiB")
	b.StopTimer()
	b.Logf("%d entries, %.1f MiB, %v", ana.proves(ana.Body).Entries, float64(len(ana.Body))/(1<<20), took)
}

// lives fills the book with so many entries: goals with steps that are done, strengths that change, days.
func (p *person) lives(entries int) error {
	said := book.NewText("I walked down to the river before anybody was up, and it was enough for today.")
	var drafts []keeper.Draft
	add := func(body book.Body, it id.Item, base id.Entry) id.Entry {
		d := keeper.Draft{ID: p.entry(), Kind: body.Kind(), Act: book.ActWrite, Item: it, Base: base, Body: body, Via: book.ViaWeb}
		drafts = append(drafts, d)
		return d.ID
	}
	for n := 0; n < entries; n += len(drafts) {
		drafts = nil
		goal := add(&book.Goal{Words: said}, id.Item{}, id.Entry{})
		for range 3 {
			step := add(&book.Step{Words: said, Goal: keeper.NewItem(goal)}, id.Item{}, id.Entry{})
			add(&book.Step{Words: said, Goal: keeper.NewItem(goal), Done: true}, keeper.NewItem(step), step)
		}
		strength := add(&book.Strength{Words: said}, id.Item{}, id.Entry{})
		add(&book.Strength{Words: said, When: book.WhenNow}, keeper.NewItem(strength), strength)
		for range 11 {
			add(&book.Moment{What: book.WhatGood, Words: said}, id.Item{}, id.Entry{})
		}
		if _, err := p.App.Keeper.Write(ctx, p.me.Subject, p.me.Book, drafts...); err != nil {
			return err
		}
	}
	return nil
}
