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
	require.Eventually(t, func() bool { return h.connections.count() == 0 }, patience, time.Millisecond)
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
	require.Equal(t, len(live), h.connections.count())
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
