package spool

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// content writes text to a new file and returns its path.
func content(t testing.TB, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "stdout")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

// collect reads every line that is there, and the rest if the file has ended.
func collect(t testing.TB, r *Reader, ended bool) (lines []string) {
	t.Helper()
	return gather(t, r, ended, func() []string { return nil })
}

// gather reads line by line, and before each line what else there is.
func gather(t testing.TB, r *Reader, ended bool, before func() []string) (lines []string) {
	t.Helper()
	if ended {
		r.Refresh()
	}
	for {
		lines = append(lines, before()...)
		line, err := r.Next()
		if errors.Is(err, io.EOF) && ended {
			line, err = r.Rest()
		}
		if errors.Is(err, io.EOF) {
			return lines
		}
		require.NoError(t, err)
		text, err := io.ReadAll(line.Reader())
		require.NoError(t, err)
		require.Len(t, text, int(line.Size))
		lines = append(lines, fmt.Sprintf("%d:%s", line.N, text))
	}
}

func TestReaderHandsOutEveryLineUnchanged(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		text string
		want []string
	}{
		"an empty file":                {"", nil},
		"lines":                        {"a\nb\nc\n", []string{"1:a", "2:b", "3:c"}},
		"an empty line":                {"a\n\nb\n", []string{"1:a", "2:", "3:b"}},
		"a carriage return":            {"x\r\n", []string{"1:x\r"}},
		"a last line without newline":  {"a\nb", []string{"1:a", "2:b"}},
		"bytes that are not UTF-8":     {"\xff\x00\xfe\n", []string{"1:\xff\x00\xfe"}},
		"a line as long as the buffer": {"12345678\nx\n", []string{"1:12345678", "2:x"}},
		"lines longer than the buffer": {"123456789\n" + strings.Repeat("y", 50) + "\nz", []string{"1:123456789", "2:" + strings.Repeat("y", 50), "3:z"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file, err := os.Open(content(t, test.text))
			require.NoError(t, err)
			r := newReader(file, 8)
			defer r.Close()
			require.Equal(t, test.want, collect(t, r, true))
			require.Empty(t, collect(t, r, true), "nothing is handed out twice")
		})
	}
}

func TestReaderWaitsForTheNewline(t *testing.T) {
	t.Parallel()
	path := content(t, "a\nhal")
	r, err := Open(path)
	require.NoError(t, err)
	defer r.Close()
	require.Equal(t, []string{"1:a"}, collect(t, r, false))
	file, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	require.NoError(t, err)
	defer file.Close()
	_, err = file.WriteString("f\nnext")
	require.NoError(t, err)
	require.Equal(t, []string{"2:half"}, collect(t, r, false))
	require.Equal(t, []string{"3:next"}, collect(t, r, true))
}

func TestOpenAfterGoesOnBehindACursor(t *testing.T) {
	t.Parallel()
	var text strings.Builder
	const lines = 100_000
	for i := 1; i <= lines; i++ {
		fmt.Fprintf(&text, "line %d of many\n", i)
	}
	path, index := content(t, text.String()), &Index{}
	for _, n := range []int64{0, 1, 2, 99_998, 50_000, 12_345, lines - 1} {
		r, err := OpenAfter(path, n, index)
		require.NoError(t, err)
		line, err := r.Next()
		require.NoError(t, err)
		require.Equal(t, n+1, line.N)
		require.Equal(t, fmt.Sprintf("line %d of many", n+1), string(line.Bytes))
		require.NoError(t, r.Close())
	}
	require.Greater(t, len(index.places), 4, "the index has learned")
	_, offset := index.before(50_001)
	require.Greater(t, offset, int64(text.Len()/4), "going to a line does not start at the beginning")
}

func TestOpenAfterAwaitsLinesBeyondTheEnd(t *testing.T) {
	t.Parallel()
	for _, n := range []int64{2, 3, 1 << 40} {
		path := content(t, "a\nb\n")
		r, err := OpenAfter(path, n, nil)
		require.NoError(t, err)
		require.Empty(t, collect(t, r, false))
		file, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
		require.NoError(t, err)
		_, err = file.WriteString("c\nd\n")
		require.NoError(t, err)
		require.Equal(t, map[int64][]string{2: {"3:c", "4:d"}, 3: {"4:d"}}[n], collect(t, r, true))
		require.NoError(t, r.Close())
		require.NoError(t, file.Close())
	}
}

func TestLongLineCostsNoMemory(t *testing.T) {
	path := filepath.Join(t.TempDir(), "stdout")
	file, err := Create(path)
	require.NoError(t, err)
	defer file.Close()
	const size = 256 << 20
	sum, block := sha256.New(), bytes.Repeat([]byte("0123456789abcdef"), 1<<16)
	for range size / len(block) {
		_, err := io.MultiWriter(file, sum).Write(block)
		require.NoError(t, err)
	}
	_, err = file.WriteString("\nafter\n")
	require.NoError(t, err)

	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	r, err := Open(path)
	require.NoError(t, err)
	defer r.Close()
	line, err := r.Next()
	require.NoError(t, err)
	require.True(t, line.Long())
	require.EqualValues(t, size, line.Size)
	got := sha256.New()
	_, err = io.Copy(got, line.Reader())
	require.NoError(t, err)
	runtime.ReadMemStats(&after)
	require.Equal(t, sum.Sum(nil), got.Sum(nil))
	require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(1<<20))
	head, err := line.Head(4)
	require.NoError(t, err)
	require.Equal(t, "0123", string(head))
	line, err = r.Next()
	require.NoError(t, err)
	require.Equal(t, "after", string(line.Bytes))
}

func FuzzReader(f *testing.F) {
	f.Add([]byte("a\nb\n\nc"), uint8(3), uint8(2))
	f.Add([]byte("\n\n"), uint8(1), uint8(0))
	f.Add([]byte("long long line\nx"), uint8(4), uint8(9))
	f.Fuzz(func(t *testing.T, text []byte, size, cut uint8) {
		path := content(t, "")
		file, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
		require.NoError(t, err)
		defer file.Close()
		r := openSmall(t, path, int(size)+1)
		at := min(int(cut), len(text)) // the file grows between two looks
		_, err = file.Write(text[:at])
		require.NoError(t, err)
		batches := openSmall(t, path, int(size)+1)
		got, inBatches := collect(t, r, false), collectBatches(t, batches, false)
		_, err = file.Write(text[at:])
		require.NoError(t, err)
		require.Equal(t, numbered(text), append(got, collect(t, r, true)...))
		require.Equal(t, numbered(text), append(inBatches, collectBatches(t, batches, true)...))
	})
}

// openSmall opens a reader with a buffer of another size.
func openSmall(t testing.TB, path string, size int) *Reader {
	t.Helper()
	file, err := os.Open(path)
	require.NoError(t, err)
	r := newReader(file, size)
	t.Cleanup(func() { _ = r.Close() })
	return r
}

// numbered is the model: what a reader must hand out for a file that has ended.
func numbered(text []byte) (lines []string) {
	for i, line := range strings.SplitAfter(string(text), "\n") {
		if line != "" {
			lines = append(lines, fmt.Sprintf("%d:%s", i+1, strings.TrimSuffix(line, "\n")))
		}
	}
	return lines
}

// A window of a file begins where its index does, with line 1.
func TestAnIndexMayBeginInTheMiddle(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "file")
	before, window := strings.Repeat("before\n", 100_000), strings.Builder{}
	for i := range 100_000 {
		fmt.Fprintln(&window, "line", i+1)
	}
	require.NoError(t, os.WriteFile(path, []byte(before+window.String()+"behind\n"), 0o600))
	index := &Index{}
	index.Begin(int64(len(before)))
	for _, after := range []int64{0, 1, 50_000, 99_999, 100_000, 0, 75_000} { // later ones go by what the earlier have learnt
		r, err := OpenAfter(path, after, index)
		require.NoError(t, err)
		r.Limit(int64(len(before) + window.Len()))
		line, err := r.Next()
		if after == 100_000 {
			require.ErrorIs(t, err, io.EOF)
		} else {
			require.NoError(t, err)
			require.Equal(t, after+1, line.N)
			require.Equal(t, fmt.Sprint("line ", after+1), string(line.Bytes))
			for err == nil {
				line, err = r.Next()
			}
			require.ErrorIs(t, err, io.EOF)
		}
		require.NoError(t, r.Close())
	}
}
