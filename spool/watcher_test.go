package spool

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// bellOf returns the bell of a watcher that is told by the test alone.
func bellOf() (*Watcher, *Growth) {
	w := &Watcher{dirs: map[string]map[*Growth]struct{}{}}
	ring := make(chan struct{}, 1)
	g := &Growth{C: ring, ring: ring, watcher: w, dir: "dir"}
	w.dirs[g.dir] = map[*Growth]struct{}{g: {}}
	return w, g
}

func rings(g *Growth) bool {
	select {
	case <-g.C:
		return true
	default:
		return false
	}
}

func TestWhatIsWrittenAloneIsToldAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, g := bellOf()
		for range 3 {
			w.tell("dir")
			require.True(t, rings(g))
			time.Sleep(moment)
		}
		w.tell("another")
		require.False(t, rings(g))
		w.tell("")
		require.True(t, rings(g), "anything may have been written")
	})
}

// However much is written, the follower is woken once a moment, and once more at the end.
func TestWhatIsWrittenInABurstIsToldTogether(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, g := bellOf()
		heard := 0
		for range 1000 {
			w.tell("dir")
			if rings(g) {
				heard++
			}
			time.Sleep(moment / 100)
		}
		require.LessOrEqual(t, heard, 10)
		require.Greater(t, heard, 8)
		rings(g)
		w.tell("dir")
		time.Sleep(2 * moment)
		require.True(t, rings(g), "the last write")
		time.Sleep(time.Second)
		require.False(t, rings(g))
	})
}

func TestThePatientAreToldTogether(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, g := bellOf()
		first, second := &Growth{}, &Growth{}
		for _, patient := range []*Growth{first, second} {
			ring := make(chan struct{}, 1)
			*patient = Growth{C: ring, ring: ring, watcher: w, dir: "dir", patient: true}
			w.dirs["dir"][patient] = struct{}{}
		}
		for range 3 {
			require.True(t, w.tell("dir"))
			require.True(t, rings(g))
			time.Sleep(lateness / 2)
			w.tell("dir")
			require.False(t, rings(first) || rings(second), "not yet")
			time.Sleep(lateness / 2)
			synctest.Wait()
			require.True(t, rings(first) && rings(second))
			require.True(t, rings(g))
			time.Sleep(lateness)
			require.False(t, rings(first) || rings(second), "once")
		}
	})
}

func TestNobodyIsToldAfterStop(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, g := bellOf()
		w.notifier = newTestNotifier(t)
		w.tell("dir")
		w.tell("dir")
		require.True(t, rings(g))
		g.Stop()
		time.Sleep(2 * moment)
		require.False(t, rings(g))
	})
}

func newTestNotifier(t *testing.T) *notifier {
	t.Helper()
	n, err := newNotifier()
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, n.close()) })
	return n
}

// Every follower hears of its own directory, whoever else writes at the same time.
func TestFollowersOfManyDirectories(t *testing.T) {
	t.Parallel()
	w, err := NewWatcher()
	require.NoError(t, err)
	defer func() { require.NoError(t, w.Close()) }()
	const many = 50
	root, bells := t.TempDir(), []*Growth(nil)
	for i := range many {
		dir := filepath.Join(root, fmt.Sprint(i))
		require.NoError(t, os.Mkdir(dir, 0o700))
		g, err := w.Watch(dir)
		require.NoError(t, err)
		defer g.Stop()
		bells = append(bells, g)
	}
	for i := range many / 2 {
		appendTo(t, create(t, filepath.Join(root, fmt.Sprint(i), "stdout")), "x\n")
	}
	for _, g := range bells[:many/2] {
		select {
		case <-g.C:
		case <-time.After(10 * time.Second):
			require.Fail(t, "it was not told")
		}
	}
	for _, g := range bells[many/2:] {
		require.False(t, rings(g), "nothing was written there")
	}
}

func create(t *testing.T, path string) string {
	t.Helper()
	require.NoError(t, os.WriteFile(path, nil, 0o600))
	return path
}

func TestADirectoryThatIsNotThereCannotBeWatched(t *testing.T) {
	t.Parallel()
	w, err := NewWatcher()
	require.NoError(t, err)
	defer func() { require.NoError(t, w.Close()) }()
	_, err = w.Watch(filepath.Join(t.TempDir(), "nowhere"))
	require.ErrorIs(t, err, os.ErrNotExist)
}
