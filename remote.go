package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/fasthttp/websocket"
	"github.com/go-json-experiment/json"

	"spool/schema"
)

// remote is a server, as its clients reach it.
type remote struct {
	base url.URL // with the scheme http or https
	// silence is how long a connection may bring nothing, not even an answer to a ping.
	silence time.Duration
	// reached says that there was an answer once: the address is right.
	reached bool
}

// Times of connections that nobody needs to set.
const (
	handshakeTime = 10 * time.Second
	silentTime    = 50 * time.Second
	closeTime     = 2 * time.Second // for the other side to close too
)

const defaultURL = "http://127.0.0.1:3000"

// newRemote reads the address of a server. That of its door /ws/claude will do too.
func newRemote(address string) (*remote, error) {
	base, err := url.Parse(strings.TrimSuffix(strings.TrimSuffix(address, "/"), "/ws/claude"))
	if err != nil || base.Host == "" {
		return nil, wrongURL(address)
	}
	switch base.Scheme {
	case "http", "https":
	case "ws", "wss":
		base.Scheme = strings.Replace(base.Scheme, "ws", "http", 1)
	default:
		return nil, wrongURL(address)
	}
	return &remote{base: *base, silence: silentTime}, nil
}

func wrongURL(address string) error {
	return &usageError{fmt.Errorf("--url %q: give http://HOST:PORT, for example %s", address, defaultURL)}
}

// url returns the address of a door, for HTTP.
func (r *remote) url(path, query string) string {
	u := *r.base.JoinPath(path)
	u.RawQuery = query
	return u.String()
}

// command returns a command line that does something else with the same server.
func (r *remote) command(args ...string) string {
	if at := r.base.String(); at != defaultURL {
		args = append(args, "--url", at)
	}
	return "spool run " + strings.Join(args, " ")
}

// unreachable is a server that does not answer.
func (r *remote) unreachable(err error) error {
	return fmt.Errorf("no server at %s (%w): start one with spool, or name it with --url", r.base.String(), err)
}

// open opens a WebSocket. It ends with the context, at the latest.
func (r *remote) open(ctx context.Context, path, query string) (*connection, error) {
	var wire *watched
	dialer := websocket.Dialer{
		Proxy: http.ProxyFromEnvironment, HandshakeTimeout: handshakeTime, Subprotocols: []string{schema.Subprotocol},
		ReadBufferSize: 64 << 10,
		NetDialContext: func(dialing context.Context, network, address string) (net.Conn, error) {
			conn, err := (&net.Dialer{}).DialContext(dialing, network, address)
			if err != nil {
				return nil, err
			}
			wire = &watched{Conn: conn, release: context.AfterFunc(ctx, func() { _ = conn.Close() })}
			return wire, nil
		},
	}
	conn, answer, err := dialer.DialContext(ctx, strings.Replace(r.url(path, query), "http", "ws", 1), nil)
	switch {
	case answer != nil && err != nil:
		return nil, refusal(answer)
	case err != nil:
		return nil, r.unreachable(err)
	case conn.Subprotocol() != schema.Subprotocol:
		_ = conn.Close()
		return nil, &exitError{exitFailed, "the server does not speak " + schema.Subprotocol + ": it is no Spool, or an old one"}
	}
	wire.silence, r.reached = r.silence, true
	return newConnection(conn, r.silence), nil
}

// refusal returns what a server said instead of what it was asked for. Something between
// here and the server that cannot reach it answers with a status above 500.
func refusal(answer *http.Response) error {
	defer answer.Body.Close()
	text, _ := io.ReadAll(io.LimitReader(answer.Body, schema.MaxMessageBytes))
	var told schema.Error
	if json.Unmarshal(text, &told) == nil && told.Code != "" {
		return &told
	}
	err := fmt.Errorf("the server answered %s", answer.Status)
	if answer.StatusCode < http.StatusInternalServerError {
		return &exitError{exitFailed, err.Error() + ": it is no Spool, or an old one"}
	}
	return err
}
