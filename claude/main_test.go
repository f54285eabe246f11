package claude

import (
	"fmt"
	"os"
	"testing"

	"go.uber.org/goleak"

	"spool/procman"
)

// supervisor starts the processes of all tests: a program has one.
var supervisor *procman.Supervisor

func TestMain(m *testing.M) {
	var err error
	if supervisor, err = procman.New("SPOOL_CLAUDE_TEST"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	if err := supervisor.Close(); err != nil && code == 0 {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	if err := goleak.Find(); err != nil && code == 0 {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}
