package main

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"spool/schema"
)

func TestP01TheInfoFrameComesFirstAndAtOnce(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	got := s.request(t, s.getLines("/ws/claude")...)
	requireError(t, got, http.StatusUpgradeRequired, schema.UpgradeRequired)
	require.Equal(t, "websocket", got.header.Get("Upgrade"))
	got = s.request(t, "POST /ws/claude HTTP/1.1", "Host: "+s.addr, "Content-Length: 0")
	requireError(t, got, http.StatusMethodNotAllowed, schema.MethodNotAllowed)
	require.Contains(t, got.header.Get("Allow"), "GET")

	fastest := patience // of some: others use this machine too
	for range 5 {
		c := s.rawDial(t, s.handshake())
		upgraded := time.Now()
		c.requireInfo()
		fastest = min(fastest, time.Since(upgraded))
	}
	require.Less(t, fastest, 100*time.Millisecond)
}

func TestP03APayloadInTheHandshakesSegmentIsTaken(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	c := s.rawDial(t, s.handshake()+string(frame(finBit|opText, payload("hi"))))
	c.requireInfo()
	_, run := c.read()
	require.Contains(t, run, `"info":"run"`)
	e := c.rest()
	requireEnd(t, e, "")
	require.Equal(t, []string{"ok"}, e.lines)
}

func TestP04WhoSendsNoPromptIsCutInTime(t *testing.T) {
	t.Parallel()
	s := startServer(t, "--prompt-timeout=2s")
	for name, chatter := range map[string][][]byte{
		"nothing":         nil,
		"pings":           {frame(finBit|opPing, ""), frame(finBit|opPing, "x")},
		"pongs":           {frame(finBit|opPong, ""), frame(finBit|opPong, "x")},
		"empty fragments": {frame(opText, ""), frame(opContinuation, "")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			requireTook(t, 2*time.Second, func() time.Duration {
				start := time.Now()
				c := s.raw(t)
				stop := c.chatter(chatter)
				e := c.rest()
				took := time.Since(start)
				stop()
				requireEnd(t, e, schema.PromptTimeout)
				return took
			})
			s.requireNoRun(t)
		})
	}
}

// chatter sends the first frame once and the last one again and again, until it is told to
// stop.
func (c *rawSocket) chatter(frames [][]byte) (stop func()) {
	done, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for i := 0; len(frames) > 0; i++ {
			if _, err := c.Write(frames[min(i, len(frames)-1)]); err != nil {
				return
			}
			select {
			case <-tick.C:
			case <-done:
				return
			}
		}
	}()
	return func() { close(done); <-stopped }
}

// requireNoRun checks that no prompt was ever accepted: no start of the fake, and no end of
// a run in the log, where every run has one.
func (s *server) requireNoRun(t testing.TB) {
	t.Helper()
	require.Empty(t, s.started(t))
	require.NotContains(t, s.log.String(), "run ended")
	require.Zero(t, s.health(t).Runs.Running)
}
