package procman

import "syscall"

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
	leaders, alone := p.supervisor.children(p) // alone: then every child of this program that nobody else owns is its own
	belongs := d.recognise(table)
	for pid, e := range table {
		orphan := e.parent == d.host.self && !leaders[pid]
		if pid == p.leader.pid || e.session == p.leader.pid || orphan && p.owns(pid, alone) {
			belongs[pid] = true
		}
	}
	return belongs
}

// owns reports whether an orphan is p's: it carries its marker, or p is alone and it carries
// that of nobody who runs.
func (p *Process) owns(orphan int, alone bool) bool {
	id := readMarker(orphan, p.supervisor.marker)
	return id == p.id || alone && !p.supervisor.isRunning(id)
}

func (d *descent) kill(p *Process) error {
	members, err := d.members(p)
	signalAll(members, syscall.SIGKILL)
	return err
}

func (d *descent) release() {}
