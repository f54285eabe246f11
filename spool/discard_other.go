//go:build !linux

package spool

import (
	"errors"
	"os"
)

// Discard gives the disk space of n bytes at offset back where the system can do that.
// Here it cannot: the error is errors.ErrUnsupported and nothing has changed.
func Discard(*os.File, int64, int64) error { return errors.ErrUnsupported }
