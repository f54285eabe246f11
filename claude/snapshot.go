package claude

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

// snapshot tells what a process is started from: equal ones, that nothing of it has changed.
// A process that was started from something else than there is now is used by no run.
type snapshot string

// sources is what the CLI reads at its start and not again: its program, settings, credentials,
// memories, agents, commands, skills and plugins. What it writes at every start is not among
// it, else each process would outdate the one before.
type sources struct {
	agent *Agent
	dir   string // the working directory
	paths []string
	login *login
}

// maxEntries is how many files below one directory are looked at.
const maxEntries = 1000

// managedDirs are where an administrator's settings are, on Linux and macOS.
var managedDirs = []string{"/etc/claude-code", "/Library/Application Support/ClaudeCode"}

// userFiles are in the CLI's own directory.
var userFiles = []string{
	"settings.json", ".credentials.json", ".config.json", "CLAUDE.md", "rules", "agents", "commands", "skills", "output-styles",
	"plugins/installed_plugins.json", "plugins/known_marketplaces.json",
}

// homeFiles are in the user's home, workspaceFiles in a working directory that is trusted.
var (
	homeFiles      = []string{".config/anthropic", ".aws/config", ".aws/credentials"}
	workspaceFiles = []string{".claude", ".mcp.json", "CLAUDE.md", "CLAUDE.local.md"}
)

// fileVariables name files in the CLI's environment.
var fileVariables = []string{
	"NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE", "GOOGLE_APPLICATION_CREDENTIALS", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE",
}

func newSources(agent *Agent, dir string) sources {
	home, config := agent.variable("HOME"), agent.variable("CLAUDE_CONFIG_DIR")
	account := filepath.Join(config, ".claude.json")
	if config == "" {
		config, account = filepath.Join(home, ".claude"), filepath.Join(home, ".claude.json")
	}
	paths := append(under(config, userFiles), memoryFile(config, dir))
	paths = append(paths, under(home, homeFiles)...)
	for _, name := range fileVariables {
		paths = append(paths, agent.variable(name))
	}
	if agent.Options.TrustWorkspace {
		paths = append(paths, under(dir, workspaceFiles)...)
	}
	return sources{agent: agent, dir: dir, paths: append(paths, managedDirs...), login: &login{path: account}}
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

// snapshot looks at everything.
func (s sources) snapshot() snapshot {
	var text strings.Builder
	fmt.Fprintln(&text, time.Now().Format(time.DateOnly)) // the CLI tells the model the date of its start
	program, err := s.agent.Program.Path()
	if err == nil {
		program, err = filepath.EvalSymlinks(program)
	}
	fmt.Fprintln(&text, program, err)
	writeTree(&text, program)
	writeIdentity(&text, s.dir)
	for _, path := range s.paths {
		writeTree(&text, path)
	}
	fmt.Fprintln(&text, s.login.current())
	return snapshot(text.String())
}

// writeIdentity writes which directory it is: an earlier run may have removed the one in which
// a process waits. What is in it is not meant.
func writeIdentity(to *strings.Builder, dir string) {
	if info, err := os.Stat(dir); err == nil {
		fmt.Fprintln(to, dir, inode(info))
	}
}

// writeTree writes the state of a file, or of a directory with what is below it.
func writeTree(to *strings.Builder, path string) {
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
