package procman

import (
	"sync"
	"syscall"
)

// descent finds processes by where they come from.
type descent struct {
	host *linux

	mu   sync.Mutex
	seen map[identity]bool // guarded by mu: found before, when their parents still lived
}

func (d *descent) attributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setsid: true} }

// members returns the leader, whatever is in its session, orphans that carry its marker or
// were seen before, and all descendants of these.
func (d *descent) members(p *Process) ([]identity, error) {
	table, err := readTable()
	if err != nil {
		return nil, err
	}
	return d.find(p, table), nil
}

// count looks at the table of the latest patrol: one for all.
func (d *descent) count(p *Process) (int, error) { return len(d.find(p, d.host.table)), nil }

// find returns p's processes in a table.
func (d *descent) find(p *Process, table map[int]entry) []identity {
	d.mu.Lock()
	defer d.mu.Unlock()
	belongs := d.roots(p, table)
	for grown := true; grown; {
		grown = false
		for pid, e := range table {
			if !belongs[pid] && belongs[e.parent] {
				belongs[pid], grown = true, true
			}
		}
	}
	return d.remember(table, belongs)
}

// roots returns the pids that belong to p by themselves.
func (d *descent) roots(p *Process, table map[int]entry) map[int]bool {
	leaders := p.supervisor.leaders()
	alone := leaders[p.pid] && len(leaders) == 1 // then every child of this program is its own
	belongs := map[int]bool{}
	for pid, e := range table {
		orphan := e.parent == d.host.self && !leaders[pid]
		belongs[pid] = pid == p.pid || e.session == p.pid || d.seen[e.identity] ||
			orphan && (alone || readMarker(pid, p.supervisor.marker) == p.id)
	}
	return belongs
}

// remember returns the living processes of those, and knows them from now on.
func (d *descent) remember(table map[int]entry, belongs map[int]bool) []identity {
	var members []identity
	for pid := range belongs {
		if e := table[pid]; belongs[pid] && e.alive() {
			members = append(members, e.identity)
			d.seen[e.identity] = true
		}
	}
	return members
}

func (d *descent) kill(p *Process) error {
	members, err := d.members(p)
	signalAll(members, syscall.SIGKILL)
	return err
}

func (d *descent) release() {}
