package main

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestFlagsThatMakeNoSenseTogetherAreRefused(t *testing.T) {
	t.Parallel()
	run := "run_" + strings.Repeat("a", 26)
	for args, told := range map[string]string{
		"":                                        "give a PROMPT",
		"--json":                                  "give a PROMPT",
		"--from=3":                                "give a PROMPT",
		"--detach":                                "give a PROMPT",
		"hi --follow=" + run:                      "one thing at a time",
		"hi --abort=" + run:                       "one thing at a time",
		"--abort=" + run + " --follow=" + run:     "one thing at a time",
		"hi --from=3":                             "--from does not go with a prompt",
		"--abort=" + run + " --from=3":            "--from does not go with --abort",
		"--abort=" + run + " --detach":            "--detach does not go with --abort",
		"--follow=" + run + " --detach":           "--detach does not go with --follow",
		"--follow=" + run + " --meta=A":           "--meta does not go with --follow",
		"--follow=" + run + " --partial":          "--partial does not go with --follow",
		"--follow=" + run + " --model=opus":       "--model does not go with --follow",
		"--follow=" + run + " --resume=" + run:    "--resume does not go with --follow",
		"--abort=" + run + " --timeout-seconds=3": "--timeout-seconds does not go with --abort",
		"--follow=run_x":                          "give the id of a run",
		"--follow=":                               "give the id of a run",
		"--abort=" + strings.ToUpper(run):         "give the id of a run",
		"hi --resume=" + run + "x":                "give the id of a run",
		"hi --timeout-seconds=0":                  "1 or more",
		"hi --timeout-seconds=-1":                 "timeout-seconds",
		"--follow=" + run + " --from=-1":          "--from",
		"--follow=" + run + " --from=x":           "--from",
		"hi --url=localhost:3000":                 "http://HOST:PORT",
		"hi --url=127.0.0.1:3000":                 "http://HOST:PORT",
		"hi --url=ftp://127.0.0.1":                "http://HOST:PORT",
		"hi --url=http://":                        "http://HOST:PORT",
		"hi --url=":                               "http://HOST:PORT",
	} {
		var errs bytes.Buffer
		status := exitCode(start(append([]string{"run"}, strings.Fields(args)...), nil, &bytes.Buffer{}, &errs), &errs)
		require.Equal(t, 2, status, "%q: %s", args, &errs)
		require.Contains(t, errs.String(), told, args)
		require.Contains(t, errs.String(), "spool run --help")
	}
}

// What one call is to do is not said by the environment of all: SPOOL_MODEL is the server's.
func TestRunTakesOnlySettingsFromTheEnvironmentAndTheFile(t *testing.T) {
	for _, name := range []string{"MODEL", "RESUME", "DETACH", "FOLLOW", "FROM", "ABORT", "JSON", "TIMEOUT_SECONDS"} {
		t.Setenv("SPOOL_"+name, "1")
	}
	t.Setenv("SPOOL_META", "TASK-9")
	c, err := parseAll(t, configText(t, `{"model":"sonnet","url":"http://127.0.0.1:9"}`), "run", "hi")
	require.NoError(t, err)
	require.Equal(t, runCommand{Prompt: "hi", Meta: "TASK-9", URL: "http://127.0.0.1:9"}, c.Run)
	for _, key := range []string{"detach", "follow", "from", "abort", "json", "resume", "timeout-seconds"} {
		_, err := parseAll(t, configText(t, `{"`+key+`":"1"}`), "run", "hi")
		require.ErrorContains(t, err, "is no flag", key)
	}
}

func TestTheAddressOfAServer(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{
		"http://127.0.0.1:3000":                "http://127.0.0.1:3000/api/runs",
		"http://127.0.0.1:3000/":               "http://127.0.0.1:3000/api/runs",
		"ws://127.0.0.1:3000":                  "http://127.0.0.1:3000/api/runs",
		"ws://127.0.0.1:3000/ws/claude":        "http://127.0.0.1:3000/api/runs",
		"http://[::1]:3000/ws/claude/":         "http://[::1]:3000/api/runs",
		"wss://spool.example/team":             "https://spool.example/team/api/runs",
		"https://spool.example/team/ws/claude": "https://spool.example/team/api/runs",
	} {
		at, err := newRemote(given)
		require.NoError(t, err, given)
		require.Equal(t, want, at.url("/api/runs", ""), given)
	}
	at, err := newRemote(defaultURL)
	require.NoError(t, err)
	require.Equal(t, "spool run --follow x", at.command("--follow", "x"))
	require.Equal(t, "http://127.0.0.1:3000/ws/runs/x?from=3", at.url("/ws/runs/x", "from=3"))
}

func TestBackoffWaitsLongerEachTimeAndNotForEver(t *testing.T) {
	t.Parallel()
	var told []error
	b := backoff{patience: time.Hour, told: func(err error) { told = append(told, err) }}
	require.False(t, b.begun())
	var waits []time.Duration
	for range 3 {
		require.NoError(t, b.again(t.Context(), errHelp))
		waits = append(waits, b.wait)
	}
	require.Equal(t, []time.Duration{2 * firstWait, 4 * firstWait, 8 * firstWait}, waits)
	require.Len(t, told, 1)
	b.wait = longWait
	b.since = time.Now().Add(-time.Hour)
	require.ErrorIs(t, b.again(t.Context(), errHelp), errHelp)
	b.reset()
	require.NoError(t, b.again(t.Context(), errHelp))
	require.Len(t, told, 2, "it is another loss")
}
