package run

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

func someFiles(t *testing.T) *files {
	t.Helper()
	f, err := newFiles(filepath.Join(t.TempDir(), "run_x"))
	require.NoError(t, err)
	return f
}

func TestFilesAreTheOwnersAlone(t *testing.T) {
	t.Parallel()
	f := someFiles(t)
	for path, mode := range map[string]os.FileMode{f.dir: 0o700, f.stdoutPath(): 0o600, f.stderrPath(): 0o600} {
		info, err := os.Stat(path)
		require.NoError(t, err)
		require.Equal(t, mode, info.Mode().Perm())
	}
	require.NoError(t, f.release())
}

func TestFilesExistAsLongAsSomebodyHoldsThem(t *testing.T) {
	t.Parallel()
	f := someFiles(t)
	require.NoError(t, f.hold())
	require.NoError(t, f.release())
	require.DirExists(t, f.dir)
	require.NoError(t, f.release())
	require.NoDirExists(t, f.dir)
	require.ErrorIs(t, f.hold(), os.ErrClosed, "what is gone stays gone")
	_, err := f.stdout.Write([]byte("x"))
	require.ErrorIs(t, err, os.ErrClosed)
}

func TestFilesHeldFromManySidesAreRemovedOnce(t *testing.T) {
	t.Parallel()
	f := someFiles(t)
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			for f.hold() == nil {
				if err := f.release(); err != nil {
					t.Error(err)
				}
			}
		})
	}
	require.NoError(t, f.release())
	all.Wait()
	require.NoDirExists(t, f.dir)
}

func TestFilesAreNotMadeTwice(t *testing.T) {
	t.Parallel()
	f := someFiles(t)
	_, err := newFiles(f.dir)
	require.ErrorIs(t, err, os.ErrExist)
	require.FileExists(t, f.stdoutPath(), "those of the first are untouched")
	require.NoError(t, f.release())
	_, err = newFiles(filepath.Join(t.TempDir(), "no", "such"))
	require.ErrorIs(t, err, os.ErrNotExist)
}

func TestTheTailIsWholeLinesOfUTF8WithoutSecrets(t *testing.T) {
	t.Parallel()
	mask := NewMask([]string{secret})
	long := strings.Repeat("x", 100)
	for name, test := range map[string]struct{ text, want string }{
		"nothing":                {"", ""},
		"a line":                 {"boom\n", "boom\n"},
		"no newline":             {"boom", "boom"},
		"not UTF-8":              {"a\xff\xfeb", "a\ufffdb"},
		"a secret":               {"key " + secret + "\n", "key [masked]\n"},
		"many lines":             {strings.Repeat(long+"\n", 100), strings.Repeat(long+"\n", 40)},
		"one long line":          {strings.Repeat(long, 100), strings.Repeat("x", maxTail)},
		"a long last line":       {"short\n" + strings.Repeat(long, 50) + "\n", strings.Repeat("x", maxTail-1) + "\n"},
		"characters":             {strings.Repeat("€", 3000), strings.Repeat("€", maxTail/3)},
		"a secret that is cut":   {strings.Repeat("x", 10) + secret + strings.Repeat("y", maxTail-5), strings.Repeat("y", maxTail-5)},
		"nothing but secrets":    {strings.Repeat(secret, 1000), strings.Repeat("[masked]", maxTail/len(secret))},
		"bytes that become more": {strings.Repeat("\xff,", maxTail), strings.Repeat("\ufffd,", maxTail/4)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := someFiles(t)
			_, err := f.stderr.WriteString(test.text)
			require.NoError(t, err)
			tail := f.tail(mask)
			require.LessOrEqual(t, len(tail), maxTail)
			require.NotContains(t, tail, "SECRET")
			require.NotContains(t, tail, "56789")
			require.Equal(t, test.want, tail)
			require.NoError(t, f.release())
		})
	}
}

func TestDiscardKeepsTheBeginningAndTheEnd(t *testing.T) {
	t.Parallel()
	f := someFiles(t)
	line := strings.Repeat("x", 1023) + "\n"
	blocks := func() int64 {
		var stat syscall.Stat_t
		require.NoError(t, syscall.Fstat(int(f.stderr.Fd()), &stat))
		return stat.Blocks * 512
	}
	var done int64
	for range 16 { // MiB
		_, err := f.stderr.WriteString(strings.Repeat(line, 1024))
		require.NoError(t, err)
		done, err = f.discard(done)
		require.NoError(t, err)
		require.LessOrEqual(t, blocks(), int64(maxStderr+3*discardStep))
	}
	require.EqualValues(t, 16<<20, size(f.stderr), "offsets stay what they are")
	require.EqualValues(t, 15<<20, done)
	head := make([]byte, maxStderr)
	_, err := f.stderr.ReadAt(head, 0)
	require.NoError(t, err)
	require.True(t, strings.Repeat(line, 1024) == string(head))
	require.True(t, strings.Repeat(line, 4) == f.tail(NewMask(nil)))
	again, err := f.discard(done)
	require.NoError(t, err)
	require.Equal(t, done, again)
	require.NoError(t, f.release())
}

func TestDiscardLeavesAShortFileAlone(t *testing.T) {
	t.Parallel()
	f := someFiles(t)
	_, err := f.stderr.WriteString(strings.Repeat("x", 2*maxStderr))
	require.NoError(t, err)
	done, err := f.discard(0)
	require.NoError(t, err)
	require.EqualValues(t, maxStderr, done)
	require.NoError(t, f.release())
}
