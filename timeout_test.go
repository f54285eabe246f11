package main

import (
	"encoding/json"
	"os/exec"
	"testing"
	"time"

	"github.com/fasthttp/websocket"
	"github.com/stretchr/testify/require"

	"spool/schema"
)

// sendWith sends a prompt with more members.
func (c *socket) sendWith(prompt string, more map[string]any) {
	message := map[string]any{"prompt": prompt, "meta": "TEST"}
	for key, value := range more {
		message[key] = value
	}
	text, err := json.Marshal(message)
	require.NoError(c.t, err)
	require.NoError(c.t, c.WriteMessage(websocket.TextMessage, text))
}

// requireTimeout checks that a run of 600 s ends after so long: the wall clock counts from its
// start, which the run frame tells, the idle time from its last line.
func (s *server) requireTimeout(t *testing.T, code schema.Code, after time.Duration, more map[string]any) {
	t.Helper()
	requireTook(t, after, func() time.Duration {
		c := s.dial(t)
		require.Equal(t, schema.InfoFrame, c.next())
		c.sendWith(script("echo ready; sleep 600 & wait"), more)
		require.Contains(t, c.next(), `"info":"run"`)
		start := time.Now()
		require.Equal(t, "ready", c.next())
		if code == schema.TimeoutIdle {
			start = time.Now()
		}
		e := c.rest()
		took := time.Since(start)
		requireEnd(t, e, code)
		require.Equal(t, 1011, e.code)
		s.requireNoSurvivors(t)
		return took
	})
}

// requireTook checks that something takes so long, half a second more or less: never less than
// that, and at best not more.
func requireTook(t *testing.T, want time.Duration, once func() time.Duration) {
	t.Helper()
	const tolerance = 500 * time.Millisecond
	require.Less(t, fastest(want+tolerance, func() time.Duration {
		took := once()
		require.Greater(t, took, want-tolerance)
		return took
	}), want+tolerance)
}

func TestS13ARunEndsAtItsWallClock(t *testing.T) {
	t.Parallel()
	bothWays(t, func(t *testing.T, way string) {
		s := startServer(t, "--run-timeout=2s", way)
		s.requireTimeout(t, schema.TimeoutWall, 2*time.Second, nil)
		s.requireTimeout(t, schema.TimeoutWall, time.Second, map[string]any{"timeoutSeconds": 1})
		c := s.dial(t)
		require.Equal(t, schema.InfoFrame, c.next())
		c.sendWith("hi", map[string]any{"timeoutSeconds": 3})
		requireEnd(t, c.rest(), schema.ForbiddenOption)
	})
}

func TestS13PingsAndOutputDoNotExtendTheWallClock(t *testing.T) {
	t.Parallel()
	s := startServer(t, "--run-timeout=2s", "--ping-interval=600ms")
	requireTook(t, 2*time.Second, func() time.Duration {
		c, _ := s.begin(t, script("while :; do echo line; echo more >&2; sleep 0.1; done"))
		start := time.Now()
		stop := c.pinging()
		e := c.rest()
		took := time.Since(start)
		stop()
		requireEnd(t, e, schema.TimeoutWall)
		require.NotEmpty(t, e.lines)
		return took
	})
}

// pinging pings until it is told to stop.
func (c *socket) pinging() (stop func()) {
	done, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for tick := time.NewTicker(50 * time.Millisecond); ; {
			select {
			case <-tick.C:
				_ = c.WriteControl(websocket.PingMessage, nil, time.Now().Add(time.Second))
			case <-done:
				return
			}
		}
	}()
	return func() { close(done); <-stopped }
}

func TestS13TheWallClockStartsWithTheProcessNotInTheQueue(t *testing.T) {
	t.Parallel()
	s := startServer(t, "--max-runs=1", "--run-timeout=6s")
	first, _ := s.begin(t, script("sleep 3.5; echo first"))
	second, _ := s.begin(t, script("sleep 3.5; echo second"))
	require.JSONEq(t, `{"info":"queued","position":1}`, second.next())
	requireEnd(t, first.rest(), "")
	e := second.rest()
	requireEnd(t, e, "")
	require.Equal(t, []string{"second"}, e.lines)
}

func TestS13TheDefaultIsFiveMinutes(t *testing.T) {
	t.Parallel()
	help, err := exec.Command(binaries.spool, "--help").Output()
	require.NoError(t, err)
	require.Regexp(t, `--run-timeout=5m\s`, string(help))
	var h struct {
		Limits struct{ RunTimeoutSeconds float64 }
	}
	_, body := startServer(t).get(t, "/api/health")
	require.NoError(t, json.Unmarshal(body, &h))
	require.InDelta(t, 300, h.Limits.RunTimeoutSeconds, 0)
}

func TestAnIdleRunEnds(t *testing.T) {
	t.Parallel()
	bothWays(t, func(t *testing.T, way string) {
		s := startServer(t, "--idle-timeout=4s", way)
		s.requireTimeout(t, schema.TimeoutIdle, 4*time.Second, nil)
		requireEnd(t, s.run(t, script("for i in 1 2 3 4 5 6 7 8 9; do sleep 0.5; echo $i; done")), "") // a disk may hold up a line for seconds
		requireEnd(t, s.run(t, script("for i in 1 2 3 4 5 6 7 8 9; do sleep 0.5; echo $i >&2; done")), "")
	})
}

func TestAResultEndsTheDeadlines(t *testing.T) {
	t.Parallel()
	s := startServer(t, "--idle-timeout=3s", "--run-timeout=3s", "--result-grace=10s")
	requireEnd(t, s.run(t, script(say(initLine, resultLine)+"sleep 4")), "")
}
