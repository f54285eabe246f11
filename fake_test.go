package main

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// recordsVariable names, in the fake's environment, the directory for its records. The CLI
// gets every CLAUDE_* variable.
const recordsVariable = "CLAUDE_FAKE_RECORDS"

// record is what the fake saw when it was started.
type record struct {
	Args        []string
	Environment []string
	Descriptors []string
	Dir         string
	Stdin       string // its first line
	Prompt      string // in it: all text blocks together
}

// fakeMain is the fake claude. It records how it was started and reads one prompt. A prompt
// whose first line is "sh" goes on with a shell script, which replaces the fake in the same
// process; any other prompt is answered "ok".
func fakeMain() {
	if len(os.Args) > 1 && os.Args[1] == "--version" {
		fmt.Println("9.9.9 (fake)")
		syscall.Exit(0)
	}
	r := observe()
	if r.Stdin = readLine(); r.Stdin == "" {
		syscall.Exit(0) // nobody needs it any more
	}
	r.Prompt = promptOf(r.Stdin)
	r.save()
	if script, ok := strings.CutPrefix(r.Prompt, "sh\n"); ok {
		err := syscall.Exec("/bin/sh", []string{"/bin/sh", "-c", script}, os.Environ())
		panic(err)
	}
	fmt.Println("ok")
	syscall.Exit(0) // os.Exit waits a second in a binary with the race detector
}

// observe looks at what a process is given at its start.
func observe() record {
	r := record{Args: os.Args[1:], Environment: os.Environ()}
	r.Dir, _ = os.Getwd()
	for fd := range 1 << 10 {
		var stat syscall.Stat_t
		if syscall.Fstat(fd, &stat) == nil && !isGoOwn(fd) {
			r.Descriptors = append(r.Descriptors, fmt.Sprint(fd))
		}
	}
	return r
}

// isGoOwn reports whether a descriptor is the Go runtime's: it opens some for its poller,
// close-on-exec, which inherited ones are not.
func isGoOwn(fd int) bool {
	flags, _, _ := syscall.Syscall(syscall.SYS_FCNTL, uintptr(fd), syscall.F_GETFD, 0)
	return flags&syscall.FD_CLOEXEC != 0
}

// readLine reads stdin up to a newline and not one byte further: the rest is the script's.
func readLine() string {
	var line []byte
	for b := make([]byte, 1); ; {
		n, err := os.Stdin.Read(b)
		if n == 0 || err != nil || b[0] == '\n' {
			return string(line)
		}
		line = append(line, b[0])
	}
}

// promptOf returns the prompt in a user line: a string, or text blocks.
func promptOf(line string) string {
	var user struct {
		Message struct{ Content json.RawMessage }
	}
	if json.Unmarshal([]byte(line), &user) != nil {
		return ""
	}
	var text string
	if json.Unmarshal(user.Message.Content, &text) == nil {
		return text
	}
	var blocks []struct{ Text string }
	_ = json.Unmarshal(user.Message.Content, &blocks)
	for _, block := range blocks {
		text += block.Text
	}
	return text
}

// save writes the record under a name of its own, whole or not at all.
func (r record) save() {
	text, err := json.Marshal(r)
	if err != nil {
		panic(err)
	}
	path := filepath.Join(os.Getenv(recordsVariable), rand.Text())
	if err := os.WriteFile(path+".part", text, 0o600); err != nil {
		panic(err)
	}
	if err := os.Rename(path+".part", path+".json"); err != nil {
		panic(err)
	}
}

// records returns what all starts of the fake saw, in no order.
func (s *server) started(t testing.TB) (all []record) {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(s.records, "*.json"))
	require.NoError(t, err)
	for _, path := range paths {
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		var r record
		require.NoError(t, json.NewDecoder(bytes.NewReader(text)).Decode(&r))
		all = append(all, r)
	}
	return all
}

// script is the prompt that makes the fake run a shell script.
func script(lines ...string) string { return "sh\n" + strings.Join(lines, "\n") }
