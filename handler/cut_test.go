package handler

import (
	"bufio"
	"io"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"spool/run"
	"spool/schema"
)

// Who closes the connection is found to have left, also while there is nothing to send, and
// a run that is detached goes on.
func TestAStreamEndsWithItsClient(t *testing.T) {
	t.Parallel()
	h := newHouse(t, gated, nil)
	r, view := h.begin(t)
	view.Leave(run.ClientGone)
	for _, accept := range mediaTypes {
		answer := h.get(t, http.MethodGet, r, accept)
		_, err := bufio.NewReader(answer.Body).ReadByte()
		require.NoError(t, err)
		require.Equal(t, 1, h.connections.count())
		require.NoError(t, answer.Body.Close())
		h.awaitIdle(t)
	}
	require.False(t, r.State().Final())
	h.open(t, "gate")
	wait(t, r.Done())
	require.Equal(t, schema.Succeeded, r.Outcome().State)
}

// A server that waits no longer cuts what is open: the client sees that it is not whole.
func TestAStreamIsCut(t *testing.T) {
	t.Parallel()
	h := newHouse(t, gated, nil)
	r, view := h.begin(t)
	view.Leave(run.ClientGone)
	var live []*http.Response
	for _, accept := range mediaTypes {
		live = append(live, h.get(t, http.MethodGet, r, accept))
	}
	h.connections.cut()
	for i, answer := range live {
		text, err := io.ReadAll(answer.Body)
		require.Error(t, err, "%s: %s", mediaTypes[i], text)
		require.NotContains(t, string(text), `"t":"end"`)
	}
	h.awaitIdle(t)
	require.False(t, r.State().Final(), "the run does not mind")
}

func TestAStreamTakesAPlace(t *testing.T) {
	t.Parallel()
	h := newHouse(t, gated, func(c *Config, _ *run.Config) { c.MaxConnections = 1 })
	r, view := h.begin(t)
	view.Leave(run.ClientGone)
	first := h.get(t, http.MethodGet, r, ndjson)
	second := h.get(t, http.MethodGet, r, ndjson)
	require.Equal(t, http.StatusServiceUnavailable, second.StatusCode)
	require.Equal(t, retryAfter, second.Header.Get("Retry-After"))
	require.NoError(t, first.Body.Close())
	h.awaitIdle(t)
	require.Equal(t, http.StatusOK, h.get(t, http.MethodGet, r, ndjson).StatusCode)
}

// HEAD asks whether it is there.
func TestAStreamIsNotBegunForHEAD(t *testing.T) {
	t.Parallel()
	h := newHouse(t, gated, nil)
	r, view := h.begin(t)
	view.Leave(run.ClientGone)
	answer := h.get(t, http.MethodHead, r, ndjson)
	require.Equal(t, http.StatusOK, answer.StatusCode)
	require.Zero(t, h.connections.count())
	require.False(t, r.State().Final())
}
