package procman

import (
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"
)

// Method names how the processes of one Process are found.
type Method string

// The methods, from the surest to the weakest.
const (
	Cgroup    Method = "cgroup"    // a control group each, and everything in it
	Subreaper Method = "subreaper" // descendants, session and marker
	Group     Method = "group"     // the process group alone
)

// Supervisor starts processes and keeps track of all of them.
type Supervisor struct {
	marker string // name of the environment variable
	host   host

	mu         sync.Mutex
	running    map[*Process]struct{} // guarded by mu: started and not yet reaped
	patrolling bool                  // guarded by mu: somebody looks after them
	looked     time.Time             // guarded by mu: when that was done last
	patrols    sync.WaitGroup
}

// New returns a Supervisor whose processes carry marker=<id> in their environment. It also
// keeps the descriptors that this program itself inherited from reaching any child.
func New(marker string) (*Supervisor, error) {
	if err := closeOnExec(); err != nil {
		return nil, fmt.Errorf("protect descriptors: %w", err)
	}
	host, err := newHost()
	if err != nil {
		return nil, fmt.Errorf("prepare process supervision: %w", err)
	}
	return &Supervisor{marker: marker, host: host, running: map[*Process]struct{}{}}, nil
}

// Method says how processes are found on this system.
func (s *Supervisor) Method() Method { return s.host.method() }

// Close gives back what New took. Every process must have been stopped.
func (s *Supervisor) Close() error {
	s.patrols.Wait()
	return s.host.close()
}

// registerLocked adds a process that was just started, and sees to it that somebody looks
// after it. Requires s.mu.
func (s *Supervisor) registerLocked(p *Process) {
	s.running[p] = struct{}{}
	if !s.patrolling {
		s.patrolling = true
		s.patrols.Go(s.patrol)
	}
}

// unregister forgets a process that was reaped.
func (s *Supervisor) unregister(p *Process) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.running, p)
}

// standbyInterval is between two looks while all that runs is on standby: then nothing is
// expected to happen, and an idle program should cost nothing.
const standbyInterval = 2 * time.Second

// patrol counts processes and reaps orphans as long as anything runs.
func (s *Supervisor) patrol() {
	tick := time.NewTicker(s.host.interval())
	defer tick.Stop()
	for {
		<-tick.C // a process that is just starting needs the machine more than we do
		if s.onStandby() {
			continue
		}
		running := s.look()
		if len(running) == 0 {
			return
		}
		for _, p := range running {
			p.checkCount()
		}
	}
}

// onStandby reports whether nothing but processes on standby runs, and they were looked at
// a moment ago.
func (s *Supervisor) onStandby() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.running) > 0 && s.idleLocked(nil) && time.Since(s.looked) < standbyInterval
}

// idleLocked reports whether everything that runs, but for one, is on standby. Requires s.mu.
func (s *Supervisor) idleLocked(but *Process) bool {
	for p := range s.running {
		if p != but && !p.standby.Load() {
			return false
		}
	}
	return true
}

// look has the host look at all processes and returns what runs; if nothing does, the patrol
// has ended. It holds the lock, so that no child is taken for an orphan before Start has
// registered it.
func (s *Supervisor) look() []*Process {
	s.mu.Lock()
	defer s.mu.Unlock()
	running := slices.Collect(maps.Keys(s.running))
	s.host.patrol(running, s.marker)
	s.looked = time.Now()
	s.patrolling = len(running) > 0
	return running
}

// children returns the pids of all leaders that this instance has started, and whether p is
// all that runs, but for what is on standby.
func (s *Supervisor) children(p *Process) (pids map[int]bool, alone bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, running := s.running[p]
	return leadersOf(slices.Collect(maps.Keys(s.running))), running && s.idleLocked(p)
}

// isRunning reports whether a Process with this id runs.
func (s *Supervisor) isRunning(id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for p := range s.running {
		if p.id == id {
			return true
		}
	}
	return false
}

// leadersOf returns the pids of the leaders that wait to be reaped by Stop. An adopted one is
// an orphan if it is our child at all, and reaped as such.
func leadersOf(running []*Process) map[int]bool {
	pids := make(map[int]bool, len(running))
	for _, p := range running {
		if !p.adopted() {
			pids[p.leader.pid] = true
		}
	}
	return pids
}
