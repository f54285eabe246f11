package run

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"spool/claude"
	"spool/schema"
	"spool/store"
)

// warmHouse is a house in which a process waits. Its script is told when it was started.
func warmHouse(t *testing.T, script string, change func(*Config)) house {
	t.Helper()
	h := newHouse(t, script, func(c *Config) {
		c.Warm = claude.PoolConfig{Size: 1, Memory: 1 << 40}
		if change != nil {
			change(c)
		}
	})
	ctx, cancel := context.WithCancel(context.Background())
	var keeping sync.WaitGroup
	keeping.Go(func() { h.KeepWarm(ctx) })
	t.Cleanup(func() { cancel(); keeping.Wait() })
	h.awaitWarm(t)
	return h
}

// awaitWarm waits until a process waits.
func (h house) awaitWarm(t *testing.T) {
	t.Helper()
	require.Eventually(t, func() bool { return h.Warm().Waiting == 1 }, patience, time.Millisecond, "no process waits")
}

// waitingID is the id of the process that waits.
func (h house) waitingID(t *testing.T) string {
	t.Helper()
	entries, err := os.ReadDir(h.procDir())
	require.NoError(t, err)
	for _, entry := range entries {
		if _, err := h.store.Run(t.Context(), entry.Name()); err != nil {
			return entry.Name()
		}
	}
	require.FailNow(t, "no process waits")
	return ""
}

// waits is a claude that waits for its prompt.
const waits = `read -r prompt || exit 0; echo "$SPOOL_RUN_TEST"; echo "$prompt" | grep -o '"text":"[^"]*"'`

func TestARunTakesTheIDOfTheProcessThatWaited(t *testing.T) {
	t.Parallel()
	h := warmHouse(t, waits, nil)
	id := h.waitingID(t)
	_, err := h.Open(t.Context(), id)
	requireCode(t, schema.NotFound, err)

	r, view := h.submit(t)
	require.Equal(t, id, r.ID)
	require.Equal(t, schema.Succeeded, r.end(t).State)
	require.Equal(t, []string{id, `"text":"hi"`, `"text":""`}, view.read(t).lines)
	view.Leave(ClientGone)
	record := h.record(t, r)
	require.Equal(t, id, record.ID)
	require.EqualValues(t, 3, record.Lines)
	require.EqualValues(t, 1, h.Warm().Hits)
	require.EqualValues(t, 1, h.Warm().FirstLine.Warm.Count)
}

// Whoever has to queue is named before there is a place, and starts its own process.
func TestARunThatQueuesStartsItsOwnProcess(t *testing.T) {
	t.Parallel()
	h := warmHouse(t, "read -r prompt || exit 0; echo begun; gate", func(c *Config) { c.MaxRuns = 1 })
	first, _ := h.submit(t, detached)
	second, _ := h.submit(t, detached)
	require.Equal(t, 1, second.Position())
	h.open(t, "gate")
	require.Equal(t, schema.Succeeded, first.end(t).State)
	require.Equal(t, schema.Succeeded, second.end(t).State)
	stats := h.Warm()
	require.EqualValues(t, 1, stats.Hits)
	require.Zero(t, stats.Misses)
	require.EqualValues(t, 1, stats.FirstLine.Cold.Count)
}

// A process that waits has no place of its own.
func TestWhatWaitsTakesNoPlace(t *testing.T) {
	t.Parallel()
	h := warmHouse(t, waits, func(c *Config) { c.MaxRuns, c.MaxQueue = 1, 0 })
	running, queued := h.Counts()
	require.Zero(t, running+queued)
	r, _ := h.submit(t, detached)
	require.Equal(t, schema.Succeeded, r.end(t).State)
}

// The clock of a run begins with its prompt, however long its process has waited.
func TestTheClockBeginsWithThePrompt(t *testing.T) {
	t.Parallel()
	h := warmHouse(t, `read -r prompt || exit 0; echo begun; spin`, func(c *Config) { c.RunTimeout = time.Second })
	id := h.waitingID(t)
	info, err := os.Stat(filepath.Join(h.procDir(), id, "stdout"))
	require.NoError(t, err)
	for began := info.ModTime(); time.Since(began) < 1200*time.Millisecond; { // longer than a run may take
		<-time.After(10 * time.Millisecond)
	}
	submitted := time.Now()
	r, _ := h.submit(t, detached)
	require.Equal(t, id, r.ID)
	require.Equal(t, schema.TimeoutWall, r.end(t).Code())
	require.Greater(t, time.Since(submitted), 900*time.Millisecond)
	require.False(t, h.record(t, r).StartedAt.Before(submitted.Truncate(time.Millisecond)))
}

// A run that cannot begin takes its process down with it.
func TestARunThatCannotBeginEndsTheProcessThatItTook(t *testing.T) {
	t.Parallel()
	t.Run("the server stops", func(t *testing.T) {
		t.Parallel()
		h := warmHouse(t, waits, nil)
		h.Drain(t.Context())
		id := h.waitingID(t)
		requireCode(t, schema.Draining, h.ask(t))
		require.NoDirExists(t, filepath.Join(h.procDir(), id))
	})
	t.Run("its record cannot be written", func(t *testing.T) {
		t.Parallel()
		h := warmHouse(t, waits, nil)
		id := h.waitingID(t)
		record, err := h.newRecord(t.Context(), Request{Payload: schema.Payload{Prompt: "x", Meta: "X"}, Key: "k"})
		require.NoError(t, err)
		require.NoError(t, h.store.Insert(t.Context(), ended(record)))
		_, _, err = h.accept(Request{Payload: schema.Payload{Prompt: "hi", Meta: "X"}, Key: "k"}, sameKey(h, t))
		require.ErrorIs(t, err, store.ErrKeyTaken)
		require.NoDirExists(t, filepath.Join(h.procDir(), id))
		require.EqualValues(t, 1, h.Warm().Hits)
		h.awaitWarm(t)
	})
}

// ended makes a record one of a run that is over.
func ended(record store.Run) store.Run {
	now := time.Now()
	record.State, record.EndedAt = schema.Succeeded, &now
	return record
}

// sameKey is the record of a second request with the key k.
func sameKey(h house, t *testing.T) store.Run {
	t.Helper()
	record, err := h.newRecord(t.Context(), Request{Payload: schema.Payload{Prompt: "hi", Meta: "X"}, Key: "k"})
	require.NoError(t, err)
	return record
}

// A client that leaves at once leaves nothing behind, whether or not the process has its
// prompt by then.
func TestAClientThatLeavesAtOnceLeavesNothing(t *testing.T) {
	t.Parallel()
	h := warmHouse(t, "read -r prompt || exit 0; echo begun; spin", nil)
	for i := range 5 {
		h.awaitWarm(t)
		r, view := h.submit(t)
		view.Leave(ClientGone)
		o := r.end(t)
		require.Equal(t, schema.Aborted, o.State)
		require.Empty(t, o.Proof.Survivors)
		require.NotEmpty(t, o.Proof.Rung, "there was a process: %d", i)
	}
	require.EqualValues(t, 5, h.Warm().Hits)
}

// The workspace may be taken away from under a process that waits.
func TestAWorkspaceThatIsReplacedMakesTheProcessStale(t *testing.T) {
	t.Parallel()
	h := warmHouse(t, "read -r prompt || exit 0; ls; rm -rf \"$PWD\"", nil)
	for i := range 3 {
		require.NoError(t, os.MkdirAll(h.config.Workspace, 0o700))
		h.open(t, fmt.Sprint("file", i))
		r, view := h.submit(t)
		require.Equal(t, schema.Succeeded, r.end(t).State)
		require.Equal(t, []string{fmt.Sprint("file", i)}, view.read(t).lines)
		view.Leave(ClientGone)
	}
}

// What cannot be kept waiting is told to clients as if nothing had been tried.
func TestACLIThatCannotBeStartedIsToldAsEver(t *testing.T) {
	t.Parallel()
	h := newHouse(t, waits, func(c *Config) { c.Warm = claude.PoolConfig{Size: 1, Memory: 1 << 40} })
	require.NoError(t, os.Remove(filepath.Join(filepath.Dir(h.config.DataDir), "claude")))
	ctx, cancel := context.WithCancel(context.Background())
	var keeping sync.WaitGroup
	keeping.Go(func() { h.KeepWarm(ctx) })
	defer func() { cancel(); keeping.Wait() }()
	for range 3 {
		r, _ := h.submit(t, detached)
		o := r.end(t)
		require.Equal(t, schema.SpawnFailed, o.Code())
		require.Contains(t, o.Error.Text, "not found")
	}
	require.LessOrEqual(t, len(h.log.Lines("no claude is kept waiting")), 1)
}
