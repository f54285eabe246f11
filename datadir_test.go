package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"spool/schema"
)

// touch makes a file that scripts wait for.
func (s *server) touch(t testing.TB, path string) {
	t.Helper()
	require.NoError(t, os.WriteFile(path, nil, 0o600))
}

// kill ends the server as a crash would.
func (s *server) kill(t testing.TB) {
	t.Helper()
	require.NoError(t, s.command.Process.Kill())
	s.awaitExit(t)
}

// startOn starts another server on the data directory, and with the records, of one that
// has ended.
func (s *server) startOn(t testing.TB, flags ...string) *server {
	t.Helper()
	next := startServerWith(t, func(command *exec.Cmd) {
		command.Env = append(command.Env, recordsVariable+"="+s.records)
	}, append([]string{"--data-dir=" + s.dir}, flags...)...)
	next.dir, next.records = s.dir, s.records
	return next
}

func TestD04OneServerForADataDirectory(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	c, _ := s.begin(t, script("echo ready; sleep 1; echo last"))
	require.Equal(t, "ready", c.next())

	require.Less(t, fastest(2*time.Second, func() time.Duration {
		var told bytes.Buffer
		second := exec.Command(binaries.spool, "--listen=127.0.0.1:0", "--data-dir="+s.dir, "--claude="+binaries.claude)
		second.Env, second.Stderr = s.command.Env, &told
		start := time.Now()
		err := second.Run()
		took := time.Since(start)
		require.Error(t, err)
		require.Equal(t, 1, second.ProcessState.ExitCode())
		require.Contains(t, told.String(), s.dir)
		require.Contains(t, told.String(), "--data-dir")
		return took
	}), 2*time.Second)

	e := c.rest()
	requireEnd(t, e, "")
	require.Equal(t, []string{"last"}, e.lines, "the first server goes on")
	requireEnd(t, s.run(t, "hi"), "")
}

// What a killed server was just starting holds its lock for a moment more.
func TestD04ALockThatIsAboutToGoIsAwaited(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	held, err := lock(dir)
	require.NoError(t, err)
	_, err = lock(dir)
	require.ErrorContains(t, err, "another server uses the data directory "+dir)
	go func() { <-time.After(lockPatience / 10); held() }()
	unlock, err := lock(dir)
	require.NoError(t, err)
	unlock()
}

func TestD04AKilledServerLeavesNoLock(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	c, _ := s.begin(t, script("echo ready; cat"))
	require.Equal(t, "ready", c.next())
	s.kill(t)
	require.FileExists(t, filepath.Join(s.dir, "LOCK"), "it is never removed")
	next := s.startOn(t)
	requireEnd(t, next.run(t, "hi"), "")
}

func TestAKilledServersRunsReadTheEndOfTheirStdin(t *testing.T) {
	t.Parallel()
	bothWays(t, func(t *testing.T, way string) {
		s := startServer(t, way)
		proof := t.TempDir() + "/proof"
		c, _ := s.begin(t, script("echo ready; cat; echo end >"+proof))
		require.Equal(t, "ready", c.next())
		s.kill(t)
		require.Equal(t, 1006, c.rest().code)
		require.Eventually(t, func() bool { _, err := os.Stat(proof); return err == nil }, patience, 10*time.Millisecond)
		s.awaitNoSurvivors(t, patience)
		s.startOn(t) // which tidies up
	})
}

func TestTheNextServerEndsWhatAKilledOneLeft(t *testing.T) {
	t.Parallel()
	bothWays(t, func(t *testing.T, way string) {
		s := startServer(t, way)
		var ids []string
		works, sleep := []string{"echo ready; sleep 600", deaf, "setsid sh -c 'sleep 600 & sleep 600' & echo ready; cat"}, nap()
		if s.health(t).Containment == "cgroup" { // elsewhere a process without the marker is a stranger's
			works = append(works, "(env -i setsid sleep "+sleep+" &) & "+awaitNapper(sleep)+"; echo ready; cat")
		}
		for _, work := range works {
			c, id := s.begin(t, script(work))
			require.Equal(t, "ready", c.next())
			ids = append(ids, id)
		}
		s.kill(t)
		require.NotEmpty(t, s.survivors(t), "else this test shows nothing")

		start := time.Now()
		next := s.startOn(t, "--stop-grace=1s")
		require.Less(t, time.Since(start), 5*time.Second)
		next.requireNoSurvivors(t) // it answers only after that
		for _, id := range ids {
			r := next.lookUp(t, id)
			requireRun(t, r, schema.Interrupted, schema.RunInterrupted)
			require.NotNil(t, r.Stop, "it says what was proven")
		}
		require.Empty(t, nappers(t, sleep))
		requireEnd(t, next.run(t, "hi"), "")
	})
}

func TestTheSweepTouchesNobodyElse(t *testing.T) {
	t.Parallel()
	other := startServer(t)
	c, _ := other.begin(t, script("echo ready; sleep 2; echo last"))
	require.Equal(t, "ready", c.next())
	s := startServer(t)
	s.kill(t)
	s.startOn(t)
	e := c.rest()
	requireEnd(t, e, "")
	require.Equal(t, []string{"last"}, e.lines)
}
