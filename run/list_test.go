package run

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"spool/schema"
)

// Runs end while somebody turns the pages of those that go on: none comes twice.
func TestAPageOfRunsThatGoOnBeginsBehindOneThatHasEnded(t *testing.T) {
	t.Parallel()
	h := newHouse(t, "echo ready; exec sleep 600", nil)
	var ids []string
	for range 3 {
		r, view := h.submit(t)
		require.Eventually(t, func() bool { return r.State() == schema.Running }, patience, time.Millisecond)
		ids = append(ids, r.ID)
		defer view.Leave(Abort)
	}
	page, err := h.List(t.Context(), Filter{State: schema.Running, Limit: 2})
	require.NoError(t, err)
	require.Equal(t, []string{ids[2], ids[1]}, []string{page.Runs[0].ID, page.Runs[1].ID})
	require.Equal(t, ids[1], page.Next)
	ended, err := h.Open(t.Context(), ids[1])
	require.NoError(t, err)
	ended.Stop(Abort)
	<-ended.Done()
	page, err = h.List(t.Context(), Filter{State: schema.Running, Before: page.Next, Limit: 2})
	require.NoError(t, err)
	require.Len(t, page.Runs, 1)
	require.Equal(t, ids[0], page.Runs[0].ID)
	require.Empty(t, page.Next)
	_, err = h.List(t.Context(), Filter{State: schema.Running, Before: newID(), Limit: 2})
	require.ErrorIs(t, err, schema.NewError(schema.BadRequest, ""))
}

// Who asks later finds a server that is not being stopped.
func TestARunThatTheServersStopHasEndedIsKeptAsInterrupted(t *testing.T) {
	t.Parallel()
	h := newHouse(t, "echo ready; exec sleep 600", nil)
	r, view := h.submit(t)
	defer view.Leave(ClientGone)
	r.Stop(ServerStops)
	<-r.Done()
	require.Equal(t, schema.Draining, r.Outcome().Code())
	record := h.record(t, r)
	require.Equal(t, schema.Interrupted, record.State)
	require.Equal(t, schema.RunInterrupted, record.Code)
}
