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

// copyPart puts a file of n bytes of another one in a file's place. Whoever has that open reads
// on in what was there.
func copyPart(from, to string, offset, n int64) error {
	if err := writePart(from, to+".new", offset, n); err != nil {
		return fmt.Errorf("copy output: %w", err)
	}
	return os.Rename(to+".new", to)
}

func writePart(from, to string, offset, n int64) error {
	source, err := os.Open(from)
	if err != nil {
		return err
	}
	defer source.Close()
	if _, err := source.Seek(offset, io.SeekStart); err != nil {
		return err
	}
	file, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = io.CopyN(file, source, n)
	return errors.Join(err, file.Sync(), file.Close())
}

// cutBack leaves of a process's files what is the first run's.
func (o *output) cutBack(out, err int64) error {
	return errors.Join(cutFile(o.stdout(), out), cutFile(o.stderr(), min(err, maxStderr)))
}

// cutFile leaves of a file its first n bytes.
func cutFile(path string, n int64) error {
	info, err := os.Stat(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil || info.Size() <= n {
		return err
	}
	return copyPart(path, path, 0, n)
}
