// Package paper is the signs in which secrets are written on paper and told over a telephone, and how they are read as
// people type them. It exists so that the printed card and the slips of getting a login back forgive the same mistakes.
package paper

import "strings"

// Signs are the 32 signs of Crockford's base 32, in which none looks like another: digits and capital letters without I, L,
// O and U.
const Signs = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

// longest is the most of what was typed that is looked at, in bytes.
const longest = 200

// Read brings what somebody typed to so many signs: case, blanks, hyphens and other marks make no difference, nor does
// taking O for zero, or I and L for one. It returns "" for what cannot be so many.
func Read(typed string, signs int) string {
	if len(typed) > longest {
		return ""
	}
	typed = strings.Map(func(r rune) rune {
		switch r {
		case 'O':
			return '0'
		case 'I', 'L':
			return '1'
		}
		if strings.ContainsRune(Signs, r) {
			return r
		}
		return -1
	}, strings.ToUpper(typed))
	if len(typed) != signs {
		return ""
	}
	return typed
}
