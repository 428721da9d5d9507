package account

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestPassphrases(t *testing.T) {
	const name = "Anastasia Müller"
	for typed, want := range map[string]string{
		// taken
		"three purple lorries sing": "", "xkq vbw rpl mnt gjh": "", "my aunt keeps nine odd clocks": "", "8f3k1z9q0w7e2r6": "",
		"ложка на подоконнике": "", "窗台上有三只蓝色的茶杯和一本旧书": "", "🌱🌻🍎🎻🚲🐚🌙⭐️🍄🦉🎈🧵🪁🎨🏡 tea": "", "Beside the lake, 2 swans slept": "",
		"one day a heron ate my sandwich": "", "Anastasia sells wool in winter": "", "  fourteen chars  ": "account.passphrase_short",
		// the length
		"": "account.passphrase_short", "fourteen chars": "account.passphrase_short", "ééééééé": "account.passphrase_short",
		strings.Repeat("long words ", 24): "account.passphrase_long", "a\xffbcdefghijklmnopq": "account.passphrase_long",
		// the list
		"one day at a time": "account.passphrase_common", "One-Day-At-A-Time!": "account.passphrase_common", "0ne d4y at a t1me": "account.passphrase_common",
		"one day at a time 2024": "account.passphrase_common", "keep coming back": "account.passphrase_common", "correct horse battery staple": "account.passphrase_common",
		"this is my password": "account.passphrase_common", "Th1s 1s my p4ssw0rd 99": "account.passphrase_common", "progress not perfection": "account.passphrase_common",
		"sunshine-football": "account.passphrase_common", "Princess Butterfly 2019": "account.passphrase_common", "w1nter-d1am0nds!": "account.passphrase_common",
		"michael+jennifer": "account.passphrase_common", "I love my daughter!!": "account.passphrase_common", "sunshine football herons": "", "gravel sunshine kettle": "",
		"xx one day at a time": "account.passphrase_common", "iloveyoutothemoonandback": "account.passphrase_common", "all you need is love": "account.passphrase_common",
		// rules
		"passwordpassword": "account.passphrase_repeats", "hahahahahahahaha": "account.passphrase_repeats", "aaaaaaaaaaaaaaaaaaa": "account.passphrase_repeats",
		"111222111222111": "account.passphrase_repeats", "beside beside beside": "account.passphrase_repeats", ". . . . . . . . . .": "account.passphrase_repeats",
		"abcdefghijklmnop": "account.passphrase_row", "123456789012345": "account.passphrase_row", "qwertyuiopasdfghjkl": "account.passphrase_row",
		"1qaz2wsx3edc4rfv": "account.passphrase_row", "zyxwvutsrqponmlk": "account.passphrase_row", "111222333444555666": "account.passphrase_row",
		"anastasia müller": "account.passphrase_name", "Anastasia Muller 1987": "account.passphrase_name", "anastasia-beside": "account.passphrase_name",
		"beside beside anastasia 1": "account.passphrase_name",
	} {
		if got := passphraseProblem(typed, name); got != want {
			t.Errorf("%q: %q, want %q", typed, got, want)
		}
	}
}

// A list of common passphrases is no use with entries in another form than they are compared in.
func TestCommonListIsInTheFormItIsCompared(t *testing.T) {
	if len(common()) < 300 {
		t.Errorf("only %d entries", len(common()))
	}
	for entry := range common() {
		if string(flatten(entry)) != entry || letters(entry) != entry {
			t.Errorf("%q would never be found", entry)
		}
	}
}

// TestThousandsOfCommonOnesAreRefused: the standard asks for the 3,000 most common that are long enough. Few that people use
// are, so that it is the words which they are made of that are listed.
func TestThousandsOfCommonOnesAreRefused(t *testing.T) {
	words := make([]string, 0, len(often()))
	for w := range often() {
		if string(flatten(w)) != w || letters(w) != w || len(w) < 3 || len(w) > longestWord {
			t.Errorf("%q would never be found", w)
		}
		words = append(words, w)
	}
	slices.Sort(words)
	long, looked := 0, 0
	for i := 0; i < len(words)*len(words); i++ {
		typed := words[i/len(words)] + words[i%len(words)]
		if len(typed) < MinPassphrase {
			continue
		}
		if long++; long%17 != 0 { // a part of them, for the sake of time
			continue
		}
		if looked++; passphraseProblem(typed, "") == "" {
			t.Fatalf("%q was taken", typed)
		}
	}
	if looked < 3000 {
		t.Errorf("only %d common ones that are long enough were looked at", looked)
	}
	t.Logf("%d words; %d pairs that are long enough, %d of them looked at", len(words), long, looked)
}

func TestLengthIsInCodePoints(t *testing.T) {
	ok := strings.Repeat("äöüéè", 2) + "xqzwv" // 15 of them, 25 bytes
	if utf8.RuneCountInString(ok) != MinPassphrase || passphraseProblem(ok, "") != "" && passphraseProblem(ok, "") != "account.passphrase_repeats" {
		t.Errorf("%q: %q", ok, passphraseProblem(ok, ""))
	}
	if got := passphraseProblem("e\u0301o\u0301u\u0301a\u0301i\u0301xqzwvb", ""); got != "account.passphrase_short" {
		t.Errorf("composed it has 11 characters, but it is %q", got)
	}
}

func FuzzPassphraseProblem(f *testing.F) {
	f.Add("one day at a time", "Ana")
	f.Fuzz(func(t *testing.T, typed, name string) {
		if passphraseProblem(typed, name) == "" && utf8.RuneCountInString(normalPassphrase(typed)) < MinPassphrase {
			t.Errorf("%q was taken", typed)
		}
	})
}
