package procman

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

func init() {
	roles["machine"] = playMachine
	roles["earlier"] = playEarlier
}

// playMachine starts an earlier server and is init to what that leaves behind. It reaps
// nobody, so that zombies stay.
func playMachine() {
	must(unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0))
	server := exec.Command("/proc/self/exe")
	server.Env = append(os.Environ(), "PROCMAN_ROLE=earlier")
	server.Stdout, server.Stderr = os.Stdout, os.Stderr
	must(server.Start())
	_, _ = io.Copy(io.Discard, os.Stdin)
}

// playEarlier starts the scripts in the environment and waits to be killed.
func playEarlier() {
	s, err := New(marker)
	must(err)
	if os.Getenv("PROCMAN_METHOD") == string(Subreaper) {
		must(s.host.close())
		s.host.(*linux).groups = ""
	}
	var scripts map[string]string
	must(json.Unmarshal([]byte(os.Getenv("PROCMAN_SCRIPTS")), &scripts))
	report := report{PID: os.Getpid(), Leaders: map[string]Leader{}}
	dir, err := os.Open(os.TempDir())
	must(err)
	for id, script := range scripts {
		p, err := s.Start(Spec{
			ID: id, Path: "/bin/sh", Args: []string{"-c", script}, Dir: dir, Stdout: os.Stdout, Stderr: os.Stderr,
			Env: []string{"PATH=" + os.Getenv("PATH"), "ID=" + id},
		})
		must(err)
		report.Leaders[id] = p.Leader()
	}
	must(json.NewEncoder(os.Stdout).Encode(report))
	<-time.After(2 * time.Minute) // should nobody kill it
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

// report is what an earlier server prints.
type report struct {
	PID     int
	Leaders map[string]Leader
}

// earlier is a server that a test will kill.
type earlier struct {
	report
	started map[string][]int // by id: the pids that its script has printed
	out     *bufio.Reader
}

// startEarlier starts a server which starts a script for each name, and waits for a line of
// each, "$ID pid...". The ids are the names with something new behind them.
func startEarlier(t *testing.T, method Method, scripts map[string]string) *earlier {
	t.Helper()
	text, err := json.Marshal(scripts)
	require.NoError(t, err)
	_, out := shell(t, "exec /proc/self/exe", func(s *Spec) {
		s.Path, s.Args = "/proc/self/exe", nil
		s.Env = append(s.Env, "PROCMAN_ROLE=machine", "PROCMAN_METHOD="+string(method), "PROCMAN_SCRIPTS="+string(text))
	})
	e := &earlier{started: map[string][]int{}, out: out}
	for range len(scripts) + 1 {
		e.take(t, line(t, out))
	}
	return e
}

// take reads a line of the server, or of one of its scripts.
func (e *earlier) take(t *testing.T, line string) {
	t.Helper()
	if strings.HasPrefix(line, "{") {
		require.NoError(t, json.Unmarshal([]byte(line), &e.report))
		return
	}
	fields := strings.Fields(line)
	for _, field := range fields[1:] {
		pid, err := strconv.Atoi(field)
		require.NoError(t, err)
		e.started[fields[0]] = append(e.started[fields[0]], pid)
	}
}

// die kills the server, as nobody can prevent, and waits until it is dead.
func (e *earlier) die(t *testing.T) {
	t.Helper()
	handle, err := unix.PidfdOpen(e.PID, 0)
	require.NoError(t, err)
	require.NoError(t, syscall.Kill(e.PID, syscall.SIGKILL))
	awaitHandle(handle)
}

// pair is how an earlier server and this one find processes.
type pair struct{ earlier, now Method }

func (p pair) String() string { return "from " + string(p.earlier) + " to " + string(p.now) }

// pairs returns all that this machine allows.
func pairs() []pair {
	if shared.Method() == Subreaper {
		return []pair{{Subreaper, Subreaper}}
	}
	return []pair{{Subreaper, Subreaper}, {Subreaper, Cgroup}, {Cgroup, Subreaper}, {Cgroup, Cgroup}}
}

// use has this server find processes so, until the test has ended.
func use(t *testing.T, method Method) {
	t.Helper()
	l := shared.host.(*linux)
	groups := l.groups
	if method == Cgroup && groups == "" {
		t.Skip("no control groups here")
	}
	shared.patrols.Wait() // nobody looks at the field now
	if method == Subreaper {
		l.groups = ""
	}
	t.Cleanup(func() { shared.patrols.Wait(); l.groups = groups })
}

// newID returns an id that no other test has.
func newID() string { return fmt.Sprintf("adopt-%d-%d", os.Getpid(), serial.Add(1)) }
