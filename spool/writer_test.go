package spool

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestWriterAppendsLines(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "journal")
	w, err := OpenWriter(path, 1<<20)
	require.NoError(t, err)
	require.NoError(t, w.Append([]byte("a")))
	require.NoError(t, w.Append(nil))
	require.ErrorIs(t, w.Append([]byte("x\ny")), ErrNewline)
	require.NoError(t, w.Sync())
	require.NoError(t, w.Close())
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode())

	again, err := OpenWriter(path, 1<<20)
	require.NoError(t, err)
	require.NoError(t, again.Append([]byte("b")))
	require.NoError(t, again.Close())
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, "a\n\nb\n", string(text))
}

func TestWriterRemovesWhatACrashCutShort(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ text, want string }{
		"nothing torn":                {"a\nb\n", "a\nb\n"},
		"a torn last line":            {"a\nb", "a\n"},
		"only a torn line":            {"torn", ""},
		"a torn line over many reads": {"a\n" + strings.Repeat("t", 10_000), "a\n"},
		"an empty file":               {"", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := content(t, test.text)
			w, err := OpenWriter(path, 1<<20)
			require.NoError(t, err)
			require.NoError(t, w.Close())
			text, err := os.ReadFile(path)
			require.NoError(t, err)
			require.Equal(t, test.want, string(text))
		})
	}
}

func TestWriterKeepsItsLimit(t *testing.T) {
	t.Parallel()
	path := content(t, "abc\n")
	w, err := OpenWriter(path, 8)
	require.NoError(t, err)
	defer w.Close()
	require.ErrorIs(t, w.Append([]byte("long")), ErrLimit)
	require.NoError(t, w.Append([]byte("def")))
	require.ErrorIs(t, w.Append(nil), ErrLimit)
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.EqualValues(t, 8, info.Size())
}

func TestCreateRefusesAnExistingFile(t *testing.T) {
	t.Parallel()
	_, err := Create(content(t, ""))
	require.ErrorIs(t, err, os.ErrExist)
}
