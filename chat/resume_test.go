package chat

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"spool/schema"
	"spool/store"
)

// A server is killed when it has told the end of a run, and has not forgotten the run yet. For
// clients of the next one it is over all the same.
func TestAnEndThatWasToldIsTheEndForTheNextServerToo(t *testing.T) {
	h, c := oneConversation(t, nil)
	end := h.ask(c.ID, "hello")
	h.stop()
	h.leaveActive(c.ID, end.RunID)

	next := newHouseIn(t, h.dir, nil)
	v := next.view(c.ID, From{LastSeq: end.Seq})
	require.False(t, v.Ack.IsProcessing)
	require.Equal(t, schema.ReplayComplete, v.Ack.Replay)
	sent := next.send(c.ID, "and again")
	v.untilComplete(sent.Run)
	for _, f := range v.seen {
		require.Equal(t, sent.Run, f.RunID)
	}
}

// leaveActive makes a run the active one of a conversation, as a server leaves it that is killed.
func (h *house) leaveActive(conversation, run string) {
	h.t.Helper()
	kept, err := store.Open(h.t.Context(), filepath.Join(h.dir, "spool.db"))
	require.NoError(h.t, err)
	_, err = kept.ChangeConversation(h.t.Context(), "", conversation, func(r *store.Conversation) error {
		r.Active = run
		return nil
	})
	require.NoError(h.t, err)
	require.NoError(h.t, kept.Close())
}

// What is damaged of a turn that goes on does not hold its conversation up for ever.
func TestD03AConversationGoesOnWithoutTheRecordOfItsRun(t *testing.T) {
	h, c := oneConversation(t, nil)
	h.ask(c.ID, "hello")
	h.stop()
	lost := "run_" + strings.Repeat("a", 26)
	h.leaveActive(c.ID, lost)

	next := newHouseIn(t, h.dir, nil)
	now, err := next.Get(t.Context(), "", c.ID)
	require.NoError(t, err)
	require.Empty(t, now.Run)
	v := next.view(c.ID, From{History: true})
	end := v.untilComplete(lost)
	require.Equal(t, schema.Interrupted, end.State)
	require.Equal(t, schema.RunInterrupted, end.Code)
	require.Equal(t, now.Head, end.Head)
	require.True(t, next.ask(c.ID, "history").Success)
	require.NoError(t, next.Delete(t.Context(), "", c.ID))
}

func TestD03AConversationGoesOnWithoutItsJournal(t *testing.T) {
	h, c := oneConversation(t, nil)
	end := h.ask(c.ID, "hello")
	before := h.view(c.ID, From{})
	epoch := before.Ack.Epoch
	before.Close()
	h.stop()
	h.leaveActive(c.ID, end.RunID)
	path := journalPath(h.journalDir(), c.ID, epoch)
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	text[0] ^= 1
	require.NoError(t, os.WriteFile(path, text, 0o600))

	next := newHouseIn(t, h.dir, nil)
	v := next.view(c.ID, From{LastSeq: end.Seq, Epoch: epoch, History: true})
	require.Equal(t, schema.ReplayReset, v.Ack.Replay)
	require.NotEqual(t, epoch, v.Ack.Epoch)
	require.Equal(t, end.Result, v.untilComplete(end.RunID).Result)
	next.awaitIdle(c.ID)
	require.True(t, next.ask(c.ID, "and again").Success)
}

// A server is killed between a conversation's record and its journal, when it is made or deleted.
func TestD01NoJournalOutlivesItsConversation(t *testing.T) {
	h := newHouse(t, nil)
	kept, deleted := h.create(), h.create()
	h.stop()
	records, err := store.Open(t.Context(), filepath.Join(h.dir, "spool.db"))
	require.NoError(t, err)
	require.NoError(t, records.DeleteConversation(t.Context(), "", deleted.ID))
	require.NoError(t, records.Close())
	other := filepath.Join(h.journalDir(), "README")
	require.NoError(t, os.WriteFile(other, nil, 0o600))

	next := newHouseIn(t, h.dir, nil)
	left, err := filepath.Glob(filepath.Join(next.journalDir(), "*"))
	require.NoError(t, err)
	require.Len(t, left, 2, "%v", left)
	require.Contains(t, left, other)
	require.True(t, next.ask(kept.ID, "hello").Success)
}
