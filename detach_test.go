package main

import (
	"testing"
	"time"

	"github.com/fasthttp/websocket"
	"github.com/stretchr/testify/require"

	"spool/schema"
)

// beginWith is begin with more members of the payload.
func (s *server) beginWith(t testing.TB, prompt string, more ...any) (c *socket, id string) {
	t.Helper()
	c = s.dial(t)
	require.Equal(t, schema.InfoFrame, c.next())
	require.NoError(t, c.WriteMessage(websocket.TextMessage, []byte(payloadWith(prompt, more...))))
	return c, decodeTold([]byte(c.next())).Run
}

func TestADetachedRunGoesOnWithoutItsClient(t *testing.T) {
	t.Parallel()
	s, g := startServer(t, "--max-runs=3"), newGate(t)
	var left []string
	for name, leave := range leavings {
		c, id := s.beginWith(t, script("echo ready", g.wait(), "seq 1 9"), "detach", true)
		if frame := c.next(); frame != "ready" {
			require.Equal(t, queued(1), frame, "also one that still waits goes on") // the fourth
		}
		leave(t, c)
		left = append(left, id)
		require.False(t, s.lookUp(t, id).State.Final(), name)
	}
	s.awaitSockets(t, 0)
	g.open()
	for _, id := range left {
		r := s.awaitEnd(t, id, schema.Succeeded, "")
		require.EqualValues(t, 10, r.Lines)
		e := s.attach(t, id, 1).rest()
		require.Equal(t, []string{"1", "2", "3", "4", "5", "6", "7", "8", "9"}, e.lines)
	}
}

// A run that is not detached is ended when nobody looks at it any more, whoever that was.
func TestARunEndsWithTheLastOfItsViewers(t *testing.T) {
	t.Parallel()
	for _, door := range doors {
		t.Run(door, func(t *testing.T) {
			t.Parallel()
			s, g := startServer(t, "--stop-grace=1s"), newGate(t)
			first, id := s.begin(t, script("echo ready", g.wait(), "echo more; sleep 600 & sleep 600"))
			require.Equal(t, "ready", first.next())
			second, third := s.look(t, door, id), s.attach(t, id, 0)
			require.NoError(t, first.Close())
			require.NoError(t, third.Close())
			s.awaitSockets(t, 1)
			g.open()
			require.Equal(t, "more", s.attachAndLeave(t, id))
			s.awaitSockets(t, 1)
			require.False(t, s.lookUp(t, id).State.Final(), "somebody still looks")
			second.leave()
			r := s.awaitEnd(t, id, schema.Aborted, schema.RunAborted)
			require.Equal(t, "the client has left", r.Error)
			s.awaitNoSurvivors(t, 2*time.Second)
			s.awaitSockets(t, 0)
		})
	}
}

// attachAndLeave returns the second line of a run.
func (s *server) attachAndLeave(t *testing.T, id string) string {
	t.Helper()
	c := s.attach(t, id, 1)
	defer c.Close()
	return c.next()
}

// N02 for a run that does not need its client: one that does not answer any more is let go,
// and the run goes on.
func TestN02ADetachedRunGoesOnWhenItsPeerStopsAnswering(t *testing.T) {
	t.Parallel()
	s, g := startServer(t, "--ping-interval=500ms"), newGate(t)
	_, id := s.beginWith(t, script("echo ready", g.wait(), "echo done"), "detach", true) // and reads no more, so that no ping is answered
	s.awaitSockets(t, 1)
	start := time.Now()
	s.awaitSockets(t, 0)
	require.Less(t, time.Since(start), 2500*time.Millisecond, "two intervals, and time to notice")
	require.False(t, s.lookUp(t, id).State.Final())
	g.open()
	require.EqualValues(t, 2, s.awaitEnd(t, id, schema.Succeeded, "").Lines)
}
