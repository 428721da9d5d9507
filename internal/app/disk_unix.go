//go:build linux || darwin

package app

import (
	"syscall"

	"beside/internal/community"
)

// diskOf is the disk on which a folder is, nothing when it cannot be found.
func diskOf(folder string) community.Disk {
	var s syscall.Statfs_t
	if err := syscall.Statfs(folder, &s); err != nil {
		return community.Disk{}
	}
	size := s.Bsize
	return community.Disk{Free: int64(s.Bavail) * size, Total: int64(s.Blocks) * size}
}
