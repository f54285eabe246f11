//go:build !linux

package procman

import (
	"syscall"
	"time"
)

// adopt knows a leader by its number and, where the system tells that, its start time; it
// must also lead a process group still. Of one that is dead nothing can be known: its
// group's number may be another's.
func (unix) adopt(leaders map[string]Leader, _ string) (map[string]legacy, error) {
	found := make(map[string]legacy, len(leaders))
	for id, l := range leaders {
		leader := identity{pid: l.PID, start: l.Start}
		found[id] = legacy{scope: nothing{}, leader: leader}
		if leader.leads() {
			found[id] = legacy{scope: sessionScope{}, leader: leader, await: leader.await}
		}
	}
	return found, nil
}

// leads reports whether the process lives and leads a group. 0 and 1 would mean others to
// kill(2), and are nobody.
func (i identity) leads() bool {
	if i.pid <= 1 {
		return false
	}
	group, err := syscall.Getpgid(i.pid)
	return err == nil && group == i.pid && startTime(i.pid) == i.start
}

// await asks again and again: these systems offer no way to wait for another's child that
// all of them share.
func (i identity) await() {
	tick := time.NewTicker(lastPoll)
	defer tick.Stop()
	for i.leads() {
		<-tick.C
	}
}

// nothing is the scope of a leader that died before it was adopted.
type nothing struct{}

func (nothing) attributes() *syscall.SysProcAttr     { return nil }
func (nothing) members(*Process) ([]identity, error) { return nil, nil }
func (nothing) count(*Process) (int, error)          { return 0, nil }
func (nothing) kill(*Process) error                  { return nil }
func (nothing) release()                             {}
