package main

import (
	"net/http"
	"strings"
	"testing"

	"github.com/fasthttp/websocket"
	"github.com/stretchr/testify/require"

	"spool/schema"
)

// argsOf returns the arguments with which the run of a prompt was started.
func (s *server) argsOf(t testing.TB, prompt string) []string {
	t.Helper()
	for _, r := range s.started(t) {
		if r.Prompt == prompt {
			return r.Args
		}
	}
	require.Fail(t, "never started", prompt)
	return nil
}

func TestA14AModelIsAskedForOnlyIfItIsAllowed(t *testing.T) {
	t.Parallel()
	s := startServer(t, "--model=own", "--allow-model=opus", "--allow-model=claude-sonnet-4-5[1m]")
	s.requireRefused(t, schema.ForbiddenOption, with("model", `"Opus"`), with("model", `"own"`), with("model", `"haiku"`), with("model", `"opus-4"`), with("model", `"o"`))
	s.requireRefused(t, schema.InvalidOption, with("model", `"-opus"`), with("model", `"opus --x"`), with("model", `"opus\n"`), with("model", `"opus\u0000"`), with("model", `"é"`))
	for prompt, model := range map[string]string{"none": "own", "opus": "opus", "long": "claude-sonnet-4-5[1m]", "empty": "own"} {
		more := []any{}
		if prompt != "none" {
			more = []any{"model", strings.TrimSuffix(model, "own")}
		}
		id := s.start(t, prompt, more...)
		r := s.awaitEnd(t, id, schema.Succeeded, "")
		require.Equal(t, strings.TrimSuffix(model, "own"), r.Model)
		args := s.argsOf(t, prompt)
		require.Equal(t, "--model="+model, args[len(args)-1])
		require.Equal(t, 1, strings.Count(strings.Join(args, " "), "--model"))
	}
	open := startServer(t, "--allow-model=*")
	open.awaitEnd(t, open.start(t, "hi", "model", "anything:at/all@1"), schema.Succeeded, "")
	require.Contains(t, open.argsOf(t, "hi"), "--model=anything:at/all@1")
	open.requireRefusedBesides(t, schema.InvalidOption, with("model", `"--settings=x"`), with("model", `"*"`))
}

// requireRefusedBesides is requireRefused where something has run already.
func (s *server) requireRefusedBesides(t *testing.T, code schema.Code, messages ...string) {
	t.Helper()
	before := len(s.started(t))
	for _, message := range messages {
		c := s.dial(t)
		require.Equal(t, schema.InfoFrame, c.next())
		require.NoError(t, c.WriteMessage(websocket.TextMessage, []byte(message)))
		requireEnd(t, c.rest(), code)
	}
	require.Len(t, s.started(t), before)
}

// The session is the agent's own and never leaves the server: clients name runs.
func TestARunResumesTheSessionOfAnEarlierOne(t *testing.T) {
	t.Parallel()
	s, g := startServer(t), newGate(t)
	session := "0b5e8f4e-1111-4222-8333-944445555666"
	hidden := session[:8] + "''" + session[8:] // for the shell, so that the prompt does not hold it
	first := s.start(t, script(say(strings.Replace(initLine, `"s"`, `"`+hidden+`"`, 1), resultLine)))
	s.awaitEnd(t, first, schema.Succeeded, "")
	second := s.start(t, "go on", "resume", first)
	r := s.awaitEnd(t, second, schema.Succeeded, "")
	require.Equal(t, first, r.Resume)
	args := s.argsOf(t, "go on")
	require.Contains(t, args, "--resume="+session)
	require.Contains(t, args, "--fork-session")
	for _, answer := range []string{s.list(t), s.log.String()} {
		require.NotContains(t, answer, session)
	}
	c := s.dial(t)
	require.Equal(t, schema.InfoFrame, c.next())
	c.sendWith("on a socket", map[string]any{"resume": first})
	c.next()
	requireEnd(t, c.rest(), "")
	require.Contains(t, s.argsOf(t, "on a socket"), "--resume="+session)

	running := s.start(t, script(say(initLine), g.wait()))
	s.printed(t, running, 1)
	s.requireRefusedBesides(t, schema.InvalidOption,
		with("resume", `"`+second+`"`), // it printed no session
		with("resume", `"`+running+`"`),
		with("resume", `"run_`+strings.Repeat("a", 26)+`"`), with("resume", `"`+session+`"`), with("resume", `"`+first+` "`))
	g.open()
}

// What a session was may not become an argument, whatever the agent calls it.
func TestA14ASessionIsNoArgument(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	for i, session := range []string{"--dangerously-skip-permissions", "a b", "../x", "", "a\\u0000b", strings.Repeat("x", 5000)} {
		first := s.start(t, script(`echo '{"type":"system","subtype":"init","session_id":"`+session+`"}'`, "echo '"+resultLine+"'"))
		s.awaitEnd(t, first, schema.Succeeded, "")
		prompt := strings.Repeat("x", i+1)
		answer, text := s.do(t, http.MethodPost, "/api/runs?wait=true", payloadWith(prompt, "resume", first))
		if answer.StatusCode == http.StatusBadRequest {
			require.Contains(t, text, string(schema.InvalidOption))
			continue
		}
		args := s.argsOf(t, prompt)
		for _, arg := range args {
			require.True(t, !strings.Contains(arg, session) || strings.HasPrefix(arg, "--resume="), "%q", args)
		}
		require.NotContains(t, text, "INTERNAL", "%q", session)
	}
}
