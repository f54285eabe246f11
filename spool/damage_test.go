package spool

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// mixed is a text of some blocks: short lines, lines longer than a buffer, an unfinished one.
func mixed() string {
	var text strings.Builder
	for i := range 20 {
		for j := range 100 {
			fmt.Fprintf(&text, "line %d of part %d, with some text behind it: €\n", j, i)
		}
		if i%8 == 5 {
			text.WriteString(strings.Repeat("0123456789abcde\t", 7_000) + "\n\n")
		}
	}
	return text.String() + "the end"
}

// requirePrefix requires that what was handed out is how the file begins, up to the block
// at offset damaged at least.
func requirePrefix(t *testing.T, text string, want, lines []string, damaged int) {
	t.Helper()
	whole := strings.Count(text[:damaged], "\n")
	require.GreaterOrEqual(t, len(lines), whole, "lines before the damage are handed out")
	require.LessOrEqual(t, len(lines), len(want))
	require.True(t, slices.Equal(want[:len(lines)], lines), "a wrong line was handed out")
}

func TestD03FlippedBitsAreReported(t *testing.T) {
	t.Parallel()
	text := mixed()
	path, want := sealContent(t, text), numbered([]byte(text))
	seal, err := os.ReadFile(path + sealSuffix)
	require.NoError(t, err)
	seed := rand.Uint64()
	t.Log("seed", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	for i := range 500 {
		if i%5 == 0 {
			bit := random.IntN(8 * len(seal))
			flip(t, path+sealSuffix, bit)
			lines, err := readSealed(path, 0)
			require.ErrorIs(t, err, ErrDamaged, "bit %d of the seal", bit)
			require.Empty(t, lines)
			flip(t, path+sealSuffix, bit)
			continue
		}
		bit := random.IntN(8 * len(text))
		block := bit / 8 / BlockSize * BlockSize
		flip(t, path, bit)
		lines, err := readSealed(path, 0)
		require.ErrorIs(t, err, ErrDamaged, "bit %d", bit)
		require.ErrorContains(t, err, fmt.Sprintf("the block at byte %d", block))
		requirePrefix(t, text, want, lines, block)
		flip(t, path, bit)
	}
	lines, err := readSealed(path, 0)
	require.NoError(t, err)
	require.True(t, slices.Equal(want, lines))
}

// flip turns one bit of the file at path over.
func flip(t *testing.T, path string, bit int) {
	t.Helper()
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	require.NoError(t, err)
	defer file.Close()
	var b [1]byte
	_, err = file.ReadAt(b[:], int64(bit/8))
	require.NoError(t, err)
	b[0] ^= 1 << (bit % 8)
	_, err = file.WriteAt(b[:], int64(bit/8))
	require.NoError(t, err)
}

func TestD03TruncationIsReported(t *testing.T) {
	t.Parallel()
	text := strings.Repeat("x", BlockSize-3_000) + "\n" + strings.Repeat("a line of thirty bytes or so.\n", 170) + "end"
	require.Greater(t, len(text), BlockSize+1_000, "the last 4 KiB lie in two blocks")
	require.Less(t, len(text), BlockSize+3_000, "the last 4 KiB lie in two blocks")
	path, want := sealContent(t, text), numbered([]byte(text))
	for size := len(text) - 1; size >= len(text)-4096; size-- {
		require.NoError(t, os.Truncate(path, int64(size)))
		lines, err := readSealed(path, 0)
		require.ErrorIs(t, err, ErrDamaged, "%d bytes", size)
		requirePrefix(t, text, want, lines, size/BlockSize*BlockSize)
	}
	require.NoError(t, os.Truncate(path, 0))
	lines, err := readSealed(path, 0)
	require.ErrorIs(t, err, ErrDamaged)
	require.Empty(t, lines)
}

// What was read before must not stand in for what is gone.
func TestD03TruncationOfEqualBlocksIsReported(t *testing.T) {
	t.Parallel()
	text := strings.Repeat("fifteen bytes..\n", 3*BlockSize/16)
	path := sealContent(t, text)
	for _, size := range []int{2*BlockSize + 1, 2 * BlockSize, BlockSize} {
		require.NoError(t, os.Truncate(path, int64(size)))
		lines, err := readSealed(path, 0)
		require.ErrorIs(t, err, ErrDamaged)
		require.Len(t, lines, size/BlockSize*BlockSize/16)
	}
}

func TestD03TruncatedSealIsReported(t *testing.T) {
	t.Parallel()
	path := sealContent(t, mixed())
	seal, err := os.ReadFile(path + sealSuffix)
	require.NoError(t, err)
	for size := range seal {
		require.NoError(t, os.WriteFile(path+sealSuffix, seal[:size], 0o600))
		_, err := OpenSealed(path, 0, nil)
		require.ErrorIs(t, err, ErrDamaged, "%d bytes", size)
	}
	require.NoError(t, os.WriteFile(path+sealSuffix, append(seal, 0), 0o600))
	_, err = OpenSealed(path, 0, nil)
	require.ErrorIs(t, err, ErrDamaged, "a byte too many")
}

// requireDamaged requires that every call of r returns ErrDamaged, again and again.
func requireDamaged(t *testing.T, r *Reader) {
	t.Helper()
	for range 3 {
		_, err := r.Next()
		require.ErrorIs(t, err, ErrDamaged)
		_, err = r.Rest()
		require.ErrorIs(t, err, ErrDamaged)
	}
}

func TestDamageStays(t *testing.T) {
	t.Parallel()
	path := sealContent(t, mixed())
	r, err := OpenSealed(path, 0, nil)
	require.NoError(t, err)
	defer r.Close()
	_, err = r.Next()
	require.NoError(t, err)
	flip(t, path, 8*(BlockSize+10))
	_, err = readOn(r)
	require.ErrorIs(t, err, ErrDamaged)
	requireDamaged(t, r)
	flip(t, path, 8*(BlockSize+10)) // it was the disk's mood: who trusts it now?
	requireDamaged(t, r)
	r.Rewind()
	requireDamaged(t, r)
}

// A long line is read a second time, when it is copied: what was good may be bad by then.
func TestDamageOfALongLineThatWasHandedOut(t *testing.T) {
	t.Parallel()
	for name, limit := range map[string]int64{"with lines behind it": 1 << 40, "with nothing behind it": 3*BlockSize + 1} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := sealContent(t, strings.Repeat("x", 3*BlockSize)+"\nb\nc\n")
			r, err := OpenSealed(path, 0, nil)
			require.NoError(t, err)
			defer r.Close()
			r.Limit(limit)
			line, err := r.Next()
			require.NoError(t, err)
			require.True(t, line.Long())
			flip(t, path, 8*BlockSize)
			text, err := io.ReadAll(line.Reader())
			require.ErrorIs(t, err, ErrDamaged)
			require.Equal(t, strings.Repeat("x", BlockSize), string(text), "what is good comes first")
			requireDamaged(t, r)
			_, err = line.Head(1)
			require.ErrorIs(t, err, ErrDamaged)
		})
	}
}

// The reader's buffer is not aligned to the blocks: what it reads of a good block must not
// suffer from a bad one behind it.
func TestLongLineThatEndsBeforeTheDamageIsHandedOut(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 2*BlockSize-10)
	path := sealContent(t, "a\n"+long+"\nb\nc, which goes on in the bad block\n")
	flip(t, path, 8*2*BlockSize)
	lines, err := readSealed(path, 0)
	require.ErrorIs(t, err, ErrDamaged)
	require.Equal(t, []string{"1:a", "2:" + long, "3:b"}, lines)
}

func TestSealedFileCutAfterItWasReadHasEnded(t *testing.T) {
	t.Parallel()
	path := sealContent(t, "a\nb\n")
	r, err := OpenSealed(path, 0, nil)
	require.NoError(t, err)
	defer r.Close()
	require.Equal(t, []string{"1:a", "2:b"}, collect(t, r, true))
	require.NoError(t, os.Truncate(path, 0))
	require.Empty(t, collect(t, r, true), "everything was handed out, and was good")
}

func TestDamageBeforeTheCursorsPlaceDoesNotMatter(t *testing.T) {
	t.Parallel()
	text := strings.Repeat("a line of some length\n", 30_000)
	path, index := sealContent(t, text), &Index{}
	r, err := OpenSealed(path, 0, index)
	require.NoError(t, err)
	require.Len(t, collect(t, r, true), 30_000)
	require.NoError(t, r.Close())
	flip(t, path, 0)
	r, err = OpenSealed(path, 29_999, index)
	require.NoError(t, err)
	defer r.Close()
	require.Equal(t, []string{"30000:a line of some length"}, collect(t, r, true))
	lines, err := readSealed(path, 29_999)
	require.ErrorIs(t, err, ErrDamaged, "without an index the lines must be counted")
	require.Empty(t, lines)
}

func TestSealCutAfterItWasOpened(t *testing.T) {
	t.Parallel()
	path := sealContent(t, "a\nb\n")
	r, err := OpenSealed(path, 0, nil)
	require.NoError(t, err)
	defer r.Close()
	require.NoError(t, os.Truncate(path+sealSuffix, headSize+2))
	requireDamaged(t, r)
}

var errDisk = errors.New("input/output error")

// failingFile fails as long as it is told to.
type failingFile struct {
	file io.ReaderAt
	fail bool
}

func (f *failingFile) ReadAt(p []byte, offset int64) (int, error) {
	if f.fail {
		n, _ := f.file.ReadAt(p[:len(p)/2], offset)
		return n, errDisk
	}
	return f.file.ReadAt(p, offset)
}

// A disk that does not answer has not changed anything: that is no ErrDamaged, and may pass.
func TestReadErrorIsNotDamage(t *testing.T) {
	t.Parallel()
	text := mixed()
	r, err := OpenSealed(sealContent(t, text), 0, nil)
	require.NoError(t, err)
	defer r.Close()
	file := &failingFile{file: r.sealed.file}
	r.sealed.file = file
	line, err := r.Next()
	require.NoError(t, err)
	first := fmt.Sprintf("1:%s", line.Bytes)
	file.fail = true
	lines, err := readOn(r)
	require.ErrorIs(t, err, errDisk)
	require.NotErrorIs(t, err, ErrDamaged)
	file.fail = false
	more, err := readOn(r)
	require.NoError(t, err)
	require.True(t, slices.Equal(numbered([]byte(text)), append(append([]string{first}, lines...), more...)))
}

// A block that could not be read has spoiled the memory of the one before.
func TestBlockBeforeAReadErrorIsReadAgain(t *testing.T) {
	t.Parallel()
	r, err := OpenSealed(sealContent(t, strings.Repeat("a", BlockSize)+strings.Repeat("b", BlockSize)), 0, nil)
	require.NoError(t, err)
	defer r.Close()
	file := &failingFile{file: r.sealed.file}
	r.sealed.file = file
	var c [1]byte
	for range 2 {
		file.fail = false
		_, err = r.sealed.ReadAt(c[:], 0)
		require.NoError(t, err)
		require.Equal(t, "a", string(c[:]))
		file.fail = true
		_, err = r.sealed.ReadAt(c[:], BlockSize)
		require.ErrorIs(t, err, errDisk)
	}
}
