package main

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"spool/schema"
)

// threadMessage reads the message of a message frame.
func (c *chatter) threadMessage(id string) (m schema.ThreadMessage) {
	c.t.Helper()
	c.say(`{"type":"get_message","message_id":%q}`, id)
	require.NoError(c.t, json.Unmarshal(c.expect("message").Message, &m))
	return m
}

func TestThreadsFromTheFirstChatToAnAnswer(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	c := s.chat(t)
	c.say(`{"type":"list_chats"}`)
	require.JSONEq(t, `{"type":"chats_update","chats":[],"current_chat_id":null}`, c.hear().text)
	c.say(`{"type":"get_head"}`)
	require.Equal(t, "error", c.hear().Type)
	c.say(`{"type":"create_chat","name":"First","icon":"🙂"}`)
	chat := c.hear().Chat
	require.Equal(t, schema.ThreadChat{ID: chat.ID, Name: "First", Icon: "🙂"}, chat)
	c.say(`{"type":"get_head"}`)
	require.JSONEq(t, `{"type":"head","head":null,"current_chat_id":"`+chat.ID+`"}`, c.hear().text)

	text, err := json.Marshal(answering("hello"))
	require.NoError(t, err)
	c.say(`{"type":"send_message","content":%s}`, text)
	asked := c.hear()
	require.Equal(t, []string{"messages_updated", chat.ID}, []string{asked.Type, *asked.CurrentChatID})
	c.say(`{"type":"generate_llm_response"}`)
	answered := c.hear()
	require.Equal(t, "messages_updated", answered.Type, answered.text)
	message := c.threadMessage(answered.Head)
	require.Equal(t, schema.ThreadMessage{Role: schema.RoleAssistant, Content: "hello", Parent: &asked.Head, ID: answered.Head}, message)
	require.Nil(t, c.threadMessage(asked.Head).Parent)
	c.say(`{"type":"generate_llm_response"}`)
	require.Equal(t, "error", c.hear().Type, "there is nothing to answer")

	c.say(`{"type":"create_chat","name":"Branch","starting_head":%q}`, asked.Head)
	branch := c.hear().Chat
	c.say(`{"type":"get_head"}`)
	require.Equal(t, asked.Head, c.hear().Head)
	c.say(`{"type":"switch_chat","chat_id":%q}`, chat.ID)
	require.Equal(t, answered.Head, c.hear().Head)
	c.say(`{"type":"rename_chat","chat_id":%q,"name":"Renamed"}`, branch.ID)
	require.Equal(t, "Renamed", c.hear().Chat.Name)
	c.say(`{"type":"delete_chat","chat_id":%q}`, chat.ID)
	require.JSONEq(t, `{"type":"chat_deleted","chat_id":"`+chat.ID+`"}`, c.hear().text)
	c.say(`{"type":"list_chats"}`)
	list := c.hear()
	require.Equal(t, []schema.ThreadChat{{ID: branch.ID, Name: "Renamed"}}, list.Chats)
	require.Equal(t, branch.ID, *list.CurrentChatID, "the current one is gone: the latest is")
	require.NotEmpty(t, c.threadMessage(asked.Head).Content, "the branch has it")
	c.say(`{"type":"get_message","message_id":%q}`, answered.Head)
	require.Equal(t, "error", c.hear().Type)
}

func TestThreadsOnTwoSocketsHaveTheirOwnCurrentChatAndSeeTheSame(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	first, second := s.chat(t), s.chat(t)
	first.say(`{"type":"create_chat","name":"A"}`)
	a := first.hear().Chat
	first.say(`{"type":"create_chat","name":"B"}`)
	b := first.hear().Chat
	second.say(`{"type":"switch_chat","chat_id":%q}`, a.ID)
	require.Equal(t, a.ID, *second.hear().CurrentChatID)
	first.say(`{"type":"send_message","content":"to B"}`)
	require.Equal(t, b.ID, *first.hear().CurrentChatID)
	first.say(`{"type":"switch_chat","chat_id":%q}`, a.ID)
	first.expect("messages_updated")
	text, err := json.Marshal(answering("hello"))
	require.NoError(t, err)
	first.say(`{"type":"send_message","content":%s}`, text)
	head := first.expect("messages_updated").Head
	require.Equal(t, head, second.expect("messages_updated").Head)
	s.chatAnswer(t, http.StatusOK, http.MethodPut, "/api/chats/"+b.ID, `{"name":"Other"}`)
	for _, c := range []*chatter{first, second} {
		update := c.expect("chats_update")
		for len(update.Chats) != 2 || update.Chats[0].Name != "Other" {
			update = c.expect("chats_update")
		}
	}
	first.say(`{"type":"generate_llm_response"}`)
	answered := first.expect("messages_updated")
	require.NotEqual(t, head, answered.Head)
	require.Equal(t, answered.Head, second.expect("messages_updated").Head)
	first.say(`{"type":"delete_chat","chat_id":%q}`, b.ID)
	first.expect("chat_deleted")
	require.Len(t, second.expect("chats_update").Chats, 1)
}

func TestARunThatFailsIsToldToWhoeverAskedForIt(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	c := s.chat(t)
	text, err := json.Marshal(script("exit 3"))
	require.NoError(t, err)
	c.say(`{"type":"create_chat","name":"A"}`)
	c.say(`{"type":"send_message","content":%s}`, text)
	c.say(`{"type":"generate_llm_response"}`)
	require.Contains(t, string(c.expect("error").Message), string(schema.ExitNonzero))
	text, err = json.Marshal(script(say(initLine, assistant("so far")), "exit 3"))
	require.NoError(t, err)
	c.say(`{"type":"create_chat","name":"B"}`)
	c.say(`{"type":"send_message","content":%s}`, text)
	c.expect("messages_updated")
	c.say(`{"type":"generate_llm_response"}`)
	c.expect("error")
	require.Equal(t, "so far", c.threadMessage(c.expect("messages_updated").Head).Content, "what was said is there all the same")

	c.say(`{"action":"new_conversation","system":"be kind"}`)
	made := c.expect("conversation_created")
	c.say(`{"action":"send_message","conversation_id":%q,"message":%s}`, *made.ConversationID, text)
	failed := c.expect("error")
	require.Equal(t, []string{*made.ConversationID, string(schema.ExitNonzero)}, []string{*failed.ConversationID, failed.Error})
}

func TestTheHubAnswersWhoeverHasAsked(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	c, other := s.chat(t), s.chat(t)
	other.say(`{"action":"list_conversations"}`)
	require.JSONEq(t, `{"message_type":"conversation_list","conversations":[]}`, other.hear().text)
	c.say(`{"action":"new_conversation"}`)
	made := c.hear()
	require.Equal(t, "New conversation created", made.Content)
	text, err := json.Marshal(answering("hello"))
	require.NoError(t, err)
	c.say(`{"action":"send_message","conversation_id":%q,"message":%s}`, *made.ConversationID, text)
	require.JSONEq(t, `{"message_type":"message","conversation_id":"`+*made.ConversationID+`","content":"hello"}`, c.hear().text)
	other.say(`{"action":"list_conversations"}`)
	list := other.hear().Conversations
	require.Len(t, list, 1)
	require.Equal(t, 2, list[0].MessageCount)
	require.Equal(t, "hello", *list[0].Preview)
	require.Greater(t, list[0].CreatedAt, int64(1_700_000_000))
}

func TestAWaitedForAnswerOfADeletedConversationIsAnError(t *testing.T) {
	t.Parallel()
	s := startServer(t, "--stop-grace=1s")
	c := s.chat(t)
	c.say(`{"action":"new_conversation"}`)
	id := *c.hear().ConversationID
	other := s.chat(t)
	other.say(`{"type":"chat.subscribe","sessions":[{"sessionId":%q}]}`, id)
	other.expect("chat_subscribed")
	text, err := json.Marshal(script("sleep 600"))
	require.NoError(t, err)
	c.say(`{"action":"send_message","conversation_id":%q,"message":%s}`, id, text)
	other.expect("text")
	answer, body := s.do(t, http.MethodDelete, "/api/chats/"+id, "")
	require.Equal(t, http.StatusNoContent, answer.StatusCode, body)
	require.Equal(t, string(schema.RunAborted), c.expect("error").Error)
	other.expect("session_deleted")
}
