//go:build !linux && !darwin

package app

import "beside/internal/community"

// diskOf knows nothing here.
func diskOf(string) community.Disk { return community.Disk{} }
