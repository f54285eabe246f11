package run

import (
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"spool/procman"
	"spool/schema"
)

func TestHurryCutsAnInterruptShort(t *testing.T) {
	t.Parallel()
	h := newHouse(t, `trap '' TERM;`+ignores, func(c *Config) { c.StopGrace = time.Hour })
	r, view := h.submit(t)
	awaitReady(t, view)
	r.Stop(Abort)
	h.Hurry()
	require.Equal(t, procman.RungKill, r.end(t).Proof.Rung)
	require.Equal(t, schema.Aborted, r.Outcome().State)
	view.Leave(ClientGone)
}

// An answer to the interrupt that goes beyond the limit leaves no grace.
func TestTheOutputLimitHoldsWhileARunIsInterrupted(t *testing.T) {
	t.Parallel()
	floods := `trap '' TERM;` + sessionLine + readPrompt + `echo ready; read -r line; yes | head -c 2000000; spin`
	h := newHouse(t, floods, func(c *Config) { c.StopGrace = time.Hour })
	r, _ := h.abort(t)
	require.Equal(t, "SIGKILL", r.Info().Stop.Rung)
}

func TestN09TenAbortsAtOnceAreOne(t *testing.T) {
	t.Parallel()
	h := newHouse(t, obeys, func(c *Config) { c.StopGrace = time.Minute })
	r, view := h.submit(t, detached)
	awaitReady(t, view)
	var all sync.WaitGroup
	for range 10 {
		all.Go(func() {
			again, err := h.Open(t.Context(), r.ID)
			if err != nil {
				t.Error(err)
				return
			}
			again.Stop(Abort)
			<-again.Done()
			if again.Info().State != schema.Aborted {
				t.Error(again.Info().State)
			}
		})
	}
	all.Wait()
	end := h.record(t, r)
	h.reopen(t, r).Stop(Abort) // also later: it stays as it is
	r.Stop(ClientGone)
	require.Equal(t, end, h.record(t, r))
	require.Equal(t, "interrupt", end.Stop.Rung)
	view.Leave(ClientGone)
	h.Drain(t.Context())
	require.Len(t, h.log.Lines("run ended"), 1)
}

// Whatever comes first, there is one end, and everybody is told the same.
func TestN09AnAbortThatMeetsTheEnd(t *testing.T) {
	t.Parallel()
	const runs = 200
	h := newHouse(t, sessionLine+readPrompt+resultLine, func(c *Config) { c.MaxQueue = runs })
	states := map[schema.State]int{}
	for range runs / 4 {
		var four []*Run
		for range 4 {
			r, view := h.submit(t, detached)
			view.Leave(ClientGone)
			four = append(four, r)
			time.AfterFunc(rand.N(20*time.Millisecond), func() { r.Stop(Abort) })
		}
		for _, r := range four {
			o := r.end(t)
			states[o.State]++
			record := h.record(t, r)
			require.Equal(t, o.State, record.State)
			require.Equal(t, o.Code(), record.Code)
			require.Equal(t, string(schema.Encode(r.Info())), string(schema.Encode(record.Run)))
			require.Contains(t, []schema.State{schema.Succeeded, schema.Aborted}, o.State)
			require.Empty(t, o.Proof.Survivors)
		}
	}
	h.Drain(t.Context())
	require.Len(t, h.log.Lines("run ended"), runs)
	t.Log(states)
}
