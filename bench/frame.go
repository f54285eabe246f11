package main

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
)

// WebSocket opcodes.
const (
	opText  = 0x1
	opClose = 0x8
	opPing  = 0x9
)

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
