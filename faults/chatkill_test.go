package faults

import (
	"context"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"spool/schema"
)

// At random moments the server is killed, while conversations get messages, branch, have
// messages wait, ask for approvals and break turns off. Every message that was accepted is
// there afterwards, was given to the agent at most once, and has come to one end.
func TestD01KilledServersLoseNoMessage(t *testing.T) {
	const atOnce = 8
	w := newWorld(t, "--max-runs=30", "--log-level=warn", "--warm=2", "--stop-grace=1s", "--drain-grace=2s")
	rounds, dice := times(8, 200), random(t)
	w.start()
	ctx, cancel := context.WithTimeout(t.Context(), time.Duration(rounds)*5*time.Second+patience)
	defer cancel()
	killing, stopKilling := context.WithCancel(ctx)
	partners := make([]*partner, atOnce)
	var talks sync.WaitGroup
	for i := range partners {
		p := newPartner(w, i, rand.New(rand.NewPCG(dice.Uint64(), 0)))
		partners[i] = p
		talks.Go(func() { p.talk(ctx, killing) })
	}
	slowest := time.Duration(0)
	for range rounds {
		pauseFor(ctx, time.Duration(dice.IntN(1500))*time.Millisecond)
		w.kill()
		slowest = max(slowest, w.start())
	}
	stopKilling()
	talks.Wait()
	w.requireConversations(partners)
	w.kill()
	w.start()
	counts := w.requireConversations(partners) // and so it stays
	t.Logf("%v through %d kills; the slowest start took %v", counts, rounds, slowest)
	require.Less(t, slowest, 5*time.Second, "ready")
	require.Positive(t, counts[schema.Succeeded])
	w.stop()
	w.requireNoSurvivors()
	w.requireOnlyRuns(partners)
}

// requireOnlyRuns checks that every directory of a process is that of a turn.
func (w *world) requireOnlyRuns(partners []*partner) {
	w.t.Helper()
	var runs []string
	for _, p := range partners {
		for _, t := range p.turns {
			runs = append(runs, t.user.RunID)
		}
	}
	dirs, err := os.ReadDir(filepath.Join(w.dir, "proc"))
	require.NoError(w.t, err)
	for _, dir := range dirs {
		require.Contains(w.t, runs, dir.Name(), "what waited has left something")
	}
}
