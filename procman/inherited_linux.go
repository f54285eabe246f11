package procman

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"syscall"
)

// inherited finds the processes of an id that an earlier instance of this program has
// started. Their orphans became children of init, or of whatever that instance ran under.
type inherited struct {
	kin
	host    *linux
	id      string
	session int      // the leader's, 0 if it is not known
	dirs    []string // control groups made for the id, usually one or none
	empty   bool     // nothing was alive when it was adopted: nothing can come of that
}

// attributes is never used: nothing is started here.
func (s *inherited) attributes() *syscall.SysProcAttr { return nil }

func (s *inherited) members(p *Process) ([]identity, error) {
	if s.empty {
		return nil, nil
	}
	now, err := takeSurvey(p.supervisor.marker)
	if err != nil {
		return nil, err
	}
	return s.find(now)
}

// count looks at the survey of the latest patrol, and into the control groups.
func (s *inherited) count(*Process) (int, error) {
	if s.empty {
		return 0, nil
	}
	members, err := s.find(s.host.latest)
	return len(members), err
}

// find returns what is in the control groups, carries the marker or was seen before, what
// is in the leader's session, and all descendants of these.
func (s *inherited) find(now survey) ([]identity, error) {
	grouped, err := s.grouped()
	s.remember(grouped)
	members := withDescendants(now.table, s.roots(now))
	for _, m := range grouped {
		if now.table[m.pid].identity != m { // it is newer than the survey
			members = append(members, m)
		}
	}
	s.remember(members)
	return members, err
}

// roots returns the pids that belong by themselves. The number of a session is not used
// again as long as anybody is in it: if one in it belongs, it is the leader's, and all do.
func (s *inherited) roots(now survey) map[int]bool {
	belongs, held := map[int]bool{}, false
	for pid, e := range now.table {
		if now.marks[e.identity] == s.id || s.knows(e.identity) {
			belongs[pid] = true
			held = held || e.session == s.session && s.session > 0
		}
	}
	for pid, e := range now.table {
		belongs[pid] = belongs[pid] || held && e.session == s.session
	}
	return belongs
}

// grouped returns what lives in the control groups. This program itself, should it have been
// started from inside, is not meant.
func (s *inherited) grouped() (all []identity, err error) {
	for _, dir := range s.dirs {
		members, e := groupMembers(dir)
		all, err = append(all, members...), errors.Join(err, e)
	}
	return slices.DeleteFunc(all, func(m identity) bool { return m.pid == s.host.self }), err
}

// kill empties the control groups, unless this program is in one, and ends what is elsewhere.
func (s *inherited) kill(p *Process) error {
	for _, dir := range s.dirs {
		members, err := groupMembers(dir)
		if err == nil && !slices.Contains(pids(members), s.host.self) {
			_ = killGroup(dir) // where that is not allowed, one by one
		}
	}
	members, err := s.members(p)
	signalAll(members, syscall.SIGKILL)
	return err
}

// release removes the control groups, and the directory that held them if that was the last.
func (s *inherited) release() {
	for _, dir := range s.dirs {
		s.host.removeEarlier(dir)
	}
}

// removeEarlier removes a group that an earlier instance made, and its directory.
func (l *linux) removeEarlier(dir string) {
	removeEmptied(dir)
	if parent := filepath.Dir(dir); parent != l.groups {
		_ = os.Remove(parent) // fails while another group is in it
	}
}
