package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"strings"
	"time"
)

const (
	infoFrame   = `{"info":"send {prompt,meta}"}`
	clientBuf   = 256 << 10
	smallBuf    = 4 << 10 // of a client of which there are many
	dialTimeout = 10 * time.Second
	runTimeout  = 10 * time.Minute // of one run, however slow the server is
	longSilence = 30 * time.Second // after which nothing more is expected
)

// client is a WebSocket client that costs next to nothing, so that on a small machine the servers are measured and not it.
type client struct {
	conn *patient
	in   *frames
	bare bool // the server hands its messages to the agent as they are
}

// patient is a connection that gives up when nothing comes for a while, and at a certain time.
type patient struct {
	net.Conn
	silence time.Duration
	until   time.Time
}

func (p *patient) Read(data []byte) (int, error) {
	soon := time.Now().Add(p.silence)
	if p.until.Before(soon) {
		soon = p.until
	}
	if err := p.SetReadDeadline(soon); err != nil {
		return 0, err
	}
	return p.Conn.Read(data)
}

// socket is where a WebSocket is opened, and how.
type socket struct {
	addr, path string
	protocol   string // "" is none
	buffer     int    // of the client, in bytes
}

// dialFor opens a socket and takes its first frame, which must begin with these bytes.
func (s socket) dialFor(first string) (*client, error) {
	c, err := s.dial()
	if err != nil {
		return nil, err
	}
	f, err := c.in.next()
	if err == nil && !bytes.HasPrefix(f.head, []byte(first)) {
		err = fmt.Errorf("first frame is %q, not %s", f.head, first)
	}
	if err != nil {
		c.close()
		return nil, err
	}
	return c, nil
}

func (s socket) dial() (*client, error) {
	conn, err := net.DialTimeout("tcp", s.addr, dialTimeout)
	if err != nil {
		return nil, fmt.Errorf("dial server: %w", err)
	}
	p := &patient{conn, longSilence, time.Now().Add(runTimeout)}
	c := &client{conn: p, in: newFrames(p, s.buffer)}
	if err := c.open(s); err != nil {
		c.close()
		return nil, err
	}
	return c, nil
}

func (c *client) close() { _ = c.conn.Close() }

func (c *client) open(s socket) error {
	protocol := ""
	if s.protocol != "" {
		protocol = "Sec-WebSocket-Protocol: " + s.protocol + "\r\n"
	}
	_, err := fmt.Fprintf(c.conn, "GET %s HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n%s\r\n", s.path, s.addr, protocol)
	if err != nil {
		return fmt.Errorf("write handshake: %w", err)
	}
	answer, err := c.in.header()
	if err != nil {
		return fmt.Errorf("read handshake: %w", err)
	}
	status, _, _ := strings.Cut(answer, "\r\n")
	if !strings.Contains(status+" ", " 101 ") {
		return fmt.Errorf("handshake refused: %s", status)
	}
	return nil
}

// header takes what comes before the frames, to its empty line.
func (r *frames) header() (string, error) {
	for {
		if before, _, ok := bytes.Cut(r.buffer[r.from:r.to], []byte("\r\n\r\n")); ok {
			r.from += len(before) + len("\r\n\r\n")
			return string(before), nil
		}
		if err := r.fill(); err != nil {
			return "", err
		}
	}
}

// send writes the prompt in the shape that the server wants.
func (c *client) send(prompt string) error {
	var message any = map[string]string{"prompt": prompt, "meta": "BENCH"}
	if c.bare {
		message = userLine(prompt)
	}
	payload, err := json.Marshal(message)
	if err != nil {
		return fmt.Errorf("encode payload: %w", err)
	}
	if _, err := c.conn.Write(maskedFrame(payload)); err != nil {
		return fmt.Errorf("write payload: %w", err)
	}
	return nil
}

// userLine is a prompt as the agent takes it.
func userLine(prompt string) map[string]any {
	return map[string]any{"type": "user", "message": map[string]string{"role": "user", "content": prompt}}
}
