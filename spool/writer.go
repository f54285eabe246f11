package spool

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
)

// What Append refuses.
var (
	ErrNewline = errors.New("spool: a line must not contain a newline")
	ErrLimit   = errors.New("spool: the file would grow beyond its limit")
)

// Create makes a new file and opens it for appending, to be handed to a process as its
// stdout. Only the owner may read it: lines hold prompts and answers.
func Create(path string) (*os.File, error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("create spool: %w", err)
	}
	return file, nil
}

// Writer appends whole lines. It belongs to one goroutine.
type Writer struct {
	file  *os.File
	size  int64
	limit int64
	buf   []byte
}

// OpenWriter opens or creates the file at path for appending up to limit bytes in all. A
// last line without newline is a write that a crash cut short: it is removed.
func OpenWriter(path string, limit int64) (*Writer, error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open spool: %w", err)
	}
	size, err := wholeSize(file)
	if err == nil {
		err = file.Truncate(size)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("recover spool: %w", err), file.Close())
	}
	return &Writer{file: file, size: size, limit: limit}, nil
}

// Append writes one line in one write, so that a reader never sees a part of it as whole.
func (w *Writer) Append(line []byte) error {
	if bytes.IndexByte(line, '\n') >= 0 {
		return ErrNewline
	}
	w.buf = append(append(w.buf[:0], line...), '\n')
	return w.AppendAll(w.buf)
}

// AppendAll writes lines, each with its newline, in one write.
func (w *Writer) AppendAll(lines []byte) error {
	if w.size+int64(len(lines)) > w.limit {
		return ErrLimit
	}
	n, err := w.file.Write(lines)
	if err != nil {
		return errors.Join(fmt.Errorf("append lines: %w", err), w.undo(n))
	}
	w.size += int64(n)
	return nil
}

// undo removes the n bytes of a line that could not be written whole.
func (w *Writer) undo(n int) error {
	if n == 0 {
		return nil
	}
	return w.file.Truncate(w.size)
}

// Sync returns when everything appended is on disk.
func (w *Writer) Sync() error { return w.file.Sync() }

// Close closes the file.
func (w *Writer) Close() error { return w.file.Close() }

// wholeSize returns the size of the file up to and with its last newline.
func wholeSize(file *os.File) (int64, error) {
	info, err := file.Stat()
	if err != nil {
		return 0, err
	}
	buf := make([]byte, 4096)
	for end := info.Size(); end > 0; {
		start := max(end-int64(len(buf)), 0)
		n, err := file.ReadAt(buf[:end-start], start)
		if err != nil && !errors.Is(err, io.EOF) {
			return 0, err
		}
		if i := bytes.LastIndexByte(buf[:n], '\n'); i >= 0 {
			return start + int64(i) + 1, nil
		}
		end = start
	}
	return 0, nil
}
