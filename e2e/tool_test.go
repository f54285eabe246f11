//go:build linux

package e2e

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/fasthttp/websocket"
	"github.com/stretchr/testify/require"

	"spool/e2e/api"
)

// The CLI runs its Bash tool in a session of its own, so killing the CLI's process
// group leaves these; the last one has not even the mark in its environment.
var tools = map[string]string{
	"a plain tool":                       "sleep %[1]s",
	"a child in the background":          "sleep %[1]s & wait",
	"a child in a session of its own":    "setsid sleep %[1]s & wait",
	"a child of a child that has exited": "bash -c 'setsid sleep %[1]s &' ; sleep %[1]s",
	"a child with an empty environment":  "env -i setsid sleep %[1]s & wait",
}

func TestS9_WhenTheClientLeavesTheToolAndAllItsChildrenAreGone(t *testing.T) {
	for name, tool := range tools {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			s := w.serve("--allowed-tools=Bash", "--stop-grace=2s")
			sleeper := w.nap()
			want := 1
			if name == "a child of a child that has exited" {
				want = 2
			}

			c := s.ask(fmt.Sprintf("[[bash "+tool+"]]", sleeper))
			w.requireRunning(sleeper, want)
			c.leave()

			w.requireGone(sleeper, 3*time.Second) // the stop grace and a second
			w.requireGone("SPOOL_RUN="+c.run, time.Second)
		})
	}
}

// A child that has lost its parent is told from another run's by its mark. One that
// has no mark either is told where there are control groups: see package procman.
func TestS9_AnotherRunIsNotTouchedWhenOneIsStopped(t *testing.T) {
	w := newWorld(t)
	s := w.serve("--allowed-tools=Bash", "--stop-grace=2s", "--max-runs=2")
	stopped, kept := w.nap(), w.nap()
	const tool = "[[bash bash -c 'setsid sleep %[1]s &' ; sleep %[1]s]]"

	other := s.ask(fmt.Sprintf(tool, kept))
	c := s.ask(fmt.Sprintf(tool, stopped))
	w.requireRunning(kept, 2)
	w.requireRunning(stopped, 2)
	c.leave()

	w.requireGone(stopped, 3*time.Second)
	w.requireRunning(kept, 2)
	other.leave()
	w.requireGone(kept, 3*time.Second)
}

func TestS11_ASuccessfulTurnLeavesNoChildOfItsToolBehind(t *testing.T) {
	for name, leave := range map[string]string{
		"in the background":          "sleep %[1]s >/dev/null 2>&1 & echo $! > %[2]s",
		"in a session of its own":    "setsid sleep %[1]s >/dev/null 2>&1 & echo $! > %[2]s",
		"with the output kept open":  "setsid sleep %[1]s & echo $! > %[2]s",
		"with an empty environment":  "env -i setsid sleep %[1]s >/dev/null 2>&1 & echo $! > %[2]s",
		"started by one that exited": "bash -c 'setsid sleep %[1]s >/dev/null 2>&1 & echo $! > %[2]s'",
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			s := w.serve("--allowed-tools=Bash")
			sleeper, started := w.nap(), filepath.Join(w.workspace, "started")

			c := s.ask(fmt.Sprintf("[[bash "+leave+"]]", sleeper, started))
			frames, code := c.rest()

			require.FileExists(t, started, "the tool did not run, so the test proves nothing")
			require.Equal(t, websocket.CloseNormalClosure, code)
			require.Equal(t, api.ToolDone, frames[len(frames)-1].Result)
			w.requireGone(sleeper, 2*time.Second)
			w.requireGone("SPOOL_RUN="+c.run, 0)
		})
	}
}

// The CLI has background tasks of its own. Such a task does not outlive its run; the
// CLI may take another turn when it ends, after the answer.
func TestS11_ABackgroundTaskOfTheCLIEndsWithTheRun(t *testing.T) {
	w := newWorld(t)
	s := w.serve("--allowed-tools=Bash", "--run-timeout=20s", "--result-grace=1s", "--stop-grace=2s")
	sleeper, started := w.nap(), filepath.Join(w.workspace, "started")

	c := s.ask(fmt.Sprintf("[[background echo > %s; sleep %s]]", started, sleeper))
	answer := c.until("result/success")
	_, code := c.rest()

	require.FileExists(t, started, "the task did not run, so the test proves nothing")
	require.Equal(t, api.ToolDone, answer.Result)
	require.Equal(t, websocket.CloseNormalClosure, code)
	w.requireGone(sleeper, 2*time.Second)
}

// Nobody is there to ask: without --allowed-tools a tool that needs a permission is
// refused, and the run goes on.
func TestA14_AToolThatTheOperatorDidNotAllowDoesNotRun(t *testing.T) {
	w := newWorld(t)
	s := w.serve()

	frames, code := s.ask("[[bash touch made-by-the-tool]]").rest()

	require.Equal(t, websocket.CloseNormalClosure, code)
	require.Equal(t, api.ToolDone, frames[len(frames)-1].Result)
	require.NoFileExists(t, filepath.Join(w.workspace, "made-by-the-tool"))
}
