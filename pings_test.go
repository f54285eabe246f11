package main

import (
	"encoding/binary"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// A flood of pings costs the server little, and a run nothing. It measures memory, so it
// runs alone and without the race detector.
func TestP17PingsDoNotDisturbARun(t *testing.T) {
	seconds := 5
	if testing.Short() {
		seconds = 2
	}
	s := startPlainServer(t)
	before := s.mostMemory(t, func() { s.requireFloodedRun(t, 2) })
	start := time.Now()
	after := s.mostMemory(t, func() { s.requireFloodedRun(t, seconds) })
	t.Logf("pings of %d s answered in %v, %d KiB more memory", seconds, time.Since(start), (after-before)>>10)
	require.Less(t, after-before, int64(8<<20))
}

// requireFloodedRun floods a run of 1,000 lines.
func (s *server) requireFloodedRun(t *testing.T, seconds int) {
	t.Helper()
	gate := t.TempDir() + "/gate"
	c := s.rawRun(t, script(
		fmt.Sprintf("for i in $(seq 100); do seq $((i*10-9)) $((i*10)); sleep %.2f; done", float64(seconds)/100),
		"until [ -e "+gate+" ]; do sleep 0.05; done"))
	c.requireFlood(seconds, 1000)
	require.NoError(t, os.WriteFile(gate, nil, 0o600))
	requireEnd(t, c.rest(), "")
}

// flood sends numbered pings, 10,000 each second.
func (c *rawSocket) flood(seconds int) error {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	number := uint64(0)
	for range 100 * seconds {
		var pings [][]byte
		for range 100 {
			pings = append(pings, frame(finBit|opPing, string(binary.BigEndian.AppendUint64(nil, number))))
			number++
		}
		if _, err := c.tryWrite(pings...); err != nil {
			return err
		}
		<-tick.C
	}
	return nil
}

// requireFlood floods, and reads until every ping has its pong and every line has come, both
// in order.
func (c *rawSocket) requireFlood(seconds, lines int) {
	c.t.Helper()
	sent := make(chan error, 1)
	go func() { sent <- c.flood(seconds) }()
	for pong, line := 0, 0; pong < 10_000*seconds || line < lines; {
		switch first, body := c.read(); first {
		case finBit | opPong:
			require.EqualValues(c.t, pong, binary.BigEndian.Uint64([]byte(body)))
			pong++
		case finBit | opText:
			line++
			require.Equal(c.t, fmt.Sprint(line), body)
		default:
			require.Fail(c.t, "not a pong and not a line", "%x %q", first, body)
		}
	}
	require.NoError(c.t, <-sent)
}
