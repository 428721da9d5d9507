package page

import (
	"compress/gzip"
	"net/http"
	"strconv"
	"strings"
	"sync"
)

// packFrom is the size from which a page is packed, in bytes: below it nothing is won.
const packFrom = 1 << 10

// packers are reused: one costs more to make than a page to pack. The fastest level is taken, as a page is made anew
// for every reader.
var packers = sync.Pool{New: func() any {
	z, _ := gzip.NewWriterLevel(nil, gzip.BestSpeed) // fails only on a level that does not exist
	return z
}}

// send writes a body that is ready, packed when the browser can unpack it.
func send(w http.ResponseWriter, r *http.Request, status int, kind string, body []byte) {
	h := w.Header()
	h.Set("Content-Type", kind)
	h.Add("Vary", "Accept-Encoding, Accept-Language")
	if len(body) >= packFrom && strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		packed := buffers.get()
		defer buffers.put(packed)
		z := packers.Get().(*gzip.Writer)
		defer packers.Put(z)
		z.Reset(packed)
		_, _ = z.Write(body) // into memory: these cannot fail
		_ = z.Close()
		h.Set("Content-Encoding", "gzip")
		body = packed.Bytes()
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(body) // the browser has gone: nothing is left to do
	}
}
