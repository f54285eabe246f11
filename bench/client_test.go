package main

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// serverFrame builds an unmasked frame.
func serverFrame(first byte, payload string) []byte {
	switch n := len(payload); {
	case n < 126:
		return append([]byte{first, byte(n)}, payload...)
	case n <= 0xffff:
		return append(binary.BigEndian.AppendUint16([]byte{first, 126}, uint16(n)), payload...)
	default:
		return append(binary.BigEndian.AppendUint64([]byte{first, 127}, uint64(n)), payload...)
	}
}

func TestReadFrameTakesEveryLength(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, 1, 125, 126, 200, 65535, 65536, 3 * clientBuf} {
		payload := strings.Repeat("a", n)
		wire := append(serverFrame(0x80|opText, payload), serverFrame(0x80|opText, "next")...)
		in := bufio.NewReaderSize(bytes.NewReader(wire), clientBuf)
		f, err := readFrame(in)
		require.NoError(t, err)
		require.True(t, f.final)
		require.Equal(t, payload[:min(n, 128)], string(f.head))
		f, err = readFrame(in)
		require.NoError(t, err, "after a payload of %d bytes", n)
		require.Equal(t, "next", string(f.head))
	}
}

func TestDrainCountsTheAgentsLinesOnly(t *testing.T) {
	t.Parallel()
	var wire []byte
	add := func(first byte, payload string) { wire = append(wire, serverFrame(first, payload)...) }
	add(0x80|opText, `{"info":"run","run":"run_1"}`)
	add(0x80|opText, agentInit)
	add(0x80|opPing, "")
	add(opText, sampleLine()[:100]) // a line in two fragments
	add(0x80, sampleLine()[100:])
	add(0x80|opText, `{"stderr":"careful"}`)
	add(0x80|opText, "")
	add(0x80|opText, agentEnd)
	add(0x80|opClose, "\x03\xe8")

	got, err := (&client{in: bufio.NewReader(bytes.NewReader(wire))}).drain()
	require.NoError(t, err)
	require.Equal(t, 4, got.lines)
	require.False(t, got.last.Before(got.first))
}

func TestDrainKnowsTheEnvelopes(t *testing.T) {
	t.Parallel()
	var wire []byte
	add := func(first byte, payload string) { wire = append(wire, serverFrame(first, payload)...) }
	const id = "run_2gxc2yw2axqhc3abci3oftpjtt"
	add(0x80|opText, `{"t":"info","info":"run","run":"`+id+`"}`)
	add(0x80|opText, `{"t":"line","n":1,"line":"a"}`)
	add(0x80|opText, `{"t":"stderr","text":"careful"}`)
	add(0x80|opText, `{"t":"line","n":2,"line":"b"}`)
	add(0x80|opText, `{"t":"end","state":"succeeded"}`)
	add(0x80|opClose, "\x03\xe8")

	got, err := (&client{in: bufio.NewReader(bytes.NewReader(wire))}).drain()
	require.NoError(t, err)
	require.Equal(t, 2, got.lines)
	require.Equal(t, id, got.run)
	require.False(t, got.closed.Before(got.accepted))
}

func TestDrainReportsAnythingButACleanEnd(t *testing.T) {
	t.Parallel()
	for name, wire := range map[string][]byte{
		"an error frame":  serverFrame(0x80|opText, `{"error":"no","code":"OVERLOADED"}`),
		"an error in v1":  serverFrame(0x80|opText, `{"t":"error","error":"no","code":"OVERLOADED"}`),
		"another code":    serverFrame(0x80|opClose, "\x03\xf3"),
		"no close at all": nil,
		"half a frame":    serverFrame(0x80|opText, "abc")[:3],
	} {
		_, err := (&client{in: bufio.NewReader(bytes.NewReader(wire))}).drain()
		require.Error(t, err, name)
	}
}
