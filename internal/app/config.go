package app

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"time"

	"beside/internal/account"
	"beside/internal/account/post"
	"beside/internal/account/provider"
	"beside/internal/account/young"
	"beside/internal/clock"
	"beside/internal/witness"
)

// Config is the settings of one installation. Only what differs from the defaults needs to be set.
type Config struct {
	// Database is a folder (made when missing, open to its owner only) or a postgres:// URL. Default "beside-data".
	Database string
	// Keyring is where the keys of the books are kept: another folder or another postgres:// database, outside the
	// cluster of the books. Default: a folder beside the data folder, with "-keyring" after its name; the folder keyring
	// within the data folder when an older Beside has made it there.
	Keyring string
	// RootKey is the file of the root key, made at the first start. Default: root.key in a folder beside the data folder,
	// with "-root" after its name; in the data folder when an older Beside has made it there.
	RootKey string

	// KeyringCopy is a second place for the keyring, a folder or postgres:// database: every change is written there too
	// before it is acknowledged, by every program, as the keyring remembers the place. Default: the one it remembers;
	// [NoCopy] ends that.
	KeyringCopy string

	begun bool // the place is there, and is not made: see [Open]
	alone bool // nothing is written to the copy of the keyring, as while a place is being restored

	// ProveFirst keeps a place in which nobody is yet closed to newcomers, until a recovery copy of the root key and a
	// restore are proven. Only serving asks for it.
	ProveFirst bool
	// Backups says where Beside itself puts backups while it serves, and tries them. Default: nowhere.
	Backups Backups

	Addr          string         // host and port that are listened on, for PublicURL; default "127.0.0.1:8080"
	PublicURL     string         // the address people type; default: http:// and Addr
	ExitURL       string         // where leaving quickly leads; Beside itself never asks for that page. Default: [DefaultExit]
	Proxies       []netip.Prefix // whose X-Forwarded-For is believed; default: this machine, when only it is listened to
	CommunityName string         // used when the community is made, at the first start; default "Beside"
	TZ            *time.Location
	Jurisdiction  string // the place whose law is told to people under 18, and whose numbers are shown: see package young; default: none
	Region        string // country whose telephone numbers are written without a plus sign, two letters; default "US"
	SafeDays      int    // after how many days somebody is asked again whether an address is safe; default 30

	// Provider is the organisation's own sign-in, with which workers and the centre team can come in; usually there is
	// none. Its name is that of the community when it has none of its own.
	Provider   provider.Settings
	Mail       post.Carrier // of e-mail; without one none is sent, and nothing is offered that needs it
	Texts      post.Carrier // of text messages, likewise
	TextSecret string       // what the gateway shows that brings answers to text messages; without one none are taken

	// Witnesses are the keys of those outside who check the log and say so, see package witness.
	Witnesses []witness.OutsideKey
	// WatchAddr is host and port of a second listener, for whoever watches: numbers for Prometheus, health, readiness. It is
	// not for people; default: none.
	WatchAddr string
	TraceTo   string        // an address of OTLP over HTTP to which traces are sent; default: none are made
	Silence   time.Duration // how long a database may say nothing before a person is told that it does not answer; default: 15 s
	Drain     time.Duration // how long it says that it is not ready before it stops; default: not at all

	Log     *slog.Logger    // default: none
	Clock   clock.Clock     // default: the machine's
	Rand    io.Reader       // default: the system's secure randomness
	Hashing account.Hashing // default: see there
	Demo    bool            // every page says that the people here are made up
}

// DefaultExit is a page that anybody may have open.
const DefaultExit = "https://www.weather.gov/"

// defaultFolder is where data is kept when nothing is said, and keys when the data is in PostgreSQL.
const defaultFolder = "beside-data"

func isURL(where string) bool {
	return strings.HasPrefix(where, "postgres://") || strings.HasPrefix(where, "postgresql://")
}

func (c Config) filled() (Config, error) {
	set(&c.Database, defaultFolder)
	folder := c.Database
	if isURL(folder) {
		folder = defaultFolder
	}
	set(&c.Keyring, usual(filepath.Join(folder, "keyring"), keyringFile, besideFolder(folder, "-keyring")))
	set(&c.RootKey, filepath.Join(usual(folder, rootFile, besideFolder(folder, "-root")), rootFile))
	set(&c.Addr, "127.0.0.1:8080")
	set(&c.PublicURL, "http://"+c.Addr)
	set(&c.ExitURL, DefaultExit)
	set(&c.CommunityName, "Beside")
	set(&c.Provider.Name, c.CommunityName)
	if c.Silence == 0 {
		c.Silence = 15 * time.Second
	}
	if c.TZ == nil {
		c.TZ = time.UTC
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Clock == nil {
		c.Clock = clock.System()
	}
	if c.Rand == nil {
		c.Rand = rand.Reader
	}
	if c.Proxies == nil && loopback(c.Addr) {
		c.Proxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}
	}
	if err := c.safe(); err != nil {
		return c, err
	}
	if _, err := young.Find(c.Jurisdiction); err != nil {
		return c, fmt.Errorf("app: jurisdiction: %w", err)
	}
	if c.KeyringCopy != "" && c.KeyringCopy != NoCopy && !isURL(c.KeyringCopy) {
		whole, err := filepath.Abs(c.KeyringCopy)
		if err != nil {
			return c, fmt.Errorf("app: the copy of the keyring: %w", err)
		}
		c.KeyringCopy = whole // others read it from elsewhere
	}
	if c.KeyringCopy != "" && (samePlace(c.KeyringCopy, c.Database) || samePlace(c.KeyringCopy, c.Keyring)) {
		return c, errors.New("app: the copy of the keyring must have a place of its own, on another disk if you can")
	}
	if samePlace(c.Keyring, c.Database) {
		return c, errors.New("app: the keyring must be kept apart from the books: give it a folder or a database of its own")
	}
	return c, nil
}

// rootFile is the file of the root key when nothing else is said.
const rootFile = "root.key"

// besideFolder is a folder beside another: who copies the one does not copy the other.
func besideFolder(folder, after string) string {
	whole, err := filepath.Abs(folder)
	if err != nil || filepath.Dir(whole) == whole {
		return filepath.Join(folder, after[1:])
	}
	if base := filepath.Base(filepath.Clean(folder)); base == "." || base == ".." {
		folder = whole
	}
	return filepath.Clean(folder) + after
}

// usual is where something is kept when nothing is said: where it is, or apart.
func usual(before, file, apart string) string {
	if _, err := os.Stat(filepath.Join(before, file)); err == nil {
		return before
	}
	return apart
}

// Within reports whether a place lies in the folder of the books, so that who copies that folder copies the keys too.
func (c Config) Within(place string) bool {
	if isURL(c.Database) || isURL(place) {
		return false
	}
	books, err := filepath.Abs(c.Database)
	at, err2 := filepath.Abs(place)
	if err != nil || err2 != nil {
		return false
	}
	rest, err := filepath.Rel(books, at)
	return err == nil && rest != ".." && !strings.HasPrefix(rest, ".."+string(filepath.Separator))
}

// DemoMark is the file by which the folder of a demo is known. Everybody knows the passphrase of the people in it.
const DemoMark = "people.json"

// safe refuses to serve made-up people as real ones, and to carry anybody's words over a network in the clear.
func (c Config) safe() error {
	if c.Demo {
		return nil
	}
	if _, err := os.Stat(filepath.Join(c.Database, DemoMark)); err == nil && !isURL(c.Database) {
		return fmt.Errorf("app: %s is the folder of a demo, whose passphrases are known to all: choose another with --database", c.Database)
	}
	if strings.HasPrefix(c.PublicURL, "http://") && !loopback(c.Addr) {
		return fmt.Errorf("app: %s can be reached from elsewhere over plain http: listen on 127.0.0.1 behind a proxy that speaks https, and say --public-url https://…", c.Addr)
	}
	return nil
}

// loopback reports whether only this machine reaches an address. One that cannot be read is refused when it is listened on.
func loopback(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	ip := net.ParseIP(host)
	return err != nil || host == "localhost" || ip != nil && ip.IsLoopback()
}

// samePlace reports whether two folders, or two addresses, are written to mean the same.
func samePlace(a, b string) bool {
	if isURL(a) || isURL(b) {
		return a == b
	}
	x, err := filepath.Abs(a)
	y, again := filepath.Abs(b)
	return err == nil && again == nil && x == y
}

// placeOf is a place as it may be told: an address can hold a password.
func placeOf(where string) string {
	if isURL(where) {
		return "in the database"
	}
	return "in " + where
}

func set(s *string, usual string) {
	if *s == "" {
		*s = usual
	}
}
