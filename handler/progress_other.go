//go:build !linux

package handler

// taken returns how many bytes the peer has taken, and whether more waits. These systems do
// not tell: here a client that is far behind must answer its pings in time.
func (w *wire) taken() (bytes uint64, waiting bool) { return 0, false }
