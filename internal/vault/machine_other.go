//go:build !unix

package vault

import "os"

// fileNumber is the number of an open file in its file system; here there is none.
func fileNumber(*os.File) (string, error) { return "0", nil }
