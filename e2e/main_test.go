//go:build linux

package e2e

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"testing"

	"go.uber.org/goleak"
)

// spoolBinary is the server under test, built with the race detector.
var spoolBinary string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "spool-e2e-")
	if err != nil {
		fmt.Fprintln(os.Stderr, "make a folder for the binary:", err)
		os.Exit(1)
	}
	spoolBinary = filepath.Join(dir, "spool")
	build := exec.Command("go", "build", "-race", "-o", spoolBinary, "spool")
	build.Stdout, build.Stderr = os.Stderr, os.Stderr
	if err := build.Run(); err != nil {
		_ = os.RemoveAll(dir)
		fmt.Fprintln(os.Stderr, "build spool:", err)
		os.Exit(1)
	}
	setParallel()
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		_ = os.RemoveAll(dir)
		os.Exit(code)
	}))
}

// setParallel lets more tests run at once than there are processors: half of the time they
// wait, for a deadline or for a tool.
func setParallel() {
	const name = "test.parallel"
	flag.Parse()
	chosen := false
	flag.Visit(func(f *flag.Flag) { chosen = chosen || f.Name == name })
	if !chosen {
		_ = flag.Set(name, strconv.Itoa(2*runtime.GOMAXPROCS(0)))
	}
}
