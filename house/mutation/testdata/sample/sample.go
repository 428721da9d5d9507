// Package sample is there to be changed: it has each sort of operator, in places that a test looks at closely, hardly, or not at all.
package sample

// Sort names how a and b stand to each other.
func Sort(a, b int) string {
	switch {
	case a < b:
		return "less"
	case a > b && b != 0 || a == 7:
		return "more"
	}
	return "other"
}

// Sum counts up to n, twice.
func Sum(n int8) (sum int) {
	const twice = 1 + 1
	for i := int8(1); i <= n; i++ {
		sum = sum + int(i)*twice
	}
	return sum
}

// Unasked is never called.
func Unasked(a, b string) bool { return a+"1" == b }
