//go:build linux

package e2e

import (
	"net/http"
	"os"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// A branch knows what was said before it, and nothing of what was said elsewhere.
func TestBranch_TheModelSeesTheHistoryUpToItAlone(t *testing.T) {
	w := newWorld(t)
	s := w.serve()
	id, c := s.open(), s.chat()
	one := c.turn(id, "one")
	two := c.turn(id, "two")
	w.written(2)
	c.turn(id, "another two", fields{"parent": one.Head})
	require.Equal(t, append(firstTurn("one"), "user: another two"), w.lastRequest())
	c.turn(id, "another three")
	require.Equal(t, slices.Concat(firstTurn("one"), firstTurn("another two"), []string{"user: another three"}), w.lastRequest())
	require.Len(t, w.claudes(), 1, "the branch's")

	c.turn(id, "three", fields{"parent": two.Head})
	require.Equal(t, slices.Concat(firstTurn("one"), firstTurn("two"), []string{"user: three"}), w.lastRequest(), "back on the first branch")
	require.Equal(t, append(w.lastRequest(), firstTurn("")[1]), s.messages(id))
	require.Len(t, w.sessions(), 3, "the first one, and two copies of a part of it")
	c.turn(id, "anew", fields{"parent": ""})
	require.Equal(t, []string{"user: anew"}, w.lastRequest())

	s.get(&struct{}{}, http.StatusOK, http.MethodPut, "/api/chats/"+id, fields{"head": one.Head})
	c.turn(id, "a third two")
	require.Equal(t, append(firstTurn("one"), "user: a third two"), w.lastRequest())
}

func TestBranch_ANewConversationBeginsAtAMessageOfAnother(t *testing.T) {
	w := newWorld(t)
	s := w.serve()
	id, c := s.open(), s.chat()
	one := c.turn(id, "one")
	c.turn(id, "two")
	w.written(2)
	c.say("chat.create", fields{"from": one.Head, "title": "a branch"})
	branch := id
	for branch == id { // whose last turn may still be told
		branch = c.until("session_upserted").SessionID
	}
	c.turn(branch, "another two")
	require.Equal(t, append(firstTurn("one"), "user: another two"), w.lastRequest())
	require.Len(t, w.claudes(), 2, "each has its own")
	c.turn(id, "three")
	require.Equal(t, slices.Concat(firstTurn("one"), firstTurn("two"), []string{"user: three"}), w.lastRequest())

	s.get(&struct{}{}, http.StatusOK, http.MethodGet, "/api/chats/"+branch, nil)
	status, _ := s.call(http.MethodDelete, "/api/chats/"+id, nil)
	require.Equal(t, http.StatusNoContent, status)
	require.True(t, eventually(patience, func() bool { return len(w.claudes()) == 1 }), "its process is let go")
	c.turn(branch, "another three")
	require.Equal(t, slices.Concat(firstTurn("one"), firstTurn("another two"), []string{"user: another three"}), w.lastRequest())
}

// Two conversations have the same first messages, each from a session of its own. That of one is gone.
func TestBranch_OfAConversationThatBeganAsAnotherIsACopyOfItsOwnSession(t *testing.T) {
	w := newWorld(t)
	s := w.serve()
	first, second, c := s.open(), s.open(), s.chat()
	one := c.turn(first, "one")
	w.written(1)
	gone := w.sessions()
	require.Equal(t, one.Head, c.turn(second, "one").Head)
	c.turn(second, "two")
	w.written(3)
	for path := range gone {
		require.NoError(t, os.Remove(path))
	}
	require.Len(t, w.claudes(), 2, "each goes on in its own process")
	c.turn(second, "another two", fields{"parent": one.Head})
	require.Equal(t, append(firstTurn("one"), "user: another two"), w.lastRequest())
}

// The answer to be branched off at is in a session that is gone.
func TestBranch_OfALostSessionIsToldWhatWasSaidUpToIt(t *testing.T) {
	w := newWorld(t)
	s := w.serve()
	secret := unguessable()
	id, c := s.open(), s.chat()
	one := c.turn(id, "one")
	c.turn(id, secret)
	s.stop()
	for path := range w.sessions() {
		require.NoError(t, os.Remove(path))
	}
	s = w.serve()
	c = s.chat()
	c.turn(id, "another two", fields{"parent": one.Head})
	said := w.lastRequest()
	require.Len(t, said, 1)
	require.Contains(t, said[0], "one")
	require.Contains(t, said[0], "another two")
	require.NotContains(t, said[0], secret)
}

// What a conversation's run is, is a run as any other.
func TestChat_ItsRunsAreRuns(t *testing.T) {
	w := newWorld(t)
	s := w.serve()
	id, c := s.open(), s.chat()
	one := c.turn(id, "one")
	c.turn(id, "two")
	r := s.finish("another two", resume(one.RunID))
	require.Equal(t, "succeeded", r.State)
	require.Equal(t, append(firstTurn("one"), "user: another two"), w.lastRequest(), "what the run knew, and not what came after it")
	c.send(id, "[[hold]]")
	c.hear("held ")
	run := c.seen[len(c.seen)-1].RunID
	aborted, _ := s.abort(run)
	require.Equal(t, "aborted", aborted.State)
	require.True(t, c.until("complete").Aborted)
	c.turn(id, "three")
	require.Len(t, w.claudes(), 1)
	require.Equal(t, "user: two", w.lastRequest()[2])
	v := s.view(run)
	v.end()
	require.Equal(t, v.output(), s.output(run))
	require.Contains(t, v.output(), "held ")
}
