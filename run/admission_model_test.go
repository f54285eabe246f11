package run

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// model is what an admission should do.
type model struct {
	a        admission
	inside   []*entrant
	waiting  []*entrant       // in the order in which they came
	position map[*entrant]int // as of the latest check
}

// Whatever comes and goes: never more than the places are taken but by what was adopted, no
// place is free while somebody waits, the first in the queue gets it, every client's runs
// wait in their order and clients in turn, no client's next one ever falls back, and who
// moves is told.
func TestAdmissionHoldsItsPromises(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		m := &model{position: map[*entrant]int{}}
		m.a.places, m.a.maxQueue = rapid.IntRange(1, 4).Draw(t, "places"), rapid.IntRange(0, 12).Draw(t, "queue")
		t.Repeat(map[string]func(*rapid.T){
			"enter": m.enter, "adopt": m.adopt, "leave a place": m.leavePlace, "leave the queue": m.leaveQueue, "": m.check,
		})
	})
}

func (m *model) enter(t *rapid.T) {
	e := m.a.enterAs(rapid.SampledFrom([]string{"A", "B", "C", "D"}).Draw(t, "client"))
	switch {
	case len(m.inside) < m.a.places:
		m.inside = append(m.inside, e)
	case len(m.waiting) < m.a.maxQueue:
		m.waiting = append(m.waiting, e)
	case e != nil:
		t.Fatal("there was no room")
	}
}

func (m *model) adopt(*rapid.T) { m.inside = append(m.inside, &entrant{ticket: m.a.adopt()}) }

func (m *model) leavePlace(t *rapid.T) {
	if len(m.inside) == 0 {
		t.Skip()
	}
	i := rapid.IntRange(0, len(m.inside)-1).Draw(t, "who")
	leaving := m.inside[i]
	m.inside = slices.Delete(m.inside, i, i+1)
	if first := m.first(); first >= 0 && len(m.inside) < m.a.places {
		m.inside = append(m.inside, m.waiting[first])
		m.waiting = slices.Delete(m.waiting, first, first+1)
	}
	m.a.leave(leaving.ticket)
}

func (m *model) leaveQueue(t *rapid.T) {
	if len(m.waiting) == 0 {
		t.Skip()
	}
	i := rapid.IntRange(0, len(m.waiting)-1).Draw(t, "who")
	leaving := m.waiting[i]
	m.waiting = slices.Delete(m.waiting, i, i+1)
	m.a.leave(leaving.ticket)
}

// first returns which one of those that wait is the next.
func (m *model) first() int {
	return slices.IndexFunc(m.waiting, func(e *entrant) bool { return m.a.position(e.ticket) == 1 })
}

func (m *model) check(t *rapid.T) {
	running, queued := m.a.counts()
	if running != len(m.inside) || queued != len(m.waiting) || running < m.a.places && queued > 0 {
		t.Fatalf("%d running, %d queued; want %d and %d", running, queued, len(m.inside), len(m.waiting))
	}
	for _, e := range m.inside {
		if !isAdmitted(e.ticket) || m.a.position(e.ticket) != 0 {
			t.Fatal("a place was not given")
		}
		m.checkMove(t, e, false)
	}
	queue, clients := make([]*entrant, len(m.waiting)), map[string]bool{}
	for _, e := range m.waiting {
		if isAdmitted(e.ticket) {
			t.Fatal("a place was given to somebody who is not the next")
		}
		m.checkMove(t, e, !clients[e.client])
		clients[e.client] = true
		queue[m.a.position(e.ticket)-1] = e
	}
	m.checkTurns(t, queue)
}

// checkMove checks that who moves is told, and that a client's next one moves forward only.
func (m *model) checkMove(t *rapid.T, e *entrant, next bool) {
	was, seen := m.position[e]
	now := m.a.position(e.ticket)
	if told := e.moved(); seen && (next && now > was || now != was && !told) {
		t.Fatalf("from %d to %d, told: %t", was, now, told)
	}
	m.position[e] = now
}

// checkTurns checks the order of a whole queue: each client's own, and that as long as two
// clients wait none of them is more than two places ahead.
func (m *model) checkTurns(t *rapid.T, queue []*entrant) {
	last, served, left := map[string]int{}, map[string]int{}, map[string]int{}
	for _, e := range queue {
		left[e.client]++
	}
	for _, e := range queue {
		came := slices.Index(m.waiting, e)
		if before, ok := last[e.client]; ok && came < before {
			t.Fatal("a client's runs are not in their order")
		}
		last[e.client] = came
		served[e.client]++
		left[e.client]--
		for other, more := range left {
			if more > 0 && served[e.client] > served[other]+2 {
				t.Fatalf("%s is served %d times, %s %d times", e.client, served[e.client], other, served[other])
			}
		}
	}
}
