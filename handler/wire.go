package handler

import (
	"net"
	"sync/atomic"
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

// wire is a connection as it was accepted. It remembers the last bytes that came in, because
// the WebSocket library takes a close frame with half a code for one without a code.
type wire struct {
	net.Conn
	last [7]byte // only the one goroutine that reads looks at it

	acked atomic.Uint64 // bytes that the peer had taken at the last look
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
