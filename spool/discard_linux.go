package spool

import (
	"os"

	"golang.org/x/sys/unix"
)

// Discard gives the disk space of n bytes at offset back, without moving what stands
// behind them: they read as zeros from then on. Where the file system cannot do that,
// the error is errors.ErrUnsupported and nothing has changed.
func Discard(file *os.File, offset, n int64) error {
	return os.NewSyscallError("fallocate", unix.Fallocate(int(file.Fd()),
		unix.FALLOC_FL_PUNCH_HOLE|unix.FALLOC_FL_KEEP_SIZE, offset, n))
}
