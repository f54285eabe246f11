package faults

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

// patience bounds every wait of these tests. It is reached only by a failure.
const patience = 60 * time.Second

// binary is the server under test, agent this test binary under the name that makes it one.
var binary, agent string

func TestMain(m *testing.M) {
	if filepath.Base(os.Args[0]) == agentName {
		agentMain()
	}
	os.Exit(test(m))
}

func test(m *testing.M) (code int) {
	dir, err := os.MkdirTemp("", "spool-faults-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	if err := build(dir); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	code = m.Run()
	if err := goleak.Find(); err != nil && code == 0 {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return code
}

// build makes the binaries.
func build(dir string) error {
	binary, agent = filepath.Join(dir, "spool"), filepath.Join(dir, agentName)
	self, err := os.Executable()
	if err != nil {
		return err
	}
	if err := os.Symlink(self, agent); err != nil {
		return err
	}
	command := exec.Command("go", "build", "-race", "-o", binary, "..")
	command.Stderr = os.Stderr
	return command.Run()
}

// times returns how often something is done: few times, or in the full suite many.
func times(few, many int) int {
	if os.Getenv("FAULTS") == "full" {
		return many
	}
	return few
}

// random returns numbers that a failed test can be repeated with.
func random(t *testing.T) *rand.Rand {
	t.Helper()
	seed := uint64(time.Now().UnixNano())
	if text := os.Getenv("FAULTS_SEED"); text != "" {
		_, err := fmt.Sscan(text, &seed)
		require.NoError(t, err)
	}
	t.Logf("FAULTS_SEED=%d", seed)
	return rand.New(rand.NewPCG(seed, 0))
}
