//go:build linux

package e2e

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/fasthttp/websocket"
	"github.com/stretchr/testify/require"

	"spool/e2e/api"
)

// Options of runs in these tests.
var (
	partial  = map[string]any{"partial": true}
	detached = map[string]any{"detach": true}
)

// adoptedLog is what a server says of a run with which it goes on.
const adoptedLog = "adopted run of an earlier server"

// killed is a server that was killed while a viewer read a long answer: some of it is out,
// the CLI is in the middle of it, and nobody holds its stdin any more.
func (w *world) killed() *viewer {
	w.t.Helper()
	s := w.serve()
	v := s.view(s.start(fmt.Sprintf("[[halves %d 2ms]]", longAnswer), partial))
	v.upTo(40)
	s.kill()
	v.cutOff()
	return v
}

// requireLongAnswer fails unless the viewer has every line as the CLI wrote it, and the
// answer as the API sent it.
func (w *world) requireLongAnswer(s *server, v *viewer) {
	w.t.Helper()
	written, err := os.ReadFile(w.stdout(v.run))
	require.NoError(w.t, err)
	require.True(w.t, string(written) == v.output(), "the viewer has %d bytes, the CLI wrote %d", len(v.output()), len(written))
	require.True(w.t, string(written) == s.output(v.run), "the output as plain text differs")
	require.True(w.t, api.LongText(longAnswer) == w.answered(v.output()), "the answer is not what the API sent")

	ended := s.known(v.run)
	require.Equal(w.t, "succeeded", ended.State)
	require.EqualValues(w.t, len(v.text), ended.Lines)
	require.EqualValues(w.t, len(written), ended.OutputBytes)
	w.requireProven(ended)
	require.Len(w.t, w.api.Requests(), 1)
}

func TestD1_ALongAnswerGoesOnAcrossTheDeathOfItsServer(t *testing.T) {
	w := newWorld(t)
	v := w.killed()

	next := w.serve()
	next.awaitLogged(adoptedLog)
	require.Equal(t, "running", next.known(v.run).State)
	v.connect(next)
	v.upTo(len(v.text) + 1)
	w.api.Release()
	end, code := v.end()

	require.Equal(t, websocket.CloseNormalClosure, code)
	require.Equal(t, "succeeded", end.State)
	w.requireLongAnswer(next, v)
	require.Nil(t, next.known(v.run).Exit, "it was nobody's child")
}

func TestD1_ALongAnswerThatEndsWhileThereIsNoServerIsThereWhole(t *testing.T) {
	w := newWorld(t)
	v := w.killed()
	w.api.Release()
	w.requireGone("SPOOL_RUN="+v.run, patience)

	next := w.serve()
	require.NotContains(t, next.stderr.String(), adoptedLog)
	v.connect(next)
	end, code := v.end()

	require.Equal(t, websocket.CloseNormalClosure, code)
	require.Equal(t, "succeeded", end.State)
	w.requireLongAnswer(next, v)
}

// A tool that waits for a file, and has a child in the background that nobody waits for.
func (w *world) tool(s *server) (prompt, sleeper, file string) {
	sleeper, file = w.nap(), filepath.Join(w.workspace, "go")
	child := "setsid sleep"
	if s.health().Containment == "cgroup" {
		child = "env -i setsid sleep" // only its control group tells whose it is
	}
	return fmt.Sprintf("[[bash %s %s >/dev/null 2>&1 & until [ -e %s ]; do sleep 0.05; done]]", child, sleeper, file), sleeper, file
}

func TestD1_ARunWithAToolGoesOnAcrossTheDeathOfItsServerAndLeavesNothing(t *testing.T) {
	for name, between := range map[string]bool{"the tool goes on": false, "the CLI ends meanwhile": true} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			s := w.serve("--allowed-tools=Bash")
			prompt, sleeper, file := w.tool(s)
			c := s.ask(prompt, detached)
			run := c.run
			w.requireRunning(sleeper, 1)
			c.leave()
			s.kill()
			if between {
				require.NoError(t, os.WriteFile(file, nil, 0o600))
				require.True(t, eventually(patience, func() bool { return w.pid(run) == "" }), "the CLI does not end")
			}

			next := w.serve("--allowed-tools=Bash")
			require.NoError(t, os.WriteFile(file, nil, 0o600))
			next.output(run)
			ended := next.known(run)

			require.Equal(t, "succeeded", ended.State)
			require.Equal(t, api.ToolDone, ended.text())
			require.EqualValues(t, 2*api.InputTokens, ended.Usage.InputTokens, "of both answers")
			require.Equal(t, "SIGTERM", ended.rung(), "for the child in the background")
			w.requireProven(ended)
			require.Empty(t, survivors(sleeper))
			require.Empty(t, groups(run), "control groups of the killed server")
			require.Len(t, w.api.Requests(), 2)
		})
	}
}

// The CLI has its prompt, and reads the end of its input before it has begun.
func TestD1_ARunThatHadJustBegunGoesOnAcrossTheDeathOfItsServer(t *testing.T) {
	w := newWorld(t)
	s := w.serve()
	run := s.start("hello")
	require.True(t, eventually(patience, func() bool { return s.known(run).StartedAt != nil }))
	s.kill()

	next := w.serve()
	next.output(run)

	ended := next.known(run)
	require.Equal(t, "succeeded", ended.State)
	require.Equal(t, api.Greeting, ended.text())
	w.requireProven(ended)
	require.Len(t, w.api.Requests(), 1)
}

// A task that the CLI has put into the background outlives the answer, and would have the
// CLI take another turn, for which nobody has asked.
func TestD1_ABackgroundTaskOfTheCLIEndsWithTheRunOfAKilledServer(t *testing.T) {
	w := newWorld(t)
	s := w.serve("--allowed-tools=Bash", "--result-grace=1m")
	sleeper := w.nap()
	run := s.start("[[background sleep " + sleeper + "]]")
	v := s.view(run)
	v.until(`"type":"result"`)
	w.requireRunning(sleeper, 1)
	s.kill()

	next := w.serve("--allowed-tools=Bash")
	next.output(run)

	ended := next.known(run)
	require.Equal(t, "succeeded", ended.State)
	require.Equal(t, api.ToolDone, ended.text())
	w.requireProven(ended)
	require.Empty(t, survivors(sleeper))
	require.Len(t, w.api.Requests(), 2)
}

func TestD1_OnRestartStopEndsADetachedRun(t *testing.T) {
	w := newWorld(t)
	s := w.serve("--on-restart=stop")
	run := s.start("[[hold]]", partial)
	v := s.view(run)
	v.upTo(1)
	_, err := w.api.Await(t.Context(), 1)
	require.NoError(t, err)
	s.kill()
	v.cutOff()

	next := w.serve("--on-restart=stop")
	v.connect(next)
	end, code := v.end()

	require.Equal(t, websocket.CloseInternalServerErr, code)
	require.Equal(t, "INTERRUPTED", end.Code)
	ended := next.known(run)
	require.Equal(t, "interrupted", ended.State)
	w.requireProven(ended)
	require.Equal(t, v.output(), next.output(run))
	require.Len(t, w.api.Requests(), 1)
}

func TestS11_AnAdoptedRunIsAbortedAndLeavesNothing(t *testing.T) {
	w := newWorld(t)
	s := w.serve("--allowed-tools=Bash")
	prompt, sleeper, _ := w.tool(s)
	run := s.start(prompt)
	s.view(run).until(`"task_started"`)
	s.kill()

	next := w.serve("--allowed-tools=Bash")
	next.awaitLogged(adoptedLog)
	ended, took := next.abort(run)

	require.Equal(t, "aborted", ended.State)
	require.Equal(t, "ABORTED", ended.Code)
	require.Less(t, took, 5*time.Second, "the stop grace")
	w.requireProven(ended)
	require.Empty(t, survivors(sleeper))
	require.Contains(t, next.output(run), `"error_during_execution"`, "the turn was broken off")
	require.Len(t, w.api.Requests(), 1)
	again := next.record(http.StatusAccepted, http.MethodPost, "/api/runs/"+run+"/abort", nil)
	require.Equal(t, ended, again, "a run that has ended stays as it is")
}
