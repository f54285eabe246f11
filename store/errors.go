package store

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"syscall"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// What calls can fail with, to be asked for with [errors.Is]; the texts around them say which
// record or file it is about.
var (
	// ErrNotFound says that there is no such record, or that its user has none.
	ErrNotFound = errors.New("not found")
	// ErrDamaged says that a record, or the whole file, is not what was written.
	ErrDamaged = errors.New("damaged")
	// ErrFinal says that the run has ended already, or that the approval is decided.
	ErrFinal = errors.New("it has ended already")
	// ErrFenced says that a server that started later has the run.
	ErrFenced = errors.New("a later server has the run")
	// ErrKeyTaken says that the user has a run with this key.
	ErrKeyTaken = errors.New("the key belongs to another run")
	// ErrMoved says that the conversation's head is another message than was expected.
	ErrMoved = errors.New("the conversation has moved on")
	// ErrActive says that a run is answering in the conversation.
	ErrActive = errors.New("a run is answering in the conversation")
	// ErrFull says that the disk has no room for the change.
	ErrFull = errors.New("the disk is full")
	// ErrNewer says that the file was written by a later version of Spool.
	ErrNewer = errors.New("written by a later version of Spool")
	// ErrClosed says that the store was closed before the call.
	ErrClosed = errors.New("the store is closed")
)

// answers are the errors that say no to one change and leave its transaction as it was.
var answers = []error{ErrNotFound, ErrDamaged, ErrFinal, ErrFenced, ErrKeyTaken, ErrMoved, ErrActive}

// refused is what a caller's function fails with: an answer as well, and no matter of the store.
type refused struct{ error }

func isAnswer(err error) bool {
	if errors.As(err, new(refused)) {
		return true
	}
	for _, answer := range answers {
		if errors.Is(err, answer) {
			return true
		}
	}
	return false
}

// classify gives a failure of the database in dir the error that callers ask for.
func classify(err error, dir string) error {
	var fault *sqlite.Error
	if !errors.As(err, &fault) {
		return err
	}
	switch fault.Code() & 0xff { // the rest tells kinds of it apart
	case sqlite3.SQLITE_FULL:
		return fmt.Errorf("%w: %w", ErrFull, err)
	case sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN:
		if isFull(dir) {
			return fmt.Errorf("%w: %w", ErrFull, err)
		}
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	case sqlite3.SQLITE_INTERRUPT:
		return fmt.Errorf("%w: %w", context.Canceled, err)
	}
	return err
}

// roomNeeded is what SQLite may ask the file system for at once, to map its index into memory.
const roomNeeded = 64 << 10

// isFull reports whether the file system of path has no room. SQLite says only "I/O error" when that
// shows at fsync or in its memory-mapped file.
func isFull(path string) bool {
	var fs syscall.Statfs_t
	if syscall.Statfs(filepath.Clean(path), &fs) != nil {
		return false
	}
	return fs.Bavail*uint64(fs.Bsize) < roomNeeded //nolint:gosec // a block size is not negative
}
