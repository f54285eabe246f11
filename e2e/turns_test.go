//go:build linux

package e2e

import (
	"net/http"
	"os"
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

// requireSpent fails unless a conversation, and the usage of all, tell of this.
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

// awaitNoCLI waits until no process of the CLI is left.
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

func last(all []string) string { return all[len(all)-1] }

func TestChat_TheModelAndThePermissionModeChangeWhileTheProcessLives(t *testing.T) {
	const another = "claude-haiku-4-5"
	w := newWorld(t)
	s := w.serve("--allow-model="+another, "--allow-permission-mode=plan")
	id, c := s.open(), s.chat()
	c.turn(id, "one")
	pids := w.claudes()
	c.turn(id, "two", fields{"options": fields{"model": another}})
	c.turn(id, "three", fields{"options": fields{"permissionMode": "plan"}})
	planned := w.api.Requests()[2]
	c.turn(id, "four")
	require.Equal(t, pids, w.claudes())

	requests := w.api.Requests()
	require.Len(t, requests, 4)
	require.Equal(t, another, requests[1].Model)
	require.NotEqual(t, another, requests[0].Model)
	require.Equal(t, requests[0].Model, requests[2].Model, "it holds for one message")
	require.Contains(t, string(planned.Body), "Plan mode is active")
	require.NotContains(t, string(requests[1].Body), "Plan mode is active")
	require.NotContains(t, requests[3].User().Text(), "Plan mode is active")

	for option, value := range map[string]string{"model": "claude-opus-4-8", "permissionMode": "bypassPermissions"} {
		c.send(id, "five", fields{"options": fields{option: value}})
		require.Equal(t, "FORBIDDEN_OPTION", c.refused())
	}
	require.Len(t, w.api.Requests(), 4)
}

func TestChat_WhatIsChosenForAConversationReachesTheCLI(t *testing.T) {
	w := newWorld(t)
	s := w.serve()
	secret := unguessable()
	id, c := s.open(fields{"system": secret, "options": fields{"effort": "low", "maxBudgetUsd": 0.5}}), s.chat()
	c.send(id, "[[hold]]")
	c.hear("held ")
	require.Contains(t, string(w.api.Requests()[0].Body), secret)
	arguments := w.proc(c.seen[0].RunID, "cmdline")
	require.NotContains(t, strings.Join(arguments, " "), secret, "every user of the machine can read it there")
	require.Subset(t, arguments, []string{"--effort=low", "--max-budget-usd=0.5"})
	w.api.Release()
	require.True(t, c.until("complete").Success)
	c.turn(id, "two", fields{"options": fields{"systemPrompt": secret}})
	require.Contains(t, string(w.api.Requests()[1].Body), secret)
	c.send(id, "three", fields{"options": fields{"systemPrompt": "another one"}})
	require.Equal(t, "FORBIDDEN_OPTION", c.refused())
}

// What a message may cost is for that message alone, however many there were before.
func TestChat_TheBudgetIsEachMessagesOwn(t *testing.T) {
	const costly = "[[usage 100000 1000]]"
	w := newWorld(t)
	s := w.serve()
	id, c := s.open(), s.chat()
	cost := c.turn(id, costly).CostUSD
	budget := fields{"options": fields{"maxBudgetUsd": 1.5 * cost}}
	for range 3 {
		c.turn(id, costly, budget)
	}
	c.send(id, costly, fields{"options": fields{"maxBudgetUsd": cost / 2}})
	end := c.until("complete")
	require.False(t, end.Success, end.raw)
	c.turn(id, "go on")
}
