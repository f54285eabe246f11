package faults

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"spool/logtest"
	"spool/schema"
)

// world is a server that dies and comes back: always on the same address and directory.
type world struct {
	t       *testing.T
	address string
	dir     string // data directory
	starts  string // what the agents leave
	flags   []string
	wrap    []string // a command around the server, such as strace
	client  *http.Client
	log     logtest.Buffer

	mu      sync.Mutex
	command *exec.Cmd     // guarded by mu
	exited  chan struct{} // guarded by mu
}

// newWorld starts nothing yet.
func newWorld(t *testing.T, flags ...string) *world {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	transport := &http.Transport{MaxIdleConnsPerHost: 100}
	w := &world{
		t: t, address: listener.Addr().String(), dir: filepath.Join(t.TempDir(), "data"), starts: t.TempDir(), flags: flags,
		client: &http.Client{Transport: transport},
	}
	require.NoError(t, listener.Close())
	t.Cleanup(func() {
		w.kill()
		transport.CloseIdleConnections()
		if t.Failed() {
			t.Logf("the servers' log:\n%s", w.log.Tail(20_000))
		}
		require.NotContains(t, w.log.String(), "DATA RACE")
		require.NotContains(t, w.log.String(), "panic")
	})
	return w
}

// start starts the server, and returns how long it took until it listened.
func (w *world) start() time.Duration {
	w.t.Helper()
	began := time.Now()
	require.NoError(w.t, w.tryStart())
	return time.Since(began)
}

// tryStart starts the server. The error is that it exits instead of listening.
func (w *world) tryStart() error {
	w.t.Helper()
	args := slices.Concat(w.wrap, []string{binary, "--listen=" + w.address, "--data-dir=" + w.dir, "--claude=" + agent, "--warm=0"}, w.flags)
	command := exec.Command(args[0], args[1:]...)
	command.Env = []string{"GORACE=atexit_sleep_ms=0", "PATH=" + os.Getenv("PATH"), "HOME=" + w.starts, "CLAUDE_STARTS=" + w.starts}
	command.Stderr = &w.log
	out, err := command.StdoutPipe()
	require.NoError(w.t, err)
	require.NoError(w.t, command.Start())
	line, err := bufio.NewReader(out).ReadString('\n')
	exited := make(chan struct{})
	go func() { defer close(exited); _, _ = io.Copy(io.Discard, out); _ = command.Wait() }()
	w.mu.Lock()
	w.command, w.exited = command, exited
	w.mu.Unlock()
	if err != nil {
		<-exited
		return fmt.Errorf("the server does not listen: %s %w", command.ProcessState, err)
	}
	require.Contains(w.t, line, "listening on")
	return nil
}

// kill ends the server as a crash does.
func (w *world) kill() {
	w.mu.Lock()
	command, exited := w.command, w.exited
	w.mu.Unlock()
	if command == nil {
		return
	}
	_ = command.Process.Kill()
	<-exited
}

// stop ends the server politely.
func (w *world) stop() {
	w.t.Helper()
	require.NoError(w.t, w.command.Process.Signal(syscall.SIGTERM))
	<-w.exited
}

// post starts a run, again and again until the server has accepted it: the same one, by key.
func (w *world) post(ctx context.Context, prompt, key string) (id string) {
	for ctx.Err() == nil {
		status, body, err := w.do(ctx, http.MethodPost, "/api/runs", map[string]string{"prompt": prompt, "meta": "FAULTS"}, "Idempotency-Key", key)
		if err == nil && status == http.StatusAccepted {
			var run schema.Run
			if json.Unmarshal(body, &run) == nil {
				return run.ID
			}
		}
		pause(ctx)
	}
	return ""
}

// run asks what is known of a run.
func (w *world) run(id string) (run schema.Run, err error) {
	status, body, err := w.do(w.t.Context(), http.MethodGet, "/api/runs/"+id, nil)
	if err == nil && status != http.StatusOK {
		err = fmt.Errorf("status %d: %s", status, body)
	}
	if err == nil {
		err = json.Unmarshal(body, &run)
	}
	return run, err
}

// do sends one request. The headers are names and values.
func (w *world) do(ctx context.Context, method, path string, payload any, headers ...string) (int, []byte, error) {
	var body io.Reader
	if payload != nil {
		text, err := json.Marshal(payload)
		if err != nil {
			return 0, nil, err
		}
		body = bytes.NewReader(text)
	}
	request, err := http.NewRequestWithContext(ctx, method, "http://"+w.address+path, body)
	if err != nil {
		return 0, nil, err
	}
	for i := 0; i < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	answer, err := w.client.Do(request)
	if err != nil {
		return 0, nil, err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	return answer.StatusCode, text, err
}

// pause is between two attempts to reach a server that is down.
func pause(ctx context.Context) {
	select {
	case <-time.After(20 * time.Millisecond):
	case <-ctx.Done():
	}
}

// requireNoSurvivors waits until no agent of this world is alive.
func (w *world) requireNoSurvivors() {
	w.t.Helper()
	mark := []byte("CLAUDE_STARTS=" + w.starts + "\x00")
	require.Eventually(w.t, func() bool {
		paths, _ := filepath.Glob("/proc/[0-9]*/environ")
		return !slices.ContainsFunc(paths, func(path string) bool {
			environ, _ := os.ReadFile(path)
			return bytes.Contains(environ, mark) && bytes.Contains(environ, []byte("SPOOL_RUN="))
		})
	}, patience, 50*time.Millisecond, "agents are left")
}
