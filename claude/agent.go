package claude

import (
	"errors"
	"fmt"
	"os"
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
}

// Launch is one start of the CLI.
type Launch struct {
	// ID is the marker of all its processes.
	ID string
	// Dir is the working directory.
	Dir            string
	Stdout, Stderr *os.File
	// Partial asks for the answer token by token.
	Partial bool
}

// Start starts the CLI, which then waits for a prompt. The error says why it could not be,
// in words that a client may see.
func (a *Agent) Start(l Launch) (*procman.Process, error) {
	path, err := a.Program.Path()
	if err != nil {
		return nil, err
	}
	process, err := a.Supervisor.Start(procman.Spec{
		ID: l.ID, Path: path, Args: slices.Concat(a.Program.Prefix, a.Options.Args(l.Partial)),
		Env: a.Environment, Dir: l.Dir, Stdout: l.Stdout, Stderr: l.Stderr, MaxProcesses: a.MaxProcesses,
	})
	if err != nil {
		return nil, fmt.Errorf("claude could not be started: %w", err)
	}
	return process, nil
}

// promptPatience is how long a CLI that does not read its stdin may hold up its prompt.
// It is only reached where the system gives pipes less room than a prompt needs.
const promptPatience = 10 * time.Second

// Prompt gives the prompt to a waiting process. A program that has closed its stdin, or
// ended, needs no prompt: its output and exit tell what happened.
func (a *Agent) Prompt(process *procman.Process, prompt string) error {
	_ = process.Stdin.SetWriteDeadline(time.Now().Add(promptPatience))
	_, err := process.Stdin.Write(a.Options.PromptLine(prompt))
	if errors.Is(err, syscall.EPIPE) {
		return nil
	}
	return err
}
