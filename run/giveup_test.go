package run

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"spool/schema"
)

// gated is a script that ends when a gate is opened.
const gated = `echo ready; gate; echo done`

// views opens n more views of a run.
func (r *Run) views(t *testing.T, n int) (views []*View) {
	t.Helper()
	for range n {
		view, err := r.View(0)
		require.NoError(t, err)
		views = append(views, view)
	}
	return views
}

func TestTheLastViewerEndsARunThatIsNotDetached(t *testing.T) {
	t.Parallel()
	h := newHouse(t, `echo ready; exec sleep 600`, nil)
	r, first := h.submit(t)
	views := r.views(t, 2)
	awaitLine(t, first)
	first.Leave(ClientGone)
	first.GiveUp(ClientGone) // again is nothing new
	first.GiveUp(ClientGone)
	views[0].GiveUp(TooManyCalls)
	require.Nil(t, r.reason(), "somebody looks at it")
	awaitLine(t, views[0]) // who has given up may read on

	views[1].Leave(SlowViewer)
	o := r.end(t)
	require.Equal(t, schema.SlowClient, o.Code(), "the last one's reason")
	require.Equal(t, schema.SlowClient, h.record(t, r).Reason.Code)
	views[0].Leave(ClientGone)
}

func TestADetachedRunNeedsNoViewer(t *testing.T) {
	t.Parallel()
	h := newHouse(t, gated, nil)
	r, view := h.submit(t, detached)
	awaitLine(t, view)
	view.Leave(ClientGone)
	for _, again := range r.views(t, 3) {
		again.GiveUp(SlowViewer)
		again.Leave(ClientGone)
	}
	require.Nil(t, r.reason())
	h.open(t, "gate")
	require.Equal(t, schema.Succeeded, r.end(t).State)
	require.Equal(t, []string{"ready", "done"}, replay(t, r, 0).lines)
}

// Many may come and go as long as one stays.
func TestViewersComeAndGo(t *testing.T) {
	t.Parallel()
	h := newHouse(t, gated, nil)
	r, stays := h.submit(t)
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			for range 20 {
				view, err := r.View(0)
				if err != nil {
					t.Error(err)
					return
				}
				go view.GiveUp(ClientGone)
				view.Leave(ClientGone)
			}
		})
	}
	all.Wait()
	require.Nil(t, r.reason())
	h.open(t, "gate")
	require.Equal(t, []string{"ready", "done"}, stays.read(t).lines)
	stays.Leave(ClientGone)
	require.Equal(t, schema.Succeeded, r.end(t).State)
}

// One that waits in the queue gives its place up, and no process is started for it.
func TestARunThatWaitsEndsWithItsViewer(t *testing.T) {
	t.Parallel()
	h := newHouse(t, gated, func(c *Config) { c.MaxRuns, c.MaxQueue = 1, 1 })
	first, firstView := h.submit(t)
	second, secondView := h.submit(t)
	_, _, err := h.Submit(t.Context(), Request{Payload: schema.Payload{Prompt: "hi", Meta: "A"}})
	require.ErrorIs(t, err, schema.NewError(schema.Overloaded, ""))
	secondView.Leave(ClientGone)
	require.Equal(t, schema.Aborted, second.end(t).State)
	require.Nil(t, second.Info().Stop, "there was no process")
	require.Nil(t, second.Info().StartedAt)

	third, thirdView := h.submit(t)
	require.Equal(t, 1, third.Position())
	h.open(t, "gate")
	require.Equal(t, []string{"ready", "done"}, thirdView.read(t).lines)
	require.Equal(t, schema.Succeeded, first.end(t).State)
	firstView.Leave(ClientGone)
	thirdView.Leave(ClientGone)
}
