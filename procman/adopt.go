package procman

import (
	"errors"
	"fmt"
)

// Leader identifies a Process's leader across restarts of this program.
type Leader struct {
	PID   int    `json:"pid"`
	Start uint64 `json:"start"` // clock ticks since boot (macOS: microseconds since 1970); 0 where the system does not tell
}

// Leader returns what [Supervisor.Adopt] of a later instance needs to know.
func (p *Process) Leader() Leader { return Leader{PID: p.leader.pid, Start: p.leader.start} }

// legacy is what a host has found of an id that an earlier instance of this program used.
type legacy struct {
	scope  scope
	leader identity
	await  func() // returns when the leader is dead; nil if it is dead already
}

// Adopt takes over what an earlier instance of this program started and, being killed, did
// not stop. It returns a Process for every id, also where nothing of it lives any more;
// leaders holds the leader that was recorded for each, or the zero Leader if none was. A
// leader counts as alive only if its start time agrees too, and its marker or control group.
// The system is looked at for all of them together.
//
// It must be called before anything is started: what carries a marker that nobody is known
// to own is ended as a stray. Every adopted Process must be stopped, like any other.
func (s *Supervisor) Adopt(leaders map[string]Leader, maxProcesses int) (map[string]*Process, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.adoptLocked(leaders, maxProcesses)
}

func (s *Supervisor) adoptLocked(leaders map[string]Leader, maxProcesses int) (map[string]*Process, error) {
	if err := s.checkUnownedLocked(leaders); err != nil {
		return nil, err
	}
	found, err := s.host.adopt(leaders, s.marker)
	if err != nil {
		return nil, fmt.Errorf("look for earlier processes: %w", err)
	}
	processes := make(map[string]*Process, len(found))
	for id, legacy := range found {
		processes[id] = s.inheritLocked(id, legacy, maxProcesses)
	}
	return processes, nil
}

// checkUnownedLocked refuses ids that nothing can have been started under, and those of
// processes that this instance looks after already.
func (s *Supervisor) checkUnownedLocked(leaders map[string]Leader) error {
	if _, ok := leaders[""]; ok {
		return errors.New("adopt processes: an id is empty")
	}
	for p := range s.running {
		if _, ok := leaders[p.id]; ok {
			return fmt.Errorf("adopt processes: %s is running already", p.id)
		}
	}
	return nil
}

// inheritLocked makes a Process of what was found.
func (s *Supervisor) inheritLocked(id string, l legacy, maxProcesses int) *Process {
	p := &Process{
		supervisor: s, scope: l.scope, id: id, leader: l.leader, max: maxProcesses,
		exited: make(chan struct{}), overrun: make(chan struct{}),
	}
	s.registerLocked(p)
	if l.await == nil {
		close(p.exited)
		return p
	}
	go func() {
		defer close(p.exited)
		l.await()
	}()
	return p
}

// adopted reports whether an earlier instance started p: then its leader is no child of
// this program, or became one only as an orphan.
func (p *Process) adopted() bool { return p.process == nil }
