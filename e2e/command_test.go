//go:build linux

package e2e

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"spool/e2e/api"
	"spool/logtest"
)

func TestSpoolRun_PrintsTheLinesAndExits0(t *testing.T) {
	w := newWorld(t)
	s := w.serve()

	out, code := s.command("run", "say hello", "--meta=TASK-1", "--url="+s.url)

	require.Zero(t, code)
	frames := parse(t, out)
	require.Equal(t, []string{"system/init", "assistant", "result/success"}, kinds(frames))
	require.Equal(t, api.Greeting, frames[2].Result)
}

func TestSpoolRun_AnAPIErrorExits1(t *testing.T) {
	w := newWorld(t)
	s := w.serve()

	out, code := s.command("run", "[[status 400]]", "--url="+s.url)

	require.Equal(t, 1, code)
	require.Contains(t, kinds(parse(t, out)), "result/success", "the CLI's own last line says success")
}

func TestSpoolRun_ExitCodesTellWhatWentWrong(t *testing.T) {
	w := newWorld(t)
	s := w.serve("--run-timeout=3s", "--stop-grace=1s")

	_, code := s.command("run", " ", "--url="+s.url)
	require.Equal(t, 2, code, "a blank prompt")
	_, code = s.command("run", "hello", "--meta=not a meta", "--url="+s.url)
	require.Equal(t, 2, code, "a bad meta")
	_, code = s.command("run", "[[hold]]", "--url="+s.url)
	require.Equal(t, 3, code, "a run over its time")
}

func TestSpoolRun_AnInterruptEndsTheRunAtTheServerToo(t *testing.T) {
	w := newWorld(t)
	s := w.serve("--allowed-tools=Bash", "--stop-grace=2s")
	sleeper := w.nap()
	cmd := exec.Command(spoolBinary, "run", "[[bash setsid sleep "+sleeper+" & wait]]", "--url="+s.url)
	cmd.Env = w.environment()
	require.NoError(t, cmd.Start())
	w.requireRunning(sleeper, 1)

	require.NoError(t, cmd.Process.Signal(os.Interrupt))
	require.Error(t, cmd.Wait(), "it did not end well")
	w.requireGone(sleeper, 3*time.Second)
}

// The server is killed in the middle, and the next one has its address: whoever follows
// the run notices nothing of it.
func TestSpoolRun_FollowsADetachedRunAcrossTheDeathOfItsServer(t *testing.T) {
	w := newWorld(t)
	s := w.serve()
	id, code := s.command("run", fmt.Sprintf("[[halves %d 1ms]]", longAnswer), "--partial", "--detach", "--url="+s.url)
	require.Zero(t, code)
	run := strings.TrimSpace(string(id))
	var stdout, stderr logtest.Buffer
	cmd := exec.Command(spoolBinary, "run", "--follow="+run, "--url="+s.url)
	cmd.Env, cmd.Stdout, cmd.Stderr = w.environment(), &stdout, &stderr
	require.NoError(t, cmd.Start())
	require.True(t, eventually(patience, func() bool { return strings.Count(stdout.String(), "\n") > 40 }))

	s.kill()
	next := w.serve("--listen=" + strings.TrimPrefix(s.url, "http://"))
	next.awaitLogged(adoptedLog)
	w.api.Release()

	require.NoError(t, cmd.Wait(), "%s", &stderr)
	require.True(t, next.output(run) == stdout.String(), "what was printed is not what the CLI wrote")
	require.True(t, api.LongText(longAnswer) == w.answered(stdout.String()))
}

// command runs the binary as a script would; its exit code and stdout come back.
func (s *server) command(args ...string) ([]byte, int) {
	s.w.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, spoolBinary, args...)
	var stdout, stderr bytes.Buffer
	cmd.Env, cmd.Stdout, cmd.Stderr = s.w.environment(), &stdout, &stderr
	err := cmd.Run()
	if exit := (*exec.ExitError)(nil); !errors.As(err, &exit) {
		require.NoError(s.w.t, err)
	}
	s.w.t.Logf("stderr of the command: %s", &stderr)
	return stdout.Bytes(), cmd.ProcessState.ExitCode()
}

// wscat is what people try first. It prints each frame and ends with the socket.
func TestWscat_ShowsTheWholeRun(t *testing.T) {
	w := newWorld(t)
	s := w.serve()
	node, err := exec.LookPath("node")
	require.NoError(t, err, "install Node 20 or newer")
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, node, "node_modules/wscat/bin/wscat", "--no-color",
		"-c", "ws"+strings.TrimPrefix(s.url, "http")+"/ws/claude", "-w", "60", "-x", `{"prompt":"say hello","meta":"TASK-123"}`)
	_, err = cmd.StdinPipe() // left open: wscat leaves when its input ends
	require.NoError(t, err)

	out, err := cmd.Output()

	require.NoError(t, err)
	require.Contains(t, string(out), firstFrame)
	require.Contains(t, string(out), `"result":"`+api.Greeting)
}
