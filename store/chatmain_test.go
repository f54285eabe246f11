package store

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/stretchr/testify/require"

	"spool/schema"
)

// tester is what the tests of this package and rapid's have in common.
type tester interface {
	require.TestingT
	Helper()
	Context() context.Context
}

// newConversation returns an empty conversation of a user.
func newConversation(user string) Conversation {
	now := time.Now().UTC()
	return Conversation{
		Conversation: schema.Conversation{ID: "conv-" + strings.ToLower(rand.Text()), Tags: []string{}, CreatedAt: now, UpdatedAt: now},
		User:         user, Epoch: rand.Text(),
	}
}

// insertNew adds an empty conversation of a user and returns its id.
func insertNew(t testing.TB, s *Store, user string) string {
	t.Helper()
	c := newConversation(user)
	require.NoError(t, s.InsertConversation(t.Context(), c))
	return c.ID
}

// fullConversation returns a conversation in which everything that can be chosen has a value.
func fullConversation(n int) Conversation {
	c := newConversation("ann")
	c.Title, c.Icon, c.Tags, c.Starred = fmt.Sprintf("Conversation %d", n), "🧵", []string{"one", "two"}, true
	c.System = strings.Repeat("Be \"brief\", bitte.\n", n)
	c.Options = schema.ChatOptions{Model: "sonnet", Effort: "high", PermissionMode: "plan", MaxBudgetUSD: 1.5, Cwd: "here"}
	c.Usage = schema.Usage{InputTokens: 1, OutputTokens: 2, CacheReadTokens: 3, CacheCreationTokens: 4, Turns: 5, CostUSD: 0.125}
	c.Renamed, c.Active, c.Ended, c.Session = true, newID(), newID(), "session"
	c.Run, c.Queued = c.Active, 1
	c.Queue = []QueuedMessage{{
		ID: "q1", ClientMessageID: "mine", Content: "and then?", Options: schema.ChatOptions{Model: "opus"}, Meta: "TASK-1", Client: "::1", At: c.CreatedAt,
	}}
	return c
}

// says returns a message with the id that it has as a child of parent.
func says(user, role, content, parent string) Message {
	return Message{User: user, Message: schema.Message{
		ID: MessageID(role, content, parent), Role: role, Content: content, Parent: parent, CreatedAt: time.Now().UTC(),
	}}
}

// say adds messages to a conversation, one after the other, the user's first, and returns them.
func say(t testing.TB, s *Store, user, conversation string, texts ...string) []Message {
	t.Helper()
	c, err := s.Conversation(t.Context(), user, conversation)
	require.NoError(t, err)
	said := []Message{}
	for i, text := range texts {
		m := says(user, []string{schema.RoleUser, schema.RoleAssistant}[i%2], text, c.Head)
		c, err = s.AppendMessage(t.Context(), conversation, m, c.Head)
		require.NoError(t, err)
		said = append(said, m)
	}
	return said
}

// newTurn returns a run and the turn in which it answers a prompt.
func newTurn(user, conversation, prompt, parent string) (Run, Turn) {
	run := newRun()
	m := says(user, schema.RoleUser, prompt, parent)
	run.User, run.Prompt, run.Conversation, run.Message = user, prompt, conversation, m.ID
	return run, Turn{Conversation: conversation, Message: m, Parent: parent}
}

// beginTurn begins a turn of an empty conversation, or behind its head, and returns the run.
func beginTurn(t testing.TB, s *Store, user, conversation, prompt, head string) Run {
	t.Helper()
	run, turn := newTurn(user, conversation, prompt, head)
	_, err := s.InsertTurn(t.Context(), run, turn)
	require.NoError(t, err)
	return run
}

// finish ends a turn with an answer and returns the conversation.
func finish(t tester, s *Store, run Run, text string) Conversation {
	t.Helper()
	return finishWith(t, s, run, Message{
		Message: schema.Message{Content: text, CreatedAt: time.Now().UTC()}, Session: "session", UUID: "uuid of " + text,
	})
}

// finishWith is finish with an answer that says where the agent has it.
func finishWith(t tester, s *Store, run Run, answer Message) Conversation {
	t.Helper()
	done := ended(run, schema.Succeeded, time.Now())
	done.Usage = &schema.Usage{InputTokens: 10, OutputTokens: 3, Turns: 1, CostUSD: 0.25}
	require.NoError(t, s.Update(t.Context(), done))
	head := MessageID(schema.RoleAssistant, answer.Content, run.Message)
	end := TurnEnd{Conversation: run.Conversation, Run: run.ID, Answer: &answer, Session: answer.Session, SessionHead: head}
	_, err := s.EndTurn(t.Context(), run.User, end)
	require.NoError(t, err)
	c, err := s.ClearActive(t.Context(), run.User, run.Conversation, run.ID)
	require.NoError(t, err)
	return c
}

// newApproval returns a request for an approval that waits.
func newApproval(run Run) Approval {
	return Approval{
		Approval: schema.Approval{
			ID: "apr_" + strings.ToLower(rand.Text()), Run: run.ID, Conversation: run.Conversation, State: schema.ApprovalPending,
			Tool: "Bash", Input: jsontext.Value(`{ "command" : "rm -r \u0041 é",  "command":1.0 }`), InputHash: "abc",
			Context:   schema.ApprovalContext{Description: "remove", Suggestions: jsontext.Value(`[{"type":"addRules\u0041","rules":1.0,"rules":"é"}]`)},
			CreatedAt: time.Now().UTC(), ExpiresAt: new(time.Now().UTC()),
		},
		User: run.User, RequestID: "req-1",
	}
}

// messageIDs returns the ids of messages, in their order.
func messageIDs(list []Message) []string {
	ids := []string{}
	for _, m := range list {
		ids = append(ids, m.ID)
	}
	return ids
}
