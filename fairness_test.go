package main

import (
	"net"
	"net/http"
	"testing"

	"github.com/fasthttp/websocket"
	"github.com/stretchr/testify/require"

	"spool/schema"
)

// neighbour connects from another address of this machine: for the server it is another client.
var neighbour = net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 2)}}

// beginAsNeighbour is begin for another client.
func (s *server) beginAsNeighbour(t *testing.T, prompt string) (*socket, string) {
	t.Helper()
	conn, err := s.tryDial(&websocket.Dialer{NetDialContext: neighbour.DialContext}, "/ws/claude")
	require.NoError(t, err)
	t.Cleanup(func() { conn.Close() })
	c := &socket{conn, t}
	require.Equal(t, schema.InfoFrame, c.next())
	c.prompt(prompt)
	return c, decodeTold([]byte(c.next())).Run
}

// TestL03OneClientHoldsNoOtherUp has one client with 200 runs, and another one with a single
// one, which must begin within the next two places that become free.
func TestL03OneClientHoldsNoOtherUp(t *testing.T) {
	t.Parallel()
	s := startServer(t, "--max-runs=2", "--max-queue=300", "--stop-grace=1s", worker(t))
	var many []*socket
	for i := range 200 {
		c, _ := s.begin(t, "stay")
		if i < 2 {
			require.Equal(t, "ready", c.next())
		} else {
			require.Equal(t, queued(i-1), c.next())
		}
		many = append(many, c)
	}
	one, _ := s.beginAsNeighbour(t, "stay")
	require.Equal(t, queued(2), one.next())
	require.Equal(t, queued(3), many[3].next(), "who is overtaken is told")

	require.NoError(t, many[0].Close())
	require.Equal(t, "ready", many[2].next(), "the first place is for who came first")
	require.Equal(t, queued(1), one.next())
	require.NoError(t, many[1].Close())
	require.Equal(t, "ready", one.next(), "the second one is the other client's")
	require.Equal(t, queued(2), many[3].next())
	require.Equal(t, queued(1), many[3].next())
	require.Equal(t, 197, s.health(t).Runs.Queued)
}

// The doors have one queue: what is posted takes its turn with what comes on a socket.
func TestL03PostsAndSocketsTakeTurns(t *testing.T) {
	t.Parallel()
	s := startServer(t, "--max-runs=1", "--max-queue=10", "--stop-grace=1s", worker(t))
	first := s.start(t, "stay")
	posted := []string{s.start(t, "stay"), s.start(t, "stay"), s.start(t, "stay")}
	other, otherID := s.beginAsNeighbour(t, "stay")
	require.Equal(t, queued(2), other.next())
	client := &http.Client{Transport: &http.Transport{DialContext: neighbour.DialContext, DisableKeepAlives: true}}
	st, err := s.openStream(client, http.MethodPost, "/api/runs", payload("stay"), "Accept: "+acceptNDJSON)
	require.NoError(t, err)
	defer st.close()
	x, err := st.next()
	require.NoError(t, err)
	for i, id := range []string{first, posted[0], otherID, posted[1], x.Run, posted[2]} {
		r := s.awaitRun(t, id, func(r schema.Run) bool { return r.State == schema.Running })
		require.Zero(t, r.Position)
		require.Equal(t, 5-i, s.health(t).Runs.Queued)
		s.abort(t, id)
		s.awaitEnd(t, id, schema.Aborted, schema.RunAborted)
	}
}
