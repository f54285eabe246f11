package run

import (
	"strings"
	"syscall"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"spool/claude"
	"spool/procman"
	"spool/schema"
)

func TestJudge(t *testing.T) {
	t.Parallel()
	var (
		plain   = claude.Turn{}
		began   = claude.Turn{Began: true}
		done    = claude.Turn{Began: true, Result: &claude.Result{Subtype: "success", Text: "42"}}
		refused = claude.Turn{Began: true, Result: &claude.Result{IsError: true, Subtype: "success", Text: "API said no"}}
		silent  = claude.Turn{Began: true, Result: &claude.Result{IsError: true, Subtype: "error_during_execution"}}

		ok, one, killed = procman.Exit{}, procman.Exit{Code: 1}, procman.Exit{Code: -1, Signal: syscall.SIGKILL}

		late = timedOut(schema.TimeoutWall, "late")
		much = beyond(schema.OutputLimit, "much")
	)
	for name, test := range map[string]struct {
		turn   claude.Turn
		reason *Reason
		exit   procman.Exit
		state  State
		code   schema.Code
		text   string
	}{
		"plain text, exit 0":                 {plain, nil, ok, Succeeded, "", ""},
		"plain text, exit 1":                 {plain, nil, one, Failed, schema.ExitNonzero, "claude ended with status 1: boom"},
		"plain text, a signal":               {plain, nil, killed, Failed, schema.KilledBySignal, "claude was ended by SIGKILL: boom"},
		"a signal without a name":            {plain, nil, procman.Exit{Code: -1, Signal: 40}, Failed, schema.KilledBySignal, "claude was ended by signal 40: boom"},
		"no result, exit 0":                  {began, nil, ok, Failed, schema.Incomplete, "claude ended without a result: boom"},
		"no result, exit 1":                  {began, nil, one, Failed, schema.ExitNonzero, "claude ended with status 1: boom"},
		"no result, a signal":                {began, nil, killed, Failed, schema.KilledBySignal, "claude was ended by SIGKILL: boom"},
		"a result, exit 0":                   {done, nil, ok, Succeeded, "", ""},
		"a result, exit 1":                   {done, nil, one, Succeeded, "", ""},
		"a result, then killed":              {done, nil, killed, Succeeded, "", ""},
		"an error, exit 0":                   {refused, nil, ok, Failed, schema.APIError, "API said no"},
		"an error, exit 1":                   {refused, nil, one, Failed, schema.APIError, "API said no"},
		"an error without text":              {silent, nil, one, Failed, schema.APIError, "the result is an error: error_during_execution"},
		"too late":                           {began, late, killed, TimedOut, schema.TimeoutWall, "late: it was stopped"},
		"too late, and it ended well":        {plain, late, ok, TimedOut, schema.TimeoutWall, "late: it was stopped"},
		"too late for a result":              {done, late, killed, Succeeded, "", ""},
		"too late for an error":              {refused, late, killed, Failed, schema.APIError, "API said no"},
		"too much":                           {began, much, killed, Failed, schema.OutputLimit, "much: the run was stopped"},
		"too much, although it has a result": {done, much, killed, Failed, schema.OutputLimit, "much: the run was stopped"},
		"the client left":                    {began, ClientGone, killed, Aborted, "", "the client has left"},
		"the client left after the result":   {done, ClientGone, killed, Succeeded, "", ""},
		"the server stops":                   {began, ServerStops, killed, Interrupted, schema.Draining, ServerStops.Text},
		"the server stops after the result":  {done, ServerStops, killed, Succeeded, "", ""},
		"too many calls":                     {began, TooManyCalls, killed, Aborted, schema.Busy, TooManyCalls.Text},
		"a slow viewer":                      {began, SlowViewer, killed, Failed, schema.SlowClient, SlowViewer.Text},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := judge(test.turn, test.reason, test.exit, " boom\n")
			require.Equal(t, test.state, o.State)
			require.Equal(t, test.code, o.Code())
			if o.Error != nil {
				require.Equal(t, test.text, o.Error.Text)
			} else {
				require.Empty(t, test.text)
			}
		})
	}
}

func TestAnErrorWithoutStderrHasNoTail(t *testing.T) {
	t.Parallel()
	require.Equal(t, "claude ended with status 2", judge(claude.Turn{}, nil, procman.Exit{Code: 2}, " \n").Error.Text)
}

func TestCutTextCutsWholeCharacters(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "abcdefgh", "äöüäöü", "€€€€", "😀😀😀", "a😀b"} {
		for n := range 12 {
			cut := cutText(text, n)
			require.True(t, utf8.ValidString(cut))
			if len(text) <= n {
				require.Equal(t, text, cut)
				continue
			}
			require.LessOrEqual(t, len(cut), n+len("…"))
			require.True(t, strings.HasPrefix(text, strings.TrimSuffix(cut, "…")))
		}
	}
}

func TestAReasonIsAnErrorThatSaysItsCode(t *testing.T) {
	t.Parallel()
	require.EqualError(t, ServerStops, "DRAINING: "+ServerStops.Text)
}
