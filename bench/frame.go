package main

import (
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

const headBytes = 128 // of a payload, that are looked at

// frame is a frame's header and the start of its payload.
type frame struct {
	opcode byte
	final  bool
	length int64
	head   []byte // at least the first headBytes, valid until the next read
}

// frames reads unmasked frames and costs next to nothing: it has one large buffer, looks at headers and skips
// payloads.
type frames struct {
	in       io.Reader
	buffer   []byte
	from, to int // what of the buffer was read and not used
}

func newFrames(in io.Reader, buffer int) *frames {
	return &frames{in: in, buffer: make([]byte, buffer)}
}

// next takes one frame.
func (r *frames) next() (f frame, err error) {
	size := 0
	for {
		if f, size = parseHeader(r.buffer[r.from:r.to]); size > 0 {
			break
		}
		if err := r.fill(); err != nil {
			return f, err
		}
	}
	r.from += size
	if int64(r.to-r.from) < f.length {
		return f, r.skip(&f)
	}
	f.head = r.buffer[r.from : r.from+int(f.length)]
	r.from += int(f.length)
	return f, nil
}

// parseHeader returns the header's size, 0 if it is not all there.
func parseHeader(data []byte) (f frame, size int) {
	if len(data) < 2 {
		return f, 0
	}
	f.opcode, f.final, f.length = data[0]&0x0f, data[0]&0x80 != 0, int64(data[1]&0x7f)
	switch {
	case f.length < 126:
		return f, 2
	case f.length == 126 && len(data) >= 4:
		f.length = int64(binary.BigEndian.Uint16(data[2:]))
		return f, 4
	case f.length == 127 && len(data) >= 10:
		f.length = int64(binary.BigEndian.Uint64(data[2:]))
		return f, 10
	}
	return f, 0
}

// skip passes over a payload that is not all in the buffer.
func (r *frames) skip(f *frame) error {
	for int64(r.to-r.from) < min(headBytes, f.length) {
		if err := r.fill(); err != nil {
			return err
		}
	}
	f.head = bytes.Clone(r.buffer[r.from : r.from+int(min(headBytes, f.length))])
	for left := f.length; ; {
		n := min(left, int64(r.to-r.from))
		r.from += int(n)
		if left -= n; left == 0 {
			return nil
		}
		if err := r.fill(); err != nil {
			return err
		}
	}
}

// fill reads more. What is not used yet is little: the start of a header, or of a payload.
func (r *frames) fill() error {
	r.to = copy(r.buffer, r.buffer[r.from:r.to])
	r.from = 0
	n, err := r.in.Read(r.buffer[r.to:])
	r.to += n
	if n > 0 {
		return nil
	}
	return fmt.Errorf("read frame: %w", err)
}

// appendFrame adds an unmasked frame.
func appendFrame(wire []byte, opcode byte, payload []byte) []byte {
	switch n := len(payload); {
	case n < 126:
		wire = append(wire, 0x80|opcode, byte(n))
	case n <= 0xffff:
		wire = binary.BigEndian.AppendUint16(append(wire, 0x80|opcode, 126), uint16(n))
	default:
		wire = binary.BigEndian.AppendUint64(append(wire, 0x80|opcode, 127), uint64(n))
	}
	return append(wire, payload...)
}

// maskedFrame is a client's text, masked with zeros.
func maskedFrame(payload []byte) []byte {
	wire := appendFrame(nil, opText, payload)
	wire[1] |= 0x80
	size := len(wire) - len(payload)
	return append(append(wire[:size:size], 0, 0, 0, 0), payload...)
}
