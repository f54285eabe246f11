package procman

import (
	"maps"
	"sync"
	"syscall"
)

// kin remembers the processes of one Process.
type kin struct {
	mu   sync.Mutex
	seen map[identity]bool // guarded by mu: found before, when their parents still lived
}

func (k *kin) knows(i identity) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.seen[i]
}

func (k *kin) remember(members []identity) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.seen == nil {
		k.seen = map[identity]bool{}
	}
	for _, m := range members {
		k.seen[m] = true
	}
}

// withDescendants returns the living processes of those that belong and of all that descend
// from them.
func withDescendants(table map[int]entry, belongs map[int]bool) []identity {
	for grown := true; grown; {
		grown = false
		for pid, e := range table {
			if !belongs[pid] && belongs[e.parent] {
				belongs[pid], grown = true, true
			}
		}
	}
	return living(table, belongs)
}

// living returns the living processes of those.
func living(table map[int]entry, belongs map[int]bool) []identity {
	var members []identity
	for pid := range maps.Keys(belongs) {
		if e := table[pid]; belongs[pid] && e.alive() {
			members = append(members, e.identity)
		}
	}
	return members
}

// descent finds processes by where they come from.
type descent struct {
	kin
	host *linux
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
func (d *descent) count(p *Process) (int, error) { return len(d.find(p, d.host.latest.table)), nil }

// find returns p's processes in a table.
func (d *descent) find(p *Process, table map[int]entry) []identity {
	members := withDescendants(table, d.roots(p, table))
	d.remember(members)
	return members
}

// roots returns the pids that belong to p by themselves.
func (d *descent) roots(p *Process, table map[int]entry) map[int]bool {
	leaders, alone := p.supervisor.children(p) // alone: then every child of this program is its own
	belongs := map[int]bool{}
	for pid, e := range table {
		orphan := e.parent == d.host.self && !leaders[pid]
		belongs[pid] = pid == p.leader.pid || e.session == p.leader.pid || d.knows(e.identity) ||
			orphan && (alone || readMarker(pid, p.supervisor.marker) == p.id)
	}
	return belongs
}

func (d *descent) kill(p *Process) error {
	members, err := d.members(p)
	signalAll(members, syscall.SIGKILL)
	return err
}

func (d *descent) release() {}
