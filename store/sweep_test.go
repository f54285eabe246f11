package store

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"spool/schema"
)

// day is a time so many days after the first.
func day(n int) time.Time { return time.UnixMilli(int64(n) * 24 * 3600 * 1000).UTC() }

// insertEnded adds a run that ended on each of these days and returns their ids.
func insertEnded(t *testing.T, s *Store, days ...int) []string {
	t.Helper()
	list := []string{}
	for _, n := range days {
		run := ended(newRun(), schema.Succeeded, day(n))
		require.NoError(t, s.Insert(t.Context(), run))
		list = append(list, run.ID)
	}
	return list
}

func TestEndedAreTheOldestEndFirst(t *testing.T) {
	t.Parallel()
	s := openNew(t)
	require.NoError(t, s.Insert(t.Context(), newRun()))
	runs := insertEnded(t, s, 3, 1, 2, 1)
	want := []Ended{{runs[1], day(1)}, {runs[3], day(1)}, {runs[2], day(2)}, {runs[0], day(3)}}
	got, err := s.Ended(t.Context())
	require.NoError(t, err)
	require.Equal(t, want, got)
	require.NoError(t, s.MarkGone(t.Context(), runs[1], runs[2]))
	got, err = s.Ended(t.Context())
	require.NoError(t, err)
	require.Equal(t, []Ended{want[1], want[3]}, got)
}

func TestMarkGoneChangesNothingElse(t *testing.T) {
	t.Parallel()
	path := dbPath(t)
	first := openAt(t, path)
	run, live := fullRun(1), newRun()
	require.NoError(t, first.Insert(t.Context(), run))
	require.NoError(t, first.Insert(t.Context(), live))
	second := openAt(t, path)
	require.NoError(t, second.MarkGone(t.Context(), run.ID, live.ID, newID(), run.ID))
	run.OutputGone = true
	got, err := second.Run(t.Context(), run.ID)
	require.NoError(t, err)
	require.Equal(t, by(first, run), got, "its epoch is that of its end")
	got, err = second.Run(t.Context(), live.ID)
	require.NoError(t, err)
	require.Equal(t, by(first, live), got, "the output of a run that goes on cannot be gone")
}

func TestForgetNeedsBothAgeAndNoOutput(t *testing.T) {
	t.Parallel()
	s := openNew(t)
	live := newRun()
	require.NoError(t, s.Insert(t.Context(), live))
	runs := insertEnded(t, s, 1, 2, 3, 1)
	require.NoError(t, s.MarkGone(t.Context(), runs[:3]...))
	n, err := s.Forget(t.Context(), day(3))
	require.NoError(t, err)
	require.Equal(t, int64(2), n)
	left, err := s.Runs(t.Context(), Filter{})
	require.NoError(t, err)
	require.Equal(t, []string{runs[3], runs[2], live.ID}, ids(left))
}

func TestForgetTakesMoreThanOneBatch(t *testing.T) {
	t.Parallel()
	s := openNew(t)
	var runs []Run
	for range 2*sweepBatch + 1 {
		run := ended(newRun(), schema.Failed, day(1))
		run.OutputGone = true
		runs = append(runs, run)
	}
	insertAll(t, s, runs)
	n, err := s.Forget(t.Context(), day(2))
	require.NoError(t, err)
	require.Equal(t, int64(len(runs)), n)
}
