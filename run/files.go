package run

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"spool/spool"
)

// Limits of stderr, which is for people: warnings, and the reason of a failure.
const (
	// maxStderr is how much of stderr is kept and shown, in bytes, from its beginning.
	maxStderr = 1 << 20
	// maxTail is how much of its end goes into an error.
	maxTail = 4 << 10
	// maxSecret is how long a secret may be and still be hidden where that end begins.
	maxSecret = 4 << 10
	// discardStep is how much is thrown away at once.
	discardStep = 1 << 20
)

// files are what a run leaves on disk: <data dir>/proc/<run id>/{stdout,stderr}. They
// exist as long as somebody holds them.
type files struct {
	dir            string
	stdout, stderr *os.File

	mu   sync.Mutex
	held int // guarded by mu
}

// newFiles makes the directory and the files, held once.
func newFiles(dir string) (*files, error) {
	if err := os.Mkdir(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make run directory: %w", err)
	}
	stdout, err := spool.Create(filepath.Join(dir, "stdout"))
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	// Opened for reading too: its end is read, and its middle thrown away.
	stderr, err := os.OpenFile(filepath.Join(dir, "stderr"), os.O_CREATE|os.O_EXCL|os.O_APPEND|os.O_RDWR, 0o600)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("create stderr: %w", err), stdout.Close(), os.RemoveAll(dir))
	}
	return &files{dir: dir, stdout: stdout, stderr: stderr, held: 1}, nil
}

func (f *files) stdoutPath() string { return filepath.Join(f.dir, "stdout") }
func (f *files) stderrPath() string { return filepath.Join(f.dir, "stderr") }

// hold keeps the files until the next release. It fails when they are gone.
func (f *files) hold() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.held == 0 {
		return os.ErrClosed
	}
	f.held++
	return nil
}

// release removes the files when nobody holds them any more.
func (f *files) release() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.held--; f.held > 0 {
		return nil
	}
	return errors.Join(f.stdout.Close(), f.stderr.Close(), os.RemoveAll(f.dir))
}

// size returns how large a file is, 0 if that cannot be told.
func size(file *os.File) int64 {
	info, err := file.Stat()
	if err != nil {
		return 0
	}
	return info.Size()
}

// tail returns the end of stderr without secrets: at most maxTail bytes of UTF-8, whole
// lines of it if it has any. More than that is read to see a secret that the cut would
// go through.
func (f *files) tail(mask *Mask) string {
	end := size(f.stderr)
	text := make([]byte, min(end, maxTail+maxSecret))
	n, _ := f.stderr.ReadAt(text, end-int64(len(text)))
	return mask.Tail(strings.ToValidUTF8(string(text[:n]), "\uFFFD"), maxTail)
}

// discard throws the middle of stderr away and keeps its beginning and its end, so that a
// program that floods it costs no disk. It returns up to where that is done.
func (f *files) discard(done int64) (int64, error) {
	done = max(done, maxStderr)
	end := (size(f.stderr) - discardStep) / discardStep * discardStep
	if end <= done {
		return done, nil
	}
	return end, spool.Discard(f.stderr, done, end-done)
}
