package main

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"spool/schema"
)

// everyRunDoor is the doors of runs with those that need no id.
var everyRunDoor = append([]string{"GET /api/runs", "GET /api/runs?state=running", "POST /api/runs", "POST /api/runs?wait=true"}, runDoors...)

func TestA01OriginsOfOthersReachNoRun(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	port, own := s.addr[strings.LastIndex(s.addr, ":"):], "Host: "+s.addr
	id := s.start(t, script("echo ready; sleep 600"))
	for _, origin := range []string{
		"http://evil.example", "null", "http://127.0.0.1.evil.example", "http://localhost.evil.example", "http://127.0.0.1:1", "http://localhost:1",
		"http://127.0.0.1.evil.example" + port, "http://localhost.evil.example" + port, "http://127.0.0.1" + port + ".evil.example", "",
	} {
		for _, door := range everyRunDoor {
			got := s.knock(t, door, id, own, "Origin: "+origin)
			requireError(t, got, http.StatusForbidden, schema.ForbiddenOrigin)
			require.NotContains(t, got.body, id)
			require.Empty(t, got.header.Get("Access-Control-Allow-Origin"))
		}
		// A preflight is not answered either: no page may send another content type.
		got := s.request(t, "OPTIONS /api/runs HTTP/1.1", own, "Origin: "+origin, "Access-Control-Request-Method: POST", "Content-Length: 0")
		requireError(t, got, http.StatusForbidden, schema.ForbiddenOrigin)
	}
	r := s.lookUp(t, id)
	require.False(t, r.State.Final(), "nobody has aborted it")
	require.Len(t, s.runs(t, "").Runs, 1)
}

func TestA01OwnOriginsAndProgramsReachRuns(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	port, own := s.addr[strings.LastIndex(s.addr, ":"):], "Host: "+s.addr
	id := s.start(t, "hi")
	s.awaitEnd(t, id, schema.Succeeded, "")
	for _, origin := range []string{"", "Origin: HTTP://LOCALHOST" + port, "Origin: http://127.0.0.1" + port, "Origin: http://" + s.addr} {
		lines := []string{own, origin}[:1+min(len(origin), 1)]
		for door, status := range map[string]int{
			"GET /api/runs": http.StatusOK, "POST /api/runs": http.StatusBadRequest, "GET /api/runs/ID": http.StatusOK, "GET /api/runs/ID/lines": http.StatusOK,
			"POST /api/runs/ID/abort": http.StatusAccepted, "UPGRADE /ws/runs/ID": http.StatusSwitchingProtocols,
		} {
			got := s.knock(t, door, id, lines...)
			require.Equal(t, status, got.status, "%s %s: %s", door, origin, got.body)
			requireSafe(t, got, door)
			require.Empty(t, got.header.Get("Access-Control-Allow-Origin"))
		}
	}
}

func TestA02HostsOfOthersReachNoRun(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	port := s.addr[strings.LastIndex(s.addr, ":"):]
	id := s.start(t, script("echo ready; sleep 600"))
	for _, lines := range [][]string{
		{"Host: evil.example" + port},
		{"Host: evil.example"},
		{"Host: 127.evil.com" + port},
		{"Host: 127.evil.com"},
		{"Host: localhost." + port},
		{"Host: localhost."},
		{"Host: 127.0.0.1@evil" + port},
		{"Host: 127.0.0.1@evil"},
		{},
		{"Host: " + s.addr, "Host: " + s.addr},
		{"Host: " + s.addr, "Host: evil.example"},
		{"Host: " + s.addr, "X-Forwarded-Host: evil.example"},
		{"Host: evil.example", "X-Forwarded-Host: " + s.addr},
	} {
		for _, door := range everyRunDoor {
			for _, run := range []string{id, unknownIDs[0]} {
				got := s.knock(t, door, run, lines...)
				require.Contains(t, []int{http.StatusBadRequest, http.StatusForbidden}, got.status, "%s %q", door, lines)
				require.NotContains(t, got.body, id)
			}
		}
	}
	for _, door := range everyRunDoor {
		method, path, _ := strings.Cut(door, " ")
		got := s.request(t, strings.Replace(method, "UPGRADE", "GET", 1)+" http://"+s.addr+strings.Replace(path, "ID", id, 1)+" HTTP/1.1", "Host: evil.example", "Content-Length: 0")
		require.Contains(t, []int{http.StatusBadRequest, http.StatusForbidden}, got.status, door)
	}
	require.False(t, s.lookUp(t, id).State.Final(), "nobody has aborted it")
	require.Len(t, s.runs(t, "").Runs, 1)
	for _, name := range []string{"localhost", "127.0.0.1", "[::1]"} {
		for _, door := range []string{"GET /api/runs", "GET /api/runs/ID", "POST /api/runs/ID/abort"} {
			require.Less(t, s.knock(t, door, id, "Host: "+name+port).status, http.StatusBadRequest, "%s %s", name, door)
		}
	}
	s.awaitEnd(t, id, schema.Aborted, schema.RunAborted)
}
