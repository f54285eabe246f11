package main

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"spool/schema"
)

// unknownIDs are ids of no run, as they stand in a path: well-formed, ill-formed, and such as
// would lead elsewhere if they became a path.
var unknownIDs = []string{
	"run_" + strings.Repeat("a", 26), "run_" + strings.Repeat("A", 26), "run_" + strings.Repeat("a", 25), "run_" + strings.Repeat("a", 27), "run_" + strings.Repeat("1", 26),
	"RUN_" + strings.Repeat("a", 26), "x", "-p", "--version", "-", "*", "%2a", "run_%", "%25", ".", "..", "%2e", "%2e%2e", "%252e%252e", "..%2f", "..%2fx", "..%2f..%2fetc%2fpasswd", "%2fetc",
	"%2fetc%2fpasswd", "..%5cx", "a%00b", "%00", "a%0ab", "%0d%0aX-A:b", "run_" + strings.Repeat("a", 26) + "%00", "run_" + strings.Repeat("a", 26) + "%0a", "LOCK", "spool.db",
	strings.Repeat("x", 300), strings.Repeat("%2e", 300), "%ff%fe", "%c0%ae%c0%ae", "run_%EF%BC%A1" + strings.Repeat("a", 25), "%27%20OR%201=1--", "null", "0",
}

// runDoors are the ways to a run, as methods and paths with its id in the place of ID.
var runDoors = []string{
	"GET /api/runs/ID", "GET /api/runs/ID/lines", "GET /api/runs/ID/lines?from=3", "POST /api/runs/ID/abort", "UPGRADE /ws/runs/ID", "UPGRADE /ws/runs/ID?from=3",
}

// knock sends a request to one of these, with more header lines. An UPGRADE is a GET that asks
// for one.
func (s *server) knock(t testing.TB, door, id string, lines ...string) answer {
	t.Helper()
	door = strings.Replace(door, "ID", id, 1)
	if path, ok := strings.CutPrefix(door, "UPGRADE "); ok {
		return s.request(t, append(upgradeLines(path), lines...)...)
	}
	return s.request(t, append([]string{door + " HTTP/1.1", "Content-Length: 0"}, lines...)...)
}

func TestA11IdsOfNoRunAreAllAlike(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	own := "Host: " + s.addr
	s.awaitEnd(t, s.start(t, "hi"), schema.Succeeded, "")
	want := s.knock(t, runDoors[0], unknownIDs[0], own)
	requireError(t, want, http.StatusNotFound, schema.NotFound)
	for _, id := range unknownIDs {
		for _, door := range runDoors {
			got := s.knock(t, door, id, own)
			require.Equal(t, http.StatusNotFound, got.status, "%s %s: %s", door, id, got.body)
			require.Equal(t, want.body, got.body, "%s %s", door, id)
		}
	}
	for _, id := range []string{"../x", "../../../etc/passwd", "/etc", "x/../../LOCK"} { // other paths
		for _, door := range runDoors {
			got := s.knock(t, door, id, own)
			require.Contains(t, []int{http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusUpgradeRequired}, got.status, "%s %s: %s", door, id, got.body)
			require.Contains(t, []schema.Code{schema.NotFound, schema.MethodNotAllowed, schema.UpgradeRequired}, got.err.Code)
		}
	}
	require.NotContains(t, s.log.String(), "level=ERROR")
}

// What stands in an id can also be given as an earlier run, or as the place in a list.
func TestA11IdsInOtherPlacesAreChecked(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	for _, escaped := range unknownIDs {
		id, err := url.PathUnescape(escaped)
		if err != nil {
			id = escaped
		}
		answer, text := s.do(t, http.MethodPost, "/api/runs", payloadWith("hi", "resume", strings.ToValidUTF8(id, "?")))
		requireRefusal(t, answer, text, http.StatusBadRequest, schema.InvalidOption)
		answer, text = s.do(t, http.MethodGet, "/api/runs?before="+url.QueryEscape(id), "")
		requireRefusal(t, answer, text, http.StatusBadRequest, schema.BadRequest)
	}
	s.requireNoRun(t)
}

func TestOtherMethodsOfTheDoorsOfRunsAreRefused(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	id := s.start(t, "hi")
	for path, allowed := range map[string]string{
		"/api/runs": "GET POST HEAD", "/api/runs/" + id: "GET HEAD", "/api/runs/" + id + "/lines": "GET HEAD", "/api/runs/" + id + "/abort": "POST", "/ws/runs/" + id: "GET HEAD",
	} {
		for _, method := range []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"} {
			if strings.Contains(allowed, method) {
				continue
			}
			got := s.request(t, method+" "+path+" HTTP/1.1", "Host: "+s.addr, "Content-Length: 0")
			require.Equal(t, http.StatusMethodNotAllowed, got.status, "%s %s: %s", method, path, got.body)
			for _, other := range strings.Fields(allowed) {
				require.Contains(t, got.header.Get("Allow"), other, "%s %s", method, path)
			}
			if method != "HEAD" {
				requireError(t, got, http.StatusMethodNotAllowed, schema.MethodNotAllowed)
			}
		}
	}
	s.awaitEnd(t, id, schema.Succeeded, "")
	for path, status := range map[string]int{
		"/api/runs": 200, "/api/runs/" + id: 200, "/api/runs/" + id + "/lines": 200, "/api/runs/" + unknownIDs[0] + "/lines": 404, "/ws/runs/" + id: 426,
	} {
		got := s.request(t, "HEAD "+path+" HTTP/1.1", "Host: "+s.addr)
		require.Equal(t, status, got.status, path)
		require.Empty(t, got.body)
	}
	requireError(t, s.request(t, s.getLines("/ws/runs/"+id)...), http.StatusUpgradeRequired, schema.UpgradeRequired)
}
