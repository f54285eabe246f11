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
		state  schema.State
		code   schema.Code
		text   string
	}{
		"plain text, exit 0":                 {plain, nil, ok, schema.Succeeded, "", ""},
		"plain text, exit 1":                 {plain, nil, one, schema.Failed, schema.ExitNonzero, "claude ended with status 1: boom"},
		"plain text, a signal":               {plain, nil, killed, schema.Failed, schema.KilledBySignal, "claude was ended by SIGKILL: boom"},
		"a signal without a name":            {plain, nil, procman.Exit{Code: -1, Signal: 40}, schema.Failed, schema.KilledBySignal, "claude was ended by signal 40: boom"},
		"no result, exit 0":                  {began, nil, ok, schema.Failed, schema.Incomplete, "claude ended without a result: boom"},
		"no result, exit 1":                  {began, nil, one, schema.Failed, schema.ExitNonzero, "claude ended with status 1: boom"},
		"no result, a signal":                {began, nil, killed, schema.Failed, schema.KilledBySignal, "claude was ended by SIGKILL: boom"},
		"a result, exit 0":                   {done, nil, ok, schema.Succeeded, "", ""},
		"a result, exit 1":                   {done, nil, one, schema.Succeeded, "", ""},
		"a result, then killed":              {done, nil, killed, schema.Succeeded, "", ""},
		"an error, exit 0":                   {refused, nil, ok, schema.Failed, schema.APIError, "API said no"},
		"an error, exit 1":                   {refused, nil, one, schema.Failed, schema.APIError, "API said no"},
		"an error without text":              {silent, nil, one, schema.Failed, schema.APIError, "the result is an error: error_during_execution"},
		"too late":                           {began, late, killed, schema.TimedOut, schema.TimeoutWall, "late: it was stopped"},
		"too late, and it ended well":        {plain, late, ok, schema.TimedOut, schema.TimeoutWall, "late: it was stopped"},
		"too late for a result":              {done, late, killed, schema.Succeeded, "", ""},
		"too late for an error":              {refused, late, killed, schema.Failed, schema.APIError, "API said no"},
		"too much":                           {began, much, killed, schema.Failed, schema.OutputLimit, "much: the run was stopped"},
		"too much, although it has a result": {done, much, killed, schema.Failed, schema.OutputLimit, "much: the run was stopped"},
		"the client left":                    {began, ClientGone, killed, schema.Aborted, schema.RunAborted, "the client has left"},
		"the client left after the result":   {done, ClientGone, killed, schema.Succeeded, "", ""},
		"the server stops":                   {began, ServerStops, killed, schema.Interrupted, schema.Draining, ServerStops.Text},
		"the server stops after the result":  {done, ServerStops, killed, schema.Succeeded, "", ""},
		"too many calls":                     {began, TooManyCalls, killed, schema.Aborted, schema.Busy, TooManyCalls.Text},
		"aborted":                            {began, Abort, ok, schema.Aborted, schema.RunAborted, "the run was aborted"},
		"aborted after the result":           {done, Abort, killed, schema.Succeeded, "", ""},
		"a full disk, despite a result":      {done, diskFull, killed, schema.Failed, schema.StorageFull, diskFull.Text},
		"an unknown end":                     {began, nil, unknownExit, schema.Interrupted, schema.RunInterrupted, "the server was killed, and the run ended without a result"},
		"an unknown end after the result":    {done, nil, unknownExit, schema.Succeeded, "", ""},
		"an unknown end of plain text":       {plain, nil, unknownExit, schema.Interrupted, schema.RunInterrupted, "the server was killed, and the run ended without a result"},
		"not adopted":                        {began, leftBehind, unknownExit, schema.Interrupted, schema.RunInterrupted, leftBehind.Text},
		"a slow viewer":                      {began, SlowViewer, killed, schema.Failed, schema.SlowClient, SlowViewer.Text},
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

// What is told of a run that has ended, and what is left out.
func TestAnOutcomeDescribesARun(t *testing.T) {
	t.Parallel()
	const text = "the server has a fault"
	for name, test := range map[string]struct {
		outcome Outcome
		want    schema.Run
	}{
		"no process": {
			Outcome{State: schema.Aborted, Error: schema.NewError(schema.RunAborted, text)},
			schema.Run{State: schema.Aborted, Code: schema.RunAborted, Error: text},
		},
		"by itself": {
			Outcome{State: schema.Succeeded, Proof: procman.Proof{Rung: procman.RungExit}},
			schema.Run{State: schema.Succeeded, Exit: &schema.Exit{}, Stop: &schema.Stop{Rung: "exit", Survivors: []int{}}},
		},
		"killed, not alone": {
			Outcome{State: schema.Failed, Error: schema.NewError(schema.Internal, text), Exit: procman.Exit{Code: -1, Signal: syscall.SIGKILL}, Proof: procman.Proof{Rung: procman.RungKill, Survivors: []int{7}}},
			schema.Run{State: schema.Failed, Code: schema.Internal, Error: text, Exit: &schema.Exit{Code: -1, Signal: "SIGKILL"}, Stop: &schema.Stop{Rung: "SIGKILL", Survivors: []int{7}}},
		},
		"nobody's child": {
			Outcome{State: schema.Succeeded, Exit: unknownExit, Proof: procman.Proof{Rung: procman.RungExit}},
			schema.Run{State: schema.Succeeded, Stop: &schema.Stop{Rung: "exit", Survivors: []int{}}},
		},
	} {
		info := schema.Run{State: schema.Running, Error: "left from before"}
		test.outcome.describe(&info)
		require.Equal(t, test.want, info, name)
	}
}
