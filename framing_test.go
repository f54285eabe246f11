package main

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"spool/schema"
)

func TestP14BinaryFramesAreRefused(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	c := s.raw(t)
	c.write(frame(finBit|opBinary, payload("hi")))
	require.Equal(t, int(schema.CloseUnsupported), c.rest().code)
	c = s.raw(t)
	c.write(frame(opBinary, payload("hi")), frame(finBit|opContinuation, ""))
	require.Equal(t, int(schema.CloseUnsupported), c.rest().code)
	s.requireNoRun(t)
}

// illegal are frames that break RFC 6455, section 5.
var illegal = map[string][][]byte{
	"RSV1 without extension":          {frame(finBit|rsv1Bit|opText, payload("hi"))},
	"RSV2":                            {frame(finBit|rsv2Bit|opText, payload("hi"))},
	"RSV3":                            {frame(finBit|rsv3Bit|opText, payload("hi"))},
	"RSV1 on a ping":                  {frame(finBit|rsv1Bit|opPing, "")},
	"unmasked":                        {unmasked(finBit|opText, payload("hi"))},
	"unmasked ping":                   {unmasked(finBit|opPing, "x")},
	"opcode 3":                        {frame(finBit|0x3, payload("hi"))},
	"opcode 7":                        {frame(finBit|0x7, "")},
	"opcode 11":                       {frame(finBit|0xB, "")},
	"opcode 15":                       {frame(finBit|0xF, "")},
	"126-byte ping":                   {frame(finBit|opPing, strings.Repeat("x", 126))},
	"126-byte pong":                   {frame(finBit|opPong, strings.Repeat("x", 126))},
	"fragmented ping":                 {frame(opPing, "x"), frame(finBit|opContinuation, "y")},
	"fragmented close":                {frame(opClose, "\x03\xe8")},
	"text inside a fragmented text":   {frame(opText, `{"prompt":`), frame(finBit|opText, payload("hi"))},
	"binary inside a fragmented text": {frame(opText, `{"prompt":`), frame(finBit|opBinary, "x")},
	"stray continuation":              {frame(finBit|opContinuation, payload("hi"))},
	"stray continuation, not final":   {frame(opContinuation, payload("hi"))},
}

func TestP19BrokenFramingEndsTheSocket(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	for name, frames := range illegal {
		c := s.raw(t)
		c.write(frames...)
		require.Equal(t, 1002, c.rest().code, name)
	}
	s.requireNoRun(t)
}

func TestP19BrokenFramingEndsTheRun(t *testing.T) {
	t.Parallel()
	s := startServer(t, "--stop-grace=1s")
	c := s.rawRun(t, script("sleep 600"))
	c.write(frame(finBit|0x3, ""))
	require.Equal(t, 1002, c.rest().code)
	s.awaitNoSurvivors(t, 3*time.Second)
}

// A close code is worth nothing if a reset overtakes it: the rest of what was sent must be
// read, or thrown away by the system.
func TestP19TheCloseCodeArrivesAlthoughMoreIsUnderWay(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	for range 20 {
		c := s.raw(t)
		_, _ = c.tryWrite(frame(finBit|0x3, ""), []byte(strings.Repeat("x", 512<<10)))
		require.Equal(t, 1002, c.rest().code)
	}
}
