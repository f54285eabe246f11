package claude

import (
	"cmp"
	"errors"
	"os"
	"syscall"
)

// What is wrong with a working directory, in words that a client may see.
var (
	ErrWorkspace = errors.New("the workspace is missing, or not the directory that it was: check --workspace")
	ErrDir       = errors.New("options.cwd must be a directory in the workspace, relative to it")
)

// OpenDir opens a directory in the workspace, or the workspace itself if dir is empty. No
// symbolic link leads out of the workspace, however they change meanwhile, and none may have
// taken its place. The error is [ErrWorkspace] or [ErrDir]. The file is the caller's to close.
func OpenDir(workspace, dir string) (*os.File, error) {
	root, err := openRoot(workspace)
	if err != nil {
		return nil, ErrWorkspace
	}
	defer root.Close()
	opened, err := root.OpenFile(cmp.Or(dir, "."), os.O_RDONLY|syscall.O_DIRECTORY, 0)
	if err != nil {
		return nil, ErrDir
	}
	return opened, nil
}

// errLink is a symbolic link in the place of a directory.
var errLink = errors.New("a symbolic link")

// openRoot opens a directory that is there itself.
func openRoot(path string) (*os.Root, error) {
	root, err := os.OpenRoot(path)
	if err != nil {
		return nil, err
	}
	opened, err := root.Stat(".")
	there, err2 := os.Lstat(path)
	if err := errors.Join(err, err2); err != nil || !os.SameFile(opened, there) {
		return nil, errors.Join(errLink, err, root.Close())
	}
	return root, nil
}
