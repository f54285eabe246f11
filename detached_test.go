package main

import (
	"encoding/json"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"spool/schema"
)

// awaitState waits until a run is in a state.
func (s *server) awaitState(t testing.TB, id string, state schema.State) (r schema.Run) {
	t.Helper()
	require.Eventually(t, func() bool {
		_, text := s.do(t, http.MethodGet, "/api/runs/"+id, "")
		require.NoError(t, json.Unmarshal([]byte(text), &r))
		return r.State == state
	}, patience, 5*time.Millisecond)
	return r
}

func TestDetachLeavesTheRunToItself(t *testing.T) {
	t.Parallel()
	s, gate := startServer(t, "--allow-model=opus"), t.TempDir()+"/gate"
	prompt, out, errs := numbered(20, gate)
	id := s.detached(t, prompt, "--meta=TASK-7", "--partial", "--model=opus", "--timeout-seconds=60")
	r := s.awaitState(t, id, schema.Running)
	require.Equal(t, "TASK-7", r.Meta)
	require.Equal(t, schema.Options{Detach: true, Partial: true, Model: "opus", TimeoutSeconds: 60}, r.Options)
	openGate(t, gate)
	require.Equal(t, commandEnd{out, errs, 0}, s.spoolRun(t, "", "--follow", id))
	require.Equal(t, id+"\n", s.output(t, s.detachedFrom(t, script("echo "+id)), "text/plain"))
}

// detachedFrom is detached with the prompt on stdin. It waits for the run's end.
func (s *server) detachedFrom(t testing.TB, prompt string) string {
	t.Helper()
	e := s.startRunWith(t, func(c *exec.Cmd) { c.Stdin = strings.NewReader(prompt) }, "-", "--detach").end(t)
	require.Equal(t, 0, e.code, e.errs)
	s.awaitState(t, strings.TrimSpace(e.out), schema.Succeeded)
	return strings.TrimSpace(e.out)
}

func TestDetachPrintsTheRunAsJSON(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	e := s.spoolRun(t, "", "--detach", "--json", "hi")
	require.Equal(t, 0, e.code, e.errs)
	var r schema.Run
	require.NoError(t, json.Unmarshal([]byte(e.out), &r))
	require.Regexp(t, schema.RunID, r.ID)
	require.Equal(t, "hi", r.Prompt)
	require.Equal(t, 1, strings.Count(e.out, "\n"))
}

func TestDetachTellsWhatWasRefused(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	for _, test := range []struct {
		args []string
		told string
	}{
		{[]string{" "}, "INVALID_PROMPT"},
		{[]string{"hi", "--meta=x"}, "INVALID_META"},
		{[]string{"hi", "--model=opus"}, "FORBIDDEN_OPTION"},
		{[]string{"hi", "--timeout-seconds=301"}, "FORBIDDEN_OPTION"},
		{[]string{"hi", "--resume=run_" + strings.Repeat("a", 26)}, "INVALID_OPTION"},
	} {
		for _, args := range [][]string{test.args, append(test.args, "--detach")} {
			e := s.spoolRun(t, "", args...)
			require.Equal(t, 2, e.code, "%s: %s", args, e.errs)
			require.Contains(t, e.errs, test.told)
			require.Empty(t, e.out)
		}
	}
	require.Empty(t, s.started(t))
}

// An answer that is lost on its way is asked for again, and it is one run all the same.
func TestDetachStartsOneRunWhateverBecomesOfTheAnswer(t *testing.T) {
	t.Parallel()
	s := startServer(t, "--allow-host=127.0.0.1")
	var connections atomic.Int64
	through := s.startCutter(t, func() int64 { return []int64{20, 0, 1 << 20}[min(connections.Add(1), 3)-1] })
	e := through.startRun(t, "--detach", "hi").end(t)
	require.Equal(t, 0, e.code, e.errs)
	require.EqualValues(t, 3, connections.Load())
	require.Contains(t, e.errs, "connecting again")
	s.awaitState(t, strings.TrimSpace(e.out), schema.Succeeded)
	require.Len(t, s.started(t), 1)
}

func TestAbortEndsARunAndWaitsForThat(t *testing.T) {
	t.Parallel()
	s := startServer(t, "--stop-grace=500ms")
	id := s.detached(t, script("echo one; trap '' TERM; sleep 600 & while :; do wait; done"))
	follower := s.startRun(t, "--follow", id)
	follower.awaitOut(t, "one\n")
	require.Equal(t, commandEnd{"aborted\n", "", 0}, s.spoolRun(t, "", "--abort", id))
	s.requireNoSurvivors(t)
	e := follower.end(t)
	require.Equal(t, 1, e.code)
	require.Contains(t, e.errs, "ABORTED")

	require.Equal(t, commandEnd{"aborted\n", "", 0}, s.spoolRun(t, "", "--abort", id), "again")
	e = s.spoolRun(t, "", "--abort", id, "--json")
	var r schema.Run
	require.NoError(t, json.Unmarshal([]byte(e.out), &r))
	require.Equal(t, []any{id, schema.Aborted, 0}, []any{r.ID, r.State, e.code})
}

func TestAbortOfWhatIsOverOrUnknown(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	for prompt, state := range map[string]schema.State{"hi": schema.Succeeded, script("exit 1"): schema.Failed} {
		id := s.detached(t, prompt)
		s.awaitState(t, id, state)
		require.Equal(t, commandEnd{string(state) + "\n", "", 0}, s.spoolRun(t, "", "--abort", id))
	}
	e := s.spoolRun(t, "", "--abort", "run_"+strings.Repeat("a", 26))
	require.Equal(t, 2, e.code)
	require.Contains(t, e.errs, "NOT_FOUND")
}

// The run of somebody who waits for its end in another window ends too.
func TestAbortEndsARunThatSomebodyAttends(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	p := s.startRun(t, "--json", script("echo one; sleep 600"))
	p.awaitOut(t, `"one"`)
	var run struct{ Run string }
	require.NoError(t, json.Unmarshal([]byte(strings.SplitN(p.out.String(), "\n", 2)[0]), &run))
	require.Equal(t, "aborted\n", s.spoolRun(t, "", "--abort", run.Run).out)
	e := p.end(t)
	require.Equal(t, 1, e.code)
	require.Contains(t, e.errs, "ABORTED")
	require.Contains(t, e.out, `{"t":"end","state":"aborted","code":"ABORTED",`)
}

// A server that is killed while it ends a run has written down that it was to end.
func TestAbortGoesOnWhenTheServerWasKilledAndStartedAgain(t *testing.T) {
	t.Parallel()
	s := startServer(t, "--stop-grace=20s")
	id := s.detached(t, script("trap 'echo asked' TERM; echo one; while :; do sleep 600 & wait; done"))
	s.awaitStdout(t, int64(len("one\n")))
	p := s.startRun(t, "--abort", id)
	s.awaitStdout(t, int64(len("one\nasked\n")))
	s.killAndRestart(t)
	e := p.end(t)
	require.Equal(t, 0, e.code, e.errs)
	require.Equal(t, "aborted\n", e.out)
	require.Contains(t, e.errs, "connecting again")
}

// What is no Spool is told from one that is not there, and at once.
func TestWhatIsNoSpoolIsToldAtOnce(t *testing.T) {
	t.Parallel()
	foreign := func(answer string) *server {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		t.Cleanup(func() { listener.Close() })
		go func() {
			for {
				conn, err := listener.Accept()
				if err != nil {
					return
				}
				_, _ = conn.Read(make([]byte, 4096))
				_, _ = conn.Write([]byte(answer))
				conn.Close()
			}
		}()
		return &server{url: "http://" + listener.Addr().String()}
	}
	id := "run_" + strings.Repeat("a", 26)
	for _, answer := range []string{"HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno", "SSH-2.0-OpenSSH\r\n"} {
		s := foreign(answer)
		for _, args := range [][]string{{"hi"}, {"hi", "--detach"}, {"--follow", id}, {"--abort", id}} {
			e := s.spoolRun(t, "", args...)
			require.Equal(t, 1, e.code, "%s: %s", args, e.errs)
			require.NotContains(t, e.errs, "connecting again")
		}
	}
}

// One that takes connections and says nothing is given up.
func TestAServerThatSaysNothingIsGivenUp(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	require.NoError(t, s.command.Process.Signal(syscall.SIGSTOP))
	defer func() { _ = s.command.Process.Signal(syscall.SIGCONT) }()
	began := time.Now()
	e := s.spoolRun(t, "", "hi")
	require.Equal(t, 1, e.code)
	require.Contains(t, e.errs, "no server at "+s.url)
	require.Less(t, time.Since(began), 2*handshakeTime)
}

func TestCtrlCWhileThePromptIsTyped(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	in, typing, err := os.Pipe()
	require.NoError(t, err)
	defer typing.Close()
	defer in.Close()
	p := s.startRunWith(t, func(c *exec.Cmd) { c.Stdin = in }, "-")
	_, err = typing.WriteString("a prompt without end")
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		_ = p.Process.Signal(syscall.SIGTERM) // the first one may come before it is waited for
		select {
		case <-p.exited:
			return true
		default:
			return false
		}
	}, patience, 50*time.Millisecond)
	require.Empty(t, s.started(t))
}
