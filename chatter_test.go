package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"spool/schema"
)

// chatter is a client's end of /ws.
type chatter struct {
	*socket
	s *server
}

// chat opens /ws.
func (s *server) chat(t testing.TB) *chatter {
	t.Helper()
	return &chatter{s.dialPath(t, "/ws"), s}
}

// said is a frame of the server, in whichever vocabulary.
type said struct {
	text string // as it came

	Kind, Type string
	Seq        int64
	SessionID  *string
	RunID      string
	Role       string
	Content    string
	Status     string
	Text       string
	Code       schema.Code
	Error      string
	RequestID  string
	Reason     string
	ToolName   string
	Input      json.RawMessage

	Success, Aborted, IsProcessing bool
	LastSeq                        int64
	Epoch, Replay, Head, MessageID string
	ClientMessageID                string
	Session                        schema.Conversation
	PendingPermissions             []schema.PendingPermission
	MessageType                    string                        `json:"message_type"`
	ConversationID                 *string                       `json:"conversation_id"`
	ChatID                         string                        `json:"chat_id"`
	CurrentChatID                  *string                       `json:"current_chat_id"`
	Chats                          []schema.ThreadChat           `json:"chats"`
	Chat                           schema.ThreadChat             `json:"chat"`
	Conversations                  []schema.ConversationMetadata `json:"conversations"`
	Message                        json.RawMessage
}

// session is the conversation that a frame names.
func (m said) session() string {
	if m.SessionID == nil {
		return ""
	}
	return *m.SessionID
}

// name is what a frame is called in its vocabulary.
func (m said) name() string { return m.Kind + m.Type + m.MessageType }

// refusal reports whether a frame says no to one of the client's.
func (m said) refusal() bool {
	return m.Kind == "protocol_error" || m.Type == "error" || m.MessageType == "error"
}

// say sends a frame.
func (c *chatter) say(format string, args ...any) {
	c.t.Helper()
	require.NoError(c.t, c.WriteMessage(1, fmt.Appendf(nil, format, args...)))
}

// hear returns the next frame.
func (c *chatter) hear() (m said) {
	c.t.Helper()
	text := c.next()
	m.text = text
	require.NoError(c.t, json.Unmarshal([]byte(text), &m), text)
	return m
}

// until reads up to a frame of that name, and returns it with everything before.
func (c *chatter) until(name string) (last said, all []said) {
	c.t.Helper()
	for {
		last = c.hear()
		all = append(all, last)
		if last.name() == name {
			return last, all
		}
		require.False(c.t, last.refusal(), "%s came before %s", last.text, name)
	}
}

// expect is until for who wants the last one only.
func (c *chatter) expect(name string) said {
	c.t.Helper()
	m, _ := c.until(name)
	return m
}

// refused checks that the next frame of that name is an error with a code.
func (c *chatter) refused(code schema.Code) said {
	c.t.Helper()
	m := c.expect("protocol_error")
	require.Equal(c.t, code, m.Code, m.text)
	return m
}

// open makes a conversation over HTTP.
func (s *server) newChat(t testing.TB) string {
	t.Helper()
	answer, text := s.do(t, http.MethodPost, "/api/providers/sessions", `{}`)
	require.Equal(t, http.StatusCreated, answer.StatusCode, text)
	var made schema.SessionCreated
	require.NoError(t, json.Unmarshal([]byte(text), &made))
	require.Regexp(t, schema.ConversationID, made.SessionID)
	return made.SessionID
}

// send sends a message.
func (c *chatter) send(id, content string, more ...string) {
	c.t.Helper()
	text, err := json.Marshal(content)
	require.NoError(c.t, err)
	c.say(`{"type":"chat.send","sessionId":%q,"content":%s%s}`, id, text, strings.Join(more, ""))
}

// answering is a prompt that the fake answers with this text.
func answering(text string, more ...string) string {
	return script(say(initLine, assistant(text)), strings.Join(more, "\n"), say(resultLine))
}

// assistant is a line in which the agent says something.
func assistant(text string) string {
	return fmt.Sprintf(`{"type":"assistant","message":{"role":"assistant","model":"m","content":[{"type":"text","text":"%s"}]},"uuid":"u"}`, text)
}

// journal returns the frames of a journal among others.
func journal(all []said) (frames []string) {
	for _, m := range all {
		if m.Seq > 0 {
			frames = append(frames, m.text)
		}
	}
	return frames
}

// kinds returns what frames are called.
func kinds(all []said) (names []string) {
	for _, m := range all {
		names = append(names, m.name())
	}
	return names
}

// getJSON reads the answer to a request, which must have that status.
func (s *server) getJSON(t testing.TB, to any, status int, method, path, body string) {
	t.Helper()
	answer, text := s.do(t, method, path, body)
	require.Equal(t, status, answer.StatusCode, "%s %s: %s", method, path, text)
	require.NoError(t, json.Unmarshal([]byte(text), to), text)
}

// messages returns what a conversation says.
func (s *server) messages(t testing.TB, id string) (list schema.MessageList) {
	t.Helper()
	s.getJSON(t, &list, http.StatusOK, http.MethodGet, "/api/messages?chat="+id, "")
	return list
}

// asking is a prompt by which the fake asks for an approval of one tool's call, shows what it is
// answered as a status, and goes on when the gate is open.
func asking(more ...string) string {
	return script(say(initLine, askLine), "read -r answer", `echo "answer $answer"`, strings.Join(more, "\n"), say(assistant("done"), resultLine))
}

const (
	askLine = `{"type":"control_request","request_id":"r1","request":{"subtype":"can_use_tool","tool_name":"Bash","input":{"command":"touch x"},"description":"Make a file","decision_reason":"it writes",` +
		`"permission_suggestions":[` + suggestion + `],"blocked_path":"/x","tool_use_id":"t1"}}`
	suggestion = `{"type":"addRules","rules":[{"toolName":"Bash","ruleContent":"touch:*"}],"behavior":"allow","destination":"session"}`
)

// answered reads up to what the fake was answered.
func (c *chatter) answered() string {
	c.t.Helper()
	for {
		if m := c.hear(); strings.HasPrefix(m.Text, "answer ") {
			return m.Text
		}
	}
}
