package handler

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"spool/run"
	"spool/schema"
)

// post asks for a run, and for its end.
func (h house) post(t *testing.T) (leave func(), answered <-chan error) {
	t.Helper()
	ctx, leave := context.WithCancel(context.WithoutCancel(t.Context()))
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+h.address+"/api/runs?wait=true", strings.NewReader(`{"prompt":"hi","meta":"TEST"}`))
	require.NoError(t, err)
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: patience}
	done := make(chan error, 1)
	go func() {
		answer, err := client.Do(request)
		if err == nil {
			_, err = io.Copy(io.Discard, answer.Body)
			_ = answer.Body.Close()
		}
		done <- err
	}()
	require.Eventually(t, func() bool { return h.connections.count() == 1 }, patience, time.Millisecond)
	return leave, done
}

// Who waits for the end of a run without a word counts as a stream does, and is let go as one.
func TestAWaiterIsLetGo(t *testing.T) {
	t.Parallel()
	h := newHouse(t, gated, nil)
	leave, answered := h.post(t)
	leave()
	require.ErrorIs(t, <-answered, context.Canceled)
	h.awaitIdle(t)

	leave, answered = h.post(t)
	defer leave()
	h.connections.cut()
	require.Error(t, <-answered)
	h.awaitIdle(t)

	leave, answered = h.post(t)
	defer leave()
	h.open(t, "gate")
	require.NoError(t, <-answered)
	h.awaitIdle(t)
	list, err := h.runs.List(t.Context(), run.Filter{State: schema.Succeeded, Limit: 10})
	require.NoError(t, err)
	require.NotEmpty(t, list.Runs)
}
