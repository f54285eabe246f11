package spool

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
)

// BlockSize is how many bytes of a sealed file have one checksum. It is part of the format.
const BlockSize = 64 << 10

// A seal is the file at path+".sum", little-endian:
//
//	offset  bytes
//	0       8      sealMagic
//	8       4      sealVersion
//	12      4      BlockSize
//	16      8      how many bytes of the file are sealed
//	24      4·n    CRC-32C of each block; the last block may be shorter
//	24+4·n  4      CRC-32C of everything before
const (
	sealSuffix  = ".sum"
	sealMagic   = "spoolsum"
	sealVersion = 1
	sumSize     = 4
	headSize    = 24
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// blocks returns into how many blocks so many bytes are divided.
func blocks(size int64) int64 { return (size + BlockSize - 1) / BlockSize }

// Seal writes the checksums of a file that grows no more to path+".sum", of every block of
// [BlockSize] bytes. It reads the first limit bytes of the file once, or all of a shorter
// one; limit <= 0 stands for all of it. What is behind them is not the file's any more for
// [OpenSealed]. The checksums are on disk when Seal returns; that the file itself is, by
// fsync, is its writer's business. They replace those of an earlier Seal at once or not at all.
func Seal(path string, limit int64) error {
	file, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("seal spool: %w", err)
	}
	defer file.Close()
	size, err := sealSize(file, limit)
	if err == nil {
		err = replace(path+sealSuffix, func(w io.Writer) error { return writeSeal(w, file, size) })
	}
	if err != nil {
		return fmt.Errorf("seal spool: %w", err)
	}
	return nil
}

// sealSize returns how many bytes are to be sealed.
func sealSize(file *os.File, limit int64) (int64, error) {
	info, err := file.Stat()
	if err != nil {
		return 0, err
	}
	if limit <= 0 {
		return info.Size(), nil
	}
	return min(info.Size(), limit), nil
}

// writeSeal writes the seal of the next size bytes of file.
func writeSeal(w io.Writer, file io.Reader, size int64) error {
	all := crc32.New(castagnoli)
	sums := io.MultiWriter(w, all)
	if _, err := sums.Write(sealHead(size)); err != nil {
		return err
	}
	block := make([]byte, min(BlockSize, size))
	for left := size; left > 0; left -= int64(len(block)) {
		block = block[:min(BlockSize, left)]
		if _, err := io.ReadFull(file, block); err != nil {
			return fmt.Errorf("read file: %w", err)
		}
		if _, err := sums.Write(sumOf(crc32.Checksum(block, castagnoli))); err != nil {
			return err
		}
	}
	_, err := w.Write(sumOf(all.Sum32()))
	return err
}

// sealHead returns what a seal of size bytes begins with.
func sealHead(size int64) []byte {
	head := append(make([]byte, 0, headSize), sealMagic...)
	head = binary.LittleEndian.AppendUint32(head, sealVersion)
	head = binary.LittleEndian.AppendUint32(head, BlockSize)
	return binary.LittleEndian.AppendUint64(head, uint64(size)) //nolint:gosec // a size is not negative
}

func sumOf(sum uint32) []byte { return binary.LittleEndian.AppendUint32(nil, sum) }

// replace writes the file at path under a temporary name, brings it to the disk and gives
// it its name, so that a crash leaves the file of before or the new one, never a part.
func replace(path string, write func(io.Writer) error) error {
	file, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*") // is 0600
	if err != nil {
		return err
	}
	buffer := bufio.NewWriter(file)
	if err = write(buffer); err == nil {
		err = errors.Join(buffer.Flush(), file.Sync())
	}
	if err = errors.Join(err, file.Close()); err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(file.Name()))
	}
	return SyncDir(filepath.Dir(path))
}

// SyncDir brings the names in a directory to the disk.
func SyncDir(path string) error {
	dir, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}
