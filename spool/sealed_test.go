package spool

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// sealContent writes text to a new file, seals it, and returns its path.
func sealContent(t testing.TB, text string) string {
	t.Helper()
	path := content(t, text)
	require.NoError(t, Seal(path, 0))
	return path
}

// readSealed reads all of a sealed file behind line n. What it returns with an error is
// what was handed out before that.
func readSealed(path string, n int64) (lines []string, err error) {
	r, err := OpenSealed(path, n, nil)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return readOn(r)
}

// readOn reads to the end of r, or to its first error.
func readOn(r *Reader) (lines []string, err error) {
	for {
		line, err := r.Next()
		if errors.Is(err, io.EOF) {
			line, err = r.Rest()
		}
		if errors.Is(err, io.EOF) {
			return lines, nil
		}
		if err != nil {
			return lines, err
		}
		text := make([]byte, line.Size)
		if _, err := io.ReadFull(line.Reader(), text); err != nil {
			return lines, err
		}
		lines = append(lines, fmt.Sprintf("%d:%s", line.N, text))
	}
}

func TestSealedFileReadsAsUnsealed(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("0123456789abcdef", 3*BlockSize/16)
	for name, text := range map[string]string{
		"an empty file":                   "",
		"no newline at all":               "a",
		"lines":                           "a\n\nb\r\n",
		"a last line without newline":     "a\nb",
		"a block":                         strings.Repeat("x", BlockSize-1) + "\n",
		"a block and a line":              strings.Repeat("x", BlockSize-1) + "\nb\n",
		"a newline that begins a block":   strings.Repeat("x", BlockSize) + "\nb\n",
		"a rune across a block boundary":  strings.Repeat("x", BlockSize-2) + "€\nb\n",
		"a long line":                     long + "\nb\n" + long,
		"a long line from within a block": "a\n" + long + "\n",
		"many lines":                      strings.Repeat("line of text\n", 20_000),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := sealContent(t, text)
			lines, err := readSealed(path, 0)
			require.NoError(t, err)
			require.Equal(t, numbered([]byte(text)), lines)
			r, err := OpenSealed(path, 0, nil)
			require.NoError(t, err)
			defer r.Close()
			require.Equal(t, lines, collect(t, r, true))
			require.Empty(t, collect(t, r, true), "nothing is handed out twice")
		})
	}
}

// anyText draws lines of all lengths, of runes of one to four bytes and of no runes at all.
func anyText(t *rapid.T) string {
	length := rapid.OneOf(rapid.IntRange(0, 300), rapid.IntRange(BlockSize-3, BlockSize+3),
		rapid.IntRange(2*BlockSize-3, 2*BlockSize+3), rapid.IntRange(0, 4*BlockSize))
	var text strings.Builder
	for range rapid.IntRange(0, 12).Draw(t, "lines") {
		filler := rapid.SampledFrom([]string{"x", "é", "€", "🙂", "\xff\x00", "\r", "abc"}).Draw(t, "filler")
		n := length.Draw(t, "length")
		text.WriteString(strings.Repeat(filler, n/len(filler)+1)[:n] + "\n")
	}
	whole := text.String()
	return whole[:max(0, len(whole)-rapid.IntRange(0, 3).Draw(t, "cut"))]
}

func TestSealedFileReadsAsUnsealedFromAnyCursor(t *testing.T) {
	t.Parallel()
	dir, files := t.TempDir(), 0
	rapid.Check(t, func(t *rapid.T) {
		files++
		path := filepath.Join(dir, fmt.Sprint(files))
		text := anyText(t)
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		sealed := int64(rapid.IntRange(0, len(text)+2).Draw(t, "sealed"))
		require.NoError(t, Seal(path, sealed))
		if sealed == 0 {
			sealed = int64(len(text))
		}
		limit := min(sealed, int64(rapid.IntRange(0, len(text)+2).Draw(t, "limit")))
		index := rapid.SampledFrom([]*Index{nil, {}}).Draw(t, "index")
		if index != nil { // filled by readers that went further
			r, err := OpenAfter(path, 0, index)
			require.NoError(t, err)
			_, err = readOn(r)
			require.NoError(t, errors.Join(err, r.Close()))
		}
		after := int64(rapid.IntRange(0, 14).Draw(t, "after"))
		plain, err := OpenAfter(path, after, index)
		require.NoError(t, err)
		defer plain.Close()
		plain.Limit(limit)
		r, err := OpenSealed(path, after, index)
		require.NoError(t, err)
		defer r.Close()
		r.Limit(limit)
		want, err := readOn(plain)
		require.NoError(t, err)
		got, err := readOn(r)
		require.NoError(t, err)
		require.True(t, slices.Equal(want, got), "%d lines, want %d", len(got), len(want))
		require.NoError(t, errors.Join(os.Remove(path), os.Remove(path+sealSuffix)))
	})
}

func TestSealedFileEndsWhereItWasSealed(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("y", 2*BlockSize)
	for name, test := range map[string]struct {
		text   string
		limit  int64
		behind string
		want   []string
	}{
		"all of it":                  {"a\nb", 0, "c\n", []string{"1:a", "2:b"}},
		"all of it, by no limit":     {"a\nb", -1, "c\n", []string{"1:a", "2:b"}},
		"nothing":                    {"", 0, "a\n", nil},
		"less than the limit":        {"a\n", 100, "b\n", []string{"1:a"}},
		"up to a newline":            {"a\nb\n", 2, "", []string{"1:a"}},
		"to the middle of a line":    {"abc\ndef\n", 6, "", []string{"1:abc", "2:de"}},
		"to the middle of a long":    {long + "\n", BlockSize + 1, long, []string{"1:" + long[:BlockSize+1]}},
		"a block, then more appears": {long, BlockSize, "\n", []string{"1:" + long[:BlockSize]}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := content(t, test.text)
			require.NoError(t, Seal(path, test.limit))
			file, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
			require.NoError(t, err)
			defer file.Close()
			_, err = file.WriteString(test.behind)
			require.NoError(t, err)
			lines, err := readSealed(path, 0)
			require.NoError(t, err)
			require.Equal(t, test.want, lines)
		})
	}
}

func TestCursorBehindTheEndOfWhatIsSealed(t *testing.T) {
	t.Parallel()
	const line = "twenty bytes a line\n"
	path, index := content(t, strings.Repeat(line, 50_000)), &Index{}
	r, err := OpenAfter(path, 0, index)
	require.NoError(t, err)
	require.Len(t, collect(t, r, true), 50_000)
	require.NoError(t, r.Close())
	require.NoError(t, Seal(path, 1_000*int64(len(line))))
	for _, after := range []int64{1_000, 1_001, 49_999, 1 << 40} {
		r, err := OpenSealed(path, after, index)
		require.NoError(t, err)
		require.Empty(t, collect(t, r, true))
		require.NoError(t, r.Close())
	}
}

func TestSealedReaderBeginsAgain(t *testing.T) {
	t.Parallel()
	r, err := OpenSealed(sealContent(t, "a\nb\n"), 0, nil)
	require.NoError(t, err)
	defer r.Close()
	require.Equal(t, []string{"1:a", "2:b"}, collect(t, r, true))
	r.Rewind()
	require.Equal(t, []string{"3:a", "4:b"}, collect(t, r, true))
}

func TestHeadOfALongSealedLine(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("0123456789", BlockSize/5)
	r, err := OpenSealed(sealContent(t, "a\n"+long+"\n"), 1, nil)
	require.NoError(t, err)
	defer r.Close()
	line, err := r.Next()
	require.NoError(t, err)
	require.True(t, line.Long())
	for _, n := range []int64{0, 1, BlockSize - 2, BlockSize - 1, BlockSize + 5, 1 << 40} {
		head, err := line.Head(n)
		require.NoError(t, err)
		require.Equal(t, long[:min(n, int64(len(long)))], string(head))
	}
}

func TestSealedBytesAreThoseOfTheFile(t *testing.T) {
	t.Parallel()
	for _, size := range []int{0, 1, BlockSize, BlockSize + 1, 3*BlockSize - 1} {
		text := strings.Repeat("0123456789abcde", size/15+1)[:size]
		r, err := OpenSealed(sealContent(t, text), 0, nil)
		require.NoError(t, err)
		require.NoError(t, iotest.TestReader(io.NewSectionReader(r.source(), 0, int64(size)), []byte(text)), "%d bytes", size)
		for _, beyond := range []int{0, 1, BlockSize} {
			n, err := r.source().ReadAt(make([]byte, 1), int64(size+beyond))
			require.ErrorIs(t, err, io.EOF)
			require.Zero(t, n)
		}
		require.NoError(t, r.Close())
	}
}

func TestSealedReaderLeavesNothingOpen(t *testing.T) {
	t.Parallel()
	r, err := OpenSealed(sealContent(t, "a\n"), 0, nil)
	require.NoError(t, err)
	sums, file := r.sealed.sums, r.file
	require.NoError(t, r.Close())
	require.ErrorIs(t, sums.Close(), os.ErrClosed)
	require.ErrorIs(t, file.Close(), os.ErrClosed)
}

// A file of any size is sealed, and read, in the memory of a few blocks.
func TestLargeFileIsSealedAndReadInConstantMemory(t *testing.T) {
	path := content(t, "")
	require.NoError(t, os.Truncate(path, 1<<30))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	require.NoError(t, Seal(path, 0))
	r, err := OpenSealed(path, 0, nil)
	require.NoError(t, err)
	defer r.Close()
	r.Limit(256 << 20) // goes on like that
	_, err = r.Next()
	require.ErrorIs(t, err, io.EOF)
	line, err := r.Rest()
	require.NoError(t, err)
	require.EqualValues(t, 256<<20, line.Size)
	runtime.ReadMemStats(&after)
	require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(1<<20))
}

// Reading in sequence must not read, or compare, a block twice.
func TestSealedFileIsReadOnce(t *testing.T) {
	t.Parallel()
	text := strings.Repeat("line of text\n", 100_000)
	r, err := OpenSealed(sealContent(t, text), 0, nil)
	require.NoError(t, err)
	defer r.Close()
	counter := &countingFile{file: r.sealed.file}
	r.sealed.file = counter
	require.Len(t, collect(t, r, true), 100_000)
	require.EqualValues(t, len(text), counter.read)
}

type countingFile struct {
	file io.ReaderAt
	read int64
}

func (c *countingFile) ReadAt(p []byte, offset int64) (int, error) {
	n, err := c.file.ReadAt(p, offset)
	c.read += int64(n)
	return n, err
}

// An empty file beside a full one, as stderr mostly is, must not cost a block of memory.
func TestSmallSealedFileCostsASmallBlock(t *testing.T) {
	t.Parallel()
	r, err := OpenSealed(sealContent(t, "a\n"), 0, nil)
	require.NoError(t, err)
	defer r.Close()
	require.Equal(t, []string{"1:a"}, collect(t, r, true))
	require.LessOrEqual(t, cap(r.sealed.block), len("a\n"))
	require.True(t, bytes.Equal([]byte("a\n"), r.sealed.block))
}
