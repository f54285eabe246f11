package run

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"spool/schema"
	"spool/spool"
)

// damaged changes a byte of a file.
func damaged(t *testing.T, path string, at int64, change func(byte) byte) {
	t.Helper()
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	require.NoError(t, err)
	var b [1]byte
	_, err = file.ReadAt(b[:], at)
	require.NoError(t, err)
	b[0] = change(b[0])
	_, err = file.WriteAt(b[:], at)
	require.NoError(t, err)
	require.NoError(t, file.Close())
}

// Of output that is not what the run has written nobody sees a wrong line.
func TestD03DamagedOutputIsReported(t *testing.T) {
	t.Parallel()
	const line = "0123456789abcde\n"
	h := newHouse(t, `yes 0123456789abcde | head -c 70000; yes 0123456789abcde | head -c 70000 >&2; echo end`, nil)
	r, view := h.submit(t)
	want := view.read(t)
	view.Leave(ClientGone)
	r.end(t)
	require.True(t, h.record(t, r).Sealed)
	for _, file := range []string{"stdout", "stderr"} {
		for _, at := range []int64{0, 15, 16, 65535, 65536, 69999} {
			for _, change := range []func(byte) byte{func(b byte) byte { return b ^ 1 }, func(byte) byte { return '\n' }, func(byte) byte { return 0 }} {
				path := filepath.Join(r.output.dir, file)
				was := line[at%16]
				if change(was) == was {
					continue
				}
				damaged(t, path, at, change)
				got, err := readDamaged(t, h.reopen(t, r))
				require.ErrorIs(t, err, spool.ErrDamaged, "%s at %d", file, at)
				require.True(t, isPrefix(got.lines, want.lines), "%s at %d", file, at)
				require.True(t, isPrefix(got.stderr, want.stderr), "%s at %d", file, at)
				damaged(t, path, at, func(byte) byte { return was })
			}
		}
	}
	got, err := readDamaged(t, h.reopen(t, r))
	require.NotErrorIs(t, err, spool.ErrDamaged)
	require.True(t, slices.Equal(want.lines, got.lines) && slices.Equal(want.stderr, got.stderr), "mended")
}

func isPrefix(some, all []string) bool {
	return len(some) <= len(all) && slices.Equal(some, all[:len(some)])
}

// readDamaged reads what can be read of a run.
func readDamaged(t *testing.T, r *Run) (shown, error) {
	t.Helper()
	view, err := r.View(0)
	if err != nil {
		return shown{}, err
	}
	defer view.Leave(ClientGone)
	return view.readAll(t)
}

func TestD03ALostOrDamagedSealIsReported(t *testing.T) {
	t.Parallel()
	h := newHouse(t, `echo one; echo two`, nil)
	for name, harm := range map[string]func(path string) error{
		"cut":     func(path string) error { return os.Truncate(path, 1) },
		"empty":   func(path string) error { return os.Truncate(path, 0) },
		"flipped": func(path string) error { damaged(t, path, 0, func(b byte) byte { return b ^ 1 }); return nil },
		"of another file": func(path string) error {
			text, err := os.ReadFile(path)
			return errors.Join(err, os.WriteFile(path, bytes.Repeat(text, 2), 0o600))
		},
	} {
		r, view := h.submit(t)
		require.Equal(t, []string{"one", "two"}, view.read(t).lines)
		view.Leave(ClientGone)
		r.end(t)
		require.NoError(t, harm(filepath.Join(r.output.dir, "stdout.sum")), name)
		got, err := readDamaged(t, h.reopen(t, r))
		require.ErrorIs(t, err, spool.ErrDamaged, name)
		require.Empty(t, got, name)
		require.Equal(t, schema.Succeeded, h.reopen(t, r).Info().State, "how it went is known all the same")
	}
}
