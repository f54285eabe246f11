package claude

import (
	"testing"

	"spool/procman"
	"spool/proctest"
)

// supervisor starts the processes of all tests: a program has one.
var supervisor *procman.Supervisor

func TestMain(m *testing.M) {
	proctest.Main(m, "SPOOL_CLAUDE_TEST", &supervisor)
}
