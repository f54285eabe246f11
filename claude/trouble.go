package claude

import "time"

// trouble is that of a profile for which processes cannot be started, or end while they wait.
type trouble struct {
	failures int
	until    time.Time // no other is started before
	of       Snapshot  // from which they were started; none if another makes no difference
	told     string    // the last one that is in the log
}

// forget ends the waiting when what processes are started from has changed: that may have
// mended it.
func (t *trouble) forget(now Snapshot) {
	if t.of != (Snapshot{}) && t.of != now {
		*t = trouble{}
	}
}

// avoidLoopLocked is for a process that had to be dropped because of a change: should its
// start itself be what changes something, then the next ones come later and later. Requires
// p.mu.
func (p *Pool) avoidLoopLocked(s *shelf, w *Waiting) {
	if time.Since(w.started) >= p.tempo.settled {
		s.trouble = trouble{}
		return
	}
	s.trouble.add(p.tempo)
	s.trouble.of = Snapshot{}
}

// add counts a failure.
func (t *trouble) add(tempo tempo) {
	t.until = time.Now().Add(min(tempo.first<<min(t.failures, 30), tempo.most))
	t.failures++
}

// fail keeps a profile from being started again at once. The log is told once of a trouble
// that goes on: a run that starts its own process tells its client anyway.
func (p *Pool) fail(s *shelf, of Snapshot, waited time.Duration, why string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	t := &s.trouble
	if waited >= p.tempo.settled {
		t.failures = 0
	}
	t.add(p.tempo)
	t.of = of
	if t.told != why {
		t.told = why
		p.log.Warn("no claude is kept waiting: it is tried again, and runs start their own", "error", why, "model", s.wishes.Model, "partial", s.wishes.Partial)
	}
	p.ring()
}
