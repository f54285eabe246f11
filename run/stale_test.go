package run

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"spool/claude"
	"spool/schema"
)

// homeHouse is a talkHouse whose agent has a home, which it returns.
func homeHouse(t *testing.T) (house, string) {
	t.Helper()
	h, home := talkHouse(t, nil), t.TempDir()
	h.agent.Environment = append(h.agent.Environment, "HOME="+home)
	return h, home
}

// put writes a file as an editor does: a new one in the place of the old.
func put(t *testing.T, path, text string) {
	t.Helper()
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
	require.NoError(t, os.WriteFile(path+".new", []byte(text), 0o700))
	require.NoError(t, os.Rename(path+".new", path))
}

// requireResumed checks that the second turn was taken by a process of its own, which continues the
// session of the first one.
func (h house) requireResumed(t *testing.T, before, after []string) {
	t.Helper()
	require.NotEqual(t, pid(t, before), pid(t, after))
	requireGone(t, pid(t, before))
	require.Equal(t, "gone", h.argLines(t)[1], "the first one had ended before, with its stdin")
	require.Contains(t, h.argLines(t)[2], "--resume="+session)
	require.NotContains(t, h.argLines(t)[2], "--fork-session")
	require.EqualValues(t, 1, h.Kept().Ends.Stale)
	require.EqualValues(t, 1, h.Kept().Resumed)
	require.Equal(t, 1, h.Kept().Alive)
}

// What a process was started from must be what there is.
func TestAKeptProcessIsNotUsedAfterAChange(t *testing.T) {
	t.Parallel()
	for name, file := range map[string]string{
		"settings": "settings.json", "credentials": ".credentials.json", "memory": "CLAUDE.md", "a skill": "skills/a/SKILL.md",
		"plugins": "plugins/installed_plugins.json",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h, home := homeHouse(t)
			c := h.newTalk(t)
			_, before := c.turn("hello")
			put(t, filepath.Join(home, ".claude", file), "{}")
			_, after := c.turn("hello")
			h.requireResumed(t, before, after)
			_, again := c.turn("hello")
			require.Equal(t, pid(t, after), pid(t, again), "nothing has changed since")
		})
	}
}

func TestAKeptProcessIsNotUsedAfterAnUpdate(t *testing.T) {
	t.Parallel()
	h, _ := homeHouse(t)
	c := h.newTalk(t)
	_, before := c.turn("hello")
	program, err := h.agent.Program.Path()
	require.NoError(t, err)
	put(t, program, prologue+talks+"\n# another version\n")
	_, after := c.turn("hello")
	h.requireResumed(t, before, after)
}

// Who asks whether a session needs to be on the disk is told of the change, too.
func TestAProcessAfterAChangeKeepsNoSession(t *testing.T) {
	t.Parallel()
	h, home := homeHouse(t)
	c := h.newTalk(t)
	c.turn("hello")
	wishes := c.request("hello").Turn.Wishes
	require.True(t, h.Keeps(c.id, wishes))
	put(t, filepath.Join(home, ".claude", "settings.json"), "{}")
	require.False(t, h.Keeps(c.id, wishes))
}

// folder is what the CLI replaces when it names a directory after another.
var folder = regexp.MustCompile(`[^a-zA-Z0-9]`)

// The settings are the operator's: a change during a turn is a change. What the CLI writes while it works is its own.
func TestAChangeDuringATurn(t *testing.T) {
	t.Parallel()
	for file, same := range map[string]bool{
		"settings.json": false, "CLAUDE.md": false, "agents/a.md": false,
		".credentials.json": true, "plugins/known_marketplaces.json": true, "projects/WORK/memory/MEMORY.md": true, "projects/WORK/x.jsonl": true,
	} {
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			h, home := homeHouse(t)
			c := h.newTalk(t)
			r, view := c.begin("gate")
			awaitReady(t, view)
			path := filepath.Join(home, ".claude", strings.ReplaceAll(file, "WORK", folder.ReplaceAllString(h.config.Workspace, "-")))
			put(t, path, "{}")
			h.open(t, "gate")
			before := view.read(t).lines
			c.end(r)
			_, after := c.turn("hello")
			if !same {
				h.requireResumed(t, before, after)
				return
			}
			require.Equal(t, pid(t, before), pid(t, after))
			put(t, path, "{} ")
			_, last := c.turn("hello")
			require.Equal(t, filepath.Ext(file) == ".jsonl", pid(t, after) == pid(t, last), "between the turns it is a change")
		})
	}
}

// A process that is kept goes by paths, too, when it starts a tool.
func TestA11AKeptProcessIsNotUsedWhereALinkHasTakenItsDirectory(t *testing.T) {
	t.Parallel()
	h := talkHouse(t, nil)
	sub, outside := h.makeSub(t), t.TempDir()
	c := h.newTalk(t)
	c.turn("hello", inSub)
	_, lines := c.turn("hello", inSub)
	require.NoError(t, replace(sub, outside))
	r, _ := c.begin("hello", inSub)
	h.requireNotStarted(t, r, schema.InvalidOption, claude.ErrDir)
	h.awaitKept(t, 0)
	requireGone(t, pid(t, lines))
	requireEmpty(t, outside)
}
