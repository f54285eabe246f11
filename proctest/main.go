// Package proctest is for tests only: what packages share whose tests start processes.
package proctest

import (
	"errors"
	"fmt"
	"os"
	"testing"

	"go.uber.org/goleak"

	"spool/procman"
)

// Main runs a package's tests, and exits. It makes the supervisor that they start their processes
// with: a program has one. The environment variable that marks the processes is named by marker.
// When the tests have ended, no goroutine may be left but those that are ignored.
func Main(m *testing.M, marker string, supervisor **procman.Supervisor, ignored ...goleak.Option) {
	made, err := procman.New(marker)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	*supervisor = made
	code := m.Run()
	if err := errors.Join(made.Close(), goleak.Find(ignored...)); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = max(code, 1)
	}
	os.Exit(code)
}
