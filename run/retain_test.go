package run

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"spool/schema"
	"spool/store"
)

// past makes a run that ended so long ago, with an output of some size.
func (h house) past(t *testing.T, ago time.Duration, size int) string {
	t.Helper()
	ended := time.Now().Add(-ago).UTC()
	record := store.Run{Run: schema.Run{
		ID: newID(), Meta: "PAST", State: schema.Succeeded, Prompt: "hi", CreatedAt: ended, EndedAt: &ended, OutputBytes: int64(size),
	}}
	require.NoError(t, h.store.Insert(t.Context(), record))
	o := output{dir: filepath.Join(h.procDir(), record.ID)}
	require.NoError(t, os.Mkdir(o.dir, 0o700))
	require.NoError(t, os.WriteFile(o.stdout(), make([]byte, size), 0o600))
	require.NoError(t, os.WriteFile(o.stderr(), nil, 0o600))
	return record.ID
}

// kept tells of which of these runs the output is kept, as the records and as the disk says.
func (h house) kept(t *testing.T, ids ...string) (kept []bool) {
	t.Helper()
	for _, id := range ids {
		record, err := h.store.Run(t.Context(), id)
		require.NoError(t, err)
		_, err = os.Stat(filepath.Join(h.procDir(), id))
		require.Equal(t, record.OutputGone, err != nil)
		kept = append(kept, err == nil)
	}
	return kept
}

// damage changes the record of a run behind the store's back, and changes it back the next
// time.
func (h house) damage(t *testing.T, id string) {
	t.Helper()
	_, err := h.atDatabase(t).ExecContext(t.Context(), `UPDATE runs SET record = replace(replace(replace(record, 'PAST', '#'), 'LAST', 'PAST'), '#"', 'LAST"') WHERE id = ?`, id)
	require.NoError(t, err)
}

func TestOutputIsKeptForItsTime(t *testing.T) {
	t.Parallel()
	h := newHouse(t, "exit 0", func(c *Config) { c.Retain, c.RetainRecords = 90*time.Minute, 150*time.Minute })
	three, two, one := h.past(t, 3*time.Hour, 1), h.past(t, 2*time.Hour, 1), h.past(t, time.Hour, 1)
	require.NoError(t, h.removeOld(t.Context()))
	require.Equal(t, []bool{false, true}, h.kept(t, two, one))
	_, err := h.store.Run(t.Context(), three)
	require.ErrorIs(t, err, store.ErrNotFound, "it is forgotten")
	require.NoDirExists(t, filepath.Join(h.procDir(), three))
	_, err = h.Open(t.Context(), three)
	require.ErrorIs(t, err, errNotFound)
	r, err := h.Open(t.Context(), two)
	require.NoError(t, err)
	require.Equal(t, schema.Succeeded, r.Info().State, "how it went is known")
	_, err = r.View(0)
	require.ErrorIs(t, err, ErrGone)
}

// The oldest goes first until the rest is not too much.
func TestOutputIsKeptUpToASize(t *testing.T) {
	t.Parallel()
	h := newHouse(t, "exit 0", nil)
	second, first, third := h.past(t, 20*time.Minute, 1<<20), h.past(t, 30*time.Minute, 1<<10), h.past(t, 10*time.Minute, 1<<20)
	all := []string{first, second, third}
	use := h.diskUse(second)
	require.GreaterOrEqual(t, use, int64(1<<20))

	h.config.RetainSize = 3 << 20
	require.NoError(t, h.removeOld(t.Context()))
	require.Equal(t, []bool{true, true, true}, h.kept(t, all...))
	h.config.RetainSize = 2 * use
	require.NoError(t, h.removeOld(t.Context()))
	require.Equal(t, []bool{false, true, true}, h.kept(t, all...))
	h.config.RetainSize = use
	require.NoError(t, h.removeOld(t.Context()))
	require.Equal(t, []bool{false, false, true}, h.kept(t, all...))
	h.config.RetainSize = use - 1
	require.NoError(t, h.removeOld(t.Context()))
	require.Equal(t, []bool{false, false, false}, h.kept(t, all...))
	require.NoError(t, h.removeOld(t.Context()), "with nothing left")
}

func TestOutputOfALiveRunIsKept(t *testing.T) {
	t.Parallel()
	h := newHouse(t, gated, func(c *Config) { c.Retain, c.RetainSize, c.RetainRecords = 0, 0, 0 })
	r, view := h.submit(t, detached)
	awaitLine(t, view)
	old := h.past(t, time.Minute, 1<<20)
	require.NoError(t, h.removeOld(t.Context()))
	require.NoDirExists(t, filepath.Join(h.procDir(), old))
	require.DirExists(t, r.output.dir)
	second, err := r.View(0)
	require.NoError(t, err)
	h.open(t, "gate")
	require.Equal(t, []string{"ready", "done"}, second.read(t).lines)
	second.Leave(ClientGone)
	require.Equal(t, []string{"done"}, view.read(t).lines)
	view.Leave(ClientGone)
}

// Where nothing is kept, output goes when its run ends. Who reads it by then reads on.
func TestOutputThatIsNotKeptGoesAtOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t, gated, func(c *Config) { c.Retain = 0 })
	ctx, stop := context.WithCancel(t.Context())
	stopped := make(chan struct{})
	go func() { defer close(stopped); h.Retain(ctx) }()
	for range 3 {
		r, view := h.submit(t)
		awaitReady(t, view)
		h.open(t, "gate")
		require.Equal(t, schema.Succeeded, r.end(t).State)
		require.Eventually(t, func() bool { _, err := os.Stat(r.output.dir); return err != nil }, patience, time.Millisecond)
		require.True(t, h.record(t, r).OutputGone)
		_, err := h.reopen(t, r).View(0)
		require.ErrorIs(t, err, ErrGone)
		_, err = r.View(0)
		require.ErrorIs(t, err, ErrGone)
		require.Equal(t, []string{"done"}, view.read(t).lines)
		view.Leave(ClientGone)
	}
	stop()
	<-stopped
	require.Empty(t, h.log.Lines("level=ERROR"))
}

// One record that is not what was written holds nothing else up.
func TestADamagedRecordKeepsNoOtherOutput(t *testing.T) {
	t.Parallel()
	h := newHouse(t, "exit 0", func(c *Config) { c.Retain, c.RetainRecords = 90*time.Minute, 24*time.Hour })
	broken, old, young := h.past(t, 3*time.Hour, 1), h.past(t, 2*time.Hour, 1), h.past(t, time.Hour, 1)
	h.damage(t, broken)
	require.ErrorIs(t, h.removeOld(t.Context()), store.ErrDamaged)
	require.Equal(t, []bool{false, true}, h.kept(t, old, young))
	require.DirExists(t, filepath.Join(h.procDir(), broken), "nobody knows about it")
	h.damage(t, broken) // mends it
	require.NoError(t, h.removeOld(t.Context()))
	require.Equal(t, []bool{false, false, true}, h.kept(t, broken, old, young))
}

// A server may be killed between what it writes down and what it does.
func TestTheSweepEndsWhatRemovalHasBegun(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	h := newHouseIn(t, dir, "exit 0", nil)
	stays, marked, renamed := h.past(t, time.Minute, 1), h.past(t, time.Minute, 1), h.past(t, time.Minute, 1)
	require.NoError(t, h.store.MarkGone(t.Context(), marked, renamed))
	gone := filepath.Join(h.procDir(), renamed) + goneSuffix
	require.NoError(t, os.Rename(filepath.Join(h.procDir(), renamed), gone))
	require.NoError(t, h.Sweep(t.Context()))
	require.Equal(t, []bool{true, false, false}, h.kept(t, stays, marked, renamed))
	require.NoDirExists(t, gone)
}
