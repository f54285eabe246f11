package spool

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// sealContent writes text to a new file, seals it, and returns its path.
func sealContent(t testing.TB, text string) string {
	t.Helper()
	path := content(t, text)
	require.NoError(t, Seal(path, 0))
	return path
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
			r, err := OpenSealed(sealContent(t, text), 0, nil)
			require.NoError(t, err)
			defer r.Close()
			require.Equal(t, numbered([]byte(text)), collect(t, r, true))
			require.Empty(t, collect(t, r, true), "nothing is handed out twice")
		})
	}
}

func TestOpenSealedWithoutChecksums(t *testing.T) {
	t.Parallel()
	path := content(t, "a\n")
	_, err := OpenSealed(path, 0, nil)
	require.ErrorIs(t, err, ErrDamaged)
	require.NoError(t, os.Remove(path))
	_, err = OpenSealed(path, 0, nil)
	require.ErrorIs(t, err, os.ErrNotExist)
	require.NotErrorIs(t, err, ErrDamaged)
}
