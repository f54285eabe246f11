package handler

import (
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// pair returns both ends of a connection.
func pair(t *testing.T) (here *wire, peer *net.TCPConn) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer listener.Close()
	dialed, err := net.Dial("tcp", listener.Addr().String())
	require.NoError(t, err)
	accepted, err := listener.Accept()
	require.NoError(t, err)
	t.Cleanup(func() { dialed.Close(); accepted.Close() })
	return &wire{Conn: accepted}, dialed.(*net.TCPConn)
}

func TestWireTellsWhetherItsPeerHasLeft(t *testing.T) {
	t.Parallel()
	for name, leave := range map[string]func(*net.TCPConn) error{
		"closed":      (*net.TCPConn).Close,
		"half closed": (*net.TCPConn).CloseWrite,
		"reset":       func(c *net.TCPConn) error { return c.SetLinger(0) },
	} {
		here, peer := pair(t)
		require.False(t, here.left(), name)
		require.NoError(t, leave(peer))
		if name == "reset" {
			require.NoError(t, peer.Close())
		}
		require.Eventually(t, here.left, 10*time.Second, time.Millisecond, name)
	}
	here, _ := pair(t)
	require.NoError(t, here.Close())
	require.True(t, here.left(), "closed on this side")
	require.False(t, (&wire{Conn: readConn{}}).left(), "not a TCP connection")
}

func TestWireTakesNothingByLooking(t *testing.T) {
	t.Parallel()
	here, peer := pair(t)
	_, err := peer.Write([]byte("more"))
	require.NoError(t, err)
	text := make([]byte, 4)
	_, err = here.Read(text[:1])
	require.NoError(t, err)
	require.False(t, here.left())
	_, err = here.Read(text[1:])
	require.NoError(t, err)
	require.Equal(t, "more", string(text))
	require.False(t, here.left())
}
