//go:build linux

package e2e

import (
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"spool/e2e/api"
)

func TestChat_TheTurnsOfAConversationHaveOneProcessAndEachItsOwnCost(t *testing.T) {
	w := newWorld(t)
	s := w.serve()
	id, c := s.open(), s.chat()
	var pids []string
	var ends []told
	for _, prompt := range []string{"one [[usage 1000 500]]", "two", "three [[usage 2000 1000]]"} {
		began := time.Now()
		c.send(id, prompt)
		c.until("stream_delta")
		t.Logf("to the first word: %s", time.Since(began).Round(time.Millisecond))
		end := c.until("complete")
		require.True(t, end.Success, end.raw)
		require.Equal(t, api.Greeting, end.Result)
		ends, pids = append(ends, end), append(pids, w.claudes()...)
	}
	require.Len(t, slices.Compact(pids), 1, "one process, and the same: %v", pids)
	require.Equal(t, []string{
		"user: one [[usage 1000 500]]", "assistant: " + api.Greeting, "user: two", "assistant: " + api.Greeting, "user: three [[usage 2000 1000]]",
	}, w.lastRequest())
	require.Equal(t, append(w.lastRequest(), "assistant: "+api.Greeting), s.messages(id))
	require.Less(t, ends[1].CostUSD, ends[0].CostUSD, "the second turn took less than the first")
	require.InDelta(t, 2, ends[2].CostUSD/ends[0].CostUSD, 0.1, "the third turn took twice as much")
	s.requireSpent(id, ends[0].CostUSD+ends[1].CostUSD+ends[2].CostUSD, 1000+api.InputTokens+2000)
	for _, end := range ends {
		require.Len(t, c.of(end.RunID, "complete"), 1)
		require.Equal(t, end.CostUSD, s.known(end.RunID).Usage.CostUSD)
		require.Equal(t, 1, strings.Count(s.output(end.RunID), `"type":"result"`), "the lines of one turn")
	}
}

func (s *server) requireSpent(id string, cost float64, input int64) {
	s.w.t.Helper()
	var answer struct{ Chat struct{ Usage usage } }
	s.get(&answer, http.StatusOK, http.MethodGet, "/api/chats/"+id, nil)
	var all struct {
		Usage []struct {
			usage
			Runs int64
		}
	}
	s.get(&all, http.StatusOK, http.MethodGet, "/api/usage?by=conversation", nil)
	require.Len(s.w.t, all.Usage, 1)
	for _, u := range []usage{answer.Chat.Usage, all.Usage[0].usage} {
		require.InDelta(s.w.t, cost, u.CostUSD, 1e-9)
		require.Equal(s.w.t, input, u.InputTokens)
	}
	require.EqualValues(s.w.t, 3, all.Usage[0].Runs)
}

func (w *world) awaitNoCLI() {
	w.t.Helper()
	require.True(w.t, eventually(patience, func() bool { return len(w.claudes()) == 0 }), "processes of the CLI are left")
}

func TestChat_AProcessThatNobodyNeedsEndsAndTheNextTurnKnowsWhatWasSaid(t *testing.T) {
	w := newWorld(t)
	s := w.serve("--session-idle=300ms")
	id, c := s.open(), s.chat()
	c.turn(id, "one")
	w.awaitNoCLI()
	c.turn(id, "two")
	require.Equal(t, append(firstTurn("one"), "user: two"), w.lastRequest())
	require.Len(t, w.sessions(), 1, "the session goes on")

	w.awaitNoCLI()
	for path := range w.sessions() {
		require.NoError(t, os.Remove(path))
	}
	c.turn(id, "three")
	told := w.lastRequest()
	require.Len(t, told, 1, "a new session")
	for _, text := range []string{"one", api.Greeting, "two", "three"} {
		_, rest, found := strings.Cut(told[0], text)
		require.True(t, found, "%q is not, or not in its place, in %q", text, told[0])
		told[0] = rest
	}
	w.awaitNoCLI()
	c.turn(id, "four")
	require.Equal(t, "user: four", last(w.lastRequest()))
	require.Len(t, w.lastRequest(), 3, "the new session goes on")
	require.Equal(t, slices.Concat(firstTurn("one"), firstTurn("two"), firstTurn("three"), firstTurn("four")), s.messages(id))
}

// What the CLI was started from has changed: the next turn continues the session in another
// process. What the CLI itself writes while it works is no such change, or no process would last.
func TestChat_AChangeOfTheSettingsNeedsAnotherProcess(t *testing.T) {
	for name, file := range map[string]string{"settings": "settings.json", "credentials": ".credentials.json", "memory": "CLAUDE.md"} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			s := w.serve()
			id, c := s.open(), s.chat()
			c.turn(id, "one")
			pids := w.claudes()
			c.turn(id, "two")
			require.Equal(t, pids, w.claudes(), "nothing has changed")
			w.written(2)
			require.NoError(t, os.WriteFile(filepath.Join(w.home, ".claude", file), []byte("{}"), 0o600))
			c.turn(id, "three")
			after := w.claudes()
			require.Len(t, after, 1)
			require.NotEqual(t, pids, after)
			require.Equal(t, slices.Concat(firstTurn("one"), firstTurn("two"), []string{"user: three"}), w.lastRequest())
			require.Len(t, w.sessions(), 1, "the session goes on")
			c.turn(id, "four")
			require.Equal(t, after, w.claudes(), "nothing has changed since")
			require.Equal(t, slices.Concat(firstTurn("one"), firstTurn("two"), firstTurn("three"), firstTurn("four")), s.messages(id))
		})
	}
}

// What is remembered in a turn is no change to the process that has taken it, but one to all others.
func TestChat_WhatATurnRemembersDoesNotCostItsProcess(t *testing.T) {
	w := newWorld(t)
	s := w.serve()
	id, other, c := s.open(), s.open(), s.chat()
	c.turn(id, "one")
	pids := w.claudes()
	w.written(1)
	memory := ""
	for path := range w.sessions() {
		memory = filepath.Join(filepath.Dir(path), "memory")
	}
	c.turn(other, "one")
	require.Len(t, w.claudes(), 2)
	require.NoError(t, os.MkdirAll(memory, 0o700))
	asked := c.askedFor(id, "[[bash touch "+memory+"/MEMORY.md]]")
	c.answer(asked.RequestID, true)
	require.True(t, c.requireAnswered(asked, "allowed").Success)
	require.FileExists(t, filepath.Join(memory, "MEMORY.md"))
	both := w.claudes()
	c.turn(id, "three")
	require.Equal(t, both, w.claudes(), "the same process")
	c.turn(other, "two")
	require.Subset(t, w.claudes(), pids)
	require.NotEqual(t, both, w.claudes(), "the other one has not read it")
}

func last(all []string) string { return all[len(all)-1] }

// The CLI takes a turn by itself when a task of its ends. That is nobody's answer.
func TestChat_ATaskInTheBackgroundTakesNoAnswerForItsOwn(t *testing.T) {
	w := newWorld(t)
	s := w.serve("--allowed-tools=Bash", "--result-grace=500ms")
	id, c := s.open(), s.chat()
	file := filepath.Join(w.workspace, "go")
	c.turn(id, "[[background until [ -e "+file+" ]; do sleep 0.05; done]]")
	pids := w.claudes()
	require.Equal(t, "1 2 ", c.turn(id, "[[words 2]]").Result)
	require.Equal(t, pids, w.claudes(), "the task goes on in it")
	n := len(w.api.Requests())
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	_, err := w.api.Await(t.Context(), n+1) // the CLI takes a turn by itself
	require.NoError(t, err)
	require.Equal(t, "1 2 3 ", c.turn(id, "[[words 3]]").Result)
	require.NotEqual(t, pids, w.claudes(), "what has gone on by itself is not used again")
	require.Equal(t, []string{"user: [[words 2]]", "assistant: 1 2 ", "user: [[words 3]]", "assistant: 1 2 3 "}, s.messages(id)[2:])
}

func TestChat_AConversationBeginsInAProcessThatIsStartedAlready(t *testing.T) {
	w := newWorld(t)
	s := w.serve(warm)
	c := s.chat()
	c.turn(s.open(), "one")
	require.True(t, eventually(patience, func() bool { return s.health().Warm.Waiting == 2 }), "of the kind of conversations too")
	id := s.open()
	asked := c.askedFor(id, "[[bash touch made]]")
	c.answer(asked.RequestID, true)
	require.True(t, c.requireAnswered(asked, "allowed").Success)
	require.FileExists(t, filepath.Join(w.workspace, "made"))
	c.turn(id, "two")
	require.Equal(t, "user: two", last(w.lastRequest()))
	require.EqualValues(t, 1, s.health().Warm.Hits)
}

// The CLI adds up what it takes over a process's life, and another process begins anew with that, whether it goes on with a
// session or with a copy of it.
func TestChat_AnotherProcessCountsWhatItTookItself(t *testing.T) {
	w := newWorld(t)
	s := w.serve("--session-idle=300ms")
	id, c := s.open(), s.chat()
	first := c.turn(id, "one [[usage 1000 500]]")
	w.awaitNoCLI()
	resumed := c.turn(id, "two [[usage 1000 500]]")
	w.awaitNoCLI()
	c.send(id, "three [[usage 1000 500]]", fields{"parent": first.Head})
	branched := c.until("complete")
	for name, end := range map[string]told{"resumed": resumed, "branched": branched} {
		require.True(t, end.Success, end.raw)
		require.InDelta(t, 1, end.CostUSD/first.CostUSD, 0.1, name)
	}
	s.requireSpent(id, first.CostUSD+resumed.CostUSD+branched.CostUSD, 3000)
}
