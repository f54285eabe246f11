//go:build linux

package e2e

import (
	"crypto/rand"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"spool/e2e/api"
)

// world is what one test has for itself: an API, a HOME, a data folder and a
// workspace. Nothing in it is shared, so tests run in parallel.
type world struct {
	t         *testing.T
	api       *api.Server
	cli       string
	home      string
	data      string
	workspace string
	marks     []string // each process of this test carries one: see survivors
}

func newWorld(t *testing.T) *world {
	t.Helper()
	t.Parallel()
	cli, err := CLI(".")
	require.NoError(t, err)
	api, err := api.Start()
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, api.Close()) })
	w := &world{t: t, api: api, cli: cli, home: t.TempDir(), data: t.TempDir(), workspace: t.TempDir()}
	w.marks = []string{"HOME=" + w.home}
	t.Cleanup(w.requireNothingLeft)
	return w
}

// apiKey opens nothing: the CLI only wants to have one.
const apiKey = "sk-dummy"

// environment is all that the server, and through it the CLI, gets to see.
func (w *world) environment() []string {
	return []string{
		"PATH=" + os.Getenv("PATH"),
		"HOME=" + w.home,
		"CLAUDE_CODE_TMPDIR=" + w.home, // else it leaves a folder in /tmp
		"ANTHROPIC_BASE_URL=" + w.api.URL(),
		"ANTHROPIC_API_KEY=" + apiKey,
		"DISABLE_TELEMETRY=1",
		"DISABLE_ERROR_REPORTING=1",
		"DISABLE_AUTOUPDATER=1",
		"CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC=1",
	}
}

// write puts a file under the workspace and returns its path.
func (w *world) write(name, content string) string {
	w.t.Helper()
	path := filepath.Join(w.workspace, name)
	require.NoError(w.t, os.MkdirAll(filepath.Dir(path), 0o700))
	require.NoError(w.t, os.WriteFile(path, []byte(content), 0o600))
	return path
}

// unguessable is a text that no file and no answer holds by chance.
func unguessable() string { return "canary-" + rand.Text() }

// httpClient keeps no connection, so that the leak check finds no goroutine of it.
var httpClient = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
