package main

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"spool/schema"
)

// requireOrigin sends a request for each way in, with the header lines of an origin, and
// checks that it is answered, or refused before anything is done.
func (s *server) requireOrigin(t *testing.T, allowed bool, lines ...string) {
	t.Helper()
	upgrade := s.request(t, append(append(upgradeLines("/ws/claude"), "Host: "+s.addr), lines...)...)
	health := s.request(t, s.getLines("/api/health", lines...)...)
	if allowed {
		require.Equal(t, http.StatusSwitchingProtocols, upgrade.status, "%q", lines)
		require.Equal(t, http.StatusOK, health.status, "%q", lines)
		return
	}
	for _, got := range []answer{upgrade, health} {
		requireError(t, got, http.StatusForbidden, schema.ForbiddenOrigin)
		require.Empty(t, got.header.Get("Access-Control-Allow-Origin"))
	}
}

func TestA01OriginsOfOthersAreRefusedBeforeTheUpgrade(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	port := s.addr[strings.LastIndex(s.addr, ":"):]
	for _, origin := range []string{
		"http://evil.example", "null", "http://127.0.0.1.evil.example", "http://localhost.evil.example",
		"http://127.0.0.1:1", "http://localhost:1", "http://[::1]:1", "http://127.0.0.1", "http://localhost",
		"http://evil.example" + port, "http://127.0.0.1.evil.example" + port, "http://localhost.evil.example" + port, "http://localhost." + port,
		"http://127.0.0.1" + port + ".evil.example", "http://127.0.0.1" + port + "@evil.example", "http://evil.example@127.0.0.1" + port,
		"http://127.0.0.1" + port + "/", "http://127.0.0.1" + port + "#", "http://127.0.0.1" + port + "?", "127.0.0.1" + port, "//127.0.0.1" + port,
		"ws://127.0.0.1" + port, "file://", "file://127.0.0.1" + port, "chrome-extension://abcdefghijklmnop", "http://", "", "*",
		"http://127.1" + port, "http://2130706433" + port, "http://0.0.0.0" + port, "http://127.0.0.2" + port,
		"http://127.0.0.1" + port + " http://evil.example", "http://127.0.0.1" + port + ",http://evil.example",
	} {
		s.requireOrigin(t, false, "Origin: "+origin)
	}
	own := "Origin: http://" + s.addr
	s.requireOrigin(t, false, own, "Origin: http://evil.example")
	s.requireOrigin(t, false, "Origin: http://evil.example", own)
	s.requireOrigin(t, false, own, own)
	s.awaitIdle(t)
	s.requireNoRun(t)
}

func TestA01TheServersOwnPagesAndProgramsAreAllowed(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	port := s.addr[strings.LastIndex(s.addr, ":"):]
	s.requireOrigin(t, true) // no browser: wscat, scripts
	for _, origin := range []string{
		"http://127.0.0.1" + port, "http://localhost" + port, "http://[::1]" + port,
		"HTTP://LOCALHOST" + port, "http://LocalHost" + port,
	} {
		s.requireOrigin(t, true, "Origin: "+origin)
	}
}

func TestA01MoreOriginsCanBeAllowed(t *testing.T) {
	t.Parallel()
	s := startServer(t, "--allow-origin=https://app.example", "--allow-origin=http://localhost:5173")
	for origin, allowed := range map[string]bool{
		"https://app.example": true, "HTTPS://APP.EXAMPLE": true, "http://localhost:5173": true, "http://" + s.addr: true,
		"http://app.example": false, "https://app.example:8443": false, "https://app.example.evil.example": false,
		"https://sub.app.example": false, "http://localhost:5174": false, "https://evil.example": false, "null": false,
	} {
		s.requireOrigin(t, allowed, "Origin: "+origin)
	}
}
