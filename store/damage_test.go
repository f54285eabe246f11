package store

import (
	"testing"

	"github.com/stretchr/testify/require"

	"spool/schema"
)

func TestOneDamagedRecordLeavesTheOthers(t *testing.T) {
	t.Parallel()
	s := openNew(t)
	runs := insertMany(t, s, 5, func(i int, run *Run) {
		if i < 4 {
			*run = ended(*run, schema.Succeeded, day(i+1))
		}
	})
	damaged := runs[3] // the second to end
	_, err := s.changes.Exec("UPDATE runs SET record = replace(record, 'hello', 'hullo') WHERE id = $1", damaged)
	require.NoError(t, err)
	list, err := s.Runs(t.Context(), Filter{Limit: 4})
	require.ErrorIs(t, err, ErrDamaged)
	require.ErrorContains(t, err, damaged)
	require.Equal(t, []string{runs[0], runs[1], runs[2], runs[4]}, ids(list), "the page is as long as without it")
	kept, err := s.Ended(t.Context())
	require.NoError(t, err, "it looks at no records")
	require.Len(t, kept, 4)
	unfinished, err := s.Unfinished(t.Context())
	require.NoError(t, err)
	require.Equal(t, runs[:1], ids(unfinished))
	older, err := s.Runs(t.Context(), Filter{Before: damaged})
	require.NoError(t, err)
	require.Equal(t, runs[4:], ids(older), "its place in the order is known")
	require.ErrorIs(t, s.MarkGone(t.Context(), damaged, runs[2]), ErrDamaged)
	marked, err := s.Run(t.Context(), runs[2])
	require.NoError(t, err)
	require.True(t, marked.OutputGone)
}

func TestDamageOfEveryColumnIsReported(t *testing.T) {
	t.Parallel()
	s := openNew(t)
	for _, column := range []string{
		"record = replace(record, 'hello', 'hullo')", "record = ''", "ended_ms = 1", "created_ms = 'yesterday'", "sum = ''",
		"meta = x'00ff'", "epoch = 1.5", "state = 'succeeded'", "user_name = 'eve'", "idempotency_key = 'a'", "owner = 0",
		"output_gone = 1",
	} {
		run := newRun()
		require.NoError(t, s.Insert(t.Context(), run))
		_, err := s.changes.Exec("UPDATE runs SET "+column+" WHERE id = $1", run.ID)
		require.NoError(t, err)
		_, err = s.Run(t.Context(), run.ID)
		require.ErrorIs(t, err, ErrDamaged, column)
		require.ErrorContains(t, err, run.ID)
		require.ErrorIs(t, s.Update(t.Context(), ended(run, schema.Aborted, day(1))), ErrDamaged, "nobody knows whether it has ended")
	}
}

func TestColumnsThatDifferFromTheDocument(t *testing.T) {
	t.Parallel()
	run := newRun()
	row, err := encode(run)
	require.NoError(t, err)
	document, last := len(row)-2, len(row)-1
	for i := range document {
		changed := texts(row)
		changed[i] += "1"
		_, err := decode(changed)
		require.ErrorContains(t, err, "the sum is another")
		changed[last] = sum(changed[:last])
		_, err = decode(changed)
		require.ErrorContains(t, err, "the columns are not those of the document")
	}
}

func TestSumsTellWhereATextEnds(t *testing.T) {
	t.Parallel()
	require.NotEqual(t, sum([]string{"ab", "c"}), sum([]string{"a", "bc"}))
	require.NotEqual(t, sum([]string{"ab", ""}), sum([]string{"", "ab"}))
	require.NotEqual(t, sum([]string{"a"}), sum([]string{"a", ""}))
}

func TestADamagedEpochIsRefused(t *testing.T) {
	t.Parallel()
	for _, change := range []string{
		"UPDATE server SET epoch = 4711", "UPDATE server SET owner = 'somebody'",
		"UPDATE server SET epoch = 'x'", "DELETE FROM server",
	} {
		path := dbPath(t)
		s, err := Open(t.Context(), path)
		require.NoError(t, err)
		require.NoError(t, s.Insert(t.Context(), newRun()))
		_, err = s.changes.Exec(change)
		require.NoError(t, err)
		require.NoError(t, s.Close())
		_, err = Open(t.Context(), path)
		require.ErrorContains(t, err, path, change)
	}
}
