//go:build linux

package e2e

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/stretchr/testify/require"
)

// survivors are the processes, zombies apart, whose environment holds the mark
// (`NAME=value`) or whose command line holds it. Each is given as `pid command line`.
func survivors(mark string) []string {
	var found []string
	dirs, _ := filepath.Glob("/proc/[0-9]*")
	for _, dir := range dirs {
		command, _ := os.ReadFile(filepath.Join(dir, "cmdline")) // a zombie has none
		environ, _ := os.ReadFile(filepath.Join(dir, "environ"))
		if len(command) > 0 && (holds(environ, mark) || holds(command, mark)) {
			line := strings.ReplaceAll(string(command), "\x00", " ")
			found = append(found, filepath.Base(dir)+" "+line[:min(len(line), 120)])
		}
	}
	return found
}

// holds looks for a whole entry of a list whose entries end with a zero byte.
func holds(list []byte, entry string) bool {
	return bytes.Contains(append([]byte{0}, list...), []byte("\x00"+entry+"\x00"))
}

// requireGone waits until no process carries the mark.
func (w *world) requireGone(mark string, within time.Duration) {
	w.t.Helper()
	var left []string
	if !eventually(within, func() bool { left = survivors(mark); return len(left) == 0 }) {
		require.Fail(w.t, "processes are left", "%s: %q", mark, left)
	}
}

// requireRunning waits until exactly n processes carry the mark.
func (w *world) requireRunning(mark string, n int) {
	w.t.Helper()
	var found []string
	if !eventually(patience, func() bool { found = survivors(mark); return len(found) == n }) {
		require.Fail(w.t, "not the processes that were expected", "%s: want %d, found %q", mark, n, found)
	}
}

// requireNothingLeft ends every test. What a failed test has left is killed, so that
// the next one starts on a clean machine.
func (w *world) requireNothingLeft() {
	w.t.Helper()
	for _, mark := range w.marks {
		var left []string
		if !eventually(2*time.Second, func() bool { left = survivors(mark); return len(left) == 0 }) {
			w.t.Errorf("processes are left at the end of the test, %s: %q", mark, left)
			kill(left)
		}
	}
}

func kill(found []string) {
	for _, process := range found {
		first, _, _ := strings.Cut(process, " ")
		if pid, err := strconv.Atoi(first); err == nil {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
	}
}

// eventually asks again and again, a last time when the time is over: processes that
// are not our children, and files, send no event. It asks less and less often, because
// looking at every process takes time from the CLIs.
func eventually(within time.Duration, condition func() bool) bool {
	end := time.After(within)
	for pause := 5 * time.Millisecond; ; pause = min(2*pause, 80*time.Millisecond) {
		if condition() {
			return true
		}
		select {
		case <-time.After(pause):
		case <-end:
			return condition()
		}
	}
}

// nap is an argument for `sleep`, about ten minutes, that no other process has: it
// finds the sleeper by its command line, even where the environment was cleared.
func (w *world) nap() string {
	n, _ := rand.Int(rand.Reader, big.NewInt(1_000_000_000))
	argument := fmt.Sprintf("600.%09d", n)
	w.marks = append(w.marks, argument)
	return argument
}
