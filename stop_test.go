package main

import (
	"net"
	"testing"
	"time"

	"github.com/fasthttp/websocket"
	"github.com/stretchr/testify/require"

	"spool/schema"
)

// deaf is a script's part that ignores every polite signal and stays.
const deaf = "trap '' TERM INT HUP; echo ready; while :; do sleep 600; done"

// leavings are the ways in which a client leaves.
var leavings = map[string]func(t *testing.T, c *socket){
	"with a close frame": func(t *testing.T, c *socket) {
		t.Helper()
		require.NoError(t, c.WriteMessage(websocket.CloseMessage, websocket.FormatCloseMessage(1000, "")))
	},
	"with a FIN": func(t *testing.T, c *socket) {
		t.Helper()
		require.NoError(t, c.Close())
	},
	"with a half-closed connection": func(t *testing.T, c *socket) {
		t.Helper()
		require.NoError(t, c.NetConn().(*net.TCPConn).CloseWrite())
	},
	"with a RST": func(t *testing.T, c *socket) {
		t.Helper()
		c.reset()
	},
}

// reset ends the connection in the rudest way.
func (c *socket) reset() {
	_ = c.NetConn().(*net.TCPConn).SetLinger(0)
	_ = c.NetConn().Close()
}

func TestS08WhoIgnoresEverySignalIsKilledAfterTheGrace(t *testing.T) {
	t.Parallel()
	s := startServer(t, "--stop-grace=1s", "--run-timeout=3s")
	c, _ := s.begin(t, script(deaf))
	require.Equal(t, "ready", c.next())
	start := time.Now()
	require.NoError(t, c.Close())
	s.awaitNoSurvivors(t, 2*time.Second)
	require.GreaterOrEqual(t, time.Since(start), 900*time.Millisecond, "the grace is given")

	e := s.run(t, script(deaf))
	requireEnd(t, e, schema.TimeoutWall)
	s.requireNoSurvivors(t)
}

func TestS08WhoEndsPolitelyIsGivenTheTime(t *testing.T) {
	t.Parallel()
	s := startServer(t, "--stop-grace=20s", "--run-timeout=3s")
	e := s.run(t, script("trap 'echo bye; exit 0' TERM; echo ready; while :; do sleep 0.05; done"))
	requireEnd(t, e, schema.TimeoutWall)
	require.Equal(t, []string{"ready", "bye"}, e.lines)
}

func TestS09TheRunEndsWithItsClient(t *testing.T) {
	t.Parallel()
	s := startServer(t, "--stop-grace=1s")
	for name, leave := range leavings {
		for _, work := range []string{
			"sleep 600 & echo ready; wait",
			deaf,
			"setsid sleep 600 & echo ready; i=0; while :; do echo line; sleep 0.01; done",
		} {
			c, id := s.begin(t, script(work))
			require.Equal(t, "ready", c.next(), name)
			leave(t, c)
			s.awaitNoSurvivors(t, 2*time.Second)
			r := s.awaitEnd(t, id, schema.Aborted, schema.RunAborted)
			require.Contains(t, []string{"SIGTERM", "SIGKILL"}, r.Stop.Rung, "nobody waits for what an interrupt would keep")
		}
	}
}

func TestS09AClientMayLeaveBeforeAnythingIsPrinted(t *testing.T) {
	t.Parallel()
	s := startServer(t, "--stop-grace=1s")
	for _, leave := range leavings {
		leave(t, s.open(t, script("sleep 600"))) // the run may not even have started
		s.awaitIdle(t)
		s.awaitNoSurvivors(t, 2*time.Second)
	}
	for _, r := range s.runs(t, "").Runs {
		s.awaitEnd(t, r.ID, schema.Aborted, schema.RunAborted) // it gives its place back a moment before
	}
}
