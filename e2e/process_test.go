//go:build linux

package e2e

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"spool/claude"
)

func TestS16_TheCLIGetsTheseArgumentsAndThisEnvironmentAndNothingElse(t *testing.T) {
	for name, way := range map[string]string{"cold": "--warm=0", "warm": warm} {
		t.Run(name, func(t *testing.T) { requireArgumentsAndEnvironment(t, way) })
	}
}

func requireArgumentsAndEnvironment(t *testing.T, way string) {
	t.Helper()
	w := newWorld(t)
	s := w.serve("DATABASE_URL=postgres://secret", "JWT_SECRET=secret", "MINE=handed on", "--env=MINE", "--model=claude-x", way)
	if way == warm {
		s.awaitWarm(1)
	}
	c := s.ask("[[hold]] --version")
	_, err := w.api.Await(t.Context(), 1)
	require.NoError(t, err)

	require.Equal(t, []string{
		w.cli, "-p", "--input-format=stream-json", "--output-format=stream-json", "--verbose",
		"--setting-sources=user", "--strict-mcp-config", "--model=claude-x",
	}, w.proc(c.run, "cmdline"))
	require.Subset(t, append(w.environment(), "MINE=handed on", "SPOOL_RUN="+c.run, "CLAUDE_CODE_DISABLE_GIT_INSTRUCTIONS=1"), w.proc(c.run, "environ"))
	require.Contains(t, w.proc(c.run, "environ"), "ANTHROPIC_API_KEY="+apiKey)
	w.api.Release()
	c.rest()
	require.Equal(t, way == warm, s.health().Warm.Hits == 1)
}

// proc are the entries of a list in /proc about the CLI of a run.
func (w *world) proc(run, list string) []string {
	w.t.Helper()
	pid := w.pid(run)
	require.NotEmpty(w.t, pid, "the CLI is not running")
	data, err := os.ReadFile("/proc/" + pid + "/" + list)
	require.NoError(w.t, err)
	return strings.Split(strings.TrimSuffix(string(data), "\x00"), "\x00")
}

// pid is that of the CLI of a run, and "" if it does not run.
func (w *world) pid(run string) string {
	for _, process := range survivors("SPOOL_RUN=" + run) {
		if pid, command, _ := strings.Cut(process, " "); strings.HasPrefix(command, w.cli+" ") {
			return pid
		}
	}
	return ""
}

func TestHealthNamesTheCLIThatWasFound(t *testing.T) {
	w := newWorld(t)
	health := w.serve().health()

	require.Equal(t, "ok", health.Status)
	require.True(t, health.CLI.Found)
	require.Equal(t, "2.1.197", health.CLI.Version)
}

// health is what these tests look at in /api/health.
type health struct {
	Status, Containment string
	CLI                 struct {
		Found   bool
		Version string
	}
	Warm claude.PoolStats
}

func (s *server) health() health {
	s.w.t.Helper()
	res, err := httpClient.Get(s.url + "/api/health")
	require.NoError(s.w.t, err)
	defer func() { _ = res.Body.Close() }()
	var h health
	require.NoError(s.w.t, json.NewDecoder(res.Body).Decode(&h))
	return h
}
