package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"spool/claude"
	"spool/logtest"
)

// patience bounds every wait of these tests. It is reached only by a failure.
const patience = 30 * time.Second

// server is a running spool.
type server struct {
	url     string // http://127.0.0.1:port
	addr    string // 127.0.0.1:port
	dir     string // data directory
	records string // of the fake
	command *exec.Cmd
	log     *logtest.Buffer
	warm    bool          // each run gets a process that has waited
	exited  chan struct{} // closed when it has exited
}

// startServer starts spool on a free port with the fake as claude, and flags besides. At the
// end of the test it is stopped, and nothing of it may be left.
func startServer(t testing.TB, flags ...string) *server {
	t.Helper()
	return startServerWith(t, func(*exec.Cmd) {}, flags...)
}

// startServerWith is startServer with a chance to change the command before it starts.
func startServerWith(t testing.TB, change func(*exec.Cmd), flags ...string) *server {
	t.Helper()
	s := &server{dir: t.TempDir(), records: t.TempDir(), log: &logtest.Buffer{}, exited: make(chan struct{})}
	s.command = exec.Command(binaries.spool, slices.Concat(
		[]string{"--listen=127.0.0.1:0", "--data-dir=" + s.dir, "--claude=" + binaries.claude, "--warm=0"}, flags)...)
	s.warm = slices.Contains(flags, warm)
	// Without GORACE a binary with the race detector takes a second to exit.
	s.command.Env = []string{"GORACE=atexit_sleep_ms=0", "PATH=" + os.Getenv("PATH"), "HOME=" + s.records, recordsVariable + "=" + s.records}
	s.command.Stderr = s.log
	change(s.command)
	out, err := s.command.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, s.command.Start())
	t.Cleanup(func() { s.finish(t) })
	line, err := bufio.NewReader(out).ReadString('\n')
	go func() {
		_, _ = io.Copy(io.Discard, out)
		_ = s.command.Wait()
		close(s.exited)
	}()
	require.NoError(t, err, "no address: %s", s.log)
	s.url = strings.TrimPrefix(strings.TrimSpace(line), "listening on ")
	s.addr = strings.TrimPrefix(s.url, "http://")
	return s
}

// finish stops the server, at once if it still runs, and looks for what it left behind.
func (s *server) finish(t testing.TB) {
	t.Helper()
	s.hurry()
	s.awaitExit(t)
	if t.Failed() {
		t.Logf("the server's log:\n%s", s.log)
	}
	require.NotContains(t, s.log.String(), "DATA RACE")
	require.NotContains(t, s.log.String(), "panic")
	s.requireNoSurvivors(t)
}

// hurry stops the server without any grace. Two signals at once may be one: they are repeated
// until it has exited, or does not do so.
func (s *server) hurry() {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for range patience / (50 * time.Millisecond) {
		_ = s.command.Process.Signal(syscall.SIGTERM)
		select {
		case <-s.exited:
			return
		case <-tick.C:
		}
	}
}

// awaitExit waits for the server to exit, and kills it when that takes too long.
func (s *server) awaitExit(t testing.TB) {
	t.Helper()
	select {
	case <-s.exited:
	case <-time.After(patience):
		_ = s.command.Process.Kill()
		require.FailNow(t, "the server does not exit", "%s", s.log)
	}
}

// survivors returns the living processes that this server's runs have started.
func (s *server) survivors(t testing.TB) (pids []int) {
	t.Helper()
	for pid, run := range s.processes(t) {
		if !s.waits(t, run) {
			pids = append(pids, pid)
		}
	}
	return pids
}

// processes returns the living processes that this server has started, by the records
// directory in their environment, and the run that each belongs to, or may serve.
func (s *server) processes(t testing.TB) map[int]string {
	t.Helper()
	runs := map[int]string{}
	paths, err := filepath.Glob("/proc/[0-9]*/environ")
	require.NoError(t, err)
	for _, path := range paths {
		pid, _ := strconv.Atoi(strings.Split(path, "/")[2])
		environ, err := os.ReadFile(path)
		if err == nil && pid != s.command.Process.Pid && bytes.Contains(environ, []byte(recordsVariable+"="+s.records)) {
			_, rest, _ := bytes.Cut(environ, []byte("SPOOL_RUN="))
			run, _, _ := bytes.Cut(rest, []byte{0})
			runs[pid] = string(run)
		}
	}
	return runs
}

// requireNoSurvivors fails if anything that a run started is alive.
func (s *server) requireNoSurvivors(t testing.TB) {
	t.Helper()
	require.Empty(t, s.survivors(t), "processes are left")
}

// awaitNoSurvivors waits until nothing that a run started is alive, at most for d.
func (s *server) awaitNoSurvivors(t testing.TB, d time.Duration) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	left, until := s.survivors(t), time.Now().Add(d)
	for len(left) > 0 && time.Now().Before(until) { // a look takes long on a busy machine, and the last one counts
		<-tick.C
		left = s.survivors(t)
	}
	require.Empty(t, left, "processes are left")
}

// healthAnswer is the part of /api/health that tests look at.
type healthAnswer struct {
	Status string
	Demo   bool
	CLI    struct {
		Found                  bool
		Version, Problem, Hint string
	}
	Runs        struct{ Running, Max, Queued, MaxQueue int }
	Sockets     struct{ Open, Max int }
	Containment string
	Warm        claude.PoolStats
	Words       []struct{ Word, What string }
}

// health asks the server how it is.
func (s *server) health(t testing.TB) (h healthAnswer) {
	t.Helper()
	status, body := s.get(t, "/api/health")
	require.Equal(t, http.StatusOK, status)
	require.NoError(t, json.Unmarshal(body, &h))
	return h
}

// awaitIdle waits until no run has a place and no socket is open.
func (s *server) awaitIdle(t testing.TB) {
	t.Helper()
	require.Eventually(t, func() bool {
		h := s.health(t)
		return h.Runs.Running == 0 && h.Runs.Queued == 0 && h.Sockets.Open == 0
	}, patience, 10*time.Millisecond, "the server does not become idle")
}

// get returns the answer to a plain request.
func (s *server) get(t testing.TB, path string) (int, []byte) {
	t.Helper()
	answer, err := http.Get(s.url + path)
	require.NoError(t, err)
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	return answer.StatusCode, body
}

// rss returns the server's resident memory in bytes.
func (s *server) rss(t testing.TB) int64 {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", s.command.Process.Pid))
	require.NoError(t, err)
	pages, err := strconv.ParseInt(strings.Fields(string(text))[1], 10, 64)
	require.NoError(t, err)
	return pages * int64(os.Getpagesize())
}

// descriptors returns how many the server has open.
func (s *server) descriptors(t testing.TB) int {
	t.Helper()
	entries, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", s.command.Process.Pid))
	require.NoError(t, err)
	return len(entries)
}

// awaitLogged waits until a text is in the log so many times: it is copied from a pipe, and that
// a run has ended is told before it is logged.
func (s *server) awaitLogged(t testing.TB, text string, times int) {
	t.Helper()
	logged := func() bool { return s.log.Count(text) >= times }
	require.Eventually(t, logged, patience, 10*time.Millisecond, "%q is not in the log", text)
	require.Equal(t, times, s.log.Count(text), text)
}

// runDirs returns the directories of runs that are there.
func (s *server) runDirs(t testing.TB) []string {
	t.Helper()
	dirs, err := filepath.Glob(filepath.Join(s.dir, "proc", "*"))
	require.NoError(t, err)
	return dirs
}
