package main

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fasthttp/websocket"
	"github.com/stretchr/testify/require"

	"spool/schema"
)

// with returns a valid payload with one more key.
func with(key, value string) string {
	return `{"prompt":"hi","meta":"TEST","` + key + `":` + value + `}`
}

func TestOptionsOfAWrongTypeAreRefused(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	for key, values := range map[string][]string{
		"partial":        {`"yes"`, `"false"`, `0`, `1`, `null`, `[]`, `{}`},
		"timeoutSeconds": {`0`, `-1`, `1.5`, `"5"`, `true`, `null`, `[5]`, `1e99`, `9223372036854775808`, `-9223372036854775809`},
		"detach":         {`1`, `"true"`, `null`, `{}`},
		"model":          {`5`, `null`, `["x"]`, `{}`, `true`},
		"resume":         {`5`, `null`, `["x"]`, `false`},
	} {
		for _, value := range values {
			s.requireRefused(t, schema.InvalidOption, with(key, value))
		}
	}
}

func TestOptionsThatAreNotAllowedAreRefused(t *testing.T) {
	t.Parallel()
	s := startServer(t, "--run-timeout=5m")
	s.requireRefused(t, schema.ForbiddenOption, with("model", `"opus"`), with("timeoutSeconds", `301`), with("timeoutSeconds", `9223372036854775807`))
	s.requireRefused(t, schema.InvalidOption, with("model", `"--dangerously-skip-permissions"`), with("model", `" opus"`), with("model", `"a b"`),
		with("model", `"`+strings.Repeat("x", 129)+`"`), with("resume", `"run_1"`), with("resume", `"../../etc"`),
		with("resume", `"run_`+strings.Repeat("a", 26)+`"`)) // well-formed, and unknown
	s.requireAccepted(t, `{"prompt":"hi","meta":"TEST","detach":false,"model":"","resume":"","timeoutSeconds":300}`)
}

func TestOptionsThatAreAllowedWork(t *testing.T) {
	t.Parallel()
	s := startServer(t, "--stop-grace=1s")
	s.requireAccepted(t, with("partial", "true"))
	require.Contains(t, s.started(t)[0].Args, "--include-partial-messages")

	c := s.raw(t)
	c.write(frame(finBit|opText, `{"prompt":"sh\nsleep 600","meta":"TEST","timeoutSeconds":1}`))
	start := time.Now()
	requireEnd(t, c.rest(), schema.TimeoutWall)
	require.Less(t, time.Since(start), 10*time.Second, "the server's own is five minutes")
	s.awaitNoSurvivors(t, patience)
}

// What only the operator decides cannot be asked for: such keys are unknown, and ignored.
func TestA14WhatOnlyTheOperatorDecidesCannotBeAskedFor(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	s.requireAccepted(t, payload("hi"))
	const canary = "canary-5b1e"
	for _, key := range []string{
		"permissionMode", "permission_mode", "allowedTools", "allowed-tools", "disallowedTools", "cwd", "workspace", "dir", "env", "environment",
		"scopes", "scope", "user", "token", "claude", "binary", "path", "command", "argv", "args", "settings", "mcpConfig", "dangerouslySkipPermissions",
		"addDir", "systemPrompt", "sessionId", "trustWorkspace", "allowSlashCommands", "allowAttachments", "options", "clientOptions",
	} {
		s.requireAcceptedQuietly(t, with(key, `"`+canary+`"`))
	}
	s.requireAcceptedQuietly(t, with("options", `{"permissionMode":"bypassPermissions","cwd":"/`+canary+`","env":{"PATH":"/`+canary+`"},"model":"x"}`))
	s.requireSameStarts(t)
	for _, r := range s.started(t) {
		all := slices.Concat(r.Args, r.Environment, []string{r.Dir, r.Stdin})
		require.NotContains(t, strings.Join(all, "\n"), canary)
	}
	require.NotContains(t, s.log.String(), canary)
}

// requireAcceptedQuietly is requireAccepted for messages with the prompt hi.
func (s *server) requireAcceptedQuietly(t *testing.T, message string) {
	t.Helper()
	c := s.dial(t)
	require.Equal(t, schema.InfoFrame, c.next())
	require.NoError(t, c.WriteMessage(websocket.TextMessage, []byte(message)))
	requireEnd(t, c.rest(), "")
}
