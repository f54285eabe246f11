package main

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"spool/schema"
)

// brokenPrograms makes everything that cannot be started, in a directory of its own.
func brokenPrograms(t *testing.T) map[string]string {
	t.Helper()
	dir := t.TempDir()
	path := func(name string) string { return filepath.Join(dir, name) }
	require.NoError(t, os.WriteFile(path("plain"), []byte("#!/bin/sh\necho hi\n"), 0o644))
	require.NoError(t, os.WriteFile(path("garbage"), []byte("\x00\x01\x02 no program"), 0o755))
	require.NoError(t, os.Mkdir(path("directory"), 0o755))
	require.NoError(t, os.Symlink(path("nowhere"), path("dangling")))
	return map[string]string{
		"missing":        path("missing"),
		"not executable": path("plain"),
		"garbage":        path("garbage"),
		"a directory":    path("directory"),
		"a broken link":  path("dangling"),
		"not on PATH":    "no-such-program-anywhere",
	}
}

func TestS03AProgramThatCannotStartIsToldAtOnce(t *testing.T) {
	t.Parallel()
	for name, path := range brokenPrograms(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := startServer(t, "--claude="+path)
			require.Less(t, fastest(time.Second, func() time.Duration {
				c := s.dial(t)
				require.Equal(t, schema.InfoFrame, c.next())
				start := time.Now()
				c.prompt("hi")
				e := c.rest()
				took := time.Since(start)
				requireEnd(t, e, schema.SpawnFailed)
				require.Equal(t, 1011, e.code)
				requireNoPath(t, e.err.Text, path)
				requireNoPath(t, e.reason, path)
				return took
			}), time.Second)
			s.requireDegraded(t, path)
		})
	}
}

func TestS03AProgramMayBeRepairedWhileTheServerRuns(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "claude")
	s := startServer(t, "--claude="+path)
	s.requireDegraded(t, path)
	require.NoError(t, os.Symlink(binaries.claude, path))
	requireEnd(t, s.run(t, "hi"), "")
	status, _ := s.get(t, "/readyz")
	require.Equal(t, http.StatusOK, status)
	h := s.health(t)
	require.Equal(t, "ok", h.Status)
	require.True(t, h.CLI.Found)
	require.Equal(t, "9.9.9", h.CLI.Version)
}

func TestS03AnInterpreterThatIsMissingIsToldToo(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "claude")
	require.NoError(t, os.WriteFile(path, []byte("#!/no/such/interpreter\n"), 0o755))
	s := startServer(t, "--claude="+path)
	e := s.run(t, "hi")
	requireEnd(t, e, schema.SpawnFailed)
	requireNoPath(t, e.err.Text, path)
}

// requireDegraded checks that the server tells what is wrong with the program, and what to do.
func (s *server) requireDegraded(t *testing.T, path string) {
	t.Helper()
	status, body := s.get(t, "/readyz")
	require.Equal(t, http.StatusServiceUnavailable, status)
	var told schema.Error
	require.NoError(t, json.Unmarshal(body, &told))
	require.Equal(t, schema.SpawnFailed, told.Code)
	requireNoPath(t, told.Text, path)
	status, _ = s.get(t, "/livez")
	require.Equal(t, http.StatusOK, status)
	h := s.health(t)
	require.Equal(t, "degraded", h.Status)
	require.False(t, h.CLI.Found)
	require.NotEmpty(t, h.CLI.Problem)
	require.Contains(t, h.CLI.Hint, "npm install -g @anthropic-ai/claude-code")
	requireNoPath(t, h.CLI.Problem, path)
}

// requireNoPath checks that a text names no absolute path, and no part of this one.
func requireNoPath(t *testing.T, text, path string) {
	t.Helper()
	require.NotEmpty(t, text)
	require.NotContains(t, text, path)
	for _, word := range strings.Fields(text) {
		require.False(t, strings.HasPrefix(strings.Trim(word, `"'(:`), "/"), text)
	}
}
