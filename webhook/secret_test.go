package webhook

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestASecretIsMadeOnceForItsOwnerAlone(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "secret")
	made, err := OpenSecret(path)
	require.NoError(t, err)
	require.Len(t, made, 64)
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	again, err := OpenSecret(path)
	require.NoError(t, err)
	require.Equal(t, made, again)
	other, err := OpenSecret(path + "2")
	require.NoError(t, err)
	require.NotEqual(t, made, other)
}

// A server that is killed while it makes one leaves a part of it, and the next one is none the worse.
func TestASecretIsThereAsAWhole(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "secret")
	require.NoError(t, os.WriteFile(path+".new", []byte("a part of a longer secret than there will be, with much behind it: 0123456789"), 0o600))
	made, err := OpenSecret(path)
	require.NoError(t, err)
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, string(made)+"\n", string(text))
	require.NoFileExists(t, path+".new")
}

func TestASecretThatIsNoneIsRefused(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	_, err := ReadSecret(filepath.Join(dir, "none"))
	require.ErrorIs(t, err, os.ErrNotExist)
	for text, ok := range map[string]bool{"": false, " \n": false, "short": false, "0123456789abcde\n": false, " 0123456789abcdef \n": true} {
		path := filepath.Join(dir, "secret")
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		secret, err := ReadSecret(path)
		require.Equal(t, ok, err == nil, "%q", text)
		if ok {
			require.Equal(t, "0123456789abcdef", string(secret))
		}
		_, err = OpenSecret(path)
		require.Equal(t, ok, err == nil, "%q", text)
	}
	_, err = OpenSecret(filepath.Join(dir, "none", "secret"))
	require.Error(t, err)
}
