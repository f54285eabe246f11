package main

import (
	"net/http"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"spool/schema"
)

// drained is how the sockets of a stopping server ended.
type drained struct {
	mu   sync.Mutex
	ends map[string][]end // guarded by mu; by kind of socket
	all  sync.WaitGroup
}

// follow reads a socket to its end.
func (d *drained) follow(kind string, c *socket) {
	d.all.Go(func() {
		e := c.rest()
		d.mu.Lock()
		defer d.mu.Unlock()
		d.ends[kind] = append(d.ends[kind], e)
	})
}

// requireAll checks that all sockets of a kind, so many, ended with the code.
func (d *drained) requireAll(t *testing.T, kind string, n int, code schema.Code) {
	t.Helper()
	require.Len(t, d.ends[kind], n, kind)
	for _, e := range d.ends[kind] {
		requireEnd(t, e, code)
	}
}

// populate opens 50 runs and some sockets besides: runs that end in time, runs that do not
// but end when they are asked to, deaf ones; some that wait in the queue; and sockets
// without a prompt.
func populate(t *testing.T, s *server, gate string) *drained {
	t.Helper()
	d := &drained{ends: map[string][]end{}}
	begin := func(kind string, n int, work string) {
		for range n {
			c, _ := s.begin(t, script("echo ready", work))
			require.Equal(t, "ready", c.next())
			d.follow(kind, c)
		}
	}
	begin("in time", 20, "until [ -e "+gate+" ]; do sleep 0.2; done; echo done")
	begin("too long", 20, "setsid sleep 600 & sleep 600 & wait")
	begin("deaf", 10, "trap '' TERM; while :; do sleep 600; done")
	for range 3 {
		c, _ := s.begin(t, script("echo never"))
		require.Contains(t, c.next(), `"info":"queued"`)
		d.follow("queued", c)
	}
	for range 10 {
		c := s.dial(t)
		require.Equal(t, schema.InfoFrame, c.next())
		d.follow("no prompt", c)
	}
	return d
}

func TestD05AStoppedServerLeavesNobodyBehind(t *testing.T) {
	const grace = 6 * time.Second
	s := startServer(t, "--max-runs=50", "--drain-grace=6s", "--stop-grace=2s")
	gate := t.TempDir() + "/gate"
	d := populate(t, s, gate)
	start := time.Now()
	require.NoError(t, s.command.Process.Signal(syscall.SIGTERM))
	s.requireDraining(t)
	s.touch(t, gate)
	d.all.Wait()
	s.awaitExit(t)
	require.Less(t, time.Since(start), grace+2*time.Second)
	require.Zero(t, s.command.ProcessState.ExitCode())
	s.requireNoSurvivors(t)
	s.requireRecorded(t, map[schema.State]int{schema.Succeeded: 20, schema.Interrupted: 33})

	d.requireAll(t, "in time", 20, "")
	for _, e := range d.ends["in time"] {
		require.Equal(t, []string{"done"}, e.lines)
	}
	d.requireAll(t, "too long", 20, schema.Draining)
	d.requireAll(t, "deaf", 10, schema.Draining)
	d.requireAll(t, "queued", 3, schema.Draining)
	d.requireAll(t, "no prompt", 10, schema.Draining)
}

// requireRecorded checks that the next server knows how the runs of one that was stopped have
// ended.
func (s *server) requireRecorded(t *testing.T, want map[schema.State]int) {
	t.Helper()
	next, got := s.startOn(t), map[schema.State]int{}
	for _, r := range next.runs(t, "?limit=200").Runs {
		got[r.State]++
		if r.State == schema.Interrupted {
			requireRun(t, r, schema.Interrupted, schema.RunInterrupted)
		}
	}
	require.Equal(t, want, got)
}

// requireDraining waits until the server says so, and then checks that it takes nothing new.
func (s *server) requireDraining(t *testing.T) {
	t.Helper()
	require.Eventually(t, func() bool {
		status, _ := s.get(t, "/readyz")
		return status == http.StatusServiceUnavailable
	}, patience, time.Millisecond)
	a := s.request(t, s.getLines("/readyz")...)
	requireError(t, a, http.StatusServiceUnavailable, schema.Draining)
	require.NotEmpty(t, a.header.Get("Retry-After"))
	a = s.request(t, append(upgradeLines("/ws/claude"), "Host: "+s.addr)...)
	requireError(t, a, http.StatusServiceUnavailable, schema.Draining)
	require.NotEmpty(t, a.header.Get("Retry-After"))
	require.Equal(t, "draining", s.health(t).Status)
	status, _ := s.get(t, "/livez")
	require.Equal(t, http.StatusOK, status)
}

func TestD05ASecondSignalLeavesOutEveryGrace(t *testing.T) {
	t.Parallel()
	for _, signal := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT} {
		require.Less(t, fastest(2*time.Second, func() time.Duration { return stopTwice(t, signal) }), 2*time.Second)
	}
}

// stopTwice returns how long a server with deaf runs takes to exit at the second signal.
func stopTwice(t *testing.T, signal syscall.Signal) time.Duration {
	t.Helper()
	s := startServer(t, "--drain-grace=60s", "--stop-grace=60s")
	d := &drained{ends: map[string][]end{}}
	for range 5 {
		c, _ := s.begin(t, script(deaf))
		require.Equal(t, "ready", c.next())
		d.follow("deaf", c)
	}
	require.NoError(t, s.command.Process.Signal(signal))
	s.requireDraining(t)
	start := time.Now()
	require.NoError(t, s.command.Process.Signal(signal))
	d.all.Wait()
	s.awaitExit(t)
	took := time.Since(start)
	require.Zero(t, s.command.ProcessState.ExitCode())
	d.requireAll(t, "deaf", 5, schema.Draining)
	return took
}

func TestD05AnIdleServerStopsAtOnce(t *testing.T) {
	t.Parallel()
	s := startServer(t, "--drain-grace=60s")
	d := &drained{ends: map[string][]end{}}
	requireEnd(t, s.run(t, "hi"), "")
	c := s.dial(t)
	require.Equal(t, schema.InfoFrame, c.next())
	d.follow("no prompt", c)
	start := time.Now()
	require.NoError(t, s.command.Process.Signal(syscall.SIGINT))
	s.awaitExit(t)
	require.Less(t, time.Since(start), 10*time.Second, "no grace is waited for")
	require.Zero(t, s.command.ProcessState.ExitCode())
	d.all.Wait()
	d.requireAll(t, "no prompt", 1, schema.Draining)
	s.awaitLogged(t, "stopping", 1)
}

func TestD05ASignalInTheFirstMomentIsHeeded(t *testing.T) {
	t.Parallel()
	for range 5 {
		s := startServer(t, "--drain-grace=60s")
		require.NoError(t, s.command.Process.Signal(syscall.SIGTERM))
		start := time.Now()
		s.awaitExit(t)
		require.Less(t, time.Since(start), 10*time.Second, "no grace is waited for")
		require.Zero(t, s.command.ProcessState.ExitCode())
	}
}
