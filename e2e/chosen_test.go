//go:build linux

package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

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

// The CLI knows the sessions of its own working directory alone.
func TestChat_InAnotherDirectoryTheModelIsToldWhatWasSaid(t *testing.T) {
	w := newWorld(t)
	s := w.serve("--allowed-tools=Bash")
	require.NoError(t, os.Mkdir(filepath.Join(w.workspace, "sub"), 0o700))
	id, c := s.open(), s.chat()
	c.turn(id, "one")
	c.turn(id, "[[bash pwd > here]]", fields{"options": fields{"cwd": "sub"}})
	require.FileExists(t, filepath.Join(w.workspace, "sub", "here"))
	require.Contains(t, w.lastRequest()[0], "one")
	c.turn(id, "three")
	require.Contains(t, w.lastRequest()[0], "here")
	require.Contains(t, last(w.lastRequest()), "three")
	for _, dir := range []string{"..", "/", "here", "nowhere"} {
		c.send(id, "four", fields{"options": fields{"cwd": dir}})
		require.Equal(t, "INVALID_OPTION", c.refused())
	}
}
