//go:build linux

package e2e

import (
	"io/fs"
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
	written, err := os.ReadFile(w.stdout(c.run))
	require.NoError(t, err)
	require.Equal(t, "held released", lastLine(parse(t, written)).Result)

	w.serve()
	require.Empty(t, groups(c.run), "control groups of the killed server")
}

// What the dead server cannot do, the next one does before it is ready. A control group
// holds even what has lost its mark.
func TestD1_TheNextServerStopsWhatAKilledOneLeftBehind(t *testing.T) {
	w := newWorld(t)
	s := w.serve("--allowed-tools=Bash")
	sleeper, tool := w.nap(), "setsid sleep"
	if s.health().Containment == "cgroup" {
		tool = "env -i setsid sleep"
	}
	c := s.ask("[[bash " + tool + " " + sleeper + " & wait]]")
	w.requireRunning(sleeper, 1)

	require.NoError(t, s.cmd.Process.Kill())
	s.awaitExit()
	w.serve()

	require.Empty(t, survivors("SPOOL_RUN="+c.run))
	require.Empty(t, survivors(sleeper))
	require.Empty(t, groups(c.run), "control groups of the killed server")
}

// groups are the control groups that are named after a run.
func groups(run string) []string {
	var found []string
	_ = filepath.WalkDir("/sys/fs/cgroup", func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() && d.Name() == run {
			found = append(found, path)
		}
		return nil // other groups come and go meanwhile
	})
	return found
}

// stdout is the file into which the CLI of a run writes.
func (w *world) stdout(run string) string { return filepath.Join(w.data, "proc", run, "stdout") }
