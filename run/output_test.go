package run

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"spool/procman"
)

// newOutput is a run's output of which there is nothing yet.
func newOutput(t *testing.T) *output {
	t.Helper()
	return &output{dir: filepath.Join(t.TempDir(), "run_x")}
}

func someFiles(t *testing.T) *files {
	t.Helper()
	f, err := newOutput(t).create()
	require.NoError(t, err)
	return f
}

func TestFilesAreTheOwnersAlone(t *testing.T) {
	t.Parallel()
	f := someFiles(t)
	for path, mode := range map[string]os.FileMode{f.dir: 0o700, f.stdout(): 0o600, f.stderr(): 0o600} {
		info, err := os.Stat(path)
		require.NoError(t, err)
		require.Equal(t, mode, info.Mode().Perm())
	}
	require.NoError(t, f.close())
	_, err := f.out.WriteString("x")
	require.ErrorIs(t, err, os.ErrClosed)
}

func TestFilesAreNotMadeTwice(t *testing.T) {
	t.Parallel()
	f := someFiles(t)
	_, err := f.create()
	require.ErrorIs(t, err, os.ErrExist)
	require.FileExists(t, f.stdout(), "those of the first are untouched")
	require.NoError(t, f.close())
	nowhere := &output{dir: filepath.Join(t.TempDir(), "no", "such")}
	_, err = nowhere.create()
	require.ErrorIs(t, err, os.ErrNotExist)
}

// A server that goes on with a run appends to what is there.
func TestFilesAreOpenedAgain(t *testing.T) {
	t.Parallel()
	f := someFiles(t)
	_, err := f.out.WriteString("one\n")
	require.NoError(t, err)
	require.NoError(t, f.close())
	again, err := f.open(0)
	require.NoError(t, err)
	_, err = again.out.WriteString("two\n")
	require.NoError(t, err)
	require.EqualValues(t, 8, size(again.out))
	require.NoError(t, again.close())
	text, err := os.ReadFile(f.stdout())
	require.NoError(t, err)
	require.Equal(t, "one\ntwo\n", string(text))
	require.Zero(t, size(again.out), "of a closed file nothing is known")

	for _, missing := range []string{f.stderr(), f.stdout()} {
		require.NoError(t, os.Remove(missing))
		_, err = f.open(0)
		require.ErrorIs(t, err, os.ErrNotExist)
	}
}

// What a later server reads is what was written, or nothing.
func TestTheProcessIsWrittenDownWhole(t *testing.T) {
	t.Parallel()
	f := someFiles(t)
	_, ok := f.readLaunched()
	require.False(t, ok)
	want := launched{Leader: procman.Leader{PID: 4711, Start: 1 << 60}, At: time.Now().UTC()}
	for range 2 { // also over an earlier one
		require.NoError(t, f.writeLaunched(want))
		got, ok := f.readLaunched()
		require.True(t, ok)
		require.Equal(t, want, got)
	}
	text, err := os.ReadFile(f.launchedPath())
	require.NoError(t, err)
	require.NoFileExists(t, f.launchedPath()+".new")
	for cut := range text {
		require.NoError(t, os.WriteFile(f.launchedPath(), text[:cut], 0o600))
		_, ok := f.readLaunched()
		require.False(t, ok, string(text[:cut]))
	}
	require.NoError(t, f.close())
	require.NoError(t, os.RemoveAll(f.dir))
	require.ErrorIs(t, f.writeLaunched(want), os.ErrNotExist)
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
			_, err := f.err.WriteString(test.text)
			require.NoError(t, err)
			tail := f.tail(mask)
			require.LessOrEqual(t, len(tail), maxTail)
			require.NotContains(t, tail, "SECRET")
			require.NotContains(t, tail, "56789")
			require.Equal(t, test.want, tail)
			require.NoError(t, f.close())
		})
	}
}

func TestDiscardKeepsTheBeginningAndTheEnd(t *testing.T) {
	t.Parallel()
	f := someFiles(t)
	line := strings.Repeat("x", 1023) + "\n"
	blocks := func() int64 {
		var stat syscall.Stat_t
		require.NoError(t, syscall.Fstat(int(f.err.Fd()), &stat))
		return stat.Blocks * 512
	}
	var done int64
	for range 16 { // MiB
		_, err := f.err.WriteString(strings.Repeat(line, 1024))
		require.NoError(t, err)
		done, err = f.discard(done)
		require.NoError(t, err)
		require.LessOrEqual(t, blocks(), int64(maxStderr+3*discardStep))
	}
	require.EqualValues(t, 16<<20, size(f.err), "offsets stay what they are")
	require.EqualValues(t, 15<<20, done)
	head := make([]byte, maxStderr)
	_, err := f.err.ReadAt(head, 0)
	require.NoError(t, err)
	require.True(t, strings.Repeat(line, 1024) == string(head))
	require.True(t, strings.Repeat(line, 4) == f.tail(NewMask(nil)))
	again, err := f.discard(done)
	require.NoError(t, err)
	require.Equal(t, done, again)
	require.NoError(t, f.close())
}

func TestDiscardLeavesAShortFileAlone(t *testing.T) {
	t.Parallel()
	f := someFiles(t)
	_, err := f.err.WriteString(strings.Repeat("x", 2*maxStderr))
	require.NoError(t, err)
	done, err := f.discard(0)
	require.NoError(t, err)
	require.EqualValues(t, maxStderr, done)
	require.NoError(t, f.close())
}
