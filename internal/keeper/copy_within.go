package keeper

import (
	"bufio"
	"bytes"
	"errors"
	"io"
)

// A copy can stand within a page of HTML, so that one file can be read by anybody and checked too: between these two, in
// lines of its own. WithinBegins stands nowhere else in such a page, as all that people wrote is escaped there.
const (
	WithinBegins = `<script type="application/json" id="proofs">`
	WithinEnds   = `</script>`
)

// Within returns a writer of a copy that stands within a page: it writes each "<" as "\u003c". In JSON, where it can stand in
// strings alone, the two are the same, and no browser takes any of it for a tag.
func Within(to io.Writer) io.Writer { return within{to} }

type within struct{ to io.Writer }

// Write passes b on.
func (w within) Write(b []byte) (int, error) {
	_, err := w.to.Write(bytes.ReplaceAll(b, []byte("<"), []byte(`\u003c`)))
	if err != nil {
		return 0, err
	}
	return len(b), nil
}

// outOf returns the copy in a file, which may stand within a page, and whether it does. It reads a page up to the copy, and
// returns io.EOF, among others, for one without.
func outOf(file io.Reader) (from *bufio.Reader, inPage bool, err error) {
	from = bufio.NewReader(file)
	if first, err := from.Peek(1); err != nil || first[0] != '<' {
		return from, false, err
	}
	for begins := true; ; {
		line, err := from.ReadSlice('\n')
		if begins && string(bytes.TrimRight(line, "\r\n")) == WithinBegins {
			return from, true, nil
		}
		begins = err == nil // and not within a line that is longer than what is read at once
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return from, true, err
		}
	}
}
