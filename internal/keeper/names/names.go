// Package names takes a name apart, so that somebody can be found by a part of it, however it is written: without case,
// accents and marks, and for Latin letters also by how it sounds. It exists so that what is kept of a name to find it by is
// made in one place, from which nothing of the name can be read once it is hashed.
package names

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// MostParts is how many parts of one name are looked at.
const MostParts = 6

// longest is the most that is read of a name, in bytes.
const longest = 400

// Parts returns the parts of a name in one form whatever the case, the accents on Latin letters and the marks between. A
// name without letters and digits has none.
func Parts(name string) []string {
	name = name[:min(len(name), longest)]
	var parts []string
	var b strings.Builder
	end := func() {
		if b.Len() > 0 && len(parts) < MostParts {
			parts = append(parts, norm.NFKC.String(b.String()))
		}
		b.Reset()
	}
	latin := false
	for _, r := range norm.NFKD.String(strings.ToValidUTF8(name, " ")) {
		switch {
		case unicode.IsLetter(r), unicode.IsDigit(r):
			latin = unicode.Is(unicode.Latin, r)
			b.WriteString(plain(unicode.ToLower(r)))
		case r == '\u0345': // the small iota under a Greek letter, which stands beside it in capital letters
			latin = false
			b.WriteRune('ι')
		case unicode.IsMark(r):
			if !latin && b.Len() > 0 { // in other scripts it is a part of the letter
				b.WriteRune(r)
			}
		case unicode.Is(unicode.Cf, r), strings.ContainsRune("'’ʼ", r): // invisible, or the mark in O'Neil
		default:
			end()
		}
	}
	end()
	return parts
}

// letters that stand for others where a keyboard does not have them.
var letters = map[rune]string{'ß': "ss", 'ø': "o", 'đ': "d", 'ð': "d", 'ł': "l", 'þ': "th", 'æ': "ae", 'œ': "oe", 'ı': "i", 'ς': "σ"}

func plain(r rune) string {
	if s, ok := letters[r]; ok {
		return s
	}
	return string(r)
}

// Sound returns how a part of a name sounds, "" for one that is not written in the Latin letters a to z. It is the New York
// State Identification and Intelligence System's code (R. L. Taft, Name Search Techniques, 1970), which was made for names
// of people and, other than Soundex, keeps where the vowels are. It is not cut short after six letters.
func Sound(part string) string {
	if part == "" || strings.ContainsFunc(part, func(r rune) bool { return r < 'a' || r > 'z' }) {
		return ""
	}
	s := []byte(first(last(strings.ToUpper(part))))
	key := []byte{s[0]}
	for i := 1; i < len(s); i++ {
		i += transcode(s, i)
		if c := s[i]; c != key[len(key)-1] {
			key = append(key, c)
		}
	}
	return tail(string(key))
}

// pairs are beginnings or endings, and what stands for them.
type pairs [][2]string

var (
	beginnings = pairs{{"MAC", "MCC"}, {"KN", "NN"}, {"K", "C"}, {"PH", "FF"}, {"PF", "FF"}, {"SCH", "SSS"}}
	endings    = pairs{{"EE", "Y"}, {"IE", "Y"}, {"DT", "D"}, {"RT", "D"}, {"RD", "D"}, {"NT", "D"}, {"ND", "D"}}
)

func first(s string) string {
	for _, p := range beginnings {
		if strings.HasPrefix(s, p[0]) {
			return p[1] + s[len(p[0]):]
		}
	}
	return s
}

func last(s string) string {
	for _, p := range endings {
		if len(s) > len(p[0]) && strings.HasSuffix(s, p[0]) {
			return s[:len(s)-len(p[0])] + p[1]
		}
	}
	return s
}

// transcode rewrites the letters from the place i on, and returns how many places on the next letter of the code stands.
func transcode(s []byte, i int) (on int) {
	rest := string(s[i:])
	switch {
	case strings.HasPrefix(rest, "EV"):
		copy(s[i:], "AF")
	case vowel(s[i]):
		s[i] = 'A'
	case s[i] == 'Q':
		s[i] = 'G'
	case s[i] == 'Z':
		s[i] = 'S'
	case s[i] == 'M':
		s[i] = 'N'
	case strings.HasPrefix(rest, "KN"):
		return 1 // the N is heard
	case s[i] == 'K':
		s[i] = 'C'
	case strings.HasPrefix(rest, "SCH"):
		copy(s[i:], "SSS")
		return 2
	case strings.HasPrefix(rest, "PH"):
		copy(s[i:], "FF")
		return 1
	case s[i] == 'H' && (!vowel(s[i-1]) || i+1 == len(s) || !vowel(s[i+1])), s[i] == 'W' && vowel(s[i-1]):
		s[i] = s[i-1]
	}
	return 0
}

func vowel(c byte) bool { return strings.IndexByte("AEIOU", c) >= 0 }

// tail takes away what is hardly heard at the end.
func tail(key string) string {
	if len(key) > 1 {
		key = strings.TrimSuffix(key, "S")
	}
	if len(key) > 2 && strings.HasSuffix(key, "AY") {
		key = key[:len(key)-2] + "Y"
	}
	if len(key) > 1 {
		key = strings.TrimSuffix(key, "A")
	}
	return key
}
