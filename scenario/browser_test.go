package scenario

import (
	"strings"
	"testing"

	"beside/internal/testkit/ready"
	"beside/internal/testkit/world"
)

// atHome is a house in this process, seen through real browser windows.
type atHome struct {
	world *world.World
	look  look
}

func (h atHome) somebody(t *testing.T) browser { return newScreen(t, h.world.URL, h.look) }

func (h atHome) firstLink(t *testing.T) string {
	t.Helper()
	link, err := h.world.App.FirstLink(t.Context())
	if err != nil || link == "" {
		t.Fatalf("the first link is %q, %v", link, err)
	}
	return strings.TrimPrefix(link, h.world.URL)
}

func (h atHome) interrupt(*testing.T) {} // the store would not notice: see TestMainJob

// TestMainJobInBrowser lives the story by tapping and typing: on a phone and on a desk, with and without script.
func TestMainJobInBrowser(t *testing.T) {
	for _, l := range []look{{width: 360, script: true}, {width: 360}, {width: 1280, script: true}, {width: 1280}} {
		t.Run(l.String(), func(t *testing.T) {
			mainJob(t, atHome{world.New(t, ready.Folder(t)), l})
		})
	}
}
