package run

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

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
	h := newHouse(t, `gate; cat text; head -c 3000 text >&2`, nil)
	text := awkward(7)
	require.NoError(t, os.WriteFile(filepath.Join(h.config.Workspace, "text"), text, 0o600))
	r, view := h.submit(t)
	h.open(t, "gate")
	live := view.read(t)
	view.Leave(ClientGone)
	require.True(t, strings.Join(live.lines, "\n") == string(text), "every byte")
	r.end(t)

	require.Eventually(t, func() bool { return h.running(r.ID) == nil }, patience, time.Millisecond) // it is forgotten
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
	h := newHouse(t, `echo 1; echo 2; gate; echo 3`, nil)
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
