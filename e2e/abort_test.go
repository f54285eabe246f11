//go:build linux

package e2e

import (
	"net/http"
	"testing"

	"github.com/fasthttp/websocket"
	"github.com/stretchr/testify/require"
)

// An abort asks the CLI to break off its turn, which keeps what there is of an answer.
func TestN9_AnAbortWhileAnAnswerStreamsKeepsWhatThereIs(t *testing.T) {
	w := newWorld(t)
	s := w.serve()
	run := s.start("[[hold]]", partial)
	v := s.view(run)
	v.until("held ")

	aborted, _ := s.abort(run)
	end, code := v.end()

	require.Equal(t, websocket.CloseInternalServerErr, code)
	require.Equal(t, "ABORTED", end.Code)
	require.Equal(t, "aborted", aborted.State)
	require.Equal(t, "interrupt", aborted.rung())
	w.requireProven(aborted)
	frames := parse(t, []byte(v.output()))
	require.Equal(t, []string{"assistant", "user", "result/error_during_execution"}, kinds(frames[len(frames)-3:]))
	require.Contains(t, frames[len(frames)-3].raw, `"text":"held "`)
	require.Equal(t, &usage{Turns: 2}, aborted.Usage, "the CLI counts nothing of a turn that was broken off")
	require.Len(t, w.api.Requests(), 1)

	again := s.record(http.StatusAccepted, http.MethodPost, "/api/runs/"+run+"/abort", nil)
	require.Equal(t, aborted, again, "a run that has ended stays as it is")
	require.Empty(t, w.pid(run))
}

// Once a tool has run for a few seconds the CLI has made a task of it, and would answer
// SIGTERM by telling the model that the task was stopped.
func TestS11_AnAbortWhileAToolRunsStopsItAndAsksTheModelNothing(t *testing.T) {
	w := newWorld(t)
	s := w.serve("--allowed-tools=Bash")
	sleeper := w.nap()
	run := s.start("[[bash setsid sleep " + sleeper + " & wait]]")
	v := s.view(run)
	v.until(`"task_started"`)

	aborted, _ := s.abort(run)

	require.Equal(t, "aborted", aborted.State)
	require.Equal(t, "interrupt", aborted.rung())
	w.requireProven(aborted)
	require.Empty(t, survivors(sleeper))
	require.Len(t, w.api.Requests(), 1)
}

// A CLI that has not begun its turn has nothing to break off.
func TestS8_AnAbortDuringTheColdStartEndsTheCLIBeforeItAsksTheModel(t *testing.T) {
	w := newWorld(t)
	s := w.serve()
	run := s.start("[[hold]]")
	require.True(t, eventually(patience, func() bool { return s.known(run).StartedAt != nil }))

	aborted, _ := s.abort(run)

	require.Equal(t, "aborted", aborted.State)
	require.Contains(t, []string{"SIGTERM", "interrupt"}, aborted.rung(), "interrupt only if it was too late for this test")
	w.requireProven(aborted)
	require.Empty(t, w.api.Requests())
}
