package account

import (
	_ "embed" // for the lists
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// The length of a passphrase, in Unicode code points after normalising. 15 is what NIST SP 800-63B-4 §3.1.1.2 asks of a
// passphrase that opens alone; it asks for at least 64 as the most. Nothing else is asked of its characters.
const (
	MinPassphrase = 15
	MaxPassphrase = 256
)

var (
	//go:embed lists/common.txt
	commonList string
	//go:embed lists/often.txt
	oftenList string
)

var (
	common = sync.OnceValue(func() map[string]bool { return linesOf(commonList) })
	often  = sync.OnceValue(func() map[string]bool { return linesOf(oftenList) })
)

func linesOf(list string) map[string]bool {
	m := map[string]bool{}
	for line := range strings.Lines(list) {
		if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
			m[line] = true
		}
	}
	return m
}

// normalPassphrase is the form of a passphrase that is hashed: NFKC, so that every keyboard types the same (NIST SP
// 800-63B-4 §3.1.1.2), and without blanks around it, which keyboards of phones add.
func normalPassphrase(typed string) string { return norm.NFKC.String(strings.TrimSpace(typed)) }

// longestTyped is the most of a passphrase that is looked at, in bytes: far more than MaxPassphrase signs need.
const longestTyped = 16 * MaxPassphrase

// passphraseProblem returns the catalogue key of why a passphrase cannot be taken, or "". The reasons say what is wrong
// and not what is forbidden; there are no rules of composition.
func passphraseProblem(typed, name string) string {
	if len(typed) > longestTyped || !utf8.ValidString(typed) {
		return "account.passphrase_long"
	}
	p := normalPassphrase(typed)
	switch n := utf8.RuneCountInString(p); {
	case n < MinPassphrase:
		return "account.passphrase_short"
	case n > MaxPassphrase:
		return "account.passphrase_long"
	}
	flat := flatten(p)
	switch {
	case repeats(flat):
		return "account.passphrase_repeats"
	case walks(flat):
		return "account.passphrase_row"
	case ownName(p, name):
		return "account.passphrase_name"
	case isCommon(flat), isOften(flat):
		return "account.passphrase_common"
	}
	return ""
}

// flatten keeps of a passphrase what a guesser would vary last: small letters, digits and pictures, without blanks, marks
// of punctuation and reckoning, and the two signs that stand for letters.
func flatten(p string) []rune {
	var out []rune
	for _, r := range strings.ToLower(p) {
		switch r {
		case '@':
			r = 'a'
		case '$':
			r = 's'
		}
		if !unicode.IsSpace(r) && !unicode.IsPunct(r) && !unicode.In(r, unicode.Sm, unicode.Sk) && !unicode.IsControl(r) {
			out = append(out, r)
		}
	}
	return out
}

// repeats reports whether a text is a short piece over and over, or has very few different characters: "hahahahahahaha",
// "passwordpassword", "111222111222111".
func repeats(flat []rune) bool {
	different := map[rune]bool{}
	for _, r := range flat {
		different[r] = true
	}
	return len(different) < 5 || period(flat)*2 <= len(flat)
}

// period returns the length of the shortest piece whose repetition, perhaps cut short at the end, makes s.
func period(s []rune) int {
	for p := 1; p < len(s); p++ {
		same := true
		for i := p; i < len(s) && same; i++ {
			same = s[i] == s[i-p]
		}
		if same {
			return p
		}
	}
	return max(1, len(s))
}

// rows are what a finger or the alphabet runs along, forwards or backwards.
var rows = []string{
	"abcdefghijklmnopqrstuvwxyz", "01234567890", "qwertyuiop", "qwertzuiop", "azertyuiop", "asdfghjkl", "qsdfghjklm",
	"zxcvbnm", "yxcvbnm", "wxcvbn", "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p", "1q2w3e4r5t6y7u8i9o0p", "1a2b3c4d5e6f7g8h9i",
}

// walks reports whether most of a text is made of steps along [rows], the same key again included.
func walks(flat []rune) bool {
	if len(flat) < 2 {
		return true
	}
	along := 0
	for i := 1; i < len(flat); i++ {
		if flat[i] == flat[i-1] || step(flat[i-1], flat[i]) {
			along++
		}
	}
	return along*10 >= (len(flat)-1)*7
}

func step(from, to rune) bool {
	there, back := string([]rune{from, to}), string([]rune{to, from})
	for _, r := range rows {
		if strings.Contains(r, there) || strings.Contains(r, back) {
			return true
		}
	}
	return false
}

// fewLeft is how many characters beside what everybody would guess are still too few.
const fewLeft = 6

// ownName reports whether hardly anything is left of a text without the person's own name and ours.
func ownName(p, name string) bool {
	rest := squeeze(p)
	found := false
	for _, part := range append(strings.Fields(plain(name)), "beside") {
		part = squeeze(part)
		if utf8.RuneCountInString(part) >= 3 && strings.Contains(rest, part) {
			rest, found = strings.ReplaceAll(rest, part, ""), true
		}
	}
	return found && utf8.RuneCountInString(letters(rest)) < fewLeft
}

// isCommon reports whether a text is in the list, whatever figures stand around or within it, or is such a text with
// hardly anything added.
func isCommon(flat []rune) bool {
	for _, form := range []string{string(flat), letters(string(flat)), letters(disguises.Replace(string(flat)))} {
		if common()[form] || nearCommon(form) {
			return true
		}
	}
	return false
}

// How many words that everybody thinks of are guessed together: three from the list are fewer than a billion tries.
const (
	oftenWords  = 3
	longestWord = 16 // in the list
)

// isOften reports whether a text is made of so few words that everybody thinks of, whatever figures stand around or within.
func isOften(flat []rune) bool {
	for _, form := range []string{letters(string(flat)), letters(disguises.Replace(string(flat)))} {
		if form != "" && len(form) <= oftenWords*longestWord && fewestWords(form) <= oftenWords {
			return true
		}
	}
	return false
}

// fewestWords returns of how few words of the list a text is made, more than [oftenWords] when it is not.
func fewestWords(form string) int {
	made := make([]int, len(form)+1) // of how few words each beginning is made
	for until := 1; until <= len(form); until++ {
		made[until] = oftenWords + 1
		for from := max(0, until-longestWord); from < until; from++ {
			if often()[form[from:until]] {
				made[until] = min(made[until], made[from]+1)
			}
		}
	}
	return made[len(form)]
}

// nearCommon looks for an entry of the list that makes up all of form but a few characters at its ends.
func nearCommon(form string) bool {
	for from := 0; from < fewLeft && from < len(form); from++ {
		for until := len(form); until > from && from+len(form)-until < fewLeft; until-- {
			if until-from >= MinPassphrase-fewLeft && common()[form[from:until]] {
				return true
			}
		}
	}
	return false
}

var disguises = strings.NewReplacer("0", "o", "1", "i", "3", "e", "4", "a", "5", "s", "7", "t", "8", "b")

func letters(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsDigit(r) {
			return -1
		}
		return r
	}, s)
}
