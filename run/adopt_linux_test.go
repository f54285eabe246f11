package run

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"spool/schema"
)

func TestD02ADetachedRunGoesOnUnderTheNextServer(t *testing.T) {
	t.Parallel()
	e := leave(t, leftScript, 4, leaveAs("goes-on"))
	h := e.takeOver(t, nil)
	r := e.run(t, h, "goes-on")
	require.Equal(t, schema.Running, r.State())
	require.Equal(t, "goes-on", r.Info().Prompt)
	require.NotNil(t, r.Info().StartedAt)
	require.Len(t, h.log.Lines("adopted run", r.ID), 1)

	view, err := r.View(3) // behind "ready"
	require.NoError(t, err)
	_, err = view.Next()
	require.ErrorIs(t, err, ErrWait)
	h.open(t, "gate")
	require.Len(t, view.read(t).lines, 2)
	view.Leave(ClientGone)
	require.Equal(t, schema.Succeeded, r.end(t).State)
	info := r.Info()
	require.Equal(t, "the answer", *info.Result)
	require.EqualValues(t, 5, info.Lines)
	require.Equal(t, schema.Stop{Rung: "exit", Survivors: []int{}}, *info.Stop)
	require.Nil(t, info.Exit, "nobody knows")
	require.Equal(t, session, h.record(t, r).Session)
	require.Equal(t, readText(t, e.output("goes-on")), strings.Join(replay(t, h.reopen(t, r), 0).lines, "\n")+"\n")
}

func TestD02AnAdoptedRunIsAborted(t *testing.T) {
	t.Parallel()
	e := leave(t, leftScript, 4, leaveAs("interruptible"), leaveAs("deaf"), leaveAs("stays"))
	h := e.takeOver(t, func(c *Config) { c.StopGrace = 4 * time.Second })
	for name, rung := range map[string]string{"interruptible": "interrupt", "deaf": "SIGKILL", "stays": "SIGTERM"} {
		r := e.run(t, h, name)
		require.Equal(t, schema.Running, r.State())
		r.Stop(Abort)
		require.Equal(t, schema.Aborted, r.end(t).State)
		require.Equal(t, rung, r.Info().Stop.Rung, name)
		require.Equal(t, schema.RunAborted, h.record(t, r).Reason.Code)
		requireDead(t, readText(t, e.output(name)))
	}
	require.EqualValues(t, 8, e.run(t, h, "interruptible").Info().Usage.OutputTokens)
}

func TestD02NothingIsAdoptedByWhoStopsWhatIsLeft(t *testing.T) {
	t.Parallel()
	e := leave(t, leftScript, 4, leaveAs("stays"), leaveAs("answers"))
	e.awaitText(t, "answers", `"the answer"`)
	h := e.takeOver(t, func(c *Config) { c.StopLeft = true })
	running, queued := h.Counts()
	require.Zero(t, running+queued, "it is decided before Sweep returns")
	require.Equal(t, schema.Interrupted, e.run(t, h, "stays").Info().State)
	require.Equal(t, leftBehind.Text, e.run(t, h, "stays").Info().Error)
	require.Equal(t, schema.Succeeded, e.run(t, h, "answers").Info().State)
	requireDead(t, readText(t, e.output("stays")))
}

// The server that adopted may be stopped as any other, and its successor finds all decided.
func TestD02AnAdoptedRunIsDrained(t *testing.T) {
	t.Parallel()
	e := leave(t, leftScript, 4, leaveAs("stays"))
	t.Run("the one that adopts", func(t *testing.T) {
		h := e.takeOver(t, nil)
		h.Drain(cancelled(t))
		require.Equal(t, schema.Interrupted, e.run(t, h, "stays").Info().State)
		requireDead(t, readText(t, e.output("stays")))
	})
	t.Run("the next", func(t *testing.T) {
		h := e.takeOver(t, nil)
		info := e.run(t, h, "stays").Info()
		require.Equal(t, schema.Interrupted, info.State)
		require.Equal(t, schema.RunInterrupted, info.Code)
		require.Empty(t, h.log.Lines("run ended"))
		require.Contains(t, replay(t, e.run(t, h, "stays"), 0).lines, "bye")
	})
}

// The limits hold for what was adopted, too: what was written while no server looked counts.
func TestD02TheLimitsOfAnAdoptedRunHold(t *testing.T) {
	t.Parallel()
	e := leave(t, leftScript, 4, leaveAs("goes-on"), leaveAs("stays"))
	h := e.takeOver(t, func(c *Config) { c.IdleTimeout, c.MaxOutput = 4*time.Second, 1<<20 })
	r := e.run(t, h, "goes-on")
	file, err := os.OpenFile(e.output("goes-on"), os.O_APPEND|os.O_WRONLY, 0)
	require.NoError(t, err)
	_, err = file.WriteString(strings.Repeat("x", 1<<20))
	require.NoError(t, err)
	require.NoError(t, file.Close())
	require.Equal(t, schema.OutputLimit, r.end(t).Code())
	require.Equal(t, "SIGKILL", r.Info().Stop.Rung)
	require.Equal(t, schema.TimeoutIdle, e.run(t, h, "stays").end(t).Code())
}
