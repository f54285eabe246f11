//go:build !linux

package procman

import (
	"errors"
	"os"
	"strconv"
	"syscall"
	"time"
)

// unix knows process groups and nothing else.
type unix struct{}

func newHost() (host, error) { return unix{}, nil }

func (unix) method() Method                                       { return Group }
func (unix) interval() time.Duration                              { return 250 * time.Millisecond }
func (unix) newScope(string) (scope, error)                       { return sessionScope{}, nil }
func (unix) patrol([]*Process, string)                            {} // orphans become init's children
func (unix) strays(string, func(string) bool) ([]identity, error) { return nil, nil }
func (unix) tidy(func(string) bool)                               {}
func (unix) close() error                                         { return nil }

// sessionScope is the process group of a leader. Its members cannot be listed, only
// signalled, so that it counts as one.
type sessionScope struct{}

func (sessionScope) attributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setsid: true} }

func (sessionScope) members(p *Process) ([]identity, error) {
	if errors.Is(syscall.Kill(-p.leader.pid, 0), syscall.ESRCH) {
		return nil, nil
	}
	return []identity{{pid: -p.leader.pid}}, nil
}

func (s sessionScope) count(p *Process) (int, error) {
	members, err := s.members(p)
	return len(members), err
}

func (sessionScope) kill(p *Process) error { return syscall.Kill(-p.leader.pid, syscall.SIGKILL) }
func (sessionScope) release()              {}

func (i identity) signal(sig syscall.Signal) { _ = syscall.Kill(i.pid, sig) }

// awaitExit returns when the child is dead, with its status: these systems offer Go no way
// to wait without reaping, so that the group's id could in theory be reused before Stop.
func awaitExit(process *os.Process) *os.ProcessState {
	state, err := process.Wait()
	if err != nil {
		return nil
	}
	return state
}

// closeOnExec marks every descriptor from 3 on, so that no child gets it.
func closeOnExec() error {
	names, err := os.ReadDir("/dev/fd")
	for _, name := range names {
		if fd, err := strconv.Atoi(name.Name()); err == nil && fd > 2 {
			syscall.CloseOnExec(fd)
		}
	}
	return err
}
