package run

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"spool/schema"
	"spool/spool"
)

// reopen opens a run as somebody does who only knows its id.
func (h house) reopen(t *testing.T, r *Run) *Run {
	t.Helper()
	again, err := h.Open(t.Context(), r.ID)
	require.NoError(t, err)
	return again
}

// replay reads a run that has ended from after a line on.
func replay(t *testing.T, r *Run, after int64) shown {
	t.Helper()
	view, err := r.View(after)
	require.NoError(t, err)
	defer view.Leave(ClientGone)
	require.Nil(t, view.Grown(), "it does not grow")
	return view.read(t)
}

// awkward returns lines such as no agent prints: of all lengths and of any bytes.
func awkward(seed uint64) []byte {
	random := rand.New(rand.NewPCG(seed, 1))
	lengths := []int{0, 0, 1, spool.BufferSize - 1, spool.BufferSize, spool.BufferSize + 1, 3 * spool.BufferSize}
	for range 30 {
		lengths = append(lengths, random.IntN(200))
	}
	var text []byte
	for _, i := range random.Perm(len(lengths)) {
		for range lengths[i] {
			text = append(text, "abcdefgh \\\"\r\t\x00\xff\xc3\xa9{}"[random.IntN(19)])
		}
		text = append(text, '\n')
	}
	return append(text, "the last one has no newline"...)
}

// What is read later is what was read live, from every line on.
func TestN01AReplayIsWhatWasShownLive(t *testing.T) {
	t.Parallel()
	h := newHouse(t, `until [ -e gate ]; do sleep 0.02; done; cat text; head -c 3000 text >&2`, nil)
	text := awkward(7)
	require.NoError(t, os.WriteFile(filepath.Join(h.config.Workspace, "text"), text, 0o600))
	r, view := h.submit(t)
	h.open(t, "gate")
	live := view.read(t)
	view.Leave(ClientGone)
	require.True(t, strings.Join(live.lines, "\n") == string(text), "every byte")
	r.end(t)

	past := h.reopen(t, r)
	require.NotSame(t, r, past)
	for _, run := range []*Run{past, r} { // r was known while it went on
		require.Equal(t, r.Outcome().State, run.Outcome().State)
		for after := range len(live.lines) + 1 {
			got := replay(t, run, int64(after))
			require.True(t, slices.Equal(live.lines[after:], got.lines), "from %d", after)
			require.True(t, slices.Equal(live.stderr, got.stderr), "from %d", after)
		}
	}
}

func TestN02AGapIsToldLiveAndLater(t *testing.T) {
	t.Parallel()
	h := newHouse(t, `echo 1; echo 2; until [ -e gate ]; do sleep 0.02; done; echo 3`, nil)
	r, view := h.submit(t)
	awaitLine(t, view)
	atEnd, err := r.View(3)
	require.NoError(t, err, "the run may come so far")
	beyond, err := r.View(4)
	require.NoError(t, err)
	_, err = beyond.Next()
	require.ErrorIs(t, err, ErrWait)
	h.open(t, "gate")
	for range 2 { // it stays so
		s, err := beyond.readAll(t)
		require.ErrorIs(t, err, ErrGap)
		require.Empty(t, s)
	}
	require.Empty(t, atEnd.read(t))
	require.Equal(t, []string{"2", "3"}, view.read(t).lines)
	for _, v := range []*View{view, atEnd, beyond} {
		v.Leave(ClientGone)
	}
	r.end(t)
	for _, run := range []*Run{r, h.reopen(t, r)} {
		require.Empty(t, replay(t, run, 3))
		for _, after := range []int64{4, 5, 1 << 62} {
			_, err = run.View(after)
			require.ErrorIs(t, err, ErrGap)
		}
	}
}

// Who has the output open reads on, whoever else takes it away.
func TestOutputThatIsGoneIsTold(t *testing.T) {
	t.Parallel()
	h := newHouse(t, `yes 0123456789 | head -n 50000; echo x >&2`, nil)
	r, view := h.submit(t)
	r.end(t)
	view.Leave(ClientGone)
	past := h.reopen(t, r)
	reading, err := past.View(10)
	require.NoError(t, err)
	_, err = reading.Next()
	require.NoError(t, err)

	require.NoError(t, h.removeOutput(t.Context(), []string{r.ID}))
	require.NoDirExists(t, r.output.dir)
	_, err = h.reopen(t, r).View(0)
	require.ErrorIs(t, err, ErrGone)
	require.True(t, h.reopen(t, r).Info().OutputGone)
	_, err = past.View(0)
	require.ErrorIs(t, err, ErrGone, "that was opened before")
	require.Len(t, reading.read(t).lines, 50000-11)
	reading.Leave(ClientGone)
}

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
