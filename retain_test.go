package main

import (
	"fmt"
	"net/http"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"spool/schema"
)

// stop ends the server as an operator does.
func (s *server) stop(t testing.TB) {
	t.Helper()
	s.hurry()
	s.awaitExit(t)
}

// printing returns a prompt whose run prints about so many MiB.
func printing(mib int) string {
	return script(fmt.Sprintf("yes 0123456789abcde | head -c %d", mib<<20))
}

// requireOutput checks whether a run's output is there, or is gone and told to be. How the run
// ended is known in either case.
func (s *server) requireOutput(t testing.TB, id string, kept bool) {
	t.Helper()
	requireRun(t, s.lookUp(t, id), schema.Succeeded, "")
	answer, text := s.do(t, http.MethodGet, "/api/runs/"+id+"/lines", "", "Accept: text/plain")
	if kept {
		require.Equal(t, http.StatusOK, answer.StatusCode)
		require.NotEmpty(t, text)
		return
	}
	requireRefusal(t, answer, text, http.StatusGone, schema.OutputGone)
	require.True(t, s.lookUp(t, id).OutputGone)
	require.NoDirExists(t, filepath.Join(s.dir, "proc", id))
}

// awaitGone waits until a run's output is gone.
func (s *server) awaitGone(t testing.TB, id string) {
	t.Helper()
	s.awaitRun(t, id, func(r schema.Run) bool { return r.OutputGone })
	require.Eventually(t, func() bool { _, err := filepath.EvalSymlinks(filepath.Join(s.dir, "proc", id)); return err != nil }, patience, 10*time.Millisecond)
}

// What an operator does not keep is gone at the next start at the latest: the oldest first.
func TestOutputIsKeptUpToASize(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	var ids []string
	for range 3 {
		id := s.start(t, printing(2))
		s.awaitEnd(t, id, schema.Succeeded, "")
		ids = append(ids, id)
	}
	s.stop(t)
	s = s.startOn(t, "--retain-size=5MiB")
	s.awaitGone(t, ids[0])
	s.requireOutput(t, ids[0], false)
	s.requireOutput(t, ids[1], true)
	s.requireOutput(t, ids[2], true)
	s.stop(t)
	s = s.startOn(t, "--retain-size=0")
	for _, id := range ids {
		s.awaitGone(t, id)
		s.requireOutput(t, id, false)
	}
	require.Len(t, s.runs(t, "").Runs, 3)
}

func TestOutputIsKeptForATime(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	id := s.start(t, "hi")
	s.awaitEnd(t, id, schema.Succeeded, "")
	s.stop(t)
	s = s.startOn(t, "--retain=1h")
	s.requireOutput(t, id, true)
	s.stop(t)
	s = s.startOn(t, "--retain=1ms")
	s.awaitGone(t, id)
	s.requireOutput(t, id, false)
}

// In the end nothing is known any more: the run is as one that never was.
func TestRecordsAreKeptForATime(t *testing.T) {
	t.Parallel()
	s := startServer(t, "--retain=0")
	id := s.post(t, "/api/runs", payload("hi"), "Idempotency-Key: k").ID
	s.awaitEnd(t, id, schema.Succeeded, "")
	s.awaitGone(t, id)
	s.stop(t)
	s = s.startOn(t, "--retain-records=1ms")
	require.Eventually(t, func() bool { return s.list(t) == `{"runs":[]}` }, patience, 10*time.Millisecond)
	answer, text := s.do(t, http.MethodGet, "/api/runs/"+id, "")
	requireRefusal(t, answer, text, http.StatusNotFound, schema.NotFound)
	require.NotEqual(t, id, s.post(t, "/api/runs", payload("hi"), "Idempotency-Key: k").ID, "its key is free")
}

// A server that was stopped and started again knows everything, and tells the same bytes.
func TestRunsOutliveTheServer(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	first := s.post(t, "/api/runs", payload(script(oddities)), "Idempotency-Key: k")
	failed := s.start(t, script("echo boom >&2; exit 3"), "meta", "B")
	before := []schema.Run{s.awaitEnd(t, failed, schema.Failed, schema.ExitNonzero), s.awaitEnd(t, first.ID, schema.Succeeded, "")}
	_, text := s.do(t, http.MethodGet, "/api/runs/"+first.ID+"/lines", "", "Accept: text/plain")
	s.stop(t)
	s = s.startOn(t)
	require.Equal(t, before, s.runs(t, "").Runs)
	require.Equal(t, before[:1], s.runs(t, "?meta=B").Runs)
	_, again := s.do(t, http.MethodGet, "/api/runs/"+first.ID+"/lines", "", "Accept: text/plain")
	require.True(t, text == again)
	for _, door := range doors {
		require.Len(t, s.look(t, door, first.ID).lines(), int(before[1].Lines), door)
	}
	require.Equal(t, first.ID, s.post(t, "/api/runs", payload(script(oddities)), "Idempotency-Key: k").ID)
	e := s.attach(t, failed, 0).rest()
	requireEnd(t, e, schema.ExitNonzero)
	require.Equal(t, []string{"boom"}, e.stderr)
	require.Len(t, s.started(t), 2, "nothing was run again")
}
