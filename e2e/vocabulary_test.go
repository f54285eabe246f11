//go:build linux

package e2e

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"spool/e2e/api"
)

// answered reads up to a frame of another vocabulary, by what it is called there.
func (c *chatter) answered(name string) (frame map[string]any) {
	c.w.t.Helper()
	for {
		frame = nil
		require.NoError(c.w.t, json.Unmarshal([]byte(c.next().raw), &frame))
		if frame["type"] == name || frame["message_type"] == name {
			return frame
		}
	}
}

func TestChat_ThreadsGatherWhatIsSaidBeforeAnAnswerIsAskedFor(t *testing.T) {
	w := newWorld(t)
	s := w.serve()
	c := s.chat()
	c.say("create_chat", fields{"name": "A thread"})
	id := c.answered("chat_created")["chat"].(map[string]any)["id"].(string)
	for _, text := range []string{"one", "two"} {
		c.say("send_message", fields{"content": text})
		c.answered("messages_updated")
	}
	c.say("generate_llm_response", fields{})
	head := c.answered("messages_updated")["head"]
	require.Equal(t, []string{"user: one\n\ntwo"}, w.lastRequest())
	require.Equal(t, []string{"user: one", "user: two", "assistant: " + api.Greeting}, s.messages(id))

	w.written(1)
	c.say("create_chat", fields{"name": "A branch", "starting_head": head})
	c.answered("chat_created")
	c.say("send_message", fields{"content": "three"})
	c.answered("messages_updated")
	c.say("generate_llm_response", fields{})
	c.answered("messages_updated")
	require.Equal(t, []string{"user: one\n\ntwo", "assistant: " + api.Greeting, "user: three"}, w.lastRequest())
}

func TestChat_TheHubAnswersWithTheWholeText(t *testing.T) {
	w := newWorld(t)
	s := w.serve()
	secret := unguessable()
	c := s.chat()
	require.NoError(t, c.conn.WriteJSON(fields{"action": "new_conversation", "system": secret}))
	id := c.answered("conversation_created")["conversation_id"].(string)
	require.NoError(t, c.conn.WriteJSON(fields{"action": "send_message", "conversation_id": id, "message": "[[words 3]]"}))
	require.Equal(t, "1 2 3 ", c.answered("message")["content"])
	require.Contains(t, string(w.api.Requests()[0].Body), secret)
	require.NoError(t, c.conn.WriteJSON(fields{"action": "send_message", "conversation_id": id, "message": "two"}))
	require.Equal(t, api.Greeting, c.answered("message")["content"])
	require.Equal(t, []string{"user: [[words 3]]", "assistant: 1 2 3 ", "user: two"}, w.lastRequest())
}
