package handler

import (
	"context"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"spool/logtest"
	"spool/run"
)

// counted is a context that counts what waits for its end.
type counted struct {
	context.Context
	waiting atomic.Int64
}

// Value hides what is inside, which would be asked instead.
func (c *counted) Value(any) any { return nil }

// AfterFunc is what context.AfterFunc calls.
func (c *counted) AfterFunc(f func()) func() bool {
	c.waiting.Add(1)
	inner := context.AfterFunc(c.Context, f)
	return func() bool {
		c.waiting.Add(-1)
		return inner()
	}
}

// Sockets come and go for as long as the server lives: nothing of one that has left may wait
// for the server's end.
func TestASocketThatHasLeftWaitsForNothing(t *testing.T) {
	t.Parallel()
	h := house{dir: t.TempDir(), log: &logtest.Buffer{}}
	registry, _ := h.registry(t, "echo done", run.Config{
		DataDir: h.dir, Workspace: h.dir + "/work", RunTimeout: time.Minute, StopGrace: time.Second, ResultGrace: time.Second, MaxRuns: 4, MaxOutput: 1 << 20,
	})
	config := Config{PromptTimeout: time.Minute, StallTimeout: time.Minute, PingInterval: time.Minute, MaxConnections: 10}
	h.Server = New(config, registry, nil, nil, slog.New(slog.NewTextHandler(h.log, nil)))
	open := &counted{Context: h.connections.open}
	h.connections.open = open
	h.address = serve(t, h.Server)
	for _, text := range []string{"", `{"prompt":"hi","meta":"A"}`, "{"} {
		conn := dial(t, h.address)
		_, _, err := conn.ReadMessage()
		require.NoError(t, err)
		require.Eventually(t, func() bool { return open.waiting.Load() == 1 }, patience, time.Millisecond)
		if text != "" {
			require.NoError(t, conn.WriteMessage(1, []byte(text)))
			for err == nil {
				_, _, err = conn.ReadMessage()
			}
		}
		require.NoError(t, conn.Close())
		h.awaitIdle(t)
		require.Eventually(t, func() bool { return open.waiting.Load() == 0 }, patience, time.Millisecond)
	}
}
