package main

import (
	"crypto/sha256"
	"strings"
	"testing"

	"github.com/fasthttp/websocket"
	"github.com/stretchr/testify/require"

	"spool/schema"
)

// requireRefused sends each message on a socket of its own. All must be refused with the
// code, and nothing may start.
func (s *server) requireRefused(t *testing.T, code schema.Code, messages ...string) {
	t.Helper()
	for _, message := range messages {
		c := s.dial(t)
		require.Equal(t, schema.InfoFrame, c.next())
		require.NoError(t, c.WriteMessage(websocket.TextMessage, []byte(message)))
		e := c.rest()
		require.Equal(t, code, e.err.Code, "message %.80q", message)
		require.NotEmpty(t, e.err.Text)
		require.EqualValues(t, schema.ClosePolicy, e.code, "message %.80q", message)
		require.Equal(t, string(code)+": "+e.err.Text, e.reason)
		require.Empty(t, e.lines)
	}
	s.requireNoRun(t)
}

func TestP05WhatIsNotOneJSONObjectIsRefused(t *testing.T) {
	t.Parallel()
	valid := `{"prompt":"a","meta":"A"}`
	startServer(t).requireRefused(t, schema.InvalidJSON,
		``, ` `, `{`, `[]`, `null`, `"x"`, `42`, "\ufeff"+valid, valid+` x`, valid+valid, `{prompt:"a"}`, `{"prompt":"a","meta":"A",}`)
}

func TestP06PromptAndMetaMustBeStrings(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	for _, value := range []string{`null`, `7`, `["a"]`, `{"a":"b"}`, `true`} {
		s.requireRefused(t, schema.InvalidPrompt, `{"prompt":`+value+`,"meta":"A"}`)
		s.requireRefused(t, schema.InvalidMeta, `{"prompt":"a","meta":`+value+`}`)
	}
	s.requireRefused(t, schema.InvalidPrompt, `{"meta":"A"}`, `{}`)
	s.requireRefused(t, schema.InvalidMeta, `{"prompt":"a"}`)
	s.requireAccepted(t, `{"prompt":"a","meta":"A","extra":{"x":[1,null]},"":0}`)
}

func TestP07KeysAreReadInOneWayOnly(t *testing.T) {
	t.Parallel()
	startServer(t).requireRefused(t, schema.InvalidJSON,
		`{"prompt":"a","prompt":"b","meta":"A"}`, `{"PROMPT":"a","meta":"A"}`, `{"prompt":"a","\u0070rompt":"b","meta":"A"}`,
		`{"prompt":"a","meta":"A","Meta":"B"}`, `{"prompt":"a","meta":"A","x":1,"x":2}`)
}

func TestP08ThePromptsLimitIsInBytes(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	full := map[string]string{ // as it is escaped, and as it must arrive
		strings.Repeat("a", 8192):      strings.Repeat("a", 8192),
		strings.Repeat("é", 4096):      strings.Repeat("é", 4096),
		strings.Repeat("😀", 2048):      strings.Repeat("😀", 2048),
		strings.Repeat(`\u0001`, 8192): strings.Repeat("\x01", 8192),
	}
	for escaped := range full {
		s.requireRefused(t, schema.InvalidPrompt, `{"prompt":"`+escaped+`a","meta":"A"}`)
	}
	want, got := map[[sha256.Size]byte]int{}, map[[sha256.Size]byte]int{}
	for escaped, prompt := range full {
		s.requireAccepted(t, `{"prompt":"`+escaped+`","meta":"A"}`)
		want[sha256.Sum256([]byte(prompt))] = 1
	}
	for _, r := range s.started(t) {
		got[sha256.Sum256([]byte(r.Prompt))]++
	}
	require.Equal(t, want, got)
}

func TestP09BlankPromptsAreRefused(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	for _, prompt := range []string{``, `   `, `\t\r\n`, `\u00a0`, `\u3000`, "\u00a0", "\u3000", `\u0000`, `a\u0000b`, `a\u0000`, `\ufeff`} {
		s.requireRefused(t, schema.InvalidPrompt, `{"prompt":"`+prompt+`","meta":"A"}`)
	}
	s.requireAccepted(t, `{"prompt":" hi ","meta":"A"}`)
	require.Equal(t, " hi ", s.started(t)[0].Prompt)
}

func TestP11MetaIsANameAndNothingElse(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	for _, meta := range []string{``, `a`, `A b`, `A\n`, `A\u0000`, `Ａ`, `İ`, strings.Repeat("Z", 65), strings.Repeat("Z", 60_000)} {
		s.requireRefused(t, schema.InvalidMeta, `{"prompt":"a","meta":"`+meta+`"}`)
	}
	for _, meta := range []string{`A`, `_`, `-`, `TASK-123`, `--`, strings.Repeat("Z", 64)} {
		s.requireAccepted(t, `{"prompt":"a","meta":"`+meta+`"}`)
	}
	s.requireSameStarts(t)
}

// requireAccepted sends a message whose prompt the fake answers with ok.
func (s *server) requireAccepted(t *testing.T, message string) {
	t.Helper()
	c := s.dial(t)
	require.Equal(t, schema.InfoFrame, c.next())
	require.NoError(t, c.WriteMessage(websocket.TextMessage, []byte(message)))
	require.Contains(t, c.next(), `"info":"run"`)
	e := c.rest()
	requireEnd(t, e, "")
	require.Equal(t, []string{"ok"}, e.lines, "message %.80q", message)
}

// requireSameStarts checks that no start of the fake differs from another one in arguments,
// directory, stdin, or environment, but for the run's marker.
func (s *server) requireSameStarts(t *testing.T) {
	t.Helper()
	all := s.started(t)
	for i, r := range all {
		all[i].Environment = nil
		for _, variable := range r.Environment {
			if !strings.HasPrefix(variable, marker+"=") {
				all[i].Environment = append(all[i].Environment, variable)
			}
		}
		require.Equal(t, all[0], all[i])
	}
}
