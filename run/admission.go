package run

import (
	"cmp"
	"slices"
	"sync"
)

// admission gives places to runs: to each client in turn, and to the runs of one client in
// the order in which they came. A client that submits hundreds holds nobody else up.
type admission struct {
	places   int
	maxQueue int

	mu    sync.Mutex
	taken int       // guarded by mu
	round int       // guarded by mu: of the last one that got a place
	queue []*ticket // guarded by mu: those that wait, the next one first
}

// ticket is a run's claim to a place.
type ticket struct {
	client string
	// round is the turn in which it gets its place: the first run of every client that
	// waits is in the same one, the second in the next, and so on.
	round int
	// admitted is closed when the place is there.
	admitted chan struct{}
	// moved is called when the position in the queue has changed. It must not block.
	moved func()
}

// enter returns a ticket, which may have its place at once, or nil if the queue is full.
func (a *admission) enter(client string, moved func()) *ticket {
	a.mu.Lock()
	defer a.mu.Unlock()
	t := &ticket{client: client, admitted: make(chan struct{}), moved: moved}
	switch {
	case a.taken < a.places:
		a.taken++
		close(t.admitted)
	case len(a.queue) < a.maxQueue:
		a.lineUpLocked(t)
	default:
		return nil
	}
	return t
}

// hasPlace reports whether the place is there. Without a ticket there is none.
func (t *ticket) hasPlace() bool {
	if t == nil {
		return false
	}
	select {
	case <-t.admitted:
		return true
	default:
		return false
	}
}

// adopt returns a ticket with a place, for what runs already, even if there is none left.
func (a *admission) adopt() *ticket {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.taken++
	t := &ticket{admitted: make(chan struct{})}
	close(t.admitted)
	return t
}

// lineUpLocked puts a ticket behind all of its round. Requires a.mu.
func (a *admission) lineUpLocked(t *ticket) {
	t.round = a.round
	for _, waiting := range a.queue {
		if waiting.client == t.client {
			t.round = waiting.round
		}
	}
	t.round++
	i, _ := slices.BinarySearchFunc(a.queue, t.round+1, func(waiting *ticket, round int) int { return cmp.Compare(waiting.round, round) })
	a.queue = slices.Insert(a.queue, i, t)
	a.tellMovedLocked(i + 1)
}

// leave gives a place back, or leaves the queue. Without a ticket there is nothing to leave.
func (a *admission) leave(t *ticket) {
	if t == nil {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if i := slices.Index(a.queue, t); i >= 0 {
		a.leaveQueueLocked(i)
		return
	}
	a.taken--
	for len(a.queue) > 0 && a.taken < a.places {
		a.taken++
		next := a.queue[0]
		a.round = next.round
		close(next.admitted)
		a.queue = slices.Delete(a.queue, 0, 1)
		next.moved()
		a.tellMovedLocked(0)
	}
}

// leaveQueueLocked removes one that waits. Those of its client behind it move up, each to
// where the one before it stood: who takes a run back has its next one in its stead.
// Requires a.mu.
func (a *admission) leaveQueueLocked(i int) {
	left, gap := a.queue[i], i
	round := left.round
	for j := i + 1; j < len(a.queue); j++ {
		if next := a.queue[j]; next.client == left.client {
			next.round, round = round, next.round
			a.queue[gap], gap = next, j
		}
	}
	a.queue = slices.Delete(a.queue, gap, gap+1)
	a.tellMovedLocked(i)
}

// tellMovedLocked tells those from i on that their position has changed. Requires a.mu.
func (a *admission) tellMovedLocked(i int) {
	for _, t := range a.queue[i:] {
		t.moved()
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
