package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/fasthttp/websocket"
	"github.com/stretchr/testify/require"

	"spool/schema"
)

// tell sends a frame of a client, which must be exactly one of the document's.
func (k *talk) tell(format string, args ...any) {
	k.c.t.Helper()
	text := fmt.Sprintf(format, args...)
	var fitting []string
	for name := range k.c.channels[k.channel].Messages {
		if m := k.c.messages[name]; len(m.Tags) == 0 && k.c.fits(m, decode(k.c.t, text)) == nil {
			fitting = append(fitting, name)
		}
	}
	require.Len(k.c.t, fitting, 1, text)
	k.c.seen[k.channel+" "+fitting[0]] = true
	require.NoError(k.c.t, k.WriteMessage(websocket.TextMessage, []byte(text)))
}

// heard reads up to a message of that name, and returns it.
func (k *talk) heard(last string) (m said) {
	k.c.t.Helper()
	for {
		name, text, code := k.next()
		require.NotEmpty(k.c.t, name, "closed before %s: %d %s", last, code, text)
		if name == last {
			require.NoError(k.c.t, json.Unmarshal([]byte(text), &m), text)
			return m
		}
	}
}

// everything is a prompt for which the fake says something of every kind.
func everything() string {
	line := func(text string) string {
		return strings.NewReplacer("BLOCK", `"message":{"role":"assistant","content":[`).Replace(text)
	}
	return script(say(initLine,
		`{"type":"stream_event","event":{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"They "}}}`,
		`{"type":"stream_event","event":{"type":"content_block_stop","index":0}}`,
		line(`{"type":"assistant",BLOCK{"type":"thinking","thinking":"hm"}]}}`),
		line(`{"type":"assistant",BLOCK{"type":"tool_use","id":"t1","name":"Bash","input":{"command":"ls"}}]}}`),
		`{"type":"user","message":{"role":"user","content":[{"type":"tool_result","tool_use_id":"t1","content":"README.md"}]}}`,
		`{"type":"system","subtype":"status","status":"compacting"}`, "plain text", assistant("They do."), askLine),
		"read -r answer", say(spent))
}

// chat says everything that can be said about conversations.
func (c *conversation) chat() {
	s := startServer(c.t, "--max-runs=1", "--stop-grace=1s")
	k := c.talk(s, "chat", "chat", "", "")
	id := c.gateway(s, k)
	c.threads(k)
	c.hub(k, id)
}

// gateway says everything in the gateway vocabulary.
func (c *conversation) gateway(s *server, k *talk) (id string) {
	text, err := json.Marshal(everything())
	require.NoError(c.t, err)
	k.tell(`{"type":"chat.create","title":"A","icon":"🙂","system":"be kind","from":"","clientRequestId":"c-1","provider":"claude","options":{"effort":"low"}}`)
	id = k.heard("sessionUpserted").session()
	k.tell(`{"type":"chat.subscribe","sessions":[{"sessionId":%q,"lastSeq":0.5,"epoch":"","history":true}]}`, id)
	k.heard("chatSubscribed")
	k.tell(`{"type":"chat.send","sessionId":%q,"content":%s,"clientMessageId":"m-1","expectedHead":"","parent":"","options":{"meta":"A","effort":"high","systemPrompt":"be kind"}}`, id, text)
	for _, name := range []string{"chatText", "chatStreamDelta", "chatStreamEnd", "chatThinking", "chatToolUse", "chatToolResult", "chatStatus"} {
		k.heard(name)
	}
	asked := k.heard("chatPermissionRequest")
	again := c.talk(s, "chat", "chat", "", "")
	again.tell(`{"type":"chat.subscribe","sessions":[{"sessionId":%q,"lastSeq":999}]}`, id)
	require.Len(c.t, again.heard("chatSubscribed").PendingPermissions, 1)
	k.tell(`{"type":"chat.permission-response","requestId":%q,"allow":true,"updatedInput":{"command":"true"},"rememberEntry":%s}`, asked.RequestID, suggestion)
	k.heard("chatPermissionCancelled")
	require.True(c.t, k.heard("chatComplete").Success)

	k.tell(`{"type":"chat.send","sessionId":%q,"content":"hi"}`, s.newChat(c.t)) // which comes to no result
	k.heard("chatError")
	k.heard("chatComplete")
	k.tell(`{"type":"chat.abort","sessionId":%q}`, id)
	k.heard("protocolError")
	k.tell(`{"type":"chat.unsubscribe","sessions":[{"sessionId":%q}]}`, id)
	answer, _ := s.do(c.t, http.MethodDelete, "/api/chats/"+id, "")
	require.Equal(c.t, http.StatusNoContent, answer.StatusCode)
	k.heard("sessionDeleted")
	return s.newChat(c.t)
}

// threads says everything in the thread vocabulary.
func (c *conversation) threads(k *talk) {
	k.tell(`{"type":"create_chat","name":"B","icon":"","starting_head":""}`)
	id := k.heard("chatCreated").Chat.ID
	k.tell(`{"type":"list_chats"}`)
	k.heard("chatsUpdate")
	k.tell(`{"type":"get_head"}`)
	k.heard("head")
	text, err := json.Marshal(answering("hello"))
	require.NoError(c.t, err)
	k.tell(`{"type":"send_message","content":%s}`, text)
	k.heard("messagesUpdated")
	k.tell(`{"type":"generate_llm_response","model_id":""}`)
	head := k.heard("messagesUpdated").Head
	k.tell(`{"type":"get_message","message_id":%q}`, head)
	k.heard("threadMessage")
	k.tell(`{"type":"rename_chat","chat_id":%q,"name":"C"}`, id)
	k.heard("chatRenamed")
	k.tell(`{"type":"switch_chat","chat_id":%q}`, id)
	k.heard("messagesUpdated")
	k.tell(`{"type":"delete_chat","chat_id":%q}`, id)
	k.heard("chatDeleted")
	k.tell(`{"type":"switch_chat","chat_id":%q}`, id)
	k.heard("threadError")
}

// hub says everything in the hub vocabulary.
func (c *conversation) hub(k *talk, id string) {
	k.tell(`{"action":"list_conversations"}`)
	k.heard("conversationList")
	k.tell(`{"action":"new_conversation","system":"be kind"}`)
	k.heard("conversationCreated")
	text, err := json.Marshal(answering("hello"))
	require.NoError(c.t, err)
	k.tell(`{"action":"send_message","conversation_id":%q,"message":%s}`, id, text)
	require.Equal(c.t, "hello", k.heard("hubMessage").Content)
	k.tell(`{"action":"send_message","conversation_id":%q,"message":"hi"}`, unknown)
	k.heard("hubError")
}

// openCodes are the codes of which the document says that no socket ends with them.
func (c *conversation) openCodes() []schema.Code {
	var document struct {
		Open struct{ Errors []schema.Code } `json:"x-open-codes"`
	}
	require.NoError(c.t, json.Unmarshal([]byte(readFile(c.t, "docs/asyncapi.json")), &document))
	require.True(c.t, slices.Contains(document.Open.Errors, schema.SessionNotFound))
	return document.Open.Errors
}
