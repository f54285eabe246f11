package faults

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"spool/schema"
)

// streamed is a run that was accepted, and what its viewer has seen of it.
type streamed struct {
	id, word string
	count    int
	seen     seen
	err      error
}

// At random moments the server is killed, while runs are being accepted, streamed and ended.
// Every run that was accepted is there afterwards, was started at most once, and its viewer
// has every line once, in order, and one end. Of processes that waited for runs nothing is left.
func TestD01KilledServersLoseNothing(t *testing.T) {
	const atOnce = 20
	w := newWorld(t, "--max-runs=30", "--log-level=warn", "--warm=2")
	rounds, dice := times(8, 200), random(t)
	w.start()
	ctx, cancel := context.WithTimeout(t.Context(), time.Duration(rounds)*5*time.Second+patience)
	defer cancel()

	killing, stopKilling := context.WithCancel(ctx)
	var all []*streamed
	var mu sync.Mutex
	var streams sync.WaitGroup
	for i := range atOnce { // each of them has one run after the other, until the killing is over
		streams.Go(func() {
			for n := 0; killing.Err() == nil; n++ {
				s := &streamed{word: fmt.Sprintf("run-%d-%d", i, n), count: 30 + 10*(i%7)}
				s.id = w.post(ctx, fmt.Sprintf("%d %dms %s", s.count, 3+i%9, s.word), s.word)
				s.seen, s.err = w.follow(ctx, s.id)
				mu.Lock()
				all = append(all, s)
				mu.Unlock()
			}
		})
	}
	slowest := time.Duration(0)
	for range rounds {
		pauseFor(ctx, time.Duration(dice.IntN(1500))*time.Millisecond)
		w.kill()
		slowest = max(slowest, w.start())
	}
	stopKilling()
	streams.Wait()
	t.Logf("%d runs through %d kills; the slowest start took %v", len(all), rounds, slowest)
	require.Less(t, slowest, 5*time.Second, "ready")
	w.requireWhole(all)
	w.kill()
	w.start()
	w.requireWhole(all) // and so it stays
	w.stop()
	w.requireNoSurvivors()
	dirs, err := os.ReadDir(filepath.Join(w.dir, "proc"))
	require.NoError(t, err)
	require.Len(t, dirs, len(all), "what waited has left something")
}

func pauseFor(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}

// requireWhole compares what viewers have seen with what was written, and with what the
// server says of it now.
func (w *world) requireWhole(all []*streamed) {
	w.t.Helper()
	states := map[schema.State]int{}
	for _, s := range all {
		require.NoError(w.t, s.err, s.word)
		require.Equal(w.t, 1, s.seen.ends, s.word)
		states[s.seen.end.State]++
		starts := w.traces(s.word)
		require.LessOrEqual(w.t, starts, 1, "%s was started twice", s.word)
		run, err := w.run(s.id)
		require.NoError(w.t, err)
		require.Equal(w.t, s.seen.end.State, run.State, s.word)
		require.NotNil(w.t, run.EndedAt)
		if run.Stop != nil {
			require.Empty(w.t, run.Stop.Survivors)
		}
		if run.State == schema.Interrupted { // only if the server died before it had given the prompt
			require.Empty(w.t, s.seen.lines, s.word)
			require.Zero(w.t, starts, "%s had its prompt and was interrupted", s.word)
			continue
		}
		require.Equal(w.t, schema.Succeeded, run.State, "%s: %+v", s.word, run)
		require.Len(w.t, s.seen.lines, s.count, s.word)
		for i, line := range s.seen.lines[1 : s.count-1] {
			require.Equal(w.t, lineOf(s.word, i+2), line)
		}
		require.Equal(w.t, resultLine, s.seen.lines[s.count-1])
	}
	w.t.Logf("ends: %v", states)
	require.Positive(w.t, states[schema.Succeeded])
}
