package handler

import (
	"context"
	"net"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"spool/schema"
)

func newHub(max int) *hub {
	h := &hub{}
	h.init(max)
	return h
}

func TestHubRefusesWhatIsTooMuch(t *testing.T) {
	t.Parallel()
	h := newHub(2)
	first, second := &session{}, &session{}
	require.Nil(t, h.enter(first))
	require.Nil(t, h.enter(second))
	require.Equal(t, schema.Overloaded, h.enter(&session{}).Code)
	require.Equal(t, schema.Overloaded, h.refusal().Code)
	require.Equal(t, 2, h.count())
	h.leave(first)
	require.Nil(t, h.refusal())
	require.Nil(t, h.enter(first))
}

func TestHubRefusesEverythingOnceItDrains(t *testing.T) {
	t.Parallel()
	h := newHub(1)
	require.Nil(t, h.enter(&session{}))
	require.False(t, h.refusesAll())
	h.drain()
	h.drain() // again is nothing new
	require.True(t, h.refusesAll())
	require.Equal(t, schema.Draining, h.refusal().Code, "that it is full matters no more")
	require.Equal(t, schema.Draining, h.enter(&session{}).Code)
	<-h.open.Done()
}

func TestHubWaitsForEverySocket(t *testing.T) {
	t.Parallel()
	h := newHub(10)
	sessions := []*session{{}, {}, {}}
	for _, s := range sessions {
		require.Nil(t, h.enter(s))
	}
	h.drain()
	waited := make(chan struct{})
	go func() { defer close(waited); h.wait(t.Context()) }()
	for _, s := range sessions {
		select {
		case <-waited:
			require.Fail(t, "it did not wait")
		default:
		}
		h.leave(s)
	}
	<-waited
	h.wait(t.Context()) // again is at once
}

func TestHubCutsWhoDoesNotLeaveInTime(t *testing.T) {
	t.Parallel()
	address := newHouse(t, "exit 0", nil).address
	conn := dial(t, address)
	h, s := newHub(1), &session{conn: conn} // any connection will do
	require.Nil(t, h.enter(s))
	h.drain()
	ctx, cancel := context.WithCancel(t.Context())
	waited := make(chan struct{})
	go func() { defer close(waited); h.wait(ctx) }()
	cancel()
	var err error
	for err == nil {
		_, _, err = conn.ReadMessage()
	}
	require.ErrorIs(t, err, net.ErrClosed, "it was closed on this side")
	h.leave(s)
	<-waited
}

// streamed is a connection that counts how often it is cut.
type streamed struct {
	cuts chan struct{}
}

func (s *streamed) cut() { s.cuts <- struct{}{} }

// Sockets and streams are the same to it: all of them count, and all are cut.
func TestHubCutsEveryConnection(t *testing.T) {
	t.Parallel()
	h := newHub(3)
	var all []*streamed
	for range 3 {
		s := &streamed{cuts: make(chan struct{}, 2)}
		require.Nil(t, h.enter(s))
		all = append(all, s)
	}
	require.Equal(t, schema.Overloaded, h.enter(&session{}).Code)
	h.leave(all[1])
	h.cut()
	require.Equal(t, []int{1, 0, 1}, []int{len(all[0].cuts), len(all[1].cuts), len(all[2].cuts)})
	h.cut() // whoever has not left by then
	require.Equal(t, []int{2, 0, 2}, []int{len(all[0].cuts), len(all[1].cuts), len(all[2].cuts)})
	h.leave(all[0])
	h.leave(all[2])
	h.cut()
	require.Len(t, all[0].cuts, 2, "who has left is let go")
	h.drain()
	h.wait(t.Context())
}

func TestHubIsSafeForManyAtOnce(t *testing.T) {
	t.Parallel()
	h := newHub(5)
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			for range 200 {
				if s := (&session{}); h.enter(s) == nil {
					if count := h.count(); count < 1 || count > 5 {
						t.Errorf("%d sockets", count)
					}
					h.leave(s)
				}
			}
		})
	}
	all.Wait()
	h.drain()
	h.wait(t.Context())
	require.Zero(t, h.count())
}
