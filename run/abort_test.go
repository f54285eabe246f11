package run

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"spool/schema"
)

// Lines of scripts that speak as the CLI does.
const (
	// readPrompt takes the prompt's line.
	readPrompt = `read -r prompt;`
	// brokenOff is the result of a turn that was interrupted.
	brokenOff = `echo '{"type":"result","subtype":"error_during_execution","is_error":true,"num_turns":2,"total_cost_usd":0.25,"usage":{"input_tokens":3,"output_tokens":4}}';`
	// obeys answers an interrupt, and exits at the end of its stdin, as the CLI does.
	obeys = sessionLine + readPrompt + `echo ready; while read -r line; do case "$line" in *'"subtype":"interrupt"'*) ` + brokenOff + ` esac; done; exit 1`
	// ignores does neither.
	ignores = sessionLine + readPrompt + `echo ready; spin`
)

// awaitReady waits for the line with which a script says that it is ready.
func awaitReady(t *testing.T, v *View) {
	t.Helper()
	v.awaitEvent(t, says("ready"))
}

// abort starts a run, aborts it when it is ready, and returns it at its end, with the time
// that took.
func (h house) abort(t *testing.T) (*Run, time.Duration) {
	t.Helper()
	r, view := h.submit(t, detached)
	defer view.Leave(ClientGone)
	awaitReady(t, view)
	start := time.Now()
	r.Stop(Abort)
	o := r.end(t)
	took := time.Since(start)
	require.Equal(t, schema.Aborted, o.State)
	require.Equal(t, schema.RunAborted, o.Code())
	require.Empty(t, o.Proof.Survivors)
	record := h.record(t, r)
	require.Equal(t, schema.Aborted, record.State)
	require.Equal(t, *Abort, Reason(*record.Reason))
	require.Equal(t, string(o.Proof.Rung), record.Stop.Rung)
	require.Equal(t, session, record.Session, "it can be resumed")
	return r, took
}

func TestAnAbortBreaksTheTurnOff(t *testing.T) {
	t.Parallel()
	h := newHouse(t, obeys, func(c *Config) { c.StopGrace = time.Minute })
	r, took := h.abort(t)
	require.Less(t, took, 10*time.Second)
	info := r.Info()
	require.Equal(t, "interrupt", info.Stop.Rung)
	require.Equal(t, schema.Exit{Code: 1}, *info.Exit, "it ended by itself")
	require.Equal(t, schema.Usage{InputTokens: 3, OutputTokens: 4, Turns: 2, CostUSD: 0.25}, *info.Usage, "what it cost is known")
	require.Empty(t, *info.Result)
}

// Half of the grace is for the interrupt, then comes SIGTERM.
func TestAnAbortGoesOnToSIGTERM(t *testing.T) {
	t.Parallel()
	h := newHouse(t, ignores, func(c *Config) { c.StopGrace = 4 * time.Second })
	r, took := h.abort(t)
	require.Equal(t, "SIGTERM", r.Info().Stop.Rung)
	require.Equal(t, "SIGTERM", r.Info().Exit.Signal)
	require.GreaterOrEqual(t, took, 2*time.Second)
	require.Nil(t, r.Info().Usage)
	require.Nil(t, r.Info().Result)
}

func TestAnAbortEndsWhatIgnoresEverything(t *testing.T) {
	t.Parallel()
	h := newHouse(t, `trap '' TERM INT HUP;`+ignores, func(c *Config) { c.StopGrace = 2 * time.Second })
	r, took := h.abort(t)
	require.Equal(t, "SIGKILL", r.Info().Stop.Rung)
	require.Equal(t, "SIGKILL", r.Info().Exit.Signal)
	require.GreaterOrEqual(t, took, 2*time.Second)
	require.Less(t, took, 10*time.Second)
}

// One that answers the interrupt and hangs has the result grace.
func TestAnAbortEndsWhatHangsAfterItsAnswer(t *testing.T) {
	t.Parallel()
	hangs := sessionLine + readPrompt + `echo ready; read -r line;` + brokenOff + `spin`
	h := newHouse(t, hangs, func(c *Config) { c.StopGrace, c.ResultGrace = time.Hour, time.Second })
	r, took := h.abort(t)
	require.Equal(t, "SIGKILL", r.Info().Stop.Rung, "it is not asked again")
	require.GreaterOrEqual(t, took, time.Second)
	require.EqualValues(t, 4, r.Info().Usage.OutputTokens)
}

// A program that does not speak as the CLI does cannot be interrupted.
func TestAnAbortOfAPlainProgramIsSIGTERM(t *testing.T) {
	t.Parallel()
	h := newHouse(t, `trap 'echo "bye"; exit 0' TERM; echo ready; spin`, func(c *Config) { c.StopGrace = time.Hour })
	r, view := h.submit(t)
	awaitReady(t, view)
	r.Stop(Abort)
	require.Equal(t, []string{"bye"}, view.read(t).lines)
	require.Equal(t, schema.Aborted, r.end(t).State)
	require.Equal(t, "SIGTERM", r.Info().Stop.Rung)
	view.Leave(ClientGone)
}

// Who leaves, or is late, does not wait for an answer.
func TestOnlyAnAbortInterrupts(t *testing.T) {
	t.Parallel()
	for _, reason := range []*Reason{ClientGone, SlowViewer, TooManyCalls, ServerStops} {
		h := newHouse(t, obeys, func(c *Config) { c.StopGrace = time.Hour })
		r, view := h.submit(t)
		awaitReady(t, view)
		r.Stop(reason)
		require.NotEqual(t, rungInterrupt, r.end(t).Proof.Rung)
		require.Equal(t, reason.State, r.Outcome().State)
		require.Empty(t, view.read(t))
		view.Leave(ClientGone)
	}
}
