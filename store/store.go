package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"github.com/pressly/goose/v3"
)

// Store is an open database of runs.
type Store struct {
	dir     string
	writer  *writer
	changes *pool // the writer's
	readers *pool
	owner   string
	epoch   int64
}

// Open opens the database file at path, or makes it, checks it, brings it to this version's form, and
// begins a new epoch, which is on disk when it returns. It refuses a file of a later version
// ([ErrNewer]), which it leaves byte for byte as it is, and one that is damaged or no database at
// all ([ErrDamaged]); the text names the file and says what to do.
func Open(ctx context.Context, path string) (*Store, error) {
	return open(ctx, path, migrations())
}

// open is Open with the migrations of any version.
func open(ctx context.Context, path string, migrations fs.FS) (*Store, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("open records: %w", err)
	}
	s, err := prepare(ctx, path, migrations)
	if err != nil {
		return nil, refusal(path, classify(err, filepath.Dir(path)))
	}
	return s, nil
}

// prepare takes the steps of opening in their order: nothing is written before the version is known.
func prepare(ctx context.Context, path string, migrations fs.FS) (*Store, error) {
	steps, err := steps(migrations)
	if err != nil {
		return nil, err
	}
	if err := inspect(path, steps[len(steps)-1].Version); err != nil {
		return nil, err
	}
	if err := create(path); err != nil {
		return nil, err
	}
	s := &Store{dir: filepath.Dir(path)}
	if err := s.begin(ctx, path, steps); err != nil {
		return nil, errors.Join(err, closeAll(s.readers, s.changes))
	}
	s.writer = startWriter(s.changes)
	return s, nil
}

// begin connects, checks and migrates the database, and begins the epoch.
func (s *Store) begin(ctx context.Context, path string, steps []*goose.Migration) (err error) {
	if s.changes, err = newPool(ctx, path, writing, 1); err != nil {
		return err
	}
	if err := checkPages(ctx, s.changes.DB); err != nil {
		return err
	}
	if err := migrate(ctx, s.changes.DB, steps); err != nil {
		return err
	}
	if err := checkForm(ctx, s.changes.DB, steps); err != nil {
		return err
	}
	if err := s.changes.prepare(ctx, changing...); err != nil {
		return err
	}
	if s.readers, err = newPool(ctx, path, readingOnly, maxReaders); err != nil {
		return err
	}
	if err := s.readers.prepare(ctx, reading...); err != nil {
		return err
	}
	return s.beginEpoch(ctx)
}

// Owner returns the id of this data directory: random, made at its first opening, and kept.
func (s *Store) Owner() string { return s.owner }

// Epoch returns how often the data directory has been opened, this time included.
func (s *Store) Epoch() int64 { return s.epoch }

// Close waits for the changes that are under way and closes the file. It may be called
// again; every other call then fails.
func (s *Store) Close() error {
	s.writer.close()
	return closeAll(s.readers, s.changes)
}

// refusal says why a file was not opened and, where there is one, what to do about it.
func refusal(path string, err error) error {
	switch {
	case errors.Is(err, ErrNewer):
		return fmt.Errorf("open records %s: %w: start that version, or give another data directory", path, err)
	case errors.Is(err, ErrDamaged):
		return fmt.Errorf("open records %s: %w: move it away, with %[1]s-wal and %[1]s-shm if they exist, and start again: "+
			"the records are lost then, but the output of the runs stays in proc/", path, err)
	default:
		return fmt.Errorf("open records %s: %w", path, err)
	}
}
