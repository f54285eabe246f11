package claude

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestHasSessionFindsTheFileOfASession(t *testing.T) {
	t.Parallel()
	const here, gone = "349adc2f-2f30-4acd-9da3-fc099151ce1e", "349adc2f-2f30-4acd-9da3-fc099151ce1f"
	home := filepath.Join(t.TempDir(), "odd [name]*?")
	own := filepath.Join(home, ".claude", "projects", "-workspace")
	require.NoError(t, os.MkdirAll(own, 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(own, here+".jsonl"), nil, 0o600))

	agent := &Agent{Environment: []string{"HOME=" + home}}
	require.True(t, agent.HasSession(here))
	require.False(t, agent.HasSession(gone))
	require.False(t, agent.HasSession("*"))
	require.False(t, agent.HasSession("../"+here))

	moved := &Agent{Environment: []string{"HOME=" + t.TempDir(), "CLAUDE_CONFIG_DIR=" + filepath.Join(home, ".claude")}}
	require.True(t, moved.HasSession(here))
	require.False(t, (&Agent{Environment: []string{"HOME=" + t.TempDir()}}).HasSession(here))
}
