package faults

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"spool/schema"
)

// newSmallWorld is a world whose data directory is a file system of so many MiB. It exists
// for the server alone, so that nobody has to be root, and goes with it. The tests reach it
// through the server's own view of the file system.
func newSmallWorld(t *testing.T, mebibytes int) *world {
	t.Helper()
	w := newWorld(t, "--log-level=warn")
	mount := filepath.Dir(w.dir)
	script := fmt.Sprintf(`mount -t tmpfs -o size=%dm,mode=700 tmpfs %q && exec "$@"`, mebibytes, mount)
	w.wrap = []string{"unshare", "--mount", "--map-root-user", "sh", "-c", script, "sh"}
	w.start()
	return w
}

// within is a path as the server sees it.
func (w *world) within(path string) string {
	return fmt.Sprintf("/proc/%d/root%s", w.command.Process.Pid, path)
}

// fill writes a file into the data directory's file system until so little is free. It
// returns how to remove it.
func (w *world) fill(leave uint64) (empty func()) {
	w.t.Helper()
	path := w.within(filepath.Join(filepath.Dir(w.dir), "filler"))
	file, err := os.Create(path)
	require.NoError(w.t, err)
	defer file.Close()
	for w.free() > leave {
		if _, err := file.Write(make([]byte, min(w.free()-leave, 4096))); err != nil {
			require.ErrorIs(w.t, err, syscall.ENOSPC)
			break
		}
	}
	return func() { require.NoError(w.t, os.Remove(path)) }
}

func (w *world) free() uint64 {
	var stat syscall.Statfs_t
	require.NoError(w.t, syscall.Statfs(w.within(filepath.Dir(w.dir)), &stat))
	return stat.Bavail * uint64(stat.Bsize)
}

// refuse asks for a run that there is no room for.
func (w *world) refuse(key string) (int, schema.Error) {
	w.t.Helper()
	status, body, err := w.do(w.t.Context(), http.MethodPost, "/api/runs", map[string]string{"prompt": "3 0s " + key, "meta": "FULL"}, "Idempotency-Key", key)
	require.NoError(w.t, err)
	var refused schema.Error
	_ = json.Unmarshal(body, &refused)
	return status, refused
}

// With a nearly full disk new runs are refused, and everything else goes on. With one that is
// full to the last byte nothing that was accepted is lost either. When there is room again,
// the server goes on by itself.
func TestD02AFullDiskLosesNothing(t *testing.T) {
	w := newSmallWorld(t, 4)
	ctx := t.Context()
	before := w.post(ctx, "5 0s before", "before")
	s, err := w.follow(ctx, before)
	require.NoError(t, err)
	require.Equal(t, schema.Succeeded, s.end.State)
	live := w.post(ctx, "100000 20ms live", "live")

	empty := w.fill(100 << 10)
	status, refused := w.refuse("refused")
	require.Equal(t, http.StatusInsufficientStorage, status)
	require.Equal(t, schema.StorageFull, refused.Code)
	require.Equal(t, "degraded", w.health().Status)
	again, err := w.follow(ctx, before)
	require.NoError(t, err)
	require.Equal(t, s.lines, again.lines, "what was kept can be read")
	w.awaitLines(live, 50) // and what streams goes on
	empty()

	empty = w.fill(0)
	status, _ = w.refuse("refused-again")
	require.Equal(t, http.StatusInsufficientStorage, status)
	rest, err := w.follow(ctx, live) // it can write no more, and is ended for it
	require.NoError(t, err)
	require.Equal(t, schema.StorageFull, rest.end.Code)
	require.Greater(t, len(rest.lines), 50)
	for i, line := range rest.lines[1:] {
		if strings.HasSuffix(line, "}") { // the last one may be cut
			require.Equal(t, lineOf("live", i+2), line)
		}
	}
	empty()

	after := w.post(ctx, "5 0s after", "after")
	s, err = w.follow(ctx, after)
	require.NoError(t, err)
	require.Equal(t, schema.Succeeded, s.end.State)
	for id, want := range map[string]schema.State{before: schema.Succeeded, live: schema.Failed, after: schema.Succeeded} {
		require.Eventually(t, func() bool { run, err := w.run(id); return err == nil && run.State == want }, patience, 20*time.Millisecond)
	}
	require.NoFileExists(t, filepath.Join(w.starts, "refused"))
}

func (w *world) health() (h struct{ Status string }) {
	w.t.Helper()
	_, body, err := w.do(w.t.Context(), http.MethodGet, "/api/health", nil)
	require.NoError(w.t, err)
	require.NoError(w.t, json.Unmarshal(body, &h))
	return h
}

// awaitLines waits until a run has so many more lines than now.
func (w *world) awaitLines(id string, more int) {
	w.t.Helper()
	path := w.within(filepath.Join(w.dir, "proc", id, "stdout"))
	count := func() int {
		text, err := os.ReadFile(path)
		require.NoError(w.t, err)
		return bytes.Count(text, []byte("\n"))
	}
	first := count()
	require.Eventually(w.t, func() bool { return count() >= first+more }, patience, 20*time.Millisecond)
}
