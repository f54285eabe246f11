package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/alecthomas/kong"
	"github.com/stretchr/testify/require"
)

func TestByteSize(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int64{
		"0": 0, "1": 1, "65536": 65536, "1KiB": 1 << 10, "1MiB": 1 << 20, "1GiB": 1 << 30, "1TiB": 1 << 40, "512KiB": 512 << 10, "-1": -1,
	} {
		var b byteSize
		require.NoError(t, b.UnmarshalText([]byte(text)), text)
		require.Equal(t, want, int64(b), text)
	}
	for _, text := range []string{"", "GiB", "1 GiB extra", "much", "1XiB", "0x10", "--"} {
		var b byteSize
		require.ErrorContains(t, b.UnmarshalText([]byte(text)), "1GiB", text)
	}
}

func TestOptionalDuration(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Duration{"off": 0, "0": 0, "0s": 0, "90s": 90 * time.Second, "1h30m": 90 * time.Minute, "500ms": 500 * time.Millisecond} {
		d := optionalDuration(time.Hour)
		require.NoError(t, d.UnmarshalText([]byte(text)), text)
		require.Equal(t, want, time.Duration(d), text)
	}
	for _, text := range []string{"", "90", "never", "OFF", "1 s"} {
		var d optionalDuration
		require.ErrorContains(t, d.UnmarshalText([]byte(text)), "off", text)
	}
}

func TestCheckListen(t *testing.T) {
	t.Parallel()
	for listen, allowed := range map[string]bool{
		"127.0.0.1:3000": true, "127.0.0.1:0": true, "127.255.255.254:1": true, "[::1]:3000": true, "localhost:3000": true, "[::ffff:127.0.0.1]:1": true,
		"0.0.0.0:3000": false, "[::]:3000": false, ":3000": false, "192.168.1.2:3000": false, "10.0.0.1:1": false, "[fe80::1%lo]:1": false,
		"example.com:3000": false, "127.evil.com:3000": false, "localhost.:3000": false, "LOCALHOST.evil:1": false, "127.1:3000": false, "0x7f000001:1": false,
		"127.0.0.1": false, "": false, "127.0.0.1:1:1": false,
	} {
		c := serveCommand{Listen: listen}
		err := c.checkListen()
		require.Equal(t, allowed, err == nil, "%q: %v", listen, err)
		if err != nil {
			require.ErrorAs(t, err, new(*usageError))
		}
	}
	for _, listen := range []string{"0.0.0.0:1", "[::]:1", ":1", "example.com:1"} {
		require.NoError(t, (&serveCommand{Listen: listen, InsecureNoAuth: true}).checkListen())
	}
	require.Error(t, (&serveCommand{Listen: "no port", InsecureNoAuth: true}).checkListen())
}

// parse parses arguments as main does, and returns the server's settings.
func parse(t *testing.T, args ...string) (serveCommand, error) {
	t.Helper()
	c, err := parseAll(t, args...)
	return c.Serve, err
}

// parseAll parses arguments as main does.
func parseAll(t *testing.T, args ...string) (commands, error) {
	t.Helper()
	var c commands
	parser, err := kong.New(&c, kong.DefaultEnvars("SPOOL"), kong.Configuration(loadConfig),
		kong.Vars{"dataDir": "/state", "maxRuns": "8"}, kong.Writers(&bytes.Buffer{}, &bytes.Buffer{}))
	require.NoError(t, err)
	_, err = parser.Parse(args)
	return c, err
}

func configText(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "config.json")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return "--config=" + path
}

func TestFlagsComeBeforeTheEnvironmentAndThatBeforeTheFile(t *testing.T) {
	file := configText(t, `{"max-runs":1,"max-queue":1,"max-connections":1,"demo":true,"run-timeout":"7s","allowed-tools":["Read","Edit"],"max-output":"2MiB","idle-timeout":"9s"}`)
	t.Setenv("SPOOL_MAX_QUEUE", "2")
	t.Setenv("SPOOL_MAX_CONNECTIONS", "2")
	c, err := parse(t, file, "--max-connections=3")
	require.NoError(t, err)
	require.Equal(t, []int{1, 2, 3}, []int{c.MaxRuns, c.MaxQueue, c.MaxConnections})
	require.True(t, c.Demo)
	require.Equal(t, 7*time.Second, c.RunTimeout)
	require.Equal(t, []string{"Read", "Edit"}, c.AllowedTools)
	require.EqualValues(t, 2<<20, c.MaxOutput)
	require.Equal(t, 9*time.Second, time.Duration(c.IdleTimeout))
	require.Equal(t, 2*time.Minute, c.PromptTimeout, "what nobody sets has its default")
}

func TestEveryDefaultIsTheDocumentedOne(t *testing.T) {
	c, err := parse(t)
	require.NoError(t, err)
	require.Equal(t, "127.0.0.1:3000 /state claude 5m0s 0s 2m0s 5s 20s 3s 8 64 4096 1073741824 512 1m0s 25s INFO text\n", fmt.Sprintln(
		c.Listen, c.DataDir, c.Claude, c.RunTimeout, time.Duration(c.IdleTimeout), c.PromptTimeout, c.StopGrace, c.DrainGrace, c.ResultGrace,
		c.MaxRuns, c.MaxQueue, c.MaxConnections, int64(c.MaxOutput), c.MaxProcesses, c.StallTimeout, c.PingInterval, c.LogLevel, c.LogFormat))
	require.Equal(t, "1 1073741824 1h0m0s\n", fmt.Sprintln(c.Warm, int64(c.WarmMemory), time.Duration(c.WarmIdle)))
	require.False(t, c.Demo || c.TrustWorkspace || c.AllowSlashCommands || c.AllowAttachments || c.InsecureNoAuth)
}

func TestAConfigFileThatCannotBeIsRefused(t *testing.T) {
	for text, told := range map[string]string{
		`{"max-run":1}`:               `"max-run" is no flag`,
		`{"max_runs":1}`:              `"max_runs" is no flag`,
		`{"MaxRuns":1}`:               `"MaxRuns" is no flag`,
		`{"max-runs":{}}`:             "max-runs",
		`{"max-runs":null}`:           "max-runs",
		`{"max-runs":"x"}`:            "max-runs",
		`{"max-runs":[1]}`:            "max-runs",
		`{"max-runs":1} {"x":1}`:      "config file",
		`{"max-runs":1,"max-runs":2}`: "config file",
		`["max-runs"]`:                "config file",
		`{`:                           "config file",
		``:                            "config file",
	} {
		_, err := parse(t, configText(t, text))
		require.ErrorContains(t, err, told, text)
	}
}

func TestReadMemory(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "meminfo")
	write := func(text string) { require.NoError(t, os.WriteFile(path, []byte(text), 0o600)) }
	write("MemTotal:       24682072 kB\nMemFree: 1 kB\n")
	n, ok := readMemory(path, "MemTotal:", 1<<10)
	require.True(t, ok)
	require.EqualValues(t, 24682072<<10, n)
	_, ok = readMemory(path, "Swap:", 1)
	require.False(t, ok)
	write("max\n")
	_, ok = readMemory(path, "", 1)
	require.False(t, ok, "no limit")
	write("536870912\n")
	n, ok = readMemory(path, "", 1)
	require.True(t, ok)
	require.EqualValues(t, 512<<20, n)
	write("")
	_, ok = readMemory(path, "", 1)
	require.False(t, ok)
	_, ok = readMemory(path+"x", "", 1)
	require.False(t, ok)
	require.GreaterOrEqual(t, defaultMaxRuns(), 1)
}

func TestDefaultDataDir(t *testing.T) {
	t.Setenv("HOME", "/home/u")
	t.Setenv("XDG_STATE_HOME", "")
	require.Equal(t, "/home/u/.local/state/spool", defaultDataDir())
	t.Setenv("XDG_STATE_HOME", "/state")
	require.Equal(t, "/state/spool", defaultDataDir())
	t.Setenv("HOME", "")
	t.Setenv("XDG_STATE_HOME", "")
	require.Empty(t, defaultDataDir())
	err := (&serveCommand{Listen: "127.0.0.1:0"}).check()
	require.Contains(t, err.Error(), "--data-dir")
}
