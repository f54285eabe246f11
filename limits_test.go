package main

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/fasthttp/websocket"
	"github.com/stretchr/testify/require"

	"spool/schema"
)

// queued returns the frame that tells a place in the queue.
func queued(position int) string { return fmt.Sprintf(`{"info":"queued","position":%d}`, position) }

// requireOverloaded sends a prompt that must be refused, and at once.
func (s *server) requireOverloaded(t *testing.T) {
	t.Helper()
	fastest := patience // of some: others use this machine too
	for range 5 {
		c := s.dial(t)
		require.Equal(t, schema.InfoFrame, c.next())
		start := time.Now()
		c.prompt("one too many")
		e := c.rest()
		fastest = min(fastest, time.Since(start))
		requireEnd(t, e, schema.Overloaded)
		require.Equal(t, 1013, e.code)
		require.Empty(t, e.lines, "no run, no place")
	}
	require.Less(t, fastest, 100*time.Millisecond)
}

func TestL02WhoFindsNoPlaceWaitsOrIsRefused(t *testing.T) {
	t.Parallel()
	s := startServer(t, "--max-runs=1", "--max-queue=1", "--stop-grace=1s")
	gate := t.TempDir() + "/gate"
	first, _ := s.begin(t, script("echo ready; until [ -e "+gate+" ]; do sleep 0.02; done"))
	require.Equal(t, "ready", first.next())
	second, _ := s.begin(t, script("echo second"))
	require.Equal(t, queued(1), second.next())
	s.requireOverloaded(t)
	h := s.health(t)
	require.Equal(t, []int{1, 1, 1, 1}, []int{h.Runs.Running, h.Runs.Max, h.Runs.Queued, h.Runs.MaxQueue})
	require.Len(t, s.started(t), 1, "who waits is not started")

	s.touch(t, gate)
	requireEnd(t, first.rest(), "")
	e := second.rest()
	requireEnd(t, e, "")
	require.Equal(t, []string{"second"}, e.lines)
	requireEnd(t, s.run(t, "hi"), "")
}

func TestL02LeavingTheQueueFreesThePlace(t *testing.T) {
	t.Parallel()
	s := startServer(t, "--max-runs=1", "--max-queue=1", "--stop-grace=1s")
	first, _ := s.begin(t, script("echo ready; sleep 600"))
	require.Equal(t, "ready", first.next())
	for _, leave := range leavings {
		waiting, _ := s.begin(t, "never started")
		require.Equal(t, queued(1), waiting.next())
		leave(t, waiting)
		require.Eventually(t, func() bool { return s.health(t).Runs.Queued == 0 }, patience, 5*time.Millisecond)
	}
	for _, r := range s.runs(t, "").Runs[:len(leavings)] {
		s.awaitEnd(t, r.ID, schema.Aborted, schema.RunAborted)
		require.Nil(t, s.lookUp(t, r.ID).Stop, "no process, nothing to stop")
	}
	last, _ := s.begin(t, "ok")
	require.Equal(t, queued(1), last.next())
	require.NoError(t, first.Close())
	e := last.rest()
	requireEnd(t, e, "")
	require.Equal(t, []string{"ok"}, e.lines)
	require.Len(t, s.started(t), 2, "those who left were never started")
}

func TestL02TheQueueTellsEveryMoveAndKeepsTheOrder(t *testing.T) {
	t.Parallel()
	s := startServer(t, "--max-runs=1", "--max-queue=5", "--stop-grace=1s")
	gate := t.TempDir() + "/gate"
	first, _ := s.begin(t, script("echo ready; until [ -e "+gate+" ]; do sleep 0.02; done"))
	require.Equal(t, "ready", first.next())
	var waiting []*socket
	for i := range 5 {
		c, _ := s.begin(t, script("date +%s%N; sleep 0.1"))
		require.Equal(t, queued(i+1), c.next())
		waiting = append(waiting, c)
	}
	require.NoError(t, waiting[1].Close())
	for i, position := range map[int]int{2: 2, 3: 3, 4: 4} {
		require.Equal(t, queued(position), waiting[i].next())
	}
	s.touch(t, gate)
	var begun string
	for i, positions := range map[int]int{0: 0, 2: 1, 3: 2, 4: 3} {
		for position := positions; position > 0; position-- {
			require.Equal(t, queued(position), waiting[i].next())
		}
	}
	for _, i := range []int{0, 2, 3, 4} {
		e := waiting[i].rest()
		requireEnd(t, e, "")
		require.Len(t, e.lines, 1)
		require.Greater(t, e.lines[0], begun, "they begin in the order in which they came")
		begun = e.lines[0]
	}
}

func TestL02AQueuedRunStartsWithinASecond(t *testing.T) {
	t.Parallel()
	s := startServer(t, "--max-runs=1", "--max-queue=1", "--claude="+program(t, "read line", "echo begun", "exec sleep 600"))
	first, _ := s.begin(t, "hi")
	require.Equal(t, "begun", first.next())
	require.Less(t, fastest(time.Second, func() time.Duration {
		second, _ := s.begin(t, "hi")
		require.Equal(t, queued(1), second.next())
		require.NoError(t, first.Close())
		s.awaitSockets(t, 1)
		start := time.Now()
		require.Equal(t, "begun", second.next())
		first = second
		return time.Since(start)
	}), time.Second)
}

func TestAServerWithoutAQueueRefusesAtOnce(t *testing.T) {
	t.Parallel()
	s := startServer(t, "--max-runs=1", "--max-queue=0", "--stop-grace=1s")
	first, _ := s.begin(t, script("echo ready; sleep 600"))
	require.Equal(t, "ready", first.next())
	s.requireOverloaded(t)
}

func TestMoreSocketsThanAllowedAreRefused(t *testing.T) {
	t.Parallel()
	s := startServer(t, "--max-connections=2")
	first := s.dial(t)
	require.Equal(t, schema.InfoFrame, first.next())
	second, _ := s.begin(t, script("echo ready; sleep 600"))
	require.Equal(t, "ready", second.next())
	h := s.health(t)
	require.Equal(t, 2, h.Sockets.Open)
	require.Equal(t, 2, h.Sockets.Max)
	a := s.request(t, append(upgradeLines("/ws/claude"), "Host: "+s.addr)...)
	requireError(t, a, http.StatusServiceUnavailable, schema.Overloaded)
	require.NotEmpty(t, a.header.Get("Retry-After"))
	status, _ := s.get(t, "/readyz")
	require.Equal(t, http.StatusOK, status, "plain requests are answered")

	require.NoError(t, first.Close())
	s.awaitSockets(t, 1)
	requireEnd(t, s.run(t, "hi"), "")
}

// Many that come at once may pass the first look and find no room then: they are told so
// on the socket instead of by HTTP, and the limit holds.
func TestTheLimitOfSocketsHoldsInARush(t *testing.T) {
	t.Parallel()
	s := startServer(t, "--max-connections=3")
	ends := make(chan string, 30)
	for range cap(ends) {
		go func() { ends <- s.rush(t) }()
	}
	count := map[string]int{}
	for range 27 {
		count[<-ends]++
	}
	require.Equal(t, 27, count["refused by HTTP"]+count["refused on the socket"], "%v", count)
	require.Equal(t, 3, s.health(t).Sockets.Open)
}

// rush connects, and tells how it was refused. Who is not has its place until the end of the test.
func (s *server) rush(t *testing.T) string {
	conn, answer, err := websocket.DefaultDialer.Dial("ws://"+s.addr+"/ws/claude", nil)
	if err != nil {
		if answer != nil && answer.StatusCode == http.StatusServiceUnavailable {
			return "refused by HTTP"
		}
		return err.Error()
	}
	t.Cleanup(func() { conn.Close() })
	_ = conn.SetReadDeadline(time.Now().Add(patience))
	for {
		switch _, _, err := conn.ReadMessage(); {
		case websocket.IsCloseError(err, int(schema.CloseTryAgain)):
			return "refused on the socket"
		case err != nil:
			return err.Error()
		}
	}
}
