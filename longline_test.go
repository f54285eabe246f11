package main

import (
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/fasthttp/websocket"
	"github.com/stretchr/testify/require"

	"spool/schema"
)

// These tests measure memory, so they run alone, and against a program without the race
// detector, which multiplies it.

// plainBinary builds the program as users have it, once.
var plainBinary = sync.OnceValues(func() (string, error) {
	path := filepath.Join(filepath.Dir(binaries.spool), "plain")
	build := exec.Command("go", "build", "-o", path, ".")
	build.Stderr = os.Stderr
	return path, build.Run()
})

// startPlainServer is startServer without the race detector.
func startPlainServer(t testing.TB, flags ...string) *server {
	t.Helper()
	path, err := plainBinary()
	require.NoError(t, err)
	return startServerWith(t, func(command *exec.Cmd) { command.Path = path }, flags...)
}

func TestS05ALineOfAnyLengthArrivesWholeAndCostsNoMemory(t *testing.T) {
	s := startPlainServer(t)
	requireEnd(t, s.run(t, "hi"), "") // what is needed once is there
	for _, size := range []int64{70_000, 16 << 20, 256 << 20} {
		risen := s.watchMemory(t)
		c, _ := s.begin(t, script("echo before", fmt.Sprintf("yes 0123456789abcdef | tr -d '\\n' | head -c %d", size), "echo", "echo after"))
		lines := c.digests()
		require.Equal(t, []string{digest("before"), pattern(size), digest("after")}, lines)
		require.Less(t, risen(), int64(32<<20), "for a line of %d bytes", size)
		s.awaitIdle(t)
	}
}

func TestS05TooMuchOutputEndsTheRun(t *testing.T) {
	t.Parallel()
	s := startServer(t, "--max-output=1MiB", "--stop-grace=10s")
	flood := `x=$(head -c 1000 /dev/zero | tr '\0' x); flood() { yes "$x"; }` + "\n"
	for name, work := range map[string]string{
		"lines":            "echo first; flood & sleep 600 & wait",
		"one line":         "echo first; flood | tr -d '\\n' & sleep 600 & wait",
		"deaf to SIGTERM":  "trap '' TERM; echo first; flood & sleep 600 & wait",
		"in time to end":   "echo first; flood | head -c 1048577",
		"after its result": say("first", initLine, resultLine) + "trap '' TERM; flood",
		"left behind":      "trap '' TERM; echo first; (sleep 0.3; flood) & exit 0",
	} {
		start := time.Now()
		e := s.run(t, script(flood+work))
		requireEnd(t, e, schema.OutputLimit)
		require.Equal(t, 1011, e.code)
		require.Equal(t, "first", e.lines[0], name)
		require.LessOrEqual(t, len(e.lines), 2000, "what is beyond the limit is not sent")
		require.Less(t, time.Since(start), 9*time.Second, name)
		s.requireNoSurvivors(t)
	}
	e := s.run(t, script(flood+"flood | head -c 1048576")) // 1 MiB is allowed
	requireEnd(t, e, "")
	require.Len(t, e.lines, 1048)
	require.Len(t, e.lines[1047], 1048576-1047*1001)
}

// digests reads everything and returns a digest of every line, which may be larger than
// what this process has memory for. The end must be a success.
func (c *socket) digests() (lines []string) {
	c.t.Helper()
	for {
		require.NoError(c.t, c.SetReadDeadline(time.Now().Add(patience)))
		_, message, err := c.NextReader()
		if err != nil {
			var closed *websocket.CloseError
			require.ErrorAs(c.t, err, &closed)
			require.EqualValues(c.t, schema.CloseDone, closed.Code, closed.Text)
			return lines
		}
		hash := sha256.New()
		n, err := io.Copy(hash, message)
		require.NoError(c.t, err)
		lines = append(lines, fmt.Sprintf("%d bytes %x", n, hash.Sum(nil)))
	}
}

func digest(line string) string {
	return fmt.Sprintf("%d bytes %x", len(line), sha256.Sum256([]byte(line)))
}

// pattern returns the digest of so many bytes of 0123456789abcdef again and again.
func pattern(size int64) string {
	hash := sha256.New()
	for left := size; left > 0; {
		n, _ := io.WriteString(hash, "0123456789abcdef"[:min(left, 16)])
		left -= int64(n)
	}
	return fmt.Sprintf("%d bytes %x", size, hash.Sum(nil))
}
