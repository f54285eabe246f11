package handler

import (
	"context"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"spool/chat"
	"spool/claude"
	"spool/logtest"
	"spool/procman"
	"spool/proctest"
	"spool/run"
	"spool/schema"
	"spool/spool"
	"spool/store"
)

// supervisor starts the processes of all tests: a program has one.
var supervisor *procman.Supervisor

// Two goroutines belong to the HTTP server's library and outlive it: its clock, for ever,
// and the cleaner of its workers, for some seconds.
func TestMain(m *testing.M) {
	proctest.Main(m, "SPOOL_HANDLER_TEST", &supervisor,
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.updateServerDate.func1"),
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.(*workerPool).Start.func2"),
	)
}

// patience bounds every wait of these tests. It is reached only by a failure.
const patience = 30 * time.Second

// house is a server whose claude is a shell script.
type house struct {
	*Server
	address string
	records *store.Store
	dir     string // the data directory
	log     *logtest.Buffer
}

// prologue begins every script. Its loops are bounded: nobody ends them when a test dies.
const prologue = `#!/bin/sh
gate() { n=0; until [ -e gate ] || [ $((n+=1)) -gt 9999 ]; do sleep 0.02; done; }
`

// newHouse serves with a script, which works in the directory "work" of the data directory.
func newHouse(t *testing.T, script string, change func(*Config, *run.Config)) house {
	t.Helper()
	h := house{dir: t.TempDir(), log: &logtest.Buffer{}}
	config := Config{PromptTimeout: time.Minute, StallTimeout: time.Minute, PingInterval: time.Minute, MaxConnections: 10}
	runs := run.Config{
		DataDir: h.dir, Workspace: filepath.Join(h.dir, "work"), RunTimeout: time.Minute, StopGrace: time.Second, ResultGrace: time.Second,
		MaxRuns: 4, MaxQueue: 4, MaxOutput: 16 << 20, Retain: time.Hour, RetainSize: 1 << 40, RetainRecords: time.Hour,
	}
	if change != nil {
		change(&config, &runs)
	}
	registry, records := h.registry(t, script, runs)
	h.records = records
	log := slog.New(slog.NewTextHandler(h.log, nil))
	chats := chat.New(chat.Config{DataDir: h.dir, Workspace: runs.Workspace}, registry, records, log)
	require.NoError(t, chats.Resume(t.Context()))
	t.Cleanup(chats.Close)
	h.Server = New(config, registry, chats, nil, log)
	h.address = serve(t, h.Server)
	return h
}

// registry makes what runs prompts, until the test has ended, and what keeps the records.
func (h house) registry(t *testing.T, script string, config run.Config) (*run.Registry, *store.Store) {
	t.Helper()
	path := filepath.Join(h.dir, "claude")
	require.NoError(t, os.WriteFile(path, []byte(prologue+script+"\n"), 0o700))
	records, err := store.Open(t.Context(), filepath.Join(h.dir, "spool.db"))
	require.NoError(t, err)
	watcher, err := spool.NewWatcher()
	require.NoError(t, err)
	agent := &claude.Agent{Program: claude.Program{Name: path}, Supervisor: supervisor, Environment: []string{"PATH=" + os.Getenv("PATH")}}
	registry := run.NewRegistry(config, agent, watcher, records, run.NewMask(nil), slog.New(slog.NewTextHandler(h.log, nil)))
	t.Cleanup(func() {
		registry.Hurry()
		registry.Drain(t.Context()) // the test's context has ended: at once
		require.NoError(t, watcher.Close())
		require.NoError(t, records.Close())
	})
	require.NoError(t, registry.Sweep(t.Context()))
	return registry, records
}

// serve serves on some address until the test has ended, and returns that.
func serve(t *testing.T, s *Server) (address string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	served := make(chan error, 1)
	go func() { served <- s.Serve(listener) }()
	t.Cleanup(func() {
		ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
		cancel() // what is still open is cut
		_ = s.Close(ctx)
		require.NoError(t, <-served)
	})
	return listener.Addr().String()
}

// begin starts a run that needs no viewer.
func (h house) begin(t *testing.T) (*run.Run, *run.View) {
	t.Helper()
	q := run.Request{Payload: schema.Payload{Prompt: "hi", Meta: "TEST", Options: schema.Options{Detach: true}}}
	r, view, err := h.runs.Submit(t.Context(), q)
	require.NoError(t, err)
	return r, view
}

// finished returns a run that has ended.
func (h house) finished(t *testing.T) *run.Run {
	t.Helper()
	r, view := h.begin(t)
	view.Leave(run.ClientGone)
	wait(t, r.Done())
	return r
}

// open makes a file for which a script waits.
func (h house) open(t *testing.T, gate string) {
	t.Helper()
	require.NoError(t, os.WriteFile(filepath.Join(h.dir, "work", gate), nil, 0o600))
}

// wait waits until a channel is closed.
func wait(t *testing.T, c <-chan struct{}) {
	t.Helper()
	select {
	case <-c:
	case <-time.After(patience):
		require.FailNow(t, "it does not come")
	}
}
