package main

import (
	"encoding/json"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"spool/schema"
)

// The close code that follows each error code. The figures are the protocol's: clients
// branch on them, so they are written out here and never change.
var closeCodes = map[schema.Code]int{
	"":                     1000,
	schema.InvalidJSON:     1008,
	schema.InvalidPrompt:   1008,
	schema.InvalidMeta:     1008,
	schema.InvalidOption:   1008,
	schema.ForbiddenOption: 1008,
	schema.PromptTimeout:   1008,
	schema.Busy:            1008,
	schema.APIError:        1011,
	schema.SpawnFailed:     1011,
	schema.ExitNonzero:     1011,
	schema.KilledBySignal:  1011,
	schema.TimeoutWall:     1011,
	schema.TimeoutIdle:     1011,
	schema.Incomplete:      1011,
	schema.OutputLimit:     1011,
	schema.ProcessLimit:    1011,
	schema.Overloaded:      1013,
	schema.Draining:        1001,
}

// ways bring each end about, on a server with small limits.
var ways = map[schema.Code]string{
	"":                     payload(script("echo hi")),
	schema.InvalidJSON:     `{`,
	schema.InvalidPrompt:   `{"prompt":"","meta":"TEST"}`,
	schema.InvalidMeta:     `{"prompt":"hi","meta":"test"}`,
	schema.InvalidOption:   with("partial", `"yes"`),
	schema.ForbiddenOption: with("model", `"opus"`),
	schema.APIError:        payload(script(say(initLine, `{"type":"result","subtype":"error","is_error":true,"result":"no"}`))),
	schema.ExitNonzero:     payload(script("exit 3")),
	schema.KilledBySignal:  payload(script("kill -KILL $$")),
	schema.TimeoutWall:     `{"prompt":"sh\nwhile :; do echo tick; sleep 0.1; done","meta":"TEST","timeoutSeconds":1}`,
	schema.TimeoutIdle:     payload(script("sleep 600")),
	schema.Incomplete:      payload(script(say(initLine))),
	schema.OutputLimit:     payload(script("yes")),
	schema.ProcessLimit:    payload(script("while :; do sleep 100 & echo started; done")),
}

// requireClose reads until the close frame, with an error frame before it unless the run
// succeeded.
func requireClose(t *testing.T, c *rawSocket, code schema.Code) {
	t.Helper()
	e := c.rest()
	require.Equal(t, code, e.err.Code, "%+v", e.err)
	require.Equal(t, closeCodes[code], e.code, "after %s: %s", code, e.reason)
	if code != "" {
		require.NotEmpty(t, e.err.Text)
		require.Contains(t, e.reason, string(code)+": ")
		require.LessOrEqual(t, len(e.reason), 123)
	}
}

func TestCloseCodesOfEveryEnd(t *testing.T) {
	t.Parallel()
	s := startServer(t, "--idle-timeout=5s", "--max-output=64KiB", "--max-processes=20", "--stop-grace=1s")
	sockets := map[schema.Code]*rawSocket{}
	for code, message := range ways {
		sockets[code] = s.raw(t)
		sockets[code].write(frame(finBit|opText, message))
	}
	for code, c := range sockets {
		requireClose(t, c, code)
	}
}

func TestCloseCodesOfWhatTheServerCannotDo(t *testing.T) {
	t.Parallel()
	s := startServer(t, "--max-runs=1", "--max-queue=0", "--prompt-timeout=5s", "--stop-grace=1s", "--drain-grace=2s")
	silent, running := s.raw(t), s.rawRun(t, script("sleep 600"))
	c := s.raw(t)
	c.write(frame(finBit|opText, payload("hi")))
	requireClose(t, c, schema.Overloaded)
	requireClose(t, silent, schema.PromptTimeout)
	for range 4 {
		running.write(frame(finBit|opText, payload("hi")))
	}
	requireClose(t, running, schema.Busy)

	s.awaitIdle(t)
	waiting, running := s.raw(t), s.rawRun(t, script("sleep 600"))
	require.NoError(t, s.command.Process.Signal(syscall.SIGTERM))
	requireClose(t, waiting, schema.Draining)
	requireClose(t, running, schema.Draining)
	s.awaitExit(t)

	broken := startServer(t, "--claude=/nonexistent/claude")
	c = broken.raw(t)
	c.write(frame(finBit|opText, payload("hi")))
	requireClose(t, c, schema.SpawnFailed)
}

// The table of this test and the one of the server are the same.
func TestCloseCodesAreTheSchemas(t *testing.T) {
	t.Parallel()
	for code, want := range closeCodes {
		require.EqualValues(t, want, code.Close(), code)
	}
	require.EqualValues(t, 1011, schema.SlowClient.Close())
	require.EqualValues(t, 1011, schema.Internal.Close())
	require.EqualValues(t, 1011, schema.Code("NO_SUCH_CODE").Close())
}

// Every error frame has the same shape: a text and a code, and nothing else.
func TestErrorFramesHaveOneShape(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	c := s.raw(t)
	c.write(frame(finBit|opText, `{`))
	first, body := c.read()
	require.EqualValues(t, finBit|opText, first)
	var keys map[string]string
	require.NoError(t, json.Unmarshal([]byte(body), &keys))
	require.Len(t, keys, 2)
	require.Equal(t, "INVALID_JSON", keys["code"])
	require.NotEmpty(t, keys["error"])
	first, _ = c.read()
	require.EqualValues(t, finBit|opClose, first, "the close frame comes at once behind it")
}
