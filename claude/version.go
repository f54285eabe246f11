package claude

import (
	"context"
	"crypto/rand"
	"os"
	"regexp"
	"strings"
	"sync"
	"time"

	"spool/procman"
)

// versionPatience is how long the CLI may take to tell its version.
const versionPatience = 10 * time.Second

// versionPattern is how the CLI's answer to --version begins: "2.1.197 (Claude Code)".
var versionPattern = regexp.MustCompile(`^\d+\.\d+\.\d+\S*`)

// Versions asks the CLI for its version, once for each file that it was.
type Versions struct {
	Agent *Agent

	mu    sync.Mutex
	of    os.FileInfo // guarded by mu: what was asked …
	at    time.Time   // guarded by mu: … and when
	known string      // guarded by mu
}

// Current returns the CLI's version, and "" if it does not tell one. The error is that of
// [Program.Path].
func (v *Versions) Current(ctx context.Context) (string, error) {
	program := v.Agent.Program
	path, err := program.Path()
	if err != nil || program.StandIn != "" {
		return program.StandIn, err
	}
	info, err := os.Stat(path)
	if err != nil {
		return "", nil
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if ctx.Err() == nil && v.outdatedLocked(info) {
		v.known = v.ask(ctx, path)
		v.of, v.at = info, time.Now()
	}
	return v.known, nil
}

// askAgain is how long a CLI that did not tell its version is left in peace.
const askAgain = time.Minute

// outdatedLocked reports whether the CLI is another one than was asked, or gave no answer.
// Requires v.mu.
func (v *Versions) outdatedLocked(now os.FileInfo) bool {
	if v.of == nil || !os.SameFile(v.of, now) || !v.of.ModTime().Equal(now.ModTime()) {
		return true
	}
	return v.known == "" && time.Since(v.at) > askAgain
}

// ask starts the CLI with --version and reads what it prints.
func (v *Versions) ask(ctx context.Context, path string) string {
	out, err := os.CreateTemp("", "spool-version-*")
	if err != nil {
		return ""
	}
	defer os.Remove(out.Name())
	defer out.Close()
	process, err := v.start(path, out)
	if err != nil {
		return ""
	}
	defer process.Stop(ctx, time.Second)
	_ = process.Stdin.Close()
	select {
	case <-process.Exited():
	case <-ctx.Done():
	case <-time.After(versionPatience):
	}
	text := make([]byte, 256)
	n, _ := out.ReadAt(text, 0)
	return versionPattern.FindString(string(text[:max(n, 0)]))
}

// start starts the CLI in a directory in which nothing concerns it.
func (v *Versions) start(path string, out *os.File) (*procman.Process, error) {
	dir, err := os.Open(os.TempDir())
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	return v.Agent.Supervisor.Start(procman.Spec{
		ID: "version_" + strings.ToLower(rand.Text()), Path: path, Args: []string{"--version"},
		Env: v.Agent.Environment, Dir: dir, Stdout: out, Stderr: out,
	})
}
