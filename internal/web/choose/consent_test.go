package choose

import (
	"testing"
	"time"

	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/lang"
)

func TestAGrantEndsWithADayWithinTheLongest(t *testing.T) {
	for _, zone := range []string{"UTC", "Europe/Berlin", "America/Los_Angeles", "Pacific/Apia", "Australia/Lord_Howe"} {
		tz, err := time.LoadLocation(zone)
		if err != nil {
			t.Fatal(err)
		}
		// Every hour of five years, two of them leap years.
		for now := clock.Of(time.Date(2026, 1, 1, 0, 30, 0, 0, time.UTC)); now < clock.Of(time.Date(2031, 1, 1, 0, 0, 0, 0, time.UTC)); now += clock.Hour {
			end := yearFrom(now, tz)
			if end > now+book.MaxGrant || end < now+book.MaxGrant-2*clock.Day-2*clock.Hour {
				t.Fatalf("%s: from %v the grant ends at %v", zone, now.Std(), end.Std())
			}
			if h, m, s := end.Std().In(tz).Clock(); h+m+s != 0 {
				t.Fatalf("%s: it ends at %02d:%02d", zone, h, m)
			}
		}
	}
}

func TestFirstLines(t *testing.T) {
	for in, want := range map[string]string{
		"":                 "",
		"short\n\nand two": "short and two",
	} {
		if got := firstLines(book.NewText(in)).Show(); got != want {
			t.Errorf("%q became %q", in, got)
		}
	}
	long := "One, two, three. "
	for len(long) < 400 {
		long += long
	}
	got := []rune(firstLines(book.NewText(long)).Show())
	if len(got) > 202 || string(got[len(got)-2:]) != " …" {
		t.Errorf("a long story became %q", string(got))
	}
	noSpaces := ""
	for range 300 {
		noSpaces += "語"
	}
	if got := []rune(firstLines(book.NewText(noSpaces)).Show()); len(got) != 202 {
		t.Errorf("a story without spaces became %d letters", len(got))
	}
}

// The sentences say "my goals and steps"; what else could be written for somebody would want words of its own.
func TestWhatCanBeWrittenForSomebodyIsSaid(t *testing.T) {
	for _, s := range book.Givable() {
		if book.ActableIn(s) != (s == book.SectionGoals) {
			t.Errorf("%s: the words for who may write for somebody name goals and steps", s)
		}
	}
}

func TestEverySectionThatCanBeGivenHasWords(t *testing.T) {
	c, err := lang.Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range book.Givable() {
		if _, ok := c.For("en").Static(sectionWords[s]); !ok {
			t.Errorf("section %s has no words", s)
		}
	}
}
