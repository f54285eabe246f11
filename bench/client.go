package main

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"regexp"
	"slices"
	"strings"
	"time"
)

const (
	infoFrame   = `{"info":"send {prompt,meta}"}`
	clientBuf   = 256 << 10
	dialTimeout = 10 * time.Second
	runTimeout  = 10 * time.Minute // of one run, however slow the server is
)

// client is a WebSocket client that costs next to nothing, so that on a small
// machine the servers are measured and not it: it looks at frame headers in
// one large buffer and skips the payloads.
type client struct {
	conn net.Conn
	in   *bufio.Reader
}

// socket is where a WebSocket is opened, and how.
type socket struct {
	addr, path string
	protocol   string // "" is none
	buffer     int    // of the client, in bytes
}

// dial opens /ws/claude and takes the info frame.
func dial(addr string) (*client, error) {
	return socket{addr: addr, path: "/ws/claude", buffer: clientBuf}.dialFor(infoFrame)
}

// dialFor opens a socket and takes its first frame, which must begin with these bytes.
func (s socket) dialFor(first string) (*client, error) {
	c, err := s.dial()
	if err != nil {
		return nil, err
	}
	f, err := readFrame(c.in)
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
	c := &client{conn: conn, in: bufio.NewReaderSize(conn, s.buffer)}
	if err := c.open(s); err != nil {
		c.close()
		return nil, err
	}
	return c, nil
}

func (c *client) close() { _ = c.conn.Close() }

func (c *client) open(s socket) error {
	if err := c.conn.SetDeadline(time.Now().Add(runTimeout)); err != nil {
		return fmt.Errorf("set deadline: %w", err)
	}
	protocol := ""
	if s.protocol != "" {
		protocol = "Sec-WebSocket-Protocol: " + s.protocol + "\r\n"
	}
	_, err := fmt.Fprintf(c.conn, "GET %s HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n%s\r\n", s.path, s.addr, protocol)
	if err != nil {
		return fmt.Errorf("write handshake: %w", err)
	}
	return c.readHandshake()
}

func (c *client) readHandshake() error {
	status, err := c.in.ReadString('\n')
	if err != nil {
		return fmt.Errorf("read handshake: %w", err)
	}
	if !strings.Contains(status, " 101 ") {
		return fmt.Errorf("handshake refused: %s", strings.TrimSpace(status))
	}
	for {
		line, err := c.in.ReadString('\n')
		if err != nil {
			return fmt.Errorf("read handshake: %w", err)
		}
		if line == "\r\n" {
			return nil
		}
	}
}

// send writes the payload as one text frame, masked with zeros.
func (c *client) send(prompt string) error {
	payload, err := json.Marshal(map[string]string{"prompt": prompt, "meta": "BENCH"})
	if err != nil {
		return fmt.Errorf("encode payload: %w", err)
	}
	if len(payload) > 125 {
		return errors.New("payload is too long for a short frame")
	}
	frame := append([]byte{0x80 | opText, 0x80 | byte(len(payload)), 0, 0, 0, 0}, payload...)
	if _, err := c.conn.Write(frame); err != nil {
		return fmt.Errorf("write payload: %w", err)
	}
	return nil
}

// received is what one run brought.
type received struct {
	run         string    // its id
	accepted    time.Time // when that came
	lines       int       // of the agent
	first, last time.Time // when the first one and the result line came
	closed      time.Time // when the close frame came
}

// tell takes one of the server's own frames.
func (r *received) tell(head []byte) error {
	if hasPrefix(head, `{"error"`, `{"t":"error"`) {
		return fmt.Errorf("the server says %s", head)
	}
	if id := runID.FindSubmatch(head); id != nil {
		r.run, r.accepted = string(id[1]), time.Now()
	}
	return nil
}

var runID = regexp.MustCompile(`"run":"(run_[a-z2-7]{26})"`)

// note counts one line that starts with head. A clock for every line would
// cost more than the line does.
func (r *received) note(head []byte) {
	if r.lines == 0 {
		r.first = time.Now()
	}
	if bytes.HasPrefix(head, []byte(`{"type":"result"`)) {
		r.last = time.Now()
	}
	r.lines++
}

// drain reads to the close frame, which must say 1000, and counts the agent's
// lines: every message that is none of the server's own frames.
func (c *client) drain() (received, error) {
	var got received
	own := false
	for {
		f, err := readFrame(c.in)
		if err != nil {
			return got, err
		}
		switch f.opcode {
		case opClose:
			got.closed = time.Now()
			return got, closedNormally(f.head)
		case opPing: // none comes during so short a run; a pong is not owed at once
			continue
		case opText:
			own = isOwn(f.head)
		}
		if own {
			err = got.tell(f.head)
		} else if f.final {
			got.note(f.head)
		}
		if err != nil {
			return got, err
		}
	}
}

// isOwn reports whether a frame is the server's, in either dialect. The agent's lines, which
// are nearly all, are known at a glance.
func isOwn(head []byte) bool {
	return !hasPrefix(head, `{"type"`, `{"t":"line"`) && hasPrefix(head, `{"info"`, `{"stderr"`, `{"error"`, `{"t":"info"`, `{"t":"stderr"`, `{"t":"error"`, `{"t":"end"`)
}

func hasPrefix(head []byte, prefixes ...string) bool {
	return slices.ContainsFunc(prefixes, func(p string) bool { return bytes.HasPrefix(head, []byte(p)) })
}

func closedNormally(payload []byte) error {
	if len(payload) < 2 || binary.BigEndian.Uint16(payload) != 1000 {
		return fmt.Errorf("closed with %v, not 1000", payload)
	}
	return nil
}
