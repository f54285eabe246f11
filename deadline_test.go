package main

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"spool/schema"
)

// requireWarned reads a run to its end, which must be a deadline that was warned of.
func (c *socket) requireWarned(code schema.Code) {
	c.t.Helper()
	warned := time.Time{}
	for {
		frame := c.next()
		if frame == `{"info":"deadline","inSeconds":1}` {
			warned = time.Now()
		}
		var e end
		if e.add(frame); e.err.Code != "" {
			require.Equal(c.t, code, e.err.Code)
			break
		}
	}
	require.False(c.t, warned.IsZero(), "it was warned")
	require.Greater(c.t, time.Since(warned), 100*time.Millisecond, "a tenth of the time before")
	require.Less(c.t, time.Since(warned), 2*time.Second)
	require.EqualValues(c.t, code.Close(), c.rest().code)
}

func TestS13ADeadlineIsToldBeforeItComes(t *testing.T) {
	t.Parallel()
	s := startServer(t, "--run-timeout=5s", "--stop-grace=1s")
	c, _ := s.begin(t, script("while :; do echo line; sleep 0.1; done"))
	c.requireWarned(schema.TimeoutWall)
	short, _ := s.beginWith(t, script("sleep 600"), "timeoutSeconds", 4)
	e := short.rest()
	requireEnd(t, e, schema.TimeoutWall)
	require.Equal(t, []int{1}, e.near)

	idle := startServer(t, "--idle-timeout=5s", "--stop-grace=1s")
	c, id := idle.begin(t, script("echo ready; sleep 600"))
	later := idle.attach(t, id, 0)
	c.requireWarned(schema.TimeoutIdle)
	e = later.rest()
	requireEnd(t, e, schema.TimeoutIdle)
	require.Equal(t, []int{1}, e.near, "every viewer is warned")
}

// Output moves the idle deadline away: whoever was warned is warned again before the next one.
func TestS13AnIdleDeadlineThatMovedIsToldAgain(t *testing.T) {
	t.Parallel()
	s, g := startServer(t, "--idle-timeout=8s", "--stop-grace=1s"), newGate(t)
	c, id := s.beginWith(t, script("echo ready", g.wait(), "echo more"))
	require.Equal(t, "ready", c.next())
	require.Equal(t, `{"info":"deadline","inSeconds":1}`, c.next())
	g.open()
	require.Equal(t, "more", c.next())
	e := c.rest()
	requireEnd(t, e, "")
	require.Empty(t, e.near)
	s.awaitEnd(t, id, schema.Succeeded, "")
}

// The record of a run that took too long says what it took to end it.
func TestS13TheRecordTellsHowADeadlineEndedARun(t *testing.T) {
	t.Parallel()
	s := startServer(t, "--run-timeout=3s", "--stop-grace=1s")
	started := map[string]string{}
	for rung, work := range map[string]string{
		"SIGTERM": "sleep 600 & sleep 600",
		"SIGKILL": say(initLine) + deaf,
	} {
		started[rung] = s.start(t, script(work))
	}
	for rung, id := range started {
		r := s.awaitEnd(t, id, schema.TimedOut, schema.TimeoutWall)
		require.Equal(t, &schema.Stop{Rung: rung, Survivors: []int{}}, r.Stop)
		require.Equal(t, "SIG", r.Exit.Signal[:3])
		require.Equal(t, -1, r.Exit.Code)
	}
	s.requireNoSurvivors(t)
}
