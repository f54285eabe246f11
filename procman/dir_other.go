//go:build !linux

package procman

import (
	"errors"
	"os"
	"path/filepath"
)

// errMoved is another directory where one was opened, or none.
var errMoved = errors.New("it is no longer where it was")

// pathOf returns the path of a directory that is open, if it is still there. These systems start
// no process in a directory that is only open: a moment is left in which it can be replaced.
func pathOf(dir *os.File) (string, error) {
	path, err := filepath.EvalSymlinks(dir.Name())
	if err != nil {
		return "", err
	}
	opened, err := dir.Stat()
	there, err2 := os.Lstat(path)
	if err := errors.Join(err, err2); err != nil {
		return "", err
	}
	if !os.SameFile(opened, there) {
		return "", errMoved
	}
	return path, nil
}
