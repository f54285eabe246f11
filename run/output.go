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

// output is where a run's output is: <data dir>/proc/<run id>/{stdout,stderr}. The files are
// there until they have been kept for long enough; who has them open by then reads on.
//
// A process that goes on after a run writes the output of its later runs behind that into the
// same files. As long as such a run goes on, its output is a window of them.
type output struct {
	dir           string
	index         spool.Index
	base, errBase int64       // where it begins in the files
	errIndex      spool.Index // knows that of stderr
	mu            sync.RWMutex
	end, errEnd   int64 // guarded by mu: where it ends, once closed
	closed        bool  // guarded by mu: what is written from now on is not the run's
}

// newWindow returns the output of a run that begins at these places in a process's files.
func newWindow(dir string, base, errBase int64) *output {
	o := &output{dir: dir, base: base, errBase: errBase}
	o.index.Begin(base)
	o.errIndex.Begin(errBase)
	return o
}

func (o *output) stdout() string { return filepath.Join(o.dir, "stdout") }
func (o *output) stderr() string { return filepath.Join(o.dir, "stderr") }

// goneSuffix is of a run's directory while it is being removed.
const goneSuffix = ".gone"

// remove takes all files away at once, for whoever is about to open them.
func (o *output) remove() error {
	gone := o.dir + goneSuffix
	if err := os.Rename(o.dir, gone); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("remove output: %w", err)
	}
	return os.RemoveAll(gone)
}

// reader opens one of the files behind line number after.
func (o *output) reader(path string, after int64, sealed bool) (*spool.Reader, error) {
	index := &o.index
	if path == o.stderr() {
		index = &o.errIndex
	}
	if sealed {
		return spool.OpenSealed(path, after, index)
	}
	return spool.OpenAfter(path, after, index)
}

// files are a run's output as the server holds it while the run goes on.
type files struct {
	*output
	out, err *os.File
}

// create makes the directory and the files.
func (o *output) create() (*files, error) {
	if err := os.Mkdir(o.dir, 0o700); err != nil {
		return nil, fmt.Errorf("make run directory: %w", err)
	}
	f, err := o.open(os.O_CREATE | os.O_EXCL)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(o.dir))
	}
	return f, nil
}

// open opens the files to append to them. They are read too: their end is, and of stderr
// the middle is thrown away.
func (o *output) open(flags int) (*files, error) {
	stdout, err := os.OpenFile(o.stdout(), flags|os.O_APPEND|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open stdout: %w", err)
	}
	stderr, err := os.OpenFile(o.stderr(), flags|os.O_APPEND|os.O_RDWR, 0o600)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open stderr: %w", err), stdout.Close())
	}
	return &files{o, stdout, stderr}, nil
}

func (f *files) close() error { return errors.Join(f.out.Close(), f.err.Close()) }

// written is how many bytes of stdout are the run's.
func (f *files) written() int64 {
	f.mu.RLock()
	defer f.mu.RUnlock()
	if f.closed {
		return f.end - f.base
	}
	return max(size(f.out)-f.base, 0)
}

// errStart is where the run's stderr begins: at its own place, unless somebody has cut the file.
func (f *files) errStart() int64 {
	if size(f.err) < f.errBase {
		return 0
	}
	return f.errBase
}

// errWritten is how many bytes of stderr are the run's.
func (f *files) errWritten() int64 {
	f.mu.RLock()
	defer f.mu.RUnlock()
	end := size(f.err)
	if f.closed {
		end = min(end, f.errEnd)
	}
	return max(end-f.errStart(), 0)
}

// closeWindow makes what is there now all of the run's output, and returns where that ends in
// stdout. No viewer sees more: none reads meanwhile.
func (f *files) closeWindow(most int64) int64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.end, f.errEnd, f.closed = min(size(f.out), f.base+most), size(f.err), true
	return f.end
}

// trim ends a closed window before a line that was not written whole.
func (f *files) trim(end int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.end = end
}

// seal brings the output to the disk, with checksums. It grows no more.
func (f *files) seal(most int64) error {
	if err := spool.SyncDir(filepath.Dir(f.dir)); err != nil {
		return err
	}
	if err := errors.Join(f.out.Sync(), spool.Seal(f.stdout(), min(f.written(), most))); err != nil {
		return err
	}
	if kept := min(f.errWritten(), maxStderr); kept > 0 {
		return errors.Join(f.err.Sync(), spool.Seal(f.stderr(), kept))
	}
	return nil
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
	end := size(f.err)
	text := make([]byte, min(end-f.errStart(), maxTail+maxSecret))
	n, _ := f.err.ReadAt(text, end-int64(len(text)))
	return mask.Tail(strings.ToValidUTF8(string(text[:n]), "\uFFFD"), maxTail)
}

// discard throws the middle of stderr away and keeps its beginning and its end, so that a
// program that floods it costs no disk. It returns up to where that is done.
func (f *files) discard(done int64) (int64, error) {
	done = max(done, f.errBase+maxStderr)
	end := (size(f.err) - discardStep) / discardStep * discardStep
	if end <= done {
		return done, nil
	}
	return end, spool.Discard(f.err, done, end-done)
}
