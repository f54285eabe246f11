package spool

import (
	"encoding/binary"
	"hash/crc32"
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

func checksum(p []byte) uint32 { return crc32.Checksum(p, castagnoli) }

func TestOpenSealedRefusesWhatIsNoSeal(t *testing.T) {
	t.Parallel()
	head := func(edit func(head []byte)) []byte {
		head := sealHead(2)
		edit(head)
		return head
	}
	sum := sumOf(checksum([]byte("a\n")))
	for name, seal := range map[string][]byte{
		"of another size":        append(sealHead(2), append(sum, sum...)...),
		"without sums":           sealHead(2),
		"with sums of nothing":   append(sealHead(0), sum...),
		"of a negative size":     append(sealHead(-1), sum...),
		"of the largest size":    append(sealHead(1<<63-1), sum...),
		"of a negative, nothing": sealHead(-1),
		"shorter than its head":  []byte(sealMagic),
		"of another magic":       append(head(func(h []byte) { h[0]++ }), sum...),
		"of another block size":  append(head(func(h []byte) { h[12]++ }), sum...),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := content(t, "a\n")
			require.NoError(t, os.WriteFile(path+sealSuffix, append(seal, sumOf(checksum(seal))...), 0o600))
			_, err := OpenSealed(path, 0, nil)
			require.ErrorIs(t, err, ErrDamaged)
		})
	}
}

// What a newer program has sealed is not called damaged, and not served either.
func TestOpenSealedRefusesAnotherVersion(t *testing.T) {
	t.Parallel()
	path := content(t, "a\n")
	seal := append(sealHead(2), sumOf(checksum([]byte("a\n")))...)
	binary.LittleEndian.PutUint32(seal[8:], 2)
	require.NoError(t, os.WriteFile(path+sealSuffix, append(seal, sumOf(checksum(seal))...), 0o600))
	_, err := OpenSealed(path, 0, nil)
	require.ErrorContains(t, err, "version 2")
	require.NotErrorIs(t, err, ErrDamaged)
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
	require.ErrorIs(t, missing(path), os.ErrNotExist, "a file that goes while it is opened is not damaged")
}

// Whatever stands in a seal, no line is wrong and nothing panics.
func FuzzSeal(f *testing.F) {
	const text = "a\nb\nc"
	seal := append(sealHead(int64(len(text))), sumOf(checksum([]byte(text)))...)
	f.Add(seal)
	f.Add([]byte{})
	f.Add(append(sealHead(3), sumOf(checksum([]byte("a\nb")))...))
	f.Add(sealHead(0))
	f.Fuzz(func(t *testing.T, seal []byte) {
		path := content(t, text)
		require.NoError(t, os.WriteFile(path+sealSuffix, append(seal, sumOf(checksum(seal))...), 0o600))
		lines, err := readSealed(path, 0)
		if err == nil {
			size := binary.LittleEndian.Uint64(seal[16:])
			require.LessOrEqual(t, size, uint64(len(text)))
			require.Equal(t, numbered([]byte(text[:size])), lines)
		}
	})
}
