package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"spool/schema"
)

// awaitGo is a line of a script that waits for sayGo.
const awaitGo = `while [ ! -e go ]; do sleep 0.01; done`

// sayGo lets a script go on.
func (s *server) sayGo(t *testing.T) {
	t.Helper()
	require.NoError(t, os.WriteFile(filepath.Join(s.dir, "workspace", "go"), nil, 0o600))
}

// A program that opens its own /dev/stdout for writing truncates it, because it is a file.
// What was lost so must not end as a success.
func TestS04TruncatedOutputIsNoSuccess(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	c, _ := s.begin(t, script(`echo a long first line`, awaitGo, `echo x > /dev/stdout`, `sleep 600`))
	require.Equal(t, "a long first line", c.next())
	s.sayGo(t)
	requireEnd(t, c.rest(), schema.Internal)
}

// The same on stderr loses nothing that was not lost: what is there now is shown.
func TestS01TruncatedStderrIsReadAgain(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	c, _ := s.begin(t, script(`echo a long first line >&2`, awaitGo, `echo boom > /dev/stderr`, `exit 3`))
	require.Equal(t, `{"stderr":"a long first line"}`, c.next())
	s.sayGo(t)
	e := c.rest()
	requireEnd(t, e, schema.ExitNonzero)
	require.Equal(t, []string{"boom"}, e.stderr)
	require.Contains(t, e.err.Text, "3: boom")
}

// One run must not be able to keep all later ones from starting.
func TestS03RemovedWorkspaceIsMadeAgain(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	requireEnd(t, s.run(t, script(`rmdir "$PWD"`)), "")
	e := s.run(t, script(`pwd`))
	requireEnd(t, e, "")
	require.Equal(t, []string{s.dir + "/workspace"}, e.lines)
}
