package store

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
)

// What stands where in the first page of a database file.
const (
	headerSize    = 100
	magic         = "SQLite format 3\x00"
	versionOffset = 60 // user_version, big-endian
)

// inspect refuses a file that is no database or that a later version has written. It reads bytes
// and leaves SQLite out, which would write files of its own beside it.
func inspect(path string, known int64) error {
	version, err := fileVersion(path)
	if err != nil {
		return err
	}
	if version > known {
		return fmt.Errorf("%w (its version is %d, this program knows %d)", ErrNewer, version, known)
	}
	return nil
}

// fileVersion returns the version in a file's header, 0 if there is no file or nothing in it.
func fileVersion(path string) (int64, error) {
	file, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	defer file.Close()
	var header [headerSize]byte
	switch n, err := io.ReadFull(file, header[:]); {
	case n == 0 && errors.Is(err, io.EOF):
		return 0, nil
	case errors.Is(err, io.ErrUnexpectedEOF), err == nil && string(header[:len(magic)]) != magic:
		return 0, fmt.Errorf("%w: it is no database", ErrDamaged)
	case err != nil:
		return 0, err
	}
	return int64(binary.BigEndian.Uint32(header[versionOffset:])), nil
}
