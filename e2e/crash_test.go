//go:build linux

package e2e

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// A server that dies cannot stop anything. Its CLI reads the end of its input,
// finishes the turn into its file and exits; no line is lost.
func TestD1_WhenTheServerIsKilledTheCLIFinishesItsTurnAndExits(t *testing.T) {
	w := newWorld(t)
	s := w.serve()
	c := s.ask("[[hold]]")
	_, err := w.api.Await(t.Context(), 1)
	require.NoError(t, err)

	require.NoError(t, s.cmd.Process.Kill())
	require.Equal(t, -1, s.awaitExit())
	w.api.Release()

	w.requireGone("SPOOL_RUN="+c.run, patience)
	lines := w.stdout(c.run)
	require.Contains(t, lines[len(lines)-1], `"result":"held released"`)
}

// What the dead server cannot do, the next one does before it is ready.
func TestD1_TheNextServerStopsWhatAKilledOneLeftBehind(t *testing.T) {
	w := newWorld(t)
	s := w.serve("--allowed-tools=Bash")
	sleeper := w.nap()
	c := s.ask("[[bash setsid sleep " + sleeper + " & wait]]")
	w.requireRunning(sleeper, 1)

	require.NoError(t, s.cmd.Process.Kill())
	s.awaitExit()
	w.serve()

	require.Empty(t, survivors("SPOOL_RUN="+c.run))
	require.Empty(t, survivors(sleeper))
}

// stdout are the lines that a run's CLI has written.
func (w *world) stdout(run string) []string {
	w.t.Helper()
	data, err := os.ReadFile(filepath.Join(w.data, "proc", run, "stdout"))
	require.NoError(w.t, err)
	return lines(data)
}
