package main

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"spool/claude"
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

// No run works behind a link that has come into the place of the workspace, whether or not its
// process was started before.
func TestA11NoRunStartsWhereALinkHasTakenTheWorkspace(t *testing.T) {
	t.Parallel()
	bothWays(t, func(t *testing.T, way string) {
		s, outside := startServer(t, way), t.TempDir()
		s.awaitWarm(t)
		workspace := filepath.Join(s.dir, "workspace")
		require.NoError(t, errors.Join(os.Rename(workspace, workspace+".old"), os.Symlink(outside, workspace)))
		c := s.dial(t)
		require.Equal(t, schema.InfoFrame, c.next())
		c.prompt(script(`touch made`))
		c.next()
		e := c.rest()
		requireEnd(t, e, schema.SpawnFailed)
		require.Equal(t, claude.ErrWorkspace.Error(), e.err.Text)
		require.NoFileExists(t, filepath.Join(outside, "made"))
	})
}

func TestA11ALinkThatTheOperatorNamesIsFollowedOnce(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	real, link, other := filepath.Join(dir, "real"), filepath.Join(dir, "link"), filepath.Join(dir, "other")
	require.NoError(t, errors.Join(os.Mkdir(real, 0o700), os.Mkdir(other, 0o700), os.Symlink("real", link)))
	s := startServer(t, "--workspace="+link)
	require.Equal(t, []string{real}, s.run(t, script(`pwd -P`)).lines)
	require.NoError(t, errors.Join(os.Remove(link), os.Symlink("other", link)))
	require.Equal(t, []string{real}, s.run(t, script(`pwd -P`)).lines)
}
