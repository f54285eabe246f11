package spool

import (
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSealIsForItsOwnerOnly(t *testing.T) {
	t.Parallel()
	info, err := os.Stat(sealContent(t, "a\n") + sealSuffix)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode())
}

// Its bytes are promised: what one version seals, the next one reads.
func TestSealFormat(t *testing.T) {
	t.Parallel()
	seal, err := os.ReadFile(sealContent(t, "123456789") + sealSuffix)
	require.NoError(t, err)
	want := "spoolsum" + "\x01\x00\x00\x00" + "\x00\x00\x01\x00" + "\x09\x00\x00\x00\x00\x00\x00\x00" +
		"\x83\x92\x06\xe3" // the check value of CRC-32C is e3069283
	require.Equal(t, want, string(seal[:len(seal)-sumSize]))
	require.EqualValues(t, 0x48674bc7, checksum(seal), "a message with its own CRC-32C behind it has a constant one")
}

func TestSealReplacesAnEarlierOne(t *testing.T) {
	t.Parallel()
	path := sealContent(t, "a\nb\n")
	r, err := OpenSealed(path, 0, nil) // who has the old one goes on with it
	require.NoError(t, err)
	defer r.Close()
	require.NoError(t, Seal(path, 2))
	lines, err := readSealed(path, 0)
	require.NoError(t, err)
	require.Equal(t, []string{"1:a"}, lines)
	require.Equal(t, []string{"1:a", "2:b"}, collect(t, r, true))
}

func TestSealLeavesNothingBehindWhenItFails(t *testing.T) {
	t.Parallel()
	require.ErrorIs(t, Seal(filepath.Join(t.TempDir(), "stdout"), 0), os.ErrNotExist)
	path := content(t, "a\n")
	require.NoError(t, os.Mkdir(path+sealSuffix, 0o700)) // cannot be replaced by a file
	require.Error(t, Seal(path, 0))
	require.Equal(t, []string{"stdout", "stdout.sum"}, names(t, path))
}

func TestSealOfAFileThatShrinks(t *testing.T) {
	t.Parallel()
	file, err := os.Open(content(t, "a\n"))
	require.NoError(t, err)
	defer file.Close()
	require.Error(t, writeSeal(new(discarded), file, 3))
}

type discarded struct{}

func (*discarded) Write(p []byte) (int, error) { return len(p), nil }

func TestSealTwiceAtOnce(t *testing.T) {
	t.Parallel()
	path := content(t, "a\nb\n")
	var seals sync.WaitGroup
	for range 8 {
		seals.Go(func() {
			if err := Seal(path, 0); err != nil {
				t.Error(err)
			}
		})
	}
	seals.Wait()
	lines, err := readSealed(path, 0)
	require.NoError(t, err)
	require.Equal(t, []string{"1:a", "2:b"}, lines)
	require.Equal(t, []string{"stdout", "stdout.sum"}, names(t, path))
}

// names returns what stands in the directory of the file at path.
func names(t *testing.T, path string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Dir(path))
	require.NoError(t, err)
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	return names
}
