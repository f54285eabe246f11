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
	r.sealed.found = r.forget
	return r, nil
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
		return fmt.Errorf("%w: its checksums have changed", ErrDamaged)
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
		return 0, fmt.Errorf("%w: what should be its checksums is something else", ErrDamaged)
	}
	return size, nil
}
