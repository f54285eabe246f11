package run

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"spool/claude"
	"spool/schema"
	"spool/store"
)

func TestADeadlineWarnsBeforeItComes(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ all, left, warn, due time.Duration }{
		{time.Hour, time.Hour, time.Hour - maxLead, time.Hour},
		{5 * time.Minute, 5 * time.Minute, 4*time.Minute + 30*time.Second, 5 * time.Minute},
		{time.Minute, time.Minute, 54 * time.Second, time.Minute},
		{time.Second, time.Second, 900 * time.Millisecond, time.Second},
		{time.Hour, time.Minute, 30 * time.Second, time.Minute}, // of a run that went on without a server
		{time.Hour, time.Second, 0, time.Second},
		{time.Hour, 0, 0, 0},
		{time.Hour, -time.Hour, 0, 0},
	} {
		synctest.Test(t, func(t *testing.T) {
			start := time.Now()
			d := newDeadline(test.all, test.left)
			require.Equal(t, test.left, d.at.Sub(start))
			<-d.warn
			require.Equal(t, test.warn, time.Since(start))
			<-d.due
			require.Equal(t, test.due, time.Since(start))
		})
	}
}

func TestOutputMovesTheIdleDeadline(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newLoose(Config{IdleTimeout: 10 * time.Second})
		w := &watch{run: h.newRun(store.Run{})}
		w.restIdle()
		<-w.idle.warn
		w.run.warn(w.idle.at)
		rings := w.run.Changed()
		w.restIdle()
		require.True(t, w.run.Warning().IsZero(), "clients are told that it has moved away")
		require.True(t, hasRung(rings))
		require.Equal(t, 10*time.Second, time.Until(w.idle.at))

		<-w.idle.warn
		w.wallIsClose = true
		w.run.warn(w.idle.at)
		w.restIdle()
		require.False(t, w.run.Warning().IsZero(), "the other deadline stays where it is")

		was := w.idle
		w.turn.Result = &claude.Result{}
		w.restIdle()
		require.Equal(t, was, w.idle, "a run with a result has no deadline")
	})
}

// newLoose is a registry that can do nothing but know its configuration.
func newLoose(c Config) *Registry {
	return NewRegistry(c, &claude.Agent{}, nil, nil, NewMask(nil), discard)
}

func TestWithoutAnIdleTimeoutThereIsNoDeadline(t *testing.T) {
	t.Parallel()
	w := &watch{run: newLoose(Config{}).newRun(store.Run{})}
	w.restIdle()
	require.Zero(t, w.idle)
}

func TestARunsWallClock(t *testing.T) {
	t.Parallel()
	g := newLoose(Config{RunTimeout: time.Hour})
	require.Equal(t, time.Hour, g.newRun(store.Run{}).timeout())
	short := store.Run{Run: schema.Run{Options: schema.Options{TimeoutSeconds: 7}}}
	require.Equal(t, 7*time.Second, g.newRun(short).timeout())
}

// await waits until something that the run tells about itself is so.
func (r *Run) await(t *testing.T, so func() bool) {
	t.Helper()
	for late := time.After(patience); ; {
		changed := r.Changed()
		if so() {
			return
		}
		select {
		case <-changed:
		case <-late:
			require.FailNow(t, "it does not come")
		}
	}
}

func TestARunIsWarnedOfItsWallClock(t *testing.T) {
	t.Parallel()
	h := newHouse(t, `ticks`, nil)
	r, view := h.submit(t, func(q *Request) { q.TimeoutSeconds = 4 })
	r.await(t, func() bool { return !r.Warning().IsZero() })
	started := r.Info().StartedAt
	require.WithinDuration(t, started.Add(4*time.Second), r.Warning(), time.Second)
	o := r.end(t)
	require.Equal(t, schema.TimedOut, o.State)
	require.Equal(t, schema.TimeoutWall, o.Code())
	require.Equal(t, "the run took longer than 4s: it was stopped", o.Error.Text)
	require.False(t, r.Info().EndedAt.Before(r.Warning()), "it ends no earlier than it was warned")
	require.Equal(t, schema.TimeoutWall, h.record(t, r).Reason.Code)
	view.Leave(ClientGone)
}

func TestARunIsWarnedOfItsIdleDeadline(t *testing.T) {
	t.Parallel()
	h := newHouse(t, `echo x; exec sleep 600`, func(c *Config) { c.IdleTimeout = 4 * time.Second })
	r, view := h.submit(t)
	r.await(t, func() bool { return !r.Warning().IsZero() })
	warned := r.Warning()
	o := r.end(t)
	require.False(t, r.Info().EndedAt.Before(warned))
	require.Equal(t, schema.TimedOut, o.State)
	require.Equal(t, schema.TimeoutIdle, o.Code())
	require.Equal(t, "no output for 4s: it was stopped", o.Error.Text)
	view.Leave(ClientGone)
}

// Deadlines begin with the prompt.
func TestARunThatWaitsHasNoDeadline(t *testing.T) {
	t.Parallel()
	h := newHouse(t, `exec sleep 600`, func(c *Config) { c.MaxRuns, c.IdleTimeout = 1, time.Minute })
	first, firstView := h.submit(t)
	first.await(t, func() bool { return first.State() == schema.Running })
	second, secondView := h.submit(t, func(q *Request) { q.TimeoutSeconds = 1 })
	select {
	case <-time.After(1500 * time.Millisecond):
	case <-second.Done():
		require.FailNow(t, "it has ended in the queue")
	}
	require.Nil(t, second.Info().StartedAt)
	require.Zero(t, second.Warning())
	secondView.Leave(ClientGone)
	firstView.Leave(ClientGone)
}
