//go:build linux

package e2e

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestChat_AnAbortKeepsWhatThereIsOfAnAnswerAndTheProcess(t *testing.T) {
	w := newWorld(t)
	s := w.serve()
	id, c := s.open(), s.chat()
	c.send(id, "[[hold]]")
	c.hear("held ")
	pids := w.claudes()
	c.say("chat.abort", fields{"sessionId": id})
	end := c.until("complete")
	require.True(t, end.Aborted)
	require.Len(t, c.of(end.RunID, "complete"), 1)
	require.Equal(t, []string{"user: [[hold]]", "assistant: held "}, s.messages(id))

	c.turn(id, "go on")
	require.Equal(t, pids, w.claudes())
	said := w.lastRequest()
	require.Equal(t, []string{"user: [[hold]]", "assistant: held "}, said[:2])
	require.Contains(t, last(said), "go on")
	require.Len(t, s.messages(id), 4)
	c.say("chat.abort", fields{"sessionId": id})
	require.Equal(t, "NO_ACTIVE_RUN", c.refused())
}

func TestChat_ATurnThatWasBrokenOffIsContinuedByAnotherProcess(t *testing.T) {
	w := newWorld(t)
	s := w.serve("--session-idle=500ms")
	id, c := s.open(), s.chat()
	c.send(id, "[[hold]]")
	c.hear("held ")
	c.say("chat.abort", fields{"sessionId": id})
	require.True(t, c.until("complete").Aborted)
	w.awaitNoCLI()
	c.turn(id, "go on")
	require.Equal(t, []string{"user: [[hold]]", "assistant: held ", "user: [Request interrupted by user]"}, w.lastRequest()[:3])
	require.Len(t, w.sessions(), 1)
}

func TestChat_AnAbortedToolIsStoppedAndTheProcessGoesOn(t *testing.T) {
	w := newWorld(t)
	s := w.serve("--allowed-tools=Bash")
	sleeper := w.nap()
	id, c := s.open(), s.chat()
	c.send(id, "[[bash setsid sleep "+sleeper+" & wait]]")
	w.requireRunning(sleeper, 1)
	pids := w.claudes()
	c.say("chat.abort", fields{"sessionId": id})
	require.True(t, c.until("complete").Aborted)
	require.Equal(t, "1 2 ", c.turn(id, "[[words 2]]").Result)
	require.Equal(t, pids, w.claudes())
	w.requireGone(sleeper, patience)
}

func TestChat_AMessageMayBreakOffTheRunOrWaitForItsEnd(t *testing.T) {
	w := newWorld(t)
	s := w.serve()
	id, c := s.open(), s.chat()
	c.send(id, "[[hold]]")
	c.hear("held ")
	c.send(id, "not now")
	require.Equal(t, "RUN_IN_PROGRESS", c.refused())
	c.send(id, "second", fields{"options": fields{"queue": true}})
	c.send(id, "first", fields{"options": fields{"interrupt": true}, "clientMessageId": "m-1"})
	require.True(t, c.until("complete").Aborted)
	for range 2 {
		end := c.until("complete")
		require.True(t, end.Success, end.raw)
	}
	said := s.messages(id)
	require.Equal(t, []string{"user: [[hold]]", "assistant: held ", "user: first"}, said[:3])
	require.Equal(t, "user: second", said[4])
	require.Len(t, said, 6)
	require.Len(t, w.claudes(), 1)
	require.Len(t, w.api.Requests(), 3)
	require.Contains(t, w.lastRequest()[2], "first")
	require.Equal(t, "user: second", last(w.lastRequest()))
}

// What a message leaves in the background goes with its process, and not before: the next
// message may want it.
func TestChat_WhatAToolLeavesInTheBackgroundGoesWithTheProcess(t *testing.T) {
	w := newWorld(t)
	s := w.serve("--allowed-tools=Bash", "--session-idle=3s")
	sleeper, started := w.nap(), filepath.Join(w.workspace, "started")
	id, c := s.open(), s.chat()
	c.turn(id, "[[bash setsid sleep "+sleeper+" >/dev/null 2>&1 & echo $! > "+started+"]]")
	require.FileExists(t, started)
	w.requireRunning(sleeper, 1)
	w.requireGone(sleeper, patience)
	w.awaitNoCLI()
}
