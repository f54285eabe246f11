package handler

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"spool/run"
	"spool/schema"
)

// get asks for the lines of a run.
func (h house) get(t *testing.T, method string, r *run.Run, accept string) *http.Response {
	t.Helper()
	request, err := http.NewRequestWithContext(context.WithoutCancel(t.Context()), method, "http://"+h.address+"/api/runs/"+r.ID+"/lines", nil)
	require.NoError(t, err)
	request.Header.Set("Accept", accept)
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: patience}
	answer, err := client.Do(request)
	require.NoError(t, err)
	t.Cleanup(func() { answer.Body.Close() })
	return answer
}

// awaitIdle waits until no stream is open.
func (h house) awaitIdle(t *testing.T) {
	t.Helper()
	require.Eventually(t, func() bool { return h.hub.count() == 0 }, patience, time.Millisecond)
}

var mediaTypes = []string{eventStream, ndjson, "text/plain"}

func TestAStreamIsWholeAndEnds(t *testing.T) {
	t.Parallel()
	h := newHouse(t, gated, nil)
	r, view := h.begin(t)
	view.Leave(run.ClientGone)
	var live []*http.Response
	for _, accept := range mediaTypes {
		live = append(live, h.get(t, http.MethodGet, r, accept))
	}
	require.Equal(t, len(live), h.hub.count())
	h.open(t, "gate")
	named := `{"t":"info","info":"run","run":"` + r.ID + `"}`
	for i, want := range []string{
		"retry: 1000\n\nevent: info\ndata: " + named + "\n\nid: 1\ndata: ready\n\nid: 2\ndata: done\n\nevent: stderr\ndata: {\"t\":\"stderr\",\"text\":\"oops\"}\n\n" +
			"id: end\nevent: end\ndata: {\"t\":\"end\",\"state\":\"succeeded\"}\n\n",
		named + "\n" + `{"t":"line","n":1,"line":"ready"}` + "\n" + `{"t":"line","n":2,"line":"done"}` + "\n" + `{"t":"stderr","text":"oops"}` + "\n" + `{"t":"end","state":"succeeded"}` + "\n",
		"ready\ndone\n",
	} {
		require.Equal(t, http.StatusOK, live[i].StatusCode)
		require.True(t, strings.HasPrefix(live[i].Header.Get("Content-Type"), mediaTypes[i]))
		require.Equal(t, "no-store", live[i].Header.Get("Cache-Control"))
		require.Equal(t, "no", live[i].Header.Get("X-Accel-Buffering"))
		text, err := io.ReadAll(live[i].Body)
		require.NoError(t, err)
		require.Equal(t, want, string(text))
		again, err := io.ReadAll(h.get(t, http.MethodGet, r, mediaTypes[i]).Body)
		require.NoError(t, err)
		require.Equal(t, want, string(again), "later too")
	}
	h.awaitIdle(t)
}

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
		require.Equal(t, 1, h.hub.count())
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
	h.hub.cut()
	for i, answer := range live {
		text, err := io.ReadAll(answer.Body)
		require.Error(t, err, "%s: %s", mediaTypes[i], text)
		require.NotContains(t, string(text), `"t":"end"`)
	}
	h.awaitIdle(t)
	require.False(t, r.State().Final(), "the run does not mind")
}

func TestAStreamOfDamagedOutput(t *testing.T) {
	t.Parallel()
	h := newHouse(t, `yes 0123456789abcde | head -n 10000`, nil)
	r := h.finished(t)
	path := filepath.Join(h.dir, "proc", r.ID, "stdout")
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	text[100_000] ^= 1
	require.NoError(t, os.WriteFile(path, text, 0o600))
	for _, accept := range mediaTypes {
		got, err := io.ReadAll(h.get(t, http.MethodGet, r, accept).Body)
		if accept == "text/plain" {
			require.Error(t, err, "it has no words for that")
			require.LessOrEqual(t, len(got), 1<<16)
			continue
		}
		require.NoError(t, err)
		require.Equal(t, 1<<16/16, strings.Count(string(got), "0123456789abcde"), "all that is whole")
		require.Equal(t, 1, strings.Count(string(got), `{"t":"error","error":"the kept output of this run is damaged from here on","code":"OUTPUT_DAMAGED"}`))
		require.NotContains(t, string(got), `"t":"end"`)
	}
	h.awaitIdle(t)
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
	require.Zero(t, h.hub.count())
	require.False(t, r.State().Final())
}

// A client that waits hears something, and what it is sent at the end is what there is.
func TestAStreamGivesSignsOfLife(t *testing.T) {
	t.Parallel()
	h := newHouse(t, gated, func(c *Config, _ *run.Config) { c.PingInterval = 20 * time.Millisecond })
	r, view := h.begin(t)
	view.Leave(run.ClientGone)
	for accept, sign := range map[string]string{eventStream: ": ping", ndjson: ""} {
		from := bufio.NewReader(h.get(t, http.MethodGet, r, accept).Body)
		for signs := 0; signs < 3; {
			line, err := from.ReadString('\n')
			require.NoError(t, err)
			if line == sign+"\n" {
				signs++
			}
		}
	}
}

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
	require.Eventually(t, func() bool { return h.hub.count() == 1 }, patience, time.Millisecond)
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
	h.hub.cut()
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
