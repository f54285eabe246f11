package procman

import (
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
)

// linux finds processes by cgroup if groups is not empty, else by descent.
type linux struct {
	groups string // directory of our control groups, or ""
	self   int
}

func newHost() (host, error) {
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		return nil, os.NewSyscallError("prctl", err)
	}
	return &linux{groups: makeGroups(), self: os.Getpid()}, nil
}

func (l *linux) method() Method {
	if l.groups != "" {
		return Cgroup
	}
	return Subreaper
}

// interval is longer where the whole process table is read each time.
func (l *linux) interval() time.Duration {
	if l.groups != "" {
		return 100 * time.Millisecond
	}
	return 250 * time.Millisecond
}

func (l *linux) newScope(id string) (scope, error) {
	if l.groups != "" {
		return newGroup(l.groups, id)
	}
	return &descent{self: l.self, seen: map[identity]bool{}}, nil
}

// reapOrphans reaps dead children that nobody waits for: what a run left behind becomes a
// child of this program, which is the subreaper.
func (l *linux) reapOrphans(leaders map[int]bool) {
	table, err := readTable()
	if err != nil {
		return // they are reaped next time
	}
	for pid, e := range table {
		if e.parent == l.self && !e.alive() && !leaders[pid] {
			reapDead(pid)
		}
	}
}

// strays returns what carries the marker, and what is in a control group that an earlier
// instance made: a process may have cleared its environment.
func (l *linux) strays(marker string, belongs func(string) bool) ([]identity, error) {
	table, err := readTable()
	grouped := map[int]bool{}
	for _, dir := range earlierGroups(belongs) {
		pids, _ := readPIDs(filepath.Join(dir, "cgroup.procs")) // a group that is gone has none
		for _, pid := range pids {
			grouped[pid] = true
		}
	}
	var members []identity
	for pid, e := range table {
		if id := readMarker(pid, marker); pid != l.self && e.alive() && (grouped[pid] || id != "" && belongs(id)) {
			members = append(members, e.identity)
		}
	}
	return members, err
}

func (l *linux) tidy(belongs func(string) bool) {
	for _, dir := range earlierGroups(belongs) {
		removeEmptied(dir)
		if parent := filepath.Dir(dir); parent != l.groups {
			_ = os.Remove(parent) // fails while another group is in it
		}
	}
}

func (l *linux) close() error {
	if l.groups == "" {
		return nil
	}
	return os.Remove(l.groups)
}
