//go:build linux

package e2e

import (
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"spool/e2e/api"
)

// An abort may come before the CLI has begun with the turn, or with anything.
func TestChat_AnAbortAtOnceLeavesAConversationThatWorks(t *testing.T) {
	w := newWorld(t)
	s := w.serve()
	id, c := s.open(), s.chat()
	abort := func() {
		c.send(id, "[[hold]]")
		c.say("chat.abort", fields{"sessionId": id})
		end := c.until("complete")
		require.True(t, end.Aborted || end.Success, end.raw)
	}
	abort() // the CLI still starts
	require.Empty(t, w.api.Requests())
	w.api.Release()
	c.turn(id, "one")
	pids := w.claudes()
	for range 3 {
		abort()
		c.turn(id, "go on")
		require.Contains(t, last(w.lastRequest()), "go on")
	}
	require.Equal(t, pids, w.claudes())
	s.requireWholeJournal(id)
}

func TestChat_ATurnThatTakesTooLongEndsAndTheNextOneWorks(t *testing.T) {
	w := newWorld(t)
	s := w.serve("--run-timeout=10s")
	id, c := s.open(), s.chat()
	c.turn(id, "one")
	c.send(id, "[[hold]]")
	end := c.until("complete")
	require.Equal(t, "TIMEOUT_WALL", end.Code)
	w.api.Release()
	c.turn(id, "two")
	require.Equal(t, firstTurn("one"), w.lastRequest()[:2])
	require.Contains(t, last(w.lastRequest()), "two")
	s.requireWholeJournal(id)
}

// die kills the only CLI, and waits until the server knows.
func (w *world) die() {
	w.t.Helper()
	name := w.claudes()[0]
	pid, err := strconv.Atoi(name)
	require.NoError(w.t, err)
	require.NoError(w.t, syscall.Kill(pid, syscall.SIGKILL))
	require.True(w.t, eventually(patience, func() bool { _, err := os.Stat("/proc/" + name); return err != nil }))
}

func TestChat_ACLIThatDiesIsReplaced(t *testing.T) {
	w := newWorld(t)
	s := w.serve()
	id, c := s.open(), s.chat()
	c.turn(id, "one")
	w.written(1)
	w.die() // while it waits
	c.turn(id, "two")
	require.Equal(t, append(firstTurn("one"), "user: two"), w.lastRequest())
	w.written(2)

	c.send(id, "[[hold]]")
	c.hear("held ")
	w.die()
	end := c.until("complete")
	require.Equal(t, "KILLED_BY_SIGNAL", end.Code)
	w.api.Release()
	c.turn(id, "three")
	require.Equal(t, slices.Concat(firstTurn("one"), firstTurn("two")), w.lastRequest()[:4])
	require.Contains(t, last(w.lastRequest()), "three")
	s.requireWholeJournal(id)
}

func TestChat_WhereNoProcessIsKeptEveryTurnResumes(t *testing.T) {
	for _, flag := range []string{"--session-memory=0", "--session-idle=0"} {
		t.Run(flag, func(t *testing.T) {
			w := newWorld(t)
			s := w.serve(flag)
			id, c := s.open(), s.chat()
			c.turn(id, "one")
			require.Empty(t, w.claudes())
			c.turn(id, "two")
			require.Equal(t, append(firstTurn("one"), "user: two"), w.lastRequest())
			require.Len(t, w.sessions(), 1)
		})
	}
}

func TestChat_ADeletedConversationEndsWithItsRun(t *testing.T) {
	w := newWorld(t)
	s := w.serve("--allowed-tools=Bash")
	sleeper := w.nap()
	id, c := s.open(), s.chat()
	c.turn(id, "one")
	c.send(id, "[[bash setsid sleep "+sleeper+" & wait]]")
	w.requireRunning(sleeper, 1)
	status, _ := s.call(http.MethodDelete, "/api/chats/"+id, nil)
	require.Equal(t, http.StatusNoContent, status)
	require.Equal(t, id, c.until("session_deleted").SessionID)
	w.requireGone(sleeper, patience)
	w.awaitNoCLI()
	c.send(id, "two")
	require.Equal(t, "SESSION_NOT_FOUND", c.refused())
	journals, err := os.ReadDir(filepath.Join(w.data, "journal"))
	require.NoError(t, err)
	require.Empty(t, journals)
}

// The CLI writes down what was said a moment after it has said it.
func TestChat_WhatAKilledCLIHasNotWrittenDownIsNotForgotten(t *testing.T) {
	w := newWorld(t)
	s := w.serve()
	id, c := s.open(), s.chat()
	for _, prompt := range []string{"one", "two", "three"} {
		c.turn(id, prompt)
		w.die()
	}
	c.turn(id, "four")
	said := strings.Join(w.lastRequest(), "\n")
	for _, prompt := range []string{"one", "two", "three", "four"} {
		require.Contains(t, said, prompt)
	}
	require.Equal(t, 3, strings.Count(said, api.Greeting), said)
}

// A message that was sent before the server died is not answered twice, and one that waited is
// answered by the next server.
func TestD1_MessagesAreAnsweredOnceAcrossTheDeathOfTheirServer(t *testing.T) {
	w := newWorld(t)
	s := w.serve()
	id, c := s.open(), s.chat()
	epoch := c.subscribe(id).Epoch
	c.send(id, "[[hold]]", fields{"clientMessageId": "m-1"})
	c.hear("held ")
	c.send(id, "waits", fields{"clientMessageId": "m-2", "options": fields{"queue": true}})
	c.until("session_upserted")
	s.kill()

	next := w.serve()
	c, _ = c.connect(next, id, epoch)
	c.send(id, "[[hold]]", fields{"clientMessageId": "m-1"})
	c.send(id, "waits", fields{"clientMessageId": "m-2"})
	w.api.Release()
	require.True(t, c.until("complete").Success)
	require.True(t, c.until("complete").Success)
	c.send(id, "waits", fields{"clientMessageId": "m-2"})
	c.turn(id, "after", fields{"clientMessageId": "m-3"})
	said := next.messages(id)
	require.Len(t, said, 6)
	require.Equal(t, []string{"user: [[hold]]", "assistant: held released", "user: waits"}, said[:3])
	require.Equal(t, "user: after", said[4])
	require.Len(t, w.api.Requests(), 3)
	require.Len(t, next.requireWholeJournal(id), 3)
}

func TestD5_AStoppedServerLetsAnAnswerEndAndTakesBackWhatItAsked(t *testing.T) {
	w := newWorld(t)
	s := w.serve("--drain-grace=10s", "--stop-grace=2s")
	id, c := s.open(), s.chat()
	c.send(id, "[[hold]]")
	c.hear("held ")
	s.signal(syscall.SIGTERM)
	require.True(t, eventually(patience, func() bool { return s.status("/readyz") == http.StatusServiceUnavailable }))
	w.api.Release()
	require.True(t, c.until("complete").Success)
	require.Zero(t, s.awaitExit())
	require.Empty(t, w.claudes())

	s = w.serve("--drain-grace=1s", "--stop-grace=2s")
	c = s.chat()
	asked := c.askedFor(id, "[[bash touch made]]")
	s.signal(syscall.SIGTERM)
	end := c.requireAnswered(asked, "cancelled")
	require.Equal(t, "INTERRUPTED", end.Code)
	require.Zero(t, s.awaitExit())
	require.NoFileExists(t, filepath.Join(w.workspace, "made"))

	s = w.serve()
	c = s.chat()
	asked = c.askedFor(id, "go on")
	c.answer(asked.RequestID, false)
	require.True(t, c.requireAnswered(asked, "denied").Success, "what was not answered is asked again")
	require.Equal(t, []string{"user: [[hold]]", "assistant: held released", "user: [[bash touch made]]\n\ngo on"}, w.lastRequest())
	require.Len(t, s.requireWholeJournal(id), 3)
}

func TestD5_AMessageThatWaitsIsAnsweredByTheNextServer(t *testing.T) {
	w := newWorld(t)
	s := w.serve("--drain-grace=500ms", "--stop-grace=2s")
	id, c := s.open(), s.chat()
	c.send(id, "[[hold]]")
	c.hear("held ")
	c.send(id, "waits", fields{"options": fields{"queue": true}})
	c.until("session_upserted")
	s.signal(syscall.SIGTERM)
	require.False(t, c.until("complete").Success)
	_ = c.conn.Close()
	require.Zero(t, s.awaitExit())
	w.api.Release()
	s = w.serve()
	require.True(t, eventually(patience, func() bool { return len(s.messages(id)) >= 3 && strings.HasPrefix(last(s.messages(id)), "assistant") }))
	require.Equal(t, []string{"user: [[hold]]", "user: waits", "assistant: held released"}, s.messages(id))
	require.Len(t, s.requireWholeJournal(id), 2)
}
