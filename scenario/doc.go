// Package scenario tells stories about Beside from outside: a person at a door, and what they see. A story is told once
// and lived several times: over HTTP against the real program on SQLite and on PostgreSQL, and in a browser, on a phone
// and on a desk, with and without script. It holds tests only, and knows of Beside no more than its pages.
package scenario
