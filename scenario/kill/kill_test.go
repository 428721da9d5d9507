package kill

import (
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"
)

// times is how often something is done: a few times, or as often as a variable says.
func times(t *testing.T, variable string, few int) int {
	t.Helper()
	said := os.Getenv(variable)
	if said == "" {
		return few
	}
	n, err := strconv.Atoi(said)
	if err != nil || n < 1 {
		t.Fatalf("%s is %q: it must be a number", variable, said)
	}
	return n
}

// perWorld is how many kills one installation goes through before the next begins anew.
const perWorld = 50

// luck is randomness of the test's own, whose seed it tells.
func luck(t *testing.T) *rand.Rand {
	t.Helper()
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	return rand.New(rand.NewPCG(seed, 1))
}

// TestKilledUnderLoad kills the server at random moments while people act. BESIDE_KILLS says how often.
func TestKilledUnderLoad(t *testing.T) {
	n, r := times(t, "BESIDE_KILLS", 4), luck(t)
	for n > 0 {
		kills := min(n, perWorld)
		n -= kills
		killedUnderLoad(t, newNode(t, newPlace(t, t.TempDir())), r, kills, nil)
	}
}

// TestKilledUnderLoadOnPostgres kills the server, the database, or both. BESIDE_KILLS_POSTGRES says how often.
func TestKilledUnderLoadOnPostgres(t *testing.T) {
	n, r := times(t, "BESIDE_KILLS_POSTGRES", 2), luck(t)
	c := newCluster(t)
	for world := 0; n > 0; world++ {
		kills := min(n, perWorld)
		n -= kills
		name := "beside" + strconv.Itoa(world)
		must(t, c.sql("CREATE DATABASE "+name))
		killedUnderLoad(t, newNode(t, newPlace(t, c.url(name))), r, kills, c)
	}
}

// killedUnderLoad lives the life of one installation. c is its database, nil for a folder.
func killedUnderLoad(t *testing.T, n *node, r *rand.Rand, kills int, c *cluster) {
	t.Helper()
	n.up(t)
	tn := settle(t, "http://"+n.addr, <-n.first, 2, 3)
	for i := range kills {
		database := c != nil && (i+r.IntN(2))%2 == 0
		alive(tn, func() {
			tn.goesOn(r.Int64N(40))
			pause(r, 20*time.Millisecond)
			if database {
				c.kill()
				pause(r, 20*time.Millisecond)
				if r.IntN(2) == 0 { // the server that lives on finds the database again by itself
					c.up(t)
					tn.goesOn(3)
					return
				}
			}
			n.kill()
		})
		if database && c.process == nil {
			c.up(t)
		}
		if n.process == nil {
			comesUp(t, n, r)
		}
		if err := tn.check(t.Context(), n.place); err != nil {
			t.Fatal(err)
		}
	}
	n.stop(t)
	kept, open := tn.journal.counts()
	t.Logf("verified %d times, %v each", verifications.Load(), time.Duration(verifying.Load()/max(1, verifications.Load())).Round(time.Millisecond))
	t.Logf("%d kills: %d acts acknowledged, all there; %d not acknowledged, each wholly there or not at all", kills, kept, open)
	if kept < 5*kills || open == 0 {
		t.Errorf("%d acts acknowledged and %d not in %d kills: too few to say anything", kept, open, kills)
	}
}

// comesUp starts a server that was killed, which now and then is killed again while it comes up.
func comesUp(t *testing.T, n *node, r *rand.Rand) {
	t.Helper()
	if r.IntN(4) == 0 {
		must(t, n.start())
		pause(r, 60*time.Millisecond)
		n.kill()
	}
	n.up(t)
}

// goesOn returns when so many more things were done, or after a while in which they could not be.
func (tn *town) goesOn(more int64) {
	until := tn.busy.Load() + more
	for deadline := time.Now().Add(20 * time.Second); tn.busy.Load() < until && time.Now().Before(deadline); {
		time.Sleep(time.Millisecond)
	}
}

// alive has everybody act while something happens.
func alive(tn *town, happens func()) {
	stop, done := make(chan struct{}), make(chan struct{})
	go func() { defer close(done); tn.live(stop) }()
	happens()
	close(stop)
	<-done
}

// pause waits for a random while, at most so long.
func pause(r *rand.Rand, most time.Duration) { time.Sleep(time.Duration(r.Int64N(int64(most)))) }
