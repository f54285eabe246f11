package spool

import (
	"bytes"
	"io"
)

// Line is one line of a file, without its newline.
type Line struct {
	// N is its number, from 1.
	N int64
	// Offset is where its first byte stands in the file; Size is its length in bytes.
	Offset, Size int64
	// Bytes is the line, if it fitted into the reader's buffer, else nil. It is valid
	// until the reader's next call.
	Bytes []byte

	file io.ReaderAt // of a sealed file: by its checksums
}

// Long reports whether the line did not fit into the reader's buffer.
func (l Line) Long() bool { return l.Bytes == nil }

// Reader reads the line's bytes, from memory or from the file. If the file is sealed, that
// is for the goroutine that its Reader belongs to, and may be an [ErrDamaged].
func (l Line) Reader() io.Reader {
	if l.Long() {
		return io.NewSectionReader(l.file, l.Offset, l.Size)
	}
	return bytes.NewReader(l.Bytes)
}

// Head returns the first n bytes of the line, or all of a shorter one.
func (l Line) Head(n int64) ([]byte, error) {
	if !l.Long() {
		return l.Bytes[:min(n, l.Size)], nil
	}
	head := make([]byte, min(n, l.Size))
	_, err := io.ReadFull(l.Reader(), head)
	return head, err
}
