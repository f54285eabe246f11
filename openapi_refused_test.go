package main

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/stretchr/testify/require"

	"spool/schema"
)

// raw sends header lines as they are, and checks the answer.
func (c *contract) raw(s *server, lines ...string) exchange {
	c.t.Helper()
	request := strings.Fields(lines[0])
	a := s.request(c.t, lines...)
	x := exchange{method: request[0], path: request[1], header: http.Header{}, status: a.status, answered: a.header, answer: a.body}
	c.check(x)
	return x
}

// handshake asks for a WebSocket.
func (c *contract) handshake(s *server, path string, lines ...string) exchange {
	c.t.Helper()
	return c.raw(s, append(append(upgradeLines(path), "Host: "+s.addr), lines...)...)
}

func (c *contract) askForSockets(s *server) {
	r := c.ask(s, http.MethodPost, "/api/runs?wait=true", payload("hi")).run(c.t)
	for _, path := range []string{"/ws/claude", "/ws/runs/" + r.ID} {
		require.Equal(c.t, http.StatusUpgradeRequired, c.ask(s, http.MethodGet, path, "").status)
		plain, chosen := c.handshake(s, path), c.handshake(s, path, "Sec-WebSocket-Protocol: other, "+schema.Subprotocol)
		require.Equal(c.t, []int{http.StatusSwitchingProtocols, http.StatusSwitchingProtocols}, []int{plain.status, chosen.status})
		require.Empty(c.t, plain.answered.Get("Sec-WebSocket-Protocol"))
		require.Equal(c.t, schema.Subprotocol, chosen.answered.Get("Sec-WebSocket-Protocol"))
	}
	require.Equal(c.t, http.StatusNotFound, c.handshake(s, "/ws/runs/"+nobody).status)
	require.Equal(c.t, http.StatusUpgradeRequired, c.ask(s, http.MethodGet, "/ws", "").status)
	chosen := c.handshake(s, "/ws", "Sec-WebSocket-Protocol: "+schema.Subprotocol)
	require.Equal(c.t, http.StatusSwitchingProtocols, chosen.status)
	require.Empty(c.t, chosen.answered.Get("Sec-WebSocket-Protocol"), "its frames have their own envelopes")
}

// refuseEverywhere sends, to every route, what no route takes.
func (c *contract) refuseEverywhere(s *server) {
	host, late := "Host: "+s.addr, []func(){}
	for path, item := range c.doc.Paths.Map() {
		for method := range item.Operations() {
			line := method + " " + strings.NewReplacer("{run}", nobody, "{chat}", unknown, "{approval}", gone, "{name}", "nothing.js").Replace(path) + " HTTP/1.1"
			for status, lines := range map[int][]string{
				http.StatusBadRequest:                  {line, host, host},
				http.StatusForbidden:                   {line, "Host: evil.example"},
				http.StatusRequestEntityTooLarge:       {line, host, "Content-Length: 1048577"},
				http.StatusRequestHeaderFieldsTooLarge: {line, host, "X-Long: " + strings.Repeat("x", 17<<10)},
			} {
				require.Equal(c.t, status, c.raw(s, lines...).status, "%.60q", lines)
			}
			require.Equal(c.t, http.StatusForbidden, c.raw(s, line, host, "Origin: http://evil.example").status, line)
			late = append(late, c.startLate(s, line))
		}
	}
	for _, finish := range late {
		finish()
	}
}

// startLate begins a request that never arrives as a whole. What it returns checks the answer
// to that, which takes the server its time.
func (c *contract) startLate(s *server, line string) (finish func()) {
	conn, err := net.Dial("tcp", s.addr)
	require.NoError(c.t, err)
	require.NoError(c.t, conn.SetDeadline(time.Now().Add(patience)))
	_, err = io.WriteString(conn, line+"\r\nHost: "+s.addr+"\r\nX-Late: ")
	require.NoError(c.t, err)
	return func() {
		defer conn.Close()
		a, request := readAnswer(c.t, bufio.NewReader(conn), false), strings.Fields(line)
		require.Equal(c.t, http.StatusRequestTimeout, a.status, a.body)
		c.check(exchange{method: request[0], path: request[1], header: http.Header{}, status: a.status, answered: a.header, answer: a.body})
	}
}
