package claude

import "time"

// Start is a run on its way from its place to its first line. As long as it takes, no process
// is started for others, unless one has been missing for too long.
type Start struct {
	// Waiting is the process that serves the run, nil if the run has to start one.
	Waiting *Waiting

	pool  *Pool
	began time.Time
}

// Begin is for a run that has its place. It takes a process that waits for such a run, if
// there is one; that is the caller's then, to be stopped or discarded.
func (p *Pool) Begin(wishes Wishes) *Start {
	var now Snapshot
	if p.config.Size > 0 {
		now = p.agent.Snapshot(p.config.Dir)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.startLocked()
	if s.Waiting = p.takeLocked(wishes, now); s.Waiting != nil {
		s.Waiting.Process.Activate()
	}
	p.ring()
	return s
}

// Expect says that a run without wishes may come soon, for which none waits any more.
func (p *Pool) Expect() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.shelves[0].used = time.Now()
	p.ring()
}

// BeginCold is for a run whose id is known already: it waited for its place, and starts its
// own process.
func (p *Pool) BeginCold() *Start {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.startLocked()
}

func (p *Pool) startLocked() *Start {
	s := &Start{pool: p, began: time.Now()}
	p.starting[s] = struct{}{}
	return s
}

// FirstLine says that the run has its first line. A nil Start is of a run that an earlier
// server began.
func (s *Start) FirstLine() {
	if s != nil {
		s.leave(true)
	}
}

// Over says that the run has ended, whether or not it came to a first line.
func (s *Start) Over() {
	if s != nil {
		s.leave(false)
	}
}

// leave lets others start. Only the first call counts.
func (s *Start) leave(withLine bool) {
	s.pool.mu.Lock()
	defer s.pool.mu.Unlock()
	if _, starts := s.pool.starting[s]; !starts {
		return
	}
	delete(s.pool.starting, s)
	times := &s.pool.stats.FirstLine.Cold
	if s.Waiting != nil {
		times = &s.pool.stats.FirstLine.Warm
	}
	if withLine {
		times.add(time.Since(s.began))
	}
	s.pool.ring()
}
