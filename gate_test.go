package main

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// gate is where scripts wait, which costs nothing as long as they do: a named pipe.
type gate struct {
	t    testing.TB
	path string
}

func newGate(t testing.TB) *gate {
	t.Helper()
	g := &gate{t, filepath.Join(t.TempDir(), "gate")}
	require.NoError(t, syscall.Mkfifo(g.path, 0o600))
	return g
}

// wait is the part of a script that waits until the gate is open.
func (g *gate) wait() string { return ": <" + g.path }

// open lets everybody through, from now on.
func (g *gate) open() {
	g.t.Helper()
	g.pipe()
}

// feed returns the end into which to write what scripts read that begin with cat.
func (g *gate) feed() *os.File {
	g.t.Helper()
	return g.pipe()
}

// cat is the part of a script that prints what is fed to it, until it is ended.
func (g *gate) cat() string { return "exec cat " + g.path }

func (g *gate) pipe() *os.File {
	g.t.Helper()
	file, err := os.OpenFile(g.path, os.O_RDWR, 0)
	require.NoError(g.t, err)
	g.t.Cleanup(func() { file.Close() })
	return file
}
