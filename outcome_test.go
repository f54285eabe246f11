package main

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"spool/schema"
)

// Lines with which the CLI begins a turn and ends it.
const (
	initLine   = `{"type":"system","subtype":"init","session_id":"s"}`
	resultLine = `{"type":"result","subtype":"success","is_error":false,"result":"done"}`
)

func TestS01AnExitStatusIsToldWithTheEndOfStderr(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	e := s.run(t, script("echo one; echo boom >&2; exit 3"))
	requireEnd(t, e, schema.ExitNonzero)
	require.Equal(t, 1011, e.code)
	require.Contains(t, e.err.Text, "3")
	require.Contains(t, e.err.Text, "boom")
	require.Equal(t, []string{"one"}, e.lines)
	require.Equal(t, []string{"boom"}, e.stderr)
}

func TestS01TheErrorHoldsAtMost4KiBOfStderr(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	for _, flood := range []string{
		`i=0; while [ $i -lt 2000 ]; do echo "line $i" >&2; i=$((i+1)); done`,
		`head -c 100000 /dev/zero | tr '\0' x >&2; echo "line 1999" >&2`,
		`printf '\303%.0s' $(seq 9000) >&2; echo "line 1999" >&2`, // no UTF-8: three bytes each when told
	} {
		e := s.run(t, script(flood+"; exit 4"))
		requireEnd(t, e, schema.ExitNonzero)
		require.Contains(t, e.err.Text, "status 4")
		require.True(t, strings.HasSuffix(e.err.Text, "line 1999"), "its end is told")
		_, tail, _ := strings.Cut(e.err.Text, ": ")
		require.LessOrEqual(t, len(tail), 4<<10)
	}
}

func TestS02ASignalIsToldByName(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	for _, signal := range []string{"SEGV", "KILL", "TERM"} {
		e := s.run(t, script("echo before", "kill -"+signal+" $$", "sleep 600"))
		requireEnd(t, e, schema.KilledBySignal)
		require.Equal(t, 1011, e.code)
		require.Contains(t, e.err.Text, "SIG"+signal)
		require.Equal(t, []string{"before"}, e.lines)
	}
}

func TestS04TheLastLineNeedsNoNewline(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	e := s.run(t, script(`printf 'a\nb'`))
	requireEnd(t, e, "")
	require.Equal(t, []string{"a", "b"}, e.lines)

	e = s.run(t, script(`printf 'a\nb'`, "kill -KILL $$"))
	requireEnd(t, e, schema.KilledBySignal)
	require.Equal(t, 1011, e.code)
	require.Equal(t, []string{"a", "b"}, e.lines)
}

func TestAResultDecidesHowARunWent(t *testing.T) {
	t.Parallel()
	s := startServer(t, "--result-grace=1s")
	failed := `{"type":"result","subtype":"success","is_error":true,"result":"the API said no"}`
	for _, test := range []struct {
		script string
		code   schema.Code
		text   string
	}{
		{say(initLine, resultLine) + "exit 0", "", ""},
		{say(initLine, resultLine) + "exit 1", "", ""},
		{say(initLine, resultLine) + "kill -KILL $$", "", ""},
		{say(initLine, failed) + "exit 0", schema.APIError, "the API said no"},
		{say(initLine, failed) + "exit 1", schema.APIError, "the API said no"},
		{say(initLine) + "exit 0", schema.Incomplete, ""},
		{say(initLine) + "exit 1", schema.ExitNonzero, "status 1"},
		{"echo plain text; echo more", "", ""},
	} {
		e := s.run(t, script(test.script))
		requireEnd(t, e, test.code)
		require.Contains(t, e.err.Text, test.text, test.script)
	}
}

func TestAProcessThatHangsAfterItsResultIsEndedAndStillASuccess(t *testing.T) {
	t.Parallel()
	s := startServer(t, "--result-grace=2s", "--stop-grace=1s")
	for name, hang := range map[string]string{
		"a hang":                   "exec sleep 600",
		"a hang that heeds no one": "trap '' TERM INT HUP; while :; do sleep 600; done",
	} {
		c, _ := s.begin(t, script(say(initLine, resultLine)+hang))
		require.Equal(t, initLine, c.next())
		require.Equal(t, resultLine, c.next())
		start := time.Now()
		e := c.rest()
		requireEnd(t, e, "")
		require.Empty(t, e.lines)
		require.GreaterOrEqual(t, time.Since(start), time.Second, name) // its result may be read late
		require.Less(t, time.Since(start), 5*time.Second, name)
		s.requireNoSurvivors(t)
	}
}

// say returns a script's part that prints lines.
func say(lines ...string) string {
	var parts strings.Builder
	for _, line := range lines {
		fmt.Fprintf(&parts, "echo '%s'\n", line)
	}
	return parts.String()
}
