package procman

import (
	"errors"
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
	empty   bool     // nothing lived when it was adopted: nothing can come of that
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

// count looks into the control groups, or else at the survey of the latest patrol.
func (s *inherited) count(*Process) (int, error) {
	if s.surveyed() {
		members, err := s.find(s.host.latest)
		return len(members), err
	}
	members, err := s.grouped()
	return len(members), err
}

// surveyed reports whether counting needs a survey.
func (s *inherited) surveyed() bool { return !s.empty && len(s.dirs) == 0 }

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
	belongs := s.recognise(now.table)
	for _, pid := range now.marked[s.id] {
		belongs[pid] = true
	}
	for pid := range belongs {
		if s.session > 0 && now.table[pid].session == s.session {
			addSession(now.table, s.session, belongs)
			break
		}
	}
	return belongs
}

// addSession adds everything in a session.
func addSession(table map[int]entry, session int, belongs map[int]bool) {
	for pid, e := range table {
		if e.session == session {
			belongs[pid] = true
		}
	}
}

// grouped returns what lives in the control groups. This program itself, should it have been
// started from inside, is not meant.
func (s *inherited) grouped() (all []identity, err error) {
	for _, dir := range s.dirs {
		members, e := groupMembers(dir)
		all, err = append(all, members...), errors.Join(err, e)
	}
	return slices.DeleteFunc(all, s.host.isSelf), err
}

// kill empties the control groups, unless this program is in one, and ends what is elsewhere.
func (s *inherited) kill(p *Process) error {
	for _, dir := range s.dirs {
		members, err := groupMembers(dir)
		if err == nil && !slices.ContainsFunc(members, s.host.isSelf) {
			_ = killGroup(dir) // where that is not allowed, one by one
		}
	}
	members, err := s.members(p)
	signalAll(members, syscall.SIGKILL)
	return err
}

func (l *linux) isSelf(i identity) bool { return i.pid == l.self }

// release removes the control groups, and the directories that held them.
func (s *inherited) release() {
	for _, dir := range s.dirs {
		s.host.removeEarlier(dir)
	}
}
