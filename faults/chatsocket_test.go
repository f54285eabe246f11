package faults

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/fasthttp/websocket"
	"github.com/stretchr/testify/require"

	"spool/schema"
)

// chatSocket is a client's end of /ws.
type chatSocket struct {
	*websocket.Conn
	cutter *cutter
}

// chatFrame is a frame of the server.
type chatFrame struct {
	text string // as it came

	Kind                                  schema.Kind
	Seq, Line, LastSeq                    int64
	SessionID, RunID, Epoch, Replay, Head string
	Code                                  schema.Code
	Role, Content, ToolName, RequestID    string
	MessageID, ClientMessageID            string
	Parent                                *string
	Success, Aborted, IsProcessing        bool
	State                                 schema.State
	PendingPermissions                    []schema.PendingPermission
}

// is reports whether a frame is a user's message that was named so.
func (f chatFrame) is(clientMessageID string) bool {
	return f.Kind == schema.KindText && f.Role == schema.RoleUser && f.ClientMessageID == clientMessageID
}

// chat opens /ws, through the cutter of the context if it has one.
func (w *world) chat(ctx context.Context) (*chatSocket, error) {
	c := cutterOf(ctx)
	if c == nil {
		c = &cutter{frames: -1}
	}
	dialer := websocket.Dialer{NetDialContext: c.dial}
	conn, answer, err := dialer.DialContext(ctx, "ws://"+w.address+"/ws", nil)
	if err != nil {
		return nil, err
	}
	_ = answer.Body.Close()
	return &chatSocket{conn, c}, nil
}

// say sends a frame.
func (c *chatSocket) say(kind string, members map[string]any) error {
	members["type"] = kind
	_ = c.SetWriteDeadline(time.Now().Add(patience))
	return c.WriteJSON(members)
}

// hear returns the next frame. The connection is lost if that is an error of the network, or
// was cut.
func (c *chatSocket) hear() (f chatFrame, err error) {
	if c.cutter.enough() {
		return f, errCut
	}
	_ = c.SetReadDeadline(time.Now().Add(patience))
	_, text, err := c.ReadMessage()
	if err == nil {
		f.text = string(text)
		if err := json.Unmarshal(text, &f); err != nil {
			return f, fmt.Errorf("a frame that came whole: %w", err)
		}
	}
	return f, err
}

// copied is what a client has of a conversation's journal.
type copied struct {
	frames []string // that with seq n is the nth
	epoch  string
}

func (j *copied) last() int64 { return int64(len(j.frames)) }

// take adds a frame, if it is one of the journal. It must be the very next one.
func (j *copied) take(f chatFrame) error {
	switch {
	case f.Kind == schema.KindChatSubscribed:
		return j.check(f)
	case f.Seq == 0:
		return nil
	case f.Seq != j.last()+1:
		return fmt.Errorf("frame %d came after frame %d", f.Seq, j.last())
	}
	j.frames = append(j.frames, f.text)
	return nil
}

// check compares the answer to a subscription with what is there already.
func (j *copied) check(f chatFrame) error {
	if j.epoch == "" {
		j.epoch = f.Epoch
	}
	if f.Epoch != j.epoch || f.Replay != schema.ReplayComplete || f.LastSeq < j.last() {
		return fmt.Errorf("%d frames of epoch %s are there, and the server says %s", j.last(), j.epoch, f.text)
	}
	return nil
}

// subscribe asks for everything that is not there yet.
func (j *copied) subscribe(c *chatSocket, id string) error {
	return c.say("chat.subscribe", map[string]any{"sessions": []any{
		map[string]any{"sessionId": id, "lastSeq": j.last(), "epoch": j.epoch, "history": true},
	}})
}

// read adds what one connection brings, up to the frame that is the last one. The error tells
// of what must never happen; that the connection is lost may.
func (j *copied) read(ctx context.Context, w *world, id string, last func(chatFrame) bool) error {
	c, err := w.chat(ctx)
	if err != nil {
		return nil //nolint:nilerr // cut in the handshake
	}
	defer c.Close()
	if err := j.subscribe(c, id); err != nil {
		return nil //nolint:nilerr // cut
	}
	for {
		f, err := c.hear()
		if err != nil {
			return nil //nolint:nilerr // cut
		}
		if err := j.take(f); err != nil || last(f) {
			return err
		}
	}
}

// newConversation makes one.
func (w *world) newConversation() string {
	w.t.Helper()
	status, body, err := w.do(w.t.Context(), http.MethodPost, "/api/providers/sessions", map[string]string{})
	require.NoError(w.t, err)
	require.Equal(w.t, http.StatusCreated, status, "%s", body)
	var made schema.SessionCreated
	require.NoError(w.t, json.Unmarshal(body, &made))
	return made.SessionID
}

// converse is a client that sends one message after the other, which the agent answers in so
// many lines, and reads everything, uncut. seen is called with every frame.
func (w *world) converse(ctx context.Context, id string, turns []task, seen func(chatFrame)) (copied, error) {
	var j copied
	c, err := w.chat(ctx)
	if err != nil {
		return j, err
	}
	defer c.Close()
	if err := j.subscribe(c, id); err != nil {
		return j, err
	}
	for _, t := range turns {
		if err := c.send(id, t); err != nil {
			return j, err
		}
		for ended := false; !ended; {
			f, err := c.hear()
			if err == nil {
				err = j.take(f)
			}
			if err != nil {
				return j, fmt.Errorf("after frame %d: %w", j.last(), err)
			}
			seen(f)
			ended = f.Kind == schema.KindComplete
		}
	}
	return j, nil
}

// send sends a message that is named as its task.
func (c *chatSocket) send(id string, t task) error {
	return c.say("chat.send", map[string]any{"sessionId": id, "content": t.prompt(), "clientMessageId": t.word})
}

// prompt is what the agent is told.
func (t task) prompt() string {
	text := fmt.Sprintf("say %d %v %s", t.count, t.pause, t.word)
	if t.asks {
		text += " ask"
	}
	return text
}
