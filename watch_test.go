package main

import (
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/fasthttp/websocket"
	"github.com/stretchr/testify/require"

	"spool/schema"
)

// dialPath connects to a path in the raw dialect, or in an other one if that is named.
func (s *server) dialPath(t testing.TB, path string, dialects ...string) *socket {
	t.Helper()
	conn, err := s.tryDial(websocket.DefaultDialer, path, dialects...)
	require.NoError(t, err)
	t.Cleanup(func() { conn.Close() })
	return &socket{conn, t}
}

// tryDial is dialPath for many at once.
func (s *server) tryDial(dialer *websocket.Dialer, path string, dialects ...string) (*websocket.Conn, error) {
	header := http.Header{}
	for _, dialect := range dialects {
		header.Add("Sec-WebSocket-Protocol", dialect)
	}
	conn, answer, err := dialer.Dial("ws://"+s.addr+path, header)
	if err != nil && answer != nil {
		return nil, fmt.Errorf("%s: %w", answer.Status, err)
	}
	return conn, err
}

// attach looks at a run behind a line, in a dialect, and reads the frame that names the run.
func (s *server) attach(t testing.TB, id string, from int64, dialects ...string) *socket {
	t.Helper()
	c := s.dialPath(t, fmt.Sprintf("/ws/runs/%s?from=%d", id, from), dialects...)
	if len(dialects) == 0 {
		require.Equal(t, string(schema.Encode(schema.NewRunFrame(id))), c.next())
		return c
	}
	x := c.told()
	require.Equal(t, told{T: "info", Info: "run", Run: id}, x)
	return c
}

// told returns the next frame, which must be an envelope.
func (c *socket) told() told {
	c.t.Helper()
	x := decodeTold([]byte(c.next()))
	require.NoError(c.t, x.undecodable)
	return x
}

// hear reads envelopes until the socket is closed, and returns the close code with them.
func (c *socket) hear(after int64) (h heard, code int) {
	c.t.Helper()
	h.after = after
	code, err := hearSocket(c.Conn, &h)
	require.NoError(c.t, err)
	return h, code
}

// hearSocket is hear for many at once.
func hearSocket(conn *websocket.Conn, h *heard) (code int, err error) {
	for {
		if err := conn.SetReadDeadline(time.Now().Add(2 * patience)); err != nil {
			return 0, err
		}
		_, text, err := conn.ReadMessage()
		if closed, ok := errors.AsType[*websocket.CloseError](err); ok {
			return closed.Code, nil
		}
		if err != nil {
			return 0, err
		}
		if err := h.add(decodeTold(text)); err != nil {
			return 0, err
		}
	}
}
