package claude

import (
	"bytes"
	"cmp"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf16"
)

// HasSession reports whether the CLI still has a session that was begun in a working directory:
// in its projects directory, in the folder that is named after that one, as <session>.jsonl. It
// looks for a session nowhere else. The session must have the line of a uuid, unless that is
// empty: the CLI writes down what it has said a moment later, or never if it is killed.
func (a *Agent) HasSession(session, dir, uuid string) bool {
	if !sessionPattern.MatchString(session) {
		return false
	}
	found, _ := filepath.Glob(filepath.Join(globQuoter.Replace(a.configDir()), "projects", folderPattern(dir), session+".jsonl"))
	return len(found) > 0 && (uuid == "" || holds(found[0], []byte(`"uuid":"`+uuid+`"`)))
}

// holds reports whether a file, which may be of any size, has a text in it.
func holds(path string, text []byte) bool {
	file, err := os.Open(path)
	if err != nil {
		return false
	}
	defer file.Close()
	buffer, kept := make([]byte, 64<<10), 0
	for {
		n, err := file.Read(buffer[kept:])
		n += kept
		if bytes.Contains(buffer[:n], text) {
			return true
		}
		if err != nil {
			return false
		}
		kept = copy(buffer, buffer[max(n-len(text), 0):n])
	}
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
