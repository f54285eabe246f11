package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"spool/schema"
)

// shownStderr is how much of stderr is shown, in bytes with its newlines.
const shownStderr = 1 << 20

// What of stderr may be on disk: for a moment, while it is flooded on a machine that is
// busy otherwise; and when nothing more comes.
const (
	floodedDisk = 256 << 20
	settledDisk = 4 << 20
)

// stderrFlood writes 1 GiB of lines of 64 bytes to stderr.
const stderrFlood = `yes "$(printf 'e%.0s' $(seq 63))" | head -c 1073741824 >&2`

// These tests measure memory and disk, so they run alone.

func TestS07AFloodOfStderrIsBounded(t *testing.T) {
	e := runFlood(t, stderrFlood, "echo ok")
	require.Equal(t, []string{"ok"}, e.lines)
}

func TestS07BothMayFlood(t *testing.T) {
	e := runFlood(t, stderrFlood+" &", `yes "$(printf 'o%.0s' $(seq 999))" | head -c 67108864`, "echo; wait; echo ok")
	require.Len(t, e.lines, 67109+1) // 67108 whole ones, 864 bytes, ok
	require.Equal(t, "ok", e.lines[67109])
}

// runFlood runs a script that floods stderr with 1 GiB, and checks what that costs.
func runFlood(t *testing.T, lines ...string) end {
	t.Helper()
	s := startPlainServer(t)
	requireEnd(t, s.run(t, "hi"), "") // what is needed once is there
	risen, disk, gate := s.watchMemory(t), s.watchDisk(t, "stderr"), t.TempDir()
	c, _ := s.begin(t, script(append(lines, ">"+gate+"/flooded", "until [ -e "+gate+"/go ]; do sleep 0.05; done")...))
	ended := make(chan end)
	go func() { ended <- c.rest() }()
	require.Eventually(t, func() bool { _, err := os.Stat(gate + "/flooded"); return err == nil }, 2*patience, 10*time.Millisecond)
	require.Eventually(t, func() bool { return s.diskUsed("stderr") <= settledDisk }, patience, 10*time.Millisecond)
	s.touch(t, gate+"/go")
	e := <-ended
	require.Less(t, risen(), int64(16<<20))
	require.Less(t, disk(), int64(floodedDisk))
	requireEnd(t, e, "")
	requireFlood(t, e.stderr, 1<<30-shownStderr)
	return e
}

// A process that is being stopped may flood too.
func TestS07AFloodWhileTheRunIsStoppedIsBounded(t *testing.T) {
	s := startPlainServer(t, "--stop-grace=3s")
	disk := s.watchDisk(t, "*")
	c, _ := s.begin(t, script("trap '' TERM; echo ready; while :; do "+stderrFlood+"; done"))
	require.Equal(t, "ready", c.next())
	require.NoError(t, c.Close())
	s.awaitIdle(t)
	require.Less(t, disk(), int64(floodedDisk))
}

// requireFlood checks the frames of 64-byte lines, of which so many bytes were left out.
func requireFlood(t *testing.T, frames []string, left int) {
	t.Helper()
	require.Len(t, frames, shownStderr/64+1)
	for _, frame := range frames[:shownStderr/64] {
		require.Equal(t, strings.Repeat("e", 63), frame)
	}
	require.Equal(t, fmt.Sprintf("(%d more bytes of stderr were left out)", left), frames[shownStderr/64])
}

// watchDisk returns a function that tells how many bytes a file of a run, or all of them
// together, had at most on disk since.
func (s *server) watchDisk(t testing.TB, name string) (most func() int64) {
	t.Helper()
	stop, peak := make(chan struct{}), make(chan int64)
	go func() {
		var highest int64
		for tick := time.NewTicker(2 * time.Millisecond); ; {
			select {
			case <-tick.C:
				highest = max(highest, s.diskUsed(name))
			case <-stop:
				peak <- highest
				return
			}
		}
	}()
	return func() int64 { close(stop); return <-peak }
}

func (s *server) diskUsed(name string) (bytes int64) {
	paths, _ := filepath.Glob(filepath.Join(s.dir, "proc", "*", name))
	for _, path := range paths {
		var stat syscall.Stat_t
		if syscall.Stat(path, &stat) == nil {
			bytes += stat.Blocks * 512
		}
	}
	return bytes
}

func TestS07SecretsAreMaskedEverywhereButInStdout(t *testing.T) {
	t.Parallel()
	const (
		key   = "sk-ant-api03-CANARY_of-the-key-0123456789"
		token = "0123-CANARYtoken-56789"
		other = "-----BEGIN KEY-----\nCANARYfirstline\nCANARYsecondline\n-----END KEY-----"
	)
	s := startServerWith(t, func(command *exec.Cmd) {
		command.Env = append(command.Env, "ANTHROPIC_API_KEY="+key, "CLAUDE_CODE_OAUTH_TOKEN="+token, "AWS_SECRET_ACCESS_KEY="+other, "ANTHROPIC_LOG=debug")
	}, "--log-level=debug")
	for name, work := range map[string]string{
		"on lines":              `echo "key is $ANTHROPIC_API_KEY, token is $CLAUDE_CODE_OAUTH_TOKEN!" >&2; echo "$AWS_SECRET_ACCESS_KEY" >&2`,
		"without a newline":     `printf "$ANTHROPIC_API_KEY" >&2`,
		"a key of someone else": `echo "sk-ant-api03-CANARY_of-another" >&2`,
		"across the limit":      `head -c 1048566 /dev/zero | tr '\0' x >&2; echo "$CLAUDE_CODE_OAUTH_TOKEN" >&2`,
		"where the tail begins": `i=0; while [ $i -lt 800 ]; do printf "$CLAUDE_CODE_OAUTH_TOKEN" >&2; i=$((i+1)); done; printf " more!" >&2`,
		"in two writes":         `printf "$ANTHROPIC_API_KEY" | head -c 20 >&2; sleep 0.1; printf "$ANTHROPIC_API_KEY" | tail -c +21 >&2`,
		"in an API's error":     say(initLine) + `printf '{"type":"result","is_error":true,"result":"bad key %s"}\n' "$CLAUDE_CODE_OAUTH_TOKEN" >&1`,
	} {
		e := s.run(t, script(work, "exit 1"))
		require.NotEqual(t, schema.Code(""), e.err.Code)
		told := strings.Join(e.stderr, "\n") + e.err.Text + e.reason
		require.NotContains(t, told, "CANARY", name)
		require.Contains(t, told, "[masked]", name)
	}
	e := s.run(t, script(`echo "$CLAUDE_CODE_OAUTH_TOKEN"`))
	require.Equal(t, []string{token}, e.lines, "stdout is the answer")
	require.NotContains(t, s.log.String(), "CANARY")
}
