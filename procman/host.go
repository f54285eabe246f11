package procman

import (
	"syscall"
	"time"
)

// host is what procman needs of an operating system.
type host interface {
	method() Method
	interval() time.Duration
	// newScope prepares a place in which the processes of one Process will be found.
	newScope(id string) (scope, error)
	// patrol looks at the processes once: it reaps dead children of this program that are
	// no leaders, and ends living ones that belong to no running Process any more.
	patrol(running []*Process, marker string)
	// adopt finds what lives of each id that an earlier instance of this program has used.
	adopt(leaders map[string]Leader, marker string) (map[string]legacy, error)
	// strays returns the living processes that an earlier instance of this program has
	// started under an id that belongs accepts.
	strays(marker string, belongs func(id string) bool) ([]identity, error)
	// tidy gives back what newScope took for such ids, once no stray is left.
	tidy(belongs func(id string) bool)
	close() error
}

// scope finds the processes of one Process.
type scope interface {
	// attributes starts a process as the leader of a new session, inside the scope.
	attributes() *syscall.SysProcAttr
	// members returns the living processes. A dead leader that is not reaped is none.
	members(p *Process) ([]identity, error)
	// count returns how many there were at the latest patrol, which alone calls it.
	count(p *Process) (int, error)
	// kill ends all members with SIGKILL, at once where the system can do that.
	kill(p *Process) error
	// release gives back what newScope took, after the last member has gone.
	release()
}

// identity is a process: its id, and its start time so that a reused id is another one.
type identity struct {
	pid   int
	start uint64 // clock ticks since boot; 0 where the system does not tell
}

func pids(members []identity) []int {
	var list []int
	for _, m := range members {
		list = append(list, m.pid)
	}
	return list
}
