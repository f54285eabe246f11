package claude

import (
	"cmp"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Snapshot tells what a process is started from: equal ones, that nothing of it has changed.
// A process that was started from something else than there is now is used by no run. What the
// CLI writes at every start is not in it, else each process would outdate the one before.
type Snapshot struct {
	given string // what the CLI reads at its start and not again
	own   string // what of that it writes itself, too, while it works
}

// Worked is the snapshot of a process that has just taken a turn, where now is what there is
// after it. Whatever has changed during the turn of what the CLI writes itself counts as written
// by this process, which knows of it; so does a change that somebody else made there meanwhile.
func (s Snapshot) Worked(now Snapshot) Snapshot { return Snapshot{given: s.given, own: now.own} }

// maxEntries is how many files below one directory are looked at.
const maxEntries = 1000

// managedDirs are where an administrator's settings are, on Linux and macOS.
var managedDirs = []string{"/etc/claude-code", "/Library/Application Support/ClaudeCode"}

// userFiles are in the CLI's own directory, and so are ownFiles, which the CLI writes while it
// works: it renews its login, and notes the state of its plugins.
var (
	userFiles = []string{"settings.json", "CLAUDE.md", "rules", "agents", "commands", "skills", "output-styles"}
	ownFiles  = []string{".credentials.json", "plugins/installed_plugins.json", "plugins/known_marketplaces.json"}
)

// homeFiles are in the user's home, and so are ownHomeFiles, with a login that the CLI renews;
// workspaceFiles are in a working directory that is trusted.
var (
	homeFiles      = []string{".aws/config", ".aws/credentials"}
	ownHomeFiles   = []string{".config/anthropic"}
	workspaceFiles = []string{".claude", ".mcp.json", "CLAUDE.md", "CLAUDE.local.md"}
)

// fileVariables name files in the CLI's environment.
var fileVariables = []string{
	"NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE", "GOOGLE_APPLICATION_CREDENTIALS", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE",
}

// Snapshot looks at everything that the CLI reads when it starts in a working directory: its
// program, settings, credentials, memories, agents, commands, skills and plugins.
func (a *Agent) Snapshot(dir string) Snapshot {
	if physical, err := filepath.EvalSymlinks(dir); err == nil {
		dir = physical
	}
	var s sight
	fmt.Fprintln(&s.given, time.Now().Format(time.DateOnly)) // the CLI tells the model the date of its start
	s.program(a.Program)
	s.identity(dir)
	fmt.Fprintln(&s.given, a.login.current(a.accountFile()))
	for _, path := range a.givenPaths(dir) {
		s.tree(&s.given, path)
	}
	for _, path := range a.ownPaths(dir) {
		s.tree(&s.own, path)
	}
	return Snapshot{s.given.String(), s.own.String()}
}

// givenPaths are what the CLI only reads.
func (a *Agent) givenPaths(dir string) []string {
	paths := slices.Concat(managedDirs, under(a.configDir(), userFiles), under(a.variable("HOME"), homeFiles))
	for _, name := range fileVariables {
		paths = append(paths, a.variable(name))
	}
	if a.Options.TrustWorkspace {
		paths = append(paths, under(dir, workspaceFiles)...)
	}
	return paths
}

// ownPaths are what it also writes.
func (a *Agent) ownPaths(dir string) []string {
	paths := append(under(a.configDir(), ownFiles), memoryFile(a.configDir(), dir))
	return append(paths, under(a.variable("HOME"), ownHomeFiles)...)
}

// accountFile is where the CLI notes who is logged in: in the file's former place if it is there.
func (a *Agent) accountFile() string {
	former := filepath.Join(a.configDir(), ".config.json")
	if _, err := os.Stat(former); err == nil {
		return former
	}
	return filepath.Join(cmp.Or(a.variable("CLAUDE_CONFIG_DIR"), a.variable("HOME")), ".claude.json")
}

// under returns names below a directory.
func under(dir string, names []string) (paths []string) {
	for _, name := range names {
		paths = append(paths, filepath.Join(dir, name))
	}
	return paths
}

// notInNames is what the CLI replaces when it names a directory after another.
var notInNames = regexp.MustCompile(`[^a-zA-Z0-9]`)

// memoryFile is what the CLI remembers of earlier runs in a working directory.
func memoryFile(config, dir string) string {
	return filepath.Join(config, "projects", notInNames.ReplaceAllString(dir, "-"), "memory")
}

// variable returns a variable of the CLI's environment.
func (a *Agent) variable(name string) string {
	for _, variable := range a.Environment {
		if value, ok := strings.CutPrefix(variable, name+"="); ok {
			return value
		}
	}
	return ""
}

// sight is what is written down of what was seen.
type sight struct{ given, own strings.Builder }

// program writes which program it is, behind symbolic links.
func (s *sight) program(program Program) {
	path, err := program.Path()
	if err == nil {
		path, err = filepath.EvalSymlinks(path)
	}
	fmt.Fprintln(&s.given, path, err)
	s.tree(&s.given, path)
}

// identity writes which directory it is: an earlier run may have removed the one in which a
// process waits. What is in it is not meant.
func (s *sight) identity(dir string) {
	if info, err := os.Stat(dir); err == nil {
		fmt.Fprintln(&s.given, dir, inode(info))
	}
}

// tree writes the state of a file, or of a directory with what is below it.
func (s *sight) tree(to *strings.Builder, path string) {
	if path == "" {
		return
	}
	path, err := filepath.EvalSymlinks(path)
	if err != nil {
		return // what is not there is not written
	}
	left := maxEntries
	_ = filepath.WalkDir(path, func(path string, entry fs.DirEntry, err error) error {
		if left--; left < 0 || err != nil {
			return fs.SkipAll
		}
		if info, err := os.Stat(path); err == nil && !info.IsDir() {
			fmt.Fprintln(to, path, inode(info), info.Size(), info.ModTime().UnixNano())
		}
		return nil
	})
}
