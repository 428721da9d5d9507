package world_test

import (
	"testing"

	"beside/internal/testkit/pgtest"
	"beside/internal/testkit/world"
)

func TestAWorldHasPeopleInIt(t *testing.T) {
	pgtest.Both(t, func(t *testing.T, where string) {
		w := world.New(t, where)
		ana, sam, team := w.Join(t, "Ana"), w.Worker(t, "Sam"), w.Team(t)
		ana.Want(200, "/me")
		sam.Want(200, "/worker")
		team.Want(200, "/team")
		ana.Get("/me/workers").Says("main", "Sam")
		w.Settle(t)
	})
}
