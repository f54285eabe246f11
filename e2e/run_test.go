//go:build linux

package e2e

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/fasthttp/websocket"
	"github.com/stretchr/testify/require"

	"spool/e2e/api"
)

func TestRuns_WaitAnswersWithTheTextTheUsageAndTheCost(t *testing.T) {
	w := newWorld(t)
	s := w.serve()

	ended := s.finish("[[words 30]]")

	var result struct {
		Result string
		Cost   float64 `json:"total_cost_usd"`
	}
	require.NoError(t, json.Unmarshal([]byte(lastLine(parse(t, []byte(s.output(ended.Run)))).raw), &result))
	require.Equal(t, "succeeded", ended.State)
	require.Equal(t, result.Result, ended.text())
	require.Positive(t, result.Cost)
	require.Equal(t, &usage{
		InputTokens: api.InputTokens, OutputTokens: 30, CacheReadTokens: api.CacheReadTokens, CacheCreationTokens: api.CacheCreationTokens,
		Turns: 1, CostUSD: result.Cost,
	}, ended.Usage)
	require.Equal(t, "exit", ended.rung())
	require.Zero(t, ended.Exit.Code)
	w.requireProven(ended)
}

// What a result tells of usage and cost stands behind its text.
func TestRuns_ALongResultIsCutAndItsUsageKnown(t *testing.T) {
	const most = 256 << 10
	for _, size := range []int{100 << 10, 300 << 10} {
		t.Run(strconv.Itoa(size), func(t *testing.T) {
			w := newWorld(t)
			s := w.serve()

			ended := s.finish("[[bytes " + strconv.Itoa(size) + "]]")

			require.True(t, api.LongText(size)[:min(size, most)] == ended.text(), "%d bytes", len(ended.text()))
			require.Equal(t, size > most, ended.ResultCut)
			require.EqualValues(t, api.InputTokens, ended.Usage.InputTokens)
			require.Positive(t, ended.Usage.CostUSD)
		})
	}
}

func TestL2_ARequestThatIsRepeatedWithItsKeyIsOneRun(t *testing.T) {
	w := newWorld(t)
	s := w.serve()
	key := []string{"Idempotency-Key", "one-and-the-same"}

	first := s.record(http.StatusAccepted, http.MethodPost, "/api/runs", payload("hello"), key...)
	again := s.record(http.StatusOK, http.MethodPost, "/api/runs?wait=true", payload("hello"), key...)
	s.stop()
	s = w.serve()
	later := s.record(http.StatusOK, http.MethodPost, "/api/runs?wait=true", payload("hello"), key...)
	status, answer := s.call(http.MethodPost, "/api/runs", payload("something else"), key...)

	require.Equal(t, first.Run, again.Run)
	require.Equal(t, again, later)
	require.Equal(t, api.Greeting, later.text())
	require.Equal(t, http.StatusConflict, status)
	require.Contains(t, string(answer), `"KEY_REUSED"`)
	require.Len(t, w.api.Requests(), 1)
}

func TestModel_AnAllowedOneReachesTheModelAndNoOtherStartsAnything(t *testing.T) {
	const allowed = "claude-haiku-4-5"
	w := newWorld(t)
	s := w.serve("--allow-model=" + allowed)

	require.Equal(t, "succeeded", s.finish("hello", map[string]any{"model": allowed}).State)
	status, answer := s.call(http.MethodPost, "/api/runs", payload("hello", map[string]any{"model": "claude-opus-4-8"}))
	c := s.dial(&websocket.Dialer{HandshakeTimeout: patience})
	c.next()
	require.NoError(t, c.conn.WriteJSON(payload("hello", map[string]any{"model": "claude-opus-4-8"})))
	frames, code := c.rest()

	require.Equal(t, http.StatusBadRequest, status)
	require.Contains(t, string(answer), `"FORBIDDEN_OPTION"`)
	require.Equal(t, websocket.ClosePolicyViolation, code)
	require.Equal(t, "FORBIDDEN_OPTION", frames[0].Code)
	require.Len(t, w.api.Requests(), 1)
	require.Equal(t, allowed, w.api.Requests()[0].Model)
	runs, err := os.ReadDir(filepath.Join(w.data, "proc"))
	require.NoError(t, err)
	require.Len(t, runs, 1, "what was refused has left something")
}
