package procman

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
)

// Spec says what to start.
type Spec struct {
	// ID is the value of the marker. It must be new, and a valid file name.
	ID string
	// Path is the program's absolute path; Args are its arguments without the name.
	Path string
	Args []string
	// Env is the whole environment; nothing is inherited. The marker is added.
	Env []string
	// Dir is the working directory, open: the process starts in it, wherever its path leads by
	// then. Where the system cannot do that, it starts behind the path, if that is the same
	// directory just before.
	Dir *os.File
	// Stdout and Stderr are handed to the process. They and Dir stay the caller's to close.
	Stdout, Stderr *os.File
	// MaxProcesses closes Overrun when there are more processes at once; 0 is no limit.
	MaxProcesses int
	// Standby starts it without anything to do, until [Process.Activate]. As long as only such
	// processes run, they are looked at rarely, and what has lost its family is not theirs.
	Standby bool
}

// Process is a running or ended process with everything that it started. It must be
// stopped, also after it has ended by itself.
type Process struct {
	// Stdin is a pipe to the process. Closing it is the caller's. It is nil in an adopted
	// Process, whose stdin ended with the instance that had started it.
	Stdin *os.File

	supervisor *Supervisor
	scope      scope
	process    *os.Process // nil if an earlier instance started it
	id         string
	leader     identity
	max        int
	standby    atomic.Bool

	exited  chan struct{}    // closed when the leader is dead
	state   *os.ProcessState // set before that if waiting has reaped it
	overrun chan struct{}    // closed by the patrol

	overrunOnce sync.Once
	stopOnce    sync.Once
	exit        Exit  // set once by Stop
	proof       Proof // likewise
}

// Start starts a process. The error says in the operating system's words why it could not
// be, without the path.
func (s *Supervisor) Start(spec Spec) (*Process, error) {
	scope, err := s.host.newScope(spec.ID)
	if err != nil {
		return nil, fmt.Errorf("make control group: %w", err)
	}
	p := &Process{
		supervisor: s, scope: scope, id: spec.ID, max: spec.MaxProcesses,
		exited: make(chan struct{}), overrun: make(chan struct{}),
	}
	p.standby.Store(spec.Standby)
	if err := p.start(spec); err != nil {
		scope.release()
		return nil, err
	}
	go p.await()
	return p, nil
}

// start makes the pipe for stdin and the process.
func (p *Process) start(spec Spec) error {
	dir, err := pathOf(spec.Dir)
	if err != nil {
		return fmt.Errorf("find working directory: %w", withoutPath(err))
	}
	read, write, err := os.Pipe()
	if err != nil {
		return fmt.Errorf("make stdin: %w", err)
	}
	defer read.Close()
	attributes := &os.ProcAttr{
		Dir: dir, Env: p.environment(spec.Env), Sys: p.scope.attributes(),
		Files: []*os.File{read, spec.Stdout, spec.Stderr},
	}
	p.supervisor.mu.Lock()
	defer p.supervisor.mu.Unlock()
	p.process, err = os.StartProcess(spec.Path, append([]string{spec.Path}, spec.Args...), attributes)
	if err != nil {
		return errors.Join(fmt.Errorf("start process: %w", withoutPath(err)), write.Close())
	}
	p.Stdin, p.leader = write, identity{pid: p.process.Pid, start: startTime(p.process.Pid)}
	p.supervisor.registerLocked(p)
	return nil
}

// environment returns env with the marker.
func (p *Process) environment(env []string) []string {
	prefix := p.supervisor.marker + "="
	env = slices.DeleteFunc(slices.Clone(env), func(v string) bool { return strings.HasPrefix(v, prefix) })
	return append(env, prefix+p.id)
}

// withoutPath returns the system's reason alone: the path is nobody's business who can
// only ask for a process.
func withoutPath(err error) error {
	if path, ok := errors.AsType[*os.PathError](err); ok {
		return path.Err
	}
	return err
}

// PID is the process id of the leader. It is not reused before Stop has returned, unless the
// Process was adopted.
func (p *Process) PID() int { return p.leader.pid }

// Exited is closed when the process itself has ended. What it started may still run.
func (p *Process) Exited() <-chan struct{} { return p.exited }

// Interrupt sends SIGINT to the process itself, as a terminal does when somebody types ^C. It
// ends nothing by itself: Stop does.
func (p *Process) Interrupt() {
	if !p.ended() {
		p.leader.signal(syscall.SIGINT)
	}
}

// Activate ends the standby of a process that is about to get something to do.
func (p *Process) Activate() { p.standby.Store(false) }

// Standby begins the standby of a process that waits for something to do.
func (p *Process) Standby() { p.standby.Store(true) }

// Overrun is closed when there were more processes at once than Spec.MaxProcesses.
func (p *Process) Overrun() <-chan struct{} { return p.overrun }

// await closes exited when the leader is dead.
func (p *Process) await() {
	defer close(p.exited)
	p.state = awaitExit(p.process)
}

// checkCount closes overrun if there are too many processes.
func (p *Process) checkCount() {
	if p.max == 0 {
		return
	}
	if n, err := p.scope.count(p); err == nil && n > p.max {
		p.overrunOnce.Do(func() { close(p.overrun) })
	}
}

// Exit is how a process ended: with a status, or by a signal. {-1, 0} is not known: it was
// adopted, and so not our child.
type Exit struct {
	Code   int            // exit status; -1 if a signal ended it, or if it is not known
	Signal syscall.Signal // 0 if none did, or if it is not known
}

func newExit(state *os.ProcessState) Exit {
	if status, ok := state.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return Exit{Code: -1, Signal: status.Signal()}
	}
	return Exit{Code: state.ExitCode()}
}
