package page

import (
	"net/http"
	"time"
)

// Server returns an HTTP server for h that gives up on a browser which takes too long, so that slow ones cannot hold
// the others up. The caller sets its address and starts it.
func Server(h http.Handler) *http.Server {
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       30 * time.Second, // 64 KiB over a very poor telephone line
		WriteTimeout:      60 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    16 << 10,
	}
}
