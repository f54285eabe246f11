package store

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"spool/schema"
)

func TestEverythingComesBack(t *testing.T) {
	t.Parallel()
	s := openNew(t)
	run := fullRun(3)
	require.NoError(t, s.Insert(t.Context(), run))
	got, err := s.Run(t.Context(), run.ID)
	require.NoError(t, err)
	require.Equal(t, by(s, run), got)
	got, err = s.RunByKey(t.Context(), "ann", "key 3")
	require.NoError(t, err)
	require.Equal(t, by(s, run), got)
}

func TestTimesComeBackInUTC(t *testing.T) {
	t.Parallel()
	s := openNew(t)
	local := time.Now().In(time.FixedZone("there", 3600))
	run := ended(newRun(), schema.Succeeded, local)
	run.CreatedAt, run.StartedAt, run.EndedAt = local, new(local), new(local)
	require.NoError(t, s.Insert(t.Context(), run))
	got, err := s.Run(t.Context(), run.ID)
	require.NoError(t, err)
	for _, at := range []time.Time{got.CreatedAt, *got.StartedAt, *got.EndedAt} {
		require.Equal(t, local.UTC().Round(0), at)
	}
	require.Equal(t, "there", run.StartedAt.Location().String(), "the caller's run is the caller's")
}

func TestUnknownRuns(t *testing.T) {
	t.Parallel()
	s := openNew(t)
	require.NoError(t, s.Insert(t.Context(), newRun()))
	_, err := s.Run(t.Context(), newID())
	require.ErrorIs(t, err, ErrNotFound)
	_, err = s.RunByKey(t.Context(), "", "")
	require.ErrorIs(t, err, ErrNotFound, "no key is no key to find a run by")
	_, err = s.Runs(t.Context(), Filter{Before: newID()})
	require.ErrorIs(t, err, ErrNotFound)
	require.ErrorIs(t, s.Update(t.Context(), newRun()), ErrNotFound)
}

func TestRunsThatCannotBeKept(t *testing.T) {
	t.Parallel()
	s := openNew(t)
	for name, spoil := range map[string]func(*Run){
		"no id":              func(r *Run) { r.ID = "" },
		"no state":           func(r *Run) { r.State = "" },
		"an unknown state":   func(r *Run) { r.State = "lost" },
		"an end without end": func(r *Run) { r.State = schema.Failed },
		"an end too early":   func(r *Run) { r.EndedAt = new(time.Now()) },
		"the end in 1970":    func(r *Run) { *r = ended(*r, schema.Failed, time.UnixMilli(0)) },
	} {
		run := newRun()
		spoil(&run)
		require.Error(t, s.Insert(t.Context(), run), name)
		require.Error(t, s.Update(t.Context(), run), name)
	}
	runs, err := s.Runs(t.Context(), Filter{})
	require.NoError(t, err)
	require.Empty(t, runs)
}

func TestSameIDTwice(t *testing.T) {
	t.Parallel()
	s := openNew(t)
	run := newRun()
	require.NoError(t, s.Insert(t.Context(), run))
	err := s.Insert(t.Context(), run)
	require.ErrorContains(t, err, "there is one of this id")
	require.NotErrorIs(t, err, ErrKeyTaken)
}

func TestAnEndIsFinal(t *testing.T) {
	t.Parallel()
	s := openNew(t)
	run := newRun()
	require.NoError(t, s.Insert(t.Context(), run))
	run.Session = "its session"
	require.NoError(t, s.Update(t.Context(), run))
	first := ended(run, schema.Succeeded, time.Now())
	require.NoError(t, s.Update(t.Context(), first))
	require.ErrorIs(t, s.Update(t.Context(), ended(run, schema.Aborted, time.Now())), ErrFinal)
	require.ErrorIs(t, s.Update(t.Context(), run), ErrFinal)
	got, err := s.Run(t.Context(), run.ID)
	require.NoError(t, err)
	require.Equal(t, by(s, first), got)
}

func TestOwnerStaysAndEpochGrows(t *testing.T) {
	t.Parallel()
	path := dbPath(t)
	var owner string
	for epoch := int64(1); epoch <= 3; epoch++ {
		s, err := Open(t.Context(), path)
		require.NoError(t, err)
		require.Equal(t, epoch, s.Epoch())
		require.Len(t, s.Owner(), 26)
		require.True(t, owner == "" || owner == s.Owner())
		owner = s.Owner()
		require.NoError(t, s.Close())
	}
	require.NotEqual(t, owner, openNew(t).Owner())
}

func TestClosed(t *testing.T) {
	t.Parallel()
	s, err := Open(t.Context(), dbPath(t))
	require.NoError(t, err)
	require.NoError(t, s.Close())
	require.ErrorIs(t, s.Insert(t.Context(), newRun()), ErrClosed)
	_, err = s.Runs(t.Context(), Filter{})
	require.Error(t, err)
	require.NoError(t, s.Close())
}

func TestContextsEnd(t *testing.T) {
	t.Parallel()
	s := openNew(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := s.Run(ctx, newID())
	require.ErrorIs(t, err, context.Canceled)
	_, err = s.Runs(ctx, Filter{})
	require.ErrorIs(t, err, context.Canceled)
}

func TestNobodyElseMayReadTheFiles(t *testing.T) {
	t.Parallel()
	path := dbPath(t)
	require.NoError(t, os.WriteFile(path, nil, 0o644))
	s := openAt(t, path)
	require.NoError(t, s.Insert(t.Context(), newRun()))
	files, err := filepath.Glob(path + "*")
	require.NoError(t, err)
	require.Len(t, files, 3, "database, WAL and its index")
	for _, file := range files {
		info, err := os.Stat(file)
		require.NoError(t, err)
		require.Equal(t, os.FileMode(0o600), info.Mode().Perm(), file)
	}
}

func TestOddPaths(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "a b?mode=memory&c%41#d", "spool.db")
	require.NoError(t, os.Mkdir(filepath.Dir(path), 0o700))
	s := openAt(t, path)
	require.NoError(t, s.Insert(t.Context(), newRun()))
	require.FileExists(t, path)
}
