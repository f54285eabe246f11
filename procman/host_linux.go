package procman

import (
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// linux finds processes by cgroup if groups is not empty, else by descent.
type linux struct {
	groups string // directory of our control groups, or ""
	self   int

	// As of the latest patrol, which alone uses them.
	latest survey
	marks  map[identity]string
	looked time.Time
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

// Between two patrols.
const (
	groupInterval = 100 * time.Millisecond
	tableInterval = 250 * time.Millisecond // where the whole process table is read each time
)

func (l *linux) interval() time.Duration {
	if l.groups != "" {
		return groupInterval
	}
	return tableInterval
}

func (l *linux) newScope(id string) (scope, error) {
	if l.groups != "" {
		return newGroup(l.groups, id)
	}
	return &descent{host: l}, nil
}

// patrol reads the process table once for everybody.
func (l *linux) patrol(running []*Process, marker string) {
	if time.Since(l.looked) < l.pause(running) {
		return
	}
	table, err := readTable()
	if err != nil {
		return // there is a next time
	}
	l.record(running, table, marker)
	leaders, ids := leadersOf(running), map[string]bool{}
	idle := true
	for _, p := range running {
		ids[p.id] = true
		idle = idle && p.standby.Load()
	}
	for pid, e := range table {
		if e.parent == l.self && !leaders[pid] {
			l.settle(e, ids, idle, marker)
		}
	}
}

// record keeps a table, and the markers if somebody is counted by them.
func (l *linux) record(running []*Process, table map[int]entry, marker string) {
	var marks map[identity]string
	if slices.ContainsFunc(running, (*Process).surveyed) {
		marks = readMarks(table, marker, l.marks)
	}
	l.latest, l.marks, l.looked = newSurvey(table, marks), marks, time.Now()
}

// pause is how long a look at the process table is good for. Where control groups tell the
// counts, one is rarely needed: only for what nobody waits for.
func (l *linux) pause(running []*Process) time.Duration {
	if l.groups == "" || len(running) == 0 {
		return 0
	}
	if slices.ContainsFunc(running, (*Process).surveyed) {
		return tableInterval
	}
	return time.Second
}

// surveyed reports whether p is counted by its marker.
func (p *Process) surveyed() bool {
	s, ok := p.scope.(*inherited)
	return ok && s.surveyed()
}

// settle deals with an orphan, a child of this program that it has not started: what a
// Process leaves behind comes to its subreaper. It is reaped when dead, and ended when the
// Process whose marker it carries has ended: it had moved out of its control group. One
// without a marker is ended while nothing runs that could own it.
func (l *linux) settle(orphan entry, running map[string]bool, idle bool, marker string) {
	if !orphan.alive() {
		reapDead(orphan.pid)
		return
	}
	if id := readMarker(orphan.pid, marker); !running[id] && (id != "" || idle) {
		orphan.signal(syscall.SIGKILL)
	}
}

// strays returns what carries the marker, and what is in a control group that an earlier
// instance made: a process may have cleared its environment.
func (l *linux) strays(marker string, belongs func(string) bool) ([]identity, error) {
	now, err := takeSurvey(marker)
	stray := map[int]bool{}
	add := func(pids []int) {
		for _, pid := range pids {
			stray[pid] = true
		}
	}
	for _, dir := range earlierGroups(belongs) {
		pids, _ := readPIDs(filepath.Join(dir, "cgroup.procs")) // a group that is gone has none
		add(pids)
	}
	for id, pids := range now.marked {
		if belongs(id) {
			add(pids)
		}
	}
	return living(now.table, stray), err
}

func (l *linux) tidy(belongs func(string) bool) {
	for _, dir := range earlierGroups(belongs) {
		l.removeEarlier(dir)
	}
}

func (l *linux) close() error {
	if l.groups == "" {
		return nil
	}
	return os.Remove(l.groups)
}
