package run

import (
	"path/filepath"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"spool/procman"
	"spool/schema"
)

func TestADiskHasAReserve(t *testing.T) {
	t.Parallel()
	const gib = 1 << 30
	for _, test := range []struct {
		free, all uint64
		low, full bool
	}{
		{0, 0, false, false}, // not known
		{gib, 100 * gib, false, false},
		{gib - 1, 100 * gib, true, false},
		{gib / 8, 100 * gib, true, false},
		{gib/8 - 1, 100 * gib, true, true},
		{0, 100 * gib, true, true},
		{gib / 20, gib, false, false}, // a small disk
		{gib/20 - 1, gib, true, false},
		{gib / 160, gib, true, false},
		{gib/160 - 1, gib, true, true},
	} {
		d := disk(func() (free, all uint64) { return test.free, test.all })
		require.Equal(t, test.low, d.low(), "%+v", test)
		require.Equal(t, test.full, d.full(), "%+v", test)
	}
}

func TestADiskIsThatOfADirectory(t *testing.T) {
	t.Parallel()
	free, all := diskOf(t.TempDir())()
	require.NotZero(t, all)
	require.LessOrEqual(t, free, all)
	nowhere := diskOf(filepath.Join(t.TempDir(), "no", "such"))
	require.False(t, nowhere.low() || nowhere.full())
}

// atFreely gives a house a disk of which tests say how much is free.
func (h house) atFreely(free uint64) *atomic.Uint64 {
	var now atomic.Uint64
	now.Store(free)
	h.disk = func() (free, all uint64) { return now.Load(), 100 << 30 }
	return &now
}

// Room runs out in two steps: nothing new is accepted, and then what still writes is ended.
func TestL04ADiskThatFillsUp(t *testing.T) {
	t.Parallel()
	h := newHouse(t, `ticks`, nil)
	free := h.atFreely(2 << 30)
	require.False(t, h.StorageLow())
	r, view := h.submit(t, func(q *Request) { q.Key = "known" })
	awaitLine(t, view)

	free.Store(1<<30 - 1)
	require.True(t, h.StorageLow())
	_, _, err := h.Submit(t.Context(), Request{Payload: schema.Payload{Prompt: "hi", Meta: "A"}})
	require.ErrorIs(t, err, schema.NewError(schema.StorageFull, ""))
	again, second := h.submit(t, func(q *Request) { q.Key = "known" })
	require.Same(t, r, again, "what was accepted stays so")
	running, queued := h.Counts()
	require.Equal(t, []int{1, 0}, []int{running, queued})
	awaitLine(t, second)
	r.await(t, func() bool { return r.State() == schema.Running }) // it has room to end

	free.Store(1 << 20)
	o := r.end(t)
	require.Equal(t, schema.Failed, o.State)
	require.Equal(t, schema.StorageFull, o.Code())
	require.Equal(t, procman.RungKill, o.Proof.Rung, "without a grace")
	record := h.record(t, r)
	require.Equal(t, schema.StorageFull, record.Code)
	require.True(t, record.Reason.Limit)
	require.NotEmpty(t, replay(t, r, 0).lines, "what it wrote is there")
	view.Leave(ClientGone)
	second.Leave(ClientGone)

	free.Store(2 << 30)
	_, view = h.submit(t)
	awaitLine(t, view)
	view.Leave(ClientGone)
}
