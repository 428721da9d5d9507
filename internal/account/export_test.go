package account

// CountHashes has each hashing of a passphrase add one to n, so that tests can compare how much work is done. Nothing else may
// be going on.
func (a *Accounts) CountHashes(n *int) {
	pepper := a.hasher.pepper
	a.hasher.pepper = func(p string) []byte {
		*n++
		return pepper(p)
	}
}
