package main

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"spool/schema"
)

// nap returns arguments for sleep that nothing else on this machine has: processes that
// have cleared their environment are found by them.
func nap() string { return fmt.Sprintf("600.%09d", rand.IntN(1e9)) }

// requireNobodyNaps waits, for as long as d, until no process has this argument.
func requireNobodyNaps(t *testing.T, nap string, d time.Duration) {
	t.Helper()
	require.Eventually(t, func() bool { return len(nappers(t, nap)) == 0 }, d, 20*time.Millisecond, "a sleep is left")
}

// nappers returns the processes with this argument.
func nappers(t *testing.T, nap string) (paths []string) {
	t.Helper()
	all, err := filepath.Glob("/proc/[0-9]*/cmdline")
	require.NoError(t, err)
	for _, path := range all {
		if text, err := os.ReadFile(path); err == nil && bytes.Contains(text, []byte("sleep\x00"+nap+"\x00")) {
			paths = append(paths, path)
		}
	}
	return paths
}

func TestS10AChildThatHoldsStdoutHoldsNobody(t *testing.T) {
	t.Parallel()
	bothWays(t, func(t *testing.T, way string) {
		s := startServer(t, way)
		requireEnd(t, s.run(t, "warm up"), "")
		for _, child := range []string{"sleep 600", "setsid sleep 600", "(trap '' TERM; sleep 600; sleep 600)"} {
			require.Less(t, fastest(2*time.Second, func() time.Duration {
				c, _ := s.begin(t, script(child+" & echo hi; exit 0"))
				require.Equal(t, "hi", c.next())
				start := time.Now()
				e := c.rest()
				took := time.Since(start)
				requireEnd(t, e, "")
				require.Empty(t, e.lines)
				s.requireNoSurvivors(t)
				return took
			}), 2*time.Second, child)
		}
	})
}

// orphans are the ways in which a process leaves its family: it can no longer be found by
// its group, its session, its parent, or its environment.
func orphans(nap string) map[string]string {
	return map[string]string{
		"in a session of its own":    "setsid sh -c 'sleep " + nap + " & sleep " + nap + "' &",
		"with a parent that is gone": "(setsid sleep " + nap + " &) &",
		"deaf":                       "setsid sh -c \"trap '' TERM INT HUP; sleep " + nap + "; sleep " + nap + "\" &",
		"without environment":        "env -i setsid sleep " + nap + " &",
		"with nothing":               "(env -i setsid sh -c 'sleep " + nap + " & sleep " + nap + "' &) &",
	}
}

func TestS11NothingThatLeftTheFamilySurvives(t *testing.T) {
	t.Parallel()
	bothWays(t, func(t *testing.T, way string) {
		for name, end := range map[string]struct {
			script string
			code   schema.Code
			within string
		}{
			"exit 0":  {"exit 0", "", "5m"},
			"exit 1":  {"exit 1", schema.ExitNonzero, "5m"},
			"timeout": {"sleep 600", schema.TimeoutWall, "3s"},
		} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				s := startServer(t, "--stop-grace=1s", "--run-timeout="+end.within, way)
				sleep := nap()
				for way, orphan := range orphans(sleep) {
					e := s.run(t, script(orphan, awaitNapper(sleep), end.script))
					requireEnd(t, e, end.code)
					require.Empty(t, nappers(t, sleep), way)
					s.requireNoSurvivors(t)
				}
			})
		}
		t.Run("abort", func(t *testing.T) {
			t.Parallel()
			s := startServer(t, "--stop-grace=1s", way)
			sleep := nap()
			for _, orphan := range orphans(sleep) {
				c, _ := s.begin(t, script(orphan, awaitNapper(sleep), "echo ready; sleep 600"))
				require.Equal(t, "ready", c.next())
				require.NoError(t, c.Close())
				requireNobodyNaps(t, sleep, 2*time.Second)
				s.awaitNoSurvivors(t, 2*time.Second)
			}
		})
	})
}

// awaitNapper returns a script's part that waits until the orphan is there.
func awaitNapper(nap string) string {
	return `until grep -qsaP 'sleep\x00` + nap + `' /proc/[0-9]*/cmdline; do sleep 0.02; done`
}

func TestS12AForkBombIsStoppedAndTouchesNobody(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	lines := make(chan end, 1)
	other, _ := s.begin(t, script("i=1; while [ $i -le 1000 ]; do echo line $i; i=$((i+1)); sleep 0.001; done"))
	require.Equal(t, "line 1", other.next())
	go func() { lines <- other.rest() }()

	e := s.run(t, script("echo before; while :; do sleep 100 & done"))
	requireEnd(t, e, schema.ProcessLimit)
	require.Equal(t, 1011, e.code)
	require.Contains(t, e.err.Text, "512")
	require.Equal(t, []string{"before"}, e.lines)

	got := <-lines
	requireEnd(t, got, "")
	require.Len(t, got.lines, 999)
	require.Equal(t, "line 1000", got.lines[998])
	s.awaitNoSurvivors(t, time.Second)
}

func TestS12BombsThatGoOffInSessionsOfTheirOwn(t *testing.T) {
	t.Parallel()
	bothWays(t, func(t *testing.T, way string) {
		s := startServer(t, "--max-processes=40", way)
		for _, bomb := range []string{
			"while :; do setsid sleep 100 & done",
			"while :; do (env -i setsid sleep 100 &) & sleep 0.01; done",
			// It doubles, up to 511: where it can only be killed one by one, a real one wins.
			`trap '' TERM; b() { [ $1 -lt 9 ] && { b $(($1+1)) & b $(($1+1)) & }; sleep 100; }; b 1`,
		} {
			e := s.run(t, script(bomb))
			requireEnd(t, e, schema.ProcessLimit)
			require.Contains(t, e.err.Text, "40")
			s.requireNoSurvivors(t)
		}
	})
}

func TestS12ManyProcessesAreAllowed(t *testing.T) {
	t.Parallel()
	bothWays(t, func(t *testing.T, way string) {
		s := startServer(t, "--max-processes=40", way)
		e := s.run(t, script(strings.Repeat("sleep 1 & ", 30)+"wait; echo ok"))
		requireEnd(t, e, "")
		require.Equal(t, []string{"ok"}, e.lines)
	})
}
