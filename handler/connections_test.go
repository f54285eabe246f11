package handler

import (
	"context"
	"net"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"spool/schema"
)

func newConnections(max int) *connections {
	c := &connections{}
	c.init(max)
	return c
}

func TestConnectionsRefuseWhatIsTooMuch(t *testing.T) {
	t.Parallel()
	c := newConnections(2)
	first, second := &session{}, &session{}
	require.Nil(t, c.enter(first))
	require.Nil(t, c.enter(second))
	require.Equal(t, schema.Overloaded, c.enter(&session{}).Code)
	require.Equal(t, schema.Overloaded, c.refusal().Code)
	require.Equal(t, 2, c.count())
	c.leave(first)
	require.Nil(t, c.refusal())
	require.Nil(t, c.enter(first))
}

func TestConnectionsRefuseEverythingOnceTheyDrain(t *testing.T) {
	t.Parallel()
	c := newConnections(1)
	require.Nil(t, c.enter(&session{}))
	require.False(t, c.refusesAll())
	c.drain()
	c.drain() // again is nothing new
	require.True(t, c.refusesAll())
	require.Equal(t, schema.Draining, c.refusal().Code, "that it is full matters no more")
	require.Equal(t, schema.Draining, c.enter(&session{}).Code)
	<-c.open.Done()
}

func TestConnectionsAreWaitedForOneAndAll(t *testing.T) {
	t.Parallel()
	c := newConnections(10)
	sessions := []*session{{}, {}, {}}
	for _, s := range sessions {
		require.Nil(t, c.enter(s))
	}
	c.drain()
	waited := make(chan struct{})
	go func() { defer close(waited); c.wait(t.Context()) }()
	for _, s := range sessions {
		select {
		case <-waited:
			require.Fail(t, "it did not wait")
		default:
		}
		c.leave(s)
	}
	<-waited
	c.wait(t.Context()) // again is at once
}

func TestAConnectionThatDoesNotLeaveInTimeIsCut(t *testing.T) {
	t.Parallel()
	address := newHouse(t, "exit 0", nil).address
	conn := dial(t, address)
	c, s := newConnections(1), &session{conn: conn} // any connection will do
	require.Nil(t, c.enter(s))
	c.drain()
	ctx, cancel := context.WithCancel(t.Context())
	waited := make(chan struct{})
	go func() { defer close(waited); c.wait(ctx) }()
	cancel()
	var err error
	for err == nil {
		_, _, err = conn.ReadMessage()
	}
	require.ErrorIs(t, err, net.ErrClosed, "it was closed on this side")
	c.leave(s)
	<-waited
}

// streamed is a connection that counts how often it is cut.
type streamed struct {
	cuts chan struct{}
}

func (s *streamed) cut() { s.cuts <- struct{}{} }

// Sockets and streams are the same to it: all of them count, and all are cut.
func TestEveryConnectionIsCut(t *testing.T) {
	t.Parallel()
	c := newConnections(3)
	var all []*streamed
	for range 3 {
		s := &streamed{cuts: make(chan struct{}, 2)}
		require.Nil(t, c.enter(s))
		all = append(all, s)
	}
	require.Equal(t, schema.Overloaded, c.enter(&session{}).Code)
	c.leave(all[1])
	c.cut()
	require.Equal(t, []int{1, 0, 1}, []int{len(all[0].cuts), len(all[1].cuts), len(all[2].cuts)})
	c.cut() // whoever has not left by then
	require.Equal(t, []int{2, 0, 2}, []int{len(all[0].cuts), len(all[1].cuts), len(all[2].cuts)})
	c.leave(all[0])
	c.leave(all[2])
	c.cut()
	require.Len(t, all[0].cuts, 2, "who has left is let go")
	c.drain()
	c.wait(t.Context())
}

func TestConnectionsAreSafeForManyAtOnce(t *testing.T) {
	t.Parallel()
	c := newConnections(5)
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			for range 200 {
				if s := (&session{}); c.enter(s) == nil {
					if count := c.count(); count < 1 || count > 5 {
						t.Errorf("%d sockets", count)
					}
					c.leave(s)
				}
			}
		})
	}
	all.Wait()
	c.drain()
	c.wait(t.Context())
	require.Zero(t, c.count())
}
