package main

import (
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"spool/logtest"
)

// terminal is a pseudo-terminal: what is written to its end for programs can be read.
type terminal struct {
	program *os.File
	shown   logtest.Buffer
	read    chan struct{} // closed when no program has it any more
}

// openTerminal opens a pseudo-terminal of so many columns.
func openTerminal(t *testing.T, columns uint16) *terminal {
	t.Helper()
	screen, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	require.NoError(t, err)
	fd := int(screen.Fd())
	number, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	require.NoError(t, err)
	require.NoError(t, unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0))
	require.NoError(t, unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &unix.Winsize{Row: 24, Col: columns}))
	program, err := os.OpenFile("/dev/pts/"+strconv.Itoa(number), os.O_RDWR|unix.O_NOCTTY, 0)
	require.NoError(t, err)
	term := &terminal{program: program, read: make(chan struct{})}
	go func() {
		defer close(term.read)
		_, _ = screen.WriteTo(&term.shown)
	}()
	t.Cleanup(func() { program.Close(); screen.Close(); <-term.read })
	return term
}

// drawnLine is a progress line on the terminal, until it is taken away.
var drawnLine = regexp.MustCompile(`\r\x1b\[K[a-z ]+, \d+m?\d*s[^\r]*`)

// on starts spool run on a terminal.
func (term *terminal) on(t *testing.T, s *server, args ...string) *clientProcess {
	t.Helper()
	return s.startRunWith(t, func(c *exec.Cmd) { c.Stdout, c.Stderr = term.program, term.program }, args...)
}

// left is what stands on the terminal when all progress was taken away.
func (term *terminal) left(t *testing.T) string {
	t.Helper()
	require.NoError(t, term.program.Close())
	<-term.read
	shown := term.shown.String()
	require.Regexp(t, drawnLine, shown)
	rest := strings.ReplaceAll(drawnLine.ReplaceAllString(shown, ""), clearLine, "")
	require.NotContains(t, rest, "\x1b")
	return strings.ReplaceAll(rest, "\r\n", "\n")
}

func TestProgressOnATerminal(t *testing.T) {
	t.Parallel()
	s, gate := startServer(t), t.TempDir()+"/gate"
	term := openTerminal(t, 80)
	prompt, out, _ := numbered(20, gate)
	p := term.on(t, s, prompt)
	term.await(t, `running, \d+s, 10 lines`)
	openGate(t, gate)
	require.Zero(t, p.end(t).code)
	require.Equal(t, out, term.left(t))
}

func TestProgressInTheQueueAndAtTheDeadline(t *testing.T) {
	t.Parallel()
	s := startServer(t, "--max-runs=1", "--stop-grace=1s")
	first, second := openTerminal(t, 80), openTerminal(t, 80)
	p := first.on(t, s, script("echo one; sleep 600"), "--timeout-seconds=8")
	first.await(t, `1 line`)
	q := second.on(t, s, "hi")
	second.await(t, `queued, \d+s, position 1`)
	first.await(t, `running, \d+s, 1 line, deadline in \d+s`)
	require.Equal(t, 3, p.end(t).code)
	require.Regexp(t, `^one\nspool: .*\(TIMEOUT_WALL\)\n$`, first.left(t))
	require.Zero(t, q.end(t).code)
	require.Equal(t, "ok\n", second.left(t))
}

func TestProgressOfALostConnection(t *testing.T) {
	t.Parallel()
	s, gate := startServer(t), t.TempDir()+"/gate"
	term := openTerminal(t, 40)
	prompt, out, _ := numbered(20, gate)
	p := term.on(t, s, "--follow", s.detached(t, prompt))
	term.await(t, `running, \d+s, 10 lines`)
	require.NoError(t, s.command.Process.Kill())
	term.await(t, `connecting again, \d+s, 10 lines`)
	s.killAndRestart(t)
	openGate(t, gate)
	require.Zero(t, p.end(t).code)
	require.Equal(t, out, term.left(t))
}

func TestProgressOfAnAbort(t *testing.T) {
	t.Parallel()
	s := startServer(t, "--stop-grace=2s")
	term := openTerminal(t, 80)
	id := s.detached(t, script("trap '' TERM; echo one; while :; do sleep 600; done"))
	s.awaitStdout(t, 4)
	require.Zero(t, term.on(t, s, "--abort", id).end(t).code)
	require.Regexp(t, `ending the run, \d+s`, term.shown.String())
	require.Equal(t, "aborted\n", term.left(t))
}

// Ctrl-C on a terminal leaves no half line behind.
func TestProgressIsTakenAwayAtCtrlC(t *testing.T) {
	t.Parallel()
	s := startServer(t, "--stop-grace=1s")
	term := openTerminal(t, 80)
	p := term.on(t, s, script("echo one; sleep 600"))
	term.await(t, `1 line`)
	p.signal(t, syscall.SIGINT)
	require.Equal(t, 130, p.end(t).code)
	require.Equal(t, "one\nspool: interrupted: the server ends the run\n", term.left(t))
	s.awaitNoSurvivors(t, patience)
}

// await waits until something was shown.
func (term *terminal) await(t *testing.T, pattern string) {
	t.Helper()
	found := func() bool { return regexp.MustCompile(pattern).MatchString(term.shown.String()) }
	require.Eventually(t, found, patience, 10*time.Millisecond, pattern)
}
