package faults

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"spool/schema"
)

// The disk fails, once, at some write or flush. The server refuses what it could not keep, or
// does not even start; what it has accepted is there when the disk is well again.
func TestD01AFailingDiskLosesNothingThatWasAccepted(t *testing.T) {
	if _, err := exec.LookPath("strace"); err != nil {
		t.Log("strace is not installed: nothing makes the disk fail here")
		return
	}
	for _, call := range []string{"fsync,fdatasync:error=EIO", "pwrite64:error=ENOSPC", "pwrite64:error=EIO"} {
		t.Run(call, func(t *testing.T) {
			w := newWorld(t, "--log-level=error")
			w.start()
			accepted := w.acceptSome("before", 2)
			dice := random(t)
			for i := range times(3, 40) {
				w.kill()
				calls, _, _ := strings.Cut(call, ":")
				w.wrap = []string{
					"strace", "-D", "-f", "-qq", "-o", "/dev/null", "-e", "trace=" + calls,
					"-e", fmt.Sprintf("inject=%s:when=%d", call, 1+dice.IntN(40)),
				}
				if err := w.tryStart(); err == nil {
					accepted = append(accepted, w.acceptSome(fmt.Sprintf("failing-%d", i), 4)...)
					w.kill()
				}
				w.wrap = nil
				w.start()
				w.requireEnded(accepted)
			}
		})
	}
}

// acceptSome asks for n runs once each, and returns those that were accepted.
func (w *world) acceptSome(name string, n int) (ids []string) {
	w.t.Helper()
	for i := range n {
		key := fmt.Sprintf("%s-%d", name, i)
		status, body, err := w.do(w.t.Context(), http.MethodPost, "/api/runs", map[string]string{"prompt": "5 0s " + key, "meta": "DISK"})
		require.NoError(w.t, err)
		var run schema.Run
		require.NoError(w.t, json.Unmarshal(body, &run))
		if status == http.StatusAccepted {
			ids = append(ids, run.ID)
		} else {
			require.GreaterOrEqual(w.t, status, http.StatusInternalServerError, "%s", body)
		}
	}
	return ids
}

// requireEnded waits until every one of these runs has its end.
func (w *world) requireEnded(ids []string) {
	w.t.Helper()
	for _, id := range ids {
		s, err := w.follow(w.t.Context(), id)
		require.NoError(w.t, err)
		require.Equal(w.t, "end", s.end.T, "%+v", s.fault)
		require.Contains(w.t, []schema.State{schema.Succeeded, schema.Interrupted}, s.end.State)
		if s.end.State == schema.Succeeded {
			require.Len(w.t, s.lines, 5)
		}
	}
}

// A bit flips in what is kept of a run, while no server looks. Its output is as it was up to
// there, and then told to be damaged; never is it something else.
func TestD03FlippedBitsAreReported(t *testing.T) {
	w := newWorld(t, "--log-level=error")
	w.start()
	id := w.post(t.Context(), "3000 0s flipped", "flipped")
	good, err := w.follow(t.Context(), id)
	require.NoError(t, err)
	dice, files := random(t), []string{"stdout", "stdout.sum"}
	for i := range times(20, 500) {
		path := filepath.Join(w.dir, "proc", id, files[i%2])
		restore := flip(t, path, dice.IntN)
		s, err := w.follow(t.Context(), id)
		require.NoError(t, err)
		require.Equal(t, schema.OutputDamaged, s.fault.Code, "%s: %+v", files[i%2], s.end)
		require.True(t, slices.Equal(good.lines[:len(s.lines)], s.lines), "%s: other lines than were written", files[i%2])
		restore()
	}
	s, err := w.follow(t.Context(), id)
	require.NoError(t, err)
	require.Equal(t, good, s)
}

// A bit flips in the database. The server says so and does not start, or the records that it
// shows are the ones that were written.
func TestD03FlippedBitsInTheDatabaseAreReported(t *testing.T) {
	w := newWorld(t, "--log-level=error", "--retain-records=24h")
	w.start()
	ids := w.acceptSome("flipped", 5)
	w.requireEnded(ids)
	good := map[string]schema.Run{}
	for _, id := range ids {
		var err error
		good[id], err = w.run(id)
		require.NoError(t, err)
	}
	w.stop()
	dice, refused := random(t), 0
	for range times(6, 200) {
		restore := flip(t, filepath.Join(w.dir, "spool.db"), dice.IntN)
		if err := w.tryStart(); err != nil {
			require.Contains(t, w.log.Tail(2_000), "spool.db")
			refused++
		} else {
			for _, id := range ids {
				if run, err := w.run(id); err == nil {
					require.Equal(t, good[id], run)
				}
			}
			w.kill()
		}
		restore()
	}
	t.Logf("%d times refused to start", refused)
}

// flip flips one bit of a file, and returns how to undo it and everything after it.
func flip(t *testing.T, path string, number func(int) int) (restore func()) {
	t.Helper()
	was, err := os.ReadFile(path)
	require.NoError(t, err)
	bad := append([]byte(nil), was...)
	bad[number(len(bad))] ^= 1 << number(8)
	require.NoError(t, os.WriteFile(path, bad, 0o600))
	return func() {
		for _, suffix := range []string{"-wal", "-shm"} {
			_ = os.Remove(path + suffix)
		}
		require.NoError(t, os.WriteFile(path, was, 0o600))
	}
}
