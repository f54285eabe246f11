package handler

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"spool/spool"
)

// valid is what a text becomes that must be UTF-8: a U+FFFD for each byte that is not.
func valid(text []byte) string { return string([]rune(string(text))) }

// bytesLikely draws bytes such as quoting goes wrong with.
func bytesLikely() *rapid.Generator[[]byte] {
	pieces := rapid.SampledFrom([]string{
		"a", `"`, `\`, "\r", "\t", "\x00", "\x1f", "\x7f", "<", "&", "\u2028", "é", "€", "😀", "\uFFFD", "\xff", "\xc3", "\xe2\x82", "\xf0\x9f\x98", "\x80", "\xed\xa0\x80", "\xc0\x80",
	})
	return rapid.Custom(func(t *rapid.T) []byte {
		if rapid.Bool().Draw(t, "any") {
			return bytes.ReplaceAll(rapid.SliceOf(rapid.Byte()).Draw(t, "bytes"), []byte("\n"), nil)
		}
		var text []byte
		for _, piece := range rapid.SliceOf(pieces).Draw(t, "pieces") {
			text = append(text, piece...)
		}
		return text
	})
}

// shortOf is a line that is in memory.
func shortOf(text []byte) spool.Line {
	return spool.Line{N: 7, Size: int64(len(text)), Bytes: append([]byte{}, text...)}
}

func TestQuotingIsThatOfEncodingJSON(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := bytesLikely().Draw(t, "text")
		quoted := append(appendQuoted([]byte(`"`), text), '"')
		var got, want string
		if err := json.Unmarshal(quoted, &got); err != nil {
			t.Fatalf("%s: %v", quoted, err)
		}
		reference, err := json.Marshal(string(text))
		if err == nil {
			err = json.Unmarshal(reference, &want)
		}
		if err != nil || got != want || got != valid(text) {
			t.Fatalf("%q became %q, want %q", text, got, want)
		}
		if bytes.ContainsAny(quoted, "\r\n") {
			t.Fatalf("%q divides a line", quoted)
		}
	})
}

// A text that comes in pieces of any size is quoted as one that comes whole.
func TestQuotingInPieces(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := []byte(valid(bytesLikely().Draw(t, "text")))
		want := string(appendQuoted(nil, text))
		for size := utf8.UTFMax; size <= len(text)+utf8.UTFMax; size++ {
			var out bytes.Buffer
			if err := copyPieces(&out, bytes.NewReader(text), make([]byte, size), appendQuoted); err != nil {
				t.Fatal(err)
			}
			if out.String() != want {
				t.Fatalf("in pieces of %d: %q, want %q", size, out.String(), want)
			}
		}
	})
}

// shut is a writer that takes so many bytes.
type shut struct{ left int }

var errShut = errors.New("shut")

func (s *shut) Write(p []byte) (int, error) {
	n := min(len(p), s.left)
	if s.left -= n; n < len(p) {
		return n, errShut
	}
	return n, nil
}

// What a line becomes does not depend on whether it is in memory.
func TestALongLineIsWrittenAsAShortOne(t *testing.T) {
	t.Parallel()
	texts := [][]byte{{}}
	for _, piece := range []string{"a", "é", "€", "😀", "\xff", "\xf0\x9f\x98", "\"\\\x00"} {
		for _, size := range []int{spool.BufferSize - 1, spool.BufferSize + 1} {
			text := bytes.Repeat([]byte(piece), size/len(piece)+1)
			texts = append(texts, text, append([]byte("x"), text...), append(text[:len(text):len(text)], "\xf0\x9f"...))
		}
	}
	for _, text := range texts {
		line, want := longOf(t, text), valid(text)
		var bare, around bytes.Buffer
		require.NoError(t, raw{}.copyLine(&bare, line))
		require.True(t, want == bare.String(), "%q…", text[:min(9, len(text))])
		require.NoError(t, enveloped{}.copyLine(&around, line))
		var got struct{ Line string }
		require.NoError(t, json.Unmarshal(around.Bytes(), &got))
		require.True(t, want == got.Line, "%q…", text[:min(9, len(text))])
		require.True(t, bytes.Equal(enveloped{}.appendLine(nil, shortOf(text)), around.Bytes()), "%q…", text[:min(9, len(text))])
		require.True(t, bytes.Equal(raw{}.appendLine(nil, shortOf(text)), bare.Bytes()), "%q…", text[:min(9, len(text))])

		for _, left := range []int{0, 3, around.Len() - 1} { // whatever does not fit
			require.ErrorIs(t, enveloped{}.copyLine(&shut{left: left}, line), errShut)
		}
	}
}

// A line that is no longer there fails; it is not taken for a shorter one.
func TestALineThatCannotBeReadFails(t *testing.T) {
	t.Parallel()
	line := longOf(t, bytes.Repeat([]byte("x"), 3*spool.BufferSize))
	line.Offset = -1
	require.Error(t, raw{}.copyLine(io.Discard, line))
	require.Error(t, enveloped{}.copyLine(io.Discard, line))
	_, err := contains(line, '\r')
	require.Error(t, err)
}
