package run

import (
	"bytes"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"spool/claude"
	"spool/procman"
	"spool/schema"
	"spool/spool"
)

// supervisor starts the processes of all tests: a program has one.
var supervisor *procman.Supervisor

func TestMain(m *testing.M) {
	var err error
	if supervisor, err = procman.New("SPOOL_RUN_TEST"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	if err := supervisor.Close(); err != nil && code == 0 {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	if err := goleak.Find(); err != nil && code == 0 {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// patience bounds every wait of these tests. It is reached only by a failure.
const patience = 30 * time.Second

// house is a registry whose claude is a shell script.
type house struct {
	*Registry
	log *lockedBuffer
}

// newHouse makes a registry in a new data directory. The script finds the prompt's line on
// its stdin.
func newHouse(t *testing.T, script string, change func(*Config)) house {
	t.Helper()
	dir := t.TempDir()
	path := filepath.Join(dir, "claude")
	require.NoError(t, os.WriteFile(path, []byte("#!/bin/sh\n"+script+"\n"), 0o700))
	config := Config{
		DataDir: filepath.Join(dir, "data"), Workspace: filepath.Join(dir, "work"), RunTimeout: time.Minute,
		StopGrace: time.Second, ResultGrace: time.Second, MaxRuns: 4, MaxQueue: 4, MaxOutput: 1 << 20,
	}
	if change != nil {
		change(&config)
	}
	watcher, err := spool.NewWatcher()
	require.NoError(t, err)
	log := &lockedBuffer{}
	agent := &claude.Agent{
		Program: claude.Program{Name: path}, Supervisor: supervisor, MaxProcesses: 100,
		Environment: []string{"PATH=" + os.Getenv("PATH")},
	}
	logger := slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	h := house{NewRegistry(config, agent, watcher, NewMask([]string{secret}), logger), log}
	require.NoError(t, h.Sweep(t.Context()))
	t.Cleanup(func() {
		h.Hurry()
		h.Drain(t.Context()) // the test's context has ended: at once
		require.NoError(t, watcher.Close())
		entries, err := os.ReadDir(h.procDir())
		require.NoError(t, err)
		require.Empty(t, entries, "files are left")
	})
	return h
}

// secret is hidden by the mask of every house.
const secret = "SECRET-0123456789"

// submit starts a run.
func (h house) submit(t *testing.T) (*Run, *View) {
	t.Helper()
	r, view, err := h.Submit(schema.Payload{Prompt: "hi", Meta: "TEST"})
	require.NoError(t, err)
	return r, view
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

// lockedBuffer is a log that is written and read at once.
type lockedBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer // guarded by mu
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// records returns the lines of the log that contain a text.
func (b *lockedBuffer) records(text string) (lines []string) {
	for line := range strings.Lines(b.String()) {
		if strings.Contains(line, text) {
			lines = append(lines, line)
		}
	}
	return lines
}
