package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// baseline is what a server holds on to.
type baseline struct {
	descriptors, threads, children, runs, groups int
	memory                                       int64
}

func (s *server) baseline(t testing.TB) baseline {
	t.Helper()
	return baseline{
		descriptors: s.descriptors(t), threads: len(s.procEntries(t, "task")), children: s.children(t),
		runs: len(s.runDirs(t)), groups: len(s.groups(t)), memory: s.rss(t),
	}
}

func (s *server) procEntries(t testing.TB, name string) []os.DirEntry {
	t.Helper()
	entries, err := os.ReadDir(fmt.Sprintf("/proc/%d/%s", s.command.Process.Pid, name))
	require.NoError(t, err)
	return entries
}

// children counts the server's children, dead ones that nobody has reaped among them.
func (s *server) children(t testing.TB) (n int) {
	t.Helper()
	tasks, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", s.command.Process.Pid))
	require.NoError(t, err)
	for _, task := range tasks {
		text, _ := os.ReadFile(task) // a thread may just have ended
		n += len(strings.Fields(string(text)))
	}
	return n
}

// groups returns the control groups of the server's runs.
func (s *server) groups(t testing.TB) (dirs []string) {
	t.Helper()
	for _, mount := range []string{"/sys/fs/cgroup", "/sys/fs/cgroup/unified"} {
		for _, depth := range []string{"", "*", "*/*", "*/*/*"} {
			found, err := filepath.Glob(filepath.Join(mount, depth, fmt.Sprintf("spool-%d", s.command.Process.Pid), "run_*"))
			require.NoError(t, err)
			dirs = append(dirs, found...)
		}
	}
	return dirs
}

// This test measures what the whole server holds, so it runs alone.
func TestN01AThousandResetsLeaveNothingBehind(t *testing.T) {
	s := startPlainServer(t, "--stop-grace=1s", "--max-runs=8", "--max-queue=1000", "--retain=0", "--claude="+program(t,
		"read line", "echo one; echo two >&2; sleep 600 & sleep 0.0$(( $$ % 5 )); echo three; [ $(( $$ % 2 )) = 0 ] && exec sleep 0.2; exit 0"))
	requireEnd(t, s.run(t, "hi"), "")
	s.awaitIdle(t)
	fresh := s.descriptors(t) + 2 // those who ask for its health keep their connections
	s.resetMany(t, 100)           // what is needed once is there
	s.requireSteady(t, fresh, func() { s.resetMany(t, 1000) })
	s.requireNoSurvivors(t)
}

// requireSteady checks that the server holds no more when something was done than before. Garbage
// that is collected late looks like more, but not each time, as a leak does. Threads stay with the
// runtime, of which some more may have been needed.
func (s *server) requireSteady(t *testing.T, descriptors int, do func()) {
	t.Helper()
	var before, after baseline
	steady := func() bool {
		return after.threads <= before.threads+8 && after.memory < before.memory+max(before.memory/10, 8<<20)
	}
	after = s.awaitBaseline(t, descriptors)
	for n := 0; n < 3 && (n == 0 || !steady()); n++ {
		before = after
		do()
		after = s.awaitBaseline(t, descriptors)
		t.Logf("%+v, then %+v", before, after)
	}
	require.True(t, steady(), "it holds more each time")
}

// awaitBaseline waits until the server holds nothing that belongs to a run, and at most so many
// descriptors.
func (s *server) awaitBaseline(t *testing.T, descriptors int) (b baseline) {
	t.Helper()
	s.awaitIdle(t)
	require.Eventually(t, func() bool {
		b = s.baseline(t)
		return b.descriptors <= descriptors && b.children+b.runs+b.groups == 0
	}, patience, 50*time.Millisecond)
	return b
}

// resetMany runs n prompts, eight at a time, and cuts each at a random point of its life.
func (s *server) resetMany(t *testing.T, n int) {
	t.Helper()
	var clients sync.WaitGroup
	turns := make(chan int)
	for range 8 {
		clients.Go(func() {
			for range turns {
				s.resetOne(t)
			}
		})
	}
	for i := range n {
		turns <- i
	}
	close(turns)
	clients.Wait()
}

func (s *server) resetOne(t *testing.T) {
	t.Helper()
	c := s.dial(t)
	defer c.reset()
	frames := rand.IntN(6) // info, run, three lines, the close frame
	for i := range frames {
		if i == 1 {
			c.prompt("hi")
		}
		_ = c.SetReadDeadline(time.Now().Add(patience))
		if _, _, err := c.ReadMessage(); err != nil {
			return // it has ended before its cut
		}
	}
	time.Sleep(time.Duration(rand.IntN(20)) * time.Millisecond) //nolint:forbidigo // the random point of its life
}

// A peer that stops answering, its connection still open, is gone.
func TestN02APeerThatStopsAnsweringIsNoticed(t *testing.T) {
	t.Parallel()
	s := startServer(t, "--ping-interval=500ms", "--stop-grace=1s")
	for _, prompt := range []string{script("sleep 600"), script("while :; do echo line; sleep 0.1; done")} {
		client := s.startClient(t, prompt)
		s.awaitSockets(t, 1)
		require.NoError(t, client.Process.Signal(syscall.SIGSTOP))
		start := time.Now()
		s.awaitSockets(t, 0)
		require.Less(t, time.Since(start), 2500*time.Millisecond, "two intervals, and time to notice")
		s.awaitNoSurvivors(t, 2*time.Second)
		s.awaitIdle(t)
	}
	s.dial(t) // and never reads, so that no ping is answered
	s.awaitSockets(t, 1)
	start := time.Now()
	s.awaitSockets(t, 0)
	require.Less(t, time.Since(start), 2500*time.Millisecond)
}

func TestN02APeerThatAnswersPingsMayBeSilent(t *testing.T) {
	t.Parallel()
	s := startServer(t, "--ping-interval=1s")
	c, _ := s.begin(t, script("sleep 5; echo ok"))
	e := c.rest() // reading answers pings
	requireEnd(t, e, "")
	require.Equal(t, []string{"ok"}, e.lines)
}

// startClient starts spool run as a process of its own.
func (s *server) startClient(t *testing.T, prompt string) *exec.Cmd {
	t.Helper()
	client := exec.Command(binaries.spool, "run", "--url="+s.url, "--", prompt)
	t.Cleanup(func() {
		_ = client.Process.Kill()
		_ = client.Wait()
	})
	require.NoError(t, client.Start())
	return client
}

func (s *server) awaitSockets(t *testing.T, n int) {
	t.Helper()
	require.Eventually(t, func() bool { return s.health(t).Sockets.Open == n }, patience, 5*time.Millisecond)
}
