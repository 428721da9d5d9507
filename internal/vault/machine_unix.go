//go:build unix

package vault

import (
	"os"
	"strconv"
	"syscall"
)

// fileNumber is the number of an open file in its file system.
func fileNumber(f *os.File) (string, error) {
	info, err := f.Stat()
	if err != nil {
		return "", err
	}
	if s, ok := info.Sys().(*syscall.Stat_t); ok {
		return strconv.FormatUint(uint64(s.Ino), 10), nil //nolint:unconvert // narrower on some systems
	}
	return "0", nil
}
