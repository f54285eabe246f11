//go:build linux

package e2e

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/fasthttp/websocket"
	"github.com/stretchr/testify/require"
)

// viewer follows a run on /ws/runs/{run} in the dialect spool.v1, over as many
// connections as it takes.
type viewer struct {
	w    *world
	run  string
	conn *websocket.Conn
	text []string // every line so far
}

// envelope is a frame of spool.v1.
type envelope struct {
	T, Line, State, Code string
	N                    int
}

// view begins to follow a run.
func (s *server) view(run string) *viewer {
	s.w.t.Helper()
	v := &viewer{w: s.w, run: run}
	v.connect(s)
	return v
}

// connect goes on from the last line that the viewer has.
func (v *viewer) connect(s *server) {
	v.w.t.Helper()
	dialer := &websocket.Dialer{HandshakeTimeout: patience, Subprotocols: []string{"spool.v1"}}
	url := fmt.Sprintf("ws%s/ws/runs/%s?from=%d", strings.TrimPrefix(s.url, "http"), v.run, len(v.text))
	conn, response, err := dialer.Dial(url, nil)
	require.NoError(v.w.t, err)
	_ = response.Body.Close()
	v.w.t.Cleanup(func() { _ = conn.Close() })
	v.conn = conn
}

// next is the next frame. A line must be the one that follows the last.
func (v *viewer) next() (envelope, error) {
	v.w.t.Helper()
	require.NoError(v.w.t, v.conn.SetReadDeadline(time.Now().Add(patience)))
	_, data, err := v.conn.ReadMessage()
	if err != nil {
		return envelope{}, err
	}
	var e envelope
	require.NoError(v.w.t, json.Unmarshal(data, &e), "%s", data)
	if e.T == "line" {
		require.Equal(v.w.t, len(v.text)+1, e.N, "a line is missing, or comes twice")
		v.text = append(v.text, e.Line)
	}
	return e, nil
}

// upTo reads until the viewer has n lines.
func (v *viewer) upTo(n int) {
	v.w.t.Helper()
	for len(v.text) < n {
		_, err := v.next()
		require.NoError(v.w.t, err)
	}
}

// until reads until a line holds the text.
func (v *viewer) until(text string) {
	v.w.t.Helper()
	for len(v.text) == 0 || !strings.Contains(v.text[len(v.text)-1], text) {
		v.upTo(len(v.text) + 1)
	}
}

// cutOff takes what still comes from a server that was killed.
func (v *viewer) cutOff() {
	v.w.t.Helper()
	for {
		if e, err := v.next(); err != nil {
			return
		} else if e.T == "end" {
			require.Fail(v.w.t, "the run had ended before the server was killed")
		}
	}
}

// end reads to the end of the run, and returns it with the close code.
func (v *viewer) end() (envelope, int) {
	v.w.t.Helper()
	var last envelope
	for {
		e, err := v.next()
		if err != nil {
			var closed *websocket.CloseError
			require.ErrorAs(v.w.t, err, &closed)
			return last, closed.Code
		}
		last = e
	}
}

// output is every line so far, as the CLI wrote them.
func (v *viewer) output() string { return strings.Join(v.text, "\n") + "\n" }

// answered is the text that a run's stream events carried, delta by delta.
func (w *world) answered(output string) string {
	w.t.Helper()
	var text strings.Builder
	for _, f := range parse(w.t, []byte(output)) {
		text.WriteString(f.Event.Delta.Text)
	}
	return text.String()
}
