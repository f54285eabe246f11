package agent

import (
	"os"
	"testing"

	"go.uber.org/goleak"
)

// asAgent makes the test binary act as the agent, for the tests that need a
// real process.
const asAgent = "SPOOL_TEST_AS_AGENT"

func TestMain(m *testing.M) {
	if os.Getenv(asAgent) != "" {
		os.Exit(Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
	}
	goleak.VerifyTestMain(m)
}
