package chat

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/stretchr/testify/require"

	"spool/claude"
	"spool/demo/agent"
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

func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == agent.Name {
		os.Exit(agent.Main(os.Args[2:], os.Stdin, os.Stdout, os.Stderr))
	}
	proctest.Main(m, "SPOOL_CHAT_TEST", &supervisor)
}

// house is conversations with the stand-in agent.
type house struct {
	*Service
	t     *testing.T
	dir   string
	runs  *run.Registry
	store *store.Store
	log   *logtest.Buffer
	stop  func()
}

func newHouse(t *testing.T, change func(*Config, *run.Config)) *house {
	t.Helper()
	t.Parallel()
	return newHouseIn(t, t.TempDir(), change)
}

// newHouseIn makes conversations in a directory in which there may have been some before.
func newHouseIn(t *testing.T, dir string, change func(*Config, *run.Config)) *house {
	t.Helper()
	h := &house{t: t, dir: dir, log: &logtest.Buffer{}}
	config, runs := configs(dir)
	if change != nil {
		change(&config, &runs)
	}
	log := slog.New(slog.NewTextHandler(h.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	watcher, err := spool.NewWatcher()
	require.NoError(t, err)
	h.store, err = store.Open(context.Background(), filepath.Join(dir, "spool.db"))
	require.NoError(t, err)
	program := standIn(t, dir)
	config.HasSession = program.HasSession
	h.runs = run.NewRegistry(runs, program, watcher, h.store, run.NewMask(nil), log)
	require.NoError(t, h.runs.Sweep(t.Context()))
	h.Service = New(config, h.runs, h.store, log)
	require.NoError(t, h.Resume(t.Context()))
	h.stop = sync.OnceFunc(func() { h.tearDown(watcher) })
	t.Cleanup(h.stop)
	return h
}

func configs(dir string) (Config, run.Config) {
	workspace := filepath.Join(dir, "work")
	return Config{DataDir: dir, Workspace: workspace}, run.Config{
		DataDir: dir, Workspace: workspace, RunTimeout: time.Minute, StopGrace: 5 * time.Second, ResultGrace: 5 * time.Second,
		MaxRuns: 8, MaxQueue: 8, MaxOutput: 64 << 20, Retain: time.Hour, RetainSize: 1 << 40, RetainRecords: time.Hour,
		SessionIdle: time.Hour, SessionMemory: 4 << 30,
	}
}

// standIn is this program, playing the agent, in a home of its own.
func standIn(t *testing.T, dir string) *claude.Agent {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	home := filepath.Join(dir, "home")
	require.NoError(t, os.MkdirAll(home, 0o700))
	return &claude.Agent{
		Program:    claude.Program{Name: self, Prefix: []string{agent.Name}, StandIn: agent.Version},
		Supervisor: supervisor, Environment: []string{"HOME=" + home, "GORACE=exitcode=0"},
	}
}

func (h *house) tearDown(watcher io.Closer) {
	if h.t.Failed() {
		h.t.Logf("the log:\n%s", h.log)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	h.runs.Drain(ctx)
	h.Close()
	require.NoError(h.t, errors.Join(h.store.Close(), watcher.Close()))
	require.Empty(h.t, h.open, "every conversation was given back")
}

// create makes a conversation.
func (h *house) create() schema.Conversation {
	h.t.Helper()
	c, err := h.Create(h.t.Context(), "", NewConversation{})
	require.NoError(h.t, err)
	return c
}

// oneConversation is a house with one conversation.
func oneConversation(t *testing.T, change func(*Config, *run.Config)) (*house, schema.Conversation) {
	t.Helper()
	h := newHouse(t, change)
	return h, h.create()
}

// get returns a conversation.
func (h *house) get(conversation string) schema.Conversation {
	h.t.Helper()
	c, err := h.Get(h.t.Context(), "", conversation)
	require.NoError(h.t, err)
	return c
}

// messages returns the messages of a conversation, and that.
func (h *house) messages(conversation string) ([]schema.Message, schema.Conversation) {
	h.t.Helper()
	messages, c, err := h.Messages(h.t.Context(), "", conversation)
	require.NoError(h.t, err)
	return messages, c
}

// send sends a message, which is accepted.
func (h *house) send(conversation, content string) Sent {
	h.t.Helper()
	return h.accepted(Send{Conversation: conversation, Content: content, Client: "test"})
}

// accepted sends a message with wishes, which is accepted.
func (h *house) accepted(m Send) Sent {
	h.t.Helper()
	sent, err := h.Send(h.t.Context(), "", m)
	require.NoError(h.t, err)
	return sent
}

// viewer is a subscription whose frames are waited for.
type viewer struct {
	*Subscription
	t     *testing.T
	grown chan struct{}
	seen  []schema.ChatFrame
}

// view subscribes to a conversation.
func (h *house) view(conversation string, from From) *viewer {
	h.t.Helper()
	v := &viewer{t: h.t, grown: make(chan struct{}, 1)}
	var err error
	v.Subscription, err = h.Subscribe(h.t.Context(), "", conversation, from, func() {
		select {
		case v.grown <- struct{}{}:
		default:
		}
	})
	require.NoError(h.t, err)
	h.t.Cleanup(v.Close)
	return v
}

// next returns the next frame.
func (v *viewer) next() schema.ChatFrame {
	v.t.Helper()
	for {
		text, err := v.Next()
		if err == io.EOF {
			select {
			case <-v.grown:
				continue
			case <-time.After(patience):
				v.t.Fatalf("no frame came behind %+v", v.seen)
			}
		}
		require.NoError(v.t, err)
		var f schema.ChatFrame
		require.NoError(v.t, json.Unmarshal(text, &f), string(text))
		v.seen = append(v.seen, f)
		return f
	}
}

// patience bounds every wait of these tests. It is reached only by a failure.
const patience = 30 * time.Second

// until returns the next frame of a kind.
func (v *viewer) until(kind schema.Kind) schema.ChatFrame {
	v.t.Helper()
	for {
		if f := v.next(); f.Kind == kind {
			return f
		}
	}
}

// untilComplete returns the end of a run.
func (v *viewer) untilComplete(runID string) schema.ChatFrame {
	v.t.Helper()
	for {
		if f := v.until(schema.KindComplete); f.RunID == runID {
			return f
		}
	}
}

// ask sends a message and returns how its run ended, once the conversation is free again.
func (h *house) ask(conversation, content string) schema.ChatFrame {
	h.t.Helper()
	v := h.view(conversation, From{})
	defer v.Close()
	sent := h.send(conversation, content)
	end := v.untilComplete(sent.Run)
	h.awaitIdle(conversation)
	return end
}

// awaitIdle waits until a conversation has forgotten its run.
func (h *house) awaitIdle(conversation string) {
	h.t.Helper()
	c, err := h.acquire(h.t.Context(), "", conversation)
	require.NoError(h.t, err)
	defer h.release(c)
	c.mu.Lock()
	turn := c.turn
	c.mu.Unlock()
	if turn != nil {
		<-turn.over
	}
}

// runsWorkspace makes a directory in the workspace.
func (h *house) runsWorkspace(name string) string {
	h.t.Helper()
	dir := filepath.Join(h.config.Workspace, name)
	require.NoError(h.t, os.MkdirAll(dir, 0o700))
	return dir
}

// firstLine is what a run has printed first.
func (h *house) firstLine(id string) string {
	h.t.Helper()
	r, err := h.runs.Open(h.t.Context(), id)
	require.NoError(h.t, err)
	view, err := r.View(0)
	require.NoError(h.t, err)
	defer view.Leave(run.ClientGone)
	event, err := view.Next()
	require.NoError(h.t, err)
	for line := range event.Lines {
		text, err := io.ReadAll(line.Reader())
		require.NoError(h.t, err)
		return string(text)
	}
	return ""
}
