package chat

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"spool/schema"
	"spool/store"
)

// A server is killed when it has told the end of a run, and has not forgotten the run yet. For
// clients of the next one it is over all the same.
func TestAnEndThatWasToldIsTheEndForTheNextServerToo(t *testing.T) {
	h := newHouse(t, nil)
	c := h.create()
	end := h.ask(c.ID, "hello")
	h.stop()
	kept, err := store.Open(t.Context(), filepath.Join(h.dir, "spool.db"))
	require.NoError(t, err)
	_, err = kept.ChangeConversation(t.Context(), "", c.ID, func(r *store.Conversation) error {
		r.Active = end.RunID
		return nil
	})
	require.NoError(t, err)
	require.NoError(t, kept.Close())

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
