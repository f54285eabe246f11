package main

import (
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"
	"testing"
)

// What the tests of this package run: the program itself, built with the race detector,
// and a scripted stand-in for claude, which is this test binary under another name.
var binaries struct{ spool, claude string }

func TestMain(m *testing.M) {
	if filepath.Base(os.Args[0]) == "claude" {
		fakeMain()
	}
	hearSignals()
	code, err := buildAndRun(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// hearSignals has what the tests start end by the signals they send, even where the tests
// themselves were started to ignore these, as by nohup or in the background of a script: a
// process begins with the ignored signals of its parent, not with the caught ones.
func hearSignals() {
	for _, s := range []os.Signal{os.Interrupt, syscall.SIGHUP} {
		if signal.Ignored(s) {
			signal.Notify(make(chan os.Signal, 1), s)
		}
	}
}

// buildAndRun builds what is tested, then runs the tests.
func buildAndRun(m *testing.M) (int, error) {
	dir, err := os.MkdirTemp("", "spool-test-*")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	binaries.spool, binaries.claude = filepath.Join(dir, "spool"), filepath.Join(dir, "claude")
	build := exec.Command("go", "build", "-race", "-o", binaries.spool, ".")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		return 0, fmt.Errorf("build spool: %w", err)
	}
	self, err := os.Executable()
	if err != nil {
		return 0, err
	}
	if err := os.Symlink(self, binaries.claude); err != nil {
		return 0, err
	}
	return m.Run(), nil
}
