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

// inspect refuses a file that is no database, that a later version has written, or whose log is
// damaged. It reads bytes and leaves SQLite out, which would write files of its own beside it.
func inspect(path string, known int64) error {
	header, err := readHeader(path)
	if err != nil {
		return err
	}
	logged, version, err := walVersion(path + "-wal")
	if err != nil {
		return err
	}
	if logged && header == nil {
		return fmt.Errorf("%w: there is a write-ahead log, and nothing that it belongs to", ErrDamaged)
	}
	if header != nil {
		version = max(version, int64(binary.BigEndian.Uint32(header[versionOffset:])))
	}
	if version > known {
		return fmt.Errorf("%w (its version is %d, this program knows %d)", ErrNewer, version, known)
	}
	return nil
}

// readHeader returns the header of a database file, nil if there is no file or nothing in it.
func readHeader(path string) ([]byte, error) {
	file, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer file.Close()
	header := make([]byte, headerSize)
	switch _, err := io.ReadFull(file, header); {
	case errors.Is(err, io.EOF):
		return nil, nil
	case errors.Is(err, io.ErrUnexpectedEOF), err == nil && string(header[:len(magic)]) != magic:
		return nil, fmt.Errorf("%w: it is no database", ErrDamaged)
	case err != nil:
		return nil, err
	}
	return header, nil
}
