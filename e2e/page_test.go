//go:build linux

package e2e

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"spool/logtest"
)

// script is a program of page/ that drives a browser, and asks for what a browser cannot do.
type script struct {
	w      *world
	cmd    *exec.Cmd
	stdin  io.WriteCloser
	asks   *bufio.Scanner // a word in each line
	stderr logtest.Buffer
}

// script starts one, and ends it and its browser if the test does not come to their end.
func (w *world) script(arguments ...string) *script {
	w.t.Helper()
	ctx, stop := context.WithTimeout(context.Background(), 2*patience)
	p := &script{w: w, cmd: exec.CommandContext(ctx, "node", arguments...)}
	p.cmd.Env, p.cmd.Stderr = w.browserEnvironment(), &p.stderr
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	p.cmd.Cancel = func() error { return p.cmd.Process.Signal(syscall.SIGTERM) } // it ends its browser then
	p.cmd.WaitDelay = patience / 6
	var err error
	p.stdin, err = p.cmd.StdinPipe()
	require.NoError(w.t, err)
	stdout, err := p.cmd.StdoutPipe()
	require.NoError(w.t, err)
	p.asks = bufio.NewScanner(stdout)
	require.NoError(w.t, p.cmd.Start())
	w.t.Cleanup(func() { stop(); _ = p.cmd.Wait() })
	return p
}

// browserEnvironment has the world's mark, so that a browser that is left is found.
func (w *world) browserEnvironment() []string {
	env := append(w.environment(), "TMPDIR="+w.home)
	if chromium := os.Getenv("CHROMIUM"); chromium != "" {
		env = append(env, "CHROMIUM="+chromium)
	}
	return env
}

// answer is what the script gets for what it has asked last.
func (p *script) answer(to any) {
	p.w.t.Helper()
	require.NoError(p.w.t, json.NewEncoder(p.stdin).Encode(to))
}

// requireDone waits for the script, which must not have found anything wrong.
func (p *script) requireDone() {
	p.w.t.Helper()
	require.NoError(p.w.t, p.asks.Err())
	require.NoError(p.w.t, p.cmd.Wait(), "%s", &p.stderr)
}

// What the tests in page/ try with a stand-in for the CLI, once with the CLI itself. What is done and
// what must be seen stands in page/real.mjs.
func TestPage_TheChatOnTheRealCLI(t *testing.T) {
	w := newWorld(t)
	s := w.serve()
	p := w.script("page/real.mjs", s.url, w.workspace)
	for p.asks.Scan() {
		var answer any
		switch word := p.asks.Text(); word {
		case "kill":
			s.kill()
		case "serve":
			s = w.serve("--listen=" + strings.TrimPrefix(s.url, "http://")) // where the page looks for it
		case "release":
			w.api.Release()
		case "history":
			answer = w.lastRequest()
		case "result":
			answer = w.toolResult()
		default:
			require.Fail(t, "asked for what is not known", word)
		}
		p.answer(answer)
	}
	p.requireDone()
}
