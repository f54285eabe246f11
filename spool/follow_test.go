package spool

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// watch returns a directory, its growth, and a file in it that is open for appending.
func watch(t *testing.T) (*Growth, *os.File) {
	t.Helper()
	w, err := NewWatcher()
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, w.Close()) })
	dir := t.TempDir()
	g, err := w.Watch(dir)
	require.NoError(t, err)
	t.Cleanup(g.Stop)
	file, err := Create(filepath.Join(dir, "stdout"))
	require.NoError(t, err)
	t.Cleanup(func() { file.Close() })
	return g, file
}

func TestFollowSeesEveryLineOfAGrowingFile(t *testing.T) {
	t.Parallel()
	g, file := watch(t)
	r, err := Open(file.Name())
	require.NoError(t, err)
	defer r.Close()
	ended := make(chan struct{})
	const lines = 5_000
	go func() {
		defer close(ended)
		for i := 1; i <= lines; i++ {
			fmt.Fprintf(file, "li") // a line in two writes
			fmt.Fprintf(file, "ne %d\n", i)
		}
		fmt.Fprint(file, "last")
	}()
	n := int64(0)
	for line, err := range Follow(t.Context(), r, g.C, ended) {
		require.NoError(t, err)
		n++
		require.Equal(t, n, line.N)
		if n <= lines {
			require.Equal(t, fmt.Sprintf("line %d", n), string(line.Bytes))
		}
	}
	require.EqualValues(t, lines+1, n)
}

// A line must arrive while the writer goes on, not only at the end.
func TestFollowIsToldOfGrowth(t *testing.T) {
	t.Parallel()
	g, file := watch(t)
	r, err := Open(file.Name())
	require.NoError(t, err)
	defer r.Close()
	ended, n := make(chan struct{}), 0
	fmt.Fprintln(file, "first")
	for line, err := range Follow(t.Context(), r, g.C, ended) {
		require.NoError(t, err)
		if n = int(line.N); n < 100 {
			fmt.Fprintf(file, "answer to %d\n", n)
		} else {
			close(ended)
		}
	}
	require.Equal(t, 100, n)
}

func TestFollowEndsWithItsContext(t *testing.T) {
	t.Parallel()
	g, file := watch(t)
	r, err := Open(file.Name())
	require.NoError(t, err)
	defer r.Close()
	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	gone := errors.New("viewer gone")
	fmt.Fprintln(file, "a")
	var last error
	for _, err := range Follow(ctx, r, g.C, nil) {
		last = err
		cancel(gone)
	}
	require.ErrorIs(t, last, gone)
}

func TestFollowersOfOneFileDoNotDisturbEachOther(t *testing.T) {
	t.Parallel()
	w, err := NewWatcher()
	require.NoError(t, err)
	defer w.Close()
	dir := t.TempDir()
	file, err := Create(filepath.Join(dir, "stdout"))
	require.NoError(t, err)
	defer file.Close()
	ended := make(chan struct{})
	var readers sync.WaitGroup
	for i := range 20 {
		g, err := w.Watch(dir)
		require.NoError(t, err)
		r, err := OpenAfter(file.Name(), int64(i*10), nil)
		require.NoError(t, err)
		readers.Go(func() {
			defer r.Close()
			defer g.Stop()
			n := 0
			for _, err := range Follow(t.Context(), r, g.C, ended) {
				if err != nil || i%5 == 4 && n == 10 {
					return // some leave early
				}
				n++
			}
			if want := 1_000 - i*10; i%5 != 4 && n != want {
				t.Errorf("follower %d saw %d lines, want %d", i, n, want)
			}
		})
	}
	for i := range 1_000 {
		fmt.Fprintln(file, i)
	}
	close(ended)
	readers.Wait()
	require.Empty(t, w.dirs, "no watch is left behind")
}

func TestGrowthStopsTwiceAndAfterTheDirectoryIsGone(t *testing.T) {
	t.Parallel()
	w, err := NewWatcher()
	require.NoError(t, err)
	defer w.Close()
	dir := filepath.Join(t.TempDir(), "run")
	require.NoError(t, os.Mkdir(dir, 0o700))
	g, err := w.Watch(dir)
	require.NoError(t, err)
	require.NoError(t, os.Remove(dir))
	g.Stop()
	g.Stop()
	_, err = w.Watch(dir)
	require.Error(t, err)
}

func TestDiscardGivesSpaceBackAndKeepsTheRest(t *testing.T) {
	t.Parallel()
	file, err := os.OpenFile(filepath.Join(t.TempDir(), "stderr"), os.O_CREATE|os.O_RDWR|os.O_APPEND, 0o600)
	require.NoError(t, err)
	defer file.Close()
	block := make([]byte, 1<<20)
	for i := range block {
		block[i] = 'x'
	}
	for range 4 {
		_, err := file.Write(block)
		require.NoError(t, err)
	}
	if err := Discard(file, 1<<20, 2<<20); errors.Is(err, errors.ErrUnsupported) {
		t.Skip("this file system cannot give space back:", err)
	} else {
		require.NoError(t, err)
	}
	info, err := file.Stat()
	require.NoError(t, err)
	require.EqualValues(t, 4<<20, info.Size())
	text, err := io.ReadAll(io.NewSectionReader(file, 0, 4<<20))
	require.NoError(t, err)
	require.Equal(t, block, text[:1<<20])
	require.Equal(t, make([]byte, 2<<20), text[1<<20:3<<20])
	require.Equal(t, block, text[3<<20:])
}
