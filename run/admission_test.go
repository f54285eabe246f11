package run

import (
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func isAdmitted(t *ticket) bool {
	select {
	case <-t.admitted:
		return true
	default:
		return false
	}
}

func hasMoved(t *ticket) bool {
	select {
	case <-t.moved:
		return true
	default:
		return false
	}
}

func TestAdmissionGivesPlacesInOrder(t *testing.T) {
	t.Parallel()
	a := &admission{places: 1, maxQueue: 2}
	first, second, third := a.enter(), a.enter(), a.enter()
	require.Nil(t, a.enter(), "the queue is full")
	require.True(t, isAdmitted(first))
	require.Equal(t, []int{0, 1, 2}, []int{a.position(first), a.position(second), a.position(third)})

	a.leave(second)
	require.False(t, isAdmitted(third), "nobody has left a place")
	require.True(t, hasMoved(third))
	require.Equal(t, 1, a.position(third))
	fourth := a.enter()
	a.leave(first)
	require.True(t, isAdmitted(third))
	require.True(t, hasMoved(fourth))
	require.False(t, isAdmitted(fourth))
	a.leave(third)
	a.leave(fourth)
	running, queued := a.counts()
	require.Zero(t, running+queued)
}

func TestAdmissionWithoutAQueue(t *testing.T) {
	t.Parallel()
	a := &admission{places: 1}
	first := a.enter()
	require.Nil(t, a.enter())
	a.leave(first)
	require.NotNil(t, a.enter())
}

// Whatever comes and goes: never more than the places are taken, no place is free while
// somebody waits, and places are given in the order of arrival.
func TestAdmissionHoldsItsPromises(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a := &admission{places: rapid.IntRange(1, 4).Draw(t, "places"), maxQueue: rapid.IntRange(0, 4).Draw(t, "queue")}
		var inside, waiting []*ticket
		t.Repeat(map[string]func(*rapid.T){
			"enter": func(t *rapid.T) {
				ticket := a.enter()
				switch {
				case len(inside) < a.places:
					inside = append(inside, ticket)
				case len(waiting) < a.maxQueue:
					waiting = append(waiting, ticket)
				case ticket != nil:
					t.Fatal("there was no room")
				}
			},
			"leave a place": func(t *rapid.T) {
				if len(inside) == 0 {
					t.Skip()
				}
				i := rapid.IntRange(0, len(inside)-1).Draw(t, "who")
				a.leave(inside[i])
				inside = slices.Delete(inside, i, i+1)
				if len(waiting) > 0 {
					inside, waiting = append(inside, waiting[0]), waiting[1:]
				}
			},
			"leave the queue": func(t *rapid.T) {
				if len(waiting) == 0 {
					t.Skip()
				}
				i := rapid.IntRange(0, len(waiting)-1).Draw(t, "who")
				a.leave(waiting[i])
				waiting = slices.Delete(slices.Clone(waiting), i, i+1)
			},
			"": func(t *rapid.T) {
				running, queued := a.counts()
				if running != len(inside) || queued != len(waiting) {
					t.Fatalf("%d running, %d queued; want %d and %d", running, queued, len(inside), len(waiting))
				}
				for _, ticket := range inside {
					if !isAdmitted(ticket) || a.position(ticket) != 0 {
						t.Fatal("a place was not given")
					}
				}
				for i, ticket := range waiting {
					if isAdmitted(ticket) || a.position(ticket) != i+1 {
						t.Fatal("a place was given, or its position is wrong")
					}
				}
			},
		})
	})
}

func TestAdmissionFromManySides(t *testing.T) {
	t.Parallel()
	a := &admission{places: 3, maxQueue: 5}
	var all sync.WaitGroup
	for i := range 40 {
		all.Go(func() {
			for range 50 {
				ticket := a.enter()
				if ticket == nil {
					continue
				}
				if i%3 > 0 { // some leave the queue
					<-ticket.admitted
				}
				a.leave(ticket)
			}
		})
	}
	all.Wait()
	running, queued := a.counts()
	require.Zero(t, running+queued)
}
