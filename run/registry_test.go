package run

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"spool/procman"
	"spool/schema"
)

// Lines with which the CLI begins a turn and ends it.
const (
	initLine   = `echo '{"type":"system","subtype":"init"}';`
	resultLine = `echo '{"type":"result","is_error":false,"result":"done"}';`
)

func TestARunHasOneOutcome(t *testing.T) {
	t.Parallel()
	for script, want := range map[string]schema.Code{
		"echo hi": "", "exit 3": schema.ExitNonzero, "kill -KILL $$": schema.KilledBySignal, initLine + "exit 0": schema.Incomplete,
		initLine + resultLine + "exec sleep 600": "", "exec sleep 600": schema.TimeoutWall, "yes": schema.OutputLimit,
		"while :; do sleep 100 & done": schema.ProcessLimit,
	} {
		t.Run(script, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t, script, func(c *Config) {
				if want == schema.TimeoutWall {
					c.RunTimeout = time.Second
				}
			})
			r, view := h.submit(t)
			o := r.end(t)
			require.Equal(t, want, o.Code())
			require.Empty(t, o.Proof.Survivors)
			require.Equal(t, o.State, r.State())
			view.Leave(ClientGone)
			h.Drain(t.Context())
			require.Len(t, h.log.Lines("run ended"), 1)
			running, queued := h.Counts()
			require.Zero(t, running+queued)
		})
	}
}

func TestTheFirstReasonCounts(t *testing.T) {
	t.Parallel()
	h := newHouse(t, "echo ready; exec sleep 600", nil)
	r, view := h.submit(t)
	for range 3 {
		r.Stop(TooManyCalls)
		r.Stop(ServerStops)
	}
	require.Equal(t, schema.Busy, r.end(t).Code())
	r.Stop(ServerStops)
	require.Equal(t, schema.Aborted, r.Outcome().State)
	view.Leave(ClientGone)
}

func TestAStopThatMeetsTheEndLeavesOneOutcome(t *testing.T) {
	t.Parallel()
	h := newHouse(t, "exit 0", func(c *Config) { c.MaxQueue = 100 })
	for range 30 {
		r, view := h.submit(t)
		go r.Stop(ClientGone)
		require.Contains(t, []schema.State{schema.Succeeded, schema.Aborted}, r.end(t).State)
		view.Leave(ClientGone)
	}
	h.Drain(t.Context())
	require.Len(t, h.log.Lines("run ended"), 30)
}

func TestARunThatWaitsIsStoppedWithoutAProcess(t *testing.T) {
	t.Parallel()
	h := newHouse(t, "echo ready; exec sleep 600", func(c *Config) { c.MaxRuns = 1 })
	first, firstView := h.submit(t)
	second, secondView := h.submit(t)
	require.Equal(t, 1, second.Position())
	require.Equal(t, schema.Queued, second.State())
	second.Stop(ClientGone)
	require.Equal(t, schema.Aborted, second.end(t).State)
	require.Empty(t, secondView.read(t))
	awaitLine(t, firstView)
	first.Stop(ClientGone)
	require.Equal(t, procman.RungTerm, first.end(t).Proof.Rung)
	firstView.Leave(ClientGone)
	secondView.Leave(ClientGone)
}

func TestSubmitRefuses(t *testing.T) {
	t.Parallel()
	h := newHouse(t, "exec sleep 600", func(c *Config) { c.MaxRuns, c.MaxQueue = 1, 0 })
	_, _, err := h.Submit(t.Context(), Request{Payload: schema.Payload{Prompt: "hi", Meta: "A", Options: schema.Options{TimeoutSeconds: 61}}})
	require.ErrorIs(t, err, schema.NewError(schema.ForbiddenOption, ""))
	r, view := h.submit(t)
	_, _, err = h.Submit(t.Context(), Request{Payload: schema.Payload{Prompt: "hi", Meta: "A"}})
	require.ErrorIs(t, err, schema.NewError(schema.Overloaded, ""))
	r.Stop(ClientGone)
	r.end(t)
	view.Leave(ClientGone)
	require.NoError(t, os.RemoveAll(h.procDir()))
	_, _, err = h.Submit(t.Context(), Request{Payload: schema.Payload{Prompt: "hi", Meta: "A"}})
	require.ErrorIs(t, err, schema.NewError(schema.Internal, ""))
	require.NotContains(t, err.Error(), "/", "the cause is for the log")
	require.Contains(t, h.log.String(), h.procDir())
	require.NoError(t, os.MkdirAll(h.procDir(), 0o700))
	_, view = h.submit(t) // what was refused holds no place
	h.Drain(cancelled(t))
	_, _, err = h.Submit(t.Context(), Request{Payload: schema.Payload{Prompt: "hi", Meta: "A"}})
	require.ErrorIs(t, err, schema.NewError(schema.Draining, ""))
	view.Leave(ClientGone)
}

func cancelled(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	return ctx
}

func TestDrainLetsRunsEndAndSendsAwayThoseThatWait(t *testing.T) {
	t.Parallel()
	h := newHouse(t, "gate; echo ok", func(c *Config) { c.MaxRuns = 1 })
	first, firstView := h.submit(t)
	second, secondView := h.submit(t)
	drained := make(chan struct{})
	go func() { defer close(drained); h.Drain(t.Context()) }()
	require.Equal(t, schema.Draining, second.end(t).Code())
	require.NoError(t, os.WriteFile(filepath.Join(h.config.Workspace, "gate"), nil, 0o600))
	<-drained
	require.Equal(t, schema.Succeeded, first.end(t).State)
	require.Equal(t, []string{"ok"}, firstView.read(t).lines)
	firstView.Leave(ClientGone)
	secondView.Leave(ClientGone)
}

func TestHurryLeavesOutTheGrace(t *testing.T) {
	t.Parallel()
	h := newHouse(t, "trap '' TERM; echo ready; spin", func(c *Config) { c.StopGrace = time.Hour })
	r, view := h.submit(t)
	awaitLine(t, view)
	drained := make(chan struct{})
	go func() { defer close(drained); h.Drain(cancelled(t)) }()
	require.Eventually(t, func() bool { return r.reason() != nil }, patience, time.Millisecond)
	start := time.Now()
	h.Hurry()
	<-drained
	require.Less(t, time.Since(start), 5*time.Second)
	require.Equal(t, procman.RungKill, r.end(t).Proof.Rung)
	require.Equal(t, schema.Interrupted, r.Outcome().State)
	view.Leave(ClientGone)
}

// A process that is asked to end and answers with a flood is not waited for.
func TestTheOutputLimitHoldsWhileARunIsStopped(t *testing.T) {
	t.Parallel()
	h := newHouse(t, "trap yes TERM; echo ready; spin", func(c *Config) { c.StopGrace = time.Hour })
	r, view := h.submit(t)
	awaitLine(t, view)
	r.Stop(ClientGone)
	o := r.end(t)
	require.Equal(t, schema.Aborted, o.State, "the first reason counts")
	require.Equal(t, procman.RungKill, o.Proof.Rung)
	view.Leave(ClientGone)
}

// awaitLine waits until a view has its first line.
func awaitLine(t *testing.T, v *View) {
	t.Helper()
	require.Eventually(t, func() bool { e, err := v.Next(); return err == nil && e.Frame == nil }, patience, time.Millisecond)
}

func TestSweepRemovesWhatAnEarlierServerLeft(t *testing.T) {
	t.Parallel()
	h := newHouse(t, "exit 0", nil)
	old := filepath.Join(h.procDir(), "run_"+strings.Repeat("a", 26))
	require.NoError(t, os.MkdirAll(old, 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(old, "stdout"), []byte("x"), 0o600))
	require.NoError(t, h.Sweep(t.Context()))
	require.NoDirExists(t, old)
	require.DirExists(t, h.config.Workspace)
}

func TestErrorsAndTheLogHideSecrets(t *testing.T) {
	t.Parallel()
	h := newHouse(t, "echo 'the key is "+secret+"' >&2; exit 1", nil)
	r, view := h.submit(t)
	require.Equal(t, "claude ended with status 1: the key is [masked]", r.end(t).Error.Text)
	require.Equal(t, []string{"the key is [masked]"}, view.read(t).stderr)
	view.Leave(ClientGone)
	require.NotContains(t, h.log.String(), "SECRET")
}

func TestAFailedResultsTextIsBounded(t *testing.T) {
	t.Parallel()
	h := newHouse(t, `printf '{"type":"result","is_error":true,"result":"`+secret+` %s"}\n' "$(yes é | head -c 30000 | tr -d '\n')"`, nil)
	r, view := h.submit(t)
	text := r.end(t).Error.Text
	require.Equal(t, schema.APIError, r.Outcome().Code())
	require.True(t, strings.HasPrefix(text, "[masked] éé"), text[:20])
	require.LessOrEqual(t, len(text), maxErrorText+len("…"))
	view.Leave(ClientGone)
}
