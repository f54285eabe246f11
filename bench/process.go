package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

const (
	startTimeout = time.Minute
	stopTimeout  = 30 * time.Second
)

// command is how a server is started.
type command struct {
	name    string
	path    string
	args    []string
	program program // that it starts

	addr   string // that it is told; "" if it tells
	greets bool   // it sends an info frame first
	bare   bool   // it hands messages to the agent as they are
	asks   bool   // /readyz says when it is ready
	leaves string // a directory that goes when it stops
}

// server is a running one.
type server struct {
	command
	took time.Duration // from before the fork to "listening on"
	cmd  *exec.Cmd
}

func build(path string) error {
	cmd := exec.Command("go", "build", "-o", path, "spool")
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("build spool: %w", err)
	}
	return nil
}

// start returns when the contestant's server is ready.
func (c contestant) start(p program) (*server, error) {
	how, err := c.serve(p)
	if err != nil {
		return nil, err
	}
	how.name = c.name // which is not the program's, if two of them are Spools
	return start(how)
}

func start(c command) (*server, error) {
	s, err := launch(c)
	if err != nil {
		return nil, err
	}
	if err := s.waitReady(); err != nil {
		s.stop()
		return nil, fmt.Errorf("start %s: %w", c.name, err)
	}
	return s, nil
}

// launch returns when the server says that it is listening, if it does.
func launch(c command) (*server, error) {
	cmd := exec.Command(c.path, c.args...)
	cmd.Stderr, cmd.Env, cmd.Dir = os.Stderr, c.program.env, c.program.dir
	s := &server{command: c, cmd: cmd}
	if c.addr != "" {
		return s, s.run(nil)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", c.name, err)
	}
	return s, s.run(stdout)
}

// run starts the process, and reads its address.
func (s *server) run(stdout io.Reader) error {
	began := time.Now()
	if err := s.cmd.Start(); err != nil {
		return fmt.Errorf("start %s: %w", s.name, err)
	}
	running.Store(s.cmd.Process, true)
	if stdout == nil {
		return nil
	}
	timer := time.AfterFunc(startTimeout, func() { _ = s.cmd.Process.Kill() })
	defer timer.Stop()
	line, err := bufio.NewReader(stdout).ReadString('\n')
	s.took = time.Since(began)
	if err != nil {
		s.stop()
		return fmt.Errorf("start %s: %w", s.name, err)
	}
	_, s.addr, _ = strings.Cut(strings.TrimSpace(line), "http://")
	return nil
}

func (s *server) pid() int { return s.cmd.Process.Pid }

// kill ends the server as a crash would.
func (s *server) kill() {
	_ = s.cmd.Process.Kill()
	s.wait()
}

// wait is for a server that our signal ends: its status says nothing.
func (s *server) wait() {
	_ = s.cmd.Wait()
	running.Delete(s.cmd.Process)
}

// stop asks the server to end, and insists after a while.
func (s *server) stop() {
	_ = s.cmd.Process.Signal(syscall.SIGTERM)
	timer := time.AfterFunc(stopTimeout, func() { _ = s.cmd.Process.Kill() })
	defer timer.Stop()
	s.wait()
	if s.leaves != "" {
		_ = os.RemoveAll(s.leaves)
	}
}
