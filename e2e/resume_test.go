//go:build linux

package e2e

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"spool/e2e/api"
)

// resume is the option that continues a run.
func resume(run string) map[string]any { return map[string]any{"resume": run} }

// firstTurn is what the model is told of a run with a prompt that has no directive.
func firstTurn(prompt string) []string {
	return []string{"user: " + prompt, "assistant: " + api.Greeting}
}

func TestResume_AnyNumberOfRunsContinueOneAndChangeNothingOfIt(t *testing.T) {
	w := newWorld(t)
	s := w.serve("--max-runs=2")
	first := s.finish("the root").Run
	files := w.sessions()
	require.Len(t, files, 1)

	left, right := s.start("the left branch", resume(first)), s.start("the right branch", resume(first)) // at once
	s.output(left)
	s.output(right)
	leaf := s.finish("the leaf", resume(left))

	require.Equal(t, "succeeded", leaf.State)
	require.ElementsMatch(t, [][]string{
		{"user: the root"},
		append(firstTurn("the root"), "user: the left branch"),
		append(firstTurn("the root"), "user: the right branch"),
		slices.Concat(firstTurn("the root"), firstTurn("the left branch"), []string{"user: the leaf"}),
	}, w.conversations())
	require.Len(t, w.sessions(), 4, "each run has a session of its own")
	for name, text := range files {
		require.Equal(t, text, w.sessions()[name], "the session of the first run")
	}
}

func TestResume_ContinuesAfterTheServerWasStoppedAndAfterItWasKilled(t *testing.T) {
	w := newWorld(t)
	s := w.serve()
	first := s.finish("the root").Run
	s.stop()

	s = w.serve()
	second := s.start("[[hold]]", partial, resume(first))
	s.view(second).until("held ")
	s.kill()
	w.api.Release()
	s = w.serve()
	s.output(second)
	require.Equal(t, "succeeded", s.known(second).State)
	third := s.finish("the leaf", resume(second))

	require.Equal(t, "succeeded", third.State)
	require.Equal(t, [][]string{
		{"user: the root"},
		append(firstTurn("the root"), "user: [[hold]]"),
		append(firstTurn("the root"), "user: [[hold]]", "assistant: held released", "user: the leaf"),
	}, w.conversations())
}

func TestResume_ContinuesARunThatWasAborted(t *testing.T) {
	w := newWorld(t)
	s := w.serve()
	first := s.start("[[hold]]", partial)
	s.view(first).until("held ")
	aborted, _ := s.abort(first)
	require.Equal(t, "aborted", aborted.State)

	again := s.finish("go on", resume(first))

	require.Equal(t, "succeeded", again.State)
	said := w.conversations()[1]
	require.Equal(t, []string{"user: [[hold]]", "assistant: held ", "user: [Request interrupted by user]"}, said[:3])
	require.Equal(t, "user: go on", said[len(said)-1])
}

// conversations are what was said in each request so far.
func (w *world) conversations() [][]string {
	var all [][]string
	for _, request := range w.api.Requests() {
		all = append(all, conversation(request))
	}
	return all
}

// sessions are the CLI's own files of its sessions, by name.
func (w *world) sessions() map[string]string {
	w.t.Helper()
	paths, err := filepath.Glob(filepath.Join(w.home, ".claude", "projects", "*", "*.jsonl"))
	require.NoError(w.t, err)
	texts := map[string]string{}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		require.NoError(w.t, err)
		texts[path] = string(text)
	}
	return texts
}

// The CLI removes old sessions, and knows only those of its working directory.
func TestResume_ASessionThatIsGoneIsNamedAsTheReason(t *testing.T) {
	w := newWorld(t)
	s := w.serve()
	first := s.finish("hello").Run
	for path := range w.sessions() {
		require.NoError(t, os.Remove(path))
	}

	ended := s.finish("and now", resume(first))

	require.Equal(t, "failed", ended.State)
	require.Equal(t, "API_ERROR", ended.Code)
	require.Contains(t, ended.Error, "No conversation found")
	require.Len(t, w.api.Requests(), 1)
}
