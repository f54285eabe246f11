package main

import (
	"io"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"spool/schema"
)

// The client's close frames, sent while a run goes on, and the code of the answer.
var closeFrames = map[string]struct {
	sent   []byte
	answer int
}{
	"999":                   {closeFrame(999, ""), 1002},
	"1004":                  {closeFrame(1004, ""), 1002},
	"1005":                  {closeFrame(1005, ""), 1002},
	"1006":                  {closeFrame(1006, ""), 1002},
	"1014":                  {closeFrame(1014, ""), 1002},
	"1015":                  {closeFrame(1015, ""), 1002},
	"1016":                  {closeFrame(1016, ""), 1002},
	"2999":                  {closeFrame(2999, ""), 1002},
	"5000":                  {closeFrame(5000, ""), 1002},
	"0":                     {closeFrame(0, ""), 1002},
	"65535":                 {closeFrame(65535, ""), 1002},
	"a body of one byte":    {frame(finBit|opClose, "\x03"), 1002},
	"a reason not in UTF-8": {closeFrame(1000, "\xff\xfe"), 1002},
	"half a rune":           {closeFrame(1000, "é"[:1]), 1002},
	"a body of 126 bytes":   {closeFrame(1000, string(make([]byte, 124))), 1002},
	"1000":                  {closeFrame(1000, ""), 1000},
	"1000 with a reason":    {closeFrame(1000, "I am done"), 1000},
	"1001":                  {closeFrame(1001, ""), 1001},
	"1011":                  {closeFrame(1011, ""), 1011},
	"3000":                  {closeFrame(3000, ""), 3000},
	"4999":                  {closeFrame(4999, "é"), 4999},
	"no code":               {frame(finBit|opClose, ""), 1005},
}

func TestP18CloseFramesAreCheckedAndAnswered(t *testing.T) {
	t.Parallel()
	s := startServer(t, "--stop-grace=1s")
	sockets := map[string]*rawSocket{}
	for name, test := range closeFrames {
		c := s.rawRun(t, script("sleep 600 & sleep 600"))
		c.write(test.sent)
		sockets[name] = c
	}
	for name, c := range sockets {
		require.Equal(t, closeFrames[name].answer, c.rest().code, name)
		_, err := c.in.ReadByte()
		require.ErrorIs(t, err, io.EOF, "the connection must be closed")
	}
	s.awaitNoSurvivors(t, 3*time.Second)
	s.awaitIdle(t)
}

func TestP18ACloseCodeInPiecesIsTheSame(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	for name, test := range closeFrames {
		c := s.raw(t)
		for _, b := range test.sent {
			_, _ = c.tryWrite([]byte{b}) // it may be cut before the end
		}
		require.Equal(t, test.answer, c.rest().code, name)
	}
}

func TestP18ACloseFrameBeforeThePromptEndsTheSocket(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	for name, test := range closeFrames {
		c := s.raw(t)
		c.write(test.sent)
		require.Equal(t, test.answer, c.rest().code, name)
	}
	s.awaitIdle(t)
	s.requireNoRun(t)
}

// What a client sends behind its own close frame is nobody's business any more.
func TestP18APromptBehindACloseFrameStartsNothing(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	c := s.raw(t)
	c.write(closeFrame(1000, ""), frame(finBit|opText, payload("hi")))
	require.Equal(t, int(schema.CloseDone), c.rest().code)
	s.awaitIdle(t)
	s.requireNoRun(t)
}

// A client that never answers the server's close frame does not keep its socket.
func TestP18AClientThatDoesNotAnswerACloseFrameIsCut(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	c := s.rawRun(t, "hi")
	require.Equal(t, 1000, c.rest().code)
	_, err := c.in.ReadByte()
	require.ErrorIs(t, err, io.EOF)
	s.awaitIdle(t)
}

// A client that reads nothing holds the writer up, but not the end of its run, nor that of
// its socket if it has left.
func TestP18WhoReadsNothingCanLeaveAllTheSame(t *testing.T) {
	t.Parallel()
	for name, leave := range map[string]func(c *rawSocket){
		"close frame":    func(c *rawSocket) { c.write(closeFrame(1000, "")) },
		"FIN":            func(c *rawSocket) { require.NoError(t, c.Conn.(*net.TCPConn).CloseWrite()) },
		"broken framing": func(c *rawSocket) { c.write(frame(finBit|0x3, "")) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := startServer(t, "--stop-grace=1s", "--stall-timeout=10m")
			leave(s.rawHeldUp(t))
			s.awaitNoSurvivors(t, 3*time.Second)
			s.awaitIdle(t)
		})
	}
}

// A client that is still there has its time to read what it did wrong; its run has not.
func TestP10BadUTF8EndsTheRunOfAClientThatReadsNothing(t *testing.T) {
	t.Parallel()
	s := startServer(t, "--stop-grace=1s", "--stall-timeout=10s")
	s.rawHeldUp(t).write(frame(finBit|opText, "\xff"))
	s.awaitNoSurvivors(t, 3*time.Second)
	s.awaitIdle(t)
}

// rawHeldUp starts a run whose output fills every buffer on the way to its client.
func (s *server) rawHeldUp(t *testing.T) *rawSocket {
	t.Helper()
	c := s.rawRun(t, script("x=$(head -c 1000000 /dev/zero | tr '\\0' x)", "for i in $(seq 64); do echo $x; done", "sleep 600 & wait"))
	s.awaitStdout(t, 64_000_000)
	return c
}

// awaitStdout waits until a run has written so many bytes, which is more than any buffer
// between it and its client holds.
func (s *server) awaitStdout(t *testing.T, size int64) {
	t.Helper()
	require.Eventually(t, func() bool {
		paths, _ := filepath.Glob(filepath.Join(s.dir, "proc", "*", "stdout"))
		if len(paths) != 1 {
			return false
		}
		info, err := os.Stat(paths[0])
		return err == nil && info.Size() >= size
	}, patience, 10*time.Millisecond)
}
