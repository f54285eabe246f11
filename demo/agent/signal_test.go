//go:build unix

package agent

import (
	"bufio"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestWithoutAHomeNothingIsKeptAndOneWarningSaysSo(t *testing.T) {
	t.Parallel()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-p")
	cmd.Dir, cmd.Env = t.TempDir(), []string{asAgent + "=1"}
	cmd.Stdin = strings.NewReader(`{"type":"user","message":{"content":"error"}}` + "\n" + `{"type":"user","message":{"content":"history"}}` + "\n")
	var stdout, stderr strings.Builder
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	require.NoError(t, cmd.Run())
	require.Contains(t, stdout.String(), "1. error", "in this process it is known")
	require.Equal(t, 1, strings.Count(stderr.String(), "cannot be continued"), stderr.String())
	left, err := os.ReadDir(cmd.Dir)
	require.NoError(t, err)
	require.Empty(t, left)
}

func TestSIGTERMEndsARealProcessAtOnce(t *testing.T) {
	t.Parallel()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-p", "--input-format=stream-json") // this test binary
	cmd.Env = append(os.Environ(), asAgent+"=1")
	stdin, err := cmd.StdinPipe()
	require.NoError(t, err)
	stdout, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())

	_, err = stdin.Write([]byte(`{"type":"user","message":{"content":"hang"}}` + "\n"))
	require.NoError(t, err)
	lines := bufio.NewScanner(stdout)
	require.True(t, lines.Scan(), "the first line")
	require.NoError(t, cmd.Process.Signal(syscall.SIGTERM))

	var exit *exec.ExitError
	require.ErrorAs(t, cmd.Wait(), &exit)
	require.Equal(t, syscall.SIGTERM, exit.Sys().(syscall.WaitStatus).Signal())
}
