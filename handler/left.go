package handler

import (
	"errors"
	"net"

	"golang.org/x/sys/unix"
)

// left reports whether the peer has closed the connection. It takes nothing from it: who may
// still send something else has not left.
func (w *wire) left() (gone bool) {
	tcp, ok := w.Conn.(*net.TCPConn)
	if !ok {
		return false
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return true
	}
	err = raw.Control(func(fd uintptr) {
		n, _, err := unix.Recvfrom(int(fd), make([]byte, 1), unix.MSG_PEEK|unix.MSG_DONTWAIT)
		gone = n == 0 && err == nil || err != nil && !errors.Is(err, unix.EAGAIN) && !errors.Is(err, unix.EINTR)
	})
	return gone || err != nil
}
