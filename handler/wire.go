package handler

import (
	"errors"
	"net"
	"os"
	"sync/atomic"
	"time"

	"github.com/fasthttp/websocket"
)

// wires is a listener whose connections are wires.
type wires struct{ net.Listener }

func (l wires) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &wire{Conn: conn}, nil
}

// wire is a connection as it was accepted. It knows what the WebSocket library does not: the
// last bytes that came in, because the library takes a close frame with half a code for one
// without a code; whether a client that is slow takes anything at all; and that others
// write frames too.
type wire struct {
	net.Conn
	last [7]byte // only the one goroutine that reads looks at it
	// stall is how long a write may go on without the client taking anything; 0 leaves
	// it to deadlines. It is set before there is a second goroutine.
	stall   time.Duration
	stalled atomic.Bool // it has gone on for so long

	turn   chan struct{} // of a socket, else nil: who writes frames has put something in
	closed bool          // guarded by turn: a close frame was sent, and nothing may follow it
	due    time.Time     // until when the library waits for its turn; guarded by its own lock
}

// serveSocket is called once, when the connection becomes a WebSocket.
func (w *wire) serveSocket(stall time.Duration) {
	w.stall, w.turn = stall, make(chan struct{}, 1)
}

// Write writes all of p. On a socket that is one frame of the library's.
func (w *wire) Write(p []byte) (n int, err error) {
	if w.turn == nil {
		return w.write(p)
	}
	return w.writeFrames(p, time.Until(w.due))
}

// SetWriteDeadline sets how long the library may wait for its turn on a socket. How long the
// write itself takes is the client's matter, as long as it takes something.
func (w *wire) SetWriteDeadline(t time.Time) error {
	if w.turn == nil {
		return w.Conn.SetWriteDeadline(t)
	}
	w.due = t
	return nil
}

// gathered writes the frames that were gathered for a socket.
type gathered struct{ wire *wire }

func (g gathered) Write(p []byte) (int, error) { return g.wire.writeFrames(p, g.wire.stall) }

// writeFrames writes whole frames when nobody else does.
func (w *wire) writeFrames(p []byte, patience time.Duration) (int, error) {
	if !w.takeTurn(patience) {
		return 0, os.ErrDeadlineExceeded
	}
	defer func() { <-w.turn }()
	if w.closed {
		return 0, websocket.ErrCloseSent
	}
	w.closed = p[0] == finBit|opClose
	return w.write(p)
}

// takeTurn reports whether it is the caller's turn to write.
func (w *wire) takeTurn(patience time.Duration) bool {
	select {
	case w.turn <- struct{}{}:
		return true
	default:
	}
	timeout := time.NewTimer(patience)
	defer timeout.Stop()
	select {
	case w.turn <- struct{}{}:
		return true
	case <-timeout.C:
		return false
	}
}

// write writes all of p, for as long as the client goes on taking some of what is sent.
func (w *wire) write(p []byte) (n int, err error) {
	if w.stall == 0 {
		return w.Conn.Write(p)
	}
	pace, last := pace{wire: w}, time.Now()
	for {
		_ = w.Conn.SetWriteDeadline(time.Now().Add(w.stall / stallSteps))
		wrote, err := w.Conn.Write(p[n:])
		if n += wrote; !isTimeout(err) {
			return n, err
		}
		if pace.moved() || wrote > 0 {
			last = time.Now()
		} else if time.Since(last) >= w.stall {
			w.stalled.Store(true)
			return n, err
		}
	}
}

// stallSteps is how often within the stall timeout a blocked write looks for progress.
const stallSteps = 8

// isTimeout reports whether a deadline has passed.
func isTimeout(err error) bool {
	network, ok := errors.AsType[net.Error](err)
	return ok && network.Timeout()
}

// pace tells whether a client takes anything.
type pace struct {
	wire  *wire
	begun bool
	taken uint64
}

// moved reports whether the client has taken something since the last call, while more
// waits; the first call only looks. Its system takes what its program does not read only as
// long as it has room, so that with something waiting it is the program that reads.
func (p *pace) moved() bool {
	if p.wire == nil {
		return false
	}
	taken, waiting := p.wire.taken()
	moved := p.begun && waiting && taken > p.taken
	p.begun, p.taken = true, taken
	return moved
}

func (w *wire) Read(p []byte) (int, error) {
	n, err := w.Conn.Read(p)
	w.remember(p[:n])
	return n, err
}

// remember shifts bytes into last.
func (w *wire) remember(in []byte) {
	in = in[max(0, len(in)-len(w.last)):]
	copy(w.last[:], w.last[len(in):])
	copy(w.last[len(w.last)-len(in):], in)
}

// endsInHalfCode reports whether the last that came in is a close frame of one byte: FIN
// and the opcode, MASK and the length, four bytes of mask, and half a code.
func (w *wire) endsInHalfCode() bool { return w.last[0] == 0x88 && w.last[1] == 0x81 }

// wireOf returns the wire under what the HTTP server has put around it, nil if there is none.
func wireOf(conn net.Conn) *wire {
	if hijacked, ok := conn.(interface{ UnsafeConn() net.Conn }); ok {
		conn = hijacked.UnsafeConn()
	}
	w, _ := conn.(*wire)
	return w
}
