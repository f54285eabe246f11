//go:build linux

package e2e

import (
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"spool/claude"
	"spool/e2e/api"
)

// warm lets a process wait for the next run.
const warm = "--warm=1"

// awaitWarm waits until n processes wait, and have come to rest, and returns the ids that
// they were started under.
func (s *server) awaitWarm(n int) []string {
	s.w.t.Helper()
	require.True(s.w.t, eventually(patience, func() bool { return s.health().Warm.Waiting == n }), "%d processes wait", n)
	ids := s.waiting()
	require.Len(s.w.t, ids, n)
	for _, id := range ids {
		s.w.awaitRest(s.w.pid(id))
	}
	return ids
}

// waiting are the ids of which nobody was told.
func (s *server) waiting() (ids []string) {
	s.w.t.Helper()
	entries, err := os.ReadDir(filepath.Join(s.w.data, "proc"))
	require.NoError(s.w.t, err)
	for _, entry := range entries {
		if status, _ := s.call(http.MethodGet, "/api/runs/"+entry.Name(), nil); status == http.StatusNotFound {
			ids = append(ids, entry.Name())
		}
	}
	return ids
}

// awaitRest waits until a process has used no processor for half a second: it has started.
func (w *world) awaitRest(pid string) {
	w.t.Helper()
	const looks = 10
	last, same := "", 0
	for began := time.Now(); same < looks && time.Since(began) < patience; {
		stat, err := os.ReadFile("/proc/" + pid + "/stat")
		require.NoError(w.t, err)
		used := strings.Join(strings.Fields(string(stat))[13:15], " ")
		if same++; used != last {
			last, same = used, 0
		}
		<-time.After(50 * time.Millisecond)
	}
	require.Equal(w.t, looks, same, "it does not come to rest")
}

func TestWarm_TheNextRunTakesTheProcessAndHasItsFirstLineSoon(t *testing.T) {
	w := newWorld(t)
	s := w.serve(warm)
	for range 3 {
		id := s.awaitWarm(1)[0]
		pid := w.pid(id)
		r := s.finish("hello")
		require.Equal(t, id, r.Run)
		require.Equal(t, "succeeded", r.State)
		require.Equal(t, api.Greeting, r.text())
		w.requireProven(r)
		require.NoFileExists(t, filepath.Join(w.home, ".claude", "sessions", pid+".json"))
		s.finish("hello again", resume(r.Run)) // cold
	}
	h := s.health().Warm
	require.EqualValues(t, 3, h.Hits)
	require.Zero(t, h.Misses)
	warm, cold := h.FirstLine.Warm, h.FirstLine.Cold
	require.EqualValues(t, []int64{3, 3}, []int64{warm.Count, cold.Count})
	require.Less(t, 2*warm.SumSeconds, cold.SumSeconds, "three warm ones against three cold ones")
	t.Logf("to the first line: warm %.0f ms, cold %.0f ms", 1000*warm.SumSeconds/3, 1000*cold.SumSeconds/3)
}

func TestWarm_AnotherKindOfRunIsWarmTheSecondTime(t *testing.T) {
	w := newWorld(t)
	s := w.serve(warm)
	s.awaitWarm(1)
	s.finish("[[words 3]]", partial)
	s.awaitWarm(2)
	r := s.finish("[[words 3]]", partial)
	h := s.health().Warm
	require.Equal(t, []int64{1, 1}, []int64{h.Hits, h.Misses})
	require.Contains(t, s.output(r.Run), `"type":"stream_event"`)
}

func TestWarm_ASessionThatBeganWarmIsContinuedCold(t *testing.T) {
	w := newWorld(t)
	s := w.serve(warm)
	s.awaitWarm(1)
	first := s.finish("the root")
	s.awaitWarm(1)
	second := s.finish("the leaf", resume(first.Run))
	require.Equal(t, "succeeded", second.State)
	require.Equal(t, append(firstTurn("the root"), "user: the leaf"), w.conversations()[1])
	h := s.health().Warm
	require.Equal(t, []int64{1, 0}, []int64{h.Hits, h.Misses})
	require.Equal(t, 1, h.Waiting, "the one that waits is still there")
}

// A process that was started from other settings or credentials than there are now serves no
// run, and does not stay.
func TestWarm_WhatIsOutdatedIsNotUsed(t *testing.T) {
	for name, file := range map[string]string{
		"settings": "settings.json", "credentials": ".credentials.json", "memory": "CLAUDE.md",
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			s := w.serve(warm)
			old := s.awaitWarm(1)[0]
			path := filepath.Join(w.home, ".claude", file)
			require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
			require.NoError(t, os.WriteFile(path, []byte("{}"), 0o600))
			r := s.finish("hello")
			require.Equal(t, "succeeded", r.State)
			require.NotEqual(t, old, r.Run)
			w.requireGone("SPOOL_RUN="+old, patience)
			require.EqualValues(t, 1, s.health().Warm.Drops.Stale)
			id := s.awaitWarm(1)[0]
			require.Equal(t, id, s.finish("hello").Run, "the one that came after it")
		})
	}
}

// Neither other runs nor other starts of the CLI make a process outdated: both write into the
// CLI's files.
func TestWarm_RunsDoNotOutdateEachOther(t *testing.T) {
	w := newWorld(t)
	s := w.serve("--warm=2", "--allowed-tools=Bash", "--allowed-tools=Write")
	s.awaitWarm(2)
	for range 3 {
		require.Equal(t, "succeeded", s.finish("[[bash echo hi >file]]").State)
		require.Equal(t, "succeeded", s.finish("hello").State)
		s.awaitWarm(2)
	}
	h := s.health().Warm
	require.EqualValues(t, 6, h.Hits)
	require.Equal(t, claude.Drops{}, h.Drops)
}

// A process that waited and served nobody has left nothing: not in the CLI's home, not in the
// workspace, not in the data directory.
func TestWarm_WhatServedNobodyLeavesNoTrace(t *testing.T) {
	w := newWorld(t)
	s := w.serve()
	require.Equal(t, "succeeded", s.finish("hello").State) // a home that knows the CLI
	s.stop()
	before := w.files()

	s = w.serve(warm)
	id := s.awaitWarm(1)[0]
	require.Empty(t, w.stdoutOf(id))
	s.stop()
	require.Empty(t, survivors("SPOOL_RUN="+id))
	require.Equal(t, before, w.files())

	s = w.serve(warm) // one that is ended while it still starts
	require.True(t, eventually(patience, func() bool { return s.health().Warm.Waiting == 1 }))
	s.stop()
	require.Equal(t, before, w.files())
}

// files are all files of a world but for the server's own database, with what is in them.
func (w *world) files() map[string]string {
	w.t.Helper()
	all := map[string]string{}
	for _, root := range []string{w.home, w.workspace, w.data} {
		require.NoError(w.t, filepath.WalkDir(root, func(path string, entry os.DirEntry, err error) error {
			if err != nil || strings.Contains(entry.Name(), "spool.db") {
				return err
			}
			all[path] = "a directory"
			if entry.Type().IsRegular() {
				text, err := os.ReadFile(path)
				all[path] = string(text)
				return err
			}
			return nil
		}))
	}
	return all
}

// stdoutOf is what a process has written.
func (w *world) stdoutOf(id string) string {
	w.t.Helper()
	text, err := os.ReadFile(w.stdout(id))
	require.NoError(w.t, err)
	return string(text)
}

func TestWarm_AKilledServerLeavesNothingThatWaited(t *testing.T) {
	w := newWorld(t)
	s := w.serve(warm)
	id := s.awaitWarm(1)[0]
	s.kill()
	w.requireGone("SPOOL_RUN="+id, patience) // it has read the end of its stdin
	require.DirExists(t, filepath.Dir(w.stdout(id)))
	s = w.serve()
	require.NoDirExists(t, filepath.Dir(w.stdout(id)))
	require.Equal(t, "succeeded", s.finish("hello").State)
}

func TestWarm_ARunThatTookAProcessOutlivesItsServer(t *testing.T) {
	w := newWorld(t)
	s := w.serve(warm)
	id := s.awaitWarm(1)[0]
	run := s.start("[[hold]]", partial)
	require.NotEqual(t, id, run, "it is of another kind")
	s.view(run).until("held ")
	s.abort(run)
	run = s.start("[[hold]]")
	require.Equal(t, id, run)
	_, err := w.api.Await(t.Context(), 2)
	require.NoError(t, err)
	s.kill()
	s = w.serve(warm)
	w.api.Release()
	s.output(run)
	require.Equal(t, "succeeded", s.known(run).State)
	w.requireProven(s.known(run))
}

func TestWarm_AProcessThatDiesIsReplaced(t *testing.T) {
	w := newWorld(t)
	s := w.serve(warm)
	id := s.awaitWarm(1)[0]
	pid, err := strconv.Atoi(w.pid(id))
	require.NoError(t, err)
	require.NoError(t, syscall.Kill(pid, syscall.SIGKILL))
	require.True(t, eventually(patience, func() bool { return s.health().Warm.Drops.Dead == 1 }))
	next := s.awaitWarm(1)[0]
	require.NotEqual(t, id, next)
	require.NoDirExists(t, filepath.Dir(w.stdout(id)))
	require.Equal(t, next, s.finish("hello").Run)
}

// What the tool leaves in the background goes with the run, and the one that waits stays.
func TestWarm_S11_TheChildrenOfAToolGoWithTheirRun(t *testing.T) {
	w := newWorld(t)
	s := w.serve(warm, "--allowed-tools=Bash")
	s.awaitWarm(1)
	sleeper := w.nap()
	r := s.finish("[[bash setsid sleep " + sleeper + " >/dev/null 2>&1 & echo started]]")
	require.Equal(t, "succeeded", r.State)
	w.requireProven(r)
	w.requireGone(sleeper, time.Second)
	id := s.awaitWarm(1)[0]

	sleeper = w.nap()
	run := s.start("[[bash sleep " + sleeper + "]]")
	require.Equal(t, id, run)
	w.requireRunning(sleeper, 1)
	aborted, _ := s.abort(run)
	require.Equal(t, "aborted", aborted.State)
	w.requireProven(aborted)
	w.requireGone(sleeper, time.Second)
	require.EqualValues(t, 2, s.health().Warm.Hits)
}
