package store

import (
	"crypto/rand"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"spool/schema"
)

func TestMain(m *testing.M) {
	if os.Getenv(childMark) != "" {
		child()
		os.Exit(1)
	}
	if err := flag.Set("rapid.checks", "25"); err != nil { // unless the command line says more
		panic(err)
	}
	goleak.VerifyTestMain(m)
}

// dbPath returns where a database may be made.
func dbPath(t testing.TB) string {
	t.Helper()
	return filepath.Join(t.TempDir(), "spool.db")
}

// openAt opens a database, to be closed with the test.
func openAt(t testing.TB, path string) *Store {
	t.Helper()
	s, err := Open(t.Context(), path)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

func openNew(t testing.TB) *Store {
	t.Helper()
	return openAt(t, dbPath(t))
}

// newID returns an id such as runs have.
func newID() string { return "run_" + strings.ToLower(rand.Text()) }

// newRun returns a run that waits.
func newRun() Run {
	return Run{Run: schema.Run{
		ID: newID(), Meta: "TASK-1", State: schema.Queued, Prompt: "Say hello", CreatedAt: time.Now().UTC(),
	}}
}

// ended returns a run as it is after its end.
func ended(run Run, state schema.State, at time.Time) Run {
	at = at.UTC()
	run.State, run.EndedAt, run.Result = state, &at, new("the answer")
	return run
}

// fullRun returns a run in which everything has a value.
func fullRun(n int) Run {
	run := ended(newRun(), schema.Failed, time.Now())
	started := run.CreatedAt.Add(time.Millisecond)
	run.Meta, run.Prompt = fmt.Sprintf("TASK-%d", n), strings.Repeat("a prompt with \"quotes\", ümlauts and \n; ", n)
	run.Code, run.Error, run.StartedAt = schema.APIError, "the API says no", &started
	run.Options = schema.Options{Partial: true, Detach: true, TimeoutSeconds: 60, Model: "sonnet", Resume: newID()}
	run.ResultCut, run.Lines, run.OutputBytes = true, 17, 4711
	run.Usage = &schema.Usage{InputTokens: 1, OutputTokens: 2, CacheReadTokens: 3, CacheCreationTokens: 4, Turns: 5, CostUSD: 0.125}
	run.ModelUsage = map[string]schema.Usage{"sonnet": {InputTokens: 1, OutputTokens: 2}, "haiku": {CostUSD: 0.5}}
	run.Conversation, run.Message = "conv-1", MessageID(schema.RoleUser, run.Prompt, "")
	run.Exit = &schema.Exit{Code: -1, Signal: "SIGKILL"}
	run.Stop = &schema.Stop{Rung: "SIGKILL", Survivors: []int{1, 2}}
	run.User, run.Key, run.Fingerprint = "ann", fmt.Sprintf("key %d", n), "abc"
	run.Session, run.UUID, run.Resumes, run.Process, run.Sealed = "session", "uuid", "other session", newID(), true
	run.Reason = &Reason{State: schema.Aborted, Code: schema.RunAborted, Text: "somebody has ended it", Limit: true}
	return run
}

// by returns a run as a store keeps it.
func by(s *Store, run Run) Run {
	run.Owner, run.Epoch = s.Owner(), s.Epoch()
	return run
}

// requireAll asks for every run.
func requireAll(t *testing.T, s *Store, want []Run) {
	t.Helper()
	list, err := s.Runs(t.Context(), Filter{})
	require.NoError(t, err)
	got := map[string]Run{}
	for _, run := range list {
		got[run.ID] = run
	}
	require.Len(t, got, len(want))
	for _, run := range want {
		require.Equal(t, run, got[run.ID])
	}
}
