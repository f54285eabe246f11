package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// program writes a shell script as a file that can stand for claude.
func program(t *testing.T, lines ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "claude")
	text := append([]string{"#!/bin/sh", `[ "$1" = --version ] && { echo 9.9.9; exit 0; }`}, lines...)
	require.NoError(t, os.WriteFile(path, []byte(strings.Join(text, "\n")+"\n"), 0o700))
	return path
}

func TestS14AProgramNeedNotReadItsPrompt(t *testing.T) {
	t.Parallel()
	longest := strings.Repeat("\x01", 8192) // six bytes each in the stdin line
	for name, path := range map[string]string{
		"closes stdin":     program(t, "exec <&-", "sleep 0.2", "echo ok"),
		"reads nothing":    program(t, "echo ok"),
		"exits at once":    program(t, "exec echo ok"),
		"reads one byte":   program(t, "head -c 1 >&2", "exec <&-", "echo ok"),
		"reads after that": program(t, "echo ok", "sleep 0.2", "exec cat >&2"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := startServer(t, "--claude="+path, "--result-grace=1s", "--run-timeout=20s", "--idle-timeout=4s")
			e := s.run(t, longest)
			require.Equal(t, []string{"ok"}, e.lines)
			if name != "reads after that" {
				requireEnd(t, e, "")
			}
		})
	}
}

func TestS14StdinStaysOpenUntilTheResult(t *testing.T) {
	t.Parallel()
	bothWays(t, func(t *testing.T, way string) {
		s := startServer(t, "--result-grace=20s", way)
		// cat ends at the end of stdin and not before: interrupts and approvals come there.
		c, _ := s.begin(t, script(
			`(sleep 0.5; echo "still open"; echo '`+resultLine+`') &`, "echo ready", "cat; wait", "echo closed"))
		require.Equal(t, "ready", c.next())
		require.Equal(t, "still open", c.next())
		require.Equal(t, resultLine, c.next())
		start := time.Now()
		e := c.rest()
		requireEnd(t, e, "")
		require.Equal(t, []string{"closed"}, e.lines, "cat has read the end, and nothing else")
		require.Less(t, time.Since(start), 10*time.Second, "without waiting for the result grace")
	})
}

func TestS14AStoppedRunHasItsStdinClosed(t *testing.T) {
	t.Parallel()
	bothWays(t, func(t *testing.T, way string) {
		s := startServer(t, "--run-timeout=3s", "--stop-grace=20s", way)
		e := s.run(t, script("trap '' TERM; echo ready; cat; echo closed"))
		require.Equal(t, []string{"ready", "closed"}, e.lines)
	})
}
