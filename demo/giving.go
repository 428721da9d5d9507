package demo

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"net/http"
	"net/url"
	"slices"

	"beside/internal/account"
	"beside/internal/account/known"
	"beside/internal/asking"
	"beside/internal/attending"
	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/community/narrowing"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/journey"
	"beside/internal/keeper"
	"beside/internal/legal"
	"beside/internal/outside"
	"beside/internal/peer"
	"beside/internal/peer/signed"
)

// knows is naming somebody of one's own life, who says that it is them and is known again. They call each other by label and note.
func knows(other, label, note string, are known.Relation) act {
	return reaching(func(ctx context.Context, t *telling, s account.Session) error {
		code, err := t.app.Known.Ask(ctx, s, known.Naming{Entry: t.entry(), Label: book.NewText(label), Are: are})
		if err != nil {
			return err
		}
		accepts := reaching(func(ctx context.Context, t *telling, s account.Session) error {
			return t.app.Known.Accept(ctx, s, code, known.Answer{Note: book.NewText(note), Self: book.NewText(t.people[other].name)})
		})
		if err := accepts(ctx, t, t.people[other]); err != nil {
			return err
		}
		mine, err := t.app.Known.Mine(ctx, s)
		for _, k := range mine {
			if err == nil && k.Person == t.people[other].me.Person {
				err = t.app.Known.Confirm(ctx, s, k.ID)
			}
		}
		return err
	})
}

// letsRead gives to somebody of one's own life, to read and no more: sections, and single things by their short names.
func letsRead(other, label string, days clock.Time, sections []book.Section, singles map[string]book.Section) act {
	return func(ctx context.Context, t *telling, p *teller) error {
		g := peer.Giving{
			Entry: t.entry(), To: t.people[other].me.Person, Label: book.NewText(label), Sections: sections, ReadOnly: true, Purpose: book.PurposeNear, Until: t.clock.Now() + days*clock.Day,
		}
		for name, sec := range singles {
			x, err := p.find(name)
			if err != nil {
				return err
			}
			g.Singles = append(g.Singles, book.Single{Section: sec, Item: x.item})
		}
		slices.SortFunc(g.Singles, func(a, b book.Single) int { return bytes.Compare([]byte(a.String()), []byte(b.String())) })
		return t.peers.GiveNear(ctx, p.me.Subject, p.me.Book, g, id.Entry{})
	}
}

// takesBackNear takes back all that was given to people of one's own life.
func takesBackNear() act {
	return func(ctx context.Context, t *telling, p *teller) error {
		list, err := t.peers.Near(ctx, p.me.Subject, p.me.Book)
		for _, n := range list {
			if err == nil {
				err = t.peers.TakeBack(ctx, p.me.Subject, p.me.Book, t.entry(), n.Item, n.Head)
			}
		}
		return err
	}
}

// reads is somebody opening, in their own hat, what another gave them.
func reads(other string) act {
	return func(ctx context.Context, t *telling, p *teller) error {
		_, err := t.peers.Person(ctx, p.as(book.HatSelf), t.people[other].me.Book)
		return err
	}
}

// prints is a worker printing a sheet on which the person can sign what they give them.
func prints(worker string, sections ...book.Section) act {
	return func(ctx context.Context, t *telling, p *teller) error {
		var err error
		p.sheet, err = t.app.Papers.Make(ctx, t.people[worker].as(book.HatWorker), p.me.Book, signed.Ask{
			Entry: t.entry(), Worker: t.people[worker].me.Person, Sections: sections, Until: t.clock.Now() + 180*clock.Day,
		})
		return err
	}
}

// signsFor signs it in front of one of the team, who enters it with a photograph.
func signsFor(witness string) act {
	return func(ctx context.Context, t *telling, p *teller) error {
		x, err := t.app.Papers.One(ctx, p.me.Subject, p.me.Book, p.sheet)
		if err != nil {
			return err
		}
		photo, err := photographed()
		if err != nil {
			return err
		}
		return t.app.Papers.Enter(ctx, t.people[witness].as(book.HatTeam), signed.Entering{Number: x.Number, Name: x.Name, Day: t.day(0), Photo: photo})
	}
}

// photographed is a sheet on a table, as a telephone sees it: lines of print, and a name written below.
func photographed() ([]byte, error) {
	const wide, high = 600, 800
	img := image.NewPaletted(image.Rect(0, 0, wide, high), color.Palette{
		color.RGBA{0x8a, 0x6f, 0x52, 0xff}, color.RGBA{0xfb, 0xf7, 0xef, 0xff}, color.RGBA{0x8f, 0x95, 0x92, 0xff}, color.RGBA{0x24, 0x36, 0x7a, 0xff},
	})
	box := func(x, y, w, h int, c uint8) {
		draw.Draw(img, image.Rect(x, y, x+w, y+h), &image.Uniform{img.Palette[c]}, image.Point{}, draw.Src)
	}
	box(40, 30, wide-80, high-60, 1)
	box(80, 80, 260, 18, 2)
	for i, w := range []int{430, 400, 440, 310, 0, 420, 380, 210, 0, 410, 435, 160} {
		box(80, 140+i*32, w, 8, 2)
	}
	box(80, 690, 300, 2, 2)
	for x := range 230 { // a wave that grows flatter, as a name written quickly
		y := 660 + (230-x)/10*((x/6)%5-2)/2
		box(95+x, y, 4, 5, 3)
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		return nil, fmt.Errorf("demo: %w", err)
	}
	return b.Bytes(), nil
}

// letsWrite gives a worker, beside what they see, that they may write in goals and steps.
func letsWrite(worker string) act {
	return func(ctx context.Context, t *telling, p *teller) error {
		return t.peers.Choose(ctx, p.me.Subject, p.me.Book, peer.Choice{
			Entry: t.entry(), Worker: t.people[worker].me.Person, Sections: everything, Acts: []book.Section{book.SectionGoals}, Until: t.clock.Now() + 180*clock.Day,
		})
	}
}

// written is a worker writing a step for the person.
func written(worker, of, name, words string) act {
	return func(ctx context.Context, t *telling, p *teller) error {
		g, err := p.find(of)
		if err != nil {
			return err
		}
		w := journey.Writing{Entry: t.entry()}
		err = t.peers.WriteFor(ctx, t.people[worker].as(book.HatWorker), p.me.Book, w.Entry, id.Item{}, id.Entry{}, &book.Step{Goal: g.item, Words: book.NewText(words)})
		p.kept(name, w, journey.Begins(w.Entry))
		return err
	}
}

// makesOwn makes a step that was written for the person their own.
func makesOwn(name string) act {
	return func(ctx context.Context, t *telling, p *teller) error {
		if _, err := p.find(name); err != nil {
			return err
		}
		w := t.writing(p, name)
		err := t.own.Own(ctx, p.me, book.KindStep, w)
		p.kept(name, w, w.Item)
		return err
	}
}

// asksWhy is a person asking about the newest look of a worker.
func asksWhy(worker, words string) act {
	return func(ctx context.Context, t *telling, p *teller) error {
		looks, err := t.app.Keeper.Looks(ctx, p.me.Subject, p.me.Book, 0, 500)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(looks, func(l keeper.Look) bool { return l.Reader == t.people[worker].me.Person })
		if i < 0 {
			return fmt.Errorf("%s never looked", worker)
		}
		return t.app.Asking.Ask(ctx, p.me.Subject, p.me.Book, asking.Query{Entry: t.entry(), Look: looks[i].ID, Words: book.NewText(words)})
	}
}

// says is a worker answering all that they were asked.
func says(words string) act {
	return func(ctx context.Context, t *telling, p *teller) error {
		all, err := t.app.Asking.Waiting(ctx, p.as(book.HatWorker))
		for _, q := range all {
			if err == nil {
				err = t.app.Asking.Answer(ctx, p.as(book.HatWorker), q.ID, t.entry(), book.NewText(words))
			}
		}
		return err
	}
}

// day is the day so many days ago, as it is typed.
func (t *telling) day(ago clock.Time) string {
	return attending.DayOf(t.clock.Now()-ago*clock.Day, t.app.Config.TZ)
}

// wasHere is a worker writing down that the person was here on that day, in quarters of an hour.
func wasHere(worker, name string, quarters int, code attending.Code) act {
	return func(ctx context.Context, t *telling, p *teller) error {
		e := t.entry()
		p.days[name] = attending.AttendedOf(e)
		return t.app.Attending.Write(ctx, t.people[worker].as(book.HatWorker), p.me.Book, attending.Meeting{Entry: e, Day: t.day(0), Units: quarters, Code: code})
	}
}

// wasNot is the person saying that a day is wrong, and the worker taking it back.
func wasNot(worker, name string) act {
	return func(ctx context.Context, t *telling, p *teller) error {
		if err := t.app.Attending.Wrong(ctx, p.me.Subject, p.me.Book, p.days[name], true); err != nil {
			return err
		}
		return t.app.Attending.Withdraw(ctx, t.people[worker].as(book.HatWorker), p.me.Book, p.days[name])
	}
}

// takesAlong is giving a page to somebody outside, on the pages: a letter, things and days, by their short names.
func takesAlong(to, why, letter string, things, days []string) act {
	return func(ctx context.Context, t *telling, p *teller) error {
		form := url.Values{"to": {to}, "why": {why}, "name": {p.name}, "letter": {letter}, "as": {string(outside.Page)}, "do": {"see"}}
		for _, name := range things {
			x, err := p.find(name)
			if err != nil {
				return err
			}
			form.Add("things", x.item.String())
		}
		for _, name := range days {
			form.Add("days", p.days[name].String())
		}
		return t.onPages(ctx, p, book.HatSelf, func(w *browser) error {
			seen, err := w.sends(ctx, "/me/out/new", "/me/out/new", form)
			if err != nil {
				return err
			}
			form.Set("do", "yes")
			return went(w.again(ctx, seen, "/me/out/new", form))
		})
	}
}

// went wants that a form led on to another page.
func went(a *answer, err error) error {
	if err == nil && a.status != http.StatusSeeOther {
		err = fmt.Errorf("a page did not take what was sent: %d", a.status)
	}
	return err
}

// saysYesFor is a yes that lasts, to a page that says that the person was here.
func saysYesFor(to, why string, days clock.Time) act {
	return func(ctx context.Context, t *telling, p *teller) error {
		e := t.entry()
		p.yes = outside.LastingOf(e)
		return t.app.Outside.Last(ctx, p.me.Subject, p.me.Book, e, outside.Lasting{
			Name: book.NewText(p.name), To: book.NewText(to), Why: book.NewText(why), Until: t.clock.Now() + days*clock.Day, GivenAt: t.clock.Now(),
		})
	}
}

// isHanded is a worker printing the page of a day under that yes.
func isHanded(worker, day string) act {
	return func(ctx context.Context, t *telling, p *teller) error {
		theirs := "/worker/people/" + p.me.Book.String() + "/days"
		return t.onPages(ctx, t.people[worker], book.HatWorker, func(w *browser) error {
			return went(w.sends(ctx, theirs, theirs+"/"+p.days[day].String()+"/for/"+p.yes.String(), url.Values{}))
		})
	}
}

// saysRule is one of the team saying a rule of the centre, for all workers but some.
func saysRule(name string, closes grant.Closes, section book.Section, words string, but ...string) act {
	return func(ctx context.Context, t *telling, p *teller) error {
		r := narrowing.Rule{AllBut: true, Section: section, Closes: closes, Words: words}
		for _, w := range but {
			r.Workers = append(r.Workers, t.people[w].me.Person)
		}
		e := t.entry()
		t.rules[name] = narrowing.Of(e)
		return t.app.Rules.Say(ctx, p.as(book.HatTeam), e, r)
	}
}

// endsRule is one of the team saying that a rule shall end; the second ends it.
func endsRule(name string) act {
	return func(ctx context.Context, t *telling, p *teller) error {
		_, err := t.app.Rules.End(ctx, p.as(book.HatTeam), t.rules[name])
		return err
	}
}

// court is one of the team writing down that a paper came.
func court(name string, kind legal.Kind, from, reference, asks string) act {
	return func(ctx context.Context, t *telling, p *teller) (err error) {
		t.papers[name], err = t.app.Legal.Keep(ctx, p.as(book.HatTeam), legal.Paper{
			Entry: t.entry(), Kind: kind, From: book.NewText(from), Reference: book.NewText(reference), Asks: book.NewText(asks), Came: t.day(0),
		})
		return err
	}
}

// ordersDays is one of the team entering that an order names the days on which somebody was here, in so many days before.
func ordersDays(name, about string, from, to clock.Time) act {
	return func(ctx context.Context, t *telling, p *teller) error {
		who := p.as(book.HatTeam)
		if _, _, err := t.app.Legal.Find(ctx, who, t.papers[name], t.people[about].name); err != nil {
			return err
		}
		return t.app.Legal.Name(ctx, who, t.papers[name], legal.Named{
			Book: t.people[about].me.Book, Parts: []string{grant.PartAttended}, From: t.day(from), To: t.day(to), TZ: t.app.Config.TZ,
		})
	}
}

// confirmsOrder is a second finding the same person and confirming it, and taking what was put together.
func confirmsOrder(name, about string) act {
	return func(ctx context.Context, t *telling, p *teller) error {
		path := "/team/papers/" + t.papers[name].String()
		err := t.onPages(ctx, p, book.HatTeam, func(w *browser) error {
			found, err := w.sends(ctx, path, path+"/find", url.Values{"name": {t.people[about].name}})
			if err != nil {
				return err
			}
			if err := went(w.again(ctx, found, path+"/confirm", url.Values{"name": {t.people[about].name}, "book": {t.people[about].me.Book.String()}, "sure": {"yes"}, "entry": {t.entry().String()}})); err != nil {
				return err
			}
			_, err = w.sends(ctx, path, path+"/take", url.Values{})
			return err
		})
		if err != nil {
			return err
		}
		return t.keepPromises(ctx)
	}
}
