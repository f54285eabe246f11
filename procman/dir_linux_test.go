package procman

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestA11AProcessStartsInTheDirectoryThatIsOpen(t *testing.T) {
	parent, outside := t.TempDir(), t.TempDir()
	path, moved := filepath.Join(parent, "dir"), filepath.Join(parent, "moved")
	require.NoError(t, os.Mkdir(path, 0o700))
	dir := open(t, path)
	require.NoError(t, os.Rename(path, moved))
	require.NoError(t, os.Symlink(outside, path))
	_, out := shell(t, "pwd -P", func(s *Spec) { s.Dir = dir })
	require.Equal(t, moved, line(t, out))
}
