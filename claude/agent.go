package claude

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"spool/procman"
)

// Agent starts the CLI.
type Agent struct {
	Program    Program
	Options    Options
	Supervisor *procman.Supervisor
	// Environment is the whole environment of the CLI, but for the marker.
	Environment []string
	// MaxProcesses of one run; 0 is no limit.
	MaxProcesses int

	login login
}

// Launch is one start of the CLI.
type Launch struct {
	// ID is the marker of all its processes.
	ID string
	// Workspace is the root of the working directories: Wishes.Dir is in it.
	Workspace      string
	Stdout, Stderr *os.File
	Wishes
	// Standby says that its prompt will come later, or never.
	Standby bool
}

// Start starts the CLI, which then waits for a prompt. The error says why it could not be,
// in words that a client may see; it is [ErrWorkspace] or [ErrDir] if the working directory is
// not there now, or not in the workspace.
func (a *Agent) Start(l Launch) (*procman.Process, error) {
	path, err := a.Program.Path()
	if err != nil {
		return nil, err
	}
	args := slices.Concat(a.Program.Prefix, a.Options.Args(l.Wishes))
	if l.System != "" {
		file, err := l.writeSystem()
		if err != nil {
			return nil, err
		}
		args = append(args, "--append-system-prompt-file="+file)
	}
	dir, err := OpenDir(l.Workspace, l.Dir)
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	process, err := a.Supervisor.Start(procman.Spec{
		ID: l.ID, Path: path, Args: args,
		Env: a.Environment, Dir: dir, Stdout: l.Stdout, Stderr: l.Stderr, MaxProcesses: a.MaxProcesses, Standby: l.Standby,
	})
	if err != nil {
		return nil, fmt.Errorf("claude could not be started: %w", err)
	}
	return process, nil
}

// writeSystem writes the system prompt beside the output, and returns the file's path: every
// user of the machine can read a process's arguments. The CLI reads it at its start.
func (l Launch) writeSystem() (string, error) {
	path := filepath.Join(filepath.Dir(l.Stdout.Name()), "system")
	if err := os.WriteFile(path, []byte(l.System), 0o600); err != nil {
		return "", fmt.Errorf("write system prompt: %w", err)
	}
	return path, nil
}

// Adopt takes over the processes of runs that an earlier server has started.
func (a *Agent) Adopt(leaders map[string]procman.Leader) (map[string]*procman.Process, error) {
	return a.Supervisor.Adopt(leaders, a.MaxProcesses)
}

// inputPatience is how long a CLI that does not read its stdin may hold up what is written
// there. It is only reached where the system gives pipes less room than a prompt needs.
const inputPatience = 10 * time.Second

// Prompt gives the prompt to a waiting process. A program that has closed its stdin, or
// ended, needs no prompt: its output and exit tell what happened. See [Options.PromptLine].
func (a *Agent) Prompt(process *procman.Process, prompt, uuid string) error {
	return write(process, a.Options.PromptLine(prompt, uuid))
}

func write(process *procman.Process, line []byte) error {
	_ = process.Stdin.SetWriteDeadline(time.Now().Add(inputPatience))
	_, err := process.Stdin.Write(line)
	if errors.Is(err, syscall.EPIPE) {
		return nil
	}
	return err
}
