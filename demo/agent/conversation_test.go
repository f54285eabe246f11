package agent

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
)

// turns plays prompts in one process, and returns its session and, for each, the uuid of its last
// assistant line.
func turns(t *testing.T, args []string, prompts ...string) (session string, uuids []string) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		p := start(t, args...)
		for _, prompt := range prompts {
			p.prompt(prompt)
			pass(time.Minute)
			uuids = append(uuids, p.last("assistant")["uuid"].(string))
		}
		session = p.result()["session_id"].(string)
		require.Equal(t, exitOK, p.end())
	})
	return session, uuids
}

// remembered is what a process says that it knows.
func remembered(t *testing.T, args ...string) (answer string) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		p, exit := ask(t, "history", args...)
		require.Equal(t, exitOK, exit)
		answer = p.result()["result"].(string)
	})
	_, answer, _ = strings.Cut(answer, "Earlier turns that it knows: ")
	return answer
}

func TestASessionIsContinued(t *testing.T) {
	t.Parallel()
	session, _ := turns(t, nil, "one", "tool", "three")
	require.Equal(t, "3\n1. one\n2. tool\n3. three", remembered(t, "--resume="+session, "--fork-session"))

	again, _ := turns(t, []string{"--resume=" + session}, "four")
	require.Equal(t, session, again)
	require.Equal(t, "4\n1. one\n2. tool\n3. three\n4. four", remembered(t, "--resume", session))
	require.Contains(t, remembered(t, "--resume="+session), "5. history")
}

func TestAForkLeavesItsSessionAsItWas(t *testing.T) {
	t.Parallel()
	session, uuids := turns(t, nil, "one", "two")
	fork, _ := turns(t, []string{"--resume=" + session, "--fork-session", "--resume-session-at=" + uuids[0]}, "another two")

	require.NotEqual(t, session, fork)
	require.Equal(t, "2\n1. one\n2. another two", remembered(t, "--resume="+fork, "--fork-session"))
	require.Equal(t, "2\n1. one\n2. two", remembered(t, "--resume="+session, "--fork-session"))
	of, _ := turns(t, []string{"--resume=" + fork, "--fork-session"}, "a fork of a fork")
	require.Equal(t, "3\n1. one\n2. another two\n3. a fork of a fork", remembered(t, "--resume="+of))
}

func TestASessionGoesOnFromAnEarlierMessage(t *testing.T) {
	t.Parallel()
	session, uuids := turns(t, nil, "one", "two", "three")
	turns(t, []string{"--resume=" + session, "--resume-session-at=" + uuids[0]}, "another two")
	require.Equal(t, "2\n1. one\n2. another two", remembered(t, "--resume="+session))
}

func TestWhatCannotBeContinuedIsRefused(t *testing.T) {
	t.Parallel()
	session, _ := turns(t, nil, "one")
	unknown := uuid.NewString()
	for _, tt := range []struct{ problem, id, at string }{
		{"No conversation found with session ID: " + unknown, unknown, ""},
		{"No conversation found with session ID: ../x", "../x", ""},
		{"No message found with message.uuid of: " + unknown, session, unknown},
	} {
		synctest.Test(t, func(t *testing.T) {
			p := start(t, "--resume="+tt.id, "--fork-session", "--resume-session-at="+tt.at)
			require.Equal(t, exitError, <-p.exit, "it waits for nothing")
			require.Equal(t, []string{"result/error_during_execution"}, p.shapes())
			require.Equal(t, []any{tt.problem}, p.result()["errors"])
			require.Equal(t, true, p.result()["is_error"])
			require.Equal(t, tt.problem+"\n", p.stderr.text())
		})
	}
}

func TestASessionsFileIsTheCLIsOwn(t *testing.T) {
	t.Parallel()
	session, uuids := turns(t, nil, "hello")
	name := notInNames.ReplaceAllString(workingDir(), "-")
	text, err := os.ReadFile(filepath.Join(os.Getenv("HOME"), ".claude", "projects", name, session+".jsonl"))
	require.NoError(t, err)

	var kinds, ids []string
	for line := range strings.Lines(string(text)) {
		var e entry
		require.NoError(t, json.Unmarshal([]byte(line), &e))
		require.Equal(t, session, e.SessionID)
		kinds, ids = append(kinds, e.Type), append(ids, e.UUID)
	}
	require.Equal(t, []string{"user", "assistant"}, kinds)
	require.Equal(t, uuids[0], ids[1])
}

// The CLI writes more than messages: what is none is stepped over.
func TestAFileOfTheCLIIsRead(t *testing.T) {
	t.Parallel()
	id := uuid.NewString()
	lines := `{"type":"queue-operation","operation":"enqueue","sessionId":"x"}
{"parentUuid":null,"type":"user","message":{"role":"user","content":[{"type":"text","text":"one"}]},"uuid":"a"}
{"parentUuid":"a","attachment":{"type":"skill_listing"},"type":"attachment","uuid":"b"}
{"parentUuid":"b","type":"assistant","message":{"content":[{"type":"text","text":"left behind"}]},"uuid":"c"}
{"parentUuid":"c","type":"user","message":{"role":"user","content":"left behind"},"uuid":"d"}
not JSON
{"parentUuid":"b","type":"user","message":{"role":"user","content":[{"type":"tool_result","content":"x"}]},"uuid":"e"}
{"parentUuid":"e","type":"user","message":{"role":"user","content":"two"},"uuid":"f"}
{"type":"last-prompt","lastPrompt":"two","leafUuid":"f"}
`
	require.NoError(t, os.MkdirAll(sessionsDir(), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(sessionsDir(), id+".jsonl"), []byte(lines), 0o600))
	require.Equal(t, "2\n1. one\n2. two", remembered(t, "--resume="+id))
}

func TestNothingIsKeptOfASessionWithoutATurn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := start(t)
		p.write(`{"type":"control_request","request_id":"c","request":{"subtype":"set_model","model":"x"}}`)
		session := p.last("user")["session_id"].(string)
		require.Equal(t, exitOK, p.end())
		require.NoFileExists(t, filepath.Join(sessionsDir(), session+".jsonl"))
	})
}

func TestAnInterruptedTurnIsRemembered(t *testing.T) {
	t.Parallel()
	var session string
	synctest.Test(t, func(t *testing.T) {
		p := start(t)
		p.prompt("slow")
		pass(5 * time.Second)
		p.interrupt()
		session = p.result()["session_id"].(string)
		require.Equal(t, exitError, p.end())
	})
	require.Equal(t, "1\n1. slow", remembered(t, "--resume="+session))
}

func TestCostsAndUsageOfTurnsAddUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := start(t)
		var before, output float64
		for i := range 3 {
			p.prompt(fmt.Sprintf("turn number %d", i))
			pass(time.Minute)
			result := p.result()
			output += object(result["usage"])["output_tokens"].(float64)
			require.InDelta(t, 3, object(result["usage"])["input_tokens"], 0, "of this turn")
			used := object(object(result["modelUsage"])[model])
			require.InDelta(t, 3*(i+1), used["inputTokens"], 0, "of all turns")
			require.InDelta(t, output, used["outputTokens"], 0)
			require.InDelta(t, result["total_cost_usd"], used["costUSD"], 0)
			require.Greater(t, result["total_cost_usd"], before)
			before = result["total_cost_usd"].(float64)
		}
		require.Equal(t, exitOK, p.end())
	})
}

func TestAnotherModelIsNamedAndCountedForItself(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := start(t, "--model=opus")
		p.prompt("history")
		pass(time.Minute)
		p.write(`{"type":"control_request","request_id":"c","request":{"subtype":"set_model","model":"haiku"}}`)
		p.write(`{"type":"control_request","request_id":"c","request":{"subtype":"set_permission_mode","mode":"plan"}}`)
		p.prompt("history")
		require.Equal(t, exitOK, p.end())

		inits, said := p.all("system/init"), p.all("assistant")
		require.Equal(t, "opus: "+model, inits[0]["model"])
		require.Equal(t, "haiku: "+model, inits[1]["model"])
		require.Equal(t, "haiku: "+model, object(said[1]["message"])["model"])
		require.Contains(t, p.result()["result"], "model: haiku")
		require.Contains(t, p.result()["result"], "permission mode: plan")
		used := object(p.result()["modelUsage"])
		require.Len(t, used, 2)
		sum := object(used["opus: "+model])["costUSD"].(float64) + object(used["haiku: "+model])["costUSD"].(float64)
		require.InDelta(t, sum, p.result()["total_cost_usd"], 1e-12)
	})
}
