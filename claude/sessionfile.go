package claude

import (
	"cmp"
	"path/filepath"
	"strings"
	"unicode/utf16"
)

// HasSession reports whether the CLI still has a session that was begun in a working directory:
// in its projects directory, in the folder that is named after that one, as <session>.jsonl. It
// looks for a session nowhere else.
func (a *Agent) HasSession(session, dir string) bool {
	if !sessionPattern.MatchString(session) {
		return false
	}
	found, _ := filepath.Glob(filepath.Join(globQuoter.Replace(a.configDir()), "projects", folderPattern(dir), session+".jsonl"))
	return len(found) > 0
}

// maxFolderName is how long the name of such a folder may be before the CLI cuts it, and tells those
// that begin alike apart by a hash.
const maxFolderName = 200

// folderPattern matches the folder of a working directory.
func folderPattern(dir string) string {
	if physical, err := filepath.EvalSymlinks(dir); err == nil {
		dir = physical
	}
	name := notInNames.ReplaceAllStringFunc(dir, func(char string) string { // the CLI counts in UTF-16
		return strings.Repeat("-", len(utf16.Encode([]rune(char))))
	})
	if len(name) <= maxFolderName {
		return name
	}
	return name[:maxFolderName] + "-*"
}

// globQuoter takes their meaning from the characters that a pattern gives one to.
var globQuoter = strings.NewReplacer(`*`, `\*`, `?`, `\?`, `[`, `\[`, `\`, `\\`)

// configDir is where the CLI keeps what is its own: $CLAUDE_CONFIG_DIR, or ~/.claude.
func (a *Agent) configDir() string {
	return cmp.Or(a.variable("CLAUDE_CONFIG_DIR"), filepath.Join(a.variable("HOME"), ".claude"))
}
