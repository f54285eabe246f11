package handler

import (
	"bytes"
	"io"
	"net"
	"testing"

	"github.com/stretchr/testify/require"
)

// readConn is a connection that brings some bytes, at most step at once.
type readConn struct {
	net.Conn
	in   *bytes.Reader
	step int
}

func (c readConn) Read(p []byte) (int, error) { return c.in.Read(p[:min(len(p), c.step)]) }

func TestWireTellsHalfACloseCode(t *testing.T) {
	t.Parallel()
	mask := "\xa1\xb2\xc3\xd4"
	for in, want := range map[string]bool{
		"":                                     false,
		"\x88\x80" + mask:                      false,
		"\x88\x81" + mask + "x":                true,
		"\x88\x82" + mask + "xy":               false,
		"\x81\x81" + mask + "x":                false,
		"\x88\x81" + mask[:3]:                  false,
		"some text\x88\x81" + mask + "x":       true,
		"some text\x88\x80" + mask:             false,
		"\x88\x88\x80" + mask:                  false,
		"\x81\x81" + mask + "x\x88\x80" + mask: false,
		"\x88\x81\x88\x81\x88\x81\x88":         true,
	} {
		for step := 1; step <= 10; step++ {
			w := &wire{Conn: readConn{in: bytes.NewReader([]byte(in)), step: step}}
			got, err := io.ReadAll(w)
			require.NoError(t, err)
			require.Equal(t, in, string(got))
			require.Equal(t, want, w.endsInHalfCode(), "%q in steps of %d", in, step)
		}
	}
}

func TestWireIsFoundUnderTheServersOwnConnection(t *testing.T) {
	t.Parallel()
	w := &wire{}
	require.Same(t, w, wireOf(w))
	require.Same(t, w, wireOf(hijacked{w}))
	require.Nil(t, wireOf(readConn{}))
	require.Nil(t, wireOf(hijacked{readConn{}}))
	require.Nil(t, wireOf(nil))
}

// hijacked is a connection as the HTTP server hands it out.
type hijacked struct{ net.Conn }

func (h hijacked) UnsafeConn() net.Conn { return h.Conn }
