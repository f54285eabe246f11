package spool

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"github.com/stretchr/testify/require"
)

// BenchmarkReader reads lines of 200 bytes; an operation is one line.
func BenchmarkReader(b *testing.B) {
	line := append(bytes.Repeat([]byte("x"), 199), '\n')
	path := content(b, string(bytes.Repeat(line, 300_000)))
	b.Run("unsealed", func(b *testing.B) { benchmark(b, len(line), func() (*Reader, error) { return Open(path) }) })
	require.NoError(b, Seal(path, 0))
	b.Run("sealed", func(b *testing.B) {
		benchmark(b, len(line), func() (*Reader, error) { return OpenSealed(path, 0, nil) })
	})
}

func benchmark(b *testing.B, size int, open func() (*Reader, error)) {
	b.Helper()
	b.SetBytes(int64(size))
	b.ReportAllocs()
	r, err := open()
	require.NoError(b, err)
	for b.Loop() {
		if _, err = r.Next(); errors.Is(err, io.EOF) {
			r.Rewind() // the next line is the first one again
			_, err = r.Next()
		}
		if err != nil {
			b.Fatal(err)
		}
	}
	require.NoError(b, r.Close())
}
