//go:build linux

package e2e

import (
	"encoding/json"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/fasthttp/websocket"
	"github.com/stretchr/testify/require"
)

// client is a caller of /ws/claude that has sent its prompt and read the two frames
// that come before the CLI's lines.
type client struct {
	w    *world
	conn *websocket.Conn
	run  string // the run's id
}

// frame is what the tests look at in a server's frame or in a line of the CLI.
type frame struct {
	raw     string
	Info    string
	Run     string
	Error   string
	Code    string
	Type    string
	Subtype string
	IsError bool `json:"is_error"`
	Result  string
	Cwd     string
	Event   struct {
		Delta struct{ Type, Text string }
	}
}

const firstFrame = `{"info":"send {prompt,meta}"}`

// ask opens a socket and sends a prompt. Options are further keys of the payload.
func (s *server) ask(prompt string, options ...map[string]any) *client {
	s.w.t.Helper()
	c := s.dial(&websocket.Dialer{HandshakeTimeout: patience})
	c.ask(prompt, options...)
	return c
}

func (s *server) dial(dialer *websocket.Dialer) *client {
	s.w.t.Helper()
	conn, response, err := dialer.Dial("ws"+strings.TrimPrefix(s.url, "http")+"/ws/claude", nil)
	require.NoError(s.w.t, err)
	_ = response.Body.Close()
	s.w.t.Cleanup(func() { _ = conn.Close() })
	return &client{w: s.w, conn: conn}
}

func (c *client) ask(prompt string, options ...map[string]any) {
	c.w.t.Helper()
	require.Equal(c.w.t, firstFrame, c.next().raw)
	require.NoError(c.w.t, c.conn.WriteJSON(payload(prompt, options...)))
	accepted := c.next()
	require.Equal(c.w.t, "run", accepted.Info, "the frame after the prompt: %s", accepted.raw)
	require.NotEmpty(c.w.t, accepted.Run)
	c.run = accepted.Run
}

// next is the next frame; the test fails when the socket ends first.
func (c *client) next() frame {
	c.w.t.Helper()
	f, err := c.read()
	require.NoError(c.w.t, err)
	return f
}

func (c *client) read() (frame, error) {
	c.w.t.Helper()
	require.NoError(c.w.t, c.conn.SetReadDeadline(time.Now().Add(patience)))
	kind, data, err := c.conn.ReadMessage()
	if err != nil {
		return frame{}, err
	}
	require.Equal(c.w.t, websocket.TextMessage, kind)
	return parseFrame(c.w.t, data), nil
}

func parseFrame(t *testing.T, data []byte) frame {
	t.Helper()
	f := frame{raw: string(data)}
	require.NoError(t, json.Unmarshal(data, &f), "a frame that is no JSON: %s", data)
	return f
}

// parse reads lines of JSON.
func parse(t *testing.T, text []byte) []frame {
	t.Helper()
	var frames []frame
	for _, line := range lines(text) {
		frames = append(frames, parseFrame(t, []byte(line)))
	}
	return frames
}

// rest reads to the end: every frame, and the close code.
func (c *client) rest() ([]frame, int) {
	c.w.t.Helper()
	var frames []frame
	for {
		f, err := c.read()
		if err != nil {
			var closed *websocket.CloseError
			require.ErrorAs(c.w.t, err, &closed)
			return frames, closed.Code
		}
		frames = append(frames, f)
	}
}

// until reads up to the frame of this kind (`type` or `type/subtype`) and returns it.
func (c *client) until(kind string) frame {
	c.w.t.Helper()
	for {
		if f := c.next(); f.kind() == kind {
			return f
		}
	}
}

// leave cuts the connection without a close frame, as a lost network does.
func (c *client) leave() {
	c.w.t.Helper()
	require.NoError(c.w.t, c.conn.NetConn().(*net.TCPConn).SetLinger(0))
	require.NoError(c.w.t, c.conn.Close())
}

// kind is how the tests name a line of the CLI.
func (f frame) kind() string {
	if f.Subtype != "" {
		return f.Type + "/" + f.Subtype
	}
	return f.Type
}

// kinds are the names of the lines, in order.
func kinds(frames []frame) []string {
	var all []string
	for _, f := range frames {
		all = append(all, f.kind())
	}
	return all
}

// raws are the bytes of the frames.
func raws(frames []frame) []string {
	var all []string
	for _, f := range frames {
		all = append(all, f.raw)
	}
	return all
}

// lines are the lines of a text without their newlines.
func lines(text []byte) []string {
	return strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
}
