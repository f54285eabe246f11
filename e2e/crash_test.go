//go:build linux

package e2e

import (
	"io/fs"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// A server that dies cannot stop anything. Its CLI reads the end of its input,
// finishes the turn into its file and exits; no line is lost. The next server sees a
// run that has succeeded, although nobody had asked for it to go on.
func TestD1_WhenTheServerIsKilledTheCLIFinishesItsTurnAndExits(t *testing.T) {
	w := newWorld(t)
	s := w.serve()
	c := s.ask("[[hold]]")
	_, err := w.api.Await(t.Context(), 1)
	require.NoError(t, err)

	s.kill()
	w.api.Release()
	w.requireGone("SPOOL_RUN="+c.run, patience)
	next := w.serve()

	require.Equal(t, "held released", lastLine(parse(t, []byte(next.output(c.run)))).Result)
	ended := next.known(c.run)
	require.Equal(t, "succeeded", ended.State)
	require.Equal(t, "held released", ended.text())
	w.requireProven(ended)
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
	prompt := "[[bash " + tool + " " + sleeper + " & wait]]"
	c := s.ask(prompt)
	w.requireRunning(sleeper, 1)

	s.kill()
	next := w.serve("--allowed-tools=Bash")
	asked := len(w.api.Requests())

	ended := next.known(c.run)
	require.Equal(t, "interrupted", ended.State)
	require.Equal(t, "INTERRUPTED", ended.Code)
	w.requireProven(ended)
	require.Empty(t, survivors(sleeper))
	require.Empty(t, groups(c.run), "control groups of the killed server")

	// What there is of it can be continued.
	again := next.finish("and now", resume(c.run))
	require.Equal(t, "succeeded", again.State)
	requests := w.api.Requests()
	require.Len(t, requests, asked+1, "the interrupted run has asked the model after the server was ready")
	said := conversation(requests[asked])
	require.Contains(t, said[0], "user: "+prompt)
	require.Equal(t, "user: and now", said[len(said)-1])
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
