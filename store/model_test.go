package store

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"spool/schema"
)

// model is what a store should hold, and the store.
type model struct {
	path  string
	store *Store
	runs  []Run // the oldest first
}

// draw returns one of the model's runs.
func (m *model) draw(t *rapid.T) *Run {
	if len(m.runs) == 0 {
		t.Skip("there are no runs")
	}
	return &m.runs[rapid.IntRange(0, len(m.runs)-1).Draw(t, "run")]
}

// taken reports whether a run of the model has this key.
func (m *model) taken(user, key string) bool {
	return key != "" && slices.ContainsFunc(m.runs, func(r Run) bool { return r.User == user && r.Key == key })
}

func (m *model) Insert(t *rapid.T) {
	run := newRun()
	run.User = rapid.SampledFrom([]string{"", "ann", "bob"}).Draw(t, "user")
	run.Key = rapid.SampledFrom([]string{"", "1", "2", "3", "4"}).Draw(t, "key")
	run.Meta = rapid.SampledFrom([]string{"A", "B"}).Draw(t, "meta")
	run.Prompt = rapid.String().Draw(t, "prompt")
	err := m.store.Insert(t.Context(), run)
	if m.taken(run.User, run.Key) {
		require.ErrorIs(t, err, ErrKeyTaken)
		return
	}
	require.NoError(t, err)
	m.runs = append(m.runs, by(m.store, run))
}

func (m *model) Update(t *rapid.T) {
	stored := m.draw(t)
	run := *stored
	run.EndedAt = nil
	if run.State = rapid.SampledFrom(schema.States).Draw(t, "state"); run.State.Final() {
		run = ended(run, run.State, day(rapid.IntRange(1, 9).Draw(t, "day")))
	}
	err := m.store.Update(t.Context(), run)
	if stored.State.Final() {
		require.ErrorIs(t, err, ErrFinal)
		return
	}
	require.NoError(t, err)
	*stored = by(m.store, run)
}

func (m *model) Find(t *rapid.T) {
	run := m.draw(t)
	got, err := m.store.Run(t.Context(), run.ID)
	require.NoError(t, err)
	require.Equal(t, *run, got)
	if run.Key != "" {
		got, err = m.store.RunByKey(t.Context(), run.User, run.Key)
		require.NoError(t, err)
		require.Equal(t, *run, got)
	}
}

func (m *model) MarkGone(t *rapid.T) {
	run := m.draw(t)
	require.NoError(t, m.store.MarkGone(t.Context(), run.ID))
	run.OutputGone = run.State.Final()
}

func (m *model) Forget(t *rapid.T) {
	before := day(rapid.IntRange(1, 9).Draw(t, "day"))
	had := len(m.runs)
	m.runs = slices.DeleteFunc(m.runs, func(r Run) bool { return r.OutputGone && r.EndedAt.Before(before) })
	n, err := m.store.Forget(t.Context(), before)
	require.NoError(t, err)
	require.Equal(t, int64(had-len(m.runs)), n)
}

func (m *model) Reopen(t *rapid.T) {
	if rapid.IntRange(0, 7).Draw(t, "stay open") > 0 {
		return // to open takes longer than all else
	}
	require.NoError(t, m.store.Close())
	m.open(t)
}

func (m *model) open(t *rapid.T) {
	s, err := Open(t.Context(), m.path)
	require.NoError(t, err)
	m.store = s
}

func (m *model) Filter(t *rapid.T) {
	f := Filter{
		User:  rapid.SampledFrom([]string{"", "ann"}).Draw(t, "user"),
		Meta:  rapid.SampledFrom([]string{"", "A"}).Draw(t, "meta"),
		State: rapid.SampledFrom([]schema.State{"", schema.Queued, schema.Failed}).Draw(t, "state"),
		Limit: rapid.IntRange(0, 3).Draw(t, "limit"),
	}
	newest := slices.Clone(m.runs)
	slices.Reverse(newest)
	if len(newest) > 0 && rapid.Bool().Draw(t, "before") {
		i := rapid.IntRange(0, len(newest)-1).Draw(t, "place")
		f.Before, newest = newest[i].ID, newest[i+1:]
	}
	want := slices.DeleteFunc(newest, func(r Run) bool {
		return f.User != "" && r.User != f.User || f.Meta != "" && r.Meta != f.Meta || f.State != "" && r.State != f.State
	})
	if f.Limit > 0 && len(want) > f.Limit {
		want = want[:f.Limit]
	}
	got, err := m.store.Runs(t.Context(), f)
	require.NoError(t, err)
	require.Equal(t, ids(want), ids(got))
}

// Check compares everything after each action.
func (m *model) Check(t *rapid.T) {
	newest, unfinished, kept := slices.Clone(m.runs), []Run{}, []Ended{}
	slices.Reverse(newest)
	for _, run := range m.runs {
		switch {
		case !run.State.Final():
			unfinished = append(unfinished, run)
		case !run.OutputGone:
			kept = append(kept, Ended{run.ID, *run.EndedAt})
		}
	}
	slices.SortStableFunc(kept, func(a, b Ended) int { return a.EndedAt.Compare(b.EndedAt) })
	got, err := m.store.Runs(t.Context(), Filter{})
	require.NoError(t, err)
	require.Equal(t, append([]Run{}, newest...), got)
	got, err = m.store.Unfinished(t.Context())
	require.NoError(t, err)
	require.Equal(t, unfinished, got)
	ended, err := m.store.Ended(t.Context())
	require.NoError(t, err)
	require.Equal(t, kept, ended)
}

func TestAStoreIsWhatItsModelIs(t *testing.T) {
	t.Parallel()
	dir, n := t.TempDir(), 0
	rapid.Check(t, func(t *rapid.T) {
		n++
		m := &model{path: filepath.Join(dir, fmt.Sprint(n), "spool.db")}
		require.NoError(t, os.Mkdir(filepath.Dir(m.path), 0o700))
		m.open(t)
		defer func() { require.NoError(t, m.store.Close()) }()
		t.Repeat(rapid.StateMachineActions(m))
	})
}
