package main

import (
	"bufio"
	"encoding/binary"
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

// The first byte of a frame: flags, and an opcode (RFC 6455, section 5.2).
const (
	finBit  = 0x80
	rsv1Bit = 0x40
	rsv2Bit = 0x20
	rsv3Bit = 0x10

	opContinuation = 0x0
	opText         = 0x1
	opBinary       = 0x2
	opClose        = 0x8
	opPing         = 0x9
	opPong         = 0xA
)

// maskBit is the flag before the length in a frame's second byte.
const maskBit = 0x80

// maskKey is any key that is not zero.
var maskKey = [4]byte{0xA1, 0xB2, 0xC3, 0xD4}

// frame returns a client's frame, its length in the shortest form.
func frame(first byte, payload string) []byte {
	var head []byte
	switch n := len(payload); {
	case n <= 125:
		head = []byte{first, maskBit | byte(n)}
	case n <= 1<<16-1:
		head = binary.BigEndian.AppendUint16([]byte{first, maskBit | 126}, uint16(n))
	default:
		head = binary.BigEndian.AppendUint64([]byte{first, maskBit | 127}, uint64(n))
	}
	return append(append(head, maskKey[:]...), applyMask(payload)...)
}

// unmaskBit returns a short frame as only servers may send it.
func unmasked(first byte, payload string) []byte {
	return append([]byte{first, byte(len(payload))}, payload...)
}

// announced returns the head of a frame, with any length and nothing behind it.
func announced(first byte, length uint64) []byte {
	return append(binary.BigEndian.AppendUint64([]byte{first, maskBit | 127}, length), maskKey[:]...)
}

// closeFrame returns a close frame with a code and a reason.
func closeFrame(code int, reason string) []byte {
	return frame(finBit|opClose, string(binary.BigEndian.AppendUint16(nil, uint16(code)))+reason)
}

func applyMask(payload string) []byte {
	bytes := []byte(payload)
	for i := range bytes {
		bytes[i] ^= maskKey[i%4]
	}
	return bytes
}

// payload returns a valid first message.
func payload(prompt string) string {
	message, err := json.Marshal(map[string]any{"prompt": prompt, "meta": "TEST"})
	if err != nil {
		panic(err)
	}
	return string(message)
}

// handshake returns the request for an upgrade, with more header lines.
func (s *server) handshake(lines ...string) string {
	return strings.Join(append([]string{
		"GET /ws/claude HTTP/1.1", "Host: " + s.addr, "Connection: Upgrade", "Upgrade: websocket",
		"Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
	}, append(lines, "", "")...), "\r\n")
}

// rawSocket is a client that sends what no library would.
type rawSocket struct {
	net.Conn
	t      testing.TB
	in     *bufio.Reader
	header http.Header // of the handshake's answer
}

// rawDial connects, sends bytes, the handshake first, and reads the handshake's answer.
func (s *server) rawDial(t testing.TB, bytes string) *rawSocket {
	t.Helper()
	conn, err := net.Dial("tcp", s.addr)
	require.NoError(t, err)
	t.Cleanup(func() { conn.Close() })
	c := &rawSocket{Conn: conn, t: t, in: bufio.NewReader(conn)}
	require.NoError(t, conn.SetDeadline(time.Now().Add(patience)))
	c.write([]byte(bytes))
	answer, err := http.ReadResponse(c.in, nil)
	require.NoError(t, err)
	require.Equal(t, http.StatusSwitchingProtocols, answer.StatusCode)
	c.header = answer.Header
	return c
}

// raw connects and reads the info frame.
func (s *server) raw(t testing.TB) *rawSocket {
	t.Helper()
	c := s.rawDial(t, s.handshake())
	c.requireInfo()
	return c
}

// rawRun connects, starts a run and reads the run frame.
func (s *server) rawRun(t testing.TB, prompt string) *rawSocket {
	t.Helper()
	c := s.raw(t)
	c.write(frame(finBit|opText, payload(prompt)))
	first, body := c.read()
	require.EqualValues(t, finBit|opText, first)
	require.Contains(t, body, `"info":"run"`)
	return c
}

func (c *rawSocket) requireInfo() {
	c.t.Helper()
	first, body := c.read()
	require.EqualValues(c.t, finBit|opText, first)
	require.Equal(c.t, schema.InfoFrame, body)
}

// write sends frames in one piece.
func (c *rawSocket) write(frames ...[]byte) {
	c.t.Helper()
	_, err := c.tryWrite(frames...)
	require.NoError(c.t, err)
}

// tryWrite is write for bytes that the server may refuse to take.
func (c *rawSocket) tryWrite(frames ...[]byte) (int, error) {
	var all []byte
	for _, frame := range frames {
		all = append(all, frame...)
	}
	return c.Write(all)
}

// read returns the next frame of the server.
func (c *rawSocket) read() (first byte, body string) {
	c.t.Helper()
	first, body, err := c.tryRead()
	require.NoError(c.t, err)
	return first, body
}

func (c *rawSocket) tryRead() (first byte, body string, err error) {
	head := make([]byte, 2, 10)
	if _, err := io.ReadFull(c.in, head); err != nil {
		return 0, "", err
	}
	length, more := uint64(head[1]), 0
	switch head[1] {
	case 126:
		more = 2
	case 127:
		more = 8
	}
	if _, err := io.ReadFull(c.in, head[2:2+more]); err != nil {
		return 0, "", err
	}
	if more > 0 {
		length = binary.BigEndian.Uint64(append(make([]byte, 8-more), head[2:2+more]...))
	}
	bytes := make([]byte, length)
	_, err = io.ReadFull(c.in, bytes)
	return head[0], string(bytes), err
}

// rest reads whole messages until the close frame. It looks over pings and pongs.
func (c *rawSocket) rest() (e end) {
	c.t.Helper()
	for {
		first, body, err := c.tryRead()
		switch {
		case err != nil:
			e.code, e.reason = 1006, err.Error()
			return e
		case first == finBit|opClose && len(body) < 2:
			e.code = 1005
			return e
		case first == finBit|opClose:
			e.code, e.reason = int(binary.BigEndian.Uint16([]byte(body))), body[2:]
			return e
		case first == finBit|opText:
			e.add(body)
		}
	}
}
