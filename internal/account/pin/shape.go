package pin

import (
	"slices"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// How long a PIN is, in digits, and a mark, in pictures.
const (
	MinDigits = 6
	MaxDigits = 12
	MarkLong  = 4
)

// pictures are what marks are made of, in the order of the screen: simple things that everybody has seen, and of which no
// two are easily taken for each other.
var pictures = []string{"sun", "tree", "fish", "bird", "house", "boat", "hand", "leaf", "moon", "star", "cup", "key"}

// Pictures returns the names of the pictures that marks are made of, in the order of the screen.
func Pictures() []string { return slices.Clone(pictures) }

// longestTyped is the most that is read of what was typed, in bytes.
const longestTyped = 256

// normalise brings what was typed to the one form that is hashed: digits as 0 to 9 without anything between them, or the
// names of pictures with a space between. words is the catalogue key of why it can be nobody's, "" when it can.
func normalise(typed string) (normal, words string) {
	if len(typed) > longestTyped {
		return "", "pin.digits_only"
	}
	typed = norm.NFKC.String(strings.TrimSpace(typed))
	if typed == "" {
		return "", "pin.needed"
	}
	if parts := strings.Fields(typed); slices.ContainsFunc(parts, isPicture) {
		if len(parts) != MarkLong || !all(parts, isPicture) {
			return pictures[0], "pin.mark_four"
		}
		return strings.Join(parts, " "), ""
	}
	var b strings.Builder
	for _, r := range typed {
		switch {
		case unicode.IsDigit(r):
			b.WriteByte('0' + digit(r))
		case unicode.IsSpace(r), unicode.Is(unicode.Pd, r), unicode.Is(unicode.Cf, r):
		default:
			return "", "pin.digits_only"
		}
	}
	if n := b.Len(); n < MinDigits || n > MaxDigits {
		return "", "pin.digits_long"
	}
	return b.String(), ""
}

func isPicture(s string) bool { return slices.Contains(pictures, s) }

func all[T any](list []T, holds func(T) bool) bool {
	return !slices.ContainsFunc(list, func(x T) bool { return !holds(x) })
}

// digit is the value of a decimal digit of any script: each script's ten stand one behind the other.
func digit(r rune) (value byte) {
	for value < 9 && unicode.IsDigit(r-1) {
		r--
		value++
	}
	return value
}

// fieldOf returns the field of the form in which a PIN, or a mark, was typed.
func fieldOf(normal string) string {
	first, _, _ := strings.Cut(normal, " ")
	if isPicture(first) {
		return "mark"
	}
	return "pin"
}

// guessable returns the catalogue key of why many would think of a PIN or a mark, or "". It says what is wrong and not
// what is forbidden.
func guessable(normal string) string {
	if fieldOf(normal) == "mark" {
		return guessableMark(strings.Fields(normal))
	}
	switch {
	case different(normal) < 3, period(normal) <= len(normal)/2, mirrored(normal):
		return "pin.repeats"
	case steady(normal), alongPad(normal):
		return "pin.row"
	case dated(normal):
		return "pin.date"
	}
	return ""
}

func guessableMark(names []string) string {
	var at []byte
	for _, n := range names {
		at = append(at, byte(slices.Index(pictures, n)))
	}
	switch {
	case different(string(at)) < 3:
		return "pin.mark_same"
	case steps(at, len(pictures)):
		return "pin.mark_row"
	}
	return ""
}

// different counts the different digits.
func different(s string) int {
	seen := map[byte]bool{}
	for i := range len(s) {
		seen[s[i]] = true
	}
	return len(seen)
}

// period returns the length of the shortest piece that makes a text when it is repeated, perhaps cut short.
func period(s string) int {
	for n := 1; n < len(s); n++ {
		if s[n:] == s[:len(s)-n] {
			return n
		}
	}
	return len(s)
}

// mirrored reports whether a text reads the same from its end: 123321.
func mirrored(s string) bool {
	b := []byte(s)
	slices.Reverse(b)
	return string(b) == s
}

// steps reports whether all steps from one to the next are the same, counted round and round.
func steps(at []byte, round int) bool {
	for i := 2; i < len(at); i++ {
		if (int(at[i])-int(at[i-1])+round)%round != (int(at[1])-int(at[0])+round)%round {
			return false
		}
	}
	return true
}

// steady reports whether digits go up or down evenly (123456, 975319), also each twice or thrice (112233), or are two such
// rows (123987).
func steady(s string) bool {
	if steps([]byte(s), 10) {
		return true
	}
	for n := 2; n <= 3; n++ {
		if len(s)%n == 0 && each(s, n) {
			return true
		}
	}
	half := len(s) / 2
	return len(s)%2 == 0 && len(s) <= 8 && steps([]byte(s[:half]), 10) && steps([]byte(s[half:]), 10)
}

// each reports whether every digit stands n times, and these go up or down evenly.
func each(s string, n int) bool {
	var one []byte
	for i := 0; i < len(s); i += n {
		if different(s[i:i+n]) > 1 {
			return false
		}
		one = append(one, s[i])
	}
	return steps(one, 10)
}

// lines are what a finger runs along on the pad of a phone and of a keyboard: its columns and its diagonals.
var lines = []string{"147", "258", "369", "159", "357", "741", "852", "963", "951", "753"}

// alongPad reports whether digits are lines of the pad: 147258, 159753, 147258369.
func alongPad(s string) bool {
	for ; len(s) >= 3; s = s[3:] {
		if !slices.Contains(lines, s[:3]) {
			return false
		}
	}
	return s == "" || s == "0"
}

// dated reports whether digits are a day with its year, in any order people write them, or hold a year at an end.
func dated(s string) bool {
	if len(s) > 8 {
		return false
	}
	if year(s[:4]) || year(s[len(s)-4:]) {
		return true
	}
	return len(s) == 6 && (day(s[:2], s[2:4]) || day(s[2:4], s[:2]) || day(s[4:], s[2:4]))
}

func year(s string) bool { return s >= "1900" && s <= "2099" }

func day(d, m string) bool {
	dd, _ := strconv.Atoi(d)
	mm, _ := strconv.Atoi(m)
	return dd >= 1 && dd <= 31 && mm >= 1 && mm <= 12
}
