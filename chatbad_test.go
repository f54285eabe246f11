package main

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"spool/schema"
)

// Frames that are refused, by the vocabulary in which that is told. CONV is a conversation that is
// there.
var badChatFrames = map[string][]string{
	"protocol_error": {
		``, ` `, `{`, `[]`, `null`, `"x"`, `42`, `{}`, `{"type":"chat.abort",}`, `{"type":"chat.abort","sessionId":"CONV"}{}`, `{"type":"unknown"}`, `{"type":"chat.unknown"}`, `{"type":7}`,
		`{"kind":"text"}`, `{"prompt":"hi","meta":"A"}`, `{"Type":"list_chats"}`,
		`{"type":"chat.send","content":"hi"}`, `{"type":"chat.send","sessionId":7,"content":"hi"}`, `{"type":"chat.send","sessionId":"  ","content":"hi"}`,
		`{"type":"chat.send","sessionId":"CONV"}`, `{"type":"chat.send","sessionId":"CONV","content":" "}`, `{"type":"chat.send","sessionId":"CONV","content":"a\u0000"}`,
		`{"type":"chat.send","sessionId":"CONV","content":"hi","content":"ho"}`, `{"type":"chat.send","sessionId":"CONV","content":"\ud800"}`,
		`{"type":"chat.send","sessionId":"CONV","SessionId":"CONV","content":"hi"}`, `{"type":"chat.send","sessionId":"CONV","content":"hi","expectedHead":"x"}`,
		`{"type":"chat.send","sessionId":"CONV","content":"hi","expectedHead":"NOBODY"}`, `{"type":"chat.send","sessionId":"CONV","content":"hi","parent":"NOBODY"}`,
		`{"type":"chat.send","sessionId":"CONV","content":"hi","options":{"queue":"true"}}`, `{"type":"chat.send","sessionId":"CONV","content":"hi","options":{"model":"opus"}}`,
		`{"type":"chat.send","sessionId":"CONV","content":"hi","options":{"systemPrompt":"other"}}`, `{"type":"chat.send","sessionId":"CONV","content":"hi","options":{"cwd":"../x"}}`,
		`{"type":"chat.send","sessionId":"CONV","content":"hi","provider":"codex"}`, `{"type":"chat.abort"}`, `{"type":"chat.abort","sessionId":"CONV"}`,
		`{"type":"chat.subscribe"}`, `{"type":"chat.subscribe","sessions":[{}]}`, `{"type":"chat.subscribe","sessions":[{"sessionId":"x"}]}`, `{"type":"chat.subscribe","sessions":{"sessionId":"CONV"}}`,
		`{"type":"chat.unsubscribe","sessions":[7]}`, `{"type":"chat.create","from":"NOBODY"}`, `{"type":"chat.create","clientRequestId":"a b"}`, `{"type":"chat.create","provider":"gemini"}`, `{"type":"chat.create","options":{"env":{}}}`,
		`{"type":"chat.permission-response"}`, `{"type":"chat.permission-response","requestId":"apr_x"}`, `{"type":"chat.permission-response","requestId":"apr_x","allow":true}`,
		`{"type":"chat.permission-response","requestId":"GONE","allow":true}`, `{"type":"chat.permission-response","requestId":"GONE","allow":"false"}`,
		`{"type":"chat.permission-response","requestId":"GONE","allow":1}`, `{"type":"chat.permission-response","requestId":"GONE","allow":true,"updatedInput":[]}`,
	},
	"error": {
		`{"type":"list_chats","type":"list_chats"}`, `{"type":"create_chat","name":7}`, `{"type":"create_chat","name":"a","starting_head":"NOBODY"}`, `{"type":"switch_chat"}`, `{"type":"switch_chat","chat_id":"x"}`,
		`{"type":"switch_chat","chat_id":"UNKNOWN"}`, `{"type":"rename_chat","chat_id":"CONV"}`, `{"type":"rename_chat","chat_id":"CONV","name":" "}`, `{"type":"rename_chat","chat_id":"UNKNOWN","name":"a"}`,
		`{"type":"delete_chat","chat_id":"UNKNOWN"}`, `{"type":"delete_chat","chat_id":null}`, `{"type":"send_message"}`, `{"type":"send_message","content":""}`, `{"type":"send_message","content":["a"]}`,
		`{"type":"generate_llm_response","model_id":"opus"}`, `{"type":"generate_llm_response"}`, `{"type":"get_message"}`, `{"type":"get_message","message_id":"NOBODY"}`, `{"type":"get_message","message_id":""}`,
		`{"action":"unknown"}`, `{"action":7}`, `{"action":"send_message"}`, `{"action":"send_message","conversation_id":"UNKNOWN","message":"hi"}`, `{"action":"send_message","conversation_id":"CONV"}`,
		`{"action":"send_message","conversation_id":"CONV","message":" "}`, `{"action":"new_conversation","system":7}`, `{"action":"list_conversations","Action":"x"}`,
	},
}

// gone and nobodys are ids of an approval and of a message that are not there.
var (
	gone    = "apr_" + strings.Repeat("a", 26)
	nobodys = strings.Repeat("0", 64)
	unknown = "conv-" + strings.Repeat("a", 26)
)

func TestEveryBadFrameOfTheChatSocketGetsOneErrorAndChangesNothing(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	id := s.newChat(t)
	_, before := s.get(t, "/api/chats")
	c := s.chat(t)
	for name, frames := range badChatFrames {
		for _, frame := range frames {
			c.say("%s", strings.NewReplacer("CONV", id, "NOBODY", nobodys, "GONE", gone, "UNKNOWN", unknown).Replace(frame))
			c.say(`{"action":"list_conversations"}`)
			all := []said{c.hear(), c.hear()}
			require.Equal(t, []string{name, "conversation_list"}, kinds(all), "%.100s: %v", frame, all)
			require.Equal(t, strings.HasPrefix(frame, `{"action"`), all[0].MessageType != "", "%.100s: %s", frame, all[0].text)
		}
	}
	_, after := s.get(t, "/api/chats")
	require.Equal(t, string(before), string(after))
	s.requireNoRun(t)
}

func TestA14PowersOfTheServerAreForbidden(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	id, c := s.newChat(t), s.chat(t)
	for _, option := range []string{
		`"allowedTools":["Bash"]`, `"disallowedTools":[]`, `"env":{"A":"b"}`, `"claude":"/bin/sh"`, `"binary":"/bin/sh"`, `"scopes":["admin"]`, `"user":"root"`, `"permissionMode":"bypassPermissions"`,
		`"model":"opus"`, `"cwd":"/etc"`, `"cwd":".."`, `"cwd":"a/../../x"`, `"systemPrompt":"obey"`, `"sessionId":"x"`, `"resume":true`, `"mcpConfig":{}`, `"addDirs":["/"]`, `"dangerouslySkipPermissions":true`,
		`"projectPath":"/"`, `"Model":"sonnet"`,
	} {
		c.say(`{"type":"chat.send","sessionId":%q,"content":"hi","options":{%s}}`, id, option)
		m := c.expect("protocol_error")
		require.Contains(t, []schema.Code{schema.ForbiddenOption, schema.InvalidOption}, m.Code, "%s: %s", option, m.text)
		require.Equal(t, id, m.session())
	}
	s.requireNoRun(t)
	c.say(`{"type":"chat.send","sessionId":%q,"content":%q,"options":{"systemPrompt":"","effort":"low","meta":"MINE"}}`, id, "hi")
	run := c.expect("complete").RunID
	require.Equal(t, "MINE", s.lookUp(t, run).Meta)
	args := strings.Join(s.started(t)[0].Args, " ")
	require.NotContains(t, args, "bypassPermissions")
	require.NotContains(t, args, "opus")
}

// A09: what is not there, what is somebody else's and what is no id at all are told alike, on every
// way to a conversation.
func TestA09ConversationsThatAreNotThereAreAllAlike(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	c, ids := s.chat(t), []string{unknown, "x", "../../etc/passwd", strings.Repeat("x", 300), "conv-1234567890", "CONV-" + strings.Repeat("a", 26), "'; --", "*"}
	for _, frame := range []string{
		`{"type":"chat.send","sessionId":%q,"content":"hi"}`, `{"type":"chat.abort","sessionId":%q}`, `{"type":"chat.subscribe","sessions":[{"sessionId":%q}]}`,
		`{"type":"chat.send","sessionId":%q,"content":"hi","options":{"systemPrompt":"x"}}`,
	} {
		for _, id := range ids {
			c.say(frame, id)
			m := c.refused(schema.SessionNotFound)
			require.Equal(t, id, m.session())
			require.Equal(t, schema.ErrNoSession.Text, m.Error)
		}
	}
	for _, frame := range []string{`{"type":"switch_chat","chat_id":%q}`, `{"type":"delete_chat","chat_id":%q}`, `{"type":"rename_chat","chat_id":%q,"name":"a"}`} {
		for _, id := range ids {
			c.say(frame, id)
			require.JSONEq(t, `"`+schema.ErrNoSession.Error()+`"`, string(c.expect("error").Message))
		}
	}
	for _, id := range ids {
		c.say(`{"action":"send_message","conversation_id":%q,"message":"hi"}`, id)
		m := c.expect("error")
		require.Equal(t, []string{id, schema.ErrNoSession.Text, "SESSION_NOT_FOUND"}, []string{*m.ConversationID, m.Content, m.Error})
	}
	s.requireAlike(t)
	require.NotContains(t, s.log.String(), "level=ERROR")
}

// requireAlike asks for conversations that are not there over HTTP.
func (s *server) requireAlike(t *testing.T) {
	own := "Host: " + s.addr
	want := s.knock(t, "GET /api/chats/ID", unknown, own)
	requireError(t, want, http.StatusNotFound, schema.SessionNotFound)
	for _, id := range append([]string{unknown}, unknownIDs...) {
		for _, door := range []string{
			"GET /api/chats/ID", "DELETE /api/chats/ID", "PUT /api/chats/ID", "GET /api/chats/ID/messages", "GET /api/chats/ID/messages?all=true",
			"GET /api/chats/ID/export?format=json", "GET /api/conversations/ID/metadata", "GET /api/messages?chat=ID", "GET /api/approvals?chat=ID",
		} {
			if id == "." || id == ".." || strings.Contains(door, "?chat=") && strings.ContainsAny(id, "%") {
				continue // another path, or no text
			}
			got := s.knock(t, door, id, own)
			require.Equal(t, http.StatusNotFound, got.status, "%s %s: %s", door, id, got.body)
		}
		for path, body := range map[string]string{"": `{"name":"a"}`, "/tags": `{"tags":[]}`, "/star": `{"starred":true}`} {
			answer, text := s.do(t, http.MethodPut, "/api/chats/conv-"+strings.Repeat("b", 26)+path, body)
			requireRefusal(t, answer, text, http.StatusNotFound, schema.SessionNotFound)
		}
	}
}

func TestA10AnswersThatAreNoneAndApprovalsThatAreNotThere(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	c := s.chat(t)
	for _, id := range []string{gone, "x", "", "../x", strings.Repeat("x", 300)} {
		c.say(`{"type":"chat.permission-response","requestId":%q,"allow":true}`, id)
		require.Nil(t, c.refused(schema.ApprovalGone).SessionID)
		if id == "" || strings.Contains(id, "/") {
			continue
		}
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			answer, text := s.do(t, method, "/api/approvals/"+id, `{"allow":true}`)
			requireRefusal(t, answer, text, http.StatusNotFound, schema.NotFound)
		}
	}
	for _, allow := range []string{`"false"`, `"true"`, `1`, `0`, `null`, `[]`, `{}`} {
		c.say(`{"type":"chat.permission-response","requestId":%q,"allow":%s}`, gone, allow)
		c.refused(schema.InvalidOption)
		answer, text := s.do(t, http.MethodPost, "/api/approvals/"+gone, fmt.Sprintf(`{"allow":%s}`, allow))
		requireRefusal(t, answer, text, http.StatusBadRequest, schema.InvalidOption)
	}
	var open schema.ApprovalList
	s.getJSON(t, &open, http.StatusOK, http.MethodGet, "/api/approvals", "")
	require.Empty(t, open.Approvals)
}
