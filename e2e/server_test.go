//go:build linux

package e2e

import (
	"bufio"
	"context"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"github.com/stretchr/testify/require"

	"spool/logtest"
)

// patience bounds every wait of these tests: several CLIs start at once on a small
// machine, and each needs seconds then.
const patience = 60 * time.Second

// server is a running spool.
type server struct {
	w      *world
	url    string // http://127.0.0.1:PORT
	cmd    *exec.Cmd
	stderr logtest.Buffer
	exited chan struct{} // closed when the process is gone
}

// serve starts spool with the real CLI and waits until it is ready. More flags and
// more of the environment (`NAME=value`) may be given. The server is stopped, in
// order, at the end of the test.
func (w *world) serve(arguments ...string) *server {
	w.t.Helper()
	var env, flags []string
	for _, a := range arguments {
		if strings.HasPrefix(a, "--") {
			flags = append(flags, a)
		} else {
			env = append(env, a)
		}
	}
	s := w.launch(append(w.environment(), env...), flags)
	w.t.Cleanup(s.stop)
	require.True(w.t, eventually(patience, func() bool { return s.status("/readyz") == http.StatusOK }), "ready")
	return s
}

func (w *world) launch(env, flags []string) *server {
	w.t.Helper()
	s := &server{w: w, exited: make(chan struct{})}
	s.cmd = exec.Command(spoolBinary, append([]string{
		"--listen=127.0.0.1:0", "--claude=" + w.cli, "--data-dir=" + w.data, "--workspace=" + w.workspace, "--warm=0",
	}, flags...)...)
	s.cmd.Env, s.cmd.Stderr = env, &s.stderr
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} // a test that times out leaves no server
	r, stdout, err := os.Pipe()
	require.NoError(w.t, err)
	defer func() { _ = r.Close() }()
	s.cmd.Stdout = stdout
	require.NoError(w.t, s.cmd.Start())
	require.NoError(w.t, stdout.Close())
	go func() { _ = s.cmd.Wait(); close(s.exited) }()
	require.NoError(w.t, r.SetReadDeadline(time.Now().Add(patience)))
	line, err := bufio.NewReader(r).ReadString('\n')
	require.NoError(w.t, err, "the line with the address; stderr: %s", &s.stderr)
	_, s.url, _ = strings.Cut(strings.TrimSpace(line), "listening on ")
	require.NotEmpty(w.t, s.url, "no address in %q", line)
	return s
}

// status is the HTTP status of a GET, 0 when there is no answer.
func (s *server) status(path string) int {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	req, _ := http.NewRequestWithContext(ctx, http.MethodGet, s.url+path, nil)
	res, err := httpClient.Do(req)
	if err != nil {
		return 0
	}
	_ = res.Body.Close()
	return res.StatusCode
}

// signal sends one to the server, by its pid.
func (s *server) signal(sig os.Signal) {
	s.w.t.Helper()
	require.NoError(s.w.t, s.cmd.Process.Signal(sig))
}

// awaitExit returns the server's exit code, -1 when a signal ended it.
func (s *server) awaitExit() int {
	s.w.t.Helper()
	select {
	case <-s.exited:
	case <-time.After(patience):
		_ = s.cmd.Process.Kill()
		<-s.exited
		require.Fail(s.w.t, "the server did not exit", "stderr: %s", &s.stderr)
	}
	return s.cmd.ProcessState.ExitCode()
}

// awaitLogged waits until the log, which is copied from a pipe, has a text.
func (s *server) awaitLogged(text string) {
	s.w.t.Helper()
	s.stderr.Await(s.w.t, text)
}

// kill ends the server as a power cut does: it can do nothing about it.
func (s *server) kill() {
	s.w.t.Helper()
	require.NoError(s.w.t, s.cmd.Process.Kill())
	require.Equal(s.w.t, -1, s.awaitExit())
}

// stop ends the server as an operator does and checks that it went in order.
func (s *server) stop() {
	s.w.t.Helper()
	select {
	case <-s.exited: // the test has ended it
	default:
		s.signal(syscall.SIGTERM)
		require.Zero(s.w.t, s.awaitExit(), "exit code after SIGTERM; stderr: %s", &s.stderr)
	}
	require.NotContains(s.w.t, s.stderr.String(), "DATA RACE")
	require.NotContains(s.w.t, s.stderr.String(), "panic:")
	require.NotContains(s.w.t, s.stderr.String(), apiKey, "a secret in the log")
	if s.w.t.Failed() {
		s.w.t.Logf("stderr of the server:\n%s", &s.stderr)
	}
}
