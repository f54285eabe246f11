package main

import (
	"bufio"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"spool/schema"
)

// answer is what a request has got.
type answer struct {
	status int
	header http.Header
	body   string
	err    schema.Error // in the body, if there is one
}

// request sends header lines as they are, the request line first, and reads the answer.
func (s *server) request(t testing.TB, lines ...string) answer {
	t.Helper()
	conn, err := net.Dial("tcp", s.addr)
	require.NoError(t, err)
	defer conn.Close()
	require.NoError(t, conn.SetDeadline(time.Now().Add(patience)))
	_, err = io.WriteString(conn, strings.Join(lines, "\r\n")+"\r\n\r\n")
	require.NoError(t, err)
	return readAnswer(t, bufio.NewReader(conn), strings.HasPrefix(lines[0], "HEAD"))
}

// readAnswer reads an answer, with a body unless it is one to HEAD.
func readAnswer(t testing.TB, in *bufio.Reader, head bool) answer {
	t.Helper()
	request := &http.Request{Method: http.MethodGet}
	if head {
		request.Method = http.MethodHead
	}
	got, err := http.ReadResponse(in, request)
	require.NoError(t, err)
	defer got.Body.Close()
	if got.StatusCode == http.StatusSwitchingProtocols {
		return answer{status: got.StatusCode, header: got.Header}
	}
	body, err := io.ReadAll(got.Body)
	require.NoError(t, err)
	a := answer{status: got.StatusCode, header: got.Header, body: string(body)}
	_ = json.Unmarshal(body, &a.err)
	return a
}

// requireError checks an answer that is an error.
func requireError(t testing.TB, a answer, status int, code schema.Code) {
	t.Helper()
	require.Equal(t, status, a.status, a.body)
	require.Equal(t, code, a.err.Code, a.body)
	require.NotEmpty(t, a.err.Text)
	require.Equal(t, "application/json; charset=utf-8", a.header.Get("Content-Type"))
}

// routes are all paths that the server answers with a GET, and one that it does not know.
var routes = []string{
	"/", "/index.html", "/webchat", "/webchat/", "/bundle.js", "/styles.css", "/icon.svg", "/demo", "/ws-demo.js", "/ws-demo.css", "/favicon.ico", "/api/health", "/api/openapi.json", "/api/asyncapi.json",
	"/webchat/info", "/webchat/history", "/livez", "/readyz", "/ws/claude", "/nowhere",
}

// getLines returns the lines of a request for a path under the server's own name, more lines
// besides.
func (s *server) getLines(path string, lines ...string) []string {
	return append([]string{"GET " + path + " HTTP/1.1", "Host: " + s.addr}, lines...)
}

// upgradeLines returns the lines of a request for an upgrade, but for the Host.
func upgradeLines(path string) []string {
	return []string{
		"GET " + path + " HTTP/1.1", "Connection: Upgrade", "Upgrade: websocket",
		"Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
	}
}
