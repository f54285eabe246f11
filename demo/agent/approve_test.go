package agent

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

const asks = "--permission-prompt-tool=stdio"

// answered is the result of a tool's call: what it says, and whether that is an error.
func answered(l line) (content string, isError bool) {
	block := object(object(l["message"])["content"].([]any)[0])
	return block["content"].(string), block["is_error"].(bool)
}

func TestAnApprovalIsAskedForAndItsInputCounts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := start(t, asks)
		p.prompt("approve touch file")
		request := object(p.question(0)["request"])
		require.Equal(t, map[string]any{"command": "touch file", "description": "Run what was asked for"}, request["input"])
		require.NotEmpty(t, request["permission_suggestions"])
		require.Equal(t, object(p.last("assistant")["message"])["content"].([]any)[0].(map[string]any)["id"], request["tool_use_id"])

		pass(time.Hour)
		require.Empty(t, p.all("user"), "it waits for the answer")
		p.allow(0, `{"command":"touch another"}`)
		content, isError := answered(p.last("user"))
		require.False(t, isError)
		require.Contains(t, content, `{"command":"touch another"}`)
		require.Equal(t, exitOK, p.end())
		require.Contains(t, p.result()["result"], `{"command":"touch another"}`)
		require.Contains(t, p.result()["result"], "executes nothing")
		require.Empty(t, p.result()["permission_denials"])
	})
}

func TestAnApprovalThatIsNotGiven(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		answer any
		want   string
	}{
		"denied":            {map[string]any{"behavior": "deny", "message": "Not now."}, "Not now."},
		"without a message": {map[string]any{"behavior": "deny"}, failedText},
		"without an input":  {map[string]any{"behavior": "allow"}, failedText},
		"another input":     {map[string]any{"behavior": "allow", "updatedInput": "touch"}, failedText},
		"no object":         {"yes", failedText},
		"nothing":           {nil, failedText},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				p := start(t, asks)
				p.prompt("approve touch file")
				p.answer(0, tt.answer)
				content, isError := answered(p.last("user"))
				require.True(t, isError)
				require.Contains(t, content, tt.want)
				require.Equal(t, exitOK, p.end(), "the turn goes on")
				require.Contains(t, p.result()["result"], tt.want)
				require.Len(t, p.result()["permission_denials"], 1)
			})
		})
	}
}

func TestTwoApprovalsAreAskedForAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := start(t, asks, "--include-partial-messages")
		p.prompt("approve2 /a/b /c/d")
		first, second := object(p.question(0)["request"]), object(p.question(1)["request"])
		require.Equal(t, map[string]any{"file_path": "/a/b"}, first["input"])
		require.Equal(t, map[string]any{"file_path": "/c/d"}, second["input"])

		p.allow(1, `{"file_path":"/c/d"}`)
		require.Len(t, p.all("user"), 1, "an answer has its effect at once")
		p.allow(1, `{"file_path":"/changed"}`)
		p.deny(0, "no")
		require.Equal(t, exitOK, p.end())
		require.Len(t, p.all("user"), 2)
		require.NotContains(t, p.stdout.text(), "/changed", "the first answer counts")
		require.Contains(t, p.result()["result"], "Not allowed: Read")
		require.Contains(t, p.result()["result"], "Allowed: the real agent would now have used Read")
	})
}

func TestAnInterruptTakesTheQuestionsBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := start(t, asks)
		p.prompt("approve2")
		p.allow(0, `{"file_path":"/outside/one"}`)
		p.interrupt()
		require.Equal(t, []string{
			"system/init", "assistant", "control_request", "assistant", "control_request", "user",
			"control_cancel_request", "control_response", "user", "result/error_during_execution",
		}, p.shapes())
		require.Equal(t, p.question(1)["request_id"], p.last("control_cancel_request")["request_id"])
		require.Equal(t, "aborted_tools", p.result()["terminal_reason"])
		require.Len(t, p.result()["permission_denials"], 1)
		require.Contains(t, p.stdout.text(), "[Request interrupted by user for tool use]")

		p.allow(1, `{}`) // too late
		p.prompt("history")
		require.Equal(t, exitOK, p.end())
		require.Contains(t, p.result()["result"], "1. approve2")
	})
}

func TestAQuestionWhoseClientHasGoneIsNotAnswered(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := start(t, asks)
		p.prompt("approve")
		p.question(0)
		require.Equal(t, exitOK, p.end())
		content, isError := answered(p.last("user"))
		require.True(t, isError)
		require.Contains(t, content, "stream closed")
	})
}

func TestWhatIsRememberedIsNotAskedForAgain(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(suggestions []any) any{
		"a rule": func(suggestions []any) any { return suggestions[0] },
		"a mode": func(suggestions []any) any { return suggestions[1] },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				p := start(t, asks)
				p.prompt("approve touch file")
				suggestions := object(p.question(0)["request"])["permission_suggestions"].([]any)
				p.allow(0, `{"command":"touch file"}`, change(suggestions))
				pass(time.Minute)
				p.prompt("approve touch file now")
				pass(time.Minute)
				require.Len(t, p.all("control_request"), 1)
				require.Contains(t, p.result()["result"], "touch file now")

				p.prompt("approve touch file2")
				pass(time.Minute)
				require.Len(t, p.all("control_request"), map[string]int{"a rule": 2, "a mode": 1}[name], "another command")
				require.Equal(t, exitOK, p.end())
			})
		})
	}
}

func TestARuleForFilesIsForTheirFolder(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := start(t, asks)
		p.prompt("approve2 /a/one /b/one")
		p.allow(0, `{}`, object(p.question(0)["request"])["permission_suggestions"].([]any)[0])
		p.allow(1, `{}`)
		pass(time.Minute)
		p.prompt("approve2 /a/two /ab/two")
		p.deny(2, "no")
		require.Equal(t, exitOK, p.end())
		require.Equal(t, map[string]any{"file_path": "/ab/two"}, object(p.last("control_request")["request"])["input"])
	})
}

func TestNothingIsAskedForThatIsAllowedOrCannotBeAsked(t *testing.T) {
	t.Parallel()
	for arg, want := range map[string]string{
		"--allowed-tools=Read,Bash":         "Allowed",
		"--permission-mode=acceptEdits":     "Allowed",
		"--permission-mode=default":         "haven't granted it",
		"--permission-prompt-tool=mcp__own": "haven't granted it",
	} {
		synctest.Test(t, func(t *testing.T) {
			p, exit := ask(t, "approve", arg)
			require.Equal(t, exitOK, exit)
			require.Empty(t, p.all("control_request"))
			require.Contains(t, p.result()["result"], want)
		})
	}
}
