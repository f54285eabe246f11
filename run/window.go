package run

import (
	"errors"
	"fmt"
	"io"
	"os"
)

// copyTo copies a run's part of a process's output into files of its own: from then on it is
// kept, read and removed like that of any other run. Of stderr it is what is ever shown.
func (f *files) copyTo(own *output) error {
	return errors.Join(
		copyPart(f.stdout(), own.stdout(), f.base, f.written()),
		copyPart(f.stderr(), own.stderr(), f.errStart(), min(f.errWritten(), maxStderr)))
}

// copyPart makes a file of n bytes of another one.
func copyPart(from, to string, offset, n int64) error {
	source, err := os.Open(from)
	if err != nil {
		return fmt.Errorf("copy output: %w", err)
	}
	defer source.Close()
	if _, err := source.Seek(offset, io.SeekStart); err != nil {
		return fmt.Errorf("copy output: %w", err)
	}
	file, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("copy output: %w", err)
	}
	_, err = io.CopyN(file, source, n)
	if err = errors.Join(err, file.Close()); err != nil {
		return fmt.Errorf("copy output: %w", err)
	}
	return nil
}

// cutBack leaves of a process's files what is the first run's. Whoever has them open reads on
// in what was there: they are replaced, not shortened.
func (o *output) cutBack(out, err int64) error {
	return errors.Join(cutFile(o.stdout(), out), cutFile(o.stderr(), min(err, maxStderr)))
}

// cutFile replaces a file of more than n bytes by one of these alone.
func cutFile(path string, n int64) error {
	info, err := os.Stat(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil || info.Size() <= n {
		return err
	}
	short := path + ".new"
	if err := copyPart(path, short, 0, n); err != nil {
		return err
	}
	file, err := os.OpenFile(short, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	if err := errors.Join(file.Sync(), file.Close()); err != nil {
		return err
	}
	return os.Rename(short, path)
}
