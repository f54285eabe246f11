package run

import (
	"slices"
	"sync"
)

// admission gives places to runs in the order in which they asked.
type admission struct {
	places   int
	maxQueue int

	mu    sync.Mutex
	taken int       // guarded by mu
	queue []*ticket // guarded by mu: those that wait, the next one first
}

// ticket is a run's claim to a place.
type ticket struct {
	// admitted is closed when the place is there.
	admitted chan struct{}
	// moved rings when the position in the queue has changed.
	moved chan struct{}
}

// enter returns a ticket, which may have its place at once, or nil if the queue is full.
func (a *admission) enter() *ticket {
	a.mu.Lock()
	defer a.mu.Unlock()
	t := &ticket{admitted: make(chan struct{}), moved: make(chan struct{}, 1)}
	switch {
	case a.taken < a.places:
		a.taken++
		close(t.admitted)
	case len(a.queue) < a.maxQueue:
		a.queue = append(a.queue, t)
	default:
		return nil
	}
	return t
}

// leave gives a place back, or leaves the queue.
func (a *admission) leave(t *ticket) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if i := slices.Index(a.queue, t); i >= 0 {
		a.queue = slices.Delete(a.queue, i, i+1)
		a.tellMovedLocked(i)
		return
	}
	if len(a.queue) == 0 {
		a.taken--
		return
	}
	close(a.queue[0].admitted) // the place goes on to the next
	a.queue = slices.Delete(a.queue, 0, 1)
	a.tellMovedLocked(0)
}

// tellMovedLocked tells those from i on that their position has changed. Requires a.mu.
func (a *admission) tellMovedLocked(i int) {
	for _, t := range a.queue[i:] {
		select {
		case t.moved <- struct{}{}:
		default:
		}
	}
}

// position returns a ticket's place in the queue, 1 being next, and 0 outside of it.
func (a *admission) position(t *ticket) int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Index(a.queue, t) + 1
}

// counts returns how many have a place, and how many wait.
func (a *admission) counts() (running, queued int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.taken, len(a.queue)
}
