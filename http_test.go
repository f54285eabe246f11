package main

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"spool/schema"
)

// safe are the headers of every answer: what a browser may do with it.
var safe = map[string]string{
	"Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; " +
		"frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
	"X-Content-Type-Options":       "nosniff",
	"X-Frame-Options":              "DENY",
	"Referrer-Policy":              "no-referrer",
	"Cross-Origin-Opener-Policy":   "same-origin",
	"Cross-Origin-Resource-Policy": "same-origin",
}

func requireSafe(t *testing.T, a answer, what string) {
	t.Helper()
	for name, value := range safe {
		require.Equal(t, []string{value}, a.header.Values(name), "%s: %s", what, name)
	}
	require.Empty(t, a.header.Get("Access-Control-Allow-Origin"), what)
	require.Empty(t, a.header.Get("Server"), what)
}

func TestW02EveryAnswerHasTheSecurityHeaders(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	for _, path := range append(routes, "/ws-demo.html", "/%00", "/%zz", "/../x") {
		for _, method := range []string{"GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "BREW"} {
			got := s.request(t, method+" "+path+" HTTP/1.1", "Host: "+s.addr, "Content-Length: 0")
			requireSafe(t, got, method+" "+path)
			require.Less(t, got.status, http.StatusInternalServerError, "%s %s: %s", method, path, got.body)
		}
	}
	for status, lines := range map[int][]string{
		http.StatusSwitchingProtocols:          append(upgradeLines("/ws/claude"), "Host: "+s.addr),
		http.StatusForbidden:                   {"GET / HTTP/1.1", "Host: evil.example"},
		http.StatusRequestHeaderFieldsTooLarge: s.getLines("/", "X-Long: "+strings.Repeat("x", 17<<10)),
		http.StatusRequestEntityTooLarge:       {"POST / HTTP/1.1", "Host: " + s.addr, "Content-Length: 1000000"},
		http.StatusBadRequest:                  {"GET / HTTP/1.1", "Host: " + s.addr, "Host: " + s.addr},
		http.StatusUpgradeRequired:             s.getLines("/ws/claude"),
		http.StatusNotFound:                    s.getLines("/nowhere"),
		http.StatusMethodNotAllowed:            {"POST / HTTP/1.1", "Host: " + s.addr, "Content-Length: 0"},
	} {
		got := s.request(t, lines...)
		require.Equal(t, status, got.status, "%.80q: %s", lines, got.body)
		requireSafe(t, got, lines[0])
	}
}

func TestHTTPErrorsAreJSON(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	for _, path := range []string{"/nowhere", "/api", "/api/nothing", "/ws/nothing", "/webchat/nothing", "/ws-demo.html", "/.git/config", "/api/health/x", "/demo/agent"} {
		for _, method := range []string{"GET", "POST", "DELETE"} {
			got := s.request(t, method+" "+path+" HTTP/1.1", "Host: "+s.addr, "Content-Length: 0")
			requireError(t, got, http.StatusNotFound, schema.NotFound)
			require.NotContains(t, got.body, path, "it must not be reflected")
		}
	}
	for _, path := range routes[:len(routes)-1] {
		for _, method := range []string{"POST", "PUT", "DELETE", "PATCH"} {
			got := s.request(t, method+" "+path+" HTTP/1.1", "Host: "+s.addr, "Content-Length: 0")
			requireError(t, got, http.StatusMethodNotAllowed, schema.MethodNotAllowed)
			require.Contains(t, got.header.Get("Allow"), "GET")
		}
	}
	requireError(t, s.request(t, s.getLines("/", "X-Long: "+strings.Repeat("x", 17<<10))...),
		http.StatusRequestHeaderFieldsTooLarge, schema.BadRequest)
	requireError(t, s.request(t, "POST / HTTP/1.1", "Host: "+s.addr, "Content-Length: 1000000"),
		http.StatusRequestEntityTooLarge, schema.TooLarge)
}

// Two readers of one request must not see two requests in it.
func TestHTTPAmbiguousFramingIsRefused(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	own := "Host: " + s.addr
	for name, lines := range map[string][]string{
		"two lengths":         {"POST / HTTP/1.1", own, "Content-Length: 0", "Content-Length: 5"},
		"two encodings":       {"POST / HTTP/1.1", own, "Transfer-Encoding: chunked", "Transfer-Encoding: identity"},
		"negative length":     {"POST / HTTP/1.1", own, "Content-Length: -1"},
		"space before colon":  {"GET / HTTP/1.1", own, "X-A : b"},
		"a line with no name": {"GET / HTTP/1.1", own, "nonsense"},
		"no version":          {"GET /", own},
		"NUL in a header":     {"GET / HTTP/1.1", own, "X-A: a\x00b"},
	} {
		got := s.request(t, lines...)
		require.Equal(t, http.StatusBadRequest, got.status, "%s: %s", name, got.body)
	}
}

// A proxy may believe the length where this server believes the chunks: what follows is
// nobody's request.
func TestHTTPNothingIsReadBehindChunks(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	for _, length := range []string{"", "Content-Length: 5\r\n", "Connection: keep-alive\r\n"} {
		conn, err := net.Dial("tcp", s.addr)
		require.NoError(t, err)
		defer conn.Close()
		require.NoError(t, conn.SetDeadline(time.Now().Add(patience)))
		_, err = io.WriteString(conn, "POST / HTTP/1.1\r\nHost: "+s.addr+"\r\n"+length+"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"+
			"GET /livez HTTP/1.1\r\nHost: "+s.addr+"\r\n\r\n")
		require.NoError(t, err)
		all, err := io.ReadAll(conn)
		require.NoError(t, err)
		require.Equal(t, 1, strings.Count(string(all), "HTTP/1.1 "), "%s", all)
	}
}

func TestHandshakesThatAreNoneAreRefused(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	good := append(upgradeLines("/ws/claude"), "Host: "+s.addr)
	for i, line := range good[1:5] {
		lines := append(append([]string{}, good[:i+1]...), good[i+2:]...)
		got := s.request(t, lines...)
		require.Contains(t, []int{http.StatusBadRequest, http.StatusUpgradeRequired}, got.status, "without %s", line)
		require.NotEmpty(t, got.err.Code, got.body)
		requireSafe(t, got, "without "+line)
	}
	old := s.request(t, append(append([]string{}, good[:3]...), "Sec-WebSocket-Version: 8", good[4], good[5])...)
	requireError(t, old, http.StatusUpgradeRequired, schema.UpgradeRequired)
	requireSafe(t, old, "an old version")
	require.Equal(t, "13", old.header.Get("Sec-Websocket-Version"))
	s.awaitIdle(t)
}

// Slow headers hold a connection, each. Half a header is cut within ten seconds, whether or
// not a byte comes now and then.
func TestHTTPSlowHeadersAreCut(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	for name, drip := range map[string]string{"silent": "", "dripping": "x"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conn, err := net.Dial("tcp", s.addr)
			require.NoError(t, err)
			defer conn.Close()
			_, err = io.WriteString(conn, "GET / HTTP/1.1\r\nHost: "+s.addr+"\r\nX-Slow: ")
			require.NoError(t, err)
			start, done := time.Now(), make(chan struct{})
			defer func() { <-done }()
			go dripInto(conn, drip, done)
			require.NoError(t, conn.SetReadDeadline(time.Now().Add(patience)))
			_, _ = io.Copy(io.Discard, bufio.NewReader(conn))
			conn.Close()
			require.Less(t, time.Since(start), 10*time.Second)
		})
	}
}

// dripInto writes now and then until it fails.
func dripInto(conn net.Conn, drip string, done chan<- struct{}) {
	defer close(done)
	tick := time.NewTicker(300 * time.Millisecond)
	defer tick.Stop()
	for range 50 {
		if _, err := io.WriteString(conn, drip); err != nil || drip == "" {
			return
		}
		<-tick.C
	}
}
