package main

import (
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"spool/schema"
)

// warm makes a server with which every run gets a process that has waited: tests ask for a run
// only when one waits.
const warm = "--warm=1"

// awaitWarm waits until a process waits for the next run, if the server keeps one.
func (s *server) awaitWarm(t testing.TB) {
	t.Helper()
	if s.warm {
		require.Eventually(t, func() bool { return s.health(t).Warm.Waiting == 1 }, patience, 5*time.Millisecond, "no process waits")
	}
}

// bothWays is a test of what holds for runs that start a process, and for those that take one
// that has waited.
func bothWays(t *testing.T, test func(t *testing.T, way string)) {
	t.Helper()
	for name, way := range map[string]string{"cold": "--warm=0", "warm": warm} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, way)
		})
	}
}

// requireWarmed fails unless all runs so far took a process that had waited, if they should
// have.
func (s *server) requireWarmed(t testing.TB) {
	t.Helper()
	if h := s.health(t).Warm; s.warm {
		require.Zero(t, h.Misses)
		require.Positive(t, h.Hits)
	}
}

// waitingRun is the id of the process that waits.
func (s *server) waitingRun(t testing.TB) string {
	t.Helper()
	s.awaitWarm(t)
	for _, dir := range s.runDirs(t) {
		if id := filepath.Base(dir); s.waits(t, id) {
			return id
		}
	}
	require.FailNow(t, "no process waits")
	return ""
}

// waits reports whether a server that goes on keeps a process waiting under an id: nobody was
// told of such a run. Between its fork and its exec a process has no id yet.
func (s *server) waits(t testing.TB, id string) bool {
	t.Helper()
	select {
	case <-s.exited:
		return false
	default:
	}
	if !s.warm || id == "" {
		return s.warm
	}
	answer, _, err := s.tryDo(http.MethodGet, "/api/runs/"+id, "")
	return err == nil && answer.StatusCode == http.StatusNotFound
}

// waitingProcess is its process id.
func (s *server) waitingProcess(t testing.TB) int {
	t.Helper()
	waiting := s.waitingRun(t)
	for pid, run := range s.processes(t) {
		if run == waiting {
			return pid
		}
	}
	require.FailNow(t, "no process waits")
	return 0
}

func TestARunGetsTheIDOfTheProcessThatWaited(t *testing.T) {
	t.Parallel()
	s := startServer(t, warm)
	id, pid := s.waitingRun(t), s.waitingProcess(t)
	c, run := s.begin(t, script(`echo $$; echo "$SPOOL_RUN"`))
	require.Equal(t, id, run)
	require.Equal(t, strconv.Itoa(pid), c.next())
	require.Equal(t, id, c.next())
	requireEnd(t, c.rest(), "")
	r := s.lookUp(t, id)
	require.Equal(t, &schema.Stop{Rung: "exit", Survivors: []int{}}, r.Stop)
	s.requireWarmed(t)
}

// Every run has a process, a directory and an environment of its own; what one leaves in its
// process is gone with it.
func TestNothingOfOneRunReachesAnother(t *testing.T) {
	t.Parallel()
	s := startServer(t, warm)
	seen := map[string]bool{}
	for range 3 {
		e := s.run(t, script("echo $$; echo \"$SPOOL_RUN\"; env | grep -c CANARY; export CANARY=1; cd /; ls -l /proc/$$/fd/1 | sed 's/.* //'"))
		require.Len(t, e.lines, 4)
		require.Equal(t, "0", e.lines[2])
		for _, i := range []int{0, 1, 3} {
			require.False(t, seen[e.lines[i]], "%q was there before", e.lines[i])
			seen[e.lines[i]] = true
		}
	}
	for _, r := range s.started(t) {
		require.Equal(t, filepath.Join(s.dir, "workspace"), r.Dir)
	}
	s.requireWarmed(t)
}

func TestAnotherKindOfRunIsWarmTheSecondTime(t *testing.T) {
	t.Parallel()
	s := startServer(t, "--warm=1", "--allow-model=*", "--model=sonnet")
	s.waitFor(t, 1)
	s.post(t, "/api/runs?wait=true", payloadWith("one", "partial", true, "model", "opus"))
	s.waitFor(t, 2)
	s.post(t, "/api/runs?wait=true", payloadWith("two", "partial", true, "model", "opus"))
	h := s.health(t).Warm
	require.EqualValues(t, []int64{1, 1}, []int64{h.Hits, h.Misses})
	require.Contains(t, s.argsOf(t, "two"), "--include-partial-messages")
	require.Contains(t, s.argsOf(t, "two"), "--model=opus")
	s.post(t, "/api/runs?wait=true", payloadWith("three", "model", "sonnet"))
	require.EqualValues(t, 2, s.health(t).Warm.Hits, "the operator's model is that of every run")
}

// waitFor waits until so many processes wait.
func (s *server) waitFor(t testing.TB, n int) {
	t.Helper()
	require.Eventually(t, func() bool { return s.health(t).Warm.Waiting == n }, patience, 5*time.Millisecond, "%d processes wait", n)
}

// A server that is stopped leaves neither the process nor its files.
func TestAStoppedServerLeavesNothingThatWaited(t *testing.T) {
	t.Parallel()
	for name, way := range map[string]struct {
		claude string
		signal syscall.Signal
	}{
		"that ends with its stdin": {binaries.claude, syscall.SIGTERM},
		"that is deaf":             {program(t, "trap '' TERM INT HUP", "while :; do sleep 600; done"), syscall.SIGTERM},
		"that has children":        {program(t, "(setsid sleep 600 &)", "exec sleep 600"), syscall.SIGINT},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := startServer(t, warm, "--claude="+way.claude, "--drain-grace=60s", "--stop-grace=60s")
			id := s.waitingRun(t)
			start := time.Now()
			require.NoError(t, s.command.Process.Signal(way.signal))
			s.awaitExit(t)
			require.Zero(t, s.command.ProcessState.ExitCode())
			require.Less(t, time.Since(start), 10*time.Second, "no grace of runs is for what waits")
			s.requireNoSurvivors(t)
			require.NoDirExists(t, filepath.Join(s.dir, "proc", id))
			require.Empty(t, s.runDirs(t))
			require.Empty(t, s.groups(t))
		})
	}
}

// A drain takes nothing from runs: those that have a process keep it.
func TestADrainLeavesRunsTheirTime(t *testing.T) {
	t.Parallel()
	s, g := startServer(t, warm, "--drain-grace=60s"), newGate(t)
	c, _ := s.begin(t, script("echo ready", g.wait(), "echo done"))
	require.Equal(t, "ready", c.next())
	s.awaitWarm(t)
	require.NoError(t, s.command.Process.Signal(syscall.SIGTERM))
	require.Eventually(t, func() bool { return len(s.runDirs(t)) == 1 }, patience, 5*time.Millisecond, "the one that waits goes at once")
	g.open()
	e := c.rest()
	requireEnd(t, e, "")
	require.Equal(t, []string{"done"}, e.lines)
	s.awaitExit(t)
	s.requireNoSurvivors(t)
}

// A server that is killed leaves a process of which there is no record. The next one ends
// what still lives of it, and clears everything away, before it answers.
func TestTheNextServerClearsAwayWhatWaited(t *testing.T) {
	t.Parallel()
	for name, claude := range map[string]string{
		"and ends with its stdin": binaries.claude,
		"and is deaf":             program(t, "trap '' TERM INT HUP", "while :; do sleep 600; done"),
		"and has children":        program(t, "(setsid sleep 600 &)", "exec sleep 600"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := startServer(t, warm, "--claude="+claude)
			id := s.waitingRun(t)
			s.kill(t)
			require.DirExists(t, filepath.Join(s.dir, "proc", id))
			next := s.startOn(t, "--stop-grace=500ms")
			next.requireNoSurvivors(t)
			require.NoDirExists(t, filepath.Join(s.dir, "proc", id))
			require.Empty(t, s.groups(t))
			requireEnd(t, next.run(t, "hi"), "")
		})
	}
}

// A run that took a process survives its server like any other.
func TestARunThatTookAProcessIsAdopted(t *testing.T) {
	t.Parallel()
	s, g := startServer(t, warm), newGate(t)
	id := s.waitingRun(t)
	require.Equal(t, id, s.start(t, script("echo one", g.wait(), say(initLine, resultLine)), "detach", true))
	s.printed(t, id, 1)
	s.kill(t)
	next := s.startOn(t, warm)
	next.awaitLogged(t, "adopted run of an earlier server", 1)
	g.open()
	r := next.awaitEnd(t, id, schema.Succeeded, "")
	require.EqualValues(t, 3, r.Lines)
	require.Empty(t, r.Stop.Survivors)
}

func TestAProcessThatDiedWaitingIsReplaced(t *testing.T) {
	t.Parallel()
	s := startServer(t, warm)
	id := s.waitingRun(t)
	require.NoError(t, syscall.Kill(s.waitingProcess(t), syscall.SIGKILL))
	require.Eventually(t, func() bool { h := s.health(t).Warm; return h.Drops.Dead == 1 && h.Waiting == 1 }, patience, 10*time.Millisecond)
	require.NotEqual(t, id, s.waitingRun(t))
	require.Eventually(t, func() bool { return len(s.runDirs(t)) == 1 }, patience, 10*time.Millisecond)
	requireEnd(t, s.run(t, "hi"), "")
	s.requireWarmed(t)
}

// A program that needs no prompt cannot wait. Its runs are what they are without waiting, and
// the log is not filled.
func TestAProgramThatCannotWaitIsToldOfOnce(t *testing.T) {
	t.Parallel()
	s := startServer(t, "--warm=2", "--claude="+program(t, "echo ok", "exit 7"))
	require.Eventually(t, func() bool { return s.health(t).Warm.Drops.Dead >= 2 }, patience, 10*time.Millisecond)
	e := s.run(t, "hi")
	requireEnd(t, e, schema.ExitNonzero)
	require.Equal(t, []string{"ok"}, e.lines)
	s.awaitLogged(t, "no claude is kept waiting", 1)
}

// What a process prints before it has its prompt is of the run that takes it, as it would be if
// that had started it.
func TestWhatWasPrintedWhileWaitingIsOfTheRun(t *testing.T) {
	t.Parallel()
	bothWays(t, func(t *testing.T, way string) {
		s := startServer(t, way, "--claude="+program(t, "echo early; echo warning >&2", "read -r prompt || exit 0", "echo late"))
		for range 2 {
			e := s.run(t, "hi")
			requireEnd(t, e, "")
			require.Equal(t, []string{"early", "late"}, e.lines)
			require.Equal(t, []string{"warning"}, e.stderr)
		}
		s.requireWarmed(t)
	})
}

// What changes between the start of a process and the run is in the run.
func TestAChangeOfTheProgramIsInTheNextRun(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "claude")
	write := func(says string) {
		text := "#!/bin/sh\nread -r prompt || exit 0\necho " + says + "\n"
		require.NoError(t, os.WriteFile(path+".new", []byte(text), 0o700))
		require.NoError(t, os.Rename(path+".new", path))
	}
	write("old")
	s := startServer(t, warm, "--claude="+path)
	require.Equal(t, []string{"old"}, s.run(t, "hi").lines)
	s.awaitWarm(t)
	write("new")
	id := s.start(t, "hi") // whether or not the server has noticed by then
	s.awaitEnd(t, id, schema.Succeeded, "")
	require.Equal(t, "new\n", s.output(t, id, acceptText))
	require.EqualValues(t, 1, s.health(t).Warm.Drops.Stale)
}

func TestWhatNobodyUsesIsNotKeptWaiting(t *testing.T) {
	t.Parallel()
	s := startServer(t, "--warm=2", "--warm-idle=5s") // the second one comes a second after the first
	s.waitFor(t, 2)
	s.waitFor(t, 0)
	require.EqualValues(t, 2, s.health(t).Warm.Drops.Idle)
	require.Eventually(t, func() bool { return len(s.runDirs(t)) == 0 }, patience, 5*time.Millisecond)
	s.requireNoSurvivors(t)
	requireEnd(t, s.run(t, "hi"), "")
	s.waitFor(t, 2)
}

// Whoever connects may send a prompt: what it needs is started while the client still writes.
func TestAClientThatConnectsIsExpected(t *testing.T) {
	t.Parallel()
	s := startServer(t, "--warm=2", "--warm-idle=5s")
	s.waitFor(t, 0) // perhaps it has not begun yet
	require.Eventually(t, func() bool { return s.health(t).Warm.Drops.Idle > 0 }, patience, 10*time.Millisecond)
	s.waitFor(t, 0)
	before := s.health(t).Warm.Starts
	c := s.dial(t)
	require.Equal(t, schema.InfoFrame, c.next())
	require.Eventually(t, func() bool { return s.health(t).Warm.Starts > before }, patience, 5*time.Millisecond)
	c.prompt("hi")
	requireEnd(t, c.rest(), "")
	require.EqualValues(t, 1, s.health(t).Warm.Hits)
}

func TestMemoryLimitsWhatWaits(t *testing.T) {
	t.Parallel()
	s := startServer(t, "--warm=3", "--warm-memory=100MiB")
	requireEnd(t, s.run(t, "hi"), "")
	require.Zero(t, s.health(t).Warm.Starts)
	more := startServer(t, "--warm=3", "--warm-memory=10GiB")
	more.waitFor(t, 3)
}

func TestTheStandInIsWarmToo(t *testing.T) {
	t.Parallel()
	s := startServer(t, "--demo", warm)
	for range 2 {
		e := s.run(t, "hi")
		requireEnd(t, e, "")
		require.Contains(t, e.lines[0], `"subtype":"init"`)
	}
	s.requireWarmed(t)
}

func TestWarmFlagsThatCannotBeAreRefused(t *testing.T) {
	t.Parallel()
	for _, flag := range []string{"--warm=-1", "--warm-memory=-1", "--warm-idle=-1s"} {
		require.Contains(t, startRefused(t, nil, flag), "--warm", flag)
	}
	for _, flag := range []string{"--warm=x", "--warm-memory=much", "--warm-idle=x"} {
		require.Contains(t, startRefused(t, nil, flag), flag[:strings.Index(flag, "=")], flag)
	}
}
