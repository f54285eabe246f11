package main

import (
	"os"
	"path/filepath"

	"spool/e2e"
	"spool/e2e/api"
)

// world is what the CLI lives in.
type world struct {
	cli, home string
	api       *api.Server
}

func (r *rig) openWorld() (w *world, err error) {
	w = &world{}
	if w.cli, err = e2e.CLI(filepath.Join(r.root, "e2e")); err != nil {
		return nil, err
	}
	if w.home, err = os.MkdirTemp(r.dir, "home-"); err != nil {
		return nil, err
	}
	w.api, err = api.Start()
	return w, err
}

func (w *world) close() { _ = w.api.Close() }

// program is the CLI in a clean environment.
func (w *world) program() program {
	return program{path: w.cli, args: agentArgs, dir: w.home, warm: true, env: []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + w.home, "CLAUDE_CODE_TMPDIR=" + w.home,
		"ANTHROPIC_BASE_URL=" + w.api.URL(), "ANTHROPIC_API_KEY=sk-dummy",
		"DISABLE_TELEMETRY=1", "DISABLE_ERROR_REPORTING=1", "DISABLE_AUTOUPDATER=1",
		"CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC=1", "CLAUDE_CODE_DISABLE_GIT_INSTRUCTIONS=1",
	}}
}

// oneLineProgram ends the CLI's input behind the first line, as websocketd never does: the CLI would wait for another.
func (w *world) oneLineProgram() program {
	const script = `IFS= read -r line && printf '%s\n' "$line" | "$@"`
	p := w.program()
	p.args = append([]string{"-c", script, "sh", p.path}, p.args...)
	p.path = "/bin/sh"
	return p
}
