package main

import (
	"io"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestP02LinesArriveUnchangedThenClose(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	for script, want := range map[string][]string{
		`printf 'a\nb\nc\n'`: {"a", "b", "c"},
		`printf 'a\n\nb\n'`:  {"a", "", "b"},
		`printf 'x\r\n'`:     {"x\r"},
		`printf '\n'`:        {""},
		`:`:                  nil,
	} {
		e := s.run(t, "sh\n"+script)
		requireEnd(t, e, "")
		require.Equal(t, want, e.lines)
		require.Empty(t, e.stderr)
		require.Empty(t, e.err)
	}
}

func TestP02EveryLineIsOneTextFrame(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	c := s.rawRun(t, script(`printf 'a\n\nx\r\n'`))
	for _, want := range []string{"a", "", "x\r"} {
		first, body := c.read()
		require.EqualValues(t, finBit|opText, first)
		require.Equal(t, want, body)
	}
	first, body := c.read()
	require.EqualValues(t, finBit|opClose, first)
	require.Equal(t, "\x03\xe8", body, "1000 and no reason")
	c.write(closeFrame(1000, ""))
	_, _, err := c.tryRead()
	require.ErrorIs(t, err, io.EOF, "nothing comes after the close frame")
}
