package run

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"spool/claude"
	"spool/schema"
)

// inSub lets a turn work in a directory of the workspace.
func inSub(turn *Turn) { turn.Wishes.Dir = "sub" }

// makeSub makes that directory.
func (h house) makeSub(t *testing.T) string {
	t.Helper()
	sub := filepath.Join(h.config.Workspace, "sub")
	require.NoError(t, os.Mkdir(sub, 0o700))
	return sub
}

// replace puts a symbolic link in the place of a directory.
func replace(dir, to string) error {
	return errors.Join(os.Rename(dir, dir+".old"), os.Symlink(to, dir))
}

// requireEmpty checks that nothing was done in a directory.
func requireEmpty(t *testing.T, dir string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Empty(t, entries)
}

// occupy takes the only place until the gate is opened.
func (h house) occupy(t *testing.T) *Run {
	t.Helper()
	r, view := h.newTalk(t).begin("gate")
	awaitReady(t, view)
	return r
}

// requireNotStarted checks that a run has failed before there was a process.
func (h house) requireNotStarted(t *testing.T, r *Run, code schema.Code, why error) {
	t.Helper()
	require.Equal(t, schema.NewError(code, why.Error()), r.end(t).Error)
	require.Nil(t, h.record(t, r).Stop)
}

// What a directory was when the run was accepted is long ago when it has waited for its place.
func TestA11TheDirectoryIsOpenedWhenTheProcessStarts(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(sub, outside string) error{
		"a link to the outside": replace,
		"a link to the root":    func(sub, _ string) error { return replace(sub, "/") },
		"gone":                  func(sub, _ string) error { return os.Remove(sub) },
		"a file":                func(sub, _ string) error { return errors.Join(os.Remove(sub), os.WriteFile(sub, nil, 0o600)) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := talkHouse(t, func(c *Config) { c.MaxRuns = 1 })
			sub, outside := h.makeSub(t), t.TempDir()
			first := h.occupy(t)
			r, _ := h.newTalk(t).begin("hello", inSub)
			require.Equal(t, 1, r.Position())
			require.NoError(t, change(sub, outside))
			h.open(t, "gate")
			require.Equal(t, schema.Succeeded, first.end(t).State)
			h.requireNotStarted(t, r, schema.InvalidOption, claude.ErrDir)
			requireEmpty(t, outside)
		})
	}
}

func TestA11ALinkThatStaysInTheWorkspaceIsFollowed(t *testing.T) {
	t.Parallel()
	h := talkHouse(t, nil)
	require.NoError(t, os.Mkdir(filepath.Join(h.config.Workspace, "other"), 0o700))
	require.NoError(t, replace(h.makeSub(t), "other"))
	h.newTalk(t).turn("hello", inSub)
	require.FileExists(t, filepath.Join(h.config.Workspace, "other", "args"))
}

func TestA11NothingStartsWhereALinkHasTakenTheWorkspace(t *testing.T) {
	t.Parallel()
	h := talkHouse(t, func(c *Config) { c.MaxRuns = 1 })
	h.makeSub(t)
	outside := t.TempDir()
	first := h.occupy(t)
	waits, view := h.submit(t, detached)
	defer view.Leave(ClientGone)
	c := h.newTalk(t)
	turn, _ := c.begin("hello", inSub)
	require.NoError(t, replace(h.config.Workspace, outside))
	require.NoError(t, os.WriteFile(filepath.Join(h.config.Workspace+".old", "gate"), nil, 0o600))
	require.Equal(t, schema.Succeeded, first.end(t).State)
	h.requireNotStarted(t, waits, schema.SpawnFailed, claude.ErrWorkspace)
	h.requireNotStarted(t, turn, schema.SpawnFailed, claude.ErrWorkspace)
	requireEmpty(t, outside)
}
