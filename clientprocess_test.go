package main

import (
	"io"
	"net"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"spool/logtest"
)

// clientProcess is a spool run that goes on while the test does something else.
type clientProcess struct {
	*exec.Cmd
	out, errs logtest.Buffer
	exited    chan struct{}
}

// startRun starts spool run with arguments.
func (s *server) startRun(t testing.TB, args ...string) *clientProcess {
	t.Helper()
	return s.startRunWith(t, func(*exec.Cmd) {}, args...)
}

// startRunWith is startRun with a chance to change the command before it starts.
func (s *server) startRunWith(t testing.TB, change func(*exec.Cmd), args ...string) *clientProcess {
	t.Helper()
	p := &clientProcess{Cmd: exec.Command(binaries.spool, append([]string{"run", "--url=" + s.url}, args...)...), exited: make(chan struct{})}
	p.Env = []string{"GORACE=atexit_sleep_ms=0"}
	p.Stdout, p.Stderr = &p.out, &p.errs
	change(p.Cmd)
	require.NoError(t, p.Start())
	go func() { defer close(p.exited); _ = p.Wait() }()
	t.Cleanup(func() { _ = p.Process.Kill(); <-p.exited })
	return p
}

// end waits until the command has ended.
func (p *clientProcess) end(t testing.TB) commandEnd {
	t.Helper()
	select {
	case <-p.exited:
	case <-time.After(2 * patience):
		require.FailNow(t, "spool run does not end", "%s", p.errs.String())
	}
	require.NotContains(t, p.errs.String(), "DATA RACE")
	return commandEnd{p.out.String(), p.errs.String(), p.ProcessState.ExitCode()}
}

// awaitOut waits until the command has printed so much.
func (p *clientProcess) awaitOut(t testing.TB, text string) {
	t.Helper()
	require.Eventually(t, func() bool { return strings.Contains(p.out.String(), text) }, patience, 5*time.Millisecond, "%s", &p.errs)
}

// awaitErr waits until the command has written so much to its stderr.
func (p *clientProcess) awaitErr(t testing.TB, text string) {
	t.Helper()
	p.errs.Await(t, text)
}

// signal sends a signal, as Ctrl-C does.
func (p *clientProcess) signal(t testing.TB, s syscall.Signal) {
	t.Helper()
	require.NoError(t, p.Process.Signal(s))
}

// detached starts a run with spool run --detach and returns its id.
func (s *server) detached(t testing.TB, prompt string, args ...string) string {
	t.Helper()
	e := s.startRun(t, append([]string{"--detach", prompt}, args...)...).end(t)
	require.Equal(t, 0, e.code, e.errs)
	require.Regexp(t, `^run_[a-z2-7]{26}\n$`, e.out)
	return strings.TrimSpace(e.out)
}

// killAndRestart kills the server and starts another one on its port and data directory.
func (s *server) killAndRestart(t testing.TB, flags ...string) *server {
	t.Helper()
	_ = s.command.Process.Kill() // it may have been killed already
	s.awaitExit(t)
	return startServer(t, append([]string{"--data-dir=" + s.dir, "--listen=" + s.addr}, flags...)...)
}

// cutter passes connections on to a server, and cuts each one after some bytes of answers.
type cutter struct {
	net.Listener
	target string
	most   func() int64 // bytes of the next connection; none is passed on when it is negative
	wires  sync.WaitGroup
}

// startCutter returns what looks like the server, but for the cuts.
func (s *server) startCutter(t testing.TB, most func() int64) *server {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	c := &cutter{Listener: listener, target: s.addr, most: most}
	c.wires.Go(c.accept)
	t.Cleanup(func() { listener.Close(); c.wires.Wait() })
	return &server{url: "http://" + listener.Addr().String(), addr: listener.Addr().String()}
}

func (c *cutter) accept() {
	for {
		client, err := c.Accept()
		if err != nil {
			return
		}
		most := c.most()
		c.wires.Go(func() { c.pass(client, most) })
	}
}

// pass passes one connection on until its cut.
func (c *cutter) pass(client net.Conn, most int64) {
	defer client.Close()
	server, err := net.Dial("tcp", c.target)
	if err != nil {
		return
	}
	defer server.Close()
	c.wires.Go(func() {
		_, _ = io.Copy(server, client)
		server.Close()
	})
	_, _ = io.Copy(client, io.LimitReader(server, most))
}
