package main

import (
	"bufio"
	"crypto/sha1"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
)

// serveRaw speaks as much of the WebSocket protocol as the client of this program needs, and hands each prompt on: it is
// the ground on which the limits stand.
func serveRaw(answer func(conn net.Conn, prompt string) error) error {
	return serveEach(func(conn net.Conn) {
		if prompt, err := takePrompt(conn); err == nil { // else the client has left
			complain(answer(conn, prompt))
		}
	})
}

// serveEach listens, and serves each connection in a goroutine of its own.
func serveEach(serve func(net.Conn)) error {
	ln, err := listen()
	if err != nil {
		return err
	}
	for {
		conn, err := ln.Accept()
		if err != nil {
			return fmt.Errorf("accept: %w", err)
		}
		go func() {
			defer conn.Close()
			serve(conn)
		}()
	}
}

// takePrompt answers the handshake and reads the payload.
func takePrompt(conn net.Conn) (string, error) {
	in := bufio.NewReaderSize(conn, smallBuf)
	request, err := http.ReadRequest(in)
	if err != nil {
		return "", err
	}
	sum := sha1.Sum([]byte(request.Header.Get("Sec-WebSocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	answer := "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " +
		base64.StdEncoding.EncodeToString(sum[:]) + "\r\n\r\n"
	if _, err := conn.Write(appendFrame([]byte(answer), opText, []byte(infoFrame))); err != nil {
		return "", err
	}
	message, err := readMasked(in)
	if err != nil {
		return "", err
	}
	var payload struct{ Prompt string }
	return payload.Prompt, json.Unmarshal(message, &payload)
}

// readMasked reads one frame of a client, of at most 64 KiB.
func readMasked(in *bufio.Reader) ([]byte, error) {
	var head [2]byte
	if _, err := io.ReadFull(in, head[:]); err != nil {
		return nil, err
	}
	size := uint16(head[1] & 0x7f)
	if size == 126 {
		if err := binary.Read(in, binary.BigEndian, &size); err != nil {
			return nil, err
		}
	}
	frame := make([]byte, 4+int(size))
	if _, err := io.ReadFull(in, frame); err != nil {
		return nil, err
	}
	for i := range frame[4:] {
		frame[4+i] ^= frame[i%4]
	}
	return frame[4:], nil
}

// closeFrame says 1000.
var closeFrame = appendFrame(nil, opClose, []byte{0x03, 0xe8})
