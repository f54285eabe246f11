package claude

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// place makes a workspace with something of every kind in it.
func place(t *testing.T) string {
	t.Helper()
	workspace := filepath.Join(t.TempDir(), "work")
	require.NoError(t, os.MkdirAll(filepath.Join(workspace, "sub", "below"), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(workspace, "file"), nil, 0o600))
	require.NoError(t, syscall.Mkfifo(filepath.Join(workspace, "fifo"), 0o600))
	for name, to := range map[string]string{"inside": "sub/below", "out": t.TempDir(), "up": "..", "nowhere": "none"} {
		require.NoError(t, os.Symlink(to, filepath.Join(workspace, name)))
	}
	return workspace
}

func TestA11OnlyDirectoriesOfTheWorkspaceAreOpened(t *testing.T) {
	t.Parallel()
	workspace := place(t)
	for dir, is := range map[string]string{"": "", "sub": "sub", "sub/below": "sub/below", "inside": "sub/below", "sub/..": "", "./sub/": "sub"} {
		opened, err := OpenDir(workspace, dir)
		require.NoError(t, err, dir)
		there, err := os.Stat(filepath.Join(workspace, is))
		require.NoError(t, err)
		info, err := opened.Stat()
		require.NoError(t, err)
		require.True(t, os.SameFile(there, info), dir)
		require.NoError(t, opened.Close())
	}
	for _, dir := range []string{
		"..", "../work", "sub/../../work", "/etc", workspace, "out", "out/x", "up", "up/work", "nowhere", "none", "file", "fifo",
		"..%2f", "%252e%252e", "-p", "a\x00b", strings.Repeat("a", 300),
	} {
		_, err := OpenDir(workspace, dir)
		require.Equal(t, ErrDir, err, "%q", dir)
	}
}

func TestA11NoLinkTakesThePlaceOfTheWorkspace(t *testing.T) {
	t.Parallel()
	workspace := place(t)
	_, err := OpenDir(workspace+".none", "")
	require.Equal(t, ErrWorkspace, err)
	require.NoError(t, os.Rename(workspace, workspace+".old"))
	for _, to := range []string{"/", workspace + ".old", "none"} {
		require.NoError(t, os.Symlink(to, workspace))
		for _, dir := range []string{"", "sub", "etc"} {
			_, err := OpenDir(workspace, dir)
			require.Equal(t, ErrWorkspace, err)
		}
		require.NoError(t, os.Remove(workspace))
	}
	require.NoError(t, syscall.Mkfifo(workspace, 0o600))
	_, err = OpenDir(workspace, "") // nobody writes into it
	require.Equal(t, ErrWorkspace, err)
}

// A server that has too many files open has nothing to say about a directory.
func TestADirectoryIsNotBlamedForTheMachine(t *testing.T) {
	t.Parallel()
	for _, fault := range []error{syscall.EMFILE, syscall.ENFILE} {
		err := blame(&os.PathError{Op: "openat", Path: "sub", Err: fault}, ErrDir)
		require.ErrorIs(t, err, fault)
		require.NotErrorIs(t, err, ErrDir)
	}
	require.Equal(t, ErrDir, blame(&os.PathError{Op: "openat", Path: "sub", Err: syscall.ELOOP}, ErrDir))
}
