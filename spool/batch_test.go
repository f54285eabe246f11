package spool

import (
	"fmt"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// collectBatches is collect by batches: one line, and then all that came with it.
func collectBatches(t testing.TB, r *Reader, ended bool) []string {
	t.Helper()
	return gather(t, r, ended, func() (lines []string) {
		b := r.Batch()
		require.Equal(t, int64(strings.Count(string(b.Bytes), "\n")), b.Count)
		for line := range b.Lines {
			require.Equal(t, b.Offset+int64(len(b.Bytes)), end(b, line))
			lines = append(lines, fmt.Sprintf("%d:%s", line.N, line.Bytes))
		}
		return lines
	})
}

// end is where the batch of a line ends, by what the line says of itself.
func end(b Batch, line Line) int64 {
	behind := b.Bytes[line.Offset-b.Offset:]
	return line.Offset + line.Size + int64(len(behind[len(line.Bytes):]))
}

func TestABatchIsWhatNextWouldReturn(t *testing.T) {
	t.Parallel()
	text := "a\n\nbcd\n" + strings.Repeat("long ", 20) + "\ne\nf\nrest"
	for size := 1; size < 130; size++ {
		require.Equal(t, numbered([]byte(text)), collectBatches(t, openSmall(t, content(t, text), size), true), "a buffer of %d bytes", size)
	}
}

func TestABatchKnowsWhereItStands(t *testing.T) {
	t.Parallel()
	r, err := OpenAfter(content(t, "one\ntwo\nthree\nfour\nfi"), 1, nil)
	require.NoError(t, err)
	defer r.Close()
	require.Empty(t, r.Batch().Bytes, "nothing is in memory")
	line, err := r.Next()
	require.NoError(t, err)
	require.Equal(t, "two", string(line.Bytes))
	require.Equal(t, Batch{N: 3, Count: 2, Offset: 8, Bytes: []byte("three\nfour\n")}, r.Batch())
	require.Empty(t, r.Batch().Bytes)
	_, err = r.Next()
	require.ErrorIs(t, err, io.EOF)
	rest, err := r.Rest()
	require.NoError(t, err)
	require.Equal(t, "fi", string(rest.Bytes))
	require.EqualValues(t, 5, rest.N)
}

func TestLinesBeforeTheCursorAreInNoBatch(t *testing.T) {
	t.Parallel()
	r, err := OpenAfter(content(t, "1\n2\n3\n4\n"), 3, nil)
	require.NoError(t, err)
	defer r.Close()
	require.Empty(t, r.Batch().Bytes)
	line, err := r.Next()
	require.NoError(t, err)
	require.EqualValues(t, 4, line.N)
	require.Empty(t, r.Batch().Bytes)
}

// A reading that came short says that there is nothing more, without a look at the file,
// until somebody has told of growth, or that the file has ended.
func TestTheEndOfAShortReadingIsOld(t *testing.T) {
	t.Parallel()
	path := content(t, "a\n")
	r, err := Open(path)
	require.NoError(t, err)
	defer r.Close()
	_, err = r.Next()
	require.NoError(t, err)
	appendTo(t, path, "b\n")
	_, err = r.Next()
	require.ErrorIs(t, err, io.EOF)
	line, err := r.Next()
	require.NoError(t, err)
	require.Equal(t, "b", string(line.Bytes))
	appendTo(t, path, "c\n")
	r.Refresh()
	line, err = r.Next()
	require.NoError(t, err)
	require.Equal(t, "c", string(line.Bytes))
}

func appendTo(t testing.TB, path, text string) {
	t.Helper()
	file, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	require.NoError(t, err)
	_, err = file.WriteString(text)
	require.NoError(t, err)
	require.NoError(t, file.Close())
}

func BenchmarkBatches(b *testing.B) {
	const lines = 100_000
	path := content(b, strings.Repeat(strings.Repeat("x", 199)+"\n", lines))
	b.SetBytes(lines * 200)
	for b.Loop() {
		r, err := Open(path)
		require.NoError(b, err)
		n := int64(0)
		for {
			if _, err := r.Next(); err != nil {
				break
			}
			n += 1 + r.Batch().Count
		}
		require.EqualValues(b, lines, n)
		require.NoError(b, r.Close())
	}
}
