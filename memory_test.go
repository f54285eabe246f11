package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"spool/schema"
)

// watchMemory returns a function that tells by how many bytes the server's resident memory
// has at most risen since.
func (s *server) watchMemory(t testing.TB) (risen func() int64) {
	t.Helper()
	proc := fmt.Sprintf("/proc/%d/", s.command.Process.Pid)
	require.NoError(t, os.WriteFile(proc+"clear_refs", []byte("5"), 0o600)) // the peak begins anew
	before := s.rss(t)
	return func() int64 {
		t.Helper()
		status, err := os.ReadFile(proc + "status")
		require.NoError(t, err)
		_, peak, found := strings.Cut(string(status), "VmHWM:")
		require.True(t, found)
		kib, err := strconv.ParseInt(strings.Fields(peak)[0], 10, 64)
		require.NoError(t, err)
		return kib<<10 - before
	}
}

// mostMemory returns the server's most resident memory while something is done. It rises and
// falls with each collection of garbage: two of these can be compared, one of them and a moment
// cannot.
func (s *server) mostMemory(t testing.TB, do func()) int64 {
	t.Helper()
	before, risen := s.rss(t), s.watchMemory(t)
	do()
	return before + risen()
}

// warmUp opens sockets until what the server needs for some is there.
func (s *server) warmUp(t testing.TB) {
	t.Helper()
	for range 50 {
		c := s.raw(t)
		c.write(frame(finBit|opText, "{"))
		requireEnd(t, c.rest(), schema.InvalidJSON)
		c.Close()
	}
	s.awaitIdle(t)
}
