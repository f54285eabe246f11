package main

import (
	"bytes"
	"compress/flate"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"spool/schema"
)

// These tests measure memory, so they run alone and without the race detector.

func TestP12DeepNestingCostsNothing(t *testing.T) {
	s := startPlainServer(t)
	s.warmUp(t)
	for _, message := range []string{
		strings.Repeat("[", 10_000), strings.Repeat(`{"prompt":`, 6_000), strings.Repeat(`{"a":`, 12_000),
		`{"prompt":"a","meta":"A","x":` + strings.Repeat("[", 10_000) + strings.Repeat("]", 10_000) + `}`,
	} {
		risen := s.watchMemory(t)
		fastest := patience // of some: others use this machine too
		for range 5 {
			c := s.raw(t)
			start := time.Now()
			c.write(frame(finBit|opText, message))
			e := c.rest()
			fastest = min(fastest, time.Since(start))
			requireEnd(t, e, schema.InvalidJSON)
		}
		require.Less(t, fastest, 100*time.Millisecond, "%.20s", message)
		require.Less(t, risen(), int64(16<<20), "%.20s", message)
	}
	s.requireNoRun(t)
}

func TestP16AMessageIsAtMost64KiB(t *testing.T) {
	s := startServer(t)
	valid := payload("hi")
	c := s.raw(t)
	c.write(frame(finBit|opText, strings.Repeat("x", 65_536)))
	requireEnd(t, c.rest(), schema.InvalidJSON)
	for name, frames := range map[string][][]byte{
		"in one frame":    {frame(finBit|opText, valid+strings.Repeat(" ", 65_537-len(valid)))},
		"in two frames":   {frame(opText, valid+strings.Repeat(" ", 65_530-len(valid))), frame(finBit|opContinuation, "       ")},
		"in many frames":  append([][]byte{frame(opText, "x")}, repeated(frame(opContinuation, strings.Repeat("x", 100)), 700)...),
		"much too long":   {frame(finBit|opText, strings.Repeat("x", 1<<20))},
		"binary":          {frame(finBit|opBinary, strings.Repeat("x", 65_537))},
		"during fragment": {frame(opText, ""), frame(finBit|opContinuation, strings.Repeat("x", 65_537))},
	} {
		for range 10 { // the client's write may break first, and yet it is told
			c = s.raw(t)
			_, _ = c.tryWrite(frames...)
			require.Equal(t, 1009, c.rest().code, name)
		}
	}
	s.requireNoRun(t)
}

func TestP16AnnouncedLengthsCostNothing(t *testing.T) {
	s := startPlainServer(t)
	s.warmUp(t)
	for _, length := range []uint64{math.MaxInt64, 1 << 40, 1 << 31, 65_537, 1 << 63, math.MaxUint64} {
		risen := s.watchMemory(t)
		for range 5 {
			requireAnnounced(t, s, length)
		}
		require.Less(t, risen(), int64(2<<20), length)
	}
	s.requireNoRun(t)
}

func requireAnnounced(t *testing.T, s *server, length uint64) {
	t.Helper()
	c := s.raw(t)
	c.write(announced(finBit|opText, length), []byte("some of it"))
	require.Contains(t, []int{1002, 1009}, c.rest().code, "%x", length)
	c = s.raw(t)
	c.write(frame(opText, "x"), announced(opContinuation, length))
	require.Contains(t, []int{1002, 1009}, c.rest().code, "%x", length)
}

func TestP20CompressionIsNeverNegotiated(t *testing.T) {
	s := startPlainServer(t)
	s.warmUp(t)
	bomb := deflated(t, 60)
	require.Less(t, len(bomb), 65_536, "it must pass the limit of a message")
	for _, offer := range []string{
		"permessage-deflate", "permessage-deflate; client_max_window_bits", "permessage-deflate; server_no_context_takeover; client_no_context_takeover",
		"x-webkit-deflate-frame",
	} {
		risen := s.watchMemory(t)
		c := s.rawDial(t, s.handshake("Sec-WebSocket-Extensions: "+offer))
		require.Empty(t, c.header.Values("Sec-WebSocket-Extensions"))
		c.requireInfo()
		_, _ = c.tryWrite(frame(finBit|rsv1Bit|opText, bomb))
		require.Contains(t, []int{1002, 1009}, c.rest().code)
		require.Less(t, risen(), int64(4<<20))
	}
	s.requireNoRun(t)
}

// deflated returns n MiB of zeroes as a compressed message (RFC 7692).
func deflated(t *testing.T, n int) string {
	t.Helper()
	var mib bytes.Buffer
	w, err := flate.NewWriter(&mib, flate.BestCompression)
	require.NoError(t, err)
	_, err = w.Write(make([]byte, 1<<20))
	require.NoError(t, err)
	require.NoError(t, w.Flush()) // a block that may follow itself
	return strings.TrimSuffix(strings.Repeat(mib.String(), n), "\x00\x00\xff\xff")
}

// repeated returns the same frame n times.
func repeated(frame []byte, n int) (all [][]byte) {
	for range n {
		all = append(all, frame)
	}
	return all
}
