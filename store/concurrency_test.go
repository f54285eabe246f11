package store

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"spool/schema"
)

// together calls f n times at once and returns what the calls returned.
func together(n int, f func(i int) error) []error {
	results := make([]error, n)
	var group sync.WaitGroup
	start := make(chan struct{})
	for i := range n {
		group.Go(func() {
			<-start
			results[i] = f(i)
		})
	}
	close(start)
	group.Wait()
	return results
}

// insertAll adds runs at once, so that they share transactions.
func insertAll(t testing.TB, s *Store, runs []Run) {
	t.Helper()
	require.NoError(t, errors.Join(together(len(runs), func(i int) error { return s.Insert(t.Context(), runs[i]) })...))
}

func TestOneWinnerForEachKey(t *testing.T) {
	t.Parallel()
	s := openNew(t)
	for round := range 20 {
		runs := make([]Run, 32)
		for i := range runs {
			runs[i] = newRun()
			runs[i].User, runs[i].Key = fmt.Sprint("user ", i%2), fmt.Sprint("key ", round)
		}
		winners := map[string][]string{}
		for i, err := range together(len(runs), func(i int) error { return s.Insert(t.Context(), runs[i]) }) {
			if err == nil {
				winners[runs[i].User] = append(winners[runs[i].User], runs[i].ID)
			} else {
				require.ErrorIs(t, err, ErrKeyTaken)
			}
		}
		require.Len(t, winners, 2)
		for user, won := range winners {
			require.Len(t, won, 1)
			got, err := s.RunByKey(t.Context(), user, runs[0].Key)
			require.NoError(t, err)
			require.Equal(t, won[0], got.ID)
		}
	}
	all, err := s.Runs(t.Context(), Filter{})
	require.NoError(t, err)
	require.Len(t, all, 40)
}

func TestRunsWithoutKeyDoNotMeet(t *testing.T) {
	t.Parallel()
	s := openNew(t)
	insertAll(t, s, []Run{newRun(), newRun(), newRun()})
}

func TestOneEndOfTwo(t *testing.T) {
	t.Parallel()
	s := openNew(t)
	runs := make([]Run, 1000)
	for i := range runs {
		runs[i] = newRun()
	}
	insertAll(t, s, runs)
	var next atomic.Int64
	for _, err := range together(32, func(int) error {
		for i := next.Add(1) - 1; i < int64(len(runs)); i = next.Add(1) - 1 {
			if err := race(t, s, runs[i]); err != nil {
				return err
			}
		}
		return nil
	}) {
		require.NoError(t, err)
	}
}

// race ends a run in two ways at once and returns what is wrong with the result.
func race(t *testing.T, s *Store, run Run) error {
	t.Helper()
	ends := []Run{ended(run, schema.Succeeded, time.Now()), ended(run, schema.Aborted, time.Now())}
	results := together(2, func(i int) error { return s.Update(t.Context(), ends[i]) })
	winner := 0
	if results[0] != nil {
		winner = 1
	}
	if results[winner] != nil || !errors.Is(results[1-winner], ErrFinal) {
		return fmt.Errorf("one should win, and the other be told so: %w", errors.Join(results...))
	}
	got, err := s.Run(t.Context(), run.ID)
	if err != nil || got.State != ends[winner].State {
		return fmt.Errorf("it is %q after %q won: %w", got.State, ends[winner].State, err)
	}
	return nil
}

func TestALaterServerKeepsWhatItTook(t *testing.T) {
	t.Parallel()
	path := dbPath(t)
	first := openAt(t, path)
	taken, left, both := newRun(), newRun(), newRun()
	insertAll(t, first, []Run{taken, left, both})
	second := openAt(t, path)
	require.NoError(t, second.Update(t.Context(), taken))
	require.ErrorIs(t, first.Update(t.Context(), ended(taken, schema.Succeeded, time.Now())), ErrFenced)
	require.NoError(t, first.Update(t.Context(), left), "nobody has taken it")
	results := together(2, func(i int) error { return []*Store{first, second}[i].Update(t.Context(), both) })
	require.NoError(t, results[1])
	got, err := first.Run(t.Context(), both.ID)
	require.NoError(t, err)
	require.Equal(t, by(second, both), got)
}

func TestCloseWaitsForChanges(t *testing.T) {
	t.Parallel()
	path := dbPath(t)
	s, err := Open(t.Context(), path)
	require.NoError(t, err)
	runs := make([]Run, 64)
	for i := range runs {
		runs[i] = newRun()
	}
	results := together(len(runs)+1, func(i int) error {
		if i == len(runs) {
			return s.Close()
		}
		return s.Insert(t.Context(), runs[i])
	})
	s = openAt(t, path)
	for i, run := range runs {
		_, err := s.Run(t.Context(), run.ID)
		if results[i] == nil {
			require.NoError(t, err)
		} else {
			require.ErrorIs(t, results[i], ErrClosed)
			require.ErrorIs(t, err, ErrNotFound)
		}
	}
}
