package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"spool/e2e/api"
)

func TestASpoolIsWarmWhenAProcessWaitsOrWhenItKeepsNone(t *testing.T) {
	t.Parallel()
	for health, want := range map[string]bool{
		`{"status":"ok"}`:        true,
		`{"warm":{"waiting":0}}`: false,
		`{"warm":{"waiting":2}}`: true,
		`no JSON`:                false,
	} {
		h := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, health) }))
		s := &server{command: command{addr: h.Listener.Addr().String()}}
		require.Equal(t, want, s.isWarm(), health)
		h.Close()
	}
	http.DefaultClient.CloseIdleConnections()
}

func TestOnlyASpoolThatKnowsTheFlagGetsIt(t *testing.T) {
	t.Parallel()
	for help, want := range map[string][]string{"  --listen=ADDRESS": nil, "  --warm=1   Processes": {"--warm=0"}} {
		path := filepath.Join(t.TempDir(), "spool")
		require.NoError(t, os.WriteFile(path, []byte("#!/bin/sh\necho '"+help+"'\n"), 0o700))
		flags, err := syntheticFlags(path)
		require.NoError(t, err)
		require.Equal(t, want, flags)
	}
	_, err := syntheticFlags(filepath.Join(t.TempDir(), "none"))
	require.Error(t, err)
}

func TestTheProcessesAreKeptForTheRealCLIOnly(t *testing.T) {
	t.Parallel()
	r := testRig(t)
	for warm, want := range map[bool]bool{true: false, false: true} {
		p := r.agent()
		p.warm = warm
		c, err := r.spoolCommand("spool", []string{"--warm=0"})(p)
		require.NoError(t, err)
		require.Equal(t, want, strings.Contains(strings.Join(c.args, " "), "--warm=0"))
	}
}

func TestTheShellEndsTheInputBehindTheFirstLine(t *testing.T) {
	t.Parallel()
	stand, err := api.Start()
	require.NoError(t, err)
	w := &world{cli: "/bin/cat", home: t.TempDir(), api: stand}
	defer w.close()
	p := w.oneLineProgram()
	p.args = p.args[:4] // cat takes none of the CLI's
	cmd := exec.Command(p.path, p.args...)
	stdin, writer, err := os.Pipe()
	require.NoError(t, err)
	defer writer.Close() // after everything: the input stays open
	cmd.Stdin = stdin
	_, err = writer.WriteString("{\"a\":\"\\\\n $HOME\"}\nmore\n")
	require.NoError(t, err)
	out, err := cmd.Output()
	require.NoError(t, err)
	require.Equal(t, "{\"a\":\"\\\\n $HOME\"}\n", string(out))
	require.NoError(t, stdin.Close())
}

func TestLinesOfTheCLIAreNoted(t *testing.T) {
	t.Parallel()
	got := noteLines(strings.NewReader(agentInit + "\n" + `{"type":"assistant","message":{}}` + "\n" + agentEnd + "\n"))
	require.Equal(t, 3, got.lines)
	require.False(t, got.first.IsZero() || got.answered.IsZero() || got.last.IsZero())
}
