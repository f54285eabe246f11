package main

import (
	"fmt"
	"syscall"
)

const spareFiles = 200 // besides those of the connections

// raiseOpenFiles makes room for so many files in this process, and in the servers that it starts.
func raiseOpenFiles(n uint64) error {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return fmt.Errorf("read limit of open files: %w", err)
	}
	if limit.Max < n {
		return fmt.Errorf("%d files must be open at once, and the limit is %d: raise it (ulimit -Hn), or ask for less with -idle", n, limit.Max)
	}
	limit.Cur = limit.Max
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return fmt.Errorf("raise limit of open files: %w", err)
	}
	return nil
}
