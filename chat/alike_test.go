package chat

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"spool/schema"
)

// alike makes two conversations that begin with the same words and have got the same answer, and returns
// them with the runs that have answered.
func (h *house) alike() (conversations []schema.Conversation, runs []string) {
	h.t.Helper()
	for range 2 {
		c := h.create()
		conversations, runs = append(conversations, c), append(runs, h.ask(c.ID, "hello").RunID)
	}
	return conversations, runs
}

func TestConversationsThatBeginAlikeHaveRunsAndTimesOfTheirOwn(t *testing.T) {
	h := newHouse(t, nil)
	conversations, runs := h.alike()
	ids := [2][]string{}
	for i, c := range conversations {
		messages, now, err := h.Messages(t.Context(), "", c.ID)
		require.NoError(t, err)
		tree, err := h.Tree(t.Context(), "", c.ID)
		require.NoError(t, err)
		require.Equal(t, messages, tree)
		require.Len(t, messages, 2)
		export, err := h.Export(t.Context(), "", c.ID, "json")
		require.NoError(t, err)
		for _, m := range messages {
			require.Equal(t, runs[i], m.Run)
			require.False(t, m.CreatedAt.Before(c.CreatedAt), "nothing is older than its conversation")
			require.False(t, m.CreatedAt.After(now.UpdatedAt))
			require.Contains(t, string(export), string(schema.Encode(m)))
			ids[i] = append(ids[i], m.ID)
		}
	}
	require.Equal(t, ids[0], ids[1], "they are the same messages")
}

func TestAConversationThatBeganAsAnotherGoesOnInItsOwnProcess(t *testing.T) {
	h := newHouse(t, nil)
	conversations, _ := h.alike()
	for i, c := range conversations {
		require.Contains(t, h.ask(c.ID, []string{"one", "two"}[i]).Result, []string{"one", "two"}[i])
		require.EqualValues(t, i+1, h.runs.Kept().Reused)
	}
	end := h.ask(conversations[1].ID, "history")
	require.Contains(t, end.Result, "two")
	require.NotContains(t, end.Result, "one")
}

// A branch begins in a copy of the session in which the conversation itself has got the answer.
func TestABranchOfAConversationThatBeganAsAnotherCopiesItsOwnSession(t *testing.T) {
	h := newHouse(t, nil)
	conversations, runs := h.alike()
	copied, hasSession := "", h.config.HasSession
	h.config.HasSession = func(session, dir, uuid string) bool {
		copied = session
		return hasSession(session, dir, uuid)
	}
	for _, i := range []int{1, 0} {
		answered, err := h.store.Run(t.Context(), runs[i])
		require.NoError(t, err)
		path, now, err := h.Messages(t.Context(), "", conversations[i].ID)
		require.NoError(t, err)
		h.ask(now.ID, "more")
		sent, err := h.Send(t.Context(), "", Send{Conversation: now.ID, Content: "history", Parent: &path[1].ID})
		require.NoError(t, err)
		require.Equal(t, answered.Session, copied)
		require.Contains(t, h.view(now.ID, From{}).untilComplete(sent.Run).Result, "hello")
		h.awaitIdle(now.ID)

		from, err := h.Create(t.Context(), "", NewConversation{From: path[1].ID})
		require.NoError(t, err)
		h.ask(from.ID, "and more")
		require.Equal(t, answered.Session, copied, "the conversation was the last to change")
		branched, _, err := h.Messages(t.Context(), "", from.ID)
		require.NoError(t, err)
		require.Equal(t, path, branched[:2])
	}
}

func TestWhatIsDeletedOfConversationsThatBeganAlike(t *testing.T) {
	for gone := range 2 {
		t.Run([]string{"the first", "the second"}[gone], func(t *testing.T) {
			h := newHouse(t, nil)
			conversations, runs := h.alike()
			left := 1 - gone
			before, _, err := h.Messages(t.Context(), "", conversations[left].ID)
			require.NoError(t, err)
			require.NoError(t, h.Delete(t.Context(), "", conversations[gone].ID))
			after, _, err := h.Messages(t.Context(), "", conversations[left].ID)
			require.NoError(t, err)
			require.Equal(t, before, after)
			require.True(t, slices.ContainsFunc(after, func(m schema.Message) bool { return m.Run == runs[left] }))
			require.Contains(t, h.ask(conversations[left].ID, "history").Result, "hello")
			require.EqualValues(t, 1, h.runs.Kept().Reused)
		})
	}
}
