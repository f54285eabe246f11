package main

import (
	"bufio"
	"bytes"
	"io"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// unquoted returns the line in an envelope that comes in pieces, and its number.
func unquoted(message string, buffer int, pieces func(io.Reader) io.Reader) (n int64, line string, err error) {
	in := bufio.NewReaderSize(pieces(strings.NewReader(message)), buffer)
	if n, err = readLineHead(in); err != nil {
		return n, "", err
	}
	var out bytes.Buffer
	err = unquote(&out, in)
	return n, out.String(), err
}

// What the envelope of a line says is what any reader of JSON finds in it.
func TestALineIsReadFromItsEnvelopeInPieces(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		line := rapid.StringOfN(rapid.OneOf(rapid.Rune(), rapid.SampledFrom([]rune("\"\\/\b\f\n\r\t\x00\x1f\u2028😀�"))), 0, 300, -1).Draw(t, "line")
		want := strings.ToValidUTF8(line, "�")
		quoted, _ := jsontext.AppendQuote(nil, line)
		for _, pieces := range []func(io.Reader) io.Reader{func(r io.Reader) io.Reader { return r }, iotest.OneByteReader, iotest.DataErrReader} {
			n, got, err := unquoted(lineStart+"17"+`,"line":`+string(quoted)+"}", 64, pieces)
			require.NoError(t, err)
			require.EqualValues(t, 17, n)
			require.Equal(t, want, got)
		}
	})
}

func TestEveryEscapeOfJSONIsRead(t *testing.T) {
	t.Parallel()
	const text = `\"\\\/\b\f\n\r\tA\u00e9\u20ac\ud83d\ude00\uD83D\uDE00`
	for _, pieces := range []func(io.Reader) io.Reader{iotest.OneByteReader, iotest.HalfReader} {
		_, got, err := unquoted(lineStart+`1,"line":"`+text+`"}`, 64, pieces)
		require.NoError(t, err)
		require.Equal(t, "\"\\/\b\f\n\r\tAé€😀😀", got)
	}
}

func TestOtherEnvelopesAreNoLines(t *testing.T) {
	t.Parallel()
	for _, text := range []string{`{"t":"end"}`, `{"t":"lines","n":1,"line":""}`, `{`, ``, `{"t":"stderr","text":"{\"t\":\"line\",\"n\":1"}`} {
		in := bufio.NewReaderSize(strings.NewReader(text), 64)
		n, err := readLineHead(in)
		require.NoError(t, err, text)
		require.Zero(t, n)
		rest, err := io.ReadAll(in)
		require.NoError(t, err)
		require.Equal(t, text, string(rest))
	}
}

// A connection that is lost within an envelope is lost; it is no fault of the server.
func TestALossWithinAnEnvelopeIsALoss(t *testing.T) {
	t.Parallel()
	whole := lineStart + `123,"line":"text \u00e9 \ud83d\ude00 more"}`
	for n := range len(whole) - 2 {
		cut := io.MultiReader(strings.NewReader(whole[:n]), iotest.ErrReader(io.ErrUnexpectedEOF))
		p := newPrinter(streams{out: &bytes.Buffer{}, errors: &bytes.Buffer{}}, false, 122)
		p.in.Reset(cut)
		over, err := p.show(p.in)
		require.False(t, over)
		require.True(t, isLost(err), "after %d bytes: %v", n, err)
		require.EqualValues(t, 122, p.lines)
	}
}

// A line is never held as a whole.
func TestALongLineTakesNoMemory(t *testing.T) {
	text := strings.Repeat(strings.Repeat("plain ", 20)+`\"\u00e9\\\n`, 1<<17)
	for _, asJSON := range []bool{false, true} {
		p := newPrinter(streams{out: io.Discard, errors: io.Discard}, asJSON, 0)
		message := io.MultiReader(strings.NewReader(lineStart+`1,"line":"`), strings.NewReader(text), strings.NewReader(`"}`))
		p.in.Reset(struct{ io.Reader }{message}) // it is read in pieces, as a connection is
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := p.show(p.in)
		runtime.ReadMemStats(&after)
		require.NoError(t, err)
		require.EqualValues(t, 1, p.lines)
		require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(len(text)/4))
	}
}
