package procman

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

const marker = "PROCMAN_TEST"

// shared is the Supervisor of all tests: a program has one, because it reaps all orphans.
var shared *Supervisor

// roles are what this program plays instead of running tests, by the value of PROCMAN_ROLE.
var roles = map[string]func(){}

func TestMain(m *testing.M) {
	if play := roles[os.Getenv("PROCMAN_ROLE")]; play != nil {
		play()
		return
	}
	var err error
	if shared, err = New(marker); err != nil {
		panic(err)
	}
	code := m.Run()
	if err := shared.Close(); err != nil {
		fmt.Fprintln(os.Stderr, "close supervisor:", err)
		code = 1
	}
	if err := goleak.Find(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

var serial atomic.Int64

// shell starts sh -c script and returns it with a reader of its output.
func shell(t *testing.T, script string, change ...func(*Spec)) (*Process, *bufio.Reader) {
	t.Helper()
	read, write, err := os.Pipe()
	require.NoError(t, err)
	t.Cleanup(func() { read.Close() })
	defer write.Close()
	spec := Spec{
		ID: fmt.Sprintf("test-%d-%d", os.Getpid(), serial.Add(1)), Path: "/bin/sh", Args: []string{"-c", script},
		Env: []string{"PATH=" + os.Getenv("PATH")}, Dir: open(t, t.TempDir()), Stdout: write, Stderr: os.Stderr,
	}
	for _, c := range change {
		c(&spec)
	}
	p, err := shared.Start(spec)
	require.NoError(t, err)
	t.Cleanup(func() {
		p.Stdin.Close()
		p.Stop(context.Background(), 0)
	})
	return p, bufio.NewReader(read)
}

// open opens a directory until the end of the test.
func open(t *testing.T, dir string) *os.File {
	t.Helper()
	file, err := os.Open(dir)
	require.NoError(t, err)
	t.Cleanup(func() { file.Close() })
	return file
}

// line waits for one line of output.
func line(t *testing.T, from *bufio.Reader) string {
	t.Helper()
	text, err := from.ReadString('\n')
	require.NoError(t, err)
	return strings.TrimSuffix(text, "\n")
}

// wait fails the test if the process does not end in time.
func wait(t *testing.T, c <-chan struct{}, what string) {
	t.Helper()
	select {
	case <-c:
	case <-time.After(20 * time.Second):
		require.FailNow(t, "timed out", what)
	}
}

// requireNoSurvivors looks for the process's marker in every environment.
func requireNoSurvivors(t *testing.T, p *Process) {
	t.Helper()
	members, err := shared.host.strays(marker, func(id string) bool { return id == p.id })
	require.NoError(t, err)
	require.Empty(t, members)
}

func TestProcessEndsByItself(t *testing.T) {
	p, out := shell(t, `read x; echo "got $x"; exit 3`)
	_, err := p.Stdin.WriteString("hello\n")
	require.NoError(t, err)
	require.Equal(t, "got hello", line(t, out))
	wait(t, p.Exited(), "exit")
	exit, proof := p.Stop(t.Context(), time.Minute)
	require.Equal(t, Exit{Code: 3}, exit)
	require.Equal(t, Proof{Rung: RungExit}, proof)
}

func TestProcessEndedBySignalNamesIt(t *testing.T) {
	for _, signal := range []syscall.Signal{syscall.SIGSEGV, syscall.SIGKILL, syscall.SIGTERM} {
		p, _ := shell(t, fmt.Sprintf("kill -%d $$", signal))
		wait(t, p.Exited(), "exit")
		exit, proof := p.Stop(t.Context(), time.Minute)
		require.Equal(t, Exit{Code: -1, Signal: signal}, exit)
		require.Equal(t, RungExit, proof.Rung)
	}
}

func TestStopIsPoliteFirst(t *testing.T) {
	p, out := shell(t, `trap 'echo bye; exit 0' TERM; echo ready; while :; do sleep 0.01; done`)
	require.Equal(t, "ready", line(t, out))
	exit, proof := p.Stop(t.Context(), time.Minute)
	require.Equal(t, "bye", line(t, out))
	require.Equal(t, Exit{}, exit)
	require.Equal(t, Proof{Rung: RungTerm}, proof)
}

func TestStopKillsWhatIgnoresSignals(t *testing.T) {
	p, out := shell(t, `trap '' TERM INT HUP; echo ready; while :; do sleep 600; done`)
	require.Equal(t, "ready", line(t, out))
	exit, proof := p.Stop(t.Context(), 100*time.Millisecond)
	require.Equal(t, Exit{Code: -1, Signal: syscall.SIGKILL}, exit)
	require.Equal(t, Proof{Rung: RungKill}, proof)
	requireNoSurvivors(t, p)
}

func TestStopAtOnceWhenTheContextIsDone(t *testing.T) {
	p, out := shell(t, `trap '' TERM; echo ready; while :; do sleep 600; done`)
	require.Equal(t, "ready", line(t, out))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	start := time.Now()
	_, proof := p.Stop(ctx, time.Hour)
	require.Equal(t, RungKill, proof.Rung)
	require.Less(t, time.Since(start), time.Minute)
}

func TestForkBombIsNoticedAndEnded(t *testing.T) {
	p, _ := shell(t, `while :; do sleep 100 & done`, func(s *Spec) { s.MaxProcesses = 64 })
	wait(t, p.Overrun(), "overrun")
	_, proof := p.Stop(t.Context(), 100*time.Millisecond)
	require.Empty(t, proof.Survivors)
	requireNoSurvivors(t, p)
}

func TestOneProcessIsEndedAndAnotherUntouched(t *testing.T) {
	other, out := shell(t, `(setsid sh -c 'sleep 600' &); read x; echo "still $x"`)
	p, ready := shell(t, `(setsid sh -c 'sleep 600' &); echo ready; sleep 600`)
	require.Equal(t, "ready", line(t, ready))
	p.Stop(t.Context(), 100*time.Millisecond)
	requireNoSurvivors(t, p)
	_, err := other.Stdin.WriteString("here\n")
	require.NoError(t, err)
	require.Equal(t, "still here", line(t, out))
}

func TestChildGetsNothingButWhatItShould(t *testing.T) {
	leaked, err := os.Open(os.DevNull)
	require.NoError(t, err)
	defer leaked.Close()
	// A descriptor without close-on-exec, as an inherited one would be.
	fd, err := syscall.Dup(int(leaked.Fd()))
	require.NoError(t, err)
	defer syscall.Close(fd)
	require.NoError(t, closeOnExec())
	t.Setenv("CANARY", "secret")
	p, out := shell(t, `ls -m /proc/$$/fd; env | sort | tr '\n' ' '; echo; echo $$ $(ps -o pgid=,sid= -p $$)`)
	require.Equal(t, "0, 1, 2", line(t, out))
	environment := line(t, out)
	require.Contains(t, environment, marker+"="+p.id)
	require.NotContains(t, environment, "CANARY")
	require.Equal(t, strings.Repeat(fmt.Sprintf("%d ", p.PID()), 3), line(t, out)+" ", "its own group and session")
}

func TestStartTellsWhyWithoutThePath(t *testing.T) {
	dir := t.TempDir()
	file := func(name, text string, mode os.FileMode) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, []byte(text), mode))
		return path
	}
	link := filepath.Join(dir, "link")
	require.NoError(t, os.Symlink(filepath.Join(dir, "nowhere"), link))
	for path, want := range map[string]error{
		filepath.Join(dir, "missing"):          syscall.ENOENT,
		file("plain", "#!/bin/sh\n", 0o644):    syscall.EACCES,
		file("garbage", "\x00\x01\x02", 0o755): syscall.ENOEXEC,
		dir:                                    syscall.EACCES,
		link:                                   syscall.ENOENT,
	} {
		_, err := shared.Start(Spec{ID: "never", Path: path, Dir: open(t, dir), Stdout: os.Stdout, Stderr: os.Stderr})
		require.ErrorIs(t, err, want, path)
		require.NotContains(t, err.Error(), dir)
	}
}

func TestSweepEndsWhatAnEarlierServerLeft(t *testing.T) {
	p, out := shell(t, `setsid sh -c 'trap "" TERM; echo ready; while :; do sleep 600; done' & wait`)
	require.Equal(t, "ready", line(t, out))
	other, _ := shell(t, `sleep 600`)
	found, left, err := shared.Sweep(t.Context(), func(id string) bool { return id == p.id }, 100*time.Millisecond)
	require.NoError(t, err)
	require.GreaterOrEqual(t, found, 2)
	require.Empty(t, left)
	requireNoSurvivors(t, p)
	require.False(t, other.gone(), "what belongs to somebody else goes on")
}

func TestStopFromEverywhereAtOnce(t *testing.T) {
	p, out := shell(t, `echo ready; sleep 600`)
	require.Equal(t, "ready", line(t, out))
	proofs := make(chan Proof)
	for range 10 {
		go func() {
			_, proof := p.Stop(t.Context(), time.Minute)
			proofs <- proof
		}()
	}
	for range 10 {
		require.Equal(t, Proof{Rung: RungTerm}, <-proofs)
	}
}
