package main

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"spool/schema"
)

// everyRoute returns the request lines of every route without a Host, the upgrade included.
func everyRoute() (all [][]string) {
	for _, path := range append(routes, "/ws-demo.js?x=1", "/WS/claude", "/../etc/passwd", "/%2e%2e/etc/passwd") {
		for _, method := range []string{"GET", "HEAD", "POST"} {
			all = append(all, []string{method + " " + path + " HTTP/1.1", "Content-Length: 0"})
		}
	}
	return append(all, upgradeLines("/ws/claude"))
}

// requireNoHost sends every route's request with header lines in the place of a Host. None
// may be answered.
func (s *server) requireNoHost(t *testing.T, lines ...string) {
	t.Helper()
	for _, request := range everyRoute() {
		got := s.request(t, append(request, lines...)...)
		require.Contains(t, []int{http.StatusBadRequest, http.StatusForbidden}, got.status, "%q %q", request[0], lines)
		if !strings.HasPrefix(request[0], "HEAD") {
			require.Contains(t, []schema.Code{schema.BadRequest, schema.ForbiddenHost}, got.err.Code, got.body)
		}
	}
}

func TestA02HostsOfOthersAreRefusedOnEveryRoute(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	port := s.addr[strings.LastIndex(s.addr, ":"):]
	for _, host := range []string{
		"evil.example", "127.evil.com", "localhost.", "127.0.0.1@evil", "evil@127.0.0.1",
		"evil.example" + port, "127.evil.com" + port, "localhost." + port, "127.0.0.1@evil" + port, "evil@127.0.0.1" + port, "127.0.0.1" + port + "@evil",
		"127.0.0.1:", "localhost:", "[::1]:", "127.0.0.1:0", "localhost:65536", "localhost:0" + port[1:], "127.0.0.1" + port + ":80",
		"127.1" + port, "2130706433" + port, "0x7f000001" + port, "0.0.0.0" + port, "127.0.0.2" + port, "[::]" + port, "::1" + port, "[::ffff:127.0.0.1]" + port,
		"localhost.evil.example" + port, "127.0.0.1.evil.example" + port, "localhost" + port + ".evil.example",
		"localhost" + port + ",evil.example", "localhost" + port + " evil.example", "localhost" + port + "/", "localhost" + port + "#", "http://localhost" + port,
		"", port, "*", "xn--localhost" + port,
	} {
		s.requireNoHost(t, "Host: "+host)
	}
	s.awaitIdle(t)
}

func TestA02RequestsWithOtherThanOneHostAreRefused(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	own := "Host: " + s.addr
	s.requireNoHost(t)
	s.requireNoHost(t, own, "Host: evil.example")
	s.requireNoHost(t, "Host: evil.example", own)
	s.requireNoHost(t, own, own)
	s.requireNoHost(t, own, "host: evil.example")
	s.requireNoHost(t, own, "Host : evil.example")
	s.requireNoHost(t, " "+own)
	s.requireNoHost(t, "Host:\r\n evil.example")
	s.requireNoHost(t, own+"\r\n .evil.example")
	got := s.request(t, "GET / HTTP/1.0")
	require.Contains(t, []int{http.StatusBadRequest, http.StatusForbidden}, got.status)
}

func TestA02NamesInOtherPlacesAreNoHost(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	own := "Host: " + s.addr
	for _, header := range []string{"X-Forwarded-Host", "X-Host", "X-Original-Host", "X-Forwarded-Server", "X-HTTP-Host-Override"} {
		s.requireNoHost(t, "Host: evil.example", header+": "+s.addr)
	}
	s.requireNoHost(t, "Host: evil.example", "Forwarded: host="+s.addr)
	s.requireNoHost(t, own, "X-Forwarded-Host: evil.example")
	s.requireNoHost(t, own, "X-Forwarded-Host: "+s.addr+", evil.example")
	s.requireNoHost(t, own, "X-Forwarded-Host: "+s.addr, "X-Forwarded-Host: evil.example")
	for _, path := range routes {
		for _, target := range []string{"http://evil.example" + path, "http://" + s.addr + path, "https://127.0.0.1@evil" + path, "evil.example" + path} {
			for _, host := range []string{s.addr, "evil.example"} {
				got := s.request(t, "GET "+target+" HTTP/1.1", "Host: "+host)
				require.Contains(t, []int{http.StatusBadRequest, http.StatusForbidden}, got.status, "%s as %s", target, host)
			}
		}
	}
}

func TestA02OwnNamesAreServedOnEveryRoute(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	port := s.addr[strings.LastIndex(s.addr, ":"):]
	want := map[string]int{
		"/favicon.ico": http.StatusNoContent, "/ws/claude": http.StatusUpgradeRequired, "/webchat/history": http.StatusUnauthorized, "/nowhere": http.StatusNotFound,
	}
	for _, name := range []string{"localhost", "127.0.0.1", "[::1]", "LOCALHOST"} {
		for _, path := range routes {
			status := http.StatusOK
			if other, ok := want[path]; ok {
				status = other
			}
			got := s.request(t, "GET "+path+" HTTP/1.1", "Host: "+name+port)
			require.Equal(t, status, got.status, "%s on %s", path, name)
			got = s.request(t, "GET "+path+" HTTP/1.1", "Host: "+name+port, "X-Forwarded-Host: "+name+port)
			require.Equal(t, status, got.status, "%s on %s", path, name)
		}
		got := s.request(t, append(upgradeLines("/ws/claude"), "Host: "+name+port)...)
		require.Equal(t, http.StatusSwitchingProtocols, got.status)
	}
}

// Names of the loopback address are right with any port: that is what a browser at the other end
// of a tunnel sends. What else such a request must have is told by the tests of tunnels.
func TestA02OwnNamesAreServedWithThePortOfATunnel(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	for _, host := range []string{"127.0.0.1", "localhost", "[::1]", "127.0.0.1:1", "LOCALHOST:1", "[::1]:65535"} {
		require.Equal(t, http.StatusOK, s.request(t, "GET /api/health HTTP/1.1", "Host: "+host).status, host)
		require.Equal(t, http.StatusSwitchingProtocols, s.request(t, append(upgradeLines("/ws/claude"), "Host: "+host)...).status, host)
	}
}

func TestA02MoreHostsCanBeAllowed(t *testing.T) {
	t.Parallel()
	s := startServer(t, "--allow-host=spool.example", "--allow-host=other.example:8443")
	for host, status := range map[string]int{
		"spool.example": http.StatusOK, "SPOOL.example:443": http.StatusOK, "other.example:8443": http.StatusOK, s.addr: http.StatusOK,
		"other.example": http.StatusForbidden, "other.example:8444": http.StatusForbidden, "a.spool.example": http.StatusForbidden,
		"spool.example.evil.example": http.StatusForbidden, "spool.example.": http.StatusForbidden, "evil.example": http.StatusForbidden,
	} {
		require.Equal(t, status, s.request(t, "GET / HTTP/1.1", "Host: "+host).status, host)
		require.Equal(t, status, s.request(t, "GET / HTTP/1.1", "Host: "+s.addr, "X-Forwarded-Host: "+host).status, host)
	}
}
