package store

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"spool/schema"
)

// ids returns the ids of runs, in their order.
func ids(runs []Run) []string {
	list := []string{}
	for _, run := range runs {
		list = append(list, run.ID)
	}
	return list
}

// insertMany adds n runs and returns their ids, the newest first.
func insertMany(t *testing.T, s *Store, n int, with func(i int, run *Run)) []string {
	t.Helper()
	list := []string{}
	for i := range n {
		run := newRun()
		with(i, &run)
		require.NoError(t, s.Insert(t.Context(), run))
		list = append(list, run.ID)
	}
	slices.Reverse(list)
	return list
}

func TestPagesAreWholeWhateverTheClockSays(t *testing.T) {
	t.Parallel()
	s := openNew(t)
	want := insertMany(t, s, 25, func(i int, run *Run) { run.CreatedAt = time.UnixMilli(int64(1000 - i/10)) })
	got, before := []string{}, ""
	for {
		page, err := s.Runs(t.Context(), Filter{Before: before, Limit: 4})
		require.NoError(t, err)
		if len(page) == 0 {
			break
		}
		got, before = append(got, ids(page)...), page[len(page)-1].ID
		require.NoError(t, s.Insert(t.Context(), newRun()), "a new run changes no later page")
	}
	require.Equal(t, want, got)
}

func TestFilters(t *testing.T) {
	t.Parallel()
	s := openNew(t)
	all := insertMany(t, s, 12, func(i int, run *Run) {
		run.User, run.Meta = []string{"ann", "bob"}[i%2], []string{"A", "B", "C"}[i%3]
		if i%4 == 0 {
			*run = ended(*run, schema.Succeeded, time.Now())
		}
	})
	slices.Reverse(all)
	for _, c := range []struct {
		filter Filter
		want   []int
	}{
		{Filter{User: "ann", Limit: 2}, []int{10, 8}},
		{Filter{Meta: "B"}, []int{10, 7, 4, 1}},
		{Filter{State: schema.Succeeded}, []int{8, 4, 0}},
		{Filter{User: "ann", Meta: "B", State: schema.Queued}, []int{10}},
		{Filter{User: "bob", Meta: "A", Before: all[9]}, []int{3}},
		{Filter{User: "eve"}, []int{}},
	} {
		want := []string{}
		for _, i := range c.want {
			want = append(want, all[i])
		}
		got, err := s.Runs(t.Context(), c.filter)
		require.NoError(t, err)
		require.Equal(t, want, ids(got), "%+v", c.filter)
	}
}

func TestUnfinishedAreTheOldestFirst(t *testing.T) {
	t.Parallel()
	s := openNew(t)
	states := []schema.State{schema.Queued, schema.Succeeded, schema.Running, schema.Interrupted, schema.Starting}
	all := insertMany(t, s, 5, func(i int, run *Run) {
		if run.State = states[i]; run.State.Final() {
			run.EndedAt = new(time.Now())
		}
	})
	got, err := s.Unfinished(t.Context())
	require.NoError(t, err)
	require.Equal(t, []string{all[4], all[2], all[0]}, ids(got))
}
