package chat

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"spool/claude"
	"spool/run"
	"spool/schema"
)

// swap puts a link to the outside in the place of a directory.
func (h *house) swap(dir string) {
	h.t.Helper()
	require.NoError(h.t, os.Rename(dir, dir+".old"))
	require.NoError(h.t, os.Symlink(h.t.TempDir(), dir))
}

// sendInSub sends a message that is to be answered in a directory of the workspace.
func (h *house) sendInSub(conversation string) Sent {
	h.t.Helper()
	sent, err := h.Send(h.t.Context(), "", Send{
		Conversation: conversation, Content: "hello", ClientMessageID: "m-1", Queue: true, Options: schema.ChatOptions{Cwd: "sub"},
	})
	require.NoError(h.t, err)
	return sent
}

// A message waits in line for the end of its conversation's run.
func TestA11ADirectoryIsSwappedWhileAMessageIsQueued(t *testing.T) {
	h := newHouse(t, nil)
	c, sub := h.create(), h.runsWorkspace("sub")
	v := h.view(c.ID, From{})
	first := h.send(c.ID, "slow")
	v.until(schema.KindStreamDelta)
	require.Equal(t, 1, h.sendInSub(c.ID).Queued)
	h.swap(sub)
	require.NoError(t, h.Abort(t.Context(), "", c.ID))
	v.untilComplete(first.Run)
	refused := v.until(schema.KindError)
	require.Equal(t, "m-1", refused.ClientMessageID)
	require.Equal(t, "a message that waited was not sent: "+claude.ErrDir.Error(), refused.Content)
	h.awaitIdle(c.ID)
	require.True(t, h.ask(c.ID, "hello").Success, "the conversation goes on")
}

// A message was taken, and its run waits for a place.
func TestA11ADirectoryIsSwappedWhileARunIsQueued(t *testing.T) {
	h := newHouse(t, func(_ *Config, c *run.Config) { c.MaxRuns = 1 })
	busy, c, sub := h.create(), h.create(), h.runsWorkspace("sub")
	other := h.view(busy.ID, From{})
	h.send(busy.ID, "slow")
	other.until(schema.KindStreamDelta)
	v := h.view(c.ID, From{})
	sent := h.sendInSub(c.ID)
	require.Equal(t, "queued", v.until(schema.KindStatus).Status)
	h.swap(sub)
	require.NoError(t, h.Abort(t.Context(), "", busy.ID))
	end := v.untilComplete(sent.Run)
	require.Equal(t, schema.Failed, end.State)
	require.Equal(t, schema.InvalidOption, end.Code)
	require.Equal(t, claude.ErrDir.Error(), end.Error)
	require.Nil(t, end.Stop, "there was no process")
	h.awaitIdle(c.ID)
	require.True(t, h.ask(c.ID, "hello").Success, "the conversation goes on")
}
