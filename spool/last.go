package spool

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
)

// lastStep is how much of a file is read at first to find its last line.
const lastStep = 4 << 10

// Last returns the last whole line of the file at path, without its newline. It is nil if the
// file has none, and the error os.ErrNotExist if there is no file.
func Last(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open spool: %w", err)
	}
	defer file.Close()
	end, err := wholeSize(file)
	if err != nil || end == 0 {
		return nil, err
	}
	end-- // its newline
	for step := int64(lastStep); ; step *= 2 {
		text := make([]byte, min(step, end))
		if _, err := file.ReadAt(text, end-int64(len(text))); err != nil && !errors.Is(err, io.EOF) {
			return nil, fmt.Errorf("read spool: %w", err)
		}
		if i := bytes.LastIndexByte(text, '\n'); i >= 0 || int64(len(text)) == end {
			return text[i+1:], nil
		}
	}
}
