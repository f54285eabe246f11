package claude

import (
	"cmp"
	"errors"
	"fmt"
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
// taken its place. The error is [ErrWorkspace] or [ErrDir], unless the machine cannot open anything
// now. The file is the caller's to close.
func OpenDir(workspace, dir string) (*os.File, error) {
	root, err := openRoot(workspace)
	if err != nil {
		return nil, blame(err, ErrWorkspace)
	}
	defer root.Close()
	opened, err := root.OpenFile(cmp.Or(dir, "."), os.O_RDONLY|syscall.O_DIRECTORY, 0)
	switch {
	case err == nil:
		return opened, nil
	case dir == "":
		return nil, blame(err, ErrWorkspace)
	default:
		return nil, blame(err, ErrDir)
	}
}

// blame returns what is wrong with a directory that could not be opened, unless that is not its fault.
func blame(err, wrong error) error {
	for _, fault := range []error{syscall.EMFILE, syscall.ENFILE, syscall.ENOMEM, syscall.EIO} {
		if errors.Is(err, fault) {
			return fmt.Errorf("open working directory: %w", fault)
		}
	}
	return wrong
}

// errReplaced is something else in the place of a directory, such as a symbolic link.
var errReplaced = errors.New("not the directory itself")

// openRoot opens a directory that is there itself. It is looked at first: to open a named pipe waits
// for who writes into it.
func openRoot(path string) (*os.Root, error) {
	there, err := os.Lstat(path)
	if err != nil {
		return nil, err
	}
	if !there.IsDir() {
		return nil, errReplaced
	}
	root, err := os.OpenRoot(path)
	if err != nil {
		return nil, err
	}
	opened, err := root.Stat(".")
	if err != nil || !os.SameFile(opened, there) {
		return nil, errors.Join(errReplaced, err, root.Close())
	}
	return root, nil
}
