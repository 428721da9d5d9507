package media

// Hold has a photograph be opened until the returned function is called.
func Hold(c *Cleaner) (release func()) {
	c.turn <- struct{}{}
	return func() { <-c.turn }
}
