package run

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"spool/claude"
	"spool/logtest"
	"spool/procman"
	"spool/proctest"
	"spool/schema"
	"spool/spool"
	"spool/store"
)

// marker is in the environment of everything that is started here.
const marker = "SPOOL_RUN_TEST"

// supervisor starts the processes of all tests: a program has one.
var supervisor *procman.Supervisor

// roles are what this program plays instead of running tests, by the value of SPOOL_ROLE.
var roles = map[string]func() error{}

func TestMain(m *testing.M) {
	if play := roles[os.Getenv("SPOOL_ROLE")]; play != nil {
		if err := play(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	proctest.Main(m, marker, &supervisor)
}

// patience bounds every wait of these tests. It is reached only by a failure.
const patience = 30 * time.Second

// house is a registry whose claude is a shell script.
type house struct {
	*Registry
	log *logtest.Buffer
}

// prologue begins every script. Its loops are bounded: nobody ends them when a test dies.
const prologue = `#!/bin/sh
gate() { n=0; until [ -e gate ] || [ $((n+=1)) -gt 9999 ]; do sleep 0.02; done; }
spin() { n=0; while [ $((n+=1)) -lt 9999 ]; do sleep 0.02; done; }
ticks() { n=0; while [ $((n+=1)) -lt 9999 ]; do echo x; sleep 0.02; done; }
`

// newHouse makes a registry in a new data directory. The script finds the prompt's line on
// its stdin.
func newHouse(t *testing.T, script string, change func(*Config)) house {
	t.Helper()
	return newHouseIn(t, t.TempDir(), script, change)
}

// newHouseIn makes a registry in a directory in which there may have been one before.
func newHouseIn(t *testing.T, dir, script string, change func(*Config)) house {
	t.Helper()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "claude"), []byte(prologue+script+"\n"), 0o700))
	log := &logtest.Buffer{}
	registry, tearDown, err := build(dir, supervisor, log, change)
	require.NoError(t, err)
	h := house{registry, log}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the log:\n%s", h.log)
		}
		h.Hurry()
		h.Drain(t.Context()) // the test's context has ended: at once
		h.requireDecided(t)
		require.NoError(t, tearDown())
	})
	require.NoError(t, h.Sweep(t.Context()))
	return h
}

// build makes a registry in a directory with the script "claude".
func build(dir string, supervisor *procman.Supervisor, log io.Writer, change func(*Config)) (g *Registry, tearDown func() error, err error) {
	config := Config{
		DataDir: filepath.Join(dir, "data"), Workspace: filepath.Join(dir, "work"), RunTimeout: time.Minute,
		StopGrace: time.Second, ResultGrace: time.Second, MaxRuns: 4, MaxQueue: 4, MaxOutput: 1 << 20,
		Retain: time.Hour, RetainSize: 1 << 40, RetainRecords: time.Hour,
	}
	if change != nil {
		change(&config)
	}
	if err := os.MkdirAll(config.DataDir, 0o700); err != nil {
		return nil, nil, err
	}
	records, err := store.Open(context.Background(), filepath.Join(config.DataDir, "spool.db"))
	if err != nil {
		return nil, nil, err
	}
	watcher, err := spool.NewWatcher()
	if err != nil {
		return nil, nil, errors.Join(err, records.Close())
	}
	agent := &claude.Agent{
		Program: claude.Program{Name: filepath.Join(dir, "claude")}, Supervisor: supervisor, MaxProcesses: 100,
		Environment: []string{"PATH=" + os.Getenv("PATH")},
	}
	logger := slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	g = NewRegistry(config, agent, watcher, records, NewMask([]string{secret}), logger)
	return g, func() error { return errors.Join(watcher.Close(), records.Close()) }, nil
}

// requireDecided checks what is true of every registry in which nothing goes on any more:
// every run has one end, in its record and in the log, and there are no files of others.
func (h house) requireDecided(t *testing.T) {
	t.Helper()
	records, err := h.store.Runs(context.Background(), store.Filter{})
	require.NoError(t, err)
	known := map[string]bool{}
	for _, record := range records {
		known[record.ID] = true
		require.True(t, record.State.Final(), "%s is %s", record.ID, record.State)
		require.LessOrEqual(t, len(h.log.Lines("run="+record.ID+" ", "run ended")), 1, record.ID)
	}
	entries, err := os.ReadDir(h.procDir())
	require.NoError(t, err)
	for _, entry := range entries {
		require.True(t, known[entry.Name()], "files of nobody: %s", entry.Name())
	}
	running, queued := h.Counts()
	require.Zero(t, running+queued)
}

// discard is a log that nobody reads.
var discard = slog.New(slog.DiscardHandler)

// secret is hidden by the mask of every house.
const secret = "SECRET-0123456789"

// submit starts a run.
func (h house) submit(t *testing.T, change ...func(*Request)) (*Run, *View) {
	t.Helper()
	q := Request{Payload: schema.Payload{Prompt: "hi", Meta: "TEST"}, Client: "somebody"}
	for _, c := range change {
		c(&q)
	}
	r, view, err := h.Submit(t.Context(), q)
	require.NoError(t, err)
	return r, view
}

// detached lets a run go on without viewers.
func detached(q *Request) { q.Detach = true }

// open makes a file in the workspace, for which a script waits.
func (h house) open(t *testing.T, gate string) {
	t.Helper()
	require.NoError(t, os.WriteFile(filepath.Join(h.config.Workspace, gate), nil, 0o600))
}

// record is what the store knows of a run.
func (h house) record(t *testing.T, r *Run) store.Run {
	t.Helper()
	record, err := h.store.Run(t.Context(), r.ID)
	require.NoError(t, err)
	return record
}

// end waits for a run's outcome.
func (r *Run) end(t *testing.T) Outcome {
	t.Helper()
	select {
	case <-r.Done():
	case <-time.After(patience):
		require.FailNow(t, "the run does not end")
	}
	return r.Outcome()
}

func readText(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	return string(text)
}
