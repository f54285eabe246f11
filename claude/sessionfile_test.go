package claude

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestHasSessionFindsTheFileOfASession(t *testing.T) {
	t.Parallel()
	const here, gone = "349adc2f-2f30-4acd-9da3-fc099151ce1e", "349adc2f-2f30-4acd-9da3-fc099151ce1f"
	home := filepath.Join(t.TempDir(), "odd [name]*?")
	own := filepath.Join(home, ".claude", "projects", "-work-space")
	require.NoError(t, os.MkdirAll(own, 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(own, here+".jsonl"), nil, 0o600))

	agent := &Agent{Environment: []string{"HOME=" + home}}
	require.True(t, agent.HasSession(here, "/work space", ""))
	require.False(t, agent.HasSession(here, "/work space/sub", ""), "the CLI looks in the folder of its working directory")
	for _, at := range []int{0, 64<<10 - 5, 200 << 10} {
		text := strings.Repeat("x", at) + `{"uuid":"` + gone + `"}` + "\n"
		require.NoError(t, os.WriteFile(filepath.Join(own, here+".jsonl"), []byte(text), 0o600))
		require.True(t, agent.HasSession(here, "/work space", gone))
		require.False(t, agent.HasSession(here, "/work space", here), "what it has said last is not written down")
	}
	require.False(t, agent.HasSession(gone, "/work space", ""))
	require.False(t, agent.HasSession("*", "/work space", ""))
	require.False(t, agent.HasSession("../"+here, "/work space/sub", ""))

	moved := &Agent{Environment: []string{"HOME=" + t.TempDir(), "CLAUDE_CONFIG_DIR=" + filepath.Join(home, ".claude")}}
	require.True(t, moved.HasSession(here, "/work space", ""))
	require.False(t, (&Agent{Environment: []string{"HOME=" + t.TempDir()}}).HasSession(here, "/work space", ""))
}

func TestTheFolderOfAWorkingDirectoryIsNamedAsTheCLINamesIt(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	link := filepath.Join(dir, "link")
	require.NoError(t, os.Symlink(dir, link))
	require.Equal(t, folderPattern(dir), folderPattern(link))
	require.Equal(t, "-a-b-c----d", folderPattern("/a.b/c_é😀d"))
	long := "/" + strings.Repeat("x", maxFolderName-1)
	require.Equal(t, "-"+long[1:], folderPattern(long))
	require.Equal(t, "-"+long[1:]+"-*", folderPattern(long+"y"))
}
