package run

import (
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// isAdmitted reports whether a ticket has its place. Nobody waits here: a place is given
// before the call that gives it returns.
func isAdmitted(t *ticket) bool {
	select {
	case <-t.admitted:
		return true
	default:
		return false
	}
}

// entrant is a ticket in a test, and how often it was told that it has moved.
type entrant struct {
	*ticket
	moves int
}

// enter takes a ticket for a client.
func (a *admission) enterAs(client string) *entrant {
	e := &entrant{}
	if e.ticket = a.enter(client, func() { e.moves++ }); e.ticket == nil {
		return nil
	}
	return e
}

// moved reports whether the ticket was told since the last call that it has moved.
func (e *entrant) moved() bool {
	defer func() { e.moves = 0 }()
	return e.moves > 0
}

func TestAdmissionGivesPlacesInOrder(t *testing.T) {
	t.Parallel()
	a := &admission{places: 1, maxQueue: 2}
	first, second, third := a.enterAs("A"), a.enterAs("A"), a.enterAs("A")
	require.Nil(t, a.enterAs("A"), "the queue is full")
	require.Nil(t, a.enterAs("B"), "for everybody")
	require.True(t, isAdmitted(first.ticket))
	require.Equal(t, []int{0, 1, 2}, []int{a.position(first.ticket), a.position(second.ticket), a.position(third.ticket)})
	third.moved()

	a.leave(second.ticket)
	require.False(t, isAdmitted(third.ticket), "nobody has left a place")
	require.True(t, third.moved())
	require.Equal(t, 1, a.position(third.ticket))
	fourth := a.enterAs("A")
	fourth.moved()
	a.leave(first.ticket)
	require.True(t, isAdmitted(third.ticket))
	require.True(t, third.moved(), "out of the queue")
	require.True(t, fourth.moved())
	require.False(t, isAdmitted(fourth.ticket))
	a.leave(third.ticket)
	a.leave(fourth.ticket)
	running, queued := a.counts()
	require.Zero(t, running+queued)
}

func TestAdmissionWithoutAQueue(t *testing.T) {
	t.Parallel()
	a := &admission{places: 1}
	first := a.enterAs("A")
	require.Nil(t, a.enterAs("B"))
	a.leave(first.ticket)
	require.NotNil(t, a.enterAs("B"))
	a.leave(nil) // nothing to leave
	running, _ := a.counts()
	require.Equal(t, 1, running)
}

func TestL03OneClientsHundredsHoldNobodyUp(t *testing.T) {
	t.Parallel()
	for _, places := range []int{1, 2, 8} {
		a := &admission{places: places, maxQueue: 1000}
		var all []*entrant
		enter := func(client string) *entrant { e := a.enterAs(client); all = append(all, e); return e }
		free := func() { // a place
			i := slices.IndexFunc(all, func(e *entrant) bool { return isAdmitted(e.ticket) })
			a.leave(all[i].ticket)
			all = slices.Delete(all, i, i+1)
		}
		for range 200 {
			enter("A")
		}
		b := enter("B")
		free()
		free()
		require.True(t, isAdmitted(b.ticket), "%d places", places)

		// Who comes later waits no longer, however much the others have submitted meanwhile.
		for range 100 {
			enter("B")
		}
		c := enter("C")
		for range 3 {
			free()
		}
		require.True(t, isAdmitted(c.ticket), "%d places", places)
	}
}

// Clients that have as much waiting are served in turn, whoever came first.
func TestL03ClientsAreServedInTurn(t *testing.T) {
	t.Parallel()
	a := &admission{places: 1, maxQueue: 100}
	hold := a.enterAs("X")
	var waiting []*entrant
	for _, client := range []string{"A", "A", "A", "B", "B", "C", "A", "C"} {
		waiting = append(waiting, a.enterAs(client))
	}
	var order []string
	for range waiting {
		i := slices.IndexFunc(waiting, func(e *entrant) bool { return a.position(e.ticket) == 1 })
		a.leave(hold.ticket)
		hold = waiting[i]
		require.True(t, isAdmitted(hold.ticket))
		order = append(order, fmt.Sprint(hold.client, i))
	}
	require.Equal(t, []string{"A0", "B3", "C5", "A1", "B4", "C7", "A2", "A6"}, order)
}

// Who takes back what waits has its next one in its stead.
func TestL03LeavingTheQueueCostsNoTurn(t *testing.T) {
	t.Parallel()
	a := &admission{places: 1, maxQueue: 100}
	hold := a.enterAs("X")
	a.enterAs("A")
	var mine []*entrant
	for range 5 {
		a.enterAs("A")
		mine = append(mine, a.enterAs("B"))
	}
	last := mine[4]
	require.Equal(t, 10, a.position(last.ticket))
	last.moved()
	for i, leaving := range mine[:4] {
		a.leave(leaving.ticket)
		require.Equal(t, 8-2*i, a.position(last.ticket))
		require.True(t, last.moved())
	}
	a.leave(hold.ticket)
	require.Equal(t, 1, a.position(last.ticket))
}

// What runs already has a place, also where there is none: others wait until there is.
func TestAdmissionAdoptsBeyondItsPlaces(t *testing.T) {
	t.Parallel()
	a := &admission{places: 2, maxQueue: 1}
	adopted := []*ticket{a.adopt(), a.adopt(), a.adopt()}
	for _, ticket := range adopted {
		require.True(t, isAdmitted(ticket))
		require.Zero(t, a.position(ticket))
	}
	next := a.enterAs("A")
	require.Nil(t, a.enterAs("A"))
	a.leave(adopted[0])
	require.False(t, isAdmitted(next.ticket), "two places are taken")
	a.leave(adopted[1])
	require.True(t, isAdmitted(next.ticket))
	running, queued := a.counts()
	require.Equal(t, []int{2, 0}, []int{running, queued})
}

func TestAdmissionFromManySides(t *testing.T) {
	t.Parallel()
	a := &admission{places: 3, maxQueue: 5}
	var all sync.WaitGroup
	for i := range 40 {
		all.Go(func() {
			for range 50 {
				ticket := a.enter(fmt.Sprint(i%7), func() {})
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
