package handler

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"spool/chat"
	"spool/schema"
)

// rung reports whether there may be something new, and forgets it.
func (b *inbox) rung() bool {
	select {
	case <-b.bell:
		return true
	default:
		return false
	}
}

func TestAnInboxHoldsOneEntryForEachConversation(t *testing.T) {
	t.Parallel()
	b := newInbox()
	for i := range 10_000 {
		id := fmt.Sprint(i % 3)
		b.grow(id)
		b.add(chat.Event{Conversation: id, Messages: i < 3, Session: schema.Conversation{MessageCount: i}, Ended: "run_of_others"})
	}
	require.True(t, b.rung())
	require.False(t, b.rung(), "one ring is enough")
	require.Equal(t, []string{"0", "1", "2"}, b.takeGrown())
	require.Empty(t, b.takeGrown())
	for i := range 3 {
		n := b.takeNews()
		require.Equal(t, fmt.Sprint(i), n.Conversation, "the first change first")
		require.True(t, n.messages, "what any of them was about")
		require.GreaterOrEqual(t, n.Session.MessageCount, 9997, "the last one")
		require.Empty(t, n.ends, "nobody waits for these")
	}
	require.Nil(t, b.takeNews())
}

func TestAnInboxKeepsTheEndsThatAreWaitedFor(t *testing.T) {
	t.Parallel()
	b := newInbox()
	stop := b.await("a")
	b.add(chat.Event{Conversation: "a", Ended: "run_1"}) // before its sender knows its name
	b.add(chat.Event{Conversation: "b", Ended: "run_2"})
	b.awaitRun("run_1")
	stop()
	b.add(chat.Event{Conversation: "a", Ended: "run_3"})
	b.awaitRun("run_4")
	b.add(chat.Event{Conversation: "b", Ended: "run_4"})
	b.awaitRun("run_5")
	b.forgetRun("run_5")
	b.add(chat.Event{Conversation: "b", Ended: "run_5"})
	for _, want := range []string{"run_1", "run_4"} {
		n := b.takeNews()
		require.Len(t, n.ends, 1)
		require.Equal(t, want, n.ends[0].Ended)
	}
	require.Empty(t, b.awaited)
}
