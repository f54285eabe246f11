package main

import (
	"bytes"
	"io"
	"os"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"
)

func text(payload string) []byte { return appendFrame(nil, opText, []byte(payload)) }

func TestFramesOfEveryLengthAreTaken(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, 1, 125, 126, 200, 65535, 65536, 3 * clientBuf} {
		payload := strings.Repeat("a", n)
		wire := append(text(payload), text("next")...)
		for _, in := range []io.Reader{bytes.NewReader(wire), iotest.HalfReader(bytes.NewReader(wire)), iotest.OneByteReader(bytes.NewReader(wire))} {
			frames := newFrames(in, smallBuf)
			f, err := frames.next()
			require.NoError(t, err)
			require.True(t, f.final)
			require.EqualValues(t, n, f.length)
			require.Equal(t, payload[:min(n, headBytes)], string(f.head[:min(n, headBytes)]))
			f, err = frames.next()
			require.NoError(t, err, "after a payload of %d bytes", n)
			require.Equal(t, "next", string(f.head))
			_, err = frames.next()
			require.ErrorIs(t, err, io.EOF)
		}
	}
}

func TestAMaskedFrameIsReadBack(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, 125, 126, 1000} {
		got, err := readMasked(bufferOf(maskedFrame(bytes.Repeat([]byte("a"), n))))
		require.NoError(t, err)
		require.Len(t, got, n)
	}
}

// drained takes what frames bring.
func drained(frames ...[]byte) (received, error) {
	return (&client{in: newFrames(bytes.NewReader(bytes.Join(frames, nil)), clientBuf)}).drain()
}

func TestDrainCountsTheAgentsLinesOnly(t *testing.T) {
	t.Parallel()
	begun, rest := text(sampleLine()[:100]), appendFrame(nil, 0, []byte(sampleLine()[100:]))
	begun[0] &^= 0x80 // a line in two fragments
	got, err := drained(text(`{"info":"run","run":"run_1"}`), text(agentInit), appendFrame(nil, opPing, nil), begun, rest,
		text(`{"stderr":"careful"}`), text(""), text(agentEnd), closeFrame)
	require.NoError(t, err)
	require.Equal(t, 4, got.lines)
	require.Equal(t, 1000, got.code)
	require.False(t, got.last.Before(got.first))
	require.NoError(t, got.whole(lineBytes))
}

func TestDrainKnowsTheEnvelopes(t *testing.T) {
	t.Parallel()
	const id = "run_2gxc2yw2axqhc3abci3oftpjtt"
	got, err := drained(text(`{"t":"info","info":"run","run":"`+id+`"}`), text(`{"t":"line","n":1,"line":"a"}`),
		text(`{"t":"stderr","text":"careful"}`), text(`{"t":"line","n":2,"line":"b"}`), text(`{"t":"end","state":"succeeded"}`), closeFrame)
	require.NoError(t, err)
	require.Equal(t, 2, got.lines)
	require.Equal(t, id, got.run)
	require.False(t, got.accepted.IsZero())
}

func TestDrainReportsWhatTheServerSays(t *testing.T) {
	t.Parallel()
	for _, frame := range []string{`{"error":"no","code":"SPAWN_FAILED"}`, `{"t":"error","error":"no","code":"OUTPUT_GONE"}`} {
		_, err := drained(text(frame), closeFrame)
		require.ErrorContains(t, err, `"no"`)
	}
}

func TestAServerThatHangsUpMayHaveSentEverything(t *testing.T) {
	t.Parallel()
	got, err := drained(text(agentInit), text(sampleLine()), text(agentEnd))
	require.NoError(t, err)
	require.Equal(t, cut, got.code)
	require.NoError(t, got.whole(lineBytes))
}

func TestWhatIsLostIsSaid(t *testing.T) {
	t.Parallel()
	got, err := drained(text(agentInit), text(agentEnd), closeFrame)
	require.NoError(t, err)
	require.EqualError(t, got.whole(1e9), "lost 100 %, closed with 1000")
	require.Error(t, got.whole(1))

	got, err = drained(text(agentInit), appendFrame(nil, opText, make([]byte, len(agentEnd))), closeFrame)
	require.NoError(t, err)
	require.Error(t, got.whole(0), "the result line is missing")
}

func TestAServerThatHangsIsStuck(t *testing.T) {
	t.Parallel()
	c := &client{in: newFrames(io.MultiReader(bytes.NewReader(text(agentInit)), iotest.ErrReader(os.ErrDeadlineExceeded)), clientBuf)}
	_, err := c.drain()
	require.ErrorIs(t, err, os.ErrDeadlineExceeded)
	require.Equal(t, "stuck at line 2", inShort(err))
}
