package claude

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// put writes a file below a directory, as an editor does: a new one in the place of the old.
func put(t *testing.T, dir, name, text string) {
	t.Helper()
	path := filepath.Join(dir, name)
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
	require.NoError(t, os.WriteFile(path+".new", []byte(text), 0o600))
	require.NoError(t, os.Rename(path+".new", path))
}

// What a process was started from must be what there is.
func TestAChangeMakesProcessesStale(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(p *pool){
		"program":          func(p *pool) { p.replaceProgram(waits + " # 2") },
		"settings":         func(p *pool) { put(t, p.home, ".claude/settings.json", "{}") },
		"credentials":      func(p *pool) { put(t, p.home, ".claude/.credentials.json", "{}") },
		"memory":           func(p *pool) { put(t, p.home, ".claude/CLAUDE.md", "Be brief.") },
		"skill":            func(p *pool) { put(t, p.home, ".claude/skills/a/b/SKILL.md", "x") },
		"account":          func(p *pool) { put(t, p.home, ".claude.json", `{"primaryApiKey":"x"}`) },
		"user":             func(p *pool) { put(t, p.home, ".claude.json", `{"oauthAccount":{"accountUuid":"x"}}`) },
		"login to a cloud": func(p *pool) { put(t, p.home, ".aws/credentials", "x") },
		"what it remembers": func(p *pool) {
			put(t, filepath.Dir(memoryFile(filepath.Join(p.home, ".claude"), p.config.Dir)), "memory/MEMORY.md", "x")
		},
		"working directory": func(p *pool) {
			require.NoError(t, os.Rename(p.config.Dir, p.config.Dir+".old"))
			require.NoError(t, os.Mkdir(p.config.Dir, 0o700))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := servedPool(t, waits, func(p *Pool) { p.tempo.look = time.Hour }) // only runs look
			p.waiting(1)
			stale := p.shelved(Wishes{})[0]
			change(p)
			p.miss(Wishes{}).Over()
			require.EqualValues(t, 1, p.Stats().Drops.Stale)
			p.waiting(1)
			require.NotEqual(t, stale.ID, p.hit(Wishes{}).Waiting.ID)
		})
	}
}

// What changes with every run must not make the next one cold.
func TestWhatRunsChangeMakesNothingStale(t *testing.T) {
	t.Parallel()
	p := newPool(t, waits)
	before := p.agent.Snapshot(p.config.Dir)
	put(t, p.home, ".claude.json", `{"numStartups":1}`)
	require.Equal(t, before, p.agent.Snapshot(p.config.Dir), "the CLI's first start")
	put(t, p.home, ".claude.json", `{"primaryApiKey":"x","numStartups":1}`)
	before = p.agent.Snapshot(p.config.Dir)
	put(t, p.home, ".claude.json", `{"numStartups":2,"primaryApiKey":"x","projects":{"/w":{"lastCost":1}}}`)
	put(t, p.home, ".claude/projects/-w/session.jsonl", "{}")
	put(t, p.home, ".claude/sessions/1.json", "{}")
	put(t, p.home, ".claude/backups/x", "{}")
	put(t, p.config.Dir, "main.go", "package main")
	put(t, p.config.Dir, ".claude/settings.json", "{}") // a workspace that is not trusted
	require.Equal(t, before, p.agent.Snapshot(p.config.Dir))
	require.Equal(t, before, p.agent.Snapshot(p.config.Dir), "and time alone neither")
}

func TestTheSettingsOfATrustedWorkspaceCount(t *testing.T) {
	t.Parallel()
	for _, name := range []string{".claude/settings.json", ".claude/settings.local.json", ".mcp.json", "CLAUDE.md"} {
		p := newPool(t, waits)
		p.agent.Options.TrustWorkspace = true
		before := p.agent.Snapshot(p.config.Dir)
		put(t, p.config.Dir, "other.md", "x")
		require.Equal(t, before, p.agent.Snapshot(p.config.Dir))
		put(t, p.config.Dir, name, "{}")
		require.NotEqual(t, before, p.agent.Snapshot(p.config.Dir), name)
	}
}

// The CLI may be told to have its directory, and files, elsewhere.
func TestTheEnvironmentSaysWhereFilesAre(t *testing.T) {
	t.Parallel()
	p := newPool(t, waits)
	config, certificates := t.TempDir(), filepath.Join(t.TempDir(), "ca.pem")
	p.agent.Environment = append(p.agent.Environment, "CLAUDE_CONFIG_DIR="+config, "NODE_EXTRA_CA_CERTS="+certificates)
	before := p.agent.Snapshot(p.config.Dir)
	put(t, p.home, ".claude/settings.json", "{}")
	require.Equal(t, before, p.agent.Snapshot(p.config.Dir))
	for dir, name := range map[string]string{config: "settings.json", filepath.Dir(certificates): "ca.pem"} {
		put(t, dir, name, "{}")
		now := p.agent.Snapshot(p.config.Dir)
		require.NotEqual(t, before, now, name)
		before = now
	}
	put(t, config, ".claude.json", `{"mcpServers":{"a":{}}}`)
	require.NotEqual(t, before, p.agent.Snapshot(p.config.Dir))
}

// The file that the CLI rewrites may still be in its former place, and is read there then.
func TestTheFormerAccountFileCountsWithItsLoginOnly(t *testing.T) {
	t.Parallel()
	p := newPool(t, waits)
	put(t, p.home, ".claude/.config.json", `{"numStartups":1,"primaryApiKey":"x"}`)
	before := p.agent.Snapshot(p.config.Dir)
	put(t, p.home, ".claude/.config.json", `{"numStartups":2,"primaryApiKey":"x"}`)
	require.Equal(t, before, p.agent.Snapshot(p.config.Dir))
	put(t, p.home, ".claude/.config.json", `{"numStartups":2,"primaryApiKey":"y"}`)
	require.NotEqual(t, before, p.agent.Snapshot(p.config.Dir))
}

// A link to the very directory that was there is not that directory: the next process is refused
// there.
func TestALinkInThePlaceOfTheWorkingDirectoryIsAChange(t *testing.T) {
	t.Parallel()
	p := newPool(t, waits)
	before := p.agent.Snapshot(p.config.Dir)
	require.NoError(t, os.Rename(p.config.Dir, p.config.Dir+".old"))
	require.NoError(t, os.Symlink(p.config.Dir+".old", p.config.Dir))
	require.NotEqual(t, before, p.agent.Snapshot(p.config.Dir))
}

// What the CLI has written itself in a turn is no change to the process that has taken it.
func TestAProcessKnowsWhatItWritesWhileItWorks(t *testing.T) {
	t.Parallel()
	memory := func(p *pool) string { return memoryFile("", p.config.Dir) + "/MEMORY.md" }
	for name, test := range map[string]struct {
		file func(p *pool) string
		own  bool
	}{
		"memory":      {memory, true},
		"credentials": {func(*pool) string { return ".credentials.json" }, true},
		"plugins":     {func(*pool) string { return "plugins/known_marketplaces.json" }, true},
		"settings":    {func(*pool) string { return "settings.json" }, false},
		"a skill":     {func(*pool) string { return "skills/a/SKILL.md" }, false},
	} {
		p := newPool(t, waits)
		before := p.agent.Snapshot(p.config.Dir)
		put(t, p.home, ".claude/"+test.file(p), "{}")
		now := p.agent.Snapshot(p.config.Dir)
		require.NotEqual(t, before, now, name)
		require.Equal(t, test.own, before.Worked(now) == now, name)
		put(t, p.home, ".claude/"+test.file(p), "{} ")
		require.NotEqual(t, before.Worked(now), p.agent.Snapshot(p.config.Dir), name)
	}
}

// A tree without end is looked at only so far.
func TestALargeTreeIsLookedAtInPart(t *testing.T) {
	t.Parallel()
	p := newPool(t, waits)
	for i := range maxEntries + 100 {
		put(t, p.home, ".claude/skills/"+time.Duration(i).String(), "x")
	}
	require.Less(t, len(p.agent.Snapshot(p.config.Dir).given), maxEntries*200)
}

// A process whose own start changes what it is started from is not started again and again.
func TestAProcessThatOutdatesItselfIsStartedLessAndLess(t *testing.T) {
	t.Parallel()
	p := servedPool(t, `echo $$ >"$HOME/.claude/settings.json"; `+waits)
	p.until("three are stale", func(s PoolStats) bool { return s.Drops.Stale >= 3 })
	p.mu.Lock()
	failures := p.shelves[0].trouble.failures
	p.mu.Unlock()
	require.GreaterOrEqual(t, failures, 3)
}
