package store

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
)

// A server that was killed leaves the write-ahead log behind, which holds what the database file
// does not have yet. SQLite drops the log from the first frame on that is not what its
// checksum says, because that is what a power cut leaves of the last, unfinished transaction. But a bit that
// flips later looks the same, and takes everything behind it along. So the log is looked through
// before SQLite does: https://www.sqlite.org/fileformat2.html#the_write_ahead_log.

// What stands where in a log. Numbers are big-endian.
const (
	walHeaderSize   = 32 // magic, format, page size, sequence, two salts, two checksums
	walPageSize     = 8
	walSalts        = 16
	walChecksum     = 24
	frameHeaderSize = 24 // page number, database size if a commit, two salts, two checksums
	frameCommit     = 4
	frameSalts      = 8
	frameChecksum   = 16
	walMagic        = 0x377f0682 // and 1 more if the checksums are of big-endian words
)

// errWAL is what flipped bits in the log are reported as.
var errWAL = fmt.Errorf("%w: its write-ahead log has changed since it was written", ErrDamaged)

// walChain is the running checksum over the frames of a log.
type walChain struct {
	order binary.ByteOrder
	a, b  uint32
}

// add takes bytes in, an even number of words.
func (c *walChain) add(data []byte) {
	for ; len(data) >= 8; data = data[8:] {
		c.a += c.order.Uint32(data) + c.b
		c.b += c.order.Uint32(data[4:]) + c.a
	}
}

// at moves to a checksum that is stored.
func (c *walChain) at(stored []byte) {
	c.a, c.b = binary.BigEndian.Uint32(stored), binary.BigEndian.Uint32(stored[4:])
}

// is reports whether a stored checksum is the running one.
func (c *walChain) is(stored []byte) bool {
	return c.a == binary.BigEndian.Uint32(stored) && c.b == binary.BigEndian.Uint32(stored[4:])
}

// wal reads a log frame by frame.
type wal struct {
	file  io.Reader
	chain walChain
	salts []byte
	frame []byte // the last one read, its header first
}

// walVersion reports whether anything was ever written to a log, and returns the version that its last
// transaction leaves in the header of the database, 0 if it does not touch that. A bit that
// has flipped before the last two transactions is found; behind them it looks like a power cut.
func walVersion(path string) (logged bool, version int64, err error) {
	file, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return false, 0, nil
	}
	if err != nil {
		return false, 0, err
	}
	defer file.Close()
	return readWAL(bufio.NewReaderSize(file, 1<<20))
}

// readWAL is walVersion of what a reader has.
func readWAL(r io.Reader) (logged bool, version int64, err error) {
	w := wal{file: r}
	if logged, err = w.start(); logged {
		version, err = w.version()
	}
	return logged, version, err
}

// start reads the log's header; there is none in a log that was never written to.
func (w *wal) start() (bool, error) {
	header := make([]byte, walHeaderSize)
	n, err := io.ReadFull(w.file, header)
	if n < len(header) || bytes.Equal(header, make([]byte, walHeaderSize)) {
		return false, ignoreEOF(err)
	}
	w.chain.order = binary.ByteOrder(binary.LittleEndian)
	magic := binary.BigEndian.Uint32(header)
	if magic&1 == 1 {
		w.chain.order = binary.BigEndian
	}
	w.chain.add(header[:walChecksum])
	size := binary.BigEndian.Uint32(header[walPageSize:])
	if magic&^1 != walMagic || !w.chain.is(header[walChecksum:]) || size < 512 || size > 64<<10 {
		return false, errWAL // SQLite writes it before all else, and in one sector
	}
	w.salts = header[walSalts:walChecksum]
	w.frame = make([]byte, frameHeaderSize+size)
	return true, nil
}

// version goes through the frames that count, and looks behind the first that does not.
func (w *wal) version() (committed int64, err error) {
	pending := int64(0)
	for {
		whole, err := w.next()
		if err != nil {
			return committed, ignoreEOF(err)
		}
		if !whole {
			return committed, w.lost()
		}
		if binary.BigEndian.Uint32(w.frame) == 1 {
			pending = int64(binary.BigEndian.Uint32(w.frame[frameHeaderSize+versionOffset:]))
		}
		if w.commits() {
			committed = pending
		}
	}
}

// lost returns errWAL if what follows a broken frame proves that it was whole once: a
// transaction begins only after the one before it has reached the disk, so that the end of
// one and the beginning of the next are behind no frame that a power cut has torn.
func (w *wal) lost() error {
	ended := w.commits()
	for {
		w.chain.at(w.frame[frameChecksum:])
		follows, err := w.next()
		switch {
		case err != nil:
			return ignoreEOF(err)
		case follows && ended:
			return errWAL
		}
		ended = w.commits()
	}
}

// next reads a frame and reports whether it is what was written after the one before.
func (w *wal) next() (bool, error) {
	if _, err := io.ReadFull(w.file, w.frame); err != nil {
		return false, err
	}
	w.chain.add(w.frame[:frameSalts])
	w.chain.add(w.frame[frameHeaderSize:])
	return w.chain.is(w.frame[frameChecksum:]) && w.ours(), nil
}

// ours reports whether the frame is of this log, not left by the one that it was written over.
func (w *wal) ours() bool { return bytes.Equal(w.salts, w.frame[frameSalts:frameChecksum]) }

// commits reports whether the frame is the last of a transaction.
func (w *wal) commits() bool {
	return w.ours() && binary.BigEndian.Uint32(w.frame[frameCommit:]) != 0
}

// ignoreEOF leaves out the end of a file, which a log may have anywhere.
func ignoreEOF(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return nil
	}
	return err
}
