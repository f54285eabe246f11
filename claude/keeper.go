package claude

import (
	"cmp"
	"slices"
	"time"
)

// tempo is how fast a pool does things.
type tempo struct {
	look     time.Duration // between two inspections
	spacing  time.Duration // between two starts: each takes a processor for about a second
	patience time.Duration // for which a missing process is not started, as long as runs start
	first    time.Duration // to wait after a failure …
	most     time.Duration // … doubled with each one after it, up to this
	settled  time.Duration // after so long a failure is a first one again
}

var usualTempo = tempo{
	look: 2 * time.Second, spacing: time.Second, patience: 2 * time.Second,
	first: time.Second, most: 5 * time.Minute, settled: time.Minute,
}

// maxShelves is how many profiles are remembered: where clients may name any model, there is
// no end of them.
const maxShelves = 16

// tend does what is due, and returns how long nothing will be, unless something happens.
func (p *Pool) tend() time.Duration {
	if p.inspectionDue() {
		p.inspect(p.agent.Snapshot(p.config.Dir))
	}
	s, wait := p.plan(time.Now())
	if wait > 0 {
		return min(wait, p.tempo.look)
	}
	if w, err := p.launch(s.wishes); err != nil {
		p.fail(s, p.agent.Snapshot(p.config.Dir), 0, err.Error())
	} else {
		p.shelve(s, w)
	}
	return 0
}

func (p *Pool) inspectionDue() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return time.Since(p.looked) >= p.tempo.look
}

// inspect looks at all that wait, and drops those that a run could not use.
func (p *Pool) inspect(now Snapshot) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.looked = time.Now()
	p.memory.look(p.largest)
	for _, s := range p.shelves {
		s.trouble.forget(now)
		for _, w := range slices.Clone(s.waiting) {
			w.measure()
			p.largest = max(p.largest, w.memory)
			if w.Snapshot != now {
				p.takeOffLocked(s, w)
				p.dropLocked(w, &p.stats.Drops.Stale)
				p.avoidLoopLocked(s, w)
			} else if w.chatters() {
				p.tasks.Go(func() { p.lose(s, w, "it wrote too much while it waited") })
			}
		}
	}
}

// plan drops what is to wait no longer, and returns the profile for which to start a process
// now, or how long to wait before that is asked again.
func (p *Pool) plan(now time.Time) (*shelf, time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.forgetLocked(now)
	missing := p.fitLocked(now)
	if missing == nil {
		p.since = time.Time{}
		return nil, p.tempo.look
	}
	if p.since.IsZero() {
		p.since = now
	}
	return missing, max(p.started.Add(p.tempo.spacing).Sub(now), p.courtesyLocked(now))
}

// courtesyLocked returns how long to let runs have the machine that wait for their first
// line. Requires p.mu.
func (p *Pool) courtesyLocked(now time.Time) time.Duration {
	if len(p.starting) == 0 {
		return 0
	}
	return p.since.Add(p.tempo.patience).Sub(now)
}

// forgetLocked drops what waits for profiles that no run has used for long. The first shelf
// stays, empty. Requires p.mu.
func (p *Pool) forgetLocked(now time.Time) {
	rest := p.shelves[1:]
	slices.SortFunc(rest, func(a, b *shelf) int { return cmp.Compare(b.used.UnixNano(), a.used.UnixNano()) })
	kept := p.shelves[:1]
	for i, s := range p.shelves {
		if p.expired(s, now) || i >= maxShelves {
			p.shrinkLocked(s, 0, &p.stats.Drops.Idle)
		} else if i > 0 {
			kept = append(kept, s)
		}
	}
	clear(p.shelves[len(kept):])
	p.shelves = kept
}

func (p *Pool) expired(s *shelf, now time.Time) bool {
	return p.config.Idle > 0 && now.Sub(s.used) >= p.config.Idle
}

// fitLocked drops what there is no memory for: the profile that was used least lately goes
// first, that of runs without wishes last. It returns the first profile that is to have more
// processes, and can have them now. Requires p.mu.
func (p *Pool) fitLocked(now time.Time) (missing *shelf) {
	room, reason := p.config.Memory, &p.stats.Drops.Memory
	if p.memory.short {
		room, reason = 0, &p.stats.Drops.Pressure
	}
	for _, s := range p.shelves {
		n := 0
		for ; n < len(s.waiting) && p.costLocked(s.waiting[n]) <= room; n++ {
			room -= p.costLocked(s.waiting[n])
		}
		if n < len(s.waiting) {
			p.shrinkLocked(s, n, reason)
			room = 0
		}
		for ; n < p.config.Size && !p.expired(s, now) && p.largest <= room; n++ {
			room -= p.largest
			if missing == nil && now.After(s.trouble.until) && p.memory.fits(p.largest) {
				missing = s
			}
		}
		if n < p.config.Size && !p.expired(s, now) {
			room = 0 // not for those that come behind it
		}
	}
	return missing
}

// costLocked is how many bytes of memory a process takes, or would take if that is not known
// yet. Requires p.mu.
func (p *Pool) costLocked(w *Waiting) int64 { return cmp.Or(w.memory, p.largest) }

// shelve puts a process that was started where runs find it.
func (p *Pool) shelve(s *shelf, w *Waiting) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stats.Starts++
	p.started, p.since = time.Now(), time.Time{}
	s.waiting = append(s.waiting, w)
	p.tasks.Go(func() { p.watch(s, w) })
}

// takeOff removes a process from its shelf, for which it is dead, and reports whether it was
// there.
func (p *Pool) takeOff(s *shelf, w *Waiting) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.takeOffLocked(s, w) {
		return false
	}
	p.stats.Drops.Dead++
	w.leave()
	return true
}

// takeOffLocked removes a process from its shelf, and reports whether it was there. Requires
// p.mu.
func (p *Pool) takeOffLocked(s *shelf, w *Waiting) bool {
	i := slices.Index(s.waiting, w)
	if i < 0 {
		return false
	}
	s.waiting = slices.Delete(s.waiting, i, i+1)
	return true
}
