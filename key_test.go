package main

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"spool/schema"
)

// do sends a request with header lines ("Name: value") and returns the answer with its body.
func (s *server) do(t testing.TB, method, path, body string, header ...string) (*http.Response, string) {
	t.Helper()
	answer, text, err := s.tryDo(method, path, body, header...)
	require.NoError(t, err)
	return answer, text
}

// tryDo is do for goroutines, which must not end a test.
func (s *server) tryDo(method, path, body string, header ...string) (*http.Response, string, error) {
	request, err := http.NewRequest(method, s.url+path, strings.NewReader(body))
	if err != nil {
		return nil, "", err
	}
	for _, line := range header {
		name, value, _ := strings.Cut(line, ": ")
		request.Header.Set(name, value)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, "", err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	return answer, string(text), err
}

// post asks for a run, and returns what the server tells of it.
func (s *server) post(t testing.TB, path, body string, header ...string) (r schema.Run) {
	t.Helper()
	answer, text := s.do(t, http.MethodPost, path, body, header...)
	require.Contains(t, []int{http.StatusOK, http.StatusAccepted}, answer.StatusCode, text)
	require.NoError(t, json.Unmarshal([]byte(text), &r))
	require.Equal(t, "/api/runs/"+r.ID, answer.Header.Get("Location"))
	return r
}

// Who repeats a request wants to know of its run, whether or not the output is still there.
func TestARepeatedKeyGetsTheRunWhenItsOutputIsGone(t *testing.T) {
	t.Parallel()
	s := startServer(t, "--retain=0")
	first := s.post(t, "/api/runs?wait=true", payload("hi"), "Idempotency-Key: k1")
	require.Equal(t, schema.Succeeded, first.State)
	gone := func() bool {
		answer, _ := s.do(t, http.MethodGet, "/api/runs/"+first.ID+"/lines", "")
		return answer.StatusCode == http.StatusGone
	}
	require.Eventually(t, gone, patience, patience/1000)
	for _, path := range []string{"/api/runs", "/api/runs?wait=true"} {
		again := s.post(t, path, payload("hi"), "Idempotency-Key: k1")
		require.Equal(t, first.ID, again.ID)
		require.True(t, again.OutputGone)
	}
	answer, text := s.do(t, http.MethodPost, "/api/runs", payload("hi"), "Idempotency-Key: k1", "Accept: text/event-stream")
	require.Equal(t, http.StatusGone, answer.StatusCode, text)
	require.Len(t, s.started(t), 1)
}

// A client that cannot be shown its run must not be left with one that it does not know of.
func TestAFullServerRefusesAStreamBeforeItsRun(t *testing.T) {
	t.Parallel()
	s := startServer(t, "--max-connections=1")
	c := s.dial(t)
	require.Equal(t, schema.InfoFrame, c.next())
	answer, text := s.do(t, http.MethodPost, "/api/runs", payload("hi"), "Accept: text/event-stream")
	require.Equal(t, http.StatusServiceUnavailable, answer.StatusCode)
	require.Contains(t, text, string(schema.Overloaded))
	require.NotEmpty(t, answer.Header.Get("Retry-After"))
	require.Equal(t, "{\"runs\":[]}", s.list(t))
	s.requireNoRun(t)
}

// list returns the runs as text.
func (s *server) list(t testing.TB) string {
	t.Helper()
	_, text := s.do(t, http.MethodGet, "/api/runs", "")
	return text
}

func TestAListBeginsBehindARunThatIsThere(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	r := s.post(t, "/api/runs?wait=true", payload("hi"))
	for before, status := range map[string]int{r.ID: http.StatusOK, "run_" + strings.Repeat("a", 26): http.StatusBadRequest, "x": http.StatusBadRequest} {
		answer, text := s.do(t, http.MethodGet, "/api/runs?before="+before, "")
		require.Equal(t, status, answer.StatusCode, text)
	}
}
