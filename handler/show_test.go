package handler

import (
	"errors"
	"io"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"spool/run"
	"spool/schema"
	"spool/spool"
)

// recorder is a viewer that writes down what it is told.
type recorder struct {
	told  []string
	infos []schema.InfoEnvelope
	heeds int // how often it goes on; then it has enough
	news  chan string
}

var errEnough = errors.New("enough")

func newRecorder() *recorder { return &recorder{heeds: math.MaxInt, news: make(chan string, 100)} }

func (r *recorder) tell(what string) error {
	r.told = append(r.told, what)
	r.news <- what
	return nil
}

func (r *recorder) tellInfo(e schema.InfoEnvelope) error {
	r.infos = append(r.infos, e)
	return r.tell("info " + e.Info)
}
func (r *recorder) tellLine(l spool.Line) error { return r.tell("line " + string(l.Bytes)) }
func (r *recorder) tellBatch(b spool.Batch) (err error) {
	for line := range b.Lines {
		err = r.tellLine(line)
	}
	return err
}
func (r *recorder) tellStderr(text string) error { return r.tell("stderr " + text) }
func (r *recorder) heed() error {
	if r.heeds--; r.heeds < 0 {
		return errEnough
	}
	return nil
}

func (r *recorder) wait(changed, grown, done <-chan struct{}) error {
	select {
	case <-changed:
	case <-grown:
	case <-done:
	case <-time.After(patience):
		return errors.New("nothing comes")
	}
	return nil
}

// await waits until the viewer is told something.
func (r *recorder) await(t *testing.T, want string) {
	t.Helper()
	for {
		select {
		case got := <-r.news:
			if got == want {
				return
			}
		case <-time.After(patience):
			require.FailNow(t, "it is not told", want)
		}
	}
}

const gated = `echo ready; gate; echo done; echo oops >&2`

func TestAViewerIsToldEverythingOfARun(t *testing.T) {
	t.Parallel()
	h := newHouse(t, gated, func(_ *Config, c *run.Config) { c.MaxRuns = 1 })
	first, firstView := h.begin(t)
	second, secondView := h.begin(t)
	to, shown := newRecorder(), make(chan error, 1)
	go func() { shown <- show(to, second, secondView) }()
	to.await(t, "info queued")
	h.open(t, "gate")
	err := <-shown
	require.ErrorIs(t, err, io.EOF)
	_, ok := errors.AsType[unreadable](err)
	require.True(t, ok, "the end of the output, not of the viewer")
	require.ElementsMatch(t, []string{"info run", "info queued", "line ready", "line done", "stderr oops"}, to.told)
	require.Equal(t, []string{"info run", "info queued"}, to.told[:2])
	require.Equal(t, second.ID, to.infos[0].Run)
	require.Equal(t, 1, to.infos[1].Position)
	wait(t, first.Done())
	firstView.Leave(run.ClientGone)
	secondView.Leave(run.ClientGone)
}

// Every position is told, each once.
func TestAViewerIsToldOfEveryMove(t *testing.T) {
	t.Parallel()
	h := newHouse(t, gated, func(_ *Config, c *run.Config) { c.MaxRuns = 1 })
	var runs []*run.Run
	var views []*run.View
	for range 4 {
		r, view := h.begin(t)
		runs, views = append(runs, r), append(views, view)
	}
	to, shown := newRecorder(), make(chan error, 1)
	go func() { shown <- show(to, runs[3], views[3]) }()
	for i, r := range runs[1:3] {
		to.await(t, "info queued")
		require.Equal(t, 3-i, to.infos[1+i].Position)
		r.Stop(run.Abort)
	}
	to.await(t, "info queued")
	h.open(t, "gate")
	require.ErrorIs(t, <-shown, io.EOF)
	require.Len(t, to.infos, 4)
	require.Equal(t, 1, to.infos[3].Position)
	for _, view := range views {
		view.Leave(run.ClientGone)
	}
}

// A deadline is told before it comes, rounded up, and the end after it.
func TestAViewerIsWarned(t *testing.T) {
	t.Parallel()
	h := newHouse(t, `exec sleep 600`, func(_ *Config, c *run.Config) { c.RunTimeout = 6 * time.Second })
	r, view := h.begin(t)
	to := newRecorder()
	require.ErrorIs(t, show(to, r, view), io.EOF)
	require.Equal(t, []string{"info run", "info deadline"}, to.told)
	require.Equal(t, 1, to.infos[1].InSeconds)
	require.Equal(t, schema.TimeoutWall, r.Outcome().Code())
	view.Leave(run.ClientGone)
}

func TestAViewerThatHasEnoughIsToldNoMore(t *testing.T) {
	t.Parallel()
	// Lines that do not fit into a buffer come one by one.
	h := newHouse(t, `for i in 1 2 3 4 5; do head -c 70000 /dev/zero | tr '\0' x; echo; done`, nil)
	r := h.finished(t)
	for heeds := range 5 {
		view, err := r.View(0)
		require.NoError(t, err)
		to := newRecorder()
		to.heeds = heeds
		require.ErrorIs(t, show(to, r, view), errEnough)
		require.Len(t, to.told, 1+heeds)
		view.Leave(run.ClientGone)
	}
}
