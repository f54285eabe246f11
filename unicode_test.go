package main

import (
	"testing"

	"github.com/stretchr/testify/require"

	"spool/schema"
)

func TestP10TextThatIsNotUTF8IsRefused(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	for _, bad := range []string{"\xff\xfe", "\xc0\xaf", "\xed\xa0\x80", "\x80", "é"[:1], "\xf4\x90\x80\x80"} {
		c := s.raw(t)
		c.write(frame(finBit|opText, `{"prompt":"a`+bad+`","meta":"A"}`))
		require.Equal(t, int(schema.CloseBadUTF8), c.rest().code, "%q", bad)
	}
	s.requireRefused(t, schema.InvalidJSON,
		`{"prompt":"\ud800","meta":"A"}`, `{"prompt":"a\udc00b","meta":"A"}`, `{"prompt":"\ud800\ud800","meta":"A"}`)
}

func TestP10BadUTF8DuringARunEndsIt(t *testing.T) {
	t.Parallel()
	s := startServer(t, "--stop-grace=1s")
	c := s.rawRun(t, script("sleep 600"))
	c.write(frame(finBit|opText, "\xff"))
	require.Equal(t, int(schema.CloseBadUTF8), c.rest().code)
	s.awaitNoSurvivors(t, patience)
}

func TestP15APayloadMayComeInFragmentsOfOneByte(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	prompt := "é😀ü€ and some more"
	message := `{"prompt":"` + prompt + `","meta":"A"}`
	c := s.raw(t)
	var frames [][]byte
	for i := range len(message) {
		first := byte(opContinuation)
		if i == 0 {
			first = opText
		}
		if i == len(message)-1 {
			first |= finBit
		}
		frames = append(frames, frame(first, message[i:i+1]), frame(finBit|opPing, message[i:i+1]))
	}
	c.write(frames...)
	lines, pongs := c.collect()
	require.Equal(t, message, pongs, "every ping is answered, in order")
	require.Contains(t, lines, "ok")
	require.Equal(t, prompt, s.started(t)[0].Prompt)
}

// collect reads until the close frame, which must be 1000, and returns text frames, and
// the payloads of pongs in one piece.
func (c *rawSocket) collect() (lines []string, pongs string) {
	c.t.Helper()
	for {
		switch first, body := c.read(); first {
		case finBit | opText:
			lines = append(lines, body)
		case finBit | opPong:
			pongs += body
		case finBit | opClose:
			require.Equal(c.t, "\x03\xe8", body)
			return lines, pongs
		}
	}
}
