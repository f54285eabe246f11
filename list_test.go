package main

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"spool/schema"
)

// worker is a fake in the place of claude that starts faster than the scripted one. What it does
// is in its prompt: fail, or stay until it is ended, or print some lines.
func worker(t *testing.T) string {
	t.Helper()
	return "--claude=" + program(t, "read -r prompt", `case $prompt in *fail*) exit 3;; *stay*) echo ready; exec sleep 600;; esac`,
		"echo one; echo two; echo three")
}

// ids returns the ids of runs in the order of the list.
func ids(list schema.RunList) (all []string) {
	for _, r := range list.Runs {
		all = append(all, r.ID)
	}
	return all
}

func TestListTellsRunsByMetaAndState(t *testing.T) {
	t.Parallel()
	s := startServer(t, worker(t), "--max-runs=1")
	require.Equal(t, `{"runs":[]}`, s.list(t), "an empty list is a list")
	done := s.start(t, "hi", "meta", "A")
	s.awaitEnd(t, done, schema.Succeeded, "")
	failed := s.start(t, "fail", "meta", "B")
	s.awaitEnd(t, failed, schema.Failed, schema.ExitNonzero)
	running, waiting := s.start(t, "stay", "meta", "A"), s.start(t, "hi", "meta", "C")
	s.awaitRun(t, running, func(r schema.Run) bool { return r.State == schema.Running && r.StartedAt != nil }) // nothing of it changes from then on
	for query, want := range map[string][]string{
		"":                          {waiting, running, failed, done},
		"?meta=A":                   {running, done},
		"?meta=A&state=succeeded":   {done},
		"?state=failed":             {failed},
		"?state=running":            {running},
		"?state=running&meta=A":     {running},
		"?state=running&meta=B":     nil,
		"?state=queued":             {waiting},
		"?state=starting":           nil,
		"?state=aborted":            nil,
		"?meta=NOBODY":              nil,
		"?meta=%25":                 nil,
		"?meta=_":                   nil,
		"?meta=A%27%20OR%201=1":     nil,
		"?limit=2":                  {waiting, running},
		"?limit=2&before=" + failed: {done},
		"?before=" + done:           nil,
		"?meta=A&before=" + running: {done},
	} {
		require.Equal(t, want, ids(s.runs(t, query)), query)
	}
	list := s.runs(t, "?state=queued")
	require.Equal(t, 1, list.Runs[0].Position)
	for _, r := range s.runs(t, "").Runs {
		require.Equal(t, s.lookUp(t, r.ID), r, "a list tells what a look at the run tells")
	}
	s.abort(t, waiting)
	s.abort(t, running)
	s.awaitEnd(t, waiting, schema.Aborted, schema.RunAborted)
	s.awaitEnd(t, running, schema.Aborted, schema.RunAborted)
	require.Equal(t, []string{waiting, running}, ids(s.runs(t, "?state=aborted")))
}

func TestListRefusesWhatMakesNoSense(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	for _, query := range []string{
		"limit=0", "limit=201", "limit=-1", "limit=x", "limit=1.5", "limit=1e2", "limit=99999999999999999999", "state=done", "state=SUCCEEDED", "state=running,failed",
		"before=x", "before=../x", "before=run_" + strings.Repeat("a", 26), "before=%00",
	} {
		answer, text := s.do(t, http.MethodGet, "/api/runs?"+query, "")
		requireRefusal(t, answer, text, http.StatusBadRequest, schema.BadRequest)
	}
}

// Pages have no gap and no run twice, whatever begins while they are turned.
func TestPagesHoldWhileRunsAreAdded(t *testing.T) {
	t.Parallel()
	s := startServer(t, worker(t), "--max-runs=8", "--max-queue=1000")
	var old []string
	for i := range 45 {
		old = append(old, s.start(t, "hi", "meta", fmt.Sprint("OLD-", i%2)))
	}
	slices.Reverse(old)
	var odd []string
	for i, id := range old {
		if i%2 == 0 { // the newest is number 44
			odd = append(odd, id)
		}
	}
	for _, test := range []struct {
		query string
		want  []string
	}{{"limit=7", old}, {"limit=1", old}, {"limit=45", old}, {"limit=3&meta=OLD-0", odd}} {
		var got []string
		for before := "&before=" + s.start(t, "hi"); before != ""; {
			page := s.runs(t, "?"+test.query+before)
			got = append(got, ids(page)...)
			if before = ""; page.Next != "" {
				require.Equal(t, got[len(got)-1], page.Next)
				before = "&before=" + page.Next
			}
			s.start(t, "hi") // meanwhile
		}
		require.Equal(t, test.want, slices.DeleteFunc(got, func(id string) bool { return !slices.Contains(old, id) }))
	}
	require.Len(t, s.runs(t, "").Runs, 50, "the default")
	require.Len(t, s.runs(t, "?limit=200").Runs, min(200, s.count(t)))
}

// count returns how many runs are listed on all pages.
func (s *server) count(t *testing.T) (n int) {
	t.Helper()
	for before := ""; ; {
		page := s.runs(t, "?limit=50"+before)
		if n += len(page.Runs); page.Next == "" {
			return n
		}
		before = "&before=" + page.Next
	}
}
