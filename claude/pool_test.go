package claude

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"spool/logtest"
)

// patience bounds every wait of these tests. It is reached only by a failure.
const patience = 30 * time.Second

// dirs makes outputs in a directory.
type dirs struct {
	path   string
	broken atomic.Bool // nothing can be made
}

var serial atomic.Int64

func (d *dirs) Create() (Output, error) {
	if d.broken.Load() {
		return Output{}, errors.New("no room")
	}
	id := fmt.Sprintf("run_%d_%d", os.Getpid(), serial.Add(1))
	if err := os.Mkdir(filepath.Join(d.path, id), 0o700); err != nil {
		return Output{}, err
	}
	stdout, err := os.Create(filepath.Join(d.path, id, "stdout"))
	if err != nil {
		return Output{}, err
	}
	stderr, err := os.Create(filepath.Join(d.path, id, "stderr"))
	return Output{id, stdout, stderr}, err
}

func (d *dirs) Remove(id string) error { return os.RemoveAll(filepath.Join(d.path, id)) }

// pool is a Pool whose claude is a shell script, and that is fast.
type pool struct {
	*Pool
	t    *testing.T
	dirs *dirs
	home string
	log  *logtest.Buffer
	stop func()
}

// waits is a claude that waits for its prompt, says so, and answers.
const waits = `read -r prompt || exit 0; echo "got $prompt"; exec cat`

// newPool makes a pool that is not served yet.
func newPool(t *testing.T, script string, change ...func(*Pool)) *pool {
	t.Helper()
	home := t.TempDir()
	require.NoError(t, os.MkdirAll(filepath.Join(home, ".claude"), 0o700))
	path := filepath.Join(home, "claude")
	require.NoError(t, os.WriteFile(path, []byte("#!/bin/sh\n"+script+"\n"), 0o700))
	agent := &Agent{
		Program: Program{Name: path}, Supervisor: supervisor, MaxProcesses: 50,
		Environment: []string{"PATH=" + os.Getenv("PATH"), "HOME=" + home},
	}
	p := &pool{t: t, dirs: &dirs{path: t.TempDir()}, home: home, log: &logtest.Buffer{}, stop: func() {}}
	p.Pool = NewPool(PoolConfig{Size: 1, Memory: 1 << 40, Dir: t.TempDir()}, agent, p.dirs, slog.New(slog.NewTextHandler(p.log, nil)))
	p.tempo = tempo{look: 10 * time.Millisecond, patience: patience, first: 10 * time.Millisecond, most: 100 * time.Millisecond, settled: time.Hour}
	p.memory.read = func() (int64, int64) { return 0, 0 }
	for _, c := range change {
		c(p.Pool)
	}
	return p
}

// servedPool is newPool, served until the end of the test. Nothing of it may be left then.
func servedPool(t *testing.T, script string, change ...func(*Pool)) *pool {
	t.Helper()
	p := newPool(t, script, change...)
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan struct{})
	go func() { defer close(served); p.Serve(ctx) }()
	p.stop = func() { cancel(); <-served }
	require.Eventually(t, func() bool {
		p.mu.Lock()
		defer p.mu.Unlock()
		return p.open
	}, patience, time.Millisecond)
	t.Cleanup(func() {
		p.stop()
		if t.Failed() {
			t.Logf("the log:\n%s", p.log)
		}
		p.requireNothingLeft()
	})
	return p
}

// requireNothingLeft checks that no process waits, and that there are no files of one.
func (p *pool) requireNothingLeft() {
	p.t.Helper()
	require.Zero(p.t, p.Stats().Waiting)
	entries, err := os.ReadDir(p.dirs.path)
	require.NoError(p.t, err)
	require.Empty(p.t, entries)
}

// until waits until something is so.
func (p *pool) until(what string, is func(PoolStats) bool) {
	p.t.Helper()
	require.Eventually(p.t, func() bool { return is(p.Stats()) }, patience, time.Millisecond, what)
}

// waiting waits until so many processes wait.
func (p *pool) waiting(n int) {
	p.t.Helper()
	p.until(fmt.Sprintf("%d wait", n), func(s PoolStats) bool { return s.Waiting == n })
}

// hit takes a process that waits, and gives it back at the end of the test.
func (p *pool) hit(wishes Wishes) *Start {
	p.t.Helper()
	s := p.Begin(wishes)
	require.NotNil(p.t, s.Waiting, "a process waits")
	p.t.Cleanup(func() { p.Discard(s.Waiting) })
	return s
}

// miss finds no process that waits.
func (p *pool) miss(wishes Wishes) *Start {
	p.t.Helper()
	s := p.Begin(wishes)
	require.Nil(p.t, s.Waiting)
	return s
}

// shelved returns the processes that wait for a profile.
func (p *pool) shelved(wishes Wishes) (all []*Waiting) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, s := range p.shelves {
		if s.wishes == wishes {
			all = append(all, s.waiting...)
		}
	}
	return all
}

func TestARunTakesAProcessThatWaits(t *testing.T) {
	t.Parallel()
	p := servedPool(t, waits)
	p.waiting(1)
	w := p.hit(Wishes{}).Waiting
	require.NoError(t, write(w.Process, []byte("hello\n")))
	require.Eventually(t, func() bool {
		text, err := os.ReadFile(w.Stdout.Name())
		return err == nil && string(text) == "got hello\n"
	}, patience, time.Millisecond)
	stats := p.Stats()
	require.EqualValues(t, 1, stats.Hits)
	require.Zero(t, stats.Misses)
	require.Equal(t, Drops{}, stats.Drops)
}

// Two runs never get the same one, however many ask at once.
func TestAProcessServesOneRun(t *testing.T) {
	t.Parallel()
	p := servedPool(t, waits, func(p *Pool) { p.config.Size = 3 })
	p.waiting(3)
	var asking sync.WaitGroup
	var mu sync.Mutex
	taken := map[string]int{}
	for range 20 {
		asking.Go(func() {
			if w := p.Begin(Wishes{}).Waiting; w != nil {
				mu.Lock()
				taken[w.ID]++
				mu.Unlock()
				p.Discard(w)
			}
		})
	}
	asking.Wait()
	require.Len(t, taken, 3, "%v", taken)
	stats := p.Stats()
	require.EqualValues(t, 3, stats.Hits)
	require.EqualValues(t, 17, stats.Misses)
}

// Each profile has processes of its own, once it was used.
func TestProfilesThatWereUsedBecomeWarm(t *testing.T) {
	t.Parallel()
	p := servedPool(t, `echo "$@"; `+waits, func(p *Pool) { p.agent.Options.Model = "opus" })
	p.waiting(1)
	p.miss(Wishes{Partial: true}).Over()
	p.miss(Wishes{Model: "sonnet"}).Over()
	p.waiting(3)
	partial := p.hit(Wishes{Partial: true})
	require.Contains(t, arguments(t, partial.Waiting), "--include-partial-messages")
	require.Contains(t, arguments(t, p.hit(Wishes{Model: "sonnet"}).Waiting), "--model=sonnet")
	same := p.hit(Wishes{Model: "opus"})
	require.Contains(t, arguments(t, same.Waiting), "--model=opus", "the operator's model is no wish")
}

// arguments are what the script was started with, as it prints them.
func arguments(t *testing.T, w *Waiting) []string {
	t.Helper()
	var text []byte
	require.Eventually(t, func() bool {
		var err error
		text, err = os.ReadFile(w.Stdout.Name())
		return err == nil && len(text) > 0
	}, patience, time.Millisecond)
	return strings.Fields(string(text))
}

// A session is loaded at the start: whoever continues one cannot use what waits.
func TestASessionIsNeverWarm(t *testing.T) {
	t.Parallel()
	p := servedPool(t, waits)
	p.waiting(1)
	p.miss(Wishes{Session: "0dcc8b45-c1bf-465e-ad3d-a913e0ca14c1"}).Over()
	stats := p.Stats()
	require.Zero(t, stats.Misses, "it could not have been a hit")
	require.Equal(t, 1, stats.Waiting)
	p.mu.Lock()
	defer p.mu.Unlock()
	require.Len(t, p.shelves, 1)
}

func TestAPoolOfNothing(t *testing.T) {
	t.Parallel()
	p := newPool(t, waits, func(p *Pool) { p.config.Size = 0 })
	p.Serve(t.Context()) // returns at once
	start := p.miss(Wishes{})
	start.FirstLine()
	stats := p.Stats()
	require.Zero(t, stats.Misses+stats.Starts)
	require.EqualValues(t, 1, stats.FirstLine.Cold.Count)
	p.requireNothingLeft()
}

// When the pool ends, everything is gone when Serve returns, also what was being dropped, and
// what does not go by itself.
func TestTheEndOfAPool(t *testing.T) {
	t.Parallel()
	p := servedPool(t, "trap '' TERM; exec sleep 600", func(p *Pool) { p.config.Size = 3 })
	p.waiting(3)
	waiting := p.shelved(Wishes{})
	p.stop()
	for _, w := range waiting {
		require.NoDirExists(t, filepath.Join(p.dirs.path, w.ID))
		require.False(t, w.alive())
	}
	p.miss(Wishes{})
	require.Equal(t, Drops{}, p.Stats().Drops, "that is no reason to count")
}

// A second signal to the server leaves out every grace.
func TestTheEndOfAPoolInAHurry(t *testing.T) {
	t.Parallel()
	p := servedPool(t, "trap '' TERM; exec sleep 600")
	p.waiting(1)
	w := p.shelved(Wishes{})[0]
	p.Hurry()
	began := time.Now()
	p.stop()
	require.Less(t, time.Since(began), closePatience)
	require.False(t, w.alive())
}
