// Package assets holds the files every page needs beside its own words: one style sheet, one small script, one mark.
// They are part of the program, packed once when it starts, and named by their content, so that a browser may keep
// them for a year and never shows an old one.
package assets

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"strconv"
	"strings"
)

//go:embed files
var embedded embed.FS

// Prefix is the path under which the files are served.
const Prefix = "/assets/"

// Forever is the Cache-Control of a file whose name holds the hash of its content.
const Forever = "public, max-age=31536000, immutable"

var types = map[string]string{
	".css": "text/css; charset=utf-8",
	".js":  "text/javascript; charset=utf-8",
	".svg": "image/svg+xml",
}

// Set serves the files. It never changes once made and is safe for concurrent use.
type Set struct {
	files map[string]file   // by the path with the hash
	hrefs map[string]string // from the plain name to that path
}

type file struct {
	kind        string
	body, wired []byte // as written, and gzipped when that is shorter
}

// New packs the files that are built into the program. It fails only on a file of a kind it does not know.
func New() (*Set, error) {
	s := &Set{files: map[string]file{}, hrefs: map[string]string{}}
	entries, err := fs.ReadDir(embedded, "files")
	if err != nil {
		return nil, fmt.Errorf("assets: new: %w", err)
	}
	for _, e := range entries {
		body, err := fs.ReadFile(embedded, path.Join("files", e.Name()))
		if err != nil {
			return nil, fmt.Errorf("assets: new: %w", err)
		}
		if err := s.add(e.Name(), body); err != nil {
			return nil, fmt.Errorf("assets: new: %w", err)
		}
	}
	return s, nil
}

func (s *Set) add(name string, body []byte) error {
	ext := path.Ext(name)
	kind, ok := types[ext]
	if !ok {
		return fmt.Errorf("%s: no content type is known for %q", name, ext)
	}
	wired, err := pack(body)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	sum := sha256.Sum256(body)
	href := Prefix + strings.TrimSuffix(name, ext) + "." + hex.EncodeToString(sum[:6]) + ext
	s.files[href], s.hrefs[name] = file{kind, body, wired}, href
	return nil
}

func pack(body []byte) ([]byte, error) {
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := z.Write(body); err != nil {
		return nil, err
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	if b.Len() >= len(body) {
		return nil, nil
	}
	return b.Bytes(), nil
}

// Href returns the path of a file by its plain name, "beside.css". It returns the empty string for a name there is no
// file of.
func (s *Set) Href(name string) string { return s.hrefs[name] }

// Text returns what stands in a file, by its plain name, for a page that must carry it along. It returns the empty string for
// a name there is no file of.
func (s *Set) Text(name string) string { return string(s.files[s.hrefs[name]].body) }

// Wire returns how many bytes of body a browser that takes gzip is sent for a plain name, for the byte budget.
func (s *Set) Wire(name string) int {
	f := s.files[s.hrefs[name]]
	if f.wired != nil {
		return len(f.wired)
	}
	return len(f.body)
}

// ServeHTTP answers for a file, or with a bare 404: nobody meets this address in a page of ours.
func (s *Set) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f, ok := s.files[r.URL.Path]
	if !ok {
		http.Error(w, http.StatusText(http.StatusNotFound), http.StatusNotFound)
		return
	}
	h := w.Header()
	h.Set("Cache-Control", Forever)
	h.Set("Content-Type", f.kind)
	h.Set("Vary", "Accept-Encoding")
	body := f.body
	if f.wired != nil && strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		h.Set("Content-Encoding", "gzip")
		body = f.wired
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	if r.Method != http.MethodHead {
		_, _ = w.Write(body) // the browser has gone: nothing is left to do
	}
}
