package claude

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// While a run is on its way to its first line, no process is started for others.
func TestNothingIsStartedWhileARunStarts(t *testing.T) {
	t.Parallel()
	p := servedPool(t, waits)
	p.waiting(1)
	first, cold := p.hit(Wishes{}), p.BeginCold()
	p.looks(3)
	require.EqualValues(t, 1, p.Stats().Starts)
	first.FirstLine()
	p.looks(3)
	require.EqualValues(t, 1, p.Stats().Starts, "the other one has not got its line")
	cold.Over()
	p.waiting(1)
	times := p.Stats().FirstLine
	require.EqualValues(t, 1, times.Warm.Count)
	require.Positive(t, times.Warm.SumSeconds)
	require.Zero(t, times.Cold.Count, "it ended without a line")
	first.FirstLine()
	first.Over()
	require.EqualValues(t, 1, p.Stats().FirstLine.Warm.Count, "there is one first line")
}

// looks waits until the pool was inspected so often.
func (p *pool) looks(n int) {
	p.t.Helper()
	looked := func() time.Time {
		p.mu.Lock()
		defer p.mu.Unlock()
		return p.looked
	}
	for range n {
		last := looked()
		require.Eventually(p.t, func() bool { return looked().After(last) }, patience, time.Millisecond)
	}
}

// … but not for ever: a run may take its time for its first line.
func TestAProcessThatIsMissingForLongIsStarted(t *testing.T) {
	t.Parallel()
	p := servedPool(t, waits, func(p *Pool) { p.tempo.patience = 20 * time.Millisecond })
	p.waiting(1)
	p.hit(Wishes{})
	p.waiting(1)
}

func TestADeadProcessIsReplaced(t *testing.T) {
	t.Parallel()
	p := servedPool(t, waits)
	p.waiting(1)
	dead := p.shelved(Wishes{})[0]
	require.NoError(t, syscall.Kill(dead.Process.PID(), syscall.SIGKILL))
	p.until("it is replaced", func(s PoolStats) bool { return s.Starts == 2 && s.Waiting == 1 && s.Drops.Dead == 1 })
	require.NotEqual(t, dead.ID, p.shelved(Wishes{})[0].ID)
	require.Eventually(t, func() bool { return len(p.dirEntries()) == 1 }, patience, time.Millisecond)
	require.Equal(t, 1, p.log.Count("signal 9"))
}

func (p *pool) dirEntries() []os.DirEntry {
	entries, _ := os.ReadDir(p.dirs.path)
	return entries
}

// A claude that does not wait is tried again, less and less often, and told of once.
func TestAProcessThatNeverWaitsIsToldOfOnce(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ script, told string }{
		"ends at once":           {"exit 3", "status 3"},
		"starts many":            {"for i in $(seq 99); do sleep 600 & done; wait", "too many processes"},
		"writes without a limit": {"exec yes", "wrote too much"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := servedPool(t, test.script)
			p.until("some have failed", func(s PoolStats) bool { return s.Drops.Dead >= 3 })
			p.stop()
			require.Equal(t, 1, p.log.Count(test.told), "%s", p.log)
		})
	}
}

func TestAProcessThatCannotBeStartedIsToldOfOnce(t *testing.T) {
	t.Parallel()
	p := servedPool(t, waits, func(p *Pool) { p.tempo.most = 10 * time.Millisecond })
	p.waiting(1)
	p.dirs.broken.Store(true)
	p.hit(Wishes{}).Over()
	p.log.Await(t, "no room")
	p.looks(10)
	require.Equal(t, 1, p.log.Count("no room"))
	p.miss(Wishes{}).Over()
	p.dirs.broken.Store(false)
	p.waiting(1)
}

func TestThePausesBetweenFailuresGrow(t *testing.T) {
	t.Parallel()
	var pauses []time.Duration
	trouble := trouble{}
	for range 12 {
		began := time.Now()
		trouble.add(usualTempo)
		pauses = append(pauses, trouble.until.Sub(began).Round(time.Second))
	}
	require.Equal(t, []time.Duration{1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300}, inSeconds(pauses))
}

func inSeconds(all []time.Duration) (seconds []time.Duration) {
	for _, d := range all {
		seconds = append(seconds, d/time.Second)
	}
	return seconds
}

// A CLI that was mended is tried at once.
func TestANewProgramEndsTheTrouble(t *testing.T) {
	t.Parallel()
	p := servedPool(t, "exit 3", func(p *Pool) { p.tempo.first, p.tempo.most = time.Hour, time.Hour })
	p.until("it has failed", func(s PoolStats) bool { return s.Drops.Dead == 1 })
	p.replaceProgram(waits)
	p.waiting(1)
}

// replaceProgram is an update of the CLI.
func (p *pool) replaceProgram(script string) {
	p.t.Helper()
	path := filepath.Join(p.home, "claude")
	require.NoError(p.t, os.WriteFile(path+".new", []byte("#!/bin/sh\n"+script+"\n"), 0o700))
	require.NoError(p.t, os.Rename(path+".new", path))
}

// What nobody uses goes, also what waits for runs without wishes; it comes back with the next
// run.
func TestWhatNobodyUsesIsDropped(t *testing.T) {
	t.Parallel()
	p := servedPool(t, waits, func(p *Pool) { p.config.Idle = 2 * time.Second })
	p.miss(Wishes{Partial: true}).Over()
	p.waiting(2)
	p.until("all are dropped", func(s PoolStats) bool { return s.Waiting == 0 && s.Drops.Idle >= 2 })
	starts := p.Stats().Starts
	p.looks(5)
	require.Equal(t, starts, p.Stats().Starts)
	p.miss(Wishes{}).Over()
	p.waiting(1)
	require.Len(t, p.shelved(Wishes{}), 1)
}

// The memory is for runs without wishes first, then for what was used last.
func TestMemoryIsForWhatWasUsedLast(t *testing.T) {
	t.Parallel()
	p := servedPool(t, waits, func(p *Pool) { p.config.Memory = 3*waitingMemory + 1 })
	for _, model := range []string{"a", "b"} {
		p.miss(Wishes{Model: model}).Over()
	}
	p.waiting(3)
	p.miss(Wishes{Model: "c"}).Over()
	p.until("the oldest has gone", func(s PoolStats) bool { return s.Waiting == 3 && s.Drops.Memory == 1 })
	for model, n := range map[string]int{"": 1, "a": 0, "b": 1, "c": 1} {
		require.Len(t, p.shelved(Wishes{Model: model}), n, "model %q", model)
	}
	p.looks(5)
	require.EqualValues(t, 4, p.Stats().Starts, "nothing goes round in circles")
}

func TestNoMemoryKeepsNothing(t *testing.T) {
	t.Parallel()
	p := servedPool(t, waits, func(p *Pool) { p.config.Memory = waitingMemory - 1 })
	p.miss(Wishes{}).Over()
	p.looks(5)
	require.Zero(t, p.Stats().Starts)
}

// When the machine runs out of memory, what waits goes first, and nothing comes back before
// there is enough again.
func TestPressureDropsWhatWaits(t *testing.T) {
	t.Parallel()
	machine := newMachine(100 << 30)
	p := servedPool(t, waits, func(p *Pool) { p.config.Size, p.memory.read = 2, machine.read })
	p.waiting(2)
	machine.free.Store(9 << 30)
	p.until("they are dropped", func(s PoolStats) bool { return s.Waiting == 0 && s.Drops.Pressure == 2 })
	machine.free.Store(14 << 30)
	p.miss(Wishes{}).Over()
	p.looks(5)
	require.EqualValues(t, 2, p.Stats().Starts)
	machine.free.Store(16 << 30)
	p.waiting(2)
}

// Clients who may name any model cannot fill the memory with names.
func TestOnlySomeProfilesAreRemembered(t *testing.T) {
	t.Parallel()
	p := servedPool(t, waits, func(p *Pool) { p.config.Memory = waitingMemory })
	p.waiting(1)
	for i := range 100 {
		p.miss(Wishes{Model: strings.Repeat("m", i+1)}).Over()
	}
	p.looks(2)
	p.mu.Lock()
	defer p.mu.Unlock()
	require.LessOrEqual(t, len(p.shelves), maxShelves)
}
