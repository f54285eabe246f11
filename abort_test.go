package main

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"spool/schema"
)

// begun is a script's part that has begun a turn, so that an interrupt is worth trying.
var begun = say(initLine)

// printed waits until a run has printed so many lines.
func (s *server) printed(t testing.TB, id string, n int64) {
	t.Helper()
	st := s.lines(t, id, n-1, acceptNDJSON)
	defer st.close()
	for x, err := st.next(); x.T != "line"; x, err = st.next() {
		require.NoError(t, err)
	}
}

// The ladder of an abort begins with an interrupt. The record says which rung was needed.
func TestS08AnAbortTellsItsRung(t *testing.T) {
	t.Parallel()
	bothWays(t, func(t *testing.T, way string) {
		for name, test := range map[string]struct {
			script, rung, last string
			grace              time.Duration // the interrupt has half of it
		}{
			"heeds the interrupt":   {begun + `read -r line; echo "$line"; exit 1`, "interrupt", `"subtype":"interrupt"`, 10 * time.Second},
			"heeds it with success": {begun + "read -r line; echo '" + resultLine + "'; cat", "interrupt", `"type":"result"`, 10 * time.Second},
			"heeds SIGTERM":         {"trap 'echo bye; exit 0' TERM; " + begun + "while :; do sleep 0.02; done", "SIGTERM", "bye", 4 * time.Second},
			"no turn to interrupt":  {`echo first; exec sleep 600`, "SIGTERM", "first", 10 * time.Second},
			"heeds nothing":         {"trap '' TERM INT HUP; " + begun + deaf, "SIGKILL", "ready", time.Second},
			"leaves something":      {`trap '' TERM; (sleep 600; sleep 600) & trap - TERM; ` + begun + `read -r line; exit 0`, "SIGKILL", "", time.Second},
		} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				s := startServer(t, "--stop-grace="+test.grace.String(), way)
				id := s.start(t, script(test.script))
				s.printed(t, id, 1)
				start := time.Now()
				require.Contains(t, []schema.State{schema.Running, schema.Aborted}, s.abort(t, id).State)
				s.awaitNoSurvivors(t, test.grace+time.Second)
				if test.rung == "SIGKILL" && name == "heeds nothing" {
					require.GreaterOrEqual(t, time.Since(start), 900*time.Millisecond, "the grace is given")
				}
				r := s.awaitEnd(t, id, schema.Aborted, schema.RunAborted)
				require.Equal(t, &schema.Stop{Rung: test.rung, Survivors: []int{}}, r.Stop)
				h := s.lines(t, id, 0, acceptNDJSON).rest(t)
				requireHeard(t, h, schema.Aborted, schema.RunAborted)
				require.Contains(t, strings.Join(h.lines, "\n"), test.last)
			})
		}
	})
}

func TestS11NothingThatLeftTheFamilySurvivesAnAbort(t *testing.T) {
	t.Parallel()
	bothWays(t, func(t *testing.T, way string) {
		s := startServer(t, "--stop-grace=1s", way)
		sleep, started := nap(), []string{}
		for _, orphan := range orphans(sleep) {
			turn := []string{begun, ""}[len(started)%2] // with an interrupt, and without
			started = append(started, s.start(t, script(turn+orphan, awaitNapper(sleep), "echo ready; sleep 600")))
		}
		for i, id := range started {
			s.printed(t, id, int64(2-i%2))
			s.abort(t, id)
		}
		for _, id := range started {
			s.awaitEnd(t, id, schema.Aborted, schema.RunAborted)
		}
		require.Empty(t, nappers(t, sleep))
		s.requireNoSurvivors(t)
	})
}

func TestN09TenAbortsAtOnceAreOne(t *testing.T) {
	t.Parallel()
	s := startServer(t, "--stop-grace=1s")
	c, id := s.begin(t, script(begun+deaf)) // also of a run that began on a socket
	viewers := []*stream{s.lines(t, id, 0, acceptSSE), s.lines(t, id, 0, acceptNDJSON)}
	s.printed(t, id, 2)
	var aborts sync.WaitGroup
	for range 10 {
		aborts.Go(func() { s.abort(t, id) })
	}
	aborts.Wait()
	requireEnd(t, c.rest(), schema.RunAborted)
	for _, viewer := range viewers {
		requireHeard(t, viewer.rest(t), schema.Aborted, schema.RunAborted)
	}
	s.requireNoSurvivors(t)
	r := s.awaitEnd(t, id, schema.Aborted, schema.RunAborted)
	require.Equal(t, r, s.abort(t, id), "a later one changes nothing")
	require.Equal(t, r, s.lookUp(t, id))
	s.awaitLogged(t, "run ended", 1)
}

// Neither how often somebody has come back nor who asks makes a difference.
func TestN09ASecondClientAbortsAfterFiveReturns(t *testing.T) {
	t.Parallel()
	s := startServer(t, "--stop-grace=1s")
	first, id := s.beginWith(t, script(begun+"echo ready; sleep 600 & sleep 600"), "detach", true)
	require.Equal(t, initLine, first.next())
	require.NoError(t, first.Close())
	for range 5 {
		c := s.attach(t, id, 1)
		require.Equal(t, "ready", c.next())
		require.NoError(t, c.Close())
		st := s.lines(t, id, 1, acceptSSE)
		_, err := st.next()
		require.NoError(t, err)
		st.close()
	}
	last, v1 := s.attach(t, id, 2), s.attach(t, id, 2, schema.Subprotocol)
	s.abort(t, id)
	requireEnd(t, last.rest(), schema.RunAborted)
	h, code := v1.hear(2)
	require.EqualValues(t, schema.CloseError, code)
	requireHeard(t, h, schema.Aborted, schema.RunAborted)
	s.requireNoSurvivors(t)
}

func TestN09WhatHasNotBegunOrHasEndedCanBeAborted(t *testing.T) {
	t.Parallel()
	s, g := startServer(t, "--max-runs=1"), newGate(t)
	first := s.start(t, script(g.wait()))
	waiting := s.start(t, "never started")
	last := s.start(t, "hi")
	s.abort(t, waiting)
	r := s.awaitEnd(t, waiting, schema.Aborted, schema.RunAborted)
	require.Nil(t, r.StartedAt)
	require.Nil(t, r.Stop, "there was no process")
	require.Equal(t, 1, s.lookUp(t, last).Position, "its place in the queue is free")
	g.open()
	done := s.awaitEnd(t, first, schema.Succeeded, "")
	require.Equal(t, done, s.abort(t, first), "it stays what it was")
	require.Equal(t, done, s.lookUp(t, first))
	s.awaitEnd(t, last, schema.Succeeded, "")
	require.Len(t, s.started(t), 2)
}
