//go:build linux

package store

import (
	"crypto/rand"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"spool/schema"
)

// bigRun returns a run of about 16 KiB.
func bigRun() Run {
	run := newRun()
	run.Prompt = strings.Repeat(rand.Text(), 16<<10/26)
	return run
}

// insertUntilFull inserts runs, several at once, until one does not fit, and returns those that did.
func insertUntilFull(t *testing.T, s *Store) (fitted []Run) {
	t.Helper()
	for range 1000 {
		runs := []Run{bigRun(), bigRun(), bigRun(), bigRun()}
		full := false
		for i, err := range together(len(runs), func(i int) error { return s.Insert(t.Context(), runs[i]) }) {
			if err == nil {
				fitted = append(fitted, by(s, runs[i]))
				continue
			}
			require.ErrorIs(t, err, ErrFull)
			full = true
		}
		if full {
			return fitted
		}
	}
	require.Fail(t, "it never became full")
	return nil
}

// fillAndFree is what a full disk must be like: room is made by free.
func fillAndFree(t *testing.T, s *Store, path string, free func()) {
	t.Helper()
	first := newRun()
	require.NoError(t, s.Insert(t.Context(), first))
	runs := insertUntilFull(t, s)
	require.NotEmpty(t, runs)
	requireAll(t, s, append(runs, by(s, first)))
	require.ErrorIs(t, s.Insert(t.Context(), bigRun()), ErrFull, "and it stays full")
	free()
	first = by(s, ended(first, schema.Succeeded, time.Now()))
	require.NoError(t, s.Update(t.Context(), first), "it goes on once there is room")
	last := by(s, bigRun())
	require.NoError(t, s.Insert(t.Context(), last))
	runs = append(runs, first, last)
	requireAll(t, s, runs)
	requireAll(t, openAt(t, crashed(t, path)), runs)
}

func TestD02GoesOnAfterTheDatabaseWasFull(t *testing.T) {
	t.Parallel()
	path := dbPath(t)
	s := openAt(t, path)
	_, err := s.changes.Exec("PRAGMA max_page_count = 200")
	require.NoError(t, err)
	fillAndFree(t, s, path, func() {
		_, err := s.changes.Exec("PRAGMA max_page_count = 400")
		require.NoError(t, err)
	})
}

// smallDisk mounts a file system of 4 MiB for the test. Only root may; it returns "" for others.
func smallDisk(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "size=4m"); err != nil {
		require.ErrorIs(t, err, unix.EPERM)
		return ""
	}
	t.Cleanup(func() { require.NoError(t, unix.Unmount(dir, 0)) })
	return dir
}

func TestD02GoesOnAfterTheDiskWasFull(t *testing.T) {
	t.Parallel()
	dir := smallDisk(t)
	if dir == "" {
		return // a full database, which is tested besides, is as near as others than root get
	}
	filler := filepath.Join(dir, "filler")
	require.NoError(t, os.WriteFile(filler, make([]byte, 2<<20), 0o600))
	path := filepath.Join(dir, "data", "spool.db")
	require.NoError(t, os.Mkdir(filepath.Dir(path), 0o700))
	s := openAt(t, path)
	fillAndFree(t, s, path, func() { require.NoError(t, os.Remove(filler)) })
}

func TestD02OpensOnceThereIsRoom(t *testing.T) {
	t.Parallel()
	dir := smallDisk(t)
	if dir == "" {
		return
	}
	path := filepath.Join(dir, "spool.db")
	s, err := Open(t.Context(), path)
	require.NoError(t, err)
	run := by(s, newRun())
	require.NoError(t, s.Insert(t.Context(), run))
	require.NoError(t, s.Close())
	filler := filepath.Join(dir, "filler")
	require.ErrorIs(t, os.WriteFile(filler, make([]byte, 4<<20), 0o600), unix.ENOSPC)
	_, err = Open(t.Context(), path)
	require.ErrorIs(t, err, ErrFull)
	require.ErrorContains(t, err, path)
	require.NoError(t, os.Remove(filler))
	requireAll(t, openAt(t, path), []Run{run})
}
