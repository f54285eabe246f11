package spool

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
)

// ErrDamaged says that a sealed file, or its seal, is not what it was when it was sealed:
// the disk has lost or changed some of it, or somebody has. The text names the damaged block.
var ErrDamaged = errors.New("spool: the file is damaged")

// OpenSealed is OpenAfter for a file that [Seal] has sealed: what it reads is compared with
// the checksums, and is an [ErrDamaged] if it differs. Lines that end before the damaged
// block are handed out first. Once a call has returned ErrDamaged, every later one does.
// A seal that is missing, cut or changed is an ErrDamaged of OpenSealed itself. Nothing
// behind the sealed bytes is read, and the Reader takes them for the whole file.
func OpenSealed(path string, n int64, index *Index) (*Reader, error) {
	r, err := OpenAfter(path, n, index)
	if err != nil {
		return nil, err
	}
	if r.sealed, err = openSeal(path, r.file); err != nil {
		return nil, errors.Join(fmt.Errorf("open seal: %w", err), r.Close())
	}
	r.source, r.sealed.found = r.sealed, r.forget
	return r, nil
}

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

// openSeal opens the seal of the file at path, and compares the seal with its own checksum.
func openSeal(path string, file io.ReaderAt) (*sealed, error) {
	sums, err := os.Open(path + sealSuffix)
	if errors.Is(err, os.ErrNotExist) {
		return nil, missing(path)
	}
	if err != nil {
		return nil, err
	}
	size, err := readSeal(sums)
	if err != nil {
		return nil, errors.Join(err, sums.Close())
	}
	return &sealed{file: file, sums: sums, size: size, held: noBlock}, nil
}

// missing returns why there is no seal: the whole file is being removed, or it is damaged.
func missing(path string) error {
	if _, err := os.Stat(path); err != nil {
		return err
	}
	return fmt.Errorf("%w: it has no checksums", ErrDamaged)
}

// readSeal returns how many bytes are sealed, by a seal that is as it was written.
func readSeal(sums *os.File) (int64, error) {
	info, err := sums.Stat()
	if err != nil {
		return 0, err
	}
	body := info.Size() - sumSize
	if body < headSize {
		return 0, fmt.Errorf("%w: its checksums are cut short", ErrDamaged)
	}
	if err := compareSeal(sums, body); err != nil {
		return 0, err
	}
	return readHead(sums, body)
}

// compareSeal compares the first body bytes of a seal with the checksum behind them.
func compareSeal(sums io.ReaderAt, body int64) error {
	all, want := crc32.New(castagnoli), make([]byte, sumSize)
	if _, err := io.Copy(all, io.NewSectionReader(sums, 0, body)); err != nil {
		return err
	}
	if _, err := sums.ReadAt(want, body); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if all.Sum32() != binary.LittleEndian.Uint32(want) {
		return fmt.Errorf("%w: its checksums are", ErrDamaged)
	}
	return nil
}

// readHead reads the head of a seal with the right checksum and of body bytes. Another
// version is no damage: another program has written it.
func readHead(sums io.ReaderAt, body int64) (int64, error) {
	head := make([]byte, headSize)
	if _, err := sums.ReadAt(head, 0); err != nil {
		return 0, err
	}
	version, size := binary.LittleEndian.Uint32(head[8:]), int64(binary.LittleEndian.Uint64(head[16:])) //nolint:gosec // compared below
	if version != sealVersion && string(head[:8]) == sealMagic {
		return 0, fmt.Errorf("spool: checksums of version %d, this is version %d", version, sealVersion)
	}
	if size < 0 || string(head) != string(sealHead(size)) || body != headSize+sumSize*blocks(size) {
		return 0, fmt.Errorf("%w: its checksums are none", ErrDamaged)
	}
	return size, nil
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
