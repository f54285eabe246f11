package handler

import (
	"net"

	"golang.org/x/sys/unix"
)

// taken returns how many bytes the peer's system has taken, and whether more waits here.
func (w *wire) taken() (bytes uint64, waiting bool) {
	tcp, ok := w.Conn.(*net.TCPConn)
	if !ok {
		return 0, false
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return 0, false
	}
	_ = raw.Control(func(fd uintptr) {
		if info, err := unix.GetsockoptTCPInfo(int(fd), unix.IPPROTO_TCP, unix.TCP_INFO); err == nil {
			bytes, waiting = info.Bytes_acked, info.Notsent_bytes > 0
		}
	})
	return bytes, waiting
}
