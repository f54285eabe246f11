package handler

import (
	"bytes"
	"encoding/binary"
	"io"
	"sync"

	"spool/spool"
)

// The first byte of a frame (RFC 6455, 5.2).
const (
	opContinuation = 0x0
	opText         = 0x1
	opClose        = 0x8
	opPing         = 0x9
	opPong         = 0xA
	finBit         = 0x80
)

const (
	// framesSize is how many bytes of frames are gathered. All lines that a reader has in
	// memory fit in: the shortest one, a newline, becomes a frame of two bytes.
	framesSize = 2 * spool.BufferSize
	// maxHeader is the length of the longest header of a frame without a mask.
	maxHeader = 10
)

// frames gathers the frames of a WebSocket until they are flushed, so that many go out with
// one write: the library makes one for each message, which is most of what a short line
// costs. A server's frames have no mask. It belongs to one goroutine.
type frames struct {
	to     io.Writer // takes whole frames
	buffer []byte    // borrowed as long as it holds something
}

// framesBuffers are shared by all sockets.
var framesBuffers = sync.Pool{New: func() any { return new([framesSize]byte) }}

// text adds a text message.
func (f *frames) text(payload []byte) error { return f.add(finBit|opText, payload) }

// add adds a frame. An error is that of writing what was gathered before.
func (f *frames) add(first byte, payload []byte) error {
	if err := f.makeRoom(maxHeader + len(payload)); err != nil {
		return err
	}
	f.buffer = append(appendHeader(f.buffer, first, len(payload)), payload...)
	return nil
}

// line adds a line that is in memory, as a dialect writes it. How long that is shows when it
// is written: the header is put before it then.
func (f *frames) line(d dialect, line spool.Line) error {
	if err := f.makeRoom(2*len(line.Bytes) + maxHeader + spareLine); err != nil {
		return err
	}
	start := len(f.buffer) + maxHeader
	to := d.appendLine(append(f.buffer, make([]byte, maxHeader)...), line)
	payload := to[start:]
	f.buffer = append(appendHeader(to[:start-maxHeader], finBit|opText, len(payload)), payload...)
	return nil
}

// spareLine is room for what stands around a line.
const spareLine = 64

// lines adds a text message for each line of a batch, as it is.
func (f *frames) lines(batch spool.Batch) error {
	if err := f.makeRoom(2 * len(batch.Bytes)); err != nil {
		return err
	}
	to := f.buffer
	for rest := batch.Bytes; len(rest) > 0; {
		size := bytes.IndexByte(rest, '\n')
		to = append(appendHeader(to, finBit|opText, size), rest[:size]...)
		rest = rest[size+1:]
	}
	f.buffer = to
	return nil
}

// appendHeader appends the header of a frame with so many bytes of payload.
func appendHeader(to []byte, first byte, size int) []byte {
	switch {
	case size < 126:
		return append(to, first, byte(size))
	case size < 1<<16:
		return append(to, first, 126, byte(size>>8), byte(size))
	default:
		return binary.BigEndian.AppendUint64(append(to, first, 127), uint64(size)) //nolint:gosec // a length
	}
}

// makeRoom sees to it that n bytes more need no larger buffer, if any buffer is that large.
func (f *frames) makeRoom(n int) error {
	if len(f.buffer)+n > framesSize {
		if err := f.flush(); err != nil {
			return err
		}
	}
	if f.buffer == nil {
		f.buffer = framesBuffers.Get().(*[framesSize]byte)[:0]
	}
	return nil
}

// flush writes what was gathered. The buffer is given back: most sockets have nothing to say
// most of the time.
func (f *frames) flush() error {
	if f.buffer == nil {
		return nil
	}
	_, err := f.to.Write(f.buffer)
	if cap(f.buffer) == framesSize { // it has not grown for one long frame
		framesBuffers.Put((*[framesSize]byte)(f.buffer[:framesSize]))
	}
	f.buffer = nil
	return err
}

// message is one text message in fragments, for text that comes in pieces. It must be closed.
type message struct {
	frames *frames
	begun  bool
}

func (m *message) Write(p []byte) (int, error) {
	first := byte(opContinuation)
	if !m.begun {
		first, m.begun = opText, true
	}
	return len(p), m.frames.add(first, p)
}

// Close adds the last fragment.
func (m *message) Close() error {
	if !m.begun {
		return m.frames.text(nil)
	}
	return m.frames.add(finBit|opContinuation, nil)
}
