//go:build linux

package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"time"

	"github.com/stretchr/testify/require"
)

// record is what these tests look at in what /api/runs tells of a run.
type record struct {
	Run, State, Code, Error string
	Result                  *string
	ResultCut               bool
	Usage                   *usage
	Exit                    *struct {
		Code   int
		Signal string
	}
	Stop *struct {
		Rung      string
		Survivors []int
	}
	Lines, OutputBytes int64
	StartedAt          *time.Time
}

type usage struct {
	InputTokens, OutputTokens, CacheReadTokens, CacheCreationTokens, Turns int64
	CostUSD                                                                float64
}

// payload is the body of a request for a run; options are further keys of it.
func payload(prompt string, options ...map[string]any) map[string]any {
	all := map[string]any{"prompt": prompt, "meta": "TASK-123"}
	for _, option := range options {
		for key, value := range option {
			all[key] = value
		}
	}
	return all
}

// call makes a request; headers are names and values in turn.
func (s *server) call(method, path string, body any, headers ...string) (int, []byte) {
	s.w.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	text, err := json.Marshal(body)
	require.NoError(s.w.t, err)
	req, err := http.NewRequestWithContext(ctx, method, s.url+path, bytes.NewReader(text))
	require.NoError(s.w.t, err)
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	res, err := httpClient.Do(req)
	require.NoError(s.w.t, err)
	defer func() { _ = res.Body.Close() }()
	answer, err := io.ReadAll(res.Body)
	require.NoError(s.w.t, err)
	return res.StatusCode, answer
}

// record makes a request that is answered with a run.
func (s *server) record(want int, method, path string, body any, headers ...string) record {
	s.w.t.Helper()
	status, answer := s.call(method, path, body, headers...)
	require.Equal(s.w.t, want, status, "%s", answer)
	var r record
	require.NoError(s.w.t, json.Unmarshal(answer, &r), "%s", answer)
	return r
}

// start starts a run that goes on by itself.
func (s *server) start(prompt string, options ...map[string]any) string {
	s.w.t.Helper()
	return s.record(http.StatusAccepted, http.MethodPost, "/api/runs", payload(prompt, options...)).Run
}

// finish is a run from its start to its end.
func (s *server) finish(prompt string, options ...map[string]any) record {
	s.w.t.Helper()
	return s.record(http.StatusOK, http.MethodPost, "/api/runs?wait=true", payload(prompt, options...))
}

// known is what is known of a run now.
func (s *server) known(run string) record {
	s.w.t.Helper()
	return s.record(http.StatusOK, http.MethodGet, "/api/runs/"+run, nil)
}

// output is what the CLI wrote, followed to the end of the run.
func (s *server) output(run string) string {
	s.w.t.Helper()
	status, text := s.call(http.MethodGet, "/api/runs/"+run+"/lines", nil, "Accept", "text/plain")
	require.Equal(s.w.t, http.StatusOK, status, "%s", text)
	return string(text)
}

// abort aborts a run, and returns what is known of it at its end, and how long that took.
func (s *server) abort(run string) (record, time.Duration) {
	s.w.t.Helper()
	began := time.Now()
	s.record(http.StatusAccepted, http.MethodPost, "/api/runs/"+run+"/abort", nil)
	s.output(run)
	took, ended := time.Since(began), s.known(run)
	s.w.t.Logf("%s after %s, rung %s", ended.State, took.Round(time.Millisecond), ended.rung())
	return ended, took
}

// rung is the step that ended the run, and "" as long as none has.
func (r record) rung() string {
	if r.Stop == nil {
		return ""
	}
	return r.Stop.Rung
}

// text is the answer, and "" if there is none.
func (r record) text() string {
	if r.Result == nil {
		return ""
	}
	return *r.Result
}

// requireProven fails unless the record says that nothing of the run is left, and that is so.
func (w *world) requireProven(r record) {
	w.t.Helper()
	require.NotNil(w.t, r.Stop)
	require.Empty(w.t, r.Stop.Survivors)
	require.Empty(w.t, survivors("SPOOL_RUN="+r.Run))
}
