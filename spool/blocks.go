package spool

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
)

// noBlock is held when no block is.
const noBlock = -1

// sealed reads a file through its checksums. It belongs to one goroutine, as its Reader does.
type sealed struct {
	file  io.ReaderAt
	sums  *os.File
	size  int64  // of what is sealed
	block []byte // the block that was compared last …
	held  int64  // … and its number, or noBlock
	err   error  // ErrDamaged, once it was found …
	found func() // … which this is told; not nil
}

// ReadAt reads sealed bytes that are as they were. It reads whole blocks, compares them and
// keeps the last one, so that reading in sequence reads the file once. Damage that was found
// is told to everyone, also to who reads nothing.
func (s *sealed) ReadAt(p []byte, offset int64) (n int, err error) {
	for err = s.err; n < len(p) && err == nil; {
		var good []byte
		good, err = s.from(offset + int64(n))
		n += copy(p[n:], good)
	}
	return n, err
}

// from returns what stands at offset and behind it in the same block.
func (s *sealed) from(offset int64) ([]byte, error) {
	if offset >= s.size {
		return nil, io.EOF
	}
	if i := offset / BlockSize; i != s.held {
		if err := s.load(i); err != nil {
			return nil, err
		}
	}
	return s.block[offset%BlockSize:], nil
}

// load reads block number i, from 0, and compares it. A file that ends too early is damaged.
func (s *sealed) load(i int64) error {
	s.held = noBlock
	if s.block == nil {
		s.block = make([]byte, min(BlockSize, s.size))
	}
	s.block = s.block[:min(BlockSize, s.size-i*BlockSize)]
	var want [sumSize]byte
	_, errSum := s.sums.ReadAt(want[:], headSize+i*sumSize)
	n, err := s.file.ReadAt(s.block, i*BlockSize)
	if err = errors.Join(notEOF(errSum), notEOF(err)); err != nil {
		return err
	}
	if n < len(s.block) || crc32.Checksum(s.block, castagnoli) != binary.LittleEndian.Uint32(want[:]) {
		s.err = fmt.Errorf("%w: the block at byte %d", ErrDamaged, i*BlockSize)
		s.found()
		return s.err
	}
	s.held = i
	return nil
}

// notEOF returns err unless it is io.EOF: too little is damage, and compared as such.
func notEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// until returns where reading at offset must stop: before what is not sealed, and before
// the next block, so that damage there does not take back what is good before it.
func (s *sealed) until(offset int64) int64 {
	return min(s.size, (offset/BlockSize+1)*BlockSize)
}

// damage returns ErrDamaged if that was found. The nil sealed, of a file that is not
// sealed, has none.
func (s *sealed) damage() error {
	if s == nil {
		return nil
	}
	return s.err
}
