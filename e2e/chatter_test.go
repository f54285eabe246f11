//go:build linux

package e2e

import (
	"encoding/json"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/fasthttp/websocket"
	"github.com/stretchr/testify/require"

	"spool/e2e/api"
)

// chatter is a client of /ws in the gateway vocabulary.
type chatter struct {
	w    *world
	conn *websocket.Conn
	seen []told // every frame of a journal so far
}

// told is what these tests look at in a frame of that socket.
type told struct {
	raw                                    string
	Kind, SessionID, RunID, Epoch, Replay  string
	Seq, LastSeq                           int64
	Role, Content, MessageID, Head, Result string
	RequestID, Reason, ToolName            string
	State, Code, Status                    string
	Success, Aborted, IsProcessing         bool
	CostUSD                                float64
	ToolResult                             struct {
		Content string
		IsError bool
	}
	Context struct {
		Suggestions []json.RawMessage
	}
	Cut *struct {
		Run         string
		Line, Bytes int64
	}
	PendingPermissions []struct{ RequestID, ToolName string }
}

// chat opens /ws.
func (s *server) chat() *chatter {
	s.w.t.Helper()
	conn, response, err := (&websocket.Dialer{HandshakeTimeout: patience}).Dial("ws"+strings.TrimPrefix(s.url, "http")+"/ws", nil)
	require.NoError(s.w.t, err)
	_ = response.Body.Close()
	s.w.t.Cleanup(func() { _ = conn.Close() })
	return &chatter{w: s.w, conn: conn}
}

// say sends a frame.
func (c *chatter) say(kind string, frame fields) {
	c.w.t.Helper()
	frame["type"] = kind
	require.NoError(c.w.t, c.conn.WriteJSON(frame))
}

// send sends a message; more are further keys of the frame.
func (c *chatter) send(id, content string, more ...fields) {
	c.w.t.Helper()
	frame := fields{"sessionId": id, "content": content}
	for _, m := range more {
		for key, value := range m {
			frame[key] = value
		}
	}
	c.say("chat.send", frame)
}

// next is the next frame. One of a journal must be the one that follows the last.
func (c *chatter) next() told {
	c.w.t.Helper()
	require.NoError(c.w.t, c.conn.SetReadDeadline(time.Now().Add(patience)))
	_, data, err := c.conn.ReadMessage()
	require.NoError(c.w.t, err)
	f := told{raw: string(data)}
	require.NoError(c.w.t, json.Unmarshal(data, &f), "%s", data)
	if f.Seq > 0 {
		if last := c.last(f.SessionID); last > 0 {
			require.Equal(c.w.t, last+1, f.Seq, "a frame is missing, or comes twice: %s", data)
		}
		c.seen = append(c.seen, f)
	}
	return f
}

// last is the seq of the last frame of a conversation's journal.
func (c *chatter) last(id string) int64 {
	for _, f := range slices.Backward(c.seen) {
		if f.SessionID == id {
			return f.Seq
		}
	}
	return 0
}

// until reads up to a frame of this kind and returns it. No request may be refused before.
func (c *chatter) until(kind string) told {
	c.w.t.Helper()
	for {
		f := c.next()
		if f.Kind == kind {
			return f
		}
		require.NotEqual(c.w.t, "protocol_error", f.Kind, f.raw)
	}
}

// refused reads up to a refusal, and returns its code.
func (c *chatter) refused() string {
	c.w.t.Helper()
	return c.until("protocol_error").Code
}

// hear reads until a delta of the answer is this text.
func (c *chatter) hear(text string) {
	c.w.t.Helper()
	for c.until("stream_delta").Content != text {
	}
}

// turn sends a message and returns the end of its run, which must have succeeded.
func (c *chatter) turn(id, content string, more ...fields) told {
	c.w.t.Helper()
	c.send(id, content, more...)
	end := c.until("complete")
	require.True(c.w.t, end.Success, end.raw)
	return end
}

// subscribe follows a conversation from a place on, and returns the answer.
func (c *chatter) subscribe(id string, more ...fields) told {
	c.w.t.Helper()
	session := fields{"sessionId": id}
	for _, m := range more {
		for key, value := range m {
			session[key] = value
		}
	}
	c.say("chat.subscribe", fields{"sessions": []fields{session}})
	return c.until("chat_subscribed")
}

// of are all frames of a kind that a run has in its journal.
func (c *chatter) of(run, kind string) (frames []told) {
	for _, f := range c.seen {
		if f.RunID == run && f.Kind == kind {
			frames = append(frames, f)
		}
	}
	return frames
}

// leave cuts the connection, as a lost network does.
func (c *chatter) leave() {
	c.w.t.Helper()
	require.NoError(c.w.t, c.conn.NetConn().(*net.TCPConn).SetLinger(0))
	require.NoError(c.w.t, c.conn.Close())
}

// open makes a conversation; more are further keys of the request.
func (s *server) open(more ...fields) string {
	s.w.t.Helper()
	body := fields{}
	for _, m := range more {
		for key, value := range m {
			body[key] = value
		}
	}
	var made struct{ SessionID string }
	s.get(&made, http.StatusCreated, http.MethodPost, "/api/providers/sessions", body)
	return made.SessionID
}

// get makes a request, whose answer must have that status.
func (s *server) get(to any, want int, method, path string, body any) {
	s.w.t.Helper()
	status, answer := s.call(method, path, body)
	require.Equal(s.w.t, want, status, "%s", answer)
	require.NoError(s.w.t, json.Unmarshal(answer, to), "%s", answer)
}

// messages are what a conversation says, as `role: text`, the root first.
func (s *server) messages(id string) (said []string) {
	s.w.t.Helper()
	var list struct {
		Messages []struct{ Role, Content string }
	}
	s.get(&list, http.StatusOK, http.MethodGet, "/api/messages?chat="+id, nil)
	for _, m := range list.Messages {
		said = append(said, m.Role+": "+m.Content)
	}
	return said
}

// claudes are the pids of the CLIs of this world.
func (w *world) claudes() (pids []string) {
	for _, process := range survivors("HOME=" + w.home) {
		if pid, command, _ := strings.Cut(process, " "); strings.HasPrefix(command, w.cli+" ") {
			pids = append(pids, pid)
		}
	}
	return pids
}

// lastRequest is the history that the model was told last.
func (w *world) lastRequest() []string {
	w.t.Helper()
	requests := w.api.Requests()
	require.NotEmpty(w.t, requests)
	return requests[len(requests)-1].History()
}

// written waits until the CLI has written down so many of the stand-in's greetings. Without that a
// branch is told what was said, instead of going on with a copy of the session.
func (w *world) written(n int) {
	w.t.Helper()
	require.True(w.t, eventually(patience, func() bool {
		count := 0
		for _, text := range w.sessions() {
			count += strings.Count(text, api.Greeting)
		}
		return count >= n
	}))
}
