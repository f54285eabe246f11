package main

import (
	"fmt"
	"net"
	"testing"
	"time"

	"github.com/fasthttp/websocket"
	"github.com/stretchr/testify/require"

	"spool/schema"
)

// slowly is a connection whose program reads at most bytes a tick, and never stops reading.
type slowly struct {
	net.Conn
	bytes int
	tick  *time.Ticker
}

func (s slowly) Read(p []byte) (int, error) {
	<-s.tick.C
	return s.Conn.Read(p[:min(len(p), s.bytes)])
}

// dialSlowly connects with a small receive buffer and reads about 2 MB each second.
func (s *server) dialSlowly(t *testing.T) *socket {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	t.Cleanup(tick.Stop)
	dialer := websocket.Dialer{NetDial: func(network, address string) (net.Conn, error) {
		conn, err := net.Dial(network, address)
		if err != nil {
			return nil, err
		}
		err = conn.(*net.TCPConn).SetReadBuffer(64 << 10)
		return slowly{conn, 20 << 10, tick}, err
	}}
	conn, _, err := dialer.Dial("ws://"+s.addr+"/ws/claude", nil)
	require.NoError(t, err)
	t.Cleanup(func() { conn.Close() })
	return &socket{conn, t}
}

// What a slow client has not read yet stands before every ping: it answers late, and must
// neither be taken for gone nor lose the end.
func TestN03SlowClientThatReadsGetsEverything(t *testing.T) {
	t.Parallel()
	s := startServer(t, "--ping-interval=1s", "--stall-timeout=2s")
	c := s.dialSlowly(t)
	require.Equal(t, schema.InfoFrame, c.next())
	const lines = 30_000
	c.prompt(script(fmt.Sprintf(`seq -f '%%0100g' 1 %d`, lines)))
	c.next() // the run frame
	start := time.Now()
	e := c.rest()
	requireEnd(t, e, "")
	require.Len(t, e.lines, lines)
	require.Equal(t, fmt.Sprintf("%0100d", lines), e.lines[lines-1])
	require.Greater(t, time.Since(start), 3*time.Second, "slower than two ping intervals, or this tests nothing")
}

func TestN03ClientThatTakesNothingIsCut(t *testing.T) {
	t.Parallel()
	s := startServer(t, "--stall-timeout=1s")
	s.begin(t, script(`while :; do head -c 1000000 /dev/zero | tr '\0' x; echo; sleep 0.02; done`))
	require.Eventually(t, func() bool { return s.health(t).Sockets.Open == 0 }, patience, 20*time.Millisecond)
	s.awaitNoSurvivors(t, patience)
	s.awaitLogged(t, "code=SLOW_CLIENT", 1)
	require.Less(t, s.rss(t), int64(512<<20), "the file is the buffer, not memory")
}
