package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"spool/schema"
)

// lookUp returns what the server tells of a run.
func (s *server) lookUp(t testing.TB, id string) (r schema.Run) {
	t.Helper()
	answer, text := s.do(t, http.MethodGet, "/api/runs/"+id, "")
	require.Equal(t, http.StatusOK, answer.StatusCode, text)
	require.NoError(t, json.Unmarshal([]byte(text), &r))
	require.Equal(t, id, r.ID)
	return r
}

// awaitRun waits until something is true of a run, and returns what is told of it then.
func (s *server) awaitRun(t testing.TB, id string, is func(schema.Run) bool) (r schema.Run) {
	t.Helper()
	require.Eventually(t, func() bool { r = s.lookUp(t, id); return is(r) }, patience, 10*time.Millisecond)
	return r
}

// awaitEnd waits until a run has ended, with nobody of it left.
func (s *server) awaitEnd(t testing.TB, id string, state schema.State, code schema.Code) schema.Run {
	t.Helper()
	r := s.awaitRun(t, id, func(r schema.Run) bool { return r.State.Final() })
	requireRun(t, r, state, code)
	return r
}

// requireRun checks how a run has ended.
func requireRun(t testing.TB, r schema.Run, state schema.State, code schema.Code) {
	t.Helper()
	require.Equal(t, state, r.State, "%s: %s", r.Code, r.Error)
	require.Equal(t, code, r.Code, r.Error)
	require.Equal(t, code == "", r.Error == "")
	require.NotNil(t, r.EndedAt)
	if r.Stop != nil {
		require.Empty(t, r.Stop.Survivors)
	}
}

// runs returns the page of the list that a query asks for.
func (s *server) runs(t testing.TB, query string) (list schema.RunList) {
	t.Helper()
	answer, text := s.do(t, http.MethodGet, "/api/runs"+query, "")
	require.Equal(t, http.StatusOK, answer.StatusCode, text)
	require.NoError(t, json.Unmarshal([]byte(text), &list))
	return list
}

// start asks for a run that goes on by itself, with a member of the payload besides its
// prompt for each pair, and returns its id.
func (s *server) start(t testing.TB, prompt string, more ...any) string {
	t.Helper()
	s.awaitWarm(t)
	return s.post(t, "/api/runs", payloadWith(prompt, more...)).ID
}

// payloadWith returns a payload with more members: a name and a value, and so on.
func payloadWith(prompt string, more ...any) string {
	message := map[string]any{"prompt": prompt, "meta": "TEST"}
	for i := 0; i < len(more); i += 2 {
		message[more[i].(string)] = more[i+1]
	}
	text, err := json.Marshal(message)
	if err != nil {
		panic(err)
	}
	return string(text)
}

// crowdClient is a client for many requests at once.
var crowdClient = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64, MaxIdleConns: 1000}}

// call sends a request, for many at once, and reads the answer, which must be no error.
func (s *server) call(method, path, body string, into any, header ...string) error {
	request, err := http.NewRequest(method, s.url+path, strings.NewReader(body))
	if err != nil {
		return err
	}
	for _, line := range header {
		name, value, _ := strings.Cut(line, ": ")
		request.Header.Set(name, value)
	}
	answer, err := crowdClient.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode >= http.StatusBadRequest {
		return fmt.Errorf("%s %s: %s: %s, %w", method, path, answer.Status, text, err)
	}
	return json.Unmarshal(text, into)
}

// abort asks for the end of a run.
func (s *server) abort(t testing.TB, id string) (r schema.Run) {
	t.Helper()
	answer, text := s.do(t, http.MethodPost, "/api/runs/"+id+"/abort", "")
	require.Equal(t, http.StatusAccepted, answer.StatusCode, text)
	require.NoError(t, json.Unmarshal([]byte(text), &r))
	return r
}
