//go:build linux

package e2e

import (
	"fmt"
	"net"
	"testing"
	"time"

	"github.com/fasthttp/websocket"
	"github.com/stretchr/testify/require"

	"spool/e2e/api"
)

// longAnswer is far more than a pipe holds: on a pipe the CLI loses the end of an
// answer of this size when its reader is behind.
const longAnswer = 1 << 20

// hugeAnswer, which is sent twice, is more than the buffers of a socket hold too: a
// server that reads the CLI at its client's pace holds the CLI up.
const hugeAnswer = 8 << 20

func TestS5_ALongAnswerArrivesWholeEachTime(t *testing.T) {
	w := newWorld(t)
	s := w.serve()
	for range 4 {
		frames, code := s.ask(fmt.Sprintf("[[bytes %d]]", longAnswer)).rest()
		requireWhole(t, longAnswer, frames, code)
	}
}

// The client takes one line and then nothing until the CLI has exited: neither is
// the CLI held up, nor does the client miss a byte.
func TestN3_AClientThatReadsNothingGetsAllOfItAfterTheCLIHasExited(t *testing.T) {
	w := newWorld(t)
	s := w.serve()

	c := s.ask(fmt.Sprintf("[[bytes %d]]", hugeAnswer))
	first := c.next()
	w.requireGone("SPOOL_RUN="+c.run, patience)
	rest, code := c.rest()

	requireWhole(t, hugeAnswer, append([]frame{first}, rest...), code)
}

// A slow client is behind from the start to the end, but it is never held for dead.
func TestS5_ALongAnswerArrivesWholeAtASlowClient(t *testing.T) {
	w := newWorld(t)
	s := w.serve()
	c := s.dial(&websocket.Dialer{HandshakeTimeout: patience, NetDial: slowly})
	c.ask(fmt.Sprintf("[[bytes %d]]", longAnswer))
	frames, code := c.rest()
	requireWhole(t, longAnswer, frames, code)
}

// slowConn reads a little at a time and pauses after each: about 2 MiB/s.
type slowConn struct{ net.Conn }

func slowly(network, address string) (net.Conn, error) {
	conn, err := net.Dial(network, address)
	return slowConn{conn}, err
}

func (c slowConn) Read(p []byte) (int, error) {
	time.Sleep(2 * time.Millisecond) //nolint:forbidigo // being slow is the point
	return c.Conn.Read(p[:min(len(p), 4096)])
}

func requireWhole(t *testing.T, size int, frames []frame, code int) {
	t.Helper()
	require.Equal(t, websocket.CloseNormalClosure, code)
	require.Equal(t, []string{"system/init", "assistant", "result/success"}, kinds(frames))
	require.True(t, api.LongText(size) == frames[2].Result, "the answer is not whole: %d bytes", len(frames[2].Result))
}
