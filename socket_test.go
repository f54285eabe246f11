package main

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/fasthttp/websocket"
	"github.com/stretchr/testify/require"

	"spool/schema"
)

// socket is a client's end of /ws/claude.
type socket struct {
	*websocket.Conn
	t testing.TB
}

// dial connects and reads nothing.
func (s *server) dial(t testing.TB) *socket {
	t.Helper()
	s.awaitWarm(t)
	conn, _, err := websocket.DefaultDialer.Dial("ws://"+s.addr+"/ws/claude", nil)
	require.NoError(t, err)
	t.Cleanup(func() { conn.Close() })
	return &socket{conn, t}
}

// open connects, reads the info frame and sends a prompt with meta TEST.
func (s *server) open(t testing.TB, prompt string) *socket {
	t.Helper()
	c := s.dial(t)
	require.Equal(t, schema.InfoFrame, c.next())
	c.prompt(prompt)
	return c
}

// begin is open, and reads the run frame too. It returns the run's id.
func (s *server) begin(t testing.TB, prompt string) (*socket, string) {
	t.Helper()
	c := s.open(t, prompt)
	var frame schema.RunFrame
	require.NoError(t, json.Unmarshal([]byte(c.next()), &frame))
	require.Equal(t, "run", frame.Info)
	require.True(t, strings.HasPrefix(frame.Run, "run_"), frame.Run)
	return c, frame.Run
}

// prompt sends a payload.
func (c *socket) prompt(prompt string) {
	payload, err := json.Marshal(map[string]any{"prompt": prompt, "meta": "TEST"})
	require.NoError(c.t, err)
	require.NoError(c.t, c.WriteMessage(websocket.TextMessage, payload))
}

// next returns the next text frame.
func (c *socket) next() string {
	c.t.Helper()
	require.NoError(c.t, c.SetReadDeadline(time.Now().Add(patience)))
	kind, text, err := c.ReadMessage()
	require.NoError(c.t, err)
	require.Equal(c.t, websocket.TextMessage, kind)
	return string(text)
}

// end is what a socket brought after the frames that were read already.
type end struct {
	lines  []string // frames that are none of the others
	stderr []string
	near   []int        // in how many seconds a deadline comes, as clients were warned of it
	err    schema.Error // the last error frame
	code   int          // close code; 1006 if the connection was lost
	reason string
}

// rest reads everything until the socket is closed.
func (c *socket) rest() (e end) {
	c.t.Helper()
	for {
		require.NoError(c.t, c.SetReadDeadline(time.Now().Add(2*patience)))
		_, text, err := c.ReadMessage()
		if closed, ok := errors.AsType[*websocket.CloseError](err); ok {
			e.code, e.reason = closed.Code, closed.Text
			return e
		}
		if err != nil {
			e.code, e.reason = websocket.CloseAbnormalClosure, err.Error()
			return e
		}
		e.add(string(text))
	}
}

// add sorts one frame in.
func (e *end) add(text string) {
	var stderr schema.StderrFrame
	var deadline schema.DeadlineFrame
	switch {
	case strings.HasPrefix(text, `{"error":`):
		e.err = schema.Error{}
		_ = json.Unmarshal([]byte(text), &e.err)
	case strings.HasPrefix(text, `{"stderr":`):
		_ = json.Unmarshal([]byte(text), &stderr)
		e.stderr = append(e.stderr, stderr.Stderr)
	case strings.HasPrefix(text, `{"info":"deadline",`):
		_ = json.Unmarshal([]byte(text), &deadline)
		e.near = append(e.near, deadline.InSeconds)
	default:
		e.lines = append(e.lines, text)
	}
}

// run sends a prompt on a socket of its own and reads everything.
func (s *server) run(t testing.TB, prompt string) end {
	t.Helper()
	c, _ := s.begin(t, prompt)
	return c.rest()
}

// requireEnd checks how a socket has ended; no code means success.
func requireEnd(t testing.TB, e end, code schema.Code) {
	t.Helper()
	require.Equal(t, code, e.err.Code, "error frame: %+v", e.err)
	require.EqualValues(t, code.Close(), e.code, "close: %s", e.reason)
}
