package claude

import (
	"os"
	"path/filepath"
	"runtime"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
)

// machine is one with so much memory.
type machine struct{ free, all atomic.Int64 }

func newMachine(all int64) *machine {
	m := &machine{}
	m.all.Store(all)
	m.free.Store(all)
	return m
}

func (m *machine) read() (free, all int64) { return m.free.Load(), m.all.Load() }

func TestMemoryIsShortUntilItIsEasy(t *testing.T) {
	t.Parallel()
	machine := newMachine(1000)
	m := memory{read: machine.read}
	for _, step := range []struct {
		free        int64
		short, fits bool
	}{{500, false, true}, {120, false, true}, {110, false, true}, {109, false, false}, {99, true, false}, {149, true, false}, {159, true, false}, {160, false, true}} {
		machine.free.Store(step.free)
		m.look(10)
		require.Equal(t, step.short, m.short, "%d", step.free)
		require.Equal(t, step.fits, m.fits(10), "%d", step.free)
	}
	unknown := memory{read: newMachine(0).read}
	unknown.look(10)
	require.True(t, unknown.fits(10), "a system that does not tell")
}

func TestTheSystemTellsItsMemory(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Log("only Linux tells")
		return
	}
	free, all := readMemory()
	require.Positive(t, free)
	require.Greater(t, all, free)
	require.Greater(t, ResidentMemory(os.Getpid()), int64(1<<20))
	require.Zero(t, ResidentMemory(1<<30))
}

func TestANumberInAFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(path, []byte("anon 5\ninactive_file 4096\nx y\n"), 0o600))
	require.EqualValues(t, 4096, number(path, "inactive_file"))
	require.Zero(t, number(path, "x"), "no number")
	require.Zero(t, number(path, "z"))
	require.Zero(t, number(path+"x", ""))
	require.NoError(t, os.WriteFile(path, []byte("max\n"), 0o600))
	require.Zero(t, number(path, ""), "no limit")
}
