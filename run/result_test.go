package run

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"spool/procman"
	"spool/schema"
)

// flushes is a CLI that writes its session down after its result.
const flushes = sessionLine + readPrompt + `echo ready; gate;` + resultLine + `cat >/dev/null; sleep 0.1; echo $$ >flushed`

// Who has the result and leaves takes nothing from the run: it has succeeded, and the CLI
// gets the time to write its session down.
func TestARunWithAResultIsNotCutShort(t *testing.T) {
	t.Parallel()
	for name, stop := range map[string]func(*Run, *View){
		"its viewer leaves": func(_ *Run, view *View) { view.Leave(ClientGone) },
		"it is aborted":     func(r *Run, _ *View) { r.Stop(Abort) },
		"the server stops":  func(r *Run, _ *View) { r.Stop(ServerStops) },
		"it is late":        func(r *Run, _ *View) { r.Stop(timedOut(schema.TimeoutWall, "late")) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for range 10 {
				h := newHouse(t, flushes, func(c *Config) { c.ResultGrace = time.Minute })
				r, view := h.submit(t)
				awaitReady(t, view)
				h.open(t, "gate")
				awaitLine(t, view) // the result
				stop(r, view)
				o := r.end(t)
				require.Equal(t, schema.Succeeded, o.State)
				require.Equal(t, procman.RungExit, o.Proof.Rung)
				require.FileExists(t, filepath.Join(h.config.Workspace, "flushed"))
				require.Nil(t, h.record(t, r).Reason)
				view.Leave(ClientGone)
			}
		})
	}
}

// The result grace is all the time that there is.
func TestARunThatHangsAfterItsResultIsEnded(t *testing.T) {
	t.Parallel()
	hangs := initLine + readPrompt + resultLine + `spin`
	for name, stop := range map[string]func(house, *Run){
		"by itself": func(house, *Run) {},
		"aborted":   func(_ house, r *Run) { r.Stop(Abort) },
	} {
		h := newHouse(t, hangs, func(c *Config) { c.StopGrace, c.ResultGrace = time.Hour, 2*time.Second })
		r, view := h.submit(t, detached)
		awaitResult(t, view)
		start := time.Now()
		stop(h, r)
		o := r.end(t)
		require.Equal(t, schema.Succeeded, o.State, name)
		require.Equal(t, procman.RungKill, o.Proof.Rung, name)
		require.GreaterOrEqual(t, time.Since(start), 500*time.Millisecond, name)
		view.Leave(ClientGone)
	}
}

func TestHurryLeavesOutTheResultGrace(t *testing.T) {
	t.Parallel()
	hangs := initLine + readPrompt + resultLine + `spin`
	h := newHouse(t, hangs, func(c *Config) { c.StopGrace, c.ResultGrace = time.Hour, time.Hour })
	r, view := h.submit(t)
	awaitResult(t, view)
	r.Stop(ServerStops)
	h.Hurry()
	require.Equal(t, schema.Succeeded, r.end(t).State)
	require.Equal(t, procman.RungKill, r.Outcome().Proof.Rung)
	view.Leave(ClientGone)
}

// A limit counts more than a result.
func TestTheOutputLimitHoldsAfterAResult(t *testing.T) {
	t.Parallel()
	floods := initLine + readPrompt + resultLine + `gate; yes | head -c 2000000; spin`
	for _, stays := range []bool{true, false} {
		h := newHouse(t, floods, func(c *Config) { c.StopGrace, c.ResultGrace = time.Hour, time.Hour })
		r, view := h.submit(t)
		awaitResult(t, view)
		if !stays {
			view.Leave(ClientGone)
		}
		h.open(t, "gate")
		o := r.end(t)
		require.Equal(t, procman.RungKill, o.Proof.Rung)
		if stays {
			require.Equal(t, schema.OutputLimit, o.Code())
			view.Leave(ClientGone)
		}
	}
}

// awaitResult waits for a result line.
func awaitResult(t *testing.T, v *View) {
	t.Helper()
	v.awaitEvent(t, says(`{"type":"result`))
}
