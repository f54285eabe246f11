package handler

import (
	"bytes"
	"encoding/binary"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/fasthttp/websocket"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"spool/spool"
)

// readFrames is the model: every frame of a stream, as its first byte and its payload.
func readFrames(t require.TestingT, in []byte) (firsts []byte, payloads []string) {
	for len(in) > 0 {
		size, at := int(in[1]), 2
		switch size {
		case 126:
			size, at = int(binary.BigEndian.Uint16(in[2:])), 4
			require.GreaterOrEqual(t, size, 126, "the shortest header")
		case 127:
			size, at = int(binary.BigEndian.Uint64(in[2:])), 10 //nolint:gosec // small
			require.GreaterOrEqual(t, size, 1<<16, "the shortest header")
		}
		firsts, payloads = append(firsts, in[0]), append(payloads, string(in[at:at+size]))
		in = in[at+size:]
	}
	return firsts, payloads
}

// writes records what is written, write by write.
type writes struct{ all [][]byte }

func (w *writes) Write(p []byte) (int, error) {
	w.all = append(w.all, bytes.Clone(p))
	return len(p), nil
}

func TestManyLinesGoOutWithOneWrite(t *testing.T) {
	t.Parallel()
	text := "one\n\n" + strings.Repeat("x", 125) + "\n" + strings.Repeat("y", 126) + "\n" + strings.Repeat("z", 60_000) + "\n"
	var out writes
	f := &frames{to: &out}
	require.NoError(t, f.text([]byte("first")))
	require.NoError(t, f.lines(spool.Batch{N: 1, Count: 5, Bytes: []byte(text)}))
	require.NoError(t, f.line(enveloped{}, spool.Line{N: 6, Bytes: []byte(`"`)}))
	require.Empty(t, out.all, "nothing goes out by itself")
	require.NoError(t, f.flush())
	require.NoError(t, f.flush())
	require.Len(t, out.all, 1)
	firsts, payloads := readFrames(t, out.all[0])
	require.Equal(t, bytes.Repeat([]byte{finBit | opText}, 7), firsts)
	want := append([]string{"first"}, strings.Split(strings.TrimSuffix(text, "\n"), "\n")...)
	require.Equal(t, append(want, `{"t":"line","n":6,"line":"\""}`), payloads)
	require.Nil(t, f.buffer, "it is borrowed")
}

// Whatever is gathered, it comes out in order, in writes of whole frames.
func TestFramesComeOutAsTheyWereGathered(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var out writes
		f, want := &frames{to: &out}, []string(nil)
		for range rapid.IntRange(1, 30).Draw(t, "steps") {
			text := strings.Repeat("t", rapid.SampledFrom([]int{0, 1, 125, 126, 65_535, 65_536, 200_000}).Draw(t, "size"))
			switch rapid.IntRange(0, 3).Draw(t, "step") {
			case 0:
				require.NoError(t, f.flush())
			case 1:
				require.NoError(t, f.text([]byte(text)))
				want = append(want, text)
			case 2:
				require.NoError(t, f.line(raw{}, spool.Line{Bytes: []byte(text)}))
				want = append(want, text)
			default:
				lines := strings.Repeat("a\n", min(len(text), spool.BufferSize)/2)
				require.NoError(t, f.lines(spool.Batch{Bytes: []byte(lines)}))
				want = append(want, strings.Split(lines, "\n")[:len(lines)/2]...)
			}
		}
		require.NoError(t, f.flush())
		var got []string
		for _, write := range out.all {
			_, payloads := readFrames(t, write)
			got = append(got, payloads...)
		}
		if strings.Join(got, "|") != strings.Join(want, "|") {
			t.Fatalf("got %d messages, want %d", len(got), len(want))
		}
	})
}

func TestAMessageInFragments(t *testing.T) {
	t.Parallel()
	for _, pieces := range [][]string{nil, {"one"}, {"one", "two", "three"}} {
		var out writes
		f := &frames{to: &out}
		m := &message{frames: f}
		for _, piece := range pieces {
			_, err := io.WriteString(m, piece)
			require.NoError(t, err)
		}
		require.NoError(t, m.Close())
		require.NoError(t, f.flush())
		firsts, payloads := readFrames(t, out.all[0])
		require.Equal(t, strings.Join(pieces, ""), strings.Join(payloads, ""))
		for i, first := range firsts {
			require.Equal(t, i == 0, first&0x0f == opText)
			require.Equal(t, i == len(firsts)-1, first&finBit != 0)
		}
	}
}

func TestFramesTellThatTheyCannotBeWritten(t *testing.T) {
	t.Parallel()
	f := &frames{to: &shut{}}
	require.NoError(t, f.text([]byte("x")))
	require.ErrorIs(t, f.flush(), errShut)
	require.Nil(t, f.buffer)
	require.NoError(t, f.text([]byte("x")))
	require.ErrorIs(t, f.text(make([]byte, framesSize)), errShut)
}

// heldUp is a connection that takes what is written once it may.
type heldUp struct {
	net.Conn
	began, may chan struct{}
	taken      []byte
}

func (c *heldUp) Write(p []byte) (int, error) {
	c.began <- struct{}{}
	<-c.may
	c.taken = append(c.taken, p...)
	return len(p), nil
}

func (c *heldUp) SetWriteDeadline(time.Time) error { return nil }

// The library sends pings and close frames on the same connection: they come between the
// writes of others, or not at all, and nothing comes behind a close frame.
func TestWhoWritesFramesTakesTurns(t *testing.T) {
	t.Parallel()
	conn := &heldUp{began: make(chan struct{}), may: make(chan struct{})}
	w := &wire{Conn: conn}
	w.serveSocket(time.Minute)
	f := &frames{to: gathered{w}}
	require.NoError(t, f.text([]byte("data")))
	done := make(chan error)
	go func() { done <- f.flush() }()
	<-conn.began

	require.NoError(t, w.SetWriteDeadline(time.Now()))
	_, err := w.Write([]byte{0x89, 0})
	require.ErrorIs(t, err, os.ErrDeadlineExceeded, "it does not wait for its turn")
	require.NoError(t, w.SetWriteDeadline(time.Now().Add(time.Minute)))
	go func() { _, err := w.Write([]byte{finBit | opClose, 0}); done <- err }()
	conn.may <- struct{}{}
	require.NoError(t, <-done)
	<-conn.began
	conn.may <- struct{}{}
	require.NoError(t, <-done)

	require.NoError(t, f.text([]byte("late")))
	require.ErrorIs(t, f.flush(), websocket.ErrCloseSent)
	require.Equal(t, append([]byte{0x81, 4}, "data\x88\x00"...), conn.taken)
}
