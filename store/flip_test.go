package store

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"spool/schema"
)

// sample fills a store and returns what is in it: runs that have ended and runs that have not.
func sample(t *testing.T, s *Store, n int) map[string]Run {
	t.Helper()
	runs := map[string]Run{}
	for i := range n {
		run := fullRun(i % 20)
		run.Key = fmt.Sprint("key ", i)
		if i%2 == 0 {
			run.State, run.EndedAt = schema.Running, nil
		}
		run = by(s, run)
		require.NoError(t, s.Insert(t.Context(), run))
		runs[run.ID] = run
	}
	return runs
}

func TestD03FlippedBitsOfADatabaseAreNeverServed(t *testing.T) {
	t.Parallel()
	path := dbPath(t)
	s, err := Open(t.Context(), path)
	require.NoError(t, err)
	runs := sample(t, s, 50)
	require.NoError(t, s.Close())
	count := flipBits(t, path, flips, func(s *Store) (outcome, error) { return look(t, s, runs) })
	require.NotZero(t, count[wasRefused])
	require.NotZero(t, count[wasReported])
	require.NotZero(t, count[hadNoEffect], "in room that is not used")
}

func TestD03FlippedBitsOfAKilledServersFilesAreNeverServed(t *testing.T) {
	t.Parallel()
	path := dbPath(t)
	s := openAt(t, path)
	runs := sample(t, s, 20)
	for range 3 { // what a flip in the last transactions takes along looks like a power cut
		require.NoError(t, s.Insert(t.Context(), newRun()))
	}
	count := flipBits(t, crashed(t, path), flips/5, func(s *Store) (outcome, error) { return look(t, s, runs) })
	require.NotZero(t, count[wasRefused])
}

// flipBits flips n bits of a database's files, each in a copy of its own, looks at what a store then
// makes of it, and counts that.
func flipBits(t *testing.T, path string, n int, look func(*Store) (outcome, error)) map[outcome]int {
	t.Helper()
	files := snapshot(t, filepath.Dir(path))
	random := rand.New(rand.NewPCG(3, uint64(n)))
	places := make([]int, n)
	for i := range places {
		places[i] = random.IntN(8 * (len(files["spool.db"]) + len(files["spool.db-wal"])))
	}
	const workers = 4
	outcomes := make([]outcome, n)
	errs := together(workers, func(worker int) (err error) {
		for i := worker; i < n && err == nil; i += workers {
			if outcomes[i], err = flipBit(t, files, places[i], look); err != nil {
				err = fmt.Errorf("bit %d: %w", places[i], err)
			}
		}
		return err
	})
	require.NoError(t, errors.Join(errs...))
	count := map[outcome]int{}
	for _, o := range outcomes {
		count[o]++
	}
	t.Log(count)
	return count
}

// outcome is what became of a flipped bit.
type outcome string

const (
	hadNoEffect outcome = "no effect"
	wasRefused  outcome = "refused"
	wasReported outcome = "reported"
)

// flipBit flips the bit at a place in a copy of files; the error says what was wrong then.
func flipBit(t *testing.T, files map[string]string, place int, look func(*Store) (outcome, error)) (outcome, error) {
	t.Helper()
	dir, err := os.MkdirTemp("", "flip")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "spool.db")
	if err := writeFlipped(dir, files, place); err != nil {
		return "", err
	}
	s, err := Open(t.Context(), path)
	switch {
	case err != nil && !strings.Contains(err.Error(), path):
		return "", fmt.Errorf("refused without naming the file: %w", err)
	case err != nil:
		return wasRefused, nil
	}
	defer s.Close()
	return look(s)
}

// writeFlipped writes the files that SQLite keeps, with one bit flipped.
func writeFlipped(dir string, files map[string]string, place int) error {
	for _, name := range []string{"spool.db", "spool.db-wal"} {
		content := []byte(files[name])
		if place >= 0 && place < 8*len(content) {
			content[place/8] ^= 1 << (place % 8)
		}
		place -= 8 * len(content)
		if len(content) == 0 {
			continue
		}
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			return err
		}
	}
	return nil
}

// look asks a store for what should be in it.
func look(t *testing.T, s *Store, runs map[string]Run) (outcome, error) {
	t.Helper()
	all, allErr := s.Runs(t.Context(), Filter{})
	unfinished, unfinishedErr := s.Unfinished(t.Context())
	wrong := errors.Join(
		lookAtList(all, allErr, runs, func(Run) bool { return true }),
		lookAtList(unfinished, unfinishedErr, runs, func(r Run) bool { return !r.State.Final() }),
		lookAtEach(t, s, runs, allErr))
	if allErr != nil || unfinishedErr != nil {
		return wasReported, wrong
	}
	return hadNoEffect, wrong
}

// lookAtList says what is wrong with a list: a run that is not what was written, or one that is missing
// although nothing was reported.
func lookAtList(list []Run, listErr error, runs map[string]Run, belongs func(Run) bool) error {
	missing := 0
	for _, run := range runs {
		if belongs(run) {
			missing++
		}
	}
	for _, got := range list {
		want, known := runs[got.ID]
		if known && !reflect.DeepEqual(want, got) {
			return fmt.Errorf("listed, and not what was written: %s", got.ID)
		}
		if known {
			missing--
		}
	}
	if missing > 0 && !errors.Is(listErr, ErrDamaged) {
		return fmt.Errorf("%d neither listed nor reported: %w", missing, listErr)
	}
	return nil
}

// lookAtEach asks for each run that the list has reported, and for some others.
func lookAtEach(t *testing.T, s *Store, runs map[string]Run, listErr error) error {
	t.Helper()
	others := 5
	for id, want := range runs {
		named := listErr != nil && strings.Contains(listErr.Error(), id)
		if others--; !named && others < 0 {
			continue
		}
		got, err := s.Run(t.Context(), id)
		byKey, keyErr := s.RunByKey(t.Context(), want.User, want.Key)
		for _, c := range []struct {
			run Run
			err error
		}{{got, err}, {byKey, keyErr}} {
			if c.err == nil && !reflect.DeepEqual(want, c.run) {
				return fmt.Errorf("served, and not what was written: %s", id)
			}
			if c.err != nil && !errors.Is(c.err, ErrDamaged) {
				return fmt.Errorf("neither served nor reported: %w", c.err)
			}
		}
	}
	return nil
}
