package main

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"
)

const (
	infoFrame   = `{"info":"send {prompt,meta}"}`
	clientBuf   = 256 << 10
	dialTimeout = 10 * time.Second
	runTimeout  = 4 * time.Minute // of one run, however slow the server is
)

// WebSocket opcodes.
const (
	opText  = 0x1
	opClose = 0x8
	opPing  = 0x9
)

// client is a WebSocket client that costs next to nothing, so that on a small
// machine the servers are measured and not it: it looks at frame headers in
// one large buffer and skips the payloads.
type client struct {
	conn net.Conn
	in   *bufio.Reader
}

// dial upgrades and takes the info frame.
func dial(addr string) (*client, error) {
	conn, err := net.DialTimeout("tcp", addr, dialTimeout)
	if err != nil {
		return nil, fmt.Errorf("dial server: %w", err)
	}
	c := &client{conn: conn, in: bufio.NewReaderSize(conn, clientBuf)}
	if err := c.open(addr); err != nil {
		_ = conn.Close()
		return nil, err
	}
	return c, nil
}

func (c *client) close() { _ = c.conn.Close() }

func (c *client) open(addr string) error {
	if err := c.conn.SetDeadline(time.Now().Add(runTimeout)); err != nil {
		return fmt.Errorf("set deadline: %w", err)
	}
	_, err := fmt.Fprintf(c.conn, "GET /ws/claude HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n", addr)
	if err != nil {
		return fmt.Errorf("write handshake: %w", err)
	}
	if err := c.readHandshake(); err != nil {
		return err
	}
	f, err := readFrame(c.in)
	if err != nil {
		return err
	}
	if string(f.head) != infoFrame {
		return fmt.Errorf("first frame is %q, not the info frame", f.head)
	}
	return nil
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
	lines       int       // of the agent
	first, last time.Time // when the first one and the result line came
}

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
			return got, closedNormally(f.head)
		case opPing: // none comes during so short a run; a pong is not owed at once
			continue
		case opText:
			own = isOwn(f.head)
			if bytes.HasPrefix(f.head, []byte(`{"error"`)) {
				return got, fmt.Errorf("the server says %s", f.head)
			}
		}
		if f.final && !own {
			got.note(f.head)
		}
	}
}

func isOwn(head []byte) bool {
	return bytes.HasPrefix(head, []byte(`{"info"`)) || bytes.HasPrefix(head, []byte(`{"stderr"`))
}

func closedNormally(payload []byte) error {
	if len(payload) < 2 || binary.BigEndian.Uint16(payload) != 1000 {
		return fmt.Errorf("closed with %v, not 1000", payload)
	}
	return nil
}

// frame is a frame's header and the start of its payload.
type frame struct {
	opcode byte
	final  bool
	head   []byte // at most 128 bytes, valid until the next read
}

// readFrame takes one unmasked frame and skips what it does not return.
func readFrame(in *bufio.Reader) (frame, error) {
	var f frame
	header, err := in.Peek(2)
	if err != nil {
		return f, fmt.Errorf("read frame: %w", err)
	}
	f.opcode, f.final = header[0]&0x0f, header[0]&0x80 != 0
	length, size := int64(header[1]&0x7f), 2
	switch length {
	case 126:
		size = 4
	case 127:
		size = 10
	}
	if header, err = in.Peek(size); err != nil {
		return f, fmt.Errorf("read frame: %w", err)
	}
	switch size {
	case 4:
		length = int64(binary.BigEndian.Uint16(header[2:]))
	case 10:
		length = int64(binary.BigEndian.Uint64(header[2:]))
	}
	_, _ = in.Discard(size) // was peeked
	return f, f.skip(in, length)
}

// skip keeps the payload's head and drops the rest.
func (f *frame) skip(in *bufio.Reader, length int64) error {
	head, err := in.Peek(int(min(length, 128)))
	if err != nil {
		return fmt.Errorf("read frame: %w", err)
	}
	if int64(in.Buffered()) >= length {
		f.head = head // stays valid: Discard within the buffer moves nothing
		_, _ = in.Discard(int(length))
		return nil
	}
	f.head = bytes.Clone(head)
	if _, err := io.CopyN(io.Discard, in, length); err != nil {
		return fmt.Errorf("read frame: %w", err)
	}
	return nil
}
