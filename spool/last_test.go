package spool

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestLastReturnsTheLastWholeLine(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 3*lastStep)
	for text, want := range map[string]string{
		"":                                       "",
		"torn":                                   "",
		"\n":                                     "",
		"a\n":                                    "a",
		"a\nb\n":                                 "b",
		"a\nb\ntorn":                             "b",
		long + "\n":                              long,
		"a\n" + long + "\n":                      long,
		"a\n" + long + "\n" + "":                 long,
		strings.Repeat("ab\n", lastStep) + "z\n": "z",
	} {
		path := filepath.Join(t.TempDir(), "lines")
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		got, err := Last(path)
		require.NoError(t, err)
		require.Equal(t, want, string(got))
	}
	_, err := Last(filepath.Join(t.TempDir(), "none"))
	require.ErrorIs(t, err, os.ErrNotExist)
}

func TestAppendAllWritesLinesInOneWrite(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "lines")
	w, err := OpenWriter(path, 8)
	require.NoError(t, err)
	require.NoError(t, w.AppendAll([]byte("a\nbc\n")))
	require.ErrorIs(t, w.AppendAll([]byte("de\nf\n")), ErrLimit)
	require.NoError(t, w.Append([]byte("de")))
	require.NoError(t, w.Close())
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, "a\nbc\nde\n", string(text))
}
