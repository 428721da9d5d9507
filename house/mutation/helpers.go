package main

// helpers is the file that the tests are compiled with: each function does what the operator does that it stands for, unless the
// mutant of its number is on. It is given the name of the package and how many numbers there are.
const helpers = `package %s

import (
	"cmp"
	"os"
	"strconv"
	"sync/atomic"
)

var (
	mutation       = os.Getenv("MUTATION")
	mutationPassed = os.Getenv("MUTATION_PASSED")
	mutationNoted  [%d]atomic.Bool
)

func mutationOn(n int) bool {
	if mutationPassed != "" && mutationNoted[n].CompareAndSwap(false, true) {
		f, err := os.OpenFile(mutationPassed, os.O_APPEND|os.O_WRONLY, 0)
		if err != nil {
			panic(err)
		}
		f.WriteString(strconv.Itoa(n) + "\n")
		f.Close()
	}
	return mutation != "" && mutation == strconv.Itoa(n)
}

type mutationWhole interface {
	~int | ~int8 | ~int16 | ~int32 | ~int64 | ~uint | ~uint8 | ~uint16 | ~uint32 | ~uint64 | ~uintptr
}

type mutationNumber interface {
	mutationWhole | ~float32 | ~float64
}

func mutationTrue(n int, is bool) bool { return is != mutationOn(n) }

func mutationLess[T cmp.Ordered](b, n int, x, y T) bool {
	return (x < y || mutationOn(b) && x == y) != mutationOn(n)
}

func mutationLessOrSame[T cmp.Ordered](b, n int, x, y T) bool {
	return (x < y || !mutationOn(b) && x == y) != mutationOn(n)
}

func mutationMore[T cmp.Ordered](b, n int, x, y T) bool {
	return (x > y || mutationOn(b) && x == y) != mutationOn(n)
}

func mutationMoreOrSame[T cmp.Ordered](b, n int, x, y T) bool {
	return (x > y || !mutationOn(b) && x == y) != mutationOn(n)
}

func mutationAnd(n int, x bool, y func() bool) bool {
	if mutationOn(n) {
		return x || y()
	}
	return x && y()
}

func mutationOr(n int, x bool, y func() bool) bool {
	if mutationOn(n) {
		return x && y()
	}
	return x || y()
}

func mutationPlus[T mutationNumber](n int, x, y T) T {
	if mutationOn(n) {
		return x - y
	}
	return x + y
}

func mutationMinus[T mutationNumber](n int, x, y T) T {
	if mutationOn(n) {
		return x + y
	}
	return x - y
}

func mutationTimes[T mutationNumber](n int, x, y T) T {
	if mutationOn(n) {
		return x / y
	}
	return x * y
}

func mutationBy[T mutationNumber](n int, x, y T) T {
	if mutationOn(n) {
		return x * y
	}
	return x / y
}

func mutationRest[T mutationWhole](n int, x, y T) T {
	if mutationOn(n) {
		return x * y
	}
	return x %% y
}

func mutationStep[T mutationNumber](n int, _ T) T {
	var one T = 1
	if mutationOn(n) {
		return -one
	}
	return one
}
`
