package claude

import (
	"cmp"
	"path/filepath"
	"strings"
)

// HasSession reports whether the CLI still has a session: in its projects directory, in the folder
// of whichever working directory, as <session>.jsonl.
func (a *Agent) HasSession(session string) bool {
	if !sessionPattern.MatchString(session) {
		return false
	}
	found, _ := filepath.Glob(filepath.Join(globQuoter.Replace(a.configDir()), "projects", "*", session+".jsonl"))
	return len(found) > 0
}

// globQuoter takes their meaning from the characters that a pattern gives one to.
var globQuoter = strings.NewReplacer(`*`, `\*`, `?`, `\?`, `[`, `\[`, `\`, `\\`)

// configDir is where the CLI keeps what is its own: $CLAUDE_CONFIG_DIR, or ~/.claude.
func (a *Agent) configDir() string {
	return cmp.Or(a.variable("CLAUDE_CONFIG_DIR"), filepath.Join(a.variable("HOME"), ".claude"))
}
