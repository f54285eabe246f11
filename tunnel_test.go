package main

import (
	"encoding/json"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"spool/schema"
)

// tunnel returns the server as it is at the end of an SSH tunnel: at a port that leads to its own.
func (s *server) tunnel(t *testing.T) *server {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	var open sync.WaitGroup
	open.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			open.Go(func() { forward(conn, s.addr) })
		}
	})
	t.Cleanup(func() { listener.Close(); http.DefaultClient.CloseIdleConnections(); open.Wait() })
	far := server{dir: s.dir, records: s.records, command: s.command, log: s.log, exited: s.exited}
	far.addr = listener.Addr().String()
	far.url = "http://" + far.addr
	return &far
}

// forward carries bytes both ways until both are closed.
func forward(conn net.Conn, addr string) {
	defer conn.Close()
	far, err := net.Dial("tcp", addr)
	if err != nil {
		return
	}
	defer far.Close()
	var back sync.WaitGroup
	back.Go(func() { _, _ = io.Copy(conn, far); conn.Close() })
	_, _ = io.Copy(far, conn)
	far.Close()
	back.Wait()
}

func TestTheWebChatWorksThroughATunnel(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	far := s.tunnel(t)
	port := far.addr[strings.LastIndex(far.addr, ":"):]
	for _, name := range []string{"127.0.0.1", "localhost"} {
		got := far.request(t, "GET /webchat/info HTTP/1.1", "Host: "+name+port, "Origin: http://"+name+port)
		require.Equal(t, http.StatusOK, got.status, got.body)
		var info schema.WebChatInfo
		require.NoError(t, json.Unmarshal([]byte(got.body), &info))
		require.Equal(t, "http://"+name+port+"/webchat/", info.BaseURL)
	}
	w := far.webChat(t)
	require.True(t, w.call(t, map[string]any{"text": answering("a pelican")}).OK)
	require.Len(t, w.history(t, "main"), 2)
	require.Equal(t, w.history(t, "main"), s.webChat(t).history(t, "main"), "the same server")
	for _, path := range []string{"/", "/webchat", "/webchat/"} {
		status, body := far.get(t, path)
		require.Equal(t, http.StatusOK, status)
		require.Contains(t, string(body), "<html")
	}
	id := far.newChat(t)
	socket := far.chat(t)
	socket.send(id, answering("a gull"))
	require.True(t, socket.expect("complete").Success)
}

// A01, A02: the port of the tunnel is the page's own; that of the server, at the other end, is
// anybody's.
func TestA01ThroughATunnelOnlyItsOwnPageIsAllowed(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	far := s.tunnel(t)
	own := far.addr
	port := own[strings.LastIndex(own, ":"):]
	far.requireOrigin(t, true)
	far.requireOrigin(t, true, "Origin: http://"+own)
	for _, origin := range []string{
		"http://" + s.addr, "http://localhost" + port, "http://[::1]" + port, "https://" + own, "http://127.0.0.1", "http://127.0.0.1:1", "http://evil.example", "null", "",
		"http://evil.example" + port, "http://" + own + "/", "http://" + own + "@evil.example", "http://" + own + " http://evil.example",
	} {
		far.requireOrigin(t, false, "Origin: "+origin)
	}
	for _, host := range []string{"evil.example" + port, "localhost." + port, "127.0.0.1@evil" + port, "127.0.0.2" + port, "0.0.0.0" + port, "127.1" + port} {
		far.requireNoHost(t, "Host: "+host)
	}
	far.requireNoHost(t, "Host: "+own, "X-Forwarded-Host: evil.example")
	s.requireOrigin(t, false, "Origin: http://"+own)
}
